/** The few colours that a frame of an animation may have: its own, if they are few; else means of what lies close together. */

interface Box {
  colours: number[];
  /** Along which it is halved: red, green or blue, by the place of its bits. */
  channel: number;
  low: number;
  range: number;
  worth: number;
}

export interface Coloured {
  palette: number[][];
  /** Which of them each pixel has. */
  found: Uint8Array;
}

/** Chooses up to `most` colours for pixels, each of 32 bits; `paper` stays as it is. */
export function coloured(pixels: Uint32Array, paper: number, most: number): Coloured {
  const counts = new Map<number, number>();
  for (const colour of pixels) counts.set(colour, (counts.get(colour) ?? 0) + 1);
  const all = [...counts.keys()];
  const boxes = all.length <= most ? all.map((colour) => boxOf([colour], counts)) : [paper, all.filter((colour) => colour !== paper)].map((one) => boxOf([one].flat(), counts));
  while (boxes.length < most) {
    const widest = boxes.reduce((one, other) => (other.worth > one.worth ? other : one), boxes[0]!);
    if (!widest?.worth) break;
    const { colours, channel, low, range } = widest;
    const isLow = (colour: number): boolean => level(colour, channel) <= low + range / 2;
    const halves = [colours.filter(isLow), colours.filter((colour) => !isLow(colour))];
    boxes.splice(boxes.indexOf(widest), 1, ...halves.map((half) => boxOf(half, counts)));
  }
  const places = new Map(boxes.flatMap(({ colours }, i) => colours.map((colour) => [colour, i] as const)));
  return { palette: boxes.map(({ colours }) => meanOf(colours, counts)), found: Uint8Array.from(pixels, (colour) => places.get(colour)!) };
}

const CHANNELS = [0, 8, 16];
const level = (colour: number, channel: number): number => (colour >> channel) & 255;

function boxOf(colours: number[], counts: ReadonlyMap<number, number>): Box {
  const [widest] = CHANNELS.map((channel) => {
    let [low, high] = [255, 0];
    for (const colour of colours) [low, high] = [Math.min(low, level(colour, channel)), Math.max(high, level(colour, channel))];
    return { channel, low, range: high - low };
  }).sort((one, other) => other.range - one.range);
  return { colours, ...widest!, worth: widest!.range * countOf(colours, counts) };
}

const countOf = (colours: readonly number[], counts: ReadonlyMap<number, number>): number =>
  colours.reduce((sum, colour) => sum + (counts.get(colour) ?? 0), 0);

function meanOf(colours: readonly number[], counts: ReadonlyMap<number, number>): number[] {
  const count = countOf(colours, counts) || 1;
  return CHANNELS.map((channel) => Math.round(colours.reduce((sum, colour) => sum + level(colour, channel) * (counts.get(colour) ?? 0), 0) / count));
}
