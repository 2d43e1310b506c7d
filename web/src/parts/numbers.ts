/** How numbers are written: a real minus sign, no more digits than say something. */

export const MINUS = "−";

/** Integers in full, other numbers to `digits` significant digits, as the Python side writes them. */
export function number(value: number, digits = 5): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : `${MINUS}∞`;
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return signed(String(value === 0 ? 0 : value));
  const text = value.toPrecision(digits);
  const [mantissa = "", exponent] = text.split("e");
  const trimmed = mantissa.includes(".") ? mantissa.replace(/\.?0+$/, "") : mantissa;
  return signed(exponent === undefined ? trimmed : `${trimmed}e${Number(exponent)}`);
}

const signed = (text: string): string => text.replace(/-/g, MINUS);

/** The number in at most `room` characters: fewer digits where it is too long. */
export function shortNumber(value: number, room: number): string {
  const whole = number(value, 4);
  if (whole.length <= room) return whole;
  for (let digits = 3; digits >= 1; digits -= 1) {
    const text = number(Math.abs(value) >= 1e4 ? Number(value.toExponential(digits - 1)) : value, digits);
    if (text.length <= room) return text;
    const power = signed(value.toExponential(digits - 1).replace("e+", "e"));
    if (power.length <= room) return power;
  }
  return signed(value.toExponential(0).replace("e+", "e"));
}

/** A factor or a term that follows an operator: in brackets if it is negative. */
export const bracketed = (value: number): string => (value < 0 ? `(${number(value)})` : number(value));

/** Numbers as a sum, the signs of later ones as its operators: `−10 + 0 − 2.5`. */
export function summed(values: readonly number[]): string {
  return values
    .map((value, index) => {
      const text = number(value);
      if (index === 0) return text;
      return text.startsWith(MINUS) ? `${MINUS} ${text.slice(1)}` : `+ ${text}`;
    })
    .join(" ");
}

/** Reads a number as a person types it: either minus, decimal comma or point, simple fractions; null if it is none. */
export function readNumber(text: string): number | null {
  const plain = text.trim().replaceAll(MINUS, "-").replace(",", ".").replace("∞", "Infinity");
  const [over = "", under, ...rest] = plain.split("/");
  if (rest.length || !over.trim()) return null;
  const value = under === undefined ? Number(over) : under.trim() ? Number(over) / Number(under) : NaN;
  if (Number.isNaN(value) || (under !== undefined && !Number.isFinite(value))) return null;
  return Number.isFinite(value) && Math.abs(value) <= 1e15 ? value : null;
}

export const times = (shape: readonly number[]): string => shape.join(" × ");
