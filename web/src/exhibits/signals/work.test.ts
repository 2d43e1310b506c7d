import { expect, test } from "vitest";
import kernelCases from "../../golden/signal-kernels.json";
import outputCases from "../../golden/signal-outputs.json";
import { expectNumbers, type Case } from "../../golden/read.ts";
import { signalsPresets } from "../../generated/states.ts";
import { envelope, pathsOf, rangeOf, ticksOf, type Frame } from "./axis.ts";
import { Client, type Port } from "./client.ts";
import { readCsv, writeCsv } from "./csv.ts";
import { figureOf } from "./figure.ts";
import { filterLong, filterShort, type Task } from "./filter.ts";
import { kernelText, noise, readKernel, weightsOf } from "./kernels.ts";
import { latexOf } from "./latex.ts";
import { program, STYLES } from "./programs.ts";
import { responseOf } from "./response.ts";
import { shaped, SHAPES, SOUNDS, soundOf } from "./sources.ts";
import { levelled } from "./speaker.ts";
import { complete, MODES, OPERATIONS, preset } from "./state.ts";
import { readWav, Unreadable, writeWav } from "./wav.ts";
import { extentOf, kernelOf, signalOf, stepOf, termsOf, workOut, type Work } from "./work.ts";

for (const { given, expected } of kernelCases as unknown as Case<{ text: string }, { weights: number[] | null }>[]) {
  test(`the kernel ${given.text} is Python's`, () => {
    const named = readKernel(given.text);
    expect(named === null).toBe(expected.weights === null);
    if (named) expectNumbers(weightsOf(named), expected.weights!);
    if (named) expect(readKernel(kernelText(named))).toEqual(named);
  });
}

function worked(raw: unknown): Work {
  const state = complete(raw);
  return workOut(signalOf(state, null), kernelOf(state, null), state.operation, state.mode);
}

for (const { given, expected } of outputCases as unknown as Case<{ kernel: number[]; operation: string; mode: string }, { output: number[] }>[]) {
  test(`${given.mode} ${given.operation} with ${given.kernel.length} weights is Python's, window by window`, () => {
    const work = worked(given);
    expect(work.count).toBe(expected.output.length);
    expectNumbers(work.output!, expected.output);
    expectNumbers(filterLong(work), expected.output);
    const sums = expected.output.map((_, step) => termsOf(work, step).reduce((sum, { product }) => sum + product, 0));
    expectNumbers(sums, expected.output);
    const { from, to } = extentOf(work);
    expect(Math.min(from, work.first)).toBe(from);
    expect(to).toBeGreaterThanOrEqual(work.first + work.count - 1);
  });
}

test("outputs are drawn where libraries count them", () => {
  const first = (operation: string, mode: string) => worked({ signal: [1, 2, 3, 4, 5], kernel: [1, 0, -1], operation, mode }).first;
  expect(OPERATIONS.map((operation) => MODES.map((mode) => first(operation, mode)))).toEqual([[0, 0, 2], [-2, 0, 0]]);
});

test("long signals come out the same through spectra, block by block", () => {
  const task: Task = { samples: noise(40_000, 1), weights: noise(900, 2), operation: "correlation", mode: "same" };
  const found = filterLong(task);
  const part = { ...task, samples: task.samples.subarray(14_000, 18_000) };
  const plain = filterShort({ ...part, mode: "valid" });
  plain.forEach((value, i) => expect(found[14_000 + 450 + i]).toBeCloseTo(value, 9));
  const dot = task.weights.reduce((sum, weight, i) => sum + weight * task.samples[14_000 + i]!, 0);
  expect(plain[0]).toBeCloseTo(dot, 9);
  expect(found).toHaveLength(40_000);
});

test("a kernel that is too long for valid leaves nothing, and says so", () => {
  const work = worked({ signal: [1, 2], kernel: [1, 2, 3], mode: "valid" });
  expect([work.output, stepOf(work, 3), filterLong(work).length]).toEqual([null, 0, 0]);
  expect(program(complete({}), work, "numpy")).toContain("# The kernel has 3 samples, the signal 2");
});

