"""Golden vectors of windows: pooling, columns, cells worked out, minimal filtering, and plain arrays."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

import convolens as cl
from convolens.pipelines.toom_cook import as_float, toom_cook
from convolens.spec.geometry import ConvSpec
from lab.golden_arrays import CONVOLUTIONS, array, draw, held
from lab.golden_shapes import as_lists, tupled

Case = dict[str, Any]


def pooling() -> list[Case]:
    """Draw inputs of every kind of pooling."""
    rng, cases = np.random.default_rng(3), []
    windows: list[tuple[list[int], Any, Case]] = [
        ([2, 5, 7], [2, 2], {}),
        ([1, 2, 6, 7], 3, {"stride": 2, "ceil_mode": True}),
        ([1, 7], [3], {"stride": 2, "padding": 1, "ceil_mode": True}),
        ([2, 6, 5], [3, 2], {"stride": 1, "padding": "same", "dilation": 2}),
        ([1, 4, 5], [2, 3], {"stride": [1, 2], "padding": [[1, 0], [1, 2]]}),
        ([1, 3, 4, 3], [2, 2, 2], {"stride": 2, "ceil_mode": True}),
        *(([1, 4, 5], [3, 3], {"stride": 2, "padding": 2, "border": border, "ceil_mode": True})
          for border in (0, 1.5, "edge", "reflect", "symmetric", "wrap")),
    ]  # fmt: skip
    kinds: list[tuple[str, Case]] = [
        ("max", {}),
        ("average", {}),
        ("average", {"count_include_pad": False}),
        ("lp", {"p": 1}),
        ("lp", {"p": 2.5}),
        ("lp", {"p": "inf"}),
    ]
    for (shape, window, options), (kind, more) in itertools.product(windows, kinds):
        if "border" in options and "count_include_pad" in more:
            continue
        given = {"kind": kind, "window": window, "options": options, "more": more, "x": draw(rng, shape)}
        cases.append({"given": given})
    for kind, size in itertools.product(("max", "average"), ([2, 3], [4, 1], [7, 9])):
        cases.append({"given": {"kind": f"adaptive {kind}", "size": size, "x": draw(rng, [2, 5, 6])}})
    cases += [{"given": {"kind": f"global {k}", "x": draw(rng, [1, 2, 3, 5])}} for k in ("max", "average", "lp")]
    return cases


def pooled(case: Case) -> Case:
    """Pool by the functions of the package; they take NumPy for arrays so small."""
    given = case["given"]
    kind, x = given["kind"], array(given["x"])
    if kind.startswith("adaptive"):
        if kind == "adaptive average":
            return {"y": held(cl.adaptive_avg_pool2d(x, tuple(given["size"])))}
        values, indices = cl.adaptive_max_pool2d(x, tuple(given["size"]), return_indices=True)
        return {"y": held(values), "indices": indices.ravel().tolist()}
    if kind.startswith("global"):
        pool = {"max": cl.global_max_pool, "average": cl.global_avg_pool, "lp": cl.global_lp_pool}[kind[7:]]
        return {"y": held(pool(x))}
    window = given["window"]
    dims = x.ndim - 2 if isinstance(window, int) else len(window)
    size = window if isinstance(window, int) else tuple(window)
    options = tupled(given["options"])
    more = {key: float(value) if key == "p" else value for key, value in given["more"].items()}
    if kind == "max":
        values, indices = getattr(cl, f"max_pool{dims}d")(x, size, return_indices=True, **options)
        return {"y": held(values), "indices": indices.ravel().tolist()}
    name = "avg_pool" if kind == "average" else "lp_pool"
    return {"y": held(getattr(cl, f"{name}{dims}d")(x, size, **options, **more))}


def unfolding() -> list[Case]:
    """Draw what is unfolded."""
    rng = np.random.default_rng(4)
    table: list[tuple[list[int], list[int], Case]] = [
        ([1, 3, 3], [2, 2], {}),
        ([2, 2, 4, 3], [3, 2], {"padding": 1, "border": 5}),
        ([2, 7], [3], {"stride": 2, "dilation": 2, "padding": "same", "border": "reflect"}),
        ([1, 3, 2, 3], [2, 1, 2], {"padding": [1, 0, 1], "border": "wrap"}),
    ]
    return [
        {"given": {"x": draw(rng, shape), "kernel": kernel, "options": options}}
        for shape, kernel, options in table
    ]


def unfolded(case: Case) -> Case:
    """Unfold, and fold the columns again."""
    given = case["given"]
    x, kernel, options = array(given["x"]), tuple(given["kernel"]), tupled(given["options"])
    columns = cl.unfold(x, kernel, **options)
    return {"columns": held(columns), "folded": held(cl.fold(columns, x.shape[-len(kernel) :], kernel, **options))}


def windows() -> list[Case]:
    """Pick cells of some convolutions."""
    rng, cases = np.random.default_rng(5), []
    picked = ("1-D all options", "2-D bias", "2-D dilation", "2-D groups", "2-D flip", "2-D full",
              "2-D beyond the image, symmetric", "3-D all options")  # fmt: skip
    for name in picked:
        shape, weight, options = CONVOLUTIONS[name]
        rest = {key: value for key, value in options.items() if key != "bias"}
        bias = draw(rng, weight[:1]) if options.get("bias") else None
        given = {"options": rest, "x": draw(rng, shape), "weight": draw(rng, weight), "bias": bias}
        spec = ConvSpec(tuple(shape), tuple(weight), **tupled(rest))
        sizes = (spec.batch, spec.out_channels, *spec.output_size)
        cells = ([int(part * size) for size in sizes] for part in (0, 0.5, 0.99))
        cases += [{"name": name, "given": given | {"cell": cell}} for cell in cells]
    return cases


def window_of(case: Case) -> Case:
    """Work out one output cell."""
    given = case["given"]
    bias = None if given["bias"] is None else array(given["bias"])
    trace = cl.explain(array(given["x"]), array(given["weight"]), bias, **tupled(given["options"]))
    return as_lists(trace[tuple(given["cell"])].as_dict())


def tiles() -> list[Case]:
    """Draw tiles of minimal filtering."""
    rng = np.random.default_rng(6)
    return [{"given": {"data": draw(rng, [4, 4]), "weights": draw(rng, [3, 3])}} for _ in range(2)]


def filtered_tile(case: Case) -> Case:
    """Give every matrix on the way through F(2, 3)."""
    transform = toom_cook(2, 3)
    output, kernel, data = (as_float(rows) for rows in (transform.output, transform.kernel, transform.data))
    inputs, weights = array(case["given"]["data"]), array(case["given"]["weights"])
    points, turned = data @ inputs @ data.T, kernel @ weights @ kernel.T
    return {
        "matrices": [held(output), held(kernel), held(data)],
        "transformedData": held(points),
        "transformedWeights": held(turned),
        "products": held(points * turned),
        "output": held(output @ (points * turned) @ output.T),
    }


def signals() -> list[Case]:
    """Draw pairs of arrays."""
    rng = np.random.default_rng(7)
    table: list[tuple[list[int], list[int], Case]] = [
        ([5], [3], {"padding": "valid"}),
        ([7], [4], {}),
        ([3], [6], {"padding": "full"}),
        ([9], [2], {"stride": 2, "border": "wrap"}),
        ([4, 5], [2, 3], {}),
        ([4, 5], [3, 2], {"border": 0, "dilation": 2, "padding": "same"}),
    ]
    return [{"given": {"array": draw(rng, a), "kernel": draw(rng, b), "options": o}} for a, b, o in table]


def correlated(case: Case) -> Case:
    """Correlate and convolve."""
    given = case["given"]
    pair, options = (array(given["array"]), array(given["kernel"])), tupled(given["options"])
    return {
        "correlated": held(cl.correlate(*pair, **options, algorithm="reference")),
        "convolved": held(cl.convolve(*pair, **options, algorithm="reference")),
    }


FILES = {
    "pooling": (pooling, pooled),
    "unfolding": (unfolding, unfolded),
    "windows": (windows, window_of),
    "tiles": (tiles, filtered_tile),
    "signals": (signals, correlated),
}
