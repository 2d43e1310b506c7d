"""Convolution as users call it: values, shapes, types, layouts, bad input."""

import operator
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from cases import expected, magnitude
from convolens.algorithms.base import plain_sum_bound
from convolens.errors import ConvolensError, DTypeError, SpecError
from convolens.ops.conv import conv1d, conv2d, conv3d
from convolens.planning.plan import TOLERATED_ROUNDOFFS
from convolens.spec.geometry import ConvSpec
from strategies import FAULTS, Call, Fault, calls

CONV = {1: conv1d, 2: conv2d, 3: conv3d}
generator = np.random.default_rng(0)


def run(call: Call, **more: Any) -> Any:
    """Make the call."""
    return CONV[call.dims](call.x, call.weight, call.bias, **call.options | more)


def spec_of(call: Call) -> ConvSpec:
    """Return the spec of the call."""
    return ConvSpec(
        call.x.shape, call.weight.shape, dtype=call.x.dtype, weight_dtype=call.weight.dtype, **call.options
    )


@settings(max_examples=300)
@given(calls())
def test_legal_calls_agree_with_the_definition(call: Call) -> None:
    """Any legal call gives the value, shape and type that its spec and the definition say."""
    spec = spec_of(call)
    result = run(call)
    truth = expected(spec, call.x, call.weight)
    if call.bias is not None:
        last = spec.layout == "channels-last"
        shift = call.bias.astype(truth.dtype)
        truth = truth + (shift if last else shift.reshape(-1, *(1,) * spec.dims))
    assert result.shape == spec.output_shape == truth.shape
    assert result.dtype == spec.result_dtype
    assert result.dtype.isnative
    if result.dtype.kind == "i":
        np.testing.assert_array_equal(result, truth)
    else:
        largest = magnitude(spec, call.x, call.weight) + (
            0 if call.bias is None else float(np.abs(call.bias.astype("f8")).max())
        )
        bound = (plain_sum_bound(spec) * 100 + np.finfo(result.dtype).eps) * largest
        np.testing.assert_allclose(result.astype("f8"), truth, rtol=0, atol=bound)


@settings(max_examples=10)
@given(call=calls(dtypes=("f4", "u1")))
@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_illegal_calls_raise_the_one_right_error(fault: Fault, call: Call) -> None:
    """One fault in an otherwise legal call: one error of its kind, in one line, that names what was found."""
    faulty = fault.change(call)
    with pytest.raises(fault.error, match=fault.says) as caught:
        CONV[call.dims](faulty.x, faulty.weight, faulty.bias, **faulty.options)
    assert type(caught.value) is fault.error
    assert "\n" not in str(caught.value)


@settings(max_examples=60)
@given(calls(), st.data())
def test_spec_and_operation_agree_on_what_is_legal(call: Call, data: st.DataObject) -> None:
    """Same result or same exception: a spec refuses what the operation refuses, in the same words."""
    options = call.options | {
        "groups": data.draw(st.integers(1, 4)),
        "stride": data.draw(st.integers(-1, 3)),
        "padding": data.draw(st.sampled_from([0, 1, "valid"])),
        "dilation": data.draw(st.integers(0, 4)),
    }
    outcomes = []
    for attempt in (
        lambda call: spec_of(call).output_shape,
        lambda call: CONV[call.dims](call.x, call.weight, **call.options).shape,
    ):
        try:
            outcomes.append(attempt(Call(call.x, call.weight, None, options)))
        except ConvolensError as error:
            outcomes.append((type(error), str(error)))
    assert operator.eq(*outcomes)


@given(calls(dtypes=("f8",), borders=("wrap", "reflect", "constant")), st.floats(-3, 3))
@settings(max_examples=40)
def test_is_linear(call: Call, factor: float) -> None:
    """conv(a x + y) = a conv(x) + conv(y), without a bias."""
    other = np.random.default_rng(5).standard_normal(call.x.shape)
    plain = Call(call.x, call.weight, None, call.options)
    combined = Call(factor * call.x + other, call.weight, None, call.options)
    wanted = factor * run(plain) + run(Call(other, call.weight, None, call.options))
    np.testing.assert_allclose(run(combined), wanted, atol=1e-10)


