import { describe, expect, test } from "vitest";
import { conv } from "../../tensor/convolve.ts";
import { exactly } from "../../tensor/formula.ts";
import { layerFormulas } from "../../tensor/layer-formulas.ts";
import { tensor } from "../../tensor/tensor.ts";
import { convTransposed } from "../../tensor/transposed.ts";
import { texts } from "../../texts/index.ts";
import { KINDS, asKind, blockOf, inserted, moved, newBlock, removed, replaced, writeBlock } from "./blocks.ts";
import { runsBehind } from "./cells.ts";
import { inBytes, ratio, rounded } from "./counts.ts";
import { borderOf, numbersOf, paddingOf, ticksOf } from "./fields.ts";
import { figureOf } from "./figure.ts";
import { latexOf } from "./latex.ts";
import { programsOf } from "./programs.ts";
import { cellUnder, drawnMap, fieldBox, isVector, planeOf } from "./scene.ts";
import { spokenOf } from "./spoken.ts";
import { complete, preset, presets } from "./state.ts";
import { mapsOf, outsideOf, traceOf, workOut, type Work } from "./work.ts";
import { connectedWhole, growthOf, keptBy } from "./worked.ts";

const work = (stack: string): Work => workOut({ stack, dtype: "float32" });
const ALL = Object.keys(presets).map((name) => ({ name, state: complete(preset(name)) }));

