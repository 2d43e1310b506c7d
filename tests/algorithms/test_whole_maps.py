"""Whole maps by compiled loops, against NumPy."""

from typing import Any

import numpy as np
import pytest

import convolens as cl
from convolens.algorithms import whole_maps
from convolens.algorithms.whole_maps import Kind, pipeline, run
from convolens.ops.pooling import compiled
from convolens.runtime import compile as compiler

SHAPES = ((2, 70, 7, 7), (1, 69, 3, 6, 5), (3, 67, 4211))
WANTED: dict[str, Any] = {
    "mean": np.mean,
    "max": np.max,
    "norm-1": lambda x, axes: np.abs(x).sum(axes),
    "norm-2": lambda x, axes: np.sqrt((x**2).sum(axes)),
}


@pytest.mark.skipif(not compiler.available(), reason="needs Halide")
@pytest.mark.parametrize(
    ("kind", "dtype"), [("mean", "f4"), ("mean", "u1"), ("max", "f4"), ("norm-1", "i2"), ("norm-2", "f8")]
)
@pytest.mark.parametrize("last", [False, True])
def test_agrees_with_numpy(last: bool, kind: Kind, dtype: str) -> None:
    """Any size of map, vectors that do not come out even, gaps between rows, and outputs with others around."""
    rng = np.random.default_rng(1)
    for shape in SHAPES:
        x = (100 * rng.standard_normal(shape)).astype(dtype)
        if kind == "max":
            x[0, 3].flat[11] = np.nan
        axes, exact = tuple(range(2, x.ndim)), x.astype("f8")
        wanted = WANTED[kind](exact, axes)
        cells = np.moveaxis(np.ascontiguousarray(np.moveaxis(x, 1, -1)), -1, 1) if last else x
        assert pipeline(cells, kind)[1]["last"] == last
        for view, channels in ((cells, slice(None)), (cells[:, 2:], slice(2, None)), (cells[..., 1::2], None)):
            right = wanted[:, channels] if channels else None
            guarded = np.full((shape[0], view.shape[1] + 2), 7, "f4" if dtype == "f4" else "f8")
            with cl.threads(3):
                run(kind, view, guarded[:, 1:-1])
            assert (guarded[:, 0] == 7).all()
            assert (guarded[:, -1] == 7).all()
            if right is not None:
                np.testing.assert_allclose(guarded[:, 1:-1], right, rtol=1e-6 if dtype == "f4" else 1e-13)


@pytest.mark.skipif(not compiler.available(), reason="needs Halide")
@pytest.mark.parametrize("function", [cl.global_avg_pool, cl.global_max_pool, cl.global_lp_pool])
def test_leaves_the_other_byte_order_alone(function: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same integers have the same mean, maximum and norm; those of this machine's order are compiled."""
    monkeypatch.setattr(compiled, "predict_setup", lambda _: 0.0)
    calls = []
    monkeypatch.setattr(whole_maps, "run", lambda *arguments: (calls.append(1), run(*arguments)))
    x = np.random.default_rng(3).integers(-999, 999, (1, 8, 50, 50), "i4")
    found = [function(view) for view in (x, x.astype(x.dtype.newbyteorder()))]
    np.testing.assert_allclose(*found, rtol=1e-13)
    assert len(calls) == 1


@pytest.mark.skipif(not compiler.available(), reason="needs Halide")
def test_sums_do_not_drift() -> None:
    """A mean of many float32 numbers, large and small, is right to the last bit."""
    x = np.full((1, 4, 1000, 1000), 0.1, "f4")
    x[:, :, 0] = 3e38
    out = np.empty((1, 4), "f4")
    run("mean", x, out)
    np.testing.assert_array_equal(out, x.mean((2, 3), dtype="f8").astype("f4"))