@pytest.mark.parametrize("flip", [False, True])
def test_delta_gives_the_kernel(flip: bool) -> None:
    """A single 1 shows the kernel: turned under correlation, as it is under convolution."""
    x = np.zeros((1, 9, 9))
    x[0, 4, 4] = 1
    kernel = generator.standard_normal((1, 1, 3, 5))
    wanted = kernel[0, 0] if flip else kernel[0, 0, ::-1, ::-1]
    np.testing.assert_array_equal(conv2d(x, kernel, flip=flip, padding="same")[0, 3:6, 2:7], wanted)


@pytest.mark.parametrize("algorithm", ["auto", "reference", "direct", "im2col", "separable", "fft"])
def test_shifting_the_image_shifts_the_result(algorithm: str) -> None:
    """On a ring there is no edge, so every cell moves along."""
    x, kernel = generator.standard_normal((1, 12, 10)), generator.standard_normal((2, 1, 3, 3))
    options = {"padding": "same", "border": "wrap", "algorithm": algorithm}
    moved = conv2d(np.roll(x, (3, -2), (1, 2)), kernel, **options)
    np.testing.assert_allclose(moved, np.roll(conv2d(x, kernel, **options), (3, -2), (1, 2)), atol=1e-12)


@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
@pytest.mark.parametrize(
    ("x_dtype", "weight_dtype", "result"),
    [
        ("?", "?", "i8"), ("?", "u1", "i8"), ("i1", "i1", "i8"), ("u1", "i1", "i8"), ("u2", "i4", "i8"),
        ("u4", "u4", "i8"), ("i8", "i8", "i8"), ("u8", "u8", "i8"), ("u8", "i1", "i8"), ("f2", "f2", "f2"),
        ("f2", "f4", "f4"), ("f4", "f4", "f4"), ("f4", "f8", "f8"), ("f8", "f8", "f8"), ("u1", "f2", "f2"),
        ("i2", "f2", "f4"), ("u1", "f4", "f4"), ("i4", "f4", "f8"), ("?", "f4", "f4"), ("f2", "i1", "f2"),
        (">f4", "f4", "f4"), (">i2", ">u4", "i8"),
    ],
)  # fmt: skip
def test_types(x_dtype: str, weight_dtype: str, result: str, layout: str) -> None:
    """Integers sum to int64; floats promote as NumPy does; the byte order of the input does not matter."""
    x = np.arange(2 * 5 * 5).reshape((2, 5, 5) if layout == "NCHW" else (5, 5, 2)).astype(x_dtype)
    weight = np.arange(3 * 2 * 2 * 2).reshape(3, 2, 2, 2).astype(weight_dtype)
    found = conv2d(x, weight, layout=layout)
    assert found.dtype == np.dtype(result)
    wanted = conv2d(x.astype("f8"), weight.astype("f8"), layout=layout)
    np.testing.assert_allclose(found, wanted, rtol=np.finfo(found.dtype).eps if found.dtype.kind == "f" else 0)


def test_float16_is_rounded_once() -> None:
    """2048 + 1 + 1 + … stays 2048 in float16; the sum is taken in float32."""
    x = np.float16([[2048, *[1] * 64]])
    assert conv1d(x, np.ones((1, 1, 65), np.float16)).tolist() == [[2112]]


def test_bytes_do_not_wrap() -> None:
    """255 · −128 and 255 · 127, nine times each."""
    x = np.full((1, 3, 3), 255, np.uint8)
    weight = np.stack([np.full((1, 3, 3), -128), np.full((1, 3, 3), 127)]).astype(np.int8)
    assert conv2d(x, weight).ravel().tolist() == [-293760, 291465]


