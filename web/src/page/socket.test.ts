import { expect, test } from "vitest";
import { packed, unpacked } from "./socket.ts";

test("a frame holds the JSON and its buffers, whatever part of memory they are", () => {
  const numbers = new Float32Array([9, 1.5, -2, 9]).subarray(1, 3);
  const frame = packed({ id: 7, kind: "filter", text: "σ" }, [numbers, new Uint8Array([1, 2, 3]).buffer]);
  const { content, buffers } = unpacked(frame.buffer);
  expect(content).toEqual({ id: 7, kind: "filter", text: "σ" });
  expect(buffers.map((view) => view.byteLength)).toEqual([8, 3]);
  expect([buffers[0]!.getFloat32(0, true), buffers[0]!.getFloat32(4, true), buffers[1]!.getUint8(2)]).toEqual([1.5, -2, 3]);
});

test("a frame is laid out as the server reads it", () => {
  const frame = packed({ a: 1 }, []);
  expect([...frame.slice(0, 4)]).toEqual([frame.length - 4, 0, 0, 0]);
  expect(new TextDecoder().decode(frame.slice(4))).toBe('{"a":1,"buffers":[]}');
});
