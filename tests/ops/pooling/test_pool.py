"""Max, average and Lp pooling with sliding windows, against nested loops, PyTorch and numbers worked by hand."""

import itertools
import math

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from convolens.errors import DTypeError, SpecError
from convolens.ops.pooling.average import avg_pool1d, avg_pool2d, avg_pool3d
from convolens.ops.pooling.lp import lp_pool1d, lp_pool2d, lp_pool3d
from convolens.ops.pooling.maximum import max_pool1d, max_pool2d, max_pool3d
from convolens.spec.borders import source_index
from convolens.spec.pooling import PoolSpec

MAX = {1: max_pool1d, 2: max_pool2d, 3: max_pool3d}
AVERAGE = {1: avg_pool1d, 2: avg_pool2d, 3: avg_pool3d}
LP = {1: lp_pool1d, 2: lp_pool2d, 3: lp_pool3d}


def channels_first(spec, x):
    """Put an array of the spec's layout in the order (N, C, *size)."""
    x = x if x.ndim == spec.dims + 2 else x[None]
    return np.moveaxis(x, -1, 1) if spec.layout == "channels-last" else x


def window_cells(spec, plane, output):
    """List (flat index, value) of the cells of one window that take part; index −1 for a constant outside."""
    cells = []
    for offsets in itertools.product(*map(range, spec.window)):
        place = [
            o * s + d * j - p[0]
            for o, s, d, j, p in zip(output, spec.stride, spec.dilation, offsets, spec.pads, strict=True)
        ]
        if spec.border is not None:
            sources = [int(source_index(r, n, spec.border)) for r, n in zip(place, spec.input_size, strict=True)]
            place = [-1] if -1 in sources else sources
        if place == [-1] and spec.border is not None:
            cells.append((-1, spec.border.value))
        elif all(0 <= r < n for r, n in zip(place, spec.input_size, strict=True)):
            cells.append((int(np.ravel_multi_index(place, spec.input_size)), plane[tuple(place)]))
    return cells


def pool_by_loops(spec, x, combine):
    """Pool with nested loops: the definition."""
    planes = channels_first(spec, np.asarray(x))
    result = np.empty((*planes.shape[:2], *spec.output_size))
    for n, c, *output in np.ndindex(result.shape):
        result[(n, c, *output)] = combine(window_cells(spec, planes[n, c], output))
    return result


@st.composite
def calls(draw):
    """Draw an input shape, a window and options that are legal."""
    dims = draw(st.integers(1, 3))

    def several(least, most):
        return draw(st.tuples(*[st.integers(least, most)] * dims))

    size = several(1, 5)
    layout = draw(st.sampled_from(["channels-first", "channels-last"]))
    shape = (*size, 2) if layout == "channels-last" else (2, *size)
    shape = draw(st.sampled_from([shape, (1, *shape), (2, *shape)]))
    pads = tuple(draw(st.tuples(st.integers(0, 2), st.integers(0, 2))) for _ in range(dims))
    options = {
        "stride": draw(st.none() | st.just(several(1, 3))),
        "padding": draw(st.sampled_from([0, pads, "same", "same-lower", "full"])),
        "dilation": several(1, 2),
        "ceil_mode": draw(st.booleans()),
        "border": draw(st.sampled_from([None, None, None, "edge", "reflect", "symmetric", "wrap", 3, -9])),
        "layout": layout,
    }
    window = several(1, 3)
    try:
        spec = PoolSpec(shape, window, **options)
    except SpecError:
        assume(False)
    return spec, window, options, np.random.default_rng(draw(st.integers(0, 99)))


@settings(max_examples=150)
@given(calls())
def test_max_agrees_with_loops(call):
    """The maximum, and the first cell that has it, row by row; integers with many ties, exactly."""
    spec, window, options, rng = call
    x = rng.integers(-2, 3, spec.input_shape)
    values, indices = MAX[spec.dims](x, window, return_indices=True, **options)
    expected = pool_by_loops(spec, x, lambda cells: max(value for _, value in cells))
    first = pool_by_loops(spec, x, lambda cells: max(cells, key=lambda cell: cell[1])[0])
    assert values.dtype == x.dtype
    assert values.shape == indices.shape == spec.output_shape
    np.testing.assert_array_equal(channels_first(spec, values), expected)
    np.testing.assert_array_equal(channels_first(spec, indices), first)
    np.testing.assert_array_equal(MAX[spec.dims](x, window, **options), values)


