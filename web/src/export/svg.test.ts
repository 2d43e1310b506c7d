import { expect, test } from "vitest";
import { drawnSize } from "./raster.ts";
import { LIGHT, Sheet } from "./svg.ts";

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
