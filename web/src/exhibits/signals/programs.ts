/** The programs that compute the output: those of short signals run as they stand, those of sounds beside signal.wav. */

import type { Program } from "../../parts/share.ts";
import { array, comment, inStyles, type Style } from "../../export/python.ts";
import { texts } from "../../texts/index.ts";
import { readKernel } from "./kernels.ts";
import { MOST_SAMPLES, MOST_WEIGHTS, type SignalsState } from "./state.ts";
import type { Work } from "./work.ts";

const MOST_IN_COLUMNS = 2e7; // numbers: 160 MB

export const programsOf = (state: SignalsState, work: Work): Program[] => inStyles((style) => program(state, work, style));

export function program(state: SignalsState, work: Work, style: Style): string {
  if (work.count < 1) return comment(texts.signals.tooLong(work.weights.length, work.samples.length));
  if (style === "im2col" && work.weights.length * work.count > MOST_IN_COLUMNS) return comment(texts.signals.noColumns(work.count, work.weights.length));
  const files = work.samples.length > MOST_SAMPLES;
  const write = { numpy, im2col, scipy, pytorch, convolens }[style];
  const imports = {
    numpy: ["import numpy as np"],
    im2col: ["import numpy as np"],
    scipy: ["import numpy as np", work.mode === "same" && !work.long ? "import scipy.ndimage" : "import scipy.signal"],
    pytorch: ["import numpy as np", "import torch"],
    convolens: ["import numpy as np", "", "import convolens as cl"],
  }[style];
  const needsWave = files || readsKernel(state, work);
  return `${[
    [...(needsWave ? ["import wave", ""] : []), ...imports].join("\n"),
    ...(needsWave ? [READ] : []),
    [files ? 'rate, x = read("signal.wav")' : array("x", row(work.samples), ", dtype=float"), ...weights(state, work)].join("\n"),
    write(work).join("\n"),
    files ? WRITE : "print(y)",
  ].join("\n\n")}\n`;
}

const row = (values: Float64Array) => ({ shape: [values.length], data: [...values] });

const READ = `def read(name):  # one channel of 16 bits
    with wave.open(name) as file:
        return file.getframerate(), np.frombuffer(file.readframes(-1), "<i2") / 32768`;

const WRITE = `with wave.open("output.wav", "wb") as file:
    file.setparams((1, 2, rate, 0, "NONE", ""))
    file.writeframes(np.int16(np.rint(32767 * y / max(1, abs(y).max()))).tobytes())`;

const readsKernel = (state: SignalsState, work: Work): boolean => work.weights.length > MOST_WEIGHTS && state.kernel === "own";

/** Short kernels as numbers, long ones as what makes them. */
function weights(state: SignalsState, work: Work): string[] {
  const named = typeof state.kernel === "string" ? readKernel(state.kernel) : null;
  if (work.weights.length <= MOST_WEIGHTS) return [array("w", row(work.weights), ", dtype=float")];
  if (named?.name === "echo") {
    const { delay, gain, repeats } = named.values;
    return [`w = np.zeros(${delay! * repeats! + 1})`, `w[::${delay}] = ${python(gain!)} ** np.arange(${repeats! + 1}.0)  # the sound, and its echoes`];
  }
  if (named?.name !== "reverb") return ['w = read("kernel.wav")[1]'];
  const { size, wet, seed } = named.values;
  const start = (seed! * 1_000_003) % 2 ** 32;
  return [
    "", "# noise that is the same everywhere: whole numbers, hashed",
    `n = np.arange(${size}, dtype=np.uint32) + np.uint32(${start})`,
    "for shift, factor in (16, 0x7FEB352D), (15, 0x846CA68B):",
    "    n ^= n >> np.uint32(shift)",
    "    n *= np.uint32(factor)",
    "n ^= n >> np.uint32(16)",
    `w = (n / 2**31 - 1) * 10 ** (-3 * np.arange(${size}) / ${size})  # falls by 60 dB`,
    "w[0] = 0",
    `w *= ${python(wet!)} / np.sqrt((w**2).sum())`,
    "w[0] = 1  # the sound itself",
  ];
}

/** A base of a power, which a sign would part from it. */
const python = (value: number): string => (value < 0 ? `(${value})` : String(value));

const verb = ({ operation }: Work): string => (operation === "convolution" ? "convolve" : "correlate");

/** As many outputs as samples, the middle of the kernel on each: a part of all overlaps. */
function middle({ mode, start, weights: kernel, samples }: Work): string[] {
  if (mode !== "same") return [];
  const first = start + kernel.length - 1;
  return [`y = y[${first} : ${first + samples.length}]  # the middle of the kernel on each sample`];
}

const whole = ({ mode }: Work): string => (mode === "valid" ? "valid" : "full");

function numpy(work: Work): string[] {
  return [`y = np.${verb(work)}(x, w, mode="${whole(work)}")`, ...middle(work)];
}

/** The line that puts zeros around the signal, where windows reach out. */
function padded({ start, count, weights: kernel, samples }: Work, pad: (before: number, after: number) => string): string[] {
  const [before, after] = [-start, count - 1 + start + kernel.length - samples.length];
  return before || after ? [pad(before, after)] : [];
}

function im2col(work: Work): string[] {
  return [
    ...(work.operation === "convolution" ? ["w = w[::-1]  # convolution turns the kernel"] : []),
    ...padded(work, (before, after) => `x = np.pad(x, (${before}, ${after}))`),
    "columns = np.lib.stride_tricks.sliding_window_view(x, len(w)).T  # a window in each column",
    "y = w @ columns",
  ];
}

function scipy(work: Work): string[] {
  if (work.long) return [`y = scipy.signal.${verb(work)}(x, w, mode="${whole(work)}", method="fft")`, ...middle(work)];
  if (work.mode === "same") return [`y = scipy.ndimage.${verb(work)}1d(x, w, mode="constant")  # zeros outside`];
  return [`y = scipy.signal.${verb(work)}(x, w, mode="${work.mode}", method="direct")`];
}

function pytorch(work: Work): string[] {
  const turn = work.operation === "convolution";
  if (work.long) {
    return [
      "x, w = torch.from_numpy(x), torch.from_numpy(w)",
      ...(turn ? [] : ["w = w.flip(0)  # correlation: spectra convolve, so the kernel is turned first"]),
      "size = len(x) + len(w) - 1",
      "y = torch.fft.irfft(torch.fft.rfft(x, size) * torch.fft.rfft(w, size), size).numpy()",
      ...(work.mode === "valid" ? ["y = y[len(w) - 1 : len(x)]"] : middle(work)),
    ];
  }
  return [
    "x, w = torch.from_numpy(x)[None, None], torch.from_numpy(w)[None, None]",
    ...(turn ? ["w = w.flip(-1)  # PyTorch correlates: convolution turns the kernel"] : []),
    ...padded(work, (before, after) => `x = torch.nn.functional.pad(x, (${before}, ${after}))`),
    "y = torch.nn.functional.conv1d(x, w)[0, 0].numpy()",
  ];
}

const convolens = (work: Work): string[] => [`y = cl.${verb(work)}(x, w, padding="${work.mode}", border=0)`];
