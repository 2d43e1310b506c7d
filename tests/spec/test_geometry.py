"""ConvSpec: what it derives, what it refuses, and that it is a value."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convolens.errors import ConvolensError, DTypeError, SpecError, UnknownNameError
from convolens.spec.borders import Border
from convolens.spec.geometry import ConvSpec

INPUT, WEIGHT = (2, 6, 9, 11), (4, 6, 3, 5)


@st.composite
def specs(draw: st.DrawFn) -> ConvSpec:
    """Draw legal specs in 1, 2 and 3 dimensions, with every option."""
    dims = draw(st.integers(1, 3))

    def numbers(least: int, most: int) -> tuple[int, ...]:
        return tuple(draw(st.lists(st.integers(least, most), min_size=dims, max_size=dims)))

    groups, per_group, kernels = draw(st.integers(1, 3)), draw(st.integers(1, 3)), draw(st.integers(1, 3))
    kernel, dilation = numbers(1, 4), numbers(1, 3)
    size = tuple(d * (k - 1) + 1 + more for k, d, more in zip(kernel, dilation, numbers(0, 6), strict=True))
    channels = groups * per_group
    layout = draw(st.sampled_from(["channels-first", "channels-last"]))
    front = draw(st.sampled_from([(), (2,)]))
    shape = (*front, channels, *size) if layout == "channels-first" else (*front, *size, channels)
    pads = draw(st.sampled_from(["valid", "same", "same-lower", "full", 0, 2, numbers(0, 3)]))
    return ConvSpec(
        shape,
        (groups * kernels, per_group, *kernel),
        stride=numbers(1, 3),
        padding=pads,
        dilation=dilation,
        groups=groups,
        layout=layout,
        border=draw(st.sampled_from(["edge", "wrap", 3])),
        bias=draw(st.booleans()),
    )


@given(specs())
@settings(max_examples=100)
def test_output_size_counts_the_windows(spec: ConvSpec) -> None:
    """The formula gives as many cells as a window has places when it slides over the padded input."""
    places = [
        len(range(0, size + sum(pads) - window + 1, step))
        for size, pads, window, step in zip(spec.input_size, spec.pads, spec.window_size, spec.stride, strict=True)
    ]
    assert spec.output_size == tuple(places)


@given(specs())
@settings(max_examples=100)
def test_counts_agree_with_each_other(spec: ConvSpec) -> None:
    """Shapes, weights, multiply-adds and bytes, each counted another way than the spec counts them."""
    assert math.prod(spec.output_shape) == spec.batch * spec.out_channels * math.prod(spec.output_size)
    assert spec.parameters == np.empty(spec.weight_shape).size + spec.bias * spec.weight_shape[0]
    each = spec.in_channels // spec.groups * math.prod(spec.kernel_size)
    assert spec.macs == math.prod(spec.output_shape) * each
    assert spec.memory == 4 * (math.prod(spec.input_shape) + spec.parameters + math.prod(spec.output_shape))


@given(specs())
@settings(max_examples=100)
def test_replace_goes_round(spec: ConvSpec) -> None:
    """A spec with nothing replaced is the same spec; the other layout and back again as well."""
    assert spec.replace() == spec
    assert hash(spec.replace()) == hash(spec)
    other = spec.replace(layout="channels-last" if spec.layout == "channels-first" else "channels-first")
    assert (other.output_size, other.pads, other.macs) == (spec.output_size, spec.pads, spec.macs)
    assert other.replace(layout=spec.layout) == spec


def test_options_are_normalised() -> None:
    """However options are written, equal questions are equal specs."""
    plain = ConvSpec(INPUT, WEIGHT, stride=(1, 2), padding="same", border="mirror")
    written = ConvSpec(
        list(INPUT),  # type: ignore[arg-type]
        np.array(WEIGHT),  # type: ignore[arg-type]
        stride=np.array([1, 2]),  # type: ignore[arg-type]
        padding=[(1, 1), (2, 2)],
        border=Border("reflect"),
        dilation=(1, 1),
        groups=np.int64(1),  # type: ignore[arg-type]
        layout="NCHW",
        dtype="float32",
    )
    assert written == plain
    assert len({written, plain}) == 1
    assert all(type(n) is int for n in (*written.input_shape, *written.weight_shape, *written.stride))


def test_a_spec_cannot_be_changed() -> None:
    """It is a value: changes make another spec."""
    spec = ConvSpec(INPUT, WEIGHT)
    with pytest.raises(AttributeError):
        spec.groups = 2  # type: ignore[misc]
    assert spec.replace(padding=1) != spec


def test_replace_checks_again() -> None:
    """What would be refused at first is refused later."""
    with pytest.raises(SpecError, match="stride"):
        ConvSpec(INPUT, WEIGHT).replace(stride=0)


def test_without_batch() -> None:
    """An input without a batch axis gives an output without one."""
    assert ConvSpec(INPUT[1:], WEIGHT).output_shape == (4, 7, 7)
    assert ConvSpec(INPUT[1:], WEIGHT).batch == 1


def test_an_empty_batch_is_allowed() -> None:
    """Nothing in, nothing out: the shape is still known."""
    assert ConvSpec((0, 6, 9, 11), WEIGHT).output_shape == (0, 4, 7, 7)


def test_fully_connected_weights() -> None:
    """Every input value to every output value."""
    spec = ConvSpec((1, 1, 28, 28), (64, 1, 3, 3), padding=1)
    assert spec.fully_connected_weights == 784 * 784 * 64
    assert spec.weights == 576


@pytest.mark.parametrize(
    ("dtypes", "result", "compute"),
    [
        (("float16", "float16"), "float16", "float32"),
        (("float32", "float32"), "float32", "float32"),
        (("float32", "float64"), "float64", "float64"),
        (("uint8", "int8"), "int64", "int64"),
        (("bool", "bool"), "int64", "int64"),
        (("uint8", "float32"), "float32", "float32"),
    ],
)
def test_data_types(dtypes: tuple[str, str], result: str, compute: str) -> None:
    """Integers give int64, half floats are computed in single ones, the rest follows NumPy."""
    spec = ConvSpec(INPUT, WEIGHT, dtype=dtypes[0], weight_dtype=dtypes[1])
    assert (spec.result_dtype, spec.compute_dtype) == (np.dtype(result), np.dtype(compute))


MISTAKES: list[tuple[type[ConvolensError], dict[str, Any], str]] = [
    (SpecError, {"input_shape": (6, 9)}, r"input \(6, 9\) and weight \(4, 6, 3, 5\) do not fit: for n dimensions"),
    (SpecError, {"input_shape": (1, 2, 6, 9, 11)}, "do not fit: for n dimensions"),
    (SpecError, {"weight_shape": (4, 6)}, "do not fit: for n dimensions"),
    (SpecError, {"input_shape": (2, 5, 9, 11)}, "6 channels a group × 1 groups = 6, the input has 5"),
    (SpecError, {"layout": "NHWC"}, "channels-last.*the input has 11"),
    (SpecError, {"input_shape": (2, 6, 0, 11)}, "every axis but the batch must have at least one element"),
    (SpecError, {"input_shape": (2, 6, 9.5, 11)}, "input shape must be a whole number, not 9.5"),
    (SpecError, {"input_shape": (-2, 6, 9, 11)}, "input shape .* at least 0, not -2"),
    (SpecError, {"input_shape": 9}, "input shape must be a sequence of whole numbers, not 9"),
    (SpecError, {"weight_shape": (0, 6, 3, 5)}, "every axis but the batch"),
    (SpecError, {"weight_shape": (4, 6, 3, float("nan"))}, "weight shape must be a whole number, not nan"),
    (SpecError, {"groups": 0}, "groups must be a whole number of at least 1, not 0"),
    (SpecError, {"groups": (1,)}, "groups must be a whole number"),
    (SpecError, {"groups": 4}, "groups=4 must divide both channels and kernels, but there are 6 input channels"),
    (SpecError, {"groups": 3}, "groups=3 must divide both channels and kernels, but there are 4 kernels"),
    (SpecError, {"groups": 2}, r"6 channels a group × 2 groups = 12, the input has 6"),
    (SpecError, {"stride": 0}, "stride must be a whole number of at least 1, not 0"),
    (SpecError, {"stride": -1}, "stride must be a whole number of at least 1, not -1"),
    (SpecError, {"stride": float("nan")}, "stride must be a whole number, not nan"),
    (SpecError, {"stride": (1, 2, 3)}, r"stride needs one number or 2, one a dimension, but \(1, 2, 3\) has 3"),
    (SpecError, {"dilation": 0}, "dilation must be a whole number of at least 1"),
    (SpecError, {"padding": -1}, "padding must be a whole number of at least 0"),
    (SpecError, {"dilation": 5}, r"spans 11 cells \(3 at dilation 5\), the input has 9 \+ 0 pads = 9"),
    (SpecError, {"weight_shape": (4, 6, 3, 14), "padding": 1}, r"along dimension 1 .*11 \+ 2 pads = 13; pad more"),
    (SpecError, {"padding": 10**26}, "padded input .* is larger than any memory; .* pad less"),
    (SpecError, {"padding": 10**18}, "padded input .* is larger than any memory; .* pad less"),
    (SpecError, {"padding": 10**9, "input_shape": (9, 6, 1, 1)}, "padded input .* is larger than any memory"),
    (SpecError, {"padding": 10**7, "weight_shape": (10**6, 6, 3, 5)}, "output .* is larger than any memory"),
    (SpecError, {"stride": 10**30}, "stride .* goes beyond any memory"),
    (SpecError, {"dilation": (1, 10**30), "weight_shape": (4, 6, 3, 1)}, "dilation .* goes beyond any memory"),
    (SpecError, {"border": 0.5, "dtype": "uint8"}, "border value 0.5 is not an integer"),
    (UnknownNameError, {"border": "reflct"}, "did you mean 'reflect'"),
    (UnknownNameError, {"padding": "smae"}, "did you mean 'same'"),
    (UnknownNameError, {"layout": "CHWN"}, "unknown layout 'CHWN'"),
    (DTypeError, {"dtype": "complex64"}, "input has dtype complex64; use"),
    (DTypeError, {"weight_dtype": "longdouble"}, "weight has dtype (float128|longdouble); use"),
    (DTypeError, {"dtype": "number"}, "input has dtype .number., which NumPy does not know"),
]


@pytest.mark.parametrize(("kind", "changes", "message"), MISTAKES, ids=[str(c) for _, c, _ in MISTAKES])
def test_mistakes(kind: type[ConvolensError], changes: dict[str, Any], message: str) -> None:
    """Each mistake raises the one right error, and its message says what was found."""
    with pytest.raises(ConvolensError, match=message) as caught:
        ConvSpec(**({"input_shape": INPUT, "weight_shape": WEIGHT} | changes))
    assert type(caught.value) is kind
    assert "\n" not in str(caught.value)


def test_very_long_steps_lead_to_one_cell() -> None:
    """They are cut to what compiled code can count with; others stay as they are given."""
    spec = ConvSpec((1, 1, 9, 9), (1, 1, 3, 1), stride=(2**40, 20), dilation=(1, 2**40))
    assert (spec.output_size, spec.stride[1]) == ((1, 1), 20)
    assert max(*spec.stride, *spec.dilation) < 2**20
    assert ConvSpec((1, 1, 2**24 + 8), (1, 1, 3), stride=2**24 + 1).output_size == (2,)
