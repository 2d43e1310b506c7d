"""The matrix of a convolution, against the convolution itself."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import circulant
from scipy.linalg import toeplitz as dense_toeplitz

from convolens.algorithms.reference import Reference
from convolens.errors import DTypeError, SpecError
from convolens.ops.toeplitz import toeplitz, toeplitz_offset
from convolens.spec.borders import MODES
from convolens.spec.geometry import ConvSpec
from convolens.spec.layout import FIRST, LAST


def convolution(spec, x, weight):
    """Give the reference's answer for one batch item, in the layout of ``spec``."""
    if spec.flip:
        weight = np.flip(weight, axis=tuple(range(2, weight.ndim)))
    if spec.layout == LAST:
        x = np.moveaxis(x, -1, 0)
    out = np.empty((1, spec.out_channels, *spec.output_size), spec.compute_dtype)
    Reference().run(spec, Reference().prepare(spec, weight), x[None], out)
    return np.moveaxis(out[0], 0, -1) if spec.layout == LAST else out[0]


@st.composite
def specs(draw):
    """Draw a small legal spec of integers, in 1 to 3 dimensions."""

    def numbers(low, high):
        return tuple(draw(st.integers(low, high)) for _ in range(dims))

    dims = draw(st.integers(1, 3))
    groups = draw(st.integers(1, 2))
    per_group, kernels = draw(st.integers(1, 2)), groups * draw(st.integers(1, 2))
    kernel, dilation = numbers(1, 3), numbers(1, 2)
    window = [d * (k - 1) + 1 for d, k in zip(dilation, kernel, strict=True)]
    size = tuple(w + extra for w, extra in zip(window, numbers(0, 2), strict=True))
    layout = draw(st.sampled_from([FIRST, LAST]))
    channels = per_group * groups
    return ConvSpec(
        (channels, *size) if layout == FIRST else (*size, channels),
        (kernels, per_group, *kernel),
        stride=numbers(1, 3),
        dilation=dilation,
        padding=tuple(zip(numbers(0, 4), numbers(0, 4), strict=True)),
        border=draw(st.sampled_from([*MODES, -3])),
        groups=groups,
        flip=draw(st.booleans()),
        layout=layout,
        dtype=np.int32,
    )


@settings(max_examples=60)
@given(specs(), st.integers(0, 2**32 - 1))
def test_product_is_the_convolution(spec, seed):
    """Matrix times flattened image, plus the offset, is the flattened convolution."""
    rng = np.random.default_rng(seed)
    x = rng.integers(-9, 10, spec.input_shape, np.int32)
    weight = rng.integers(-9, 10, spec.weight_shape, np.int32)
    matrix, offset = toeplitz(spec, weight), toeplitz_offset(spec, weight)
    expected = convolution(spec, x, weight)
    assert matrix.dtype == offset.dtype == np.int64
    assert matrix.shape == (expected.size, x.size)
    np.testing.assert_array_equal(matrix @ x.ravel() + offset, expected.ravel())


@pytest.mark.parametrize(("dtype", "sums"), [("f2", "f4"), ("f4", "f4"), ("f8", "f8")])
def test_floats(dtype, sums):
    """Floats keep their type, float16 is widened; the result agrees with the reference."""
    rng = np.random.default_rng(1)
    spec = ConvSpec((2, 6, 7), (3, 2, 3, 3), padding="same", border="reflect", dtype=dtype)
    x, weight = (
        rng.normal(size=spec.input_shape).astype(dtype),
        rng.normal(size=spec.weight_shape).astype(dtype),
    )
    product = toeplitz(spec, weight) @ x.ravel().astype(sums)
    assert product.dtype == sums
    np.testing.assert_allclose(product, convolution(spec, x, weight).ravel(), rtol=0, atol=1e-5)


def test_one_dimension_is_a_toeplitz_matrix():
    """Without border and with stride 1 the diagonals are constant."""
    matrix = toeplitz(ConvSpec((1, 6), (1, 1, 3), dtype=int), [[[1, 2, 3]]]).toarray()
    np.testing.assert_array_equal(matrix, dense_toeplitz([1, 0, 0, 0], [1, 2, 3, 0, 0, 0]))


def test_wrap_is_a_circulant_matrix():
    """With the image wrapped round, each row is the one before it turned by one."""
    spec = ConvSpec((1, 5), (1, 1, 3), padding="same", border="wrap", flip=True, dtype=int)
    np.testing.assert_array_equal(toeplitz(spec, [[[1, 2, 3]]]).toarray(), circulant([2, 3, 0, 0, 1]))


def test_full_convolution_is_the_transposed_correlation():
    """The transpose of a valid correlation is the full convolution with the same kernel."""
    weight = np.arange(6).reshape(1, 1, 2, 3)
    valid = toeplitz(ConvSpec((1, 4, 5), weight.shape, dtype=int), weight)
    full = toeplitz(ConvSpec((1, 3, 3), weight.shape, padding="full", flip=True, dtype=int), weight)
    np.testing.assert_array_equal(full.toarray(), valid.toarray().T)


