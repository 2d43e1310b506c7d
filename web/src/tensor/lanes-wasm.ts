/**
 * The inner loops over rows of a photograph as a WebAssembly module, four numbers at a time.
 *
 * The module is put together here, instruction by instruction, so that nothing has to be compiled or fetched. Its
 * functions are those of `Lanes`; lanes.ts says what each does, and has them in plain TypeScript too.
 */

const I32 = 0x7f;
const F32 = 0x7d;
const V128 = 0x7b;
const LOOP = [0x03, 0x40];
const END = [0x0b];
const AGAIN = [0x0d, 0x00]; // br_if to the innermost loop
const ADD = [0x6a];
const SUBTRACT = [0x6b];
const BELOW = [0x49]; // unsigned
const ABOVE = [0x4a]; // signed

const get = (local: number): number[] => [0x20, local];
const set = (local: number): number[] => [0x21, local];
const tee = (local: number): number[] => [0x22, local];
const constant = (value: number): number[] => [0x41, ...signed(value)];
const loadInteger = (offset: number): number[] => [0x28, 2, ...unsigned(offset)];
const lanes = (operation: number): number[] => [0xfd, ...unsigned(operation)];
const memory = (operation: number, offset: number): number[] => [...lanes(operation), 2, ...unsigned(offset)];
const load = (offset: number): number[] => memory(0x00, offset);
const loadSplat = (offset: number): number[] => memory(0x09, offset);
const store = (offset: number): number[] => memory(0x0b, offset);
const SPLAT_INTEGER = lanes(0x11);
const SPLAT = lanes(0x13);
const AND = lanes(0x4e);
const OR = lanes(0x50);
const NEAREST = lanes(0x6a); // halves to even
const SHIFT = lanes(0xab);
const ROOT = lanes(0xe3);
const SUM = lanes(0xe4);
const TIMES = lanes(0xe6);
const LEAST = lanes(0xe8);
const TO_INTEGER = lanes(0xf9); // NaN and what is below zero become 0