describe("stacks", () => {
  test("networks cost what their papers and the library say", () => {
    const costs = (name: string) => {
      const { parameters, macs } = workOut(complete(preset(name))).totals!;
      return [parameters, macs];
    };
    expect(costs("lenet")).toEqual([61_706, 416_520]);
    expect(costs("stem")).toEqual([9_472, 118_013_952]);
    expect(costs("vgg")).toEqual([138_357_544, 15_470_264_320]);
    expect(costs("alexnet")).toEqual([61_100_840, 714_188_480]);
    expect(work("3x224x224 conv:64,k3,nobias").totals!.parameters).toBe(1_728);
    expect(connectedWhole(workOut(complete(preset("connected")))).weights).toBe(150_528_000);
  });

  test("a formula ends in digits that are all true, grouped as its factors are", () => {
    const formulas = (stack: string) => layerFormulas(work(stack).stack!.layers[0]!, texts.formulas);
    expect(formulas("99999x999x999 conv:99999,k9")).toMatchObject({
      parameters: "99,999·99,999·9·9 + 99,999 = 809,983,900,080",
      "multiply-adds": "99,999·99,999·9·9 · 991·991 ≈ 7.95 · 10¹⁷",
    });
    expect(formulas("4096 dense:1000").parameters).toBe("4,096 · 1,000 + 1,000 = 4,097,000");
    expect(formulas("1024x4x4 transposed:1024,k1,g1024").parameters).toBe("1,024·1,024/1,024·1·1 + 1,024 = 2,048");
  });

  test("a mistake leaves what comes before it, and says where it is", () => {
    const { stack, rows, problem } = workOut(complete(preset("impossible")));
    expect(stack!.layers).toHaveLength(1);
    expect(rows.map(({ layer }) => layer !== null)).toEqual([true, false, false, false, false]);
    expect(problem).toMatchObject({ layer: 1, position: 18 });
    expect(texts.refusal(problem!.error)).toContain("the kernel spans 7 cells");
    const open = work("3x8x8 conv:4,k3 2*(relu 3*(bn conv:4,k1) dense:");
    expect(open.rows.map(({ text }) => text)).toEqual(["conv:4,k3"]);
    expect(open.reading.rest).toBe("2*(relu 3*(bn conv:4,k1) dense:");
    expect(inserted(open.reading, 1, "bn")).toBe("3x8x8 conv:4,k3 bn 2*(relu 3*(bn conv:4,k1) dense:");
    expect(work("nothing relu")).toMatchObject({ stack: null, problem: { position: 1, layer: null } });
    expect(texts.refusal(work("").problem!.error)).toContain("but nothing was given");
    expect(work("3x8x8 101*relu").problem).toMatchObject({ layer: 100 });
  });

  test("every block reads back as it is written, whatever its kind", () => {
    for (const kind of KINDS) {
      const text = newBlock(kind, 64);
      expect(work(`64x12x12 ${text}`).problem).toBeNull();
      const block = blockOf(text);
      expect(writeBlock(block.kind, block.options!)).toBe(text);
      for (const other of KINDS) expect(work(`64x12x12 ${asKind(block, other)}`).problem).toBeNull();
      for (const { value, set } of numbersOf(block)) expect(blockOf(writeBlock(kind, set(value))).options).not.toBeNull();
    }
    expect(asKind(blockOf("conv:8,k5,s2,p0+1,g2,reflect"), "dw")).toBe("dw:k5,s2,p0+1,reflect");
    expect(asKind(blockOf("max:3x5,s2"), "conv")).toBe("conv:16,k3x5,s2,same");
    expect(blockOf("conv:4,q9")).toEqual({ kind: "conv", options: null });
    expect(blockOf("cnov:4")).toEqual({ kind: "", options: null });
  });

  test("settings say what the block says with another value", () => {
    const block = blockOf("CONV:8,k3x5,p0+1");
    const names = numbersOf(block).map(({ label }) => label);
    expect(names).toEqual(["Kernels", "Kernel size 1", "Kernel size 2", "Stride", "Dilation", "Groups"]);
    const written = (options: object) => writeBlock("conv", options);
    expect(written(numbersOf(block)[2]!.set(7))).toBe("conv:8,k3x7,p0+1");
    expect(written(numbersOf(block)[3]!.set(2))).toBe("conv:8,k3x5,s2,p0+1");
    expect(written(paddingOf(block)!.numbers[1]!.set(3))).toBe("conv:8,k3x5,p0+3");
    expect(written(paddingOf(block)!.choose("same"))).toBe("conv:8,k3x5,same");
    expect(written(paddingOf(block)!.choose("valid"))).toBe("conv:8,k3x5");
    expect(written(borderOf(block)!.set("wrap"))).toBe("conv:8,k3x5,p0+1,wrap");
    expect(written(ticksOf(block)[0]!.set(false))).toBe("conv:8,k3x5,p0+1,nobias");
  });

  test("layers are changed, moved and removed in the text", () => {
    const { reading } = work("1x9x9 2*(conv:4,k3 relu) flatten");
    expect(replaced(reading, 3, "conv:8,k3")).toBe("1x9x9 conv:4,k3 relu conv:8,k3 relu flatten");
    expect(replaced(reading, 0, "3x9x9")).toBe("3x9x9 conv:4,k3 relu conv:4,k3 relu flatten");
    expect(moved(reading, 1, 4)).toBe("1x9x9 relu conv:4,k3 relu conv:4,k3 flatten");
    expect(moved(reading, 5, 1)).toBe("1x9x9 flatten conv:4,k3 relu conv:4,k3 relu");
    expect(removed(reading, 2)).toBe("1x9x9 conv:4,k3 conv:4,k3 relu flatten");
  });
});

