"""PoolSpec: sizes, counts, and what it refuses."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convolens.errors import DTypeError, SpecError, UnknownNameError
from convolens.spec.borders import Border
from convolens.spec.geometry import ConvSpec
from convolens.spec.pooling import PoolSpec


@pytest.mark.parametrize(
    ("size", "options", "expected"),
    [
        (112, {"window": 3, "stride": 2, "padding": 1}, 56),
        (224, {"window": 2}, 112),
        (5, {"window": 2}, 2),
        (5, {"window": 2, "ceil_mode": True}, 3),
        (6, {"window": 3, "stride": 2}, 2),
        (6, {"window": 3, "stride": 2, "ceil_mode": True}, 3),
        (1, {"window": 1, "stride": 2, "ceil_mode": True}, 1),
        (2, {"window": 1, "stride": 2, "ceil_mode": True}, 1),
        (4, {"window": 2, "stride": 3, "padding": 1, "ceil_mode": True}, 2),
        (7, {"window": 3, "stride": 1, "dilation": 2}, 3),
        (7, {"window": 3, "padding": "same"}, 3),
        (7, {"window": 3, "stride": 1, "padding": "full"}, 9),
    ],
)
def test_output_size(size, options, expected):
    """Worked sizes; a last window that would start behind the input and its left pads is left out."""
    assert PoolSpec((1, 1, size), **options).output_size == (expected,)


def test_counts():
    """Shape, receptive field, operations and bytes of the pooling that ResNet begins with."""
    spec = PoolSpec((2, 64, 112, 112), 3, stride=2, padding=1, dtype="float32")
    assert spec.output_shape == (2, 64, 56, 56)
    assert (spec.dims, spec.batch, spec.in_channels, spec.parameters) == (2, 2, 64, 0)
    assert spec.out_channels == 64
    assert spec.receptive_field == spec.window_size == (3, 3)
    assert spec.padded_size == (114, 114)
    assert spec.macs == 2 * 64 * 56 * 56 * 9
    assert spec.memory == 4 * 2 * 64 * (112 * 112 + 56 * 56)


def test_layouts_and_batch():
    """The output keeps the input's layout, and its batch axis if there is one."""
    assert PoolSpec((5, 8, 10, 3), 2, layout="NHWC").output_shape == (5, 4, 5, 3)
    assert PoolSpec((3, 8, 10), (2, 2)).output_shape == (3, 4, 5)
    assert PoolSpec((9, 8, 10, 3), (3, 2, 5), layout="NDHWC").output_shape == (3, 4, 2, 3)
    assert PoolSpec((3, 8, 10), (2, 2)).replace(layout="channels-last").output_shape == (4, 5, 3)


def test_is_a_value():
    """Equal options make equal, hashable specs, however they were written."""
    spec = PoolSpec((1, 2, 8, 8), 3, padding=1, border="replicate")
    same = PoolSpec((1, 2, 8, 8), [3, 3], stride=np.int64(3), padding=[(1, 1), (1, 1)], border=Border("edge"))
    assert spec == same
    assert hash(spec) == hash(same)
    assert spec.replace(ceil_mode=True) == PoolSpec((1, 2, 8, 8), 3, padding=1, border="edge", ceil_mode=True)
    assert spec.replace(input_shape=(1, 2, 9, 9)).input_size == (9, 9)


