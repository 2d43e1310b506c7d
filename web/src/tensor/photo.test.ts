import { describe, expect, test } from "vitest";
import cases from "../golden/pictures.json";
import { type Case, type Held, array, refusalOf } from "../golden/read.ts";
import { edgeDirection, edgeMagnitude, type Operator } from "./photo-edges.ts";
import { type Photograph, layOut } from "./photo-planes.ts";
import { workOutPixel } from "./photo-window.ts";
import { type PhotoOptions, type Pixels, filterPhotograph, filterPlanes, planesFor } from "./photo.ts";
import { tensor } from "./tensor.ts";

interface Given {
  picture: Held;
  text?: string;
  operator?: Operator;
  options: PhotoOptions;
}

interface Expected {
  weights: Held;
  pixels: number[];
  direction: number[];
}

function photographOf({ shape, data }: Held): Photograph {
  const [height, width] = shape as [number, number];
  const pixels = new Uint8ClampedArray(4 * width * height);
  for (let i = 0; i < width * height; i++) {
    pixels.set([data[3 * i]!, data[3 * i + 1]!, data[3 * i + 2]!, 200 + (i % 50)], 4 * i);
  }
  return { width, height, data: pixels };
}

/** The colours alone; one number where they are grey. */
function levels(pixels: Pixels, channels: number): number[] {
  return [...pixels].filter((_, i) => i % 4 < channels);
}

describe.each([true, false])("loops in WebAssembly: %s", (fast) => {
  for (const { given, expected } of cases as unknown as Case<Given, Expected>[]) {
    const photograph = photographOf(given.picture);
    if (given.operator) {
      test(`edges by ${given.operator} are Python's`, () => {
        const planes = layOut(photograph, { fast });
        expect(planes.lanes.fast).toBe(fast);
        expect(levels(edgeMagnitude(planes, given.operator), 3)).toEqual(expected.pixels);
        const direction = edgeDirection(planes, given.operator, 1);
        direction.forEach((degrees, i) => expect(degrees).toBeCloseTo(expected.direction[i]!, 4));
      });
      continue;
    }
    test(`${given.text} with ${JSON.stringify(given.options)} is Python's picture`, () => {
      const kernel = array(expected.weights);
      const found = filterPhotograph(photograph, kernel, { ...given.options, fast });
      const grey = given.options.channels === "luminance";
      expect(levels(found, grey ? 1 : 3)).toEqual(expected.pixels);
      expect([...found].filter((_, i) => i % 4 === 3)).toEqual([...photograph.data].filter((_, i) => i % 4 === 3));
      const worked = workOutPixel(photograph, kernel, 6, 8, given.options);
      expect(worked.levels).toEqual(expected.pixels.slice(grey ? -1 : -3));
    });
  }

  test("a wide picture under a kernel wider than what is laid out at first, also far beyond the border", () => {
    const [width, height] = [131, 5];
    const data = Uint8ClampedArray.from({ length: 4 * width * height }, (_, i) => (i * i * 31) % 256);
    const photograph = { width, height, data };
    for (const border of ["wrap", "reflect", "symmetric", "edge", 9]) {
      const kernel = tensor([17, 151], Float64Array.from({ length: 17 * 151 }, (_, i) => ((i * 7919) % 5) - 2));
      const found = filterPhotograph(photograph, kernel, { border, response: "signed", fast });
      for (const [row, column] of [[0, 0], [4, 130], [2, 64], [0, 127], [4, 96]] as const) {
        const { levels: wanted } = workOutPixel(photograph, kernel, row, column, { border, response: "signed" });
        expect([...found.subarray(4 * (row * width + column), 4 * (row * width + column) + 3)]).toEqual(wanted);
      }
    }
  });

  test("planes are kept for the next kernel as long as they serve", () => {
    const photograph = photographOf((cases as unknown as Case<Given, unknown>[])[0]!.given.picture);
    const small = tensor([3, 3], [0, 0, 0, 0, 1, 0, 0, 0, 0]);
    const planes = planesFor(null, photograph, small, { fast });
    expect(planesFor(planes, photograph, tensor([5, 5]), { fast })).toBe(planes);
    expect(planesFor(planes, photograph, tensor([1, 99]), { fast })).not.toBe(planes);
    expect(planesFor(planes, photograph, small, { border: "wrap", fast })).not.toBe(planes);
    expect([...filterPlanes(planes, small)]).toEqual([...photograph.data]);
    expect(levels(filterPlanes(planes, tensor([3, 3])), 3).every((level) => level === 0)).toBe(true);
  });
});

test("weights that are no numbers are refused", () => {
  const photograph = { width: 1, height: 1, data: new Uint8ClampedArray(4) };
  expect(refusalOf(() => filterPhotograph(photograph, tensor([1, 1], [Number.NaN])))).toContain("finite");
});