test("the examples show what they say", () => {
  const outputs = (name: string) => [...worked({ ...preset(name) }).output!];
  expect(Math.max(...outputs("boxes"))).toBe(8);
  expect(outputs("edge").flatMap((value, i) => (value ? [[i, value]] : []))).toEqual([[8, 1], [16, -1]]);
  expect(outputs("numbers")).toEqual([0, 1, 2.5, 4, 1.5]);
  expect([outputs("correlated"), outputs("convolved")]).toEqual([[-2, -2, -2], [2, 2, 2]]);
  const pattern = worked(preset("pattern"));
  expect(pattern.first + stepOf(pattern, null)).toBe(30);
  const edge = worked(preset("noisy-edge"));
  expect(Math.abs(edge.first + stepOf(edge, null) - 31.5)).toBeLessThanOrEqual(1);
  const gains = responseOf(kernelOf(complete(preset("muffled")), null));
  for (const hertz of [2000, 4000]) expect(gains[(hertz / 8000) * (gains.length - 1)]!).toBeCloseTo(0, 12);
  expect(gains[0]).toBeCloseTo(1, 12);
  expect(Object.keys(signalsPresets).filter((name) => worked(preset(name)).long)).toEqual(["echo", "reverb", "muffled"]);
});

test("sounds are within bounds, and played within bounds", () => {
  for (const name of SOUNDS) {
    const { samples } = soundOf(name);
    expect(samples.every((value) => Math.abs(value) <= 1)).toBe(true);
    expect(samples.some((value) => Math.abs(value) > 0.3)).toBe(true);
  }
  const most = (values: Float64Array) => levelled(values, 8000).reduce((all, value) => Math.max(all, Math.abs(value)), 0);
  expect(most(Float64Array.of(50, -900, 3, ...new Array(100).fill(0)))).toBeCloseTo(0.6, 6);
  expect(most(new Float64Array(9))).toBe(0);
  for (const shape of SHAPES) expect(shaped(shape, 1)).toHaveLength(1);
});

/** A WAV file of one kind, with numbers as bytes. */
function wavFile(kind: number, bits: number, channels: number, data: number[], write: (view: DataView, at: number, value: number) => void): ArrayBuffer {
  const bytes = writeWav(new Float64Array(), 8000);
  const file = new ArrayBuffer(44 + (data.length * bits) / 8);
  new Uint8Array(file).set(new Uint8Array(bytes));
  const view = new DataView(file);
  view.setUint16(20, kind, true);
  view.setUint16(22, channels, true);
  view.setUint16(34, bits, true);
  view.setUint32(40, (data.length * bits) / 8, true);
  data.forEach((value, i) => write(view, 44 + (i * bits) / 8, value));
  return file;
}

test("WAV files of every plain kind are read", () => {
  const read = (file: ArrayBuffer) => [...readWav(file, 100).samples];
  expect(read(wavFile(1, 8, 1, [0, 128, 192], (view, at, value) => view.setUint8(at, value)))).toEqual([-1, 0, 0.5]);
  expect(read(wavFile(1, 16, 2, [-32768, 0, 16384, 16384], (view, at, value) => view.setInt16(at, value, true)))).toEqual([-0.5, 0.5]);
  expect(read(wavFile(1, 24, 1, [-8388608, 4194304, -1], (view, at, value) => {
    view.setInt16(at, value & 0xffff, true);
    view.setInt8(at + 2, value >> 16);
  }))).toEqual([-1, 0.5, -1 / 8388608]);
  expect(read(wavFile(1, 32, 1, [-(2 ** 30)], (view, at, value) => view.setInt32(at, value, true)))).toEqual([-0.5]);
  expect(read(wavFile(3, 32, 1, [0.25, NaN], (view, at, value) => view.setFloat32(at, value, true)))).toEqual([0.25, 0]);
  expect(read(wavFile(3, 64, 1, [0.1], (view, at, value) => view.setFloat64(at, value, true)))).toEqual([0.1]);
  const again = readWav(writeWav(Float64Array.of(0.5, -1, 2), 44100), 2);
  expect([[...again.samples], again.rate, again.length]).toEqual([[0.25, -0.5], 44100, 3]);
});

const whyOf = (act: () => unknown): unknown => {
  try {
    act();
    return null;
  } catch (error) {
    return error instanceof Unreadable ? [error.why, ...error.details] : error;
  }
};

test("other files are refused with a reason", () => {
  const good = writeWav(Float64Array.of(1), 8000);
  expect(whyOf(() => readWav(new ArrayBuffer(3), 9))).toEqual(["notWav"]);
  for (let length = 12; length < 44; length++) expect(whyOf(() => readWav(good.slice(0, length), 9))).not.toBeNull();
  expect(whyOf(() => readWav(wavFile(2, 4, 1, [], () => undefined), 9))).toEqual(["format", 2, 4]);
  expect(whyOf(() => readWav(writeWav(new Float64Array(), 8000), 9))).toEqual(["empty"]);
});