@pytest.mark.parametrize(
    ("shape", "options", "message"),
    [
        ((1, 1, 4), {"window": 5}, "window larger than the padded input: along dimension 0 the window spans 5"),
        ((1, 1, 4), {"window": 3, "dilation": 2}, "3 at dilation 2"),
        ((1, 1, 4), {"window": 1, "padding": 1}, "window from -1 to -1 along dimension 0 lies wholly outside"),
        ((1, 1, 4), {"window": 2, "stride": 1, "padding": ((0, 3),)}, "window from 5 to 6"),
        ((1, 1, 1), {"window": 2, "stride": 1, "dilation": 2, "padding": 1}, "window from -1 to 1"),
        ((1, 1, 4), {"window": 0}, "window must be a whole number of at least 1"),
        ((1, 1, 4), {"window": 2, "stride": -1}, "stride must be a whole number"),
        ((1, 1, 4), {"window": 2, "stride": float("nan")}, "stride must be a whole number"),
        ((1, 1, 4), {"window": 2, "dilation": 0}, "dilation must be"),
        ((1, 1, 4), {"window": 2, "padding": -1}, "padding must be"),
        ((1, 1, 4), {"window": (2, 2), "stride": (1, 1, 1)}, "stride needs one number or 2"),
        ((1, 1, 4), {"window": (2, 2, 2)}, "do not fit"),
        ((1, 4), {"window": 2}, "do not fit"),
        ((1, 0, 4), {"window": 2}, "at least one element"),
        ((1, 1, 6.5), {"window": 3}, "input shape must be a whole number, not 6.5"),
        ((-1, 1, 6), {"window": 3}, "input shape must be a whole number of at least 0, not -1"),
        (5, {"window": 3}, "input shape must be a sequence of whole numbers, not 5"),
        ((1, 1, 4, 4), {"window": [[1], [1, 2]]}, r"window must be a whole number, not \[1\]"),
        ((1, 1, 4), {"window": 2, "border": 2, "dtype": "bool"}, "beyond the range of bool"),
        ((1, 1, 4), {"window": 1, "padding": 10**30, "border": "edge"}, "larger than any memory.* pad less"),
        ((1, 1, 4), {"window": 1, "stride": 10**30}, "stride .* goes beyond any memory"),
        ((1, 1, 4), {"window": 10**30, "stride": 1, "padding": 10**30}, "larger than any memory"),
        ((1, 1, 4), {"window": 2, "border": 0.5, "dtype": "int32"}, "not an integer"),
        (
            (1, 1, 4),
            {"window": 2, "border": 256, "dtype": "uint8"},
            "beyond the range of uint8, which goes from 0 to 255",
        ),
    ],
)
def test_refuses(shape, options, message):
    """What does not fit together is refused in one line that names the numbers."""
    with pytest.raises(SpecError, match=message) as error:
        PoolSpec(shape, **options)
    assert "\n" not in str(error.value)


def test_huge_windows_are_checked_at_once():
    """No window is tried one by one where none can lie outside."""
    spec = PoolSpec((1, 1, 10**12), 10**12, stride=1, padding=5 * 10**11)
    assert spec.output_size == (10**12 + 1,)


def test_border_fills_every_window():
    """With a border a window wholly outside the input still has cells."""
    assert PoolSpec((1, 1, 4), 1, padding=1, border="edge").output_size == (6,)


def test_names_and_types():
    """Unknown names and types that cannot be pooled have errors of their own."""
    with pytest.raises(UnknownNameError, match="did you mean 'same'"):
        PoolSpec((1, 1, 4), 2, padding="sane")
    with pytest.raises(UnknownNameError, match="layout"):
        PoolSpec((1, 1, 4), 2, layout="NHWC")
    for dtype in ("complex64", "datetime64[s]", np.longdouble, object, "foo"):
        with pytest.raises(DTypeError, match="input has dtype"):
            PoolSpec((1, 1, 4), 2, dtype=dtype)


SMALL = st.integers(1, 4)


@settings(max_examples=200)
@given(
    size=st.integers(1, 9),
    window=SMALL,
    stride=SMALL,
    dilation=SMALL,
    pads=st.tuples(st.integers(0, 5), st.integers(0, 5)),
    ceil_mode=st.booleans(),
)
def test_refuses_exactly_the_empty_windows(size, window, stride, dilation, pads, ceil_mode):
    """A spec is legal if and only if it has an output and every window has a cell in the input."""
    starts = list(range(-pads[0], size + pads[1] - dilation * (window - 1), stride))
    span = dilation * (window - 1) + 1
    if ceil_mode:
        room = size + sum(pads) - span
        sizes = range(-(-room // stride) + 1)
        starts = [start for start in (stride * i - pads[0] for i in sizes) if start < size]
    met = [any(0 <= start + dilation * j < size for j in range(window)) for start in starts]
    options = {"stride": stride, "padding": (pads,), "dilation": dilation, "ceil_mode": ceil_mode}
    if starts and all(met):
        assert PoolSpec((1, 1, size), window, **options).output_size == (len(starts),)
    else:
        with pytest.raises(SpecError):
            PoolSpec((1, 1, size), window, **options)


@settings(max_examples=100)
@given(
    size=st.integers(1, 12),
    window=SMALL,
    stride=SMALL,
    ceil_mode=st.booleans(),
    name=st.sampled_from(["same", "same-lower"]),
)
def test_same_padding(size, window, stride, ceil_mode, name):
    """With "same" the output is ceil(input / stride), whether sizes are rounded up or down."""
    spec = PoolSpec((1, 1, size), window, stride=stride, padding=name, ceil_mode=ceil_mode)
    assert spec.output_size == (-(-size // stride),)


def test_agrees_with_convolution():
    """A window slides as a kernel does."""
    options = {"stride": (2, 1), "padding": ((1, 0), (2, 1)), "dilation": (1, 2)}
    pool = PoolSpec((2, 3, 9, 8), (3, 2), **options)
    conv = ConvSpec((2, 3, 9, 8), (1, 3, 3, 2), **options)
    assert (pool.output_size, pool.window_size, pool.pads) == (conv.output_size, conv.window_size, conv.pads)