describe("fields", () => {
  test("a cell is traced through every map, and where the border begins", () => {
    const stem = work("3x224x224 conv:64,k7,s2,p3 max:3,s2,p1");
    const { fields } = traceOf(stem, 2, [0, 10])!;
    expect(fields).toEqual([[[-5, 5], [35, 45]], [[-1, 1], [19, 21]], [[0, 0], [10, 10]]]);
    expect(outsideOf(fields[0]![0]!, 224)).toBe(5);
    expect(outsideOf([-3, -1], 8)).toBe(3);
    expect(spokenOf(stem, traceOf(stem, 2, [0, 10]))).toBe(
      "Layer 2, max:3,s2,p1, row 0, column 10, sees 11 by 11 cells of the input: rows minus 5 to 5, columns 35 to 45, partly border",
    );
    expect(traceOf(stem, 9, [500, 0])).toMatchObject({ layer: 2, cell: [55, 0] });
    expect(traceOf(work("12 dense:3"), 1, null)).toBeNull();
  });

  test("gaps that dilation and strides leave are those of the engine", () => {
    for (const text of ["1x40 conv:1,k3,d4,same conv:1,k2,s3,p2", "1x33 conv:1,k2,s3 deconv:1,k3,s2,d2,p1 conv:1,k3,d2", "1x31 3*conv:1,k3,d4"]) {
      const { stack } = work(text);
      const [cells, outputs] = [stack!.inputShape[1]!, stack!.layers.at(-1)!.outputSize[0]!];
      const seenBy = Array.from({ length: outputs }, () => new Set<number>());
      for (let cell = 0; cell < cells; cell++) {
        let x = tensor([1, cells], Array.from({ length: cells }, (_, i) => Number(i === cell)));
        for (const { kind, spec } of stack!.layers) {
          const { pads, stride, dilation, kernelSize } = spec!;
          const options = { padding: pads, stride, dilation };
          const ones = tensor([1, 1, ...kernelSize], new Array(kernelSize[0]!).fill(1));
          x = kind === "transposed" ? convTransposed(x, ones, null, options) : conv(x, ones, null, options);
        }
        x.data.forEach((value, at) => value && seenBy[at]!.add(cell));
      }
      let compared = 0;
      seenBy.forEach((seen, at) => {
        // What lies in a border between layers is followed back, as the field has it, but depends on nothing.
        const { fields } = traceOf(work(text), stack!.layers.length, [at])!;
        if (fields.slice(1, -1).some(([field], i) => outsideOf(field!, stack!.layers[i]!.outputSize[0]!))) return;
        compared += 1;
        const runs = runsBehind(stack!, stack!.layers.length, [at])[0]![0]!;
        const found = runs.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, i) => first + i));
        expect(found.filter((cell) => cell >= 0 && cell < cells)).toEqual([...seen].sort((a, b) => a - b));
      });
      expect(compared).toBeGreaterThan(2);
    }
    expect(runsBehind(work("1x31 3*conv:1,k3,d4,same").stack!, 3, [15])[0]).toEqual([[3, 7, 11, 15, 19, 23, 27].map((n) => [n, n])]);
    expect(runsBehind(work("1x31 conv:1,k3,same conv:1,k3,d2,same conv:1,k3,d4,same conv:1,k3,d8,same").stack!, 4, [15])[0]).toEqual([[[0, 30]]]);
  });

  test("each layer adds its window less one, times the steps before it", () => {
    const { stack } = workOut(complete(preset("stem")));
    expect(growthOf(stack!, 3)).toEqual([{ before: 7, window: 3, jump: "2", after: 11 }]);
    const there = workOut(complete(preset("there-and-back"))).stack!;
    expect(growthOf(there, 5)).toBeNull();
  });

  test("maps fold layers that leave cells where they are", () => {
    const { stack } = workOut(complete(preset("lenet")));
    expect(mapsOf(stack!).map(({ layers }) => layers)).toEqual([[0], [1, 2], [3], [4, 5], [6, 7], [8, 9], [10, 11], [12]]);
  });

  test("drawings stay on their map", () => {
    for (const { state } of ALL) {
      const all = workOut(state);
      if (!all.stack) continue;
      for (const map of mapsOf(all.stack)) {
        const drawn = drawnMap(map, 224);
        expect(drawn.width).toBeGreaterThan(7);
        const trace = traceOf(all, map.layers[0]!, null)!;
        const box = fieldBox(trace.fields.at(-1)!, drawn, 5);
        expect(box.x).toBeGreaterThanOrEqual(-5);
        expect(box.x + box.width).toBeLessThanOrEqual(drawn.width + 5.001);
        const found = cellUnder(map.size, drawn, box.x + box.width / 2, box.y + box.height / 2, trace.cell[0]!);
        if (!isVector(map) && box.width > 3 && box.height > 3) expect(found).toEqual(trace.cell);
        const plane = planeOf(all.stack.inputShape.slice(1), trace.fields[0]!, trace.runs[0]!, 268);
        expect(Math.max(plane.width, plane.height)).toBeLessThanOrEqual(268.001);
      }
    }
  });
});

