"""Global pooling and its gradients, against pooling with a window as large as the image, and PyTorch."""

import math

import numpy as np
import pytest
import torch

from convolens.errors import SpecError, UnknownNameError
from convolens.ops.pooling import compiled
from convolens.ops.pooling.average import avg_pool2d
from convolens.ops.pooling.global_pool import (
    global_avg_pool,
    global_avg_pool_grad,
    global_lp_pool,
    global_lp_pool_grad,
    global_max_pool,
    global_max_pool_grad,
)
from convolens.ops.pooling.lp import lp_pool2d
from convolens.ops.pooling.lp_gradients import lp_pool2d_grad
from convolens.ops.pooling.maximum import max_pool2d
from convolens.runtime import compile as compiler


@pytest.fixture
def x():
    """Two images of three channels."""
    return np.random.default_rng(0).normal(size=(2, 3, 4, 5))


def test_is_pooling_with_the_whole_image(x):
    """One window over all cells gives the same; shapes keep the spatial axes unless told otherwise."""
    size = (4, 5)
    np.testing.assert_allclose(global_avg_pool(x), avg_pool2d(x, size), rtol=1e-12)
    np.testing.assert_array_equal(global_max_pool(x), max_pool2d(x, size))
    for p in (1, 2, 3.5, math.inf):
        np.testing.assert_allclose(global_lp_pool(x, p), lp_pool2d(x, size, p), rtol=1e-12)
    for pool in (global_avg_pool, global_max_pool, global_lp_pool):
        last = np.moveaxis(x, 1, -1)
        assert pool(last, layout="NHWC").shape == (2, 1, 1, 3)
        np.testing.assert_array_equal(pool(last, layout="NHWC", keepdims=False), pool(x, keepdims=False))
        np.testing.assert_array_equal(pool(x[0], dims=2), pool(x)[0])
        assert pool(x[0], dims=2, keepdims=False).shape == (3,)
        assert pool(x, keepdims=False).shape == (2, 3)


def test_types():
    """Maxima keep their type; means and norms of integers are float64, of float16 float16."""
    assert global_max_pool(np.array([[[-128, -127]]], np.int8)).tolist() == [[[-127]]]
    assert global_avg_pool(np.array([[[250, 251]]], np.uint8)).tolist() == [[[250.5]]]
    half = np.full((1, 1, 100, 100), 6e4, np.float16)
    assert (global_avg_pool(half).item(), global_avg_pool(half).dtype) == (np.float16(6e4), np.float16)
    np.testing.assert_array_equal(global_max_pool([[[1.0, np.nan]]]), [[[np.nan]]])
    assert global_lp_pool([[[3e300, 4e300]]]).item() == pytest.approx(5e300)
    assert (
        global_lp_pool([[[np.inf, -1.0]]]).item() == global_lp_pool([[[np.inf, -1.0]]], math.inf).item() == np.inf
    )
    assert global_lp_pool([[[0.0, 0.0]]]).item() == 0


def test_large_images_lose_no_precision():
    """The mean of a million float32 tenths is a tenth, to the last bit."""
    assert global_avg_pool(np.full((1, 1, 1000, 1000), 0.1, np.float32)).item() == np.float32(0.1)


@pytest.mark.parametrize("keepdims", [True, False])
def test_gradients(x, keepdims):
    """Gradients are PyTorch's for means and maxima, and those of one large window for norms."""
    y = np.random.default_rng(1).normal(size=(2, 3, 1, 1) if keepdims else (2, 3))
    spread = y.reshape(2, 3, 1, 1)
    np.testing.assert_allclose(global_avg_pool_grad(y, x.shape), np.broadcast_to(spread / 20, x.shape))
    tensor = torch.from_numpy(x).requires_grad_()
    (expected,) = torch.autograd.grad(tensor.amax((2, 3), keepdim=keepdims), tensor, torch.from_numpy(y))
    np.testing.assert_array_equal(global_max_pool_grad(y, x), expected.numpy())
    for p in (1, 2, 3, math.inf):
        np.testing.assert_allclose(global_lp_pool_grad(y, x, p), lp_pool2d_grad(spread, x, (4, 5), p), rtol=1e-10)
    last = np.moveaxis(x, 1, -1)
    flat = y.reshape(2, 3)
    for grad, ours in (
        (global_max_pool_grad, last),
        (global_lp_pool_grad, last),
        (global_avg_pool_grad, last.shape),
    ):
        theirs = x if ours is last else x.shape
        np.testing.assert_array_equal(np.moveaxis(grad(flat, ours, layout="NHWC"), -1, 1), grad(y, theirs))
    assert global_lp_pool_grad([[1.0]], [[[0.0, 0.0]]]).tolist() == [[[0, 0]]]


def test_out(x):
    """Results and gradients are put in ``out``."""
    out = np.empty((2, 3))
    assert global_avg_pool(x, keepdims=False, out=out) is out
    np.testing.assert_allclose(out, x.mean((2, 3)))
    full = np.empty(x.shape)
    assert global_avg_pool_grad(out, x.shape, out=full) is full


