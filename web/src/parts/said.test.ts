import { expect, test } from "vitest";
import { say, saidBy } from "./said.svelte.ts";

test("what was said is taken back by the one who said it, or makes room for what another says", () => {
  say("file", "unreadable");
  say("grid", "");
  expect(saidBy("file")).toBe("unreadable");
  say("grid", "pasted");
  expect([saidBy("file"), saidBy("grid")]).toEqual(["", "pasted"]);
  say("grid", "");
  expect(saidBy("grid")).toBe("");
});