@settings(max_examples=100)
@given(calls())
def test_average_agrees_with_loops(call):
    """Without pads counting: the mean of the cells that take part; integers give float64."""
    spec, window, options, rng = call
    x = rng.integers(-4, 5, spec.input_shape)
    result = AVERAGE[spec.dims](x, window, count_include_pad=spec.border is not None, **options)
    assert result.dtype == np.float64
    assert result.shape == spec.output_shape
    expected = pool_by_loops(spec, x, lambda cells: np.mean([value for _, value in cells]))
    np.testing.assert_allclose(channels_first(spec, result), expected, rtol=1e-13, atol=1e-13)


@settings(max_examples=100)
@given(calls(), st.sampled_from([1, 1.5, 2, 3, 7, math.inf]))
def test_lp_agrees_with_loops(call, p):
    """The p-norm of the cells that take part, and that of one cell is its magnitude."""
    spec, window, options, rng = call
    x = rng.normal(size=spec.input_shape)
    result = LP[spec.dims](x, window, p, **options)
    assert result.shape == spec.output_shape
    expected = pool_by_loops(spec, x, lambda cells: np.linalg.norm([value for _, value in cells], p))
    np.testing.assert_allclose(channels_first(spec, result), expected, rtol=1e-12)


@st.composite
def torch_calls(draw):
    """Draw what PyTorch takes too: pads on both sides of at most half of the window."""
    dims = draw(st.integers(1, 3))
    window = draw(st.tuples(*[st.integers(1, 4)] * dims))
    size = draw(st.tuples(*[st.integers(4, 9)] * dims))
    options = {
        "stride": draw(st.none() | st.tuples(*[st.integers(1, 4)] * dims)),
        "padding": tuple(draw(st.integers(0, w // 2)) for w in window),
        "ceil_mode": draw(st.booleans()),
    }
    x = np.random.default_rng(draw(st.integers(0, 99))).normal(size=(2, 3, *size)).astype(np.float32)
    return dims, x, window, options


def accepted(torch_pool, *arguments, **options):
    """Pool with PyTorch, if it takes these options."""
    try:
        return torch_pool(*arguments, **options)
    except RuntimeError:
        assume(False)


@settings(max_examples=100)
@given(torch_calls(), st.integers(1, 2))
def test_max_agrees_with_torch(call, dilation):
    """Values and indices are PyTorch's, in every dimension, with ceil_mode and dilation."""
    dims, x, window, options = call
    options |= {"dilation": dilation}
    pool = getattr(torch.nn.functional, f"max_pool{dims}d")
    expected = accepted(pool, torch.from_numpy(x), window, return_indices=True, **options)
    if torch.isneginf(expected[0]).any():  # dilated cells lie around the image, and there is no maximum
        with pytest.raises(SpecError, match="wholly outside"):
            MAX[dims](x, window, **options)
        return
    found = MAX[dims](x, window, return_indices=True, **options)
    for mine, theirs in zip(found, expected, strict=True):
        np.testing.assert_array_equal(mine, theirs.numpy())


@settings(max_examples=100)
@given(torch_calls(), st.booleans())
def test_average_agrees_with_torch(call, count_include_pad):
    """Means are PyTorch's, with pads counting or not, and windows that stick out of them."""
    dims, x, window, options = call
    options |= {"count_include_pad": count_include_pad}
    pool = getattr(torch.nn.functional, f"avg_pool{dims}d")
    expected = accepted(pool, torch.from_numpy(x), window, **options)
    np.testing.assert_allclose(AVERAGE[dims](x, window, **options), expected.numpy(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("dims", [1, 2, 3])
@pytest.mark.parametrize("p", [1, 2, 3])
def test_lp_agrees_with_torch(dims, p):
    """On positive numbers PyTorch's powers are powers of magnitudes."""
    x = np.random.default_rng(dims).uniform(0.1, 2, (2, 3, *(7, 6, 5)[:dims]))
    expected = getattr(torch.nn.functional, f"lp_pool{dims}d")(torch.from_numpy(x), p, 3, 2)
    np.testing.assert_allclose(LP[dims](x, 3, p, stride=2), expected.numpy(), rtol=1e-12)


def test_ceil_mode_by_hand():
    """1 5 2 4 3 0 in windows of 3, two apart: the third window sticks out, its mean is over two cells."""
    x = [[1, 5, 2, 4, 3, 0]]
    assert max_pool1d(x, 3, stride=2).tolist() == [[5, 4]]
    assert max_pool1d(x, 3, stride=2, ceil_mode=True).tolist() == [[5, 4, 3]]
    assert avg_pool1d(x, 3, stride=2, ceil_mode=True).tolist() == [[8 / 3, 3, 1.5]]
    assert avg_pool1d(x, 3, stride=2, padding=((0, 1),)).tolist() == [[8 / 3, 3, 1]]


def test_pads_by_hand():
    """A pad is never the maximum, counts in the mean only where asked, and adds nothing to a norm."""
    x = np.full((1, 2, 2), -2.0)
    options = {"stride": 2, "padding": 1}
    assert max_pool2d(x, 2, **options).tolist() == [[[-2, -2], [-2, -2]]]
    assert avg_pool2d(x, 2, **options).tolist() == [[[-0.5, -0.5], [-0.5, -0.5]]]
    assert avg_pool2d(x, 2, count_include_pad=False, **options).tolist() == [[[-2, -2], [-2, -2]]]
    assert lp_pool2d(x, 2, **options).tolist() == [[[2, 2], [2, 2]]]
    assert max_pool2d(x, 2, border="zeros", **options).tolist() == [[[0, 0], [0, 0]]]
    assert avg_pool2d(x, 2, border="edge", **options).tolist() == [[[-2, -2], [-2, -2]]]


@pytest.mark.parametrize(
    "dtype", ["bool", "int8", "uint8", "int16", "uint64", "int64", "float16", "float32", "float64"]
)
def test_types(dtype):
    """Maxima keep the type and are exact at its limits; means and norms of integers are float64."""
    dtype = np.dtype(dtype)
    limits = np.array([0, 1], dtype) if dtype.kind == "b" else None
    if dtype.kind in "iu":
        limits = np.array([np.iinfo(dtype).min, np.iinfo(dtype).max], dtype)
    limits = np.array([-np.inf, np.inf], dtype) if limits is None else limits
    for limit in limits:
        result, index = max_pool1d(np.full((1, 3), limit), 3, stride=1, padding=1, return_indices=True)
        assert result.dtype == dtype
        assert (result == limit).all()
        assert index.tolist() == [[0, 0, 1]]
    x = np.arange(4).astype(dtype).reshape(1, 4)
    floating = dtype if dtype.kind == "f" else np.dtype(np.float64)
    assert avg_pool1d(x, 4).dtype == lp_pool1d(x, 4).dtype == floating
    assert avg_pool1d(x, 4).item() == x.astype(float).mean()


def test_float16_is_computed_in_float32():
    """Sums beyond float16's range, and more cells than its precision, come out."""
    x = np.full((1, 1, 8, 8), 6e4, np.float16)
    assert avg_pool2d(x, 8).item() == np.float16(6e4)
    assert lp_pool2d(np.ones((1, 64, 64), np.float16), 64).item() == 64


def test_smallest_integer_magnitude():
    """|−128| of int8 is 128, not −128."""
    assert lp_pool1d(np.array([[-128, 0]], np.int8), 2, p=1).item() == 128


@pytest.mark.parametrize("p", [1, 2, 3, 20, math.inf])
def test_norms_neither_overflow_nor_vanish(p):
    """A norm that float64 can hold is found, however large or small its powers."""
    for scale in (1e-300, 1e-3, 1e300):
        x = np.array([[[3.0, 1.0], [-2.0, 0.0]]]) * scale
        np.testing.assert_allclose(lp_pool2d(x, 2, p).item() / scale, np.linalg.norm([3, 1, 2], p), rtol=1e-13)


def test_not_finite():
    """NaN wins, infinity counts; both stay in the windows that hold them."""
    x = np.array([[1.0, np.nan, 2.0, np.inf, -np.inf, -np.inf, 4.0, np.nan]])
    values, indices = max_pool1d(x, 2, return_indices=True)
    np.testing.assert_array_equal(values, [[np.nan, np.inf, -np.inf, np.nan]])
    np.testing.assert_array_equal(indices, [[1, 3, 4, 7]])
    np.testing.assert_array_equal(lp_pool1d(x, 2), [[np.nan, np.inf, np.inf, np.nan]])
    np.testing.assert_array_equal(lp_pool1d(x, 2, math.inf), [[np.nan, np.inf, np.inf, np.nan]])
    np.testing.assert_array_equal(avg_pool1d(x, 2), [[np.nan, np.inf, -np.inf, np.nan]])
    np.testing.assert_array_equal(max_pool2d([[[1.0, 2], [np.nan, 3]]], 2), [[[np.nan]]])


@pytest.mark.parametrize("pool", [max_pool2d, avg_pool2d, lp_pool2d])
def test_memory_layouts(pool):
    """Reversed, transposed and read-only input give the same; the input is not written; channels last agree."""
    x = np.random.default_rng(1).normal(size=(2, 7, 6, 3))
    expected = pool(np.ascontiguousarray(np.moveaxis(x, -1, 1)), 3, stride=2, padding=1)
    x.flags.writeable = False
    before = x.copy()
    np.testing.assert_array_equal(np.moveaxis(pool(x, 3, stride=2, padding=1, layout="NHWC"), -1, 1), expected)
    np.testing.assert_array_equal(pool(np.moveaxis(x, -1, 1), 3, stride=2, padding=1), expected)
    turned = np.moveaxis(x, -1, 1)[..., ::-1, ::-1]
    np.testing.assert_array_equal(pool(turned, 3, stride=2), pool(np.ascontiguousarray(turned), 3, stride=2))
    np.testing.assert_array_equal(pool(np.moveaxis(x, -1, 1)[0], 3, stride=2, padding=1), expected[0])
    np.testing.assert_array_equal(x, before)


@pytest.mark.parametrize("pool", [max_pool1d, avg_pool1d, lp_pool1d])
def test_out(pool):
    """The result is put in ``out``, which may be the input itself; what does not fit is refused."""
    x = np.array([[3.0, -1.0, 4.0, 1.0]])
    expected = pool(x, 3, stride=1, padding=1)
    out = np.empty((1, 4))
    assert pool(x, 3, stride=1, padding=1, out=out) is out
    np.testing.assert_array_equal(out, expected)
    pool(x, 3, stride=1, padding=1, out=x)
    np.testing.assert_array_equal(x, expected)
    for wrong in (np.empty((1, 3)), np.empty((1, 4), np.float32), [[0.0] * 4]):
        with pytest.raises(SpecError, match=r"out must be a writeable array of float64 \(1, 4\)"):
            pool(x, 3, stride=1, padding=1, out=wrong)


def test_result_is_new():
    """A window of one cell gives a copy, not a view of the input."""
    x = np.ones((1, 4))
    for pool in (max_pool1d, avg_pool1d, lp_pool1d):
        assert not np.may_share_memory(pool(x, 1), x)


def test_empty_batch():
    """No items in, none out."""
    assert max_pool2d(np.zeros((0, 3, 4, 4)), 2, return_indices=True)[1].shape == (0, 3, 2, 2)
    assert (
        avg_pool2d(np.zeros((0, 3, 4, 4)), 2).shape == lp_pool2d(np.zeros((0, 3, 4, 4)), 2).shape == (0, 3, 2, 2)
    )


def test_refuses():
    """Wrong ranks, powers, types and contradictions have one clear error each."""
    with pytest.raises(SpecError, match=r"input \(4, 4\) and window \(2, 2\) do not fit"):
        max_pool2d(np.zeros((4, 4)), 2)
    with pytest.raises(SpecError, match="window needs one number or 2"):
        avg_pool2d(np.zeros((1, 4, 4)), (2, 2, 2))
    with pytest.raises(SpecError, match="lies wholly outside"):
        max_pool1d(np.zeros((1, 4)), 2, padding=2)
    with pytest.raises(SpecError, match="takes part in every window"):
        avg_pool1d(np.zeros((1, 4)), 2, border="edge", count_include_pad=False)
    for p in (0.5, 0, -1, math.nan, "2", True):
        with pytest.raises(SpecError, match="p must be a number of at least 1"):
            lp_pool1d(np.zeros((1, 4)), 2, p)
    with pytest.raises(DTypeError, match="complex128"):
        max_pool1d(np.zeros((1, 4), complex), 2)
