/** Where signals come from: shapes to begin with, and sounds that the program makes. */

import { noise } from "./kernels.ts";

export interface Sound {
  samples: Float64Array;
  /** Samples a second; null where they are not of time. */
  rate: number | null;
}

export const SOUNDS = ["pluck", "drums", "chirp", "click"] as const;
export type SoundName = (typeof SOUNDS)[number];

export const SHAPES = ["pulse", "step", "impulse", "ramp", "sine", "noisy", "square", "random"] as const;
export type Shape = (typeof SHAPES)[number];

const RATE = 16000;

/** A shape in as many samples as the signal has, to two decimals, as people type them. */
export function shaped(shape: Shape, count: number): number[] {
  const rough = noise(count, 3);
  const wave = (i: number) => Math.sin((4 * Math.PI * i) / count);
  const at: Record<Shape, (i: number) => number> = {
    pulse: (i) => (i >= count / 4 && i < (5 * count) / 8 ? 1 : 0),
    step: (i) => (i >= count / 2 ? 1 : 0),
    impulse: (i) => (i === Math.floor(count / 2) ? 1 : 0),
    ramp: (i) => i / Math.max(count - 1, 1),
    sine: wave,
    noisy: (i) => wave(i) + 0.4 * rough[i]!,
    square: (i) => (wave(i) >= 0 ? 1 : -1),
    random: (i) => rough[i]!,
  };
  return Array.from({ length: count }, (_, i) => Math.round(100 * at[shape](i)) / 100 || 0);
}

const made = new Map<SoundName, Sound>();

export function soundOf(name: SoundName): Sound {
  const known = made.get(name) ?? { samples: MAKERS[name](), rate: RATE };
  made.set(name, known);
  return known;
}

const seconds = (n: number): number => Math.round(n * RATE);

const MAKERS: Record<SoundName, () => Float64Array> = {
  /** A string of 220 Hz after K. Karplus and A. Strong (1983): noise goes round, each time smoothed by the mean of two. */
  pluck() {
    const period = Math.round(RATE / 220);
    const samples = new Float64Array(seconds(1.2));
    const rough = noise(period, 7);
    const mean = rough.reduce((sum, value) => sum + value, 0) / period; // would go round forever
    samples.set(rough.map((value) => 0.8 * (value - mean)));
    for (let i = period + 1; i < samples.length; i++) samples[i] = 0.498 * (samples[i - period]! + samples[i - period - 1]!);
    return samples;
  },
  /** Two bars of bass drum, snare and hat. */
  drums() {
    const samples = new Float64Array(seconds(2));
    const hit = (start: number, length: number, at: (time: number, i: number) => number) => {
      const first = seconds(start);
      for (let i = 0; i < seconds(length) && first + i < samples.length; i++) samples[first + i]! += at(i / RATE, i);
    };
    const rough = noise(seconds(0.3), 2);
    for (const beat of [0, 0.75, 1]) hit(beat, 0.25, (t) => 0.7 * Math.exp(-14 * t) * Math.sin(2 * Math.PI * (50 * t + 4 * (1 - Math.exp(-30 * t)))));
    for (const beat of [0.5, 1.5]) hit(beat, 0.2, (t, i) => 0.45 * Math.exp(-22 * t) * (rough[i]! + Math.sin(2 * Math.PI * 190 * t)));
    for (let beat = 0; beat < 2; beat += 0.25) hit(beat, 0.05, (t, i) => 0.15 * Math.exp(-90 * t) * (rough[i + 1]! - rough[i]!));
    return samples;
  },
  /** A tone that rises from 100 to 5000 Hz. */
  chirp() {
    const length = 2.5;
    return Float64Array.from({ length: seconds(length) }, (_, i) => {
      const t = i / RATE;
      const fade = Math.min(1, t / 0.02, (length - t) / 0.02);
      return 0.7 * fade * Math.sin(2 * Math.PI * (100 * t + ((4900 / 2) * t * t) / length));
    });
  },
  /** One sample alone, twice: what comes out is the kernel itself. */
  click() {
    const samples = new Float64Array(seconds(0.6));
    samples[seconds(0.05)] = 1;
    samples[seconds(0.35)] = 1;
    return samples;
  },
};
