import { beforeEach, expect, test } from "vitest";
import { complete, type PoolingState } from "../exhibits/pooling/state.ts";
import { Store } from "../model/store.svelte.ts";
import { MemoryModel } from "../page/model.ts";
import { makeProbe, type Probe, type Spot } from "./probe.svelte.ts";

let shape: number[];
let store: Store<PoolingState>;
let probe: Probe<Spot>;

beforeEach(() => {
  shape = [3, 3];
  store = new Store(new MemoryModel({ state: {} }), complete);
  probe = makeProbe<Spot>(() => store, {
    chosen: () => ({ cell: store.state.cell ?? [0, 0] }),
    shape: () => shape,
    spokenOf: ({ cell }) => `cell ${cell}`,
    isCovered: ({ cell }) => cell[0] === 2,
  });
});

test("the cell under the pointer is looked at, where there is one that may be seen", () => {
  const lookedAt = (...cell: number[]) => {
    probe.hover({ cell });
    return probe.spot!.cell;
  };
  expect([lookedAt(1, 2), lookedAt(-1, 0), lookedAt(1, 3), lookedAt(2, 0)]).toEqual([[1, 2], [0, 0], [0, 0], [0, 0]]);
  lookedAt(1, 2);
  shape = [2, 2];
  expect(probe.spot).toEqual({ cell: [0, 0] });
});

test("a pinned cell stays until it is pinned again, or another is, or it is let go", () => {
  probe.pin({ cell: [1, 1] });
  probe.hover({ cell: [1, 2] });
  expect([probe.pinned, probe.spot, probe.spoken]).toEqual([true, { cell: [1, 1] }, "cell 1,1"]);
  probe.pin({ cell: [-1, 1] }); // of a border
  expect(probe.spot).toEqual({ cell: [1, 1] });
  probe.pin({ cell: [0, 1] });
  expect([probe.pinned, probe.spot]).toEqual([true, { cell: [0, 1] }]);
  probe.pin({ cell: [0, 1] });
  expect([probe.pinned, probe.spot]).toEqual([false, { cell: [1, 2] }]);
  probe.pin({ cell: [1, 2] });
  probe.release();
  expect(probe.pinned).toBe(false);
});

test("a step goes to its cell whatever the pointer is over, and is said unless steps play", () => {
  probe.hover({ cell: [1, 2] });
  probe.step({ cell: [0, 1] });
  expect([probe.spot, probe.spoken]).toEqual([{ cell: [0, 1] }, "cell 0,1"]);
  probe.pin({ cell: [0, 1] });
  probe.play(true);
  probe.step({ cell: [0, 2] });
  probe.hover({ cell: [1, 2] });
  expect([probe.pinned, probe.spot, probe.spoken]).toEqual([false, { cell: [0, 2] }, ""]);
  probe.pin({ cell: [1, 2] });
  expect([probe.playing, probe.spot, probe.spoken]).toEqual([false, { cell: [1, 2] }, "cell 1,2"]);
});

test("what is said of a cell is true after an edit, and nothing is said of a cell that is gone", () => {
  probe = makeProbe<Spot>(() => store, {
    chosen: () => ({ cell: store.state.cell ?? [0, 0] }),
    shape: () => store.state.input.shape,
    spokenOf: ({ cell }) => `${store.state.input.data[cell[1]!]}`,
  });
  store.change({ input: { shape: [1, 3], data: [1, 2, 3] } });
  probe.pin({ cell: [0, 2] });
  expect(probe.spoken).toBe("3");
  store.change({ input: { shape: [1, 3], data: [1, 2, 77] } });
  expect(probe.spoken).toBe("77");
  store.change({ input: { shape: [1, 2], data: [1, 2] } });
  expect(probe.spoken).toBe("");
});
