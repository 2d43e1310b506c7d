/** Formulae in pieces: numbers, words and signs. */

export type Piece =
  | { kind: "number"; text: string }
  | { kind: "word"; text: string }
  | { kind: "sign"; text: string };

export const n = (value: number | string): Piece => ({ kind: "number", text: String(value).replace("-", "−") });
export const word = (text: string): Piece => ({ kind: "word", text });
export const sign = (text: string): Piece => ({ kind: "sign", text });
/** A quotient rounded down. */
const floor = (over: Piece[], under: Piece): Piece[] => [sign("⌊("), ...over, sign(")"), sign("/"), under, sign("⌋")];

export interface SizeNumbers {
  input: number;
  kernel: number;
  before: number;
  after: number;
  stride: number;
  dilation: number;
  outputPadding: number;
  output: number;
}

/** ⌊(input + before + after − d (k − 1) − 1) / s⌋ + 1 with the numbers in, step by step. */
export function windowSize(size: SizeNumbers): Piece[] {
  const { input, kernel, before, after, stride, dilation, output } = size;
  const span = dilation * (kernel - 1) + 1;
  const room = input + before + after - span;
  const pads = before || after ? [sign("+"), n(before), sign("+"), n(after)] : [];
  const wide = dilation > 1 ? [sign("("), n(dilation), sign("·"), sign("("), n(kernel), sign("−"), n(1), sign(")"), sign("+"), n(1), sign(")")] : [n(kernel)];
  const top = [n(input), ...pads, sign("−"), ...wide];
  if (stride === 1) return [...top, sign("+"), n(1), sign("="), n(output)];
  const whole = room % stride === 0;
  const rounded = whole ? [] : [sign("="), sign("⌊"), n(Number((room / stride).toFixed(3))), sign("⌋"), sign("+"), n(1)];
  return [...floor(top, n(stride)), sign("+"), n(1), ...rounded, sign("="), n(output)];
}

/** s (input − 1) − before − after + d (k − 1) + 1 + output padding, with the numbers in. */
export function transposedSize(size: SizeNumbers): Piece[] {
  const { input, kernel, before, after, stride, dilation, outputPadding, output } = size;
  const pads = before || after ? [sign("−"), n(before), sign("−"), n(after)] : [];
  const wide = dilation > 1 ? [n(dilation), sign("·"), sign("("), n(kernel), sign("−"), n(1), sign(")"), sign("+"), n(1)] : [n(kernel)];
  const extra = outputPadding ? [sign("+"), n(outputPadding)] : [];
  const steps = [n(stride), sign("·"), sign("("), n(input), sign("−"), n(1), sign(")")];
  return [...steps, ...pads, sign("+"), ...wide, ...extra, sign("="), n(output)];
}

/** The formula as it is in words. */
export const windowWords = (w: Record<"input" | "before" | "after" | "dilation" | "kernel" | "stride" | "output", string>): Piece[] => [
  word(w.output), sign("="),
  ...floor(
    [word(w.input), sign("+"), word(w.before), sign("+"), word(w.after), sign("−"), sign("("), word(w.dilation), sign("·"),
      sign("("), word(w.kernel), sign("−"), n(1), sign(")"), sign("+"), n(1), sign(")")],
    word(w.stride),
  ),
  sign("+"), n(1),
];

export const transposedWords = (
  w: Record<"input" | "before" | "after" | "dilation" | "kernel" | "stride" | "output" | "extra", string>,
): Piece[] => [
  word(w.output), sign("="), word(w.stride), sign("·"), sign("("), word(w.input), sign("−"), n(1), sign(")"), sign("−"),
  word(w.before), sign("−"), word(w.after), sign("+"), word(w.dilation), sign("·"), sign("("), word(w.kernel), sign("−"),
  n(1), sign(")"), sign("+"), n(1), sign("+"), word(w.extra),
];

/** The formula in one line of text. */
export function plain(pieces: readonly Piece[]): string {
  return pieces
    .map(({ kind, text }) => (kind === "sign" && /^[+−=/]$/.test(text) ? ` ${text} ` : text))
    .join("");
}
