import { expect, test } from "vitest";
import { drawnSize, enlarged } from "./raster.ts";
import { layersOf, LIGHT, Sheet } from "./svg.ts";

test("a sheet grows with what is on it, and takes any words", () => {
  const sheet = new Sheet(LIGHT);
  sheet.cell(10, 10, 40, { fill: "#fff", ink: "#000" }, "−3", 14, true);
  sheet.text(10, 100, '<a & "b">');
  const svg = sheet.finish("<i>");
  expect(drawnSize(svg).height).toBe(133);
  expect(svg).toContain("&lt;a &amp; &quot;b&quot;&gt;");
  expect(svg).toContain("<title>&lt;i&gt;</title>");
  expect(svg).toContain('fill="url(#hatch)"');
  expect(svg).not.toContain("<i>");
});

test("the star between arrays is written larger than other signs", () => {
  const sheet = new Sheet(LIGHT);
  for (const sign of ["⋆", "="]) sheet.sign(20, 20, sign);
  const [star, equals] = [...sheet.finish("signs").matchAll(/font-size="(\d+)"/g)].map(([, size]) => Number(size));
  expect(star).toBeGreaterThan(2 * equals!);
});

test("steps of an animation have room for the largest, and stay in their scale", () => {
  const drawings = ["short", "a longer line"].map((words) => {
    const sheet = new Sheet(LIGHT);
    sheet.text(10, 10, words);
    return sheet.finish(words);
  });
  const sizes = enlarged(drawings).map(drawnSize);
  expect(sizes[0]).toEqual(sizes[1]);
  expect(sizes[0]).toEqual(drawnSize(drawings[1]!));
  expect(enlarged(drawings)[0]).toContain(`viewBox="0 0 ${sizes[0]!.width} ${sizes[0]!.height}"`);
});

test("layers have all parts in their order, each layer the size and the patterns of the whole", () => {
  const sheet = new Sheet(LIGHT);
  for (let i = 0; i < 5; i += 1) sheet.text(10, 20 * i, `<${i}>\n`);
  const whole = sheet.finish("five");
  const layers = layersOf(whole, 2);
  expect(layers.length).toBe(3); // the paper is a part too
  for (const layer of layers) {
    expect(drawnSize(layer)).toEqual(drawnSize(whole));
    expect(layer).toContain('id="dots"');
    expect(layer.trimEnd().endsWith("</svg>")).toBe(true);
  }
  const parts = (svg: string): string[] => svg.match(/<(rect width|text)[^]*?>/g)!;
  expect(layers.flatMap(parts)).toEqual(parts(whole));
});
