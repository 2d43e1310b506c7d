import { expect, test } from "vitest";
import { complete, defaults } from "../exhibits/sliding-window/state.ts";
import { decodeState, LONGEST_LINK } from "../model/link.ts";
import { FROM_FILE, opened } from "./opened.ts";

const digits = Array.from({ length: 4096 }, (_, i) => 1e-200 * Math.sin(i + 1));
const largest = complete({ ...defaults, input: { shape: [64, 64], data: digits }, kernel: { shape: [64, 64], data: digits.toReversed() } });
const fileOf = (state: object): File => new File([JSON.stringify(state, null, 1)], "state.json");
const names = ["gallery", "sliding-window"];

test("a state is opened from its file however long its link would be", async () => {
  const { CompressionStream } = globalThis;
  try {
    for (const [deflate, long] of [[CompressionStream, false], [undefined!, true]] as const) { // older browsers have none
      globalThis.CompressionStream = deflate;
      const { exhibit, hash } = await opened(fileOf(largest), names);
      expect([exhibit, hash.length > LONGEST_LINK]).toEqual(["sliding-window", long]);
      expect(await decodeState(hash.replace(FROM_FILE, ""))).toEqual(largest);
    }
  } finally {
    globalThis.CompressionStream = CompressionStream;
  }
});

test("what names no exhibit is none", async () => {
  for (const state of [[], {}, { exhibit: "cat" }, { exhibit: "../gallery" }]) {
    await expect(opened(fileOf(state), names)).rejects.toThrow("“state.json” has no state of an exhibit");
  }
});
