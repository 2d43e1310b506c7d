import { expect, test } from "vitest";
import { complete, defaults } from "../exhibits/sliding-window/state.ts";
import { decodeState, encodeState, LARGEST_STATE } from "./link.ts";

test("a link brings the whole state back", async () => {
  const state = complete({
    ...defaults, border: "wrap", padding: [[1, 2], [0, 3]], border_value: "-inf", locked: ["kernel"], cell: [2, 1],
    kernel: { shape: [1, 2], data: [0.1, -1e-300] },
  });
  const hash = await encodeState(state, defaults);
  expect(hash).toMatch(/^s=[\w-]+$/);
  expect(complete({ ...defaults, ...(await decodeState(`#${hash}`)) })).toEqual(state);
});

test("a link to the default is short, and says nothing", async () => {
  expect(await decodeState(await encodeState(defaults, defaults))).toEqual({});
});

test("a plain link is read, too", async () => {
  expect(await decodeState(`#j=${btoa('{"border":"edge"}')}`)).toEqual({ border: "edge" });
});

test("broken, foreign and hostile links hold no state", async () => {
  const bomb = await encodeState({ ...defaults, locked: ["x".repeat(9_000_000)] }, defaults);
  for (const hash of ["", "#", "#part", "#s=%%", "#s=AAAA", "#j=bm90", `#s=${"A".repeat(200_000)}`, bomb]) {
    expect(await decodeState(hash)).toBeNull();
  }
});

test("a state of as many bytes as there may be is read, and none of more", async () => {
  const state = (bytes: number) => ({ more: "x".repeat(bytes - '{"more":""}'.length) });
  const [most, more] = [state(LARGEST_STATE), state(LARGEST_STATE + 1)];
  expect(await decodeState(await encodeState(most, {}))).toEqual(most);
  expect(await decodeState(await encodeState(more, {}))).toBeNull();
  expect(await decodeState(`j=${btoa(JSON.stringify(most))}`)).toEqual(most);
  expect(await decodeState(`j=${btoa(JSON.stringify(more))}`)).toBeNull();
});

test("whatever a link says, the state is one that there can be", () => {
  const strange = {
    dims: 9, input: { shape: [1e9, 1], data: [] }, kernel: { shape: [2, 2], data: [1, "inf", {}, null] }, stride: [0, 2.5],
    padding: [[-1, 1e9]], border: "round", cell: [1], locked: [3, "kernel", "nothing"], output_padding: [7, 0],
  };
  const state = complete(strange);
  expect(state).toEqual({ ...defaults, kernel: { shape: [2, 2], data: [1, "inf", 0, 0] }, padding: [[0, 0], [0, 0]], locked: ["kernel"] });
  expect(complete(null)).toEqual(defaults);
  for (const dims of [1, 2, 3]) expect(complete({ dims }).input.shape).toHaveLength(dims);
});
