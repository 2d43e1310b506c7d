import { expect, test } from "vitest";
import { coloured } from "./palette.ts";

const rgb = (red: number, green: number, blue: number): number => (0xff000000 + red + 256 * green + 65536 * blue) >>> 0;
const [WHITE, INK] = [rgb(255, 255, 255), rgb(29, 27, 34)];

test("few colours stay as they are", () => {
  const { palette, found } = coloured(Uint32Array.of(INK, WHITE, INK), WHITE, 255);
  expect(palette).toEqual([[29, 27, 34], [255, 255, 255]]);
  expect([...found]).toEqual([0, 1, 0]);
  expect(coloured(new Uint32Array(), WHITE, 255).palette).toEqual([]);
});

test("of many, close ones become their mean, and the paper stays white", () => {
  const ramp = Uint32Array.from({ length: 2000 }, (_, i) => rgb(i % 256, i % 253, (i * 7) % 256));
  ramp.set([WHITE, WHITE], 5);
  const { palette, found } = coloured(ramp, WHITE, 200);
  expect(palette.length).toBe(200);
  expect(palette[found[6]!]).toEqual([255, 255, 255]);
  for (const i of [0, 17, 300, 1999]) {
    palette[found[i]!]!.forEach((level, channel) => expect(Math.abs(level - ((ramp[i]! >> (8 * channel)) & 255))).toBeLessThan(40));
  }
});
