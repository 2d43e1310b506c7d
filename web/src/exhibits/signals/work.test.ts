import { expect, test, vi } from "vitest";
import kernelCases from "../../golden/signal-kernels.json";
import outputCases from "../../golden/signal-outputs.json";
import { expectNumbers, type Case } from "../../golden/read.ts";
import { signalsPresets } from "../../generated/states.ts";
import { Client, PATIENCE, type Port } from "./client.ts";
import { figureOf } from "./figure.ts";
import { filterLong, filterShort, type Task } from "./filter.ts";
import { kernelText, noise, readKernel, weightsOf } from "./kernels.ts";
import { latexOf } from "./latex.ts";
import { marksOf } from "./marks.ts";
import { program, programsOf } from "./programs.ts";
import { decibelsOf, FAINTEST, responseOf } from "./response.ts";
import { shaped, SHAPES, SOUNDS, soundOf } from "./sources.ts";
import { levelled } from "./speaker.ts";
import { complete, MODES, OPERATIONS, preset } from "./state.ts";
import type { AnyTask } from "./tasks.ts";
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
  const marked = (work: Work) => marksOf(work, work.output).map(({ place }) => place);
  expect([marked(pattern), marked(worked(preset("correlated")))]).toEqual([[30], []]); // of equal outputs none is the largest
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

test("kernels of any length have a frequency response", () => {
  const weights = kernelOf(complete({ kernel: "reverb" }), null);
  const gains = responseOf(weights);
  expect(gains.length).toBeGreaterThan(2 * weights.length);
  for (const at of [0, 1234, gains.length - 1]) {
    const turn = (Math.PI * at) / (gains.length - 1);
    const [a, b] = weights.reduce(([a, b], weight, i) => [a + weight * Math.cos(turn * i), b + weight * Math.sin(turn * i)], [0, 0]);
    expect(gains[at]!).toBeCloseTo(Math.hypot(a, b), 8);
  }
  const { values, y } = decibelsOf(Float64Array.of(1, 0.1, 0, 2));
  expect([...values]).toEqual([0, -20, 10 - FAINTEST, 20 * Math.log10(2)]);
  expect(y).toEqual({ from: 10 - FAINTEST, to: 12 });
  expect(decibelsOf(new Float64Array(3)).y.to).toBe(2);
});

test("states from strangers are made to fit", () => {
  expect(complete({ signal: [], kernel: "gaussain", rate: -1, step: 2.5, mode: "half" })).toEqual(complete({}));
  expect(complete({ signal: [1, "x", NaN, 1e12], kernel: new Array(129).fill(1) }).signal).toEqual([1, 0, 0, 0]);
  expect(complete({ kernel: "__proto__" }).kernel).toBe("exponential");
  for (const span of [[3, 2], [1], [0, 1e9], ["0", 1]]) expect(complete({ span }).span).toBeNull();
  expect(complete({ span: [0.5, 9], rate: 1e9 })).toMatchObject({ span: [0.5, 9], rate: 1e9 });
  const stranger = complete({ signal: "own", kernel: "own" });
  expect(signalOf(stranger, null)).toBe(soundOf("pluck"));
  expect(kernelOf(stranger, null)).toHaveLength(12);
});

test("a task that takes long gives way to a newer one", async () => {
  vi.useFakeTimers();
  const ports: (Port & { tasks: AnyTask[]; ended: boolean })[] = [];
  const client = new Client(() => {
    const port = {
      tasks: [] as AnyTask[], ended: false, onmessage: null, onerror: null,
      postMessage: (task: AnyTask) => void port.tasks.push(task), terminate: () => void (port.ended = true),
    };
    ports.push(port);
    return port;
  });
  const [old, lost, newest] = [1, 2, 3].map((size) => client.ask({ response: new Float64Array(size) }));
  expect(await lost).toBeNull();
  vi.advanceTimersByTime(PATIENCE - 1);
  expect(ports.map(({ ended }) => ended)).toEqual([false]);
  vi.advanceTimersByTime(1);
  expect(await old).toBeNull();
  expect(ports.map(({ ended, tasks }) => [ended, tasks.length])).toEqual([[true, 1], [false, 1]]);
  ports[0]!.onmessage!({ data: Float64Array.of(0) } as MessageEvent<Float64Array>); // too late
  ports[1]!.onmessage!({ data: Float64Array.of(5) } as MessageEvent<Float64Array>);
  expect(await newest).toEqual(Float64Array.of(5));
  vi.useRealTimers();
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
    for (const { name, text } of programsOf(state, work)) {
      expect(text).toMatch(!work.long ? /print\(y\)\n$/ : name === "im2col" && work.weights.length > 100 ? /^# The windows, \d+ of \d+ samples/ : /read\("signal.wav"\)/);
    }
    const output = work.output ?? filterLong(work);
    expect(figureOf(work, output, work.output ? 2 : null, true)).not.toMatch(/NaN|undefined/);
    if (work.output) expect(latexOf(work, stepOf(work, null))).toMatch(/^\\begin\{align\*\}[^]*&= /);
  }
});