@pytest.mark.parametrize("algorithm", ["auto", "reference", "direct", "im2col"])
def test_integers_beyond_float64_are_exact(algorithm: str) -> None:
    """Sums beyond 2⁵³, where float64 has only every second integer."""
    x = np.array([[2**31 - 1, 2**31 - 3, -(2**31), 7]], np.int32)
    weight = np.array([[[2**30 + 1, 2**30 - 1]]])
    wanted = [[(2**31 - 1) * (2**30 + 1) + (2**31 - 3) * (2**30 - 1)]]
    assert conv1d(x[:, :2], weight, algorithm=algorithm).tolist() == wanted


@pytest.mark.parametrize(
    ("x", "weight", "options"),
    [
        (np.array([[2**63]], np.uint64), [[[1]]], {}),
        (np.array([[2**62]]), [[[2]]], {}),
        (np.array([[-(2**63)]]), [[[1]]], {}),
        (np.array([[103]]), [[[89547301328687144]]], {}),
        (np.array([[1]]), [[[1, 1]]], {"padding": 1, "border": 2**62}),
        (np.array([[2**62]]), [[[1]]], {"bias": np.array([2**62])}),
        (np.array([[1]]), [[[1]]], {"bias": np.array([2**63], np.uint64)}),
    ],
    ids=["uint64", "product", "least", "just above", "border", "bias", "uint64 bias"],
)
def test_sums_that_could_pass_int64_are_refused(x: Any, weight: Any, options: dict[str, Any]) -> None:
    """Nothing wraps silently: the error says what to convert."""
    with pytest.raises(SpecError, match="could pass the range of int64; convert"):
        conv1d(x, weight, **options)


def test_large_integers_that_fit_are_taken() -> None:
    """Large uint64 and int64 values whose sums int64 holds, with a bias of any integer type."""
    x = np.array([[2**62, 5]], np.uint64)
    assert conv1d(x, [[[1]]], np.array([3], np.uint64)).tolist() == [[2**62 + 3, 8]]
    assert conv1d(x.astype(np.int64), [[[-1]]], np.array([True])).tolist() == [[1 - 2**62, -4]]


def test_bias_of_floats_on_integers_is_refused() -> None:
    """Rounding the bias or widening the result would both be guesses."""
    with pytest.raises(DTypeError, match="bias is float64, but int64 input and int64 weight are integers"):
        conv1d([[1, 2]], [[[1]]], [0.5])


def test_border_of_a_fraction_on_integers_is_refused() -> None:
    """Half a grey level has no place in an integer image."""
    with pytest.raises(SpecError, match=r"0\.5 is not an integer"):
        conv1d([[1, 2]], [[[1]]], padding=1, border=0.5)


@pytest.mark.parametrize("border", [1e300, -1e300])
def test_border_beyond_the_type_is_refused(border: float) -> None:
    """1e300 is no float32; infinity may be meant, so it has to be said."""
    with pytest.raises(SpecError, match="beyond the range of float32"):
        conv1d(np.ones((1, 3), np.float32), np.ones((1, 1, 3), np.float32), padding=1, border=border)


@pytest.mark.parametrize("number", [np.int64, np.uint8, np.array], ids=["int64", "uint8", "0-d array"])
def test_options_may_be_numpys_numbers(number: Any) -> None:
    """Whole numbers of any kind, and arrays of them."""
    x, weight = generator.standard_normal((2, 9, 8)), generator.standard_normal((4, 1, 3, 3))
    options: dict[str, Any] = {
        "stride": number(2),
        "padding": number(1),
        "dilation": number(2),
        "groups": number(2),
    }
    wanted = conv2d(x, weight, stride=2, padding=1, dilation=2, groups=2)
    np.testing.assert_array_equal(conv2d(x, weight, **options), wanted)
    pairs = np.array([[1, 1], [1, 1]])
    np.testing.assert_array_equal(conv2d(x, weight, **options | {"padding": pairs}), wanted)


