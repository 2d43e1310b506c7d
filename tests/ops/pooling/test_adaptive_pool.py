"""Adaptive pooling, against PyTorch and numbers worked by hand."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import convolens as cl
from convolens.errors import SpecError
from convolens.ops.pooling import adaptive, compiled
from convolens.ops.pooling.adaptive import adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_max_pool1d, regions
from convolens.runtime import compile as compiler


@st.composite
def calls(draw):
    """Draw an image with many ties, and an output size smaller or larger."""
    dims = draw(st.integers(1, 3))
    size, output_size = (draw(st.tuples(*[st.integers(1, 7)] * dims)) for _ in range(2))
    x = np.random.default_rng(draw(st.integers(0, 99))).integers(-3, 4, (2, 3, *size))
    return dims, x.astype(np.float64), output_size


@settings(max_examples=100)
@given(calls())
def test_agrees_with_torch(call):
    """Means, maxima and indices are PyTorch's, in both layouts."""
    dims, x, output_size = call
    functional, last = torch.nn.functional, np.moveaxis(x, 1, -1)
    expected = getattr(functional, f"adaptive_avg_pool{dims}d")(torch.from_numpy(x), output_size).numpy()
    average = getattr(cl, f"adaptive_avg_pool{dims}d")
    np.testing.assert_allclose(average(x, output_size), expected, rtol=1e-13, atol=1e-15)
    np.testing.assert_array_equal(
        average(last, output_size, layout="channels-last"), np.moveaxis(average(x, output_size), 1, -1)
    )
    theirs = getattr(functional, f"adaptive_max_pool{dims}d")(
        torch.from_numpy(x), output_size, return_indices=True
    )
    maximum = getattr(cl, f"adaptive_max_pool{dims}d")
    for mine, other in zip(maximum(x, output_size, return_indices=True), theirs, strict=True):
        np.testing.assert_array_equal(mine, other.numpy())
    np.testing.assert_array_equal(maximum(x[0], output_size), theirs[0][0].numpy())


@given(st.integers(1, 30), st.integers(1, 30))
def test_regions_cover_the_axis(size, count):
    """Regions follow each other without a gap, each has a cell, and their lengths differ by at most two."""
    found = regions(size, count)
    assert (found[0].start, found[-1].stop, len(found)) == (0, size, count)
    assert all(a.start <= b.start <= a.stop for a, b in itertools.pairwise(found))
    lengths = [region.stop - region.start for region in found]
    assert min(lengths) >= 1
    assert max(lengths) - min(lengths) <= 2


@pytest.mark.skipif(not compiler.available(), reason="needs Halide")
@pytest.mark.parametrize("output_size", [(7, 14), (1, 1)])
def test_regions_that_are_alike_take_compiled_loops(output_size, monkeypatch):
    """They are windows, or the whole image: means, maxima and indices are PyTorch's, and calls are repeated."""
    for pays in ("_pays", "_whole_pays"):
        monkeypatch.setattr(compiled, pays, lambda *_: True)
    monkeypatch.setattr(compiled, "_replays", {})
    for module, name in ((adaptive, "region_sizes"), (np, "take_along_axis")):
        monkeypatch.setattr(module, name, None)
    functional, rng = torch.nn.functional, np.random.default_rng(2)
    for _ in range(2):
        x = rng.standard_normal((2, 20, 28, 28)).astype("f4")
        expected = functional.adaptive_avg_pool2d(torch.from_numpy(x), output_size).numpy()
        np.testing.assert_allclose(adaptive_avg_pool2d(x, output_size), expected, rtol=1e-5, atol=1e-6)
        theirs = functional.adaptive_max_pool2d(torch.from_numpy(x), output_size, return_indices=True)
        for mine, other in zip(cl.adaptive_max_pool2d(x, output_size, return_indices=True), theirs, strict=True):
            np.testing.assert_array_equal(mine, other.numpy())
    assert len(compiled._replays) == 1


def test_by_hand():
    """1 2 3 4 6 in two regions: 1 2 3 and 3 4 6; the middle cell counts in both."""
    assert adaptive_avg_pool1d([[1, 2, 3, 4, 6]], 2).tolist() == [[2, 13 / 3]]
    values, indices = adaptive_max_pool1d([[1, 2, 3, 4, 6]], 2, return_indices=True)
    assert (values.tolist(), indices.tolist()) == ([[3, 6]], [[2, 4]])
    assert adaptive_avg_pool2d(np.arange(6).reshape(1, 2, 3), (1, None)).tolist() == [[[1.5, 2.5, 3.5]]]


def test_types():
    """Maxima keep their type, means of integers are float64, float16 is summed in float32; NaN wins."""
    assert adaptive_max_pool1d(np.array([[True, False]]), 1).dtype == np.bool_
    assert adaptive_max_pool1d(np.array([[-128, -127]], np.int8), 2).tolist() == [[-128, -127]]
    assert adaptive_avg_pool1d(np.array([[250, 251]], np.uint8), 1).tolist() == [[250.5]]
    half = adaptive_avg_pool1d(np.full((1, 64), 6e4, np.float16), 1)
    assert (half.dtype, half.item()) == (np.float16, np.float16(6e4))
    values, indices = adaptive_max_pool1d([[1.0, np.nan, 3.0, 4.0]], 2, return_indices=True)
    np.testing.assert_array_equal(values, [[np.nan, 4]])
    assert indices.tolist() == [[1, 3]]


def test_out():
    """The result is put in ``out``; one of another type is refused."""
    out = np.empty((1, 1))
    assert adaptive_avg_pool1d([[1, 2]], 1, out=out) is out
    assert out.item() == 1.5
    with pytest.raises(SpecError, match="out must be"):
        adaptive_max_pool1d([[1, 2]], 1, out=out)


@pytest.mark.parametrize("output_size", [0, (1, 2, 3), 1.5, (None, -1), "2"])
def test_refuses(output_size):
    """Output sizes are whole numbers of at least 1, one or one a dimension; inputs have three axes or four."""
    with pytest.raises(SpecError, match="output_size"):
        adaptive_avg_pool2d(np.zeros((1, 4, 4)), output_size)
    with pytest.raises(SpecError, match="both need 3 or 4 axes"):
        adaptive_avg_pool2d(np.zeros((4, 4)), 1)
    with pytest.raises(SpecError, match="at least 1"):
        adaptive_avg_pool2d(np.zeros((1, 0, 4)), 1)
