/** The bytes of a GIF: its head, its frames, its end. After the specification of GIF89a, CompuServe (1990). */

const MOST_CODES = 4096;

const short = (value: number): number[] => [value & 255, value >> 8];
const letters = (text: string): number[] => [...text].map((letter) => letter.charCodeAt(0));

/** How a file begins that plays again and again. */
export const gifHead = (width: number, height: number): Uint8Array<ArrayBuffer> =>
  Uint8Array.of(...letters("GIF89a"), ...short(width), ...short(height), 0, 0, 0, 0x21, 0xff, 11, ...letters("NETSCAPE2.0"), 3, 1, 0, 0, 0);

export const GIF_END = Uint8Array.of(0x3b);

/** A frame that lies over those before it; pixels of the last colour let these through. `delay` is in milliseconds. */
export function gifFrame(pixels: Uint8Array, width: number, height: number, palette: readonly number[][], delay: number): Uint8Array<ArrayBuffer>[] {
  const bits = Math.max(2, Math.ceil(Math.log2(palette.length)));
  const colours = new Uint8Array(3 << bits);
  colours.set(palette.flat());
  const data = compressed(pixels, bits);
  const blocks = Array.from({ length: Math.ceil(data.length / 255) }, (_, i) => data.subarray(255 * i, 255 * (i + 1)));
  return [
    Uint8Array.of(0x21, 0xf9, 4, 5, ...short(Math.round(delay / 10)), palette.length - 1, 0),
    Uint8Array.of(0x2c, 0, 0, 0, 0, ...short(width), ...short(height), 0x80 + bits - 1),
    colours,
    Uint8Array.of(bits),
    ...blocks.flatMap((block) => [Uint8Array.of(block.length), block]),
    Uint8Array.of(0),
  ];
}

/** Lempel, Ziv and Welch: codes for runs that came before, the first bits lowest, longer as there are more of them. */
export function compressed(values: Uint8Array, bits: number): Uint8Array<ArrayBuffer> {
  const clear = 1 << bits;
  const longer = new Uint16Array(MOST_CODES << 8); // the code of a run with a value behind it
  const bytes = new Uint8Array(2 * values.length + 8);
  let [length, held, waiting] = [0, 0, 0];
  let [newest, size] = [clear + 1, bits + 1];
  const write = (code: number): void => {
    held |= code << waiting;
    for (waiting += size; waiting >= 8; waiting -= 8, held >>= 8) bytes[length++] = held;
    if (newest === (1 << size) - 1 && newest < MOST_CODES - 1) size += 1;
  };
  write(clear);
  let run = values[0]!;
  for (let i = 1; i < values.length; i += 1) {
    const value = values[i]!;
    const place = (run << 8) + value;
    if (longer[place]) {
      run = longer[place];
      continue;
    }
    write(run);
    run = value;
    if (newest < MOST_CODES - 1) {
      longer[place] = newest += 1;
      continue;
    }
    write(clear);
    longer.fill(0);
    [newest, size] = [clear + 1, bits + 1];
  }
  write(run);
  write(clear + 1);
  bytes[length++] = held;
  return bytes.subarray(0, length);
}
