/** How texts write values and find the names that were meant, whatever the language. */

/** Writes a value as Python does: 'text', (3, 8, 8), (8,) for a list of one number, ((1, 1), (0, 2)). */
export function shown(value: unknown): string {
  if (Array.isArray(value)) return `(${value.map(shown).join(", ")}${value.length === 1 ? "," : ""})`;
  return typeof value === "string" ? `'${value}'` : String(value);
}

/** Up to three of the known names that are most like `name`, as Python's difflib measures likeness. */
export function nearest(name: string, known: readonly string[]): string[] {
  const wanted = name.toLowerCase();
  return known
    .map((other) => ({ other, ratio: (2 * common(other, wanted)) / (other.length + wanted.length) }))
    .filter(({ ratio }) => ratio >= 0.5)
    .sort((a, b) => b.ratio - a.ratio)
    .slice(0, 3)
    .map(({ other }) => other);
}

/** The letters that two words share: their longest common run, and the same to its left and right. */
function common(a: string, b: string): number {
  let [length, start, other] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    for (let j = 0; j < b.length; j++) {
      let run = 0;
      while (i + run < a.length && j + run < b.length && a[i + run] === b[j + run]) run++;
      if (run > length) [length, start, other] = [run, i, j];
    }
  }
  if (!length) return 0;
  const left = common(a.slice(0, start), b.slice(0, other));
  return left + length + common(a.slice(start + length), b.slice(other + length));
}