test("tables are read, and an error names its line", () => {
  expect([...readCsv("value\n1\n-2.5\n\n3e2\n").samples]).toEqual([1, -2.5, 300]);
  expect(readCsv("time;value\r\n0;1,5\r\n0,5;2\r\n1;0")).toEqual({ samples: Float64Array.of(1.5, 2, 0), rate: 2 });
  expect(readCsv("3").rate).toBeNull();
  expect(whyOf(() => readCsv("a\n1\nx y\n"))).toEqual(["numbers", 3, "x y"]);
  expect(whyOf(() => readCsv("1\n2\nb"))).toEqual(["numbers", 3, "b"]);
  expect(whyOf(() => readCsv("1,2\n3\n"))).toEqual(["columns", 2, 1, 2]);
  expect(whyOf(() => readCsv("1,2,3"))).toEqual(["columns", 1, 3, 2]);
  expect(whyOf(() => readCsv("t,v\n0,1\n1,1\n3,1\n"))).toEqual(["times", 3, 1]);
  expect(whyOf(() => readCsv("only words\n"))).toEqual(["empty"]);
  const table = writeCsv(["seconds", "output"], [[0, 0.5], [1.25, -2]]);
  expect([...readCsv(table).samples]).toEqual([1.25, -2]);
});

test("axes have round numbers, and what is long becomes an outline", () => {
  expect(ticksOf({ from: -0.31, to: 1.02 }, 4)).toEqual([0, 0.5, 1]);
  expect(ticksOf({ from: 3, to: 3 }, 4)).toEqual([3]);
  expect(rangeOf([[0, 0]]).to).toBeGreaterThan(0);
  const { least, most } = envelope([1, -2, 3, 0, 5, 4], { from: 0, to: 6 }, 3);
  expect([[...least], [...most]]).toEqual([[-2, -2, 0], [1, 3, 5]]);
  const frame: Frame = { x: { from: 0, to: 100_000 }, y: { from: -1, to: 1 }, left: 0, top: 0, width: 500, height: 100 };
  const { line } = pathsOf({ values: noise(100_000, 1), first: 0, look: "line", tone: "signal" }, frame);
  expect(line.match(/M/g)).toHaveLength(500);
});

test("states from strangers are made to fit", () => {
  expect(complete({ signal: [], kernel: "gaussain", rate: -1, step: 2.5, mode: "half" })).toEqual(complete({}));
  expect(complete({ signal: [1, "x", NaN, 1e12], kernel: new Array(129).fill(1) }).signal).toEqual([1, 0, 0, 0]);
  expect(complete({ kernel: "__proto__" }).kernel).toBe("exponential");
  const stranger = complete({ signal: "own", kernel: "own" });
  expect(signalOf(stranger, null)).toBe(soundOf("pluck"));
  expect(kernelOf(stranger, null)).toHaveLength(12);
});

test("a newer task takes the place of one that waits, and without workers it is done here", async () => {
  const task = (mode: Task["mode"]): Task => ({ samples: Float64Array.of(1, 2), weights: Float64Array.of(1, 1), operation: "convolution", mode });
  const ask = (client: Client) => Promise.all(MODES.map((mode) => client.ask(task(mode)))).then((all) => all.map((output) => output && [...output]));
  const wanted = [[1, 3, 2], null, [3]];
  expect(await ask(new Client(() => { throw new Error("not allowed"); }))).toEqual(wanted);
  const refused: Port = {
    postMessage: () => queueMicrotask(() => refused.onerror!({ preventDefault: () => undefined } as ErrorEvent)),
    onmessage: null, onerror: null, terminate: () => undefined,
  };
  expect(await ask(new Client(() => refused))).toEqual(wanted);
});

test("files and programs are made of every example", () => {
  for (const name of Object.keys(signalsPresets)) {
    const state = complete(preset(name));
    const work = worked(state);
    for (const style of STYLES) expect(program(state, work, style)).toMatch(work.long ? /read\("signal.wav"\)/ : /print\(y\)\n$/);
    const output = work.output ?? filterLong(work);
    expect(figureOf(work, output, work.output ? 2 : null, true)).not.toMatch(/NaN|undefined/);
    if (work.output) expect(latexOf(work, stepOf(work, null))).toMatch(/^\\begin\{align\*\}[^]*&= /);
  }
});
