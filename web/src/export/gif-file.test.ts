import { expect, test } from "vitest";
import { compressed } from "./gif-file.ts";

/** Reads codes back as GIF89a says, run by run. */
function expanded(bytes: Uint8Array, bits: number): number[] {
  const clear = 1 << bits;
  const singles = Array.from({ length: clear + 2 }, (_, value) => [value]);
  const found: number[] = [];
  let [place, size, runs] = [0, bits + 1, [...singles]];
  let before: number[] | null = null;
  for (;;) {
    let code = 0;
    for (let bit = 0; bit < size; bit += 1, place += 1) code |= ((bytes[place >> 3]! >> (place & 7)) & 1) << bit;
    if (code === clear + 1) return found;
    if (code === clear) {
      [size, runs, before] = [bits + 1, [...singles], null];
      continue;
    }
    const run: number[] = runs[code] ?? [...before!, before![0]!];
    if (before && runs.length < 4096) runs.push([...before, run[0]!]);
    if (runs.length === 1 << size && size < 12) size += 1;
    for (const value of run) found.push(value);
    before = run;
  }
}

test("what is compressed comes out again, whatever is in it and however long", () => {
  let seed = 1;
  const random = (): number => (seed = (seed * 16807) % 2147483647);
  for (const bits of [2, 5, 8]) {
    for (const length of [1, 2, 3, 5, 300, 2000, 20_000]) {
      const noise = Uint8Array.from({ length }, () => random() % (1 << bits));
      const flat = noise.map((value, i) => (i % 97 ? 1 : value));
      for (const values of [noise, flat, new Uint8Array(length)]) {
        expect(expanded(compressed(values, bits), bits)).toEqual([...values]);
      }
    }
  }
  for (let length = 1; length < 600; length += 1) expect(expanded(compressed(new Uint8Array(length), 2), 2).length).toBe(length);
});

test("flat areas take little", () => {
  expect(compressed(new Uint8Array(1_000_000), 8).length).toBeLessThan(2500);
});