describe("padding that keeps the size", () => {
  const kept = (text: string) => keptBy(work(text).stack!.layers[0]!)!;
  test("it is the window's loss, shared out", () => {
    expect(kept("1x28x28 conv:1,k7")).toMatchObject([{ pads: [3, 3], wanted: 28, holds: false, formula: "28 + 2·3 − 7 + 1 = 28" }]);
    expect(kept("1x28x28 conv:1,k4,p1+2")).toMatchObject([{ pads: [1, 2], holds: true }]);
    expect(kept("1x28x30 conv:1,k3,d2")).toMatchObject([{ pads: [2, 2] }, { pads: [2, 2] }]);
    expect(kept("3x224x224 conv:1,k3,s2")).toMatchObject([{ pads: [0, 1], wanted: 112 }]);
    expect(kept("1x14x14 deconv:1,k4,s2")).toMatchObject([{ pads: [1, 1], wanted: 28, holds: false, formula: "(14 − 1)·2 − 2·1 + 4 = 28" }]);
    expect(keptBy(work("1x9x9 relu").stack!.layers[0]!)).toBeNull();
  });
});

test("counts are written as the command line writes them", () => {
  expect([9472, 118_013_952, 1_849_688_064].map(rounded)).toEqual(["9,472", "118 M", "1.85 G"]);
  expect([576, 602_112, 553_430_176, 6_422_528, 6_432_768].map(inBytes)).toEqual(["576 B", "588 KiB", "528 MiB", "6.12 MiB", "6.13 MiB"]);
  expect([ratio(150_528_000, 1728), ratio(10_240, 61_706)]).toEqual(["87,111", "0.166"]);
  expect([999.4e18, 999.6e18, 1.024e28].map(rounded)).toEqual(["999 E", "1 · 10²¹", "1.02 · 10²⁸"]);
  expect([inBytes(1.5 * 2 ** 60), inBytes(2 ** 93), exactly(1.07e19), exactly(1.024e28)]).toEqual(["1.50 EiB", "9.9 · 10²⁷ B", "≈ 1.07 · 10¹⁹", "≈ 1.02 · 10²⁸"]);
});

test("states from strangers are made to fit", () => {
  expect(complete({ stack: "x".repeat(4001), layer: -1, cell: [1.5], dtype: "int8", picture: "dog" })).toEqual(complete({}));
  expect(complete(null).exhibit).toBe("sizes");
  expect(complete({ stack: "" }).stack).toBe("");
});

test("files and programs are made of every example", () => {
  for (const { state } of ALL) {
    const all = workOut(state);
    const svg = figureOf(all, traceOf(all, state.layer, state.cell), null, true);
    expect(svg).not.toMatch(/NaN|undefined/);
    expect(latexOf(all).match(/\\texttt/g) ?? []).toHaveLength(all.stack!.layers.length);
    for (const { text } of programsOf(all)) expect(text).not.toMatch(/NaN|undefined/);
  }
  const [pytorch] = programsOf(work("1x9x9 conv:4,k3,same,reflect deconv:2,k3,s2,p0+1 avg:2,d2 relu"));
  expect(pytorch!.text).toContain('Pad(((1, 1), (1, 1)), "reflect")');
  expect(pytorch!.text).toContain("# avg:2,d2: there is no such layer here");
});
