import { beforeEach, expect, test, vi } from "vitest";
import { complete, type SlidingWindowState } from "../exhibits/sliding-window/state.ts";
import { MemoryModel } from "../page/model.ts";
import { edits, Store, together } from "./store.svelte.ts";

let model: MemoryModel;
let store: Store<SlidingWindowState>;

beforeEach(() => {
  vi.useFakeTimers();
  model = new MemoryModel({ state: { border: "edge" } });
  store = new Store(model, complete);
  return () => vi.useRealTimers();
});

test("the host's state is taken in, and changes go back to it, those of one moment at once", async () => {
  const heard = vi.fn();
  model.on("change:state", heard);
  expect(store.state.border).toBe("edge");
  store.change({ border: "wrap" });
  store.change({ padding: "same" });
  await Promise.resolve();
  expect(heard).toHaveBeenCalledTimes(1);
  expect(model.get("state")).toMatchObject({ border: "wrap", padding: "same" });
});

test("undo and redo go back and forth, and a new change ends redo", () => {
  store.change({ border: "wrap" });
  store.change({ padding: "full" });
  store.undo();
  expect([store.state.border, store.state.padding, store.redoable]).toEqual(["wrap", "valid", 1]);
  store.redo();
  expect(store.state.padding).toBe("full");
  store.undo();
  store.undo();
  expect([store.state.border, store.undoable]).toEqual(["edge", 0]);
  store.change({ border: "reflect" });
  expect(store.redoable).toBe(0);
});

test("what is changed counts, what is looked at does not", () => {
  const before = edits();
  store.change({ border: "wrap" });
  store.change({ border: "wrap" });
  store.look({ cell: [1, 1] });
  store.undo();
  store.redo();
  model.set("state", { border: "reflect" });
  model.save_changes();
  expect(edits() - before).toBe(4);
});

test("changes that are made together are one, and none where nothing is another in the end", () => {
  const before = edits();
  const changed = vi.fn(complete);
  store = new Store(model, changed);
  changed.mockClear();
  together(() => {
    for (const size of [2, 3, 4]) store.change({ stride: [size, size] }, `stride ${size}`);
    store.change({ border: "wrap" });
    expect(store.state.stride).toEqual([4, 4]); // what comes later builds on it
  });
  expect([store.state.border, store.undoable, edits() - before, changed.mock.calls.length]).toEqual(["wrap", 1, 1, 1]);
  store.undo();
  expect([store.state.border, store.state.stride]).toEqual(["edge", [1, 1]]);
  together(() => {
    store.change({ border: "wrap" });
    store.change({ border: "edge" });
  });
  expect(store.undoable).toBe(0);
});

test("quick changes of one control are one step, those of others or later are not", () => {
  for (const size of [1, 2, 3]) store.change({ stride: [size, size] }, "stride");
  vi.advanceTimersByTime(5000);
  store.change({ stride: [4, 4] }, "stride");
  store.change({ dilation: [2, 2] }, "dilation");
  store.undo();
  store.undo();
  expect(store.state.stride).toEqual([3, 3]);
  store.undo();
  expect(store.state.stride).toEqual([1, 1]);
});

test("looking elsewhere is no step, and reset can be undone", () => {
  store.look({ cell: [1, 1] });
  expect(store.undoable).toBe(0);
  store.change({ border: "wrap" });
  store.reset();
  expect([store.state.border, store.isOrigin]).toEqual(["edge", true]);
  store.undo();
  expect(store.state.border).toBe("wrap");
});

test("what the host changes is shown, completed, and can be undone", () => {
  model.set("state", { ...store.state, border: "symmetric", stride: [0, 2] });
  model.save_changes();
  expect([store.state.border, store.state.stride]).toEqual(["symmetric", [1, 2]]);
  store.undo();
  expect(store.state.border).toBe("edge");
});

test("after its end the store does not listen", () => {
  store.dispose();
  model.set("state", { border: "wrap" });
  model.save_changes();
  expect(store.state.border).toBe("edge");
});