function unsigned(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

function signed(value: number): number[] {
  const [low, rest] = [value & 0x7f, value >> 7];
  const last = (rest === 0 && !(low & 0x40)) || (rest === -1 && (low & 0x40));
  return last ? [low] : [low | 0x80, ...signed(rest)];
}

/** Adds a number to a local. */
const advance = (local: number, by: number): number[] => [...get(local), ...constant(by), ...ADD, ...set(local)];

/** Takes a number from a local, and goes on while it is above 0. */
const whileAbove = (local: number, by: number): number[] => [
  ...get(local), ...constant(by), ...SUBTRACT, ...tee(local), ...constant(0), ...ABOVE, ...AGAIN,
];

const REGISTERS = 8; // of four sums

/** sum(dst, count, table, end): the weighted sum of shifted rows, 32 cells at a time in registers. */
function sumBody(): number[] {
  const [dst, count, table, end, x, tap, place, weight, first] = [0, 1, 2, 3, 4, 5, 6, 7, 8] as const;
  const each = (part: (i: number) => number[]): number[] => Array.from({ length: REGISTERS }, (_, i) => part(i)).flat();
  return [
    2, 3, I32, 1 + REGISTERS, V128, // locals
    ...LOOP,
    ...each((i) => [0x43, 0, 0, 0, 0, ...SPLAT, ...set(first + i)]),
    ...get(table), ...set(tap),
    ...LOOP,
    ...get(tap), ...loadInteger(0), ...get(x), ...ADD, ...set(place),
    ...get(tap), ...loadSplat(4), ...set(weight),
    ...each((i) => [
      ...get(first + i), ...get(place), ...load(16 * i), ...get(weight), ...TIMES, ...SUM, ...set(first + i),
    ]),
    ...get(tap), ...constant(8), ...ADD, ...tee(tap), ...get(end), ...BELOW, ...AGAIN,
    ...END,
    ...each((i) => [...get(dst), ...get(first + i), ...store(16 * i)]),
    ...advance(dst, 16 * REGISTERS), ...advance(x, 16 * REGISTERS), ...whileAbove(count, 4 * REGISTERS),
    ...END,
    ...END,
  ];
}

/** shade(red, green, blue, old, out, count, scale, offset, mask): three rows of sums to a row of pixels. */
function shadeBody(): number[] {
  const [red, green, blue, old, out, count, scale, offset, mask] = [0, 1, 2, 3, 4, 5, 6, 7, 8] as const;
  const [x, scales, offsets, masks, most, alpha] = [9, 10, 11, 12, 13, 14] as const;
  const at = (row: number): number[] => [...get(row), ...get(x), ...ADD];
  const level = (row: number): number[] => [
    ...at(row), ...load(0), ...get(masks), ...AND, ...get(scales), ...TIMES, ...get(offsets), ...SUM, ...NEAREST,
    ...get(most), ...LEAST, ...TO_INTEGER,
  ];
  return [
    2, 1, I32, 5, V128,
    ...get(scale), ...SPLAT, ...set(scales),
    ...get(offset), ...SPLAT, ...set(offsets),
    ...get(mask), ...SPLAT_INTEGER, ...set(masks),
    0x43, 0, 0, 0x7f, 0x43, ...SPLAT, ...set(most), // f32.const 255
    ...constant(0xff000000 | 0), ...SPLAT_INTEGER, ...set(alpha),
    ...LOOP,
    ...at(out),
    ...level(red),
    ...level(green), ...constant(8), ...SHIFT, ...OR,
    ...level(blue), ...constant(16), ...SHIFT, ...OR,
    ...at(old), ...load(0), ...get(alpha), ...AND, ...OR,
    ...store(0),
    ...advance(x, 16), ...whileAbove(count, 4),
    ...END,
    ...END,
  ];
}

/** length(a, b, dst, count): √(a² + b²). */
function lengthBody(): number[] {
  const [a, b, dst, count, x] = [0, 1, 2, 3, 4] as const;
  const square = (row: number): number[] => {
    const value = [...get(row), ...get(x), ...ADD, ...load(0)];
    return [...value, ...value, ...TIMES];
  };
  return [
    1, 1, I32,
    ...LOOP,
    ...get(dst), ...get(x), ...ADD,
    ...square(a), ...square(b), ...SUM, ...ROOT,
    ...store(0),
    ...advance(x, 16), ...whileAbove(count, 4),
    ...END,
    ...END,
  ];
}

const vector = (parts: readonly (readonly number[])[]): number[] => [...unsigned(parts.length), ...parts.flat()];
const text = (letters: string): number[] => vector([...letters].map((letter) => [letter.charCodeAt(0)]));
const section = (id: number, parts: readonly (readonly number[])[]): number[] => {
  const content = vector(parts);
  return [id, ...unsigned(content.length), ...content];
};

/** The bytes of the module. It takes its memory as "lanes" "memory". */
export function laneModule(): Uint8Array<ArrayBuffer> {
  const functions = [
    { name: "sum", takes: [I32, I32, I32, I32], body: sumBody() },
    { name: "shade", takes: [I32, I32, I32, I32, I32, I32, F32, F32, I32], body: shadeBody() },
    { name: "length", takes: [I32, I32, I32, I32], body: lengthBody() },
  ];
  return Uint8Array.from([
    0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
    ...section(1, functions.map(({ takes }) => [0x60, ...vector(takes.map((type) => [type])), 0])),
    ...section(2, [[...text("lanes"), ...text("memory"), 2, 0, 1]]),
    ...section(3, functions.map((_, i) => [i])),
    ...section(7, functions.map(({ name }, i) => [...text(name), 0, i])),
    ...section(10, functions.map(({ body }) => [...unsigned(body.length), ...body])),
  ]);
}
