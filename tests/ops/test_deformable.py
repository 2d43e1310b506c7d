"""Deformable convolution and its gradients, against the formula in plain loops."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convolens.errors import DTypeError, SpecError, UnknownNameError
from convolens.ops import deformation
from convolens.ops.conv import conv2d
from convolens.ops.deformable import deform_conv2d
from convolens.ops.deformable_gradients import deform_conv2d_grad
from convolens.spec.borders import MODES
from convolens.spec.geometry import ConvSpec

REACH = 24  # cells of border that the slow reference looks at


def sample(image, row, column):
    """Interpolate an image that np.pad has given REACH cells of border."""
    row, column = row + REACH, column + REACH
    top, left = math.floor(row), math.floor(column)
    total = 0.0
    for r, c in itertools.product((top, top + 1), (left, left + 1)):
        total += (1 - abs(row - r)) * (1 - abs(column - c)) * image[r, c]
    return total


def by_the_formula(x, offset, weight, bias=None, *, mask=None, **options):
    """Give the sum as the docstring writes it, channels first, with a batch axis."""
    spec = ConvSpec(x.shape, weight.shape, **options)
    wide = ((0, 0), (0, 0), (REACH, REACH), (REACH, REACH))
    fill = {"constant_values": spec.border.value} if spec.border.mode == "constant" else {}
    padded = np.pad(x.astype(float), wide, spec.border.mode, **fill)
    if spec.flip:
        weight = weight[:, :, ::-1, ::-1]
    (kh, kw), (height, width) = spec.kernel_size, spec.output_size
    offset_groups = offset.shape[1] // (2 * kh * kw)
    offset = offset.reshape(len(x), offset_groups, kh, kw, 2, height, width)
    mask = np.ones((len(x), offset_groups * kh * kw, height, width)) if mask is None else mask
    mask = mask.reshape(len(x), offset_groups, kh, kw, height, width)
    result = np.zeros(spec.output_shape)
    for n, k, r, c in np.ndindex(spec.output_shape):
        group = k // (spec.out_channels // spec.groups)
        for i, u, v in np.ndindex(weight.shape[1:]):
            channel = group * weight.shape[1] + i
            g = channel // (spec.in_channels // offset_groups)
            down, right = offset[n, g, u, v, :, r, c]
            row = r * spec.stride[0] + u * spec.dilation[0] - spec.pads[0][0] + down
            column = c * spec.stride[1] + v * spec.dilation[1] - spec.pads[1][0] + right
            value = sample(padded[n, channel], row, column)
            result[n, k, r, c] += weight[k, i, u, v] * mask[n, g, u, v, r, c] * value
        result[n, k, r, c] += 0 if bias is None else bias[k]
    return result


def arguments(rng, shape, weight_shape, offset_groups=1, spread=2.0, **options):
    """Draw image, offsets, weights and mask that fit together."""
    spec = ConvSpec(shape, weight_shape, **options)
    taps = math.prod(spec.kernel_size) * offset_groups
    x, weight = rng.normal(size=shape), rng.normal(size=weight_shape)
    offset = rng.normal(scale=spread, size=(shape[0], 2 * taps, *spec.output_size))
    return x, offset, weight, rng.uniform(size=(shape[0], taps, *spec.output_size))


CASES = {
    "plain": {"shape": (1, 2, 5, 4), "weight_shape": (3, 2, 3, 2)},
    "batch": {"shape": (3, 1, 4, 4), "weight_shape": (1, 1, 2, 2), "padding": 1},
    "offset-groups": {"shape": (1, 6, 4, 4), "weight_shape": (2, 6, 2, 2), "offset_groups": 3},
    "groups": {"shape": (2, 4, 4, 5), "weight_shape": (6, 2, 2, 2), "groups": 2, "offset_groups": 2},
    "depthwise": {"shape": (1, 4, 4, 4), "weight_shape": (8, 1, 3, 3), "groups": 4, "padding": "same"},
    "groups-across": {"shape": (1, 6, 4, 4), "weight_shape": (4, 3, 2, 2), "groups": 2, "offset_groups": 3},
    "strided": {
        "shape": (1, 1, 8, 7),
        "weight_shape": (2, 1, 3, 2),
        "stride": (2, 3),
        "dilation": (1, 2),
        "padding": ((2, 0), (1, 3)),
    },
    "flipped": {"shape": (1, 1, 4, 5), "weight_shape": (1, 1, 3, 2), "flip": True},
}


@pytest.mark.parametrize("border", [*MODES, 2.5])
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_agrees_with_the_formula(case, border):
    """Groups, strides and pads under every border give the formula's sums, with mask and bias."""
    rng = np.random.default_rng(5)
    x, offset, weight, mask = arguments(rng, **case, border=border)
    options = {k: v for k, v in case.items() if k not in ("shape", "weight_shape", "offset_groups")}
    bias = rng.normal(size=len(weight))
    result = deform_conv2d(x, offset, weight, bias, mask=mask, border=border, **options)
    expected = by_the_formula(x, offset, weight, bias, mask=mask, border=border, **options)
    np.testing.assert_allclose(result, expected, rtol=1e-12, atol=1e-12)


