"""Small windows that move cell by cell, against all windows listed."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import convolens as cl
from convolens.algorithms import sliding_pool
from convolens.algorithms.sliding_pool import run, takes
from convolens.runtime import compile as compiler


def check(x: Any, kind: str, side: int, pads: tuple[tuple[int, int], tuple[int, int]], threads: int = 1) -> None:
    """Compare with all windows listed, and see that nothing beside is written."""
    spec = cl.PoolSpec(x.shape, (side, side), stride=1, padding=pads, dtype=x.dtype)
    assert takes(spec, kind)
    outside = -np.inf if kind == "max" else 0
    padded = np.pad(x, ((0, 0), (0, 0), *pads), constant_values=outside)
    windows = np.lib.stride_tricks.sliding_window_view(padded, (side, side), (2, 3))
    whole = np.full([n + 4 for n in spec.output_shape], 7, x.dtype)
    out = whole[tuple(slice(2, -2) for _ in spec.output_shape)]
    members = tuple(np.full(n, side, np.int32) for n in spec.output_size)
    with cl.threads(threads):
        run(spec, kind, members, x, out)
    wanted = windows.max((4, 5)) if kind == "max" else windows.mean((4, 5))
    np.testing.assert_allclose(out, wanted, rtol=1e-12, atol=0 if kind == "max" else 1e-14)
    out[...] = 7
    assert (whole == 7).all()


@pytest.mark.skipif(not compiler.available(), reason="needs Halide")
@pytest.mark.parametrize(("kind", "dtype", "side"), [("max", "f4", 5), ("mean", "f8", 3)])
@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("height", [4, 33])
def test_agrees_with_windows_listed(kind: str, dtype: str, side: int, threads: int, height: int) -> None:
    """Odd numbers of rows, uneven pads, cells with gaps between, NaN and infinities; nothing beside is written."""
    rng = np.random.default_rng(3)
    for width, pads in ((19, ((2, 1), (0, 1))), (40, ((0, 2), (2, 2))), (37, ((1, 0), (1, 0)))):
        x = rng.standard_normal((2, 21, height, 2 * width)).astype(dtype)[..., ::2]
        x[0, 1], x[1, 3, 3, 7], x[1, 4, 1, 2] = -np.inf, np.nan, np.inf
        check(x, kind, side, pads, threads)


@pytest.mark.skipif(not compiler.available(), reason="needs Halide")
def test_narrow_vectors_take_narrow_pads(monkeypatch: pytest.MonkeyPatch) -> None:
    """What does not fit into a vector at either end of a row goes elsewhere; what just fits is right."""
    monkeypatch.setattr(sliding_pool, "cpu", lambda: SimpleNamespace(vector_bytes=16))
    x = np.random.default_rng(4).standard_normal((1, 3, 9, 11))
    check(x, "max", 5, ((4, 3), (2, 2)))
    for pads in ((0, 3), (3, 0)):
        assert not takes(cl.PoolSpec(x.shape, 5, stride=1, padding=((0, 0), pads), dtype="f8"), "max")


def test_refuses_what_it_would_get_wrong() -> None:
    """Strides, dilations, borders, channels last, oblong windows and rows shorter than a vector go elsewhere."""
    shape, plain = (1, 3, 40, 80), {"stride": 1, "padding": 1}
    assert takes(cl.PoolSpec(shape, 3, **plain), "mean")
    assert not takes(cl.PoolSpec(shape, 3, **plain), "place")
    for options in ({"stride": 2}, {"stride": 1, "dilation": 2}, {"stride": 1, "border": "edge"}, {"dtype": "i4"}):
        assert not takes(cl.PoolSpec(shape, 3, **plain | options), "max")
    assert not takes(cl.PoolSpec(shape, 3, **plain, layout="NHWC"), "max")
    assert not takes(cl.PoolSpec(shape, (3, 5), **plain), "max")
    assert not takes(cl.PoolSpec((1, 3, 80, 3), 3, **plain), "max")