def test_refuses(x):
    """Inputs without spatial axes, layouts of other ranks and gradients of other shapes are refused."""
    with pytest.raises(SpecError, match="no spatial axes"):
        global_avg_pool(np.zeros((2, 3)))
    with pytest.raises(SpecError, match="at least 1"):
        global_max_pool(np.zeros((2, 3, 0)))
    with pytest.raises(SpecError, match="both need 4 or 5 axes"):
        global_avg_pool(x[0], dims=3)
    with pytest.raises(UnknownNameError, match="layout"):
        global_avg_pool(x[0], layout="NHWC")
    with pytest.raises(SpecError, match="one number for each of 2 × 3 channels"):
        global_avg_pool_grad(np.ones(5), x.shape)
    with pytest.raises(SpecError, match="at least 0, not -4"):
        global_avg_pool_grad(np.ones(6), (2, 3, -4))
    with pytest.raises(SpecError, match="p must be"):
        global_lp_pool(x, 0.5)


@pytest.mark.parametrize("layout", ["channels-first", "channels-last"])
def test_means_of_large_numbers_do_not_overflow(layout: str) -> None:
    """Though their sum would; and infinity and NaN stay in their channels."""
    x = np.full((2, 3, 5, 3), 3e38, np.float32)
    x[0, 0, 0, 0], x[1, 2, 4, 2] = np.nan, np.inf
    wanted = x.astype(np.float64).mean((2, 3) if layout == "channels-first" else (1, 2)).astype(np.float32)
    np.testing.assert_array_equal(global_avg_pool(x, layout=layout, keepdims=False), wanted)


@pytest.mark.skipif(not compiler.available(), reason="needs Halide")
@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
def test_calls_like_earlier_ones_are_repeated(layout: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Means and maxima by compiled loops are NumPy's, again and again, in ``out`` and without spatial axes."""
    monkeypatch.setattr(compiled, "_whole_pays", lambda *_: True)
    monkeypatch.setattr(compiled, "_replays", {})
    rng, axes = np.random.default_rng(0), (2, 3) if layout == "NCHW" else (1, 2)
    for cell in (1, 3e38, np.nan):
        for _ in range(2):
            x = rng.normal(size=(2, 37, 5, 33)).astype("f4")
            x[0, 1:4, :, 2] = cell
            out = np.zeros(x.max(axes, keepdims=True).shape, "f4")
            assert global_avg_pool(x, layout=layout, out=out) is out
            np.testing.assert_allclose(out, x.mean(axes, keepdims=True, dtype="f8"), rtol=1e-6, atol=1e-6)
            np.testing.assert_array_equal(global_max_pool(x, layout=layout, keepdims=False), x.max(axes))
    assert len(compiled._replays) == 2


@pytest.mark.skipif(not compiler.available(), reason="needs Halide")
def test_repeated_calls_are_worth_a_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    """A small map is pooled by NumPy at first; calls in a row make up for a second of compiling."""
    by_loops, run = [], compiled.whole_maps.run
    monkeypatch.setattr(compiled, "predict_setup", lambda _: 1.0)
    monkeypatch.setattr(compiled, "_by_numpy", {})
    monkeypatch.setattr(compiled, "_replays", {})
    monkeypatch.setattr(compiled.whole_maps, "run", lambda *given: (by_loops.append(1), run(*given)))
    x = np.random.default_rng(0).normal(size=(1, 1280, 7, 7)).astype("f4")
    first, counts = global_avg_pool(x), []
    for _ in range(20):
        np.testing.assert_allclose(global_avg_pool(x), first, rtol=1e-6, atol=1e-6)
        counts.append(len(by_loops))
    assert counts[0] == 0
    assert counts[-1] > 0


@pytest.mark.skipif(not compiler.available(), reason="needs Halide")
def test_compiled_loops_leave_what_is_theirs_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """An ``out`` within the input, or with gaps, gets what any other gets; no square vanishes or overflows."""
    monkeypatch.setattr(compiled, "_whole_pays", lambda *_: True)
    x = np.random.default_rng(0).normal(size=(2, 5, 7, 33)).astype("f4")
    x[0, 0, 0, 0] = np.inf
    wanted, gaps = x.mean((1, 2), keepdims=True, dtype="f8"), np.zeros((2, 1, 1, 66), "f4")
    global_avg_pool(x, layout="NHWC", out=gaps[..., ::2])
    np.testing.assert_allclose(gaps[..., ::2], wanted, rtol=1e-6, atol=1e-6)
    assert not gaps[..., 1::2].any()
    np.testing.assert_allclose(global_avg_pool(x, layout="NHWC", out=x[:, :1, :1]), wanted, rtol=1e-6, atol=1e-6)
    for size in (3e-300, 3.0, 3e300):
        cells = np.full((2, 2, 5, 5), size)
        np.testing.assert_allclose(global_lp_pool(cells, 2), np.full((2, 2, 1, 1), 5 * size))
        np.testing.assert_allclose(global_lp_pool(cells, 1), np.full((2, 2, 1, 1), 25 * size))
