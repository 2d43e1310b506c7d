import { describe, expect, test } from "vitest";
import { number } from "../../parts/numbers.ts";
import { powerText } from "../../tensor/formula.ts";
import { descend, keySteps, largestDifference, stepShown } from "./descent.ts";
import { descentFigure } from "./descent-figure.ts";
import { curveOf, sceneOf, ticksOf, viewOf } from "./descent-scene.ts";
import { inDimensions, TARGETS, withLayer, withTarget } from "./edits.ts";
import { cellAt, cellsOf, cellWork, chosenCell, nudges, spreadOf, stepCount, stepOf, turnedKernel, workOut } from "./layer.ts";
import { layerFigure } from "./layer-figure.ts";
import { cellLatex, stepLatex } from "./latex.ts";
import { slidingOf, scalesOf } from "./scene.ts";
import { complete, defaults, preset, presets, SIDES } from "./state.ts";

const states = Object.keys(presets).map((name) => ({ name, state: complete({ ...preset(name) }) }));
const layers = states.filter(({ state }) => state.part === "layer");

describe.each(layers)("layer $name", ({ state }) => {
  const work = workOut(state);

  test("products of every cell add up to the gradient", () => {
    for (const side of SIDES) {
      const gradient = work.layer!.gradients[side];
      expect(stepCount(work, side)).toBe(gradient.data.length);
      gradient.data.forEach((value, step) => {
        const selection = { side, cell: cellAt(work, side, step) };
        expect(stepOf(work, selection)).toBe(step);
        const { terms, result } = cellWork(work, selection);
        expect(terms.reduce((all, term) => all + term.grad * term.factor, 0)).toBeCloseTo(value, 10);
        expect(result).toBeCloseTo(value, 10);
      });
    }
  });

  test("a nudge makes the loss grow by as much as the gradient says", () => {
    for (const side of SIDES) {
      const selection = chosenCell(work, side, null)!;
      const { terms, result: slope } = cellWork(work, selection);
      const bend = terms.reduce((all, { factor }) => all + factor * factor, 0) / 2; // of a loss of squares
      const { rows, before } = nudges(work, selection);
      rows.forEach(({ by, loss, quotient }) => {
        expect(loss).toBeCloseTo(before + by * slope + by * by * bend, 8);
        expect(quotient).toBeCloseTo(slope + by * bend, 6);
      });
    }
  });

  test("windows of the pictures give the gradients as convolutions do", () => {
    const [spread, turned] = [spreadOf(work), turnedKernel(work)];
    const sum = (lit: readonly (readonly number[])[], at: (place: readonly number[]) => number, laid: Float64Array) =>
      lit.reduce((all, place, i) => all + at(place) * laid[i]!, 0);
    const inputAt = (place: readonly number[]) =>
      place.every((n, axis) => n >= 0 && n < work.input.shape[axis]!)
        ? work.input.data[place.reduce((flat, n, axis) => flat * work.input.shape[axis]! + n, 0)]!
        : 0;
    const scales = scalesOf(work, false);
    for (const cell of cellsOf(work.input.shape)) {
      const { lit, frame, box } = slidingOf(work, scales, { side: "input", cell })!;
      expect(sum(lit, (place) => spread.at(place).value, turned.data)).toBeCloseTo(cellWork(work, { side: "input", cell }).result, 10);
      frame.from.forEach((n, axis) => expect(n).toBeGreaterThanOrEqual(box.first[axis]!));
      frame.to.forEach((n, axis) => expect(n).toBeLessThan(box.first[axis]! + box.shape[axis]!));
    }
    for (const cell of cellsOf(work.kernel.shape)) {
      const { lit } = slidingOf(work, scales, { side: "kernel", cell })!;
      expect(sum(lit, inputAt, work.layer!.grad.data)).toBeCloseTo(cellWork(work, { side: "kernel", cell }).result, 10);
    }
  });

  test("is drawn and written whole", () => {
    for (const side of SIDES) {
      const chosen = chosenCell(work, side, null)!;
      expect(layerFigure(work, chosen, true)).toMatch(/^<svg[^]*<\/svg>\n$/);
      expect(layerFigure(work, chosen, false)).not.toMatch(/NaN|undefined/);
      expect(cellLatex(cellWork(work, chosen))).toContain("\\partial L");
    }
    const sizeOf = (cell: number[]) => /width="\d+" height="\d+"/.exec(layerFigure(work, { side: "kernel", cell }, false))![0];
    const widths = cellsOf(work.kernel.shape).map(sizeOf);
    expect(new Set(widths).size).toBe(1); // so that an animation does not jump
  });
});

test("the gradients are those that the documentation prints", () => {
  const { gradients } = workOut(defaults).layer!;
  expect([...gradients.input.data]).toEqual([1, 1, -2, 0, 1, 5, 0, 0, -2]);
  expect([...gradients.kernel.data]).toEqual([1, 6, -1, 1]);
  expect([...gradients.bias.data]).toEqual([2]);
  expect([...nudges(workOut(defaults), { side: "kernel", cell: [0, 1] }).wanted.data]).toEqual([3, 1, 2, 2]);
  expect(cellLatex(cellWork(workOut(defaults), { side: "input", cell: [1, 1] }))).toContain("1 \\cdot (-1) + (-1) \\cdot 0 + 0 \\cdot 2 + 2 \\cdot 1");
});

