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
   * Makes pixels of three rows of sums: level = round(offset + scale · (sum & mask)), halves to even, held within 0
   * and 255. Alpha comes from the pixels at `old`. `count` is rounded up to a multiple of 4.
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

const AT_ONCE = 9; // weights; a pass over a row costs more than the few that may be lacking
const WHOLE = 3 * 2 ** 51; // what is added to it is rounded to whole numbers, halves to even

function plainLanes(buffer: ArrayBuffer): Lanes {
  const floats = new Float32Array(buffer, 0, buffer.byteLength >> 2);
  const integers = new Int32Array(buffer, 0, buffer.byteLength >> 2);

  const sum: Lanes["sum"] = (dst, count, table, end) => {
    const out = dst >> 2;
    floats.fill(0, out, out + count);
    for (let at = table; at < end; at += 8 * AT_ONCE) {
      const place = (i: number): number => integers[(at + 8 * i < end ? at + 8 * i : at) >> 2]! >> 2;
      const weight = (i: number): number => (at + 8 * i < end ? floats[(at + 8 * i + 4) >> 2]! : 0);
      const a = place(0), b = place(1), c = place(2), d = place(3), e = place(4);
      const f = place(5), g = place(6), h = place(7), i = place(8);
      const s = weight(0), t = weight(1), u = weight(2), v = weight(3), w = weight(4);
      const k = weight(5), l = weight(6), m = weight(7), n = weight(8);
      for (let x = 0; x < count; x++) {
        floats[out + x] =
          floats[out + x]! + s * floats[a + x]! + t * floats[b + x]! + u * floats[c + x]! + v * floats[d + x]! +
          w * floats[e + x]! + k * floats[f + x]! + l * floats[g + x]! + m * floats[h + x]! + n * floats[i + x]!;
      }
    }
  };

  const shade: Lanes["shade"] = (red, green, blue, old, out, count, scale, offset, mask) => {
    const absolute = mask === MAGNITUDE;
    const level = (place: number): number => {
      const value = floats[place]!;
      const whole = offset + scale * (absolute ? Math.abs(value) : value) + WHOLE - WHOLE;
      return whole > 255 ? 255 : whole > 0 ? whole : 0;
    };
    const [r, g, b, from, to] = [red >> 2, green >> 2, blue >> 2, old >> 2, out >> 2];
    for (let x = 0; x < count; x++) {
      const alpha = integers[from + x]! & 0xff000000;
      integers[to + x] = level(r + x) | (level(g + x) << 8) | (level(b + x) << 16) | alpha;
    }
  };

  const length = (a: number, b: number, dst: number, count: number): void => {
    const [first, second, out] = [a >> 2, b >> 2, dst >> 2];
    for (let x = 0; x < count; x++) {
      floats[out + x] = Math.sqrt(floats[first + x]! ** 2 + floats[second + x]! ** 2);
    }
  };

  return { buffer, fast: false, sum, shade, length };
}