def test_structure():
    """Row indices are sorted without doubles, and zeros of the kernel stay in the pattern."""
    spec = ConvSpec((1, 2), (1, 1, 5), padding=2, border="edge", dtype=int)
    matrix = toeplitz(spec, [[[1, 1, 1, 1, 1]]])
    assert matrix.has_canonical_format
    np.testing.assert_array_equal(matrix.toarray(), [[3, 2], [2, 3]])
    assert toeplitz(spec, np.zeros((1, 1, 5), int)).nnz == 4


@pytest.mark.parametrize("layout", [FIRST, LAST])
def test_offset_carries_bias_and_constant(layout):
    """A non-zero constant outside and the bias make up the offset, whatever the image."""
    shape = (1, 3, 3) if layout == FIRST else (3, 3, 1)
    spec = ConvSpec(shape, (2, 1, 3, 3), padding=1, border=10.0, layout=layout)
    weight = np.stack([np.ones((1, 3, 3)), np.zeros((1, 3, 3))])
    offset = toeplitz_offset(spec, weight, bias=[0.5, -1])
    outside = np.array([[5, 3, 5], [3, 0, 3], [5, 3, 5]])
    expected = np.stack([10 * outside + 0.5, np.full((3, 3), -1.0)], axis=0 if layout == FIRST else -1)
    np.testing.assert_array_equal(offset, expected.ravel())


def test_infinite_border_stays_outside():
    """Windows wholly inside the image do not see what lies outside, be it infinite."""
    spec = ConvSpec((1, 4), (1, 1, 3), padding=1, border=np.inf)
    np.testing.assert_array_equal(toeplitz_offset(spec, np.ones((1, 1, 3))), [np.inf, 0, 0, np.inf])


def test_batch_does_not_matter():
    """The matrix of a batch is that of one item."""
    spec = ConvSpec((7, 1, 4), (1, 1, 2), dtype=int)
    assert toeplitz(spec, [[[1, 2]]]).shape == (3, 4)


@pytest.mark.parametrize("call", [toeplitz, toeplitz_offset])
def test_wrong_weight_shape(call):
    """A weight of another shape than the spec's is refused."""
    with pytest.raises(SpecError, match=r"\(1, 1, 2\).*\(1, 1, 3\)"):
        call(ConvSpec((1, 5), (1, 1, 3)), np.ones((1, 1, 2)))


def test_wrong_bias_shape():
    """A bias with another count of numbers than kernels is refused."""
    with pytest.raises(SpecError, match=r"each of the 1 kernels, but its shape is \(2,\)"):
        toeplitz_offset(ConvSpec((1, 5), (1, 1, 3)), np.ones((1, 1, 3)), bias=[1, 2])


def test_every_stride_and_dilation_in_two_dimensions():
    """Row by row the matrix holds the kernel where the window stands."""
    for stride, dilation in itertools.product((1, 2, 3), (1, 2)):
        spec = ConvSpec((1, 7, 7), (1, 1, 2, 2), stride=stride, dilation=dilation, dtype=int)
        rows = toeplitz(spec, [[[[1, 2], [3, 4]]]]).toarray().reshape(*spec.output_size, 7, 7)
        for (r, c), row in zip(np.ndindex(spec.output_size), rows.reshape(-1, 7, 7), strict=True):
            expected = np.zeros((7, 7), int)
            cell = np.s_[r * stride :: dilation, c * stride :: dilation]
            expected[cell][:2, :2] = [[1, 2], [3, 4]]
            np.testing.assert_array_equal(row, expected)


def test_sums_that_could_pass_int64_are_refused():
    """uint64 weights do not turn negative; border and bias count."""
    spec = ConvSpec((1, 5), (1, 1, 3), padding=1, border=4, dtype=int)
    for weight, bias in (([2**63, 0, 0], None), ([2**61, 0, 0], None), ([1, 0, 0], [2**63])):
        with pytest.raises(SpecError, match="could pass the range of int64"):
            toeplitz_offset(
                spec, np.array([[weight]], np.uint64), None if bias is None else np.array(bias, np.uint64)
            )
    with pytest.raises(SpecError, match="could pass the range of int64"):
        toeplitz(spec, np.array([[[2**63, 0, 0]]], np.uint64))


def test_arrays_that_are_not_of_real_numbers_are_refused():
    """Nor is a bias of floats added to integers, as in the convolution."""
    spec = ConvSpec((1, 5), (1, 1, 3), dtype=int)
    with pytest.raises(DTypeError, match="bias has dtype complex128"):
        toeplitz_offset(spec, [[[1, 0, -1]]], bias=[1j])
    with pytest.raises(DTypeError, match="weight has dtype complex128"):
        toeplitz(spec, [[[1j, 0, -1]]])
    with pytest.raises(DTypeError, match="bias is float64"):
        toeplitz_offset(spec, [[[1, 0, -1]]], bias=[0.5])
