/** Plays samples, one sound at a time, and only when it is asked to. */

export const AUDIBLE = { least: 8000, most: 96_000 }; // samples a second that every browser plays
const LOUDNESS = 0.6; // of the loudest sample, whatever the signal says
const FADE = 0.005; // seconds at both ends, so that nothing clicks

/** The samples as they go to the speaker: the loudest at `LOUDNESS`, so that no kernel makes them louder than that. */
export function levelled(samples: Float64Array, rate: number): Float32Array<ArrayBuffer> {
  const most = samples.reduce((all, value) => Math.max(all, Math.abs(value)), 0);
  const gain = most > 0 ? LOUDNESS / most : 0;
  const fade = FADE * rate;
  return Float32Array.from(samples, (value, i) => value * gain * Math.min(1, (samples.length - i) / fade));
}

export class Speaker {
  #context: AudioContext | null = null;
  #source: AudioBufferSourceNode | null = null;
  #began = 0;

  /** Plays from the beginning, in place of what plays; `over` hears that it is at its end, not that it was stopped. */
  play(samples: Float64Array, rate: number, over: () => void): void {
    this.stop();
    this.#context ??= new AudioContext();
    void this.#context.resume();
    const buffer = this.#context.createBuffer(1, samples.length, rate);
    buffer.copyToChannel(levelled(samples, rate), 0);
    const source = this.#context.createBufferSource();
    source.buffer = buffer;
    source.connect(this.#context.destination);
    source.onended = () => {
      if (this.#source !== source) return;
      this.#source = null;
      over();
    };
    source.start();
    this.#source = source;
    this.#began = this.#context.currentTime;
  }

  /** Seconds since it began. */
  get elapsed(): number {
    return this.#context ? this.#context.currentTime - this.#began : 0;
  }

  stop(): void {
    const source = this.#source;
    this.#source = null;
    source?.stop();
  }

  close(): void {
    this.stop();
    void this.#context?.close();
  }
}
