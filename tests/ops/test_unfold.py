"""im2col and col2im, against PyTorch, the convolution, and each other."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from convolens.errors import DTypeError, SpecError, UnknownNameError
from convolens.ops.conv import conv1d, conv2d, conv3d
from convolens.ops.unfold import fold, unfold
from convolens.spec.borders import MODES


@settings(max_examples=60)
@given(st.data())
def test_agrees_with_pytorch(data):
    """The order of channels, kernel cells and windows is PyTorch's, and so are the sums of fold."""

    def pair(low, high):
        return data.draw(st.tuples(st.integers(low, high), st.integers(low, high)))

    kernel, stride, padding, dilation, extra = pair(1, 3), pair(1, 3), pair(0, 3), pair(1, 2), pair(0, 3)
    size = tuple(d * (k - 1) + 1 + e for d, k, e in zip(dilation, kernel, extra, strict=True))
    options = {"stride": stride, "padding": padding, "dilation": dilation}
    x = np.random.default_rng(0).normal(size=(2, 3, *size))
    columns = unfold(x, kernel, **options)
    np.testing.assert_array_equal(columns, torch.nn.functional.unfold(torch.tensor(x), kernel, **options))
    expected = torch.nn.functional.fold(torch.tensor(columns), size, kernel, **options)
    np.testing.assert_allclose(fold(columns, size, kernel, **options), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("border", [*MODES, 7])
@pytest.mark.parametrize(("conv", "dims"), [(conv1d, 1), (conv2d, 2), (conv3d, 3)])
def test_convolution_is_a_product_with_the_columns(conv, dims, border):
    """In every dimension and under every border, weight times columns is the convolution."""
    rng = np.random.default_rng(1)
    x = rng.integers(-9, 9, (2, 3, 5, 4, 6)[: dims + 2])
    weight = rng.integers(-9, 9, (4, 3, 3, 2, 3)[: dims + 2])
    options = {"stride": 2, "padding": ((5, 6),) * dims, "border": border}
    columns = unfold(x, weight.shape[2:], **options)
    product = weight.reshape(4, -1) @ columns
    y = conv(x, weight, **options)
    np.testing.assert_array_equal(product.reshape(y.shape), y)


@pytest.mark.parametrize("border", MODES)
@pytest.mark.parametrize("layout", ["channels-first", "channels-last"])
@pytest.mark.parametrize("dims", [1, 2, 3, 4])
def test_fold_is_the_adjoint(dims, layout, border):
    """⟨unfold x, y⟩ = ⟨x, fold y⟩: each is the gradient of the other."""
    rng = np.random.default_rng(dims)
    size = (4, 3, 5, 2)[:dims]
    shape = (2, 3, *size) if layout == "channels-first" else (2, *size, 3)
    options = {"stride": 2, "dilation": 2, "padding": 3, "border": border, "layout": layout}
    x = rng.integers(-9, 9, shape)
    columns = unfold(x, (2,) * dims, **options)
    y = rng.integers(-9, 9, columns.shape)
    back = fold(y, size, (2,) * dims, **options)
    assert back.shape == shape
    assert (columns * y).sum() == (x * back).sum()


def test_fold_counts_the_windows():
    """Fold after unfold multiplies each cell by the number of windows that hold it."""
    x = np.random.default_rng(3).normal(size=(1, 2, 6, 7))
    counts = fold(unfold(np.ones_like(x), 3), (6, 7), 3)
    assert counts[0, 0, 0, 0] == 1
    assert counts[0, 0, 3, 3] == 9
    np.testing.assert_allclose(fold(unfold(x, 3), (6, 7), 3) / counts, x)


def test_windows_apart_come_back():
    """Where the windows tile the image, fold undoes unfold."""
    x = np.arange(36).reshape(1, 6, 6)
    np.testing.assert_array_equal(fold(unfold(x, (2, 3), stride=(2, 3)), 6, (2, 3), stride=(2, 3)), x)


def test_columns_are_the_same_for_both_layouts():
    """The layout is that of the image; the columns do not change."""
    x = np.random.default_rng(4).normal(size=(2, 3, 4, 5))
    columns = unfold(np.moveaxis(x, 1, -1), 2, layout="NHWC", padding="same")
    np.testing.assert_array_equal(columns, unfold(x, 2, padding="same"))


@pytest.mark.parametrize("dtype", ["?", "u1", "i8", "f2", "f4", "f8"])
def test_dtypes(dtype):
    """Unfolding keeps the type; folding sums integers in int64 and float16 in float32."""
    x = np.ones((1, 40, 40), dtype)
    columns = unfold(x, 40, padding=39)
    assert columns.dtype == dtype
    folded = fold(columns, 40, 40, padding=39)
    assert folded.dtype == (np.int64 if x.dtype.kind in "biu" else dtype)
    np.testing.assert_array_equal(folded, np.full((1, 40, 40), 1600))


def test_awkward_arrays():
    """Read-only and strided input, a batch of none, and ``out`` that is strided or is the input itself."""
    x = np.random.default_rng(5).normal(size=(2, 3, 8, 10))[:, :, ::2, ::-1]
    x.flags.writeable = False
    expected = unfold(x.copy(), 2)
    out = np.empty((2, 12, 2 * 27))[:, :, ::2]
    assert unfold(x, 2, out=out) is out
    np.testing.assert_array_equal(out, expected)
    back = np.empty((2, 10, 4, 3)).transpose(0, 3, 2, 1)
    assert fold(out, (4, 10), 2, out=back) is back
    np.testing.assert_array_equal(back, fold(expected, (4, 10), 2))
    row = np.arange(5.0).reshape(1, 1, 5)
    unfold(row, (1,), out=row[..., ::-1])
    np.testing.assert_array_equal(row, [[[4, 3, 2, 1, 0]]])
    assert unfold(x[:0], 2).shape == (0, 12, 27)
    assert fold(expected[:0], (4, 10), 2).shape == (0, 3, 4, 10)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: unfold(np.ones((3, 4)), 2), SpecError, r"3 or 4 axes, not \(3, 4\)"),
        (lambda: unfold(np.ones((1, 3, 4)), 5), SpecError, "kernel larger than the padded input"),
        (lambda: unfold(np.ones((1, 3, 4)), 1.5), SpecError, "kernel_size must be a whole number"),
        (lambda: unfold(np.ones((1, 3, 4)), 2, layout="NCW"), UnknownNameError, "unknown layout 'NCW'"),
        (lambda: unfold(np.ones((1, 3, 4)) * 1j, 2), DTypeError, "complex128"),
        (
            lambda: unfold(np.ones((1, 3, 4), "u1"), 2, border=300),
            SpecError,
            "border value 300 is beyond the range of uint8",
        ),
        (
            lambda: unfold(np.ones((1, 3, 4), bool), 2, border=2),
            SpecError,
            "border value 2 is beyond the range of bool",
        ),
        (lambda: unfold(np.ones((1, 3, 4)), 2, out=np.ones((4, 5))), SpecError, r"\(4, 6\)"),
        (lambda: fold(np.ones((4, 6)), 4, (2,)), SpecError, "do not fit"),
        (lambda: fold(np.ones((5, 6)), (3, 4), 2), SpecError, r"columns \(5, 6\)"),
        (lambda: fold(np.ones(6), (3, 4), 2), SpecError, r"columns \(6,\)"),
        (lambda: fold(np.ones((4, 7)), (3, 4), 2), SpecError, "7 windows.*2 × 3 = 6"),
    ],
)
def test_refusals(call, error, message):
    """What does not fit raises the one right error."""
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize(
    ("columns", "options"),
    [
        (np.full((4, 4), 2**63 - 1), {}),
        (np.full((4, 4), 2**63, np.uint64), {}),
        (np.full((4, 16), 2**60), {"padding": 1, "border": "edge"}),
    ],
    ids=["sums of four", "uint64", "copies of a border"],
)
def test_sums_that_could_pass_int64_are_refused(columns, options):
    """Nothing wraps: what overlaps is counted, and what a border brings back to one cell."""
    with pytest.raises(SpecError, match="could pass the range of int64"):
        fold(columns, 3, 2, **options)
    assert fold(columns // 2**10, 3, 2, **options).max() > 2**52