@pytest.mark.parametrize("wild", [np.nan, np.inf, 3e38])
@pytest.mark.parametrize("exact", [False, True])
def test_wild_numbers_stay_in_their_windows(wild: float, exact: bool) -> None:
    """A kernel large enough for the FFT, which one NaN would spread over everything."""
    x, kernel = generator.standard_normal((1, 150, 150)).astype("f4"), np.ones((1, 1, 41, 41), "f4")
    clean = conv2d(x, kernel, padding="same")
    x[0, 100, 100] = wild
    result = conv2d(x, kernel, padding="same", exact=exact)
    inside = np.zeros((150, 150), bool)
    inside[80:121, 80:121] = True
    np.testing.assert_allclose(result[0][~inside], clean[0][~inside], atol=1e-2)
    assert not (np.abs(result[0][inside]) < 1e38).any()


@pytest.mark.parametrize("algorithm", ["fft", "separable"])
@pytest.mark.parametrize("where", ["input", "weight"])
@pytest.mark.parametrize("wild", [np.nan, np.inf, 3e38])
def test_algorithms_that_would_spread_them_refuse_wild_numbers(algorithm: str, where: str, wild: float) -> None:
    """An algorithm that is named is not replaced in silence."""
    x, kernel = np.ones((1, 20, 20), "f4"), np.ones((1, 1, 5, 5), "f4")
    (x if where == "input" else kernel)[..., 3, 3] = wild
    with pytest.raises(SpecError, match=f"holds NaN, infinity or numbers near overflow.*{algorithm}"):
        conv2d(x, kernel, algorithm=algorithm)


def test_weights_of_nan_are_taken() -> None:
    """NaN in one kernel spoils its own channel alone."""
    kernel = np.ones((2, 1, 31, 31), np.float32)
    kernel[0, 0, 5, 5] = np.nan
    result = conv2d(np.ones((1, 100, 100), np.float32), kernel)
    assert np.isnan(result[0]).all()
    assert (result[1] == 961).all()


@pytest.mark.parametrize("kernel", ["wide", "gaussian"])
def test_default_choice_is_accurate(kernel: str) -> None:
    """Where the planner leaves the plain sum, the error stays within the roundings that it promises."""
    x = generator.standard_normal((1, 120, 120)).astype(np.float32)
    gauss = np.exp(-(np.linspace(-3, 3, 45) ** 2))
    weight = {"wide": generator.standard_normal((45, 45)), "gaussian": np.outer(gauss, gauss)}[kernel]
    weight = weight.astype(np.float32)[None, None]
    spec = ConvSpec(x.shape, weight.shape, padding=((0, 0), (22, 22)), border="reflect")
    wanted = conv2d(x.astype("f8"), weight.astype("f8"), padding=spec.pads, border="reflect", algorithm="direct")
    error = np.abs(conv2d(x, weight, padding=spec.pads, border="reflect") - wanted).max()
    assert error <= TOLERATED_ROUNDOFFS * 2.0**-24 * magnitude(spec, x, weight)


@pytest.mark.parametrize("dims", [1, 2, 3])
@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_agrees_with_torch(dims: int, dtype: str) -> None:
    """Bias, stride, dilation, groups and padding together, in every dimension."""
    x, weight = (
        generator.standard_normal((2, 4, *(9, 8, 7)[:dims])).astype(dtype),
        generator.standard_normal((6, 2, *(3, 2, 3)[:dims])).astype(dtype),
    )
    bias = generator.standard_normal(6).astype(dtype)
    options: dict[str, Any] = {"stride": (2, 1, 2)[:dims], "dilation": (1, 2, 2)[:dims], "groups": 2}
    wanted = (torch.conv1d, torch.conv2d, torch.conv3d)[dims - 1](
        *map(torch.from_numpy, (x, weight, bias)), padding=(1, 0, 2)[:dims], **options
    )
    found = CONV[dims](x, weight, bias, padding=(1, 0, 2)[:dims], **options)
    np.testing.assert_allclose(found, wanted.numpy(), rtol=0, atol=1e-4 if dtype == "f4" else 1e-12)
