/** Memory for a photograph, and the loops over its rows: in WebAssembly where that is allowed, else in TypeScript. */

import { laneModule } from "./lanes-wasm.ts";

/** Rows are of float32; places are bytes from the start of `buffer`. */
export interface Lanes {
  readonly buffer: ArrayBuffer;
  /** Whether the loops are WebAssembly's. */
  readonly fast: boolean;
  /**
   * dst[x] = Σ weight · row[x] for x below `count`, which is a multiple of 32. From `table` to `end` there is a pair
   * for each weight, at least one: the row's place (int32) and the weight (float32).
   */
  sum(dst: number, count: number, table: number, end: number): void;
  /**
   * Makes pixels of three rows of sums: level = round(offset + scale · (sum & mask)), halves to even, held within 0 and
   * 255. Alpha comes from the pixels at `old`. `count` is rounded up to a multiple of 4.
   */
  shade(
    red: number, green: number, blue: number, old: number, out: number, count: number, scale: number, offset: number,
    mask: number,
  ): void;
  /** dst[x] = √(a[x]² + b[x]²); `count` is rounded up to a multiple of 4. */
  length(a: number, b: number, dst: number, count: number): void;
}

/** Masks of `shade`: the sum itself, or its magnitude. */
export const AS_IT_IS = -1;
export const MAGNITUDE = 0x7fffffff;

const PAGE = 1 << 16;
let compiled: WebAssembly.Module | null | undefined;

/** Makes room of at least that many bytes. `fast: false` asks for the loops in TypeScript. */
export function makeLanes(bytes: number, fast = true): Lanes {
  const module = fast ? compile() : null;
  if (!module) return plainLanes(new ArrayBuffer(bytes));
  const memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / PAGE) });
  const { exports } = new WebAssembly.Instance(module, { lanes: { memory } });
  const { sum, shade, length } = exports as unknown as Pick<Lanes, "sum" | "shade" | "length">;
  return { buffer: memory.buffer as ArrayBuffer, fast: true, sum, shade, length };
}

/** Compiles the module once; null where a security policy forbids it, or the browser has no such instructions. */
function compile(): WebAssembly.Module | null {
  if (compiled === undefined) {
    try {
      compiled = new WebAssembly.Module(laneModule());
    } catch {
      compiled = null;
    }
  }
  return compiled;
}

function plainLanes(buffer: ArrayBuffer): Lanes {
  const floats = new Float32Array(buffer, 0, buffer.byteLength >> 2);
  const integers = new Int32Array(buffer, 0, buffer.byteLength >> 2);
  const levels = new Uint8ClampedArray(buffer); // it rounds halves to even, and holds within 0 and 255

  const sum = (dst: number, count: number, table: number, end: number): void => {
    const [out, last] = [dst >> 2, end >> 2];
    floats.fill(0, out, out + count);
    let at = table >> 2;
    for (; at + 8 <= last; at += 8) {
      const [a, b, c, d] = [integers[at]! >> 2, integers[at + 2]! >> 2, integers[at + 4]! >> 2, integers[at + 6]! >> 2];
      const [u, v, w, z] = [floats[at + 1]!, floats[at + 3]!, floats[at + 5]!, floats[at + 7]!];
      for (let x = 0; x < count; x++) {
        floats[out + x]! += u * floats[a + x]! + v * floats[b + x]! + w * floats[c + x]! + z * floats[d + x]!;
      }
    }
    for (; at < last; at += 2) {
      const [a, u] = [integers[at]! >> 2, floats[at + 1]!];
      for (let x = 0; x < count; x++) floats[out + x]! += u * floats[a + x]!;
    }
  };

  const shade: Lanes["shade"] = (red, green, blue, old, out, count, scale, offset, mask) => {
    const absolute = mask === MAGNITUDE;
    [red, green, blue].forEach((row, channel) => {
      const [from, to] = [row >> 2, out + channel];
      for (let x = 0; x < count; x++) {
        const value = floats[from + x]!;
        levels[to + 4 * x] = offset + scale * (absolute ? Math.abs(value) : value);
      }
    });
    for (let x = 3; x < 4 * count; x += 4) levels[out + x] = levels[old + x]!;
  };

  const length = (a: number, b: number, dst: number, count: number): void => {
    const [first, second, out] = [a >> 2, b >> 2, dst >> 2];
    for (let x = 0; x < count; x++) {
      floats[out + x] = Math.sqrt(floats[first + x]! ** 2 + floats[second + x]! ** 2);
    }
  };

  return { buffer, fast: false, sum, shade, length };
}