@settings(max_examples=40)
@given(
    st.sampled_from([*MODES, -1.5]),
    st.integers(1, 3),
    st.integers(1, 2),
    st.sampled_from([0, 2, "same", "full"]),
    st.booleans(),
    st.integers(0, 2**32 - 1),
)
def test_without_offsets_it_is_conv2d(border, stride, dilation, padding, flip, seed):
    """Offsets of 0 leave an ordinary convolution."""
    rng = np.random.default_rng(seed)
    options = {"stride": stride, "dilation": dilation, "padding": padding, "border": border, "flip": flip}
    x, offset, weight, _ = arguments(rng, (2, 4, 6, 5), (2, 2, 3, 2), groups=2, **options)
    result = deform_conv2d(x, np.zeros_like(offset), weight, groups=2, **options)
    np.testing.assert_allclose(result, conv2d(x, weight, groups=2, **options), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("border", MODES)
def test_whole_offsets_shift_the_window(border):
    """One offset for all windows moves the image, border and all."""
    x, weight = np.random.default_rng(2).normal(size=(2, 1, 3, 5, 6))
    weight = weight[:, :, :3, :3]
    offset = np.zeros((1, 18, 5, 6))
    offset[:, 0::2], offset[:, 1::2] = -7, 9
    pads = ((1 + 7, 1), (1, 1 + 9))
    shifted = conv2d(x, weight, padding=pads, border=border)[:, :, :5, 9:]
    result = deform_conv2d(x, offset, weight, padding=1, border=border)
    np.testing.assert_allclose(result, shifted, rtol=1e-12, atol=1e-12)


def test_blocks_do_not_show(monkeypatch):
    """Cut into many blocks, the result and the gradients stay the same."""
    rng = np.random.default_rng(8)
    x, offset, weight, mask = arguments(rng, (2, 4, 7, 9), (2, 2, 3, 3), groups=2, offset_groups=2)
    y = deform_conv2d(x, offset, weight, mask=mask, groups=2)
    gradients = deform_conv2d_grad(y, x, offset, weight, mask=mask, groups=2)
    monkeypatch.setattr(deformation, "BLOCK_BYTES", 20_000)
    check = deformation.Deformation.check(x, offset, weight, mask, groups=2)
    assert len(list(check.blocks())) > 2 * 7
    np.testing.assert_allclose(deform_conv2d(x, offset, weight, mask=mask, groups=2), y, rtol=1e-12)
    again = deform_conv2d_grad(y, x, offset, weight, mask=mask, groups=2)
    for whole, cut in zip(gradients, again, strict=True):
        np.testing.assert_allclose(cut, whole, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("batched", [True, False])
def test_channels_last(batched):
    """With the channels last, and without a batch axis, everything is the same, transposed."""
    rng = np.random.default_rng(3)
    x, offset, weight, mask = arguments(rng, (1, 4, 5, 6), (3, 4, 2, 3), offset_groups=2)
    y = deform_conv2d(x, offset, weight, mask=mask)
    gradients = deform_conv2d_grad(y, x, offset, weight, mask=mask)

    def turned(array):
        last = np.moveaxis(array, 1, -1)
        return last if batched else last[0]

    options = {"mask": turned(mask), "layout": "NHWC"}
    result = deform_conv2d(turned(x), turned(offset), weight, **options)
    np.testing.assert_allclose(result, turned(y), rtol=1e-12)
    back = deform_conv2d_grad(turned(y), turned(x), turned(offset), weight, **options)
    np.testing.assert_allclose(back.weight, gradients.weight, rtol=1e-12)
    np.testing.assert_allclose(back.bias, gradients.bias, rtol=1e-12)
    for name in ("input", "offset", "mask"):
        expected = turned(getattr(gradients, name))
        np.testing.assert_allclose(getattr(back, name), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    ("x_type", "weight_type", "result_type", "tolerance"),
    [
        ("f2", "f2", "f2", 2e-3),
        ("f4", "f4", "f4", 1e-5),
        ("f8", "f8", "f8", 1e-12),
        ("f4", "f8", "f8", 1e-12),
        ("u1", "f4", "f4", 1e-4),
        ("f8", "i4", "f8", 1e-12),
    ],
)
def test_dtypes(x_type, weight_type, result_type, tolerance):
    """Input and weight decide on the type; integers of one of them are welcome."""
    rng = np.random.default_rng(4)
    x, offset, weight, mask = arguments(rng, (1, 2, 6, 6), (2, 2, 3, 3))
    x, weight = (np.abs(x) * 3).astype(x_type), (weight * 3).astype(weight_type)
    result = deform_conv2d(x, offset.astype("f4"), weight, mask=mask)
    assert result.dtype == result_type
    expected = by_the_formula(x, offset.astype("f4").astype("f8"), weight.astype("f8"), mask=mask)
    scale = np.abs(expected).max()
    np.testing.assert_allclose(result, expected, rtol=0, atol=tolerance * scale)
    gradients = deform_conv2d_grad(result, x, offset.astype("f4"), weight, mask=mask)
    assert {g.dtype for g in gradients} == {np.dtype(result_type)}


def test_far_points_are_as_precise_as_near_ones():
    """In float32 a fraction keeps its bits at the end of a long row."""
    x = np.zeros((1, 1, 200_001), "f4")
    x[0, 0, -1] = 1
    offset = np.zeros((2, 1, 200_001), "f4")
    offset[1] = np.float32(0.001)
    result = deform_conv2d(x, offset, np.ones((1, 1, 1, 1), "f4"))
    assert result[0, 0, -2] == np.float32(0.001)


def test_nan_stays_where_it_is_touched():
    """A cell counts only where a sample has weight on it."""
    x = np.array([[[1.0, np.nan, 3.0, np.inf]]])
    offset = np.zeros((2, 1, 4))
    offset[1, 0, 2] = -0.5
    result = deform_conv2d(x, offset, np.ones((1, 1, 1, 1)))
    np.testing.assert_array_equal(result, [[[1, np.nan, np.nan, np.inf]]])


def test_awkward_arrays():
    """Read-only and strided input is taken; ``out`` is written, even where it is the input."""
    rng = np.random.default_rng(6)
    x, offset, weight, _ = arguments(rng, (1, 1, 5, 5), (1, 1, 3, 3), padding=1)
    expected = deform_conv2d(x, offset, weight, padding=1)
    strided = np.repeat(x, 2, axis=3)[..., ::2]
    strided.flags.writeable = False
    np.testing.assert_array_equal(
        deform_conv2d(strided, offset[..., ::-1][..., ::-1], weight, padding=1), expected
    )
    assert deform_conv2d(x, offset, weight, padding=1, out=x) is x
    np.testing.assert_array_equal(x, expected)


def test_activation_and_empty_batch():
    """The activation comes last; a batch of none gives none, and gradients of zero."""
    rng = np.random.default_rng(6)
    x, offset, weight, mask = arguments(rng, (2, 1, 5, 5), (1, 1, 3, 3))
    plain = deform_conv2d(x, offset, weight, [0.5], mask=mask)
    rectified = deform_conv2d(x, offset, weight, [0.5], mask=mask, activation="relu")
    np.testing.assert_array_equal(rectified, np.maximum(plain, 0))
    x, offset, mask = x[:0], offset[:0], mask[:0]
    empty = deform_conv2d(x, offset, weight, mask=mask)
    assert empty.shape == (0, 1, 3, 3)
    gradients = deform_conv2d_grad(empty, x, offset, weight, mask=mask)
    assert gradients.offset.shape == offset.shape
    assert not gradients.weight.any()


@pytest.mark.parametrize("border", [*MODES, 2.5])
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_gradients_by_finite_differences(case, border):
    """Each gradient is the slope of a random sum of outputs, in a random direction of its argument."""
    rng = np.random.default_rng(7)
    x, offset, weight, mask = arguments(rng, **case, border=border)
    away = np.abs(offset - np.round(offset)) < 0.01  # keep away from the interpolation's kinks
    offset = offset + 0.05 * away
    bias = rng.normal(size=len(weight))
    options = {k: v for k, v in case.items() if k not in ("shape", "weight_shape", "offset_groups")}
    options["border"] = border
    values = {"input": x, "offset": offset, "weight": weight, "bias": bias, "mask": mask}

    def outputs(**changes):
        given = values | changes
        return deform_conv2d(
            given["input"], given["offset"], given["weight"], given["bias"], mask=given["mask"], **options
        )

    upstream = rng.normal(size=outputs().shape)
    gradients = deform_conv2d_grad(upstream, x, offset, weight, mask=mask, **options)
    for name, value in values.items():
        direction = rng.normal(size=value.shape)
        step = 1e-4 * direction
        change = outputs(**{name: value + step}) - outputs(**{name: value - step})
        gradient = getattr(gradients, name)
        assert gradient.shape == value.shape
        slope = (upstream * change).sum() / 2e-4
        np.testing.assert_allclose((gradient * direction).sum(), slope, rtol=1e-5, atol=1e-5, err_msg=name)


@pytest.mark.parametrize("border", MODES)
def test_adjoint(border):
    """The result is linear in input, weight and mask, so each gradient gives it back: ⟨y, A a⟩ = ⟨Aᵀ y, a⟩."""
    rng = np.random.default_rng(9)
    options = {"groups": 2, "padding": 1, "stride": 2, "border": border, "flip": True}
    x, offset, weight, mask = arguments(rng, (2, 4, 6, 7), (2, 2, 3, 3), offset_groups=4, spread=9, **options)
    y = deform_conv2d(x, offset, weight, mask=mask, **options)
    upstream = rng.normal(size=y.shape)
    gradients = deform_conv2d_grad(upstream, x, offset, weight, mask=mask, **options)
    for name, value in {"input": x, "weight": weight, "mask": mask}.items():
        np.testing.assert_allclose((getattr(gradients, name) * value).sum(), (upstream * y).sum(), rtol=1e-10)
    np.testing.assert_allclose(gradients.bias, upstream.sum(axis=(0, 2, 3)))


def test_slope_at_a_cell_is_the_one_beyond_it():
    """At whole offsets the interpolation has a kink; the slope is towards the next cell."""
    x = np.array([[[0.0, 1.0, 5.0]]])
    gradients = deform_conv2d_grad(
        np.ones((1, 1, 3)), x, np.zeros((2, 1, 3)), np.ones((1, 1, 1, 1)), border="edge"
    )
    np.testing.assert_array_equal(gradients.offset, [[[0, 0, 0]], [[1, 4, 0]]])
    assert gradients.mask is None


X, OFFSET, WEIGHT = np.zeros((1, 4, 5, 5)), np.zeros((1, 18, 3, 3)), np.zeros((2, 4, 3, 3))


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"weight": np.zeros((2, 4, 3))}, SpecError, r"weight must have 4 axes.*\(2, 4, 3\)"),
        ({"offset": np.zeros((1, 18, 3, 4))}, SpecError, r"\(1, 18, 3, 4\).*needs \(1, 18, 3, 3\)"),
        ({"offset": np.zeros((18, 3, 3))}, SpecError, r"\(18, 3, 3\).*needs \(1, 18, 3, 3\)"),
        ({"offset": np.zeros((1, 20, 3, 3))}, SpecError, r"needs \(1, 18, 3, 3\): 2 channels"),
        ({"offset": np.zeros((1, 54, 3, 3))}, SpecError, "3 offset groups.*do not divide the 4 channels"),
        ({"offset": OFFSET + np.nan}, SpecError, "NaN"),
        ({"offset": OFFSET - np.inf}, SpecError, "infinity"),
        ({"offset": OFFSET + 2.0**31}, SpecError, "2³¹"),
        ({"offset": OFFSET + 0j}, DTypeError, "offset has dtype complex128"),
        ({"mask": np.zeros((1, 18, 3, 3))}, SpecError, r"mask has shape.*needs \(1, 9, 3, 3\): 1 channel"),
        ({"bias": np.zeros(3)}, SpecError, r"bias.*2 kernels.*\(3,\)"),
        ({"x": X.astype(int), "weight": WEIGHT.astype(int)}, DTypeError, "int64 input and int64 weight"),
        ({"groups": 3}, SpecError, "groups=3"),
        ({"border": "reflct"}, UnknownNameError, "did you mean 'reflect'"),
        ({"out": np.zeros((1, 2, 3, 2))}, SpecError, "out must be"),
    ],
)
def test_refusals(changes, error, message):
    """What does not fit raises the one right error, which says what was found and what is needed."""
    with pytest.raises(error, match=message):
        deform_conv2d(**({"x": X, "offset": OFFSET, "weight": WEIGHT} | changes))


def test_gradient_of_another_shape_is_refused():
    """The gradient must have the output's shape."""
    with pytest.raises(SpecError, match=r"\(1, 2, 3, 3\).*\(1, 2, 5, 5\)"):
        deform_conv2d_grad(np.zeros((1, 2, 5, 5)), X, OFFSET, WEIGHT)