test("a drawing for files has each array's own numbers, not the products in their place", () => {
  const work = workOut(defaults);
  for (const side of SIDES) {
    const cells = [...layerFigure(work, chosenCell(work, side, null), false).matchAll(/<text[^>]*>([−\d]+)<\/text>/g)].map(([, text]) => text);
    expect(cells.slice(0, 9)).toEqual(["1", "2", "0", "0", "1", "2", "2", "0", "1"]); // X
    expect(cells.slice(-4)).toEqual(["1", "−1", "0", "2"]); // dL/dY
  }
});

test("edits keep what comes back in the output's shape", () => {
  const state = complete({ ...defaults, ...withLayer(defaults, { pad: [1, 0] }) });
  expect(state.grad).toEqual({ shape: [4, 2], data: [1, -1, 0, 2, 0, 0, 0, 0] });
  const tooLarge = complete({ ...defaults, ...withLayer(defaults, { dilation: [4, 4] }) });
  expect(workOut(tooLarge).layer).toBeNull();
  expect(chosenCell(workOut(tooLarge), "input", null)).toBeNull();
  expect(layerFigure(workOut(tooLarge), null, false)).toContain("</svg>");
  const signal = complete({ ...defaults, ...inDimensions(1) });
  expect([...workOut(signal).layer!.gradients.input.data]).toEqual([1, 10, 99, -10, -100]);
});

describe("descent", () => {
  const found = Object.fromEntries(states.filter(({ state }) => state.part === "descent").map(({ name, state }) => [name, descend(state)]));

  test("ends as each example says", () => {
    const verdicts = Object.fromEntries(Object.entries(found).map(([name, { verdict }]) => [name, verdict]));
    expect(verdicts).toEqual({ sobel: "arrives", "sobel-picture": "nears", momentum: "arrives", "too-large": "diverges", even: "untold" });
    const { even, sobel } = found;
    expect(even!.flat).toBe(8);
    expect(even!.moments.at(-1)!.loss).toBeLessThan(1e-20);
    expect(even!.moments.at(-1)!.weight.data[4]).toBeCloseTo(16 / 9, 9);
    expect(largestDifference(sobel!.moments.at(-1)!.weight, sobel!.target)).toBeLessThan(1e-4);
    expect(descend({ ...defaults, rate: sobel!.largestRate }).verdict).toBe("edge");
    expect(descend({ ...defaults, rate: 9, start: defaults.target }).verdict).toBe("arrives");
  });

  test("shows numbers with their digits, however small they are", () => {
    const start = { shape: [3, 3], data: [0.004, ...new Array(8).fill(0)] };
    const [learned, target, difference] = sceneOf(descend({ ...defaults, start, target: { shape: [3, 3], data: new Array(9).fill(0.125) } }), 0, false).kernels;
    expect([learned, target, difference].map((shown) => viewOf(shown, 46, [0, 0]).text)).toEqual(["0.004", "0.125", "−0.121"]);
    expect(viewOf(difference, 46, [0, 1]).text).toBe("−0.125");
    const slope = sceneOf(found.sobel!, 30, false).kernels[3];
    const [view, value] = [viewOf(slope, 46, [0, 0]), slope.array.data[0]!];
    expect(Number(view.text.replace("−", "-")) / value).toBeCloseTo(1, 2);
    expect(view.name).toContain(`: ${number(value)}`);
  });

  test("is drawn at every step, and its curve lies within its axes", () => {
    for (const descent of Object.values(found)) {
      const last = stepShown(descent, 1000);
      expect(last).toBe(descent.moments.length - 1);
      expect(descentFigure(descent, last, false)).not.toMatch(/NaN|undefined|Infinity/);
      expect(stepLatex(descent, 0)).toContain("W_{1} = W_{0}");
      expect(stepLatex(descent, last)).toContain(`W_{${last}} =`);
      const curve = curveOf(descent);
      expect(curve.places.every((place) => place >= 0 && place <= 1)).toBe(true);
      expect(ticksOf(curve).length).toBeLessThanOrEqual(7);
    }
    expect([powerText(0), powerText(-12), powerText(3)]).toEqual(["1", "10⁻¹²", "10³"]);
    expect(keySteps(0)).toEqual([0]);
    expect(keySteps(500).length).toBeLessThan(60);
    expect(keySteps(500).slice(-1)).toEqual([500]);
  });

  test("goes on from states that make no sense", () => {
    expect(complete({ target: { shape: [6, 6], data: [] }, picture: 3 }).target).toEqual(defaults.target);
    expect(complete({ picture: { shape: [1, 3], data: [1, 2, 3] } }).picture).toEqual(defaults.picture);
    expect(complete({ picture: { shape: [3, 3], data: new Array(9).fill(1e200) } }).picture).toEqual(defaults.picture);
    expect(complete({ start: { shape: [2, 2], data: [1, 2, 3, 4] } }).start.data).toEqual(new Array(9).fill(0));
    expect(complete({ rate: -1, momentum: 1, steps: 0, step: 900 })).toMatchObject({ rate: 0.5, momentum: 0, steps: 60, step: 0 });
    const nothing = descend({ ...defaults, picture: { shape: [4, 4], data: new Array(16).fill(0) } });
    expect(nothing.largestRate).toBe(Infinity);
    expect(curveOf(nothing).places.every((place) => place === 0)).toBe(true);
    const [roberts, own] = [withTarget(defaults, TARGETS["roberts-1"]!), withTarget(defaults, TARGETS.box!)];
    expect(roberts.start!.shape).toEqual([2, 2]);
    expect(own.start).toBe(defaults.start);
  });
});
