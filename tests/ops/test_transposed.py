"""Transposed convolution, against PyTorch and as the adjoint of convolution."""

import pickle
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from convolens.errors import DTypeError, SpecError, UnknownNameError
from convolens.ops.conv import conv1d, conv2d, conv3d
from convolens.ops.transposed import conv_transpose1d, conv_transpose2d, conv_transpose3d, prepare_conv_transpose
from convolens.spec.geometry import ConvSpec
from convolens.spec.transposed import transposed_spec
from strategies import Call, calls

CONV = {1: conv1d, 2: conv2d, 3: conv3d}
TRANSPOSE = {1: conv_transpose1d, 2: conv_transpose2d, 3: conv_transpose3d}
TORCH = {
    1: torch.nn.functional.conv_transpose1d,
    2: torch.nn.functional.conv_transpose2d,
    3: torch.nn.functional.conv_transpose3d,
}
generator = np.random.default_rng(0)


@st.composite
def torch_cases(draw: st.DrawFn) -> tuple[Any, Any, Any, dict[str, Any]]:
    """Draw arrays and the options that PyTorch has too."""
    dims = draw(st.integers(1, 3))
    sizes = st.tuples(*[st.integers(1, 4)] * dims)
    stride, dilation, kernel_size, size = draw(sizes), draw(sizes), draw(sizes), draw(sizes)
    extra = tuple(draw(st.integers(0, s - 1)) for s in stride)
    window = (d * (k - 1) + 1 for d, k in zip(dilation, kernel_size, strict=True))
    most = (s * (n - 1) + w + q - 1 for s, n, w, q in zip(stride, size, window, extra, strict=True))
    padding = tuple(draw(st.integers(0, min(m // 2, 3))) for m in most)
    groups, channels, kernels = (draw(st.integers(1, 3)) for _ in range(3))
    seeded = np.random.default_rng(draw(st.integers(0, 2**16)))
    x = seeded.standard_normal((draw(st.integers(1, 2)), groups * channels, *size))
    weight = seeded.standard_normal((groups * channels, kernels, *kernel_size))
    bias = seeded.standard_normal(groups * kernels) if draw(st.booleans()) else None
    options = {
        "stride": stride, "padding": padding, "output_padding": extra, "dilation": dilation, "groups": groups
    }  # fmt: skip
    return x, weight, bias, options


@settings(max_examples=150)
@given(torch_cases())
def test_agrees_with_torch(case: tuple[Any, Any, Any, dict[str, Any]]) -> None:
    """All dimensions, strides, dilations, groups, paddings and output paddings."""
    x, weight, bias, options = case
    dims = x.ndim - 2
    tensors = (None if a is None else torch.from_numpy(a) for a in (x, weight, bias))
    wanted = TORCH[dims](*tensors, **options).numpy()
    found = TRANSPOSE[dims](x, weight, bias, **options)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, wanted, atol=1e-11)


@settings(max_examples=120)
@given(calls(dtypes=("f8",), borders=("constant", "edge", "reflect", "symmetric", "wrap")))
def test_is_the_adjoint_of_convolution(call: Call) -> None:
    """⟨conv(y), x⟩ = ⟨y, conv_transpose(x)⟩, for every border, layout, padding, and turned kernels."""
    spec = ConvSpec(call.x.shape, call.weight.shape, **call.options)
    image = CONV[call.dims](call.x, call.weight, **call.options)
    x = np.random.default_rng(1).standard_normal(image.shape)
    cells = zip(spec.padded_size, spec.window_size, spec.stride, strict=True)
    options = call.options | {
        "padding": spec.pads,  # "same" means another thing to a transposed convolution
        "output_padding": tuple((padded - window) % stride for padded, window, stride in cells),
    }
    back = TRANSPOSE[call.dims](x, call.weight, **options)
    assert back.shape == call.x.shape
    assert np.vdot(image, x) == pytest.approx(np.vdot(call.x, back), abs=1e-8)


@pytest.mark.parametrize("border", ["constant", "edge", "reflect", "symmetric", "wrap"])
def test_border_says_where_cells_that_are_cut_off_go(border: str) -> None:
    """Lost for a constant; else added to the cells that the border shows there."""
    wanted = {
        "constant": [2, 3, 4], "edge": [3, 3, 9], "reflect": [2, 9, 4], "symmetric": [3, 3, 9], "wrap": [7, 3, 5]
    }[border]  # fmt: skip
    assert conv_transpose1d([[1, 2, 3, 4, 5]], [[[1]]], padding=1, border=border).tolist() == [wanted]


@pytest.mark.parametrize("border", [7, -1.5, np.nan])
def test_a_constant_outside_does_not_matter(border: float) -> None:
    """A transposed convolution is linear: nothing is added for what lay outside."""
    x, weight = generator.standard_normal((1, 4)), generator.standard_normal((1, 1, 3))
    found = conv_transpose1d(x, weight, padding=1, border=border)
    np.testing.assert_array_equal(found, conv_transpose1d(x, weight, padding=1))


@pytest.mark.parametrize("stride", [1, 2, 3, 5])
@pytest.mark.parametrize("kernel", [1, 2, 3, 4, 7])
def test_same_multiplies_the_size_by_the_stride(kernel: int, stride: int) -> None:
    """Also where the kernel is smaller than the stride."""
    result = conv_transpose2d(np.ones((1, 4, 6)), np.ones((1, 1, kernel, kernel)), stride=stride, padding="same")
    assert result.shape == (1, 4 * stride, 6 * stride)


def test_by_hand() -> None:
    """Each cell stamps the kernel, and the stamps add up."""
    assert conv_transpose1d([[1, 2, 3]], [[[1, 10, 100]]]).tolist() == [[1, 12, 123, 230, 300]]
    assert conv_transpose1d([[1, 2]], [[[1, 10, 100]]], stride=2, output_padding=1).tolist() == [
        [1, 10, 102, 20, 200, 0]
    ]
    assert conv_transpose1d([[1, 2]], [[[1, 10]]], dilation=2, flip=True).tolist() == [[10, 20, 1, 2]]


def test_channels_and_groups_by_hand() -> None:
    """Two groups of one channel, each to two of its own."""
    result = conv_transpose1d([[1, 2], [3, 4]], [[[1], [10]], [[100], [1000]]], [0, 0, 0, 5], groups=2)
    assert result.tolist() == [[1, 2], [10, 20], [300, 400], [3005, 4005]]


def test_layouts_agree() -> None:
    """Channels last gives the same numbers, its channels last."""
    x, weight, bias = (generator.standard_normal(s) for s in ((2, 4, 5, 6), (4, 3, 3, 2), (6,)))
    options: dict[str, Any] = {"groups": 2, "stride": 2, "padding": 1, "border": "wrap"}
    first = conv_transpose2d(x, weight, bias, **options)
    last = conv_transpose2d(x.transpose(0, 2, 3, 1), weight, bias, layout="NHWC", **options)
    np.testing.assert_array_equal(last.transpose(0, 3, 1, 2), first)


@pytest.mark.parametrize(
    ("x_dtype", "weight_dtype", "result"),
    [("u1", "i1", "i8"), ("?", "?", "i8"), ("u8", "i2", "i8"), ("f2", "f2", "f2"), ("u1", "f4", "f4"),
     ("f4", "f8", "f8"), (">f4", ">f4", "f4"), ("i8", "f4", "f8")],
)  # fmt: skip
def test_types(x_dtype: str, weight_dtype: str, result: str) -> None:
    """As for convolution."""
    x, weight = np.arange(12).reshape(3, 4).astype(x_dtype), np.arange(18).reshape(3, 2, 3).astype(weight_dtype)
    found = conv_transpose1d(x, weight, stride=2)
    assert found.dtype == np.dtype(result)
    np.testing.assert_array_equal(found, conv_transpose1d(x.astype("f8"), weight.astype("f8"), stride=2))


def test_integers_are_exact() -> None:
    """Beyond 2⁵³, and for uint64, which NumPy would mix with int64 to floats."""
    assert conv_transpose1d(np.array([[2**62 + 1]], np.uint64), [[[1]]]).tolist() == [[2**62 + 1]]
    assert conv_transpose1d([[2**60 + 1]], [[[1]]], np.array([1], np.uint64)).tolist() == [[2**60 + 2]]


@pytest.mark.parametrize(
    ("x", "options"),
    [
        (np.array([[2**63]], np.uint64), {}),
        (np.array([[2**62, 2**62]]), {"padding": 1, "border": "edge"}),
        (np.array([[2**61] * 5]), {"padding": 2, "border": "edge"}),
        (np.array([[2**60]]), {"bias": [2**63 - 1]}),
    ],
    ids=["uint64", "overlap", "border", "bias"],
)
def test_sums_that_could_pass_int64_are_refused(x: Any, options: dict[str, Any]) -> None:
    """Cells that overlap, and cells that a border sends back, are counted."""
    with pytest.raises(SpecError, match="could pass the range of int64"):
        conv_transpose1d(x, [[[1, 1]]], **options)


def test_bias_of_floats_on_integers_is_refused() -> None:
    """As for convolution, before anything is written."""
    out = np.full((1, 3), 7)
    with pytest.raises(DTypeError, match="bias is float64, but int64 input"):
        conv_transpose1d([[1, 2]], [[[1, 1]]], [0.5], out=out)
    with pytest.raises(DTypeError, match="'tanh' needs floats"):
        conv_transpose1d([[1, 2]], [[[1, 1]]], activation="tanh", out=out)
    assert (out == 7).all()


def test_out_may_be_the_input() -> None:
    """Everything is read before anything is written."""
    x, weight = generator.standard_normal((2, 5, 5)), generator.standard_normal((2, 2, 3, 3))
    wanted, out = conv_transpose2d(x, weight, padding=1, activation="relu"), np.empty((5, 5, 2)).transpose(2, 0, 1)
    assert conv_transpose2d(x, weight, padding=1, activation="relu", out=out) is out
    assert conv_transpose2d(x, weight, padding=1, activation="relu", out=x) is x
    np.testing.assert_array_equal(out, wanted)
    np.testing.assert_array_equal(x, wanted)


def test_views_and_read_only_arrays_are_taken() -> None:
    """Strides in memory do not matter."""
    x, weight = generator.standard_normal((2, 5, 6)), generator.standard_normal((2, 3, 3, 2))
    wanted = conv_transpose2d(x[:, ::-1, ::2].copy(), weight[:, :, ::-1].copy())
    for array in (x, weight):
        array.flags.writeable = False
    np.testing.assert_array_equal(conv_transpose2d(x[:, ::-1, ::2], weight[:, :, ::-1]), wanted)


def test_empty_batch() -> None:
    """Nothing in, nothing out, of the right shape."""
    assert conv_transpose2d(np.ones((0, 2, 3, 3)), np.ones((2, 5, 3, 3)), stride=2).shape == (0, 5, 7, 7)


def test_nan_stays_in_its_window() -> None:
    """Only the cells that a stamp reaches change."""
    x = np.ones((1, 9))
    x[0, 4] = np.nan
    assert np.isnan(conv_transpose1d(x, np.ones((1, 2, 3)))).sum(axis=1).tolist() == [3, 3]


@pytest.mark.parametrize(
    ("options", "error", "says"),
    [
        ({"stride": 0}, SpecError, "stride .*not 0"),
        ({"output_padding": 1}, SpecError, "output_padding must be less than the stride, but 1"),
        ({"output_padding": -1}, SpecError, "output_padding .*-1"),
        ({"padding": 9}, SpecError, "cuts off all of the output"),
        ({"padding": "some"}, UnknownNameError, "unknown padding 'some'"),
        ({"groups": 0}, SpecError, "groups .*0"),
        ({"groups": 1.5}, SpecError, "groups .*1.5"),
        ({"groups": "2"}, SpecError, "groups .*'2'"),
        ({"groups": 2}, SpecError, "groups=2"),
        ({"border": "refect"}, UnknownNameError, "'reflect'"),
        ({"layout": "NHCW"}, UnknownNameError, "unknown layout"),
        ({"layout": "NHWC"}, SpecError, "channels"),
        ({"activation": "rellu"}, UnknownNameError, "'relu'"),
        ({"bias": [1.0]}, SpecError, r"each of the 2 kernels, but its shape is \(1,\)"),
        ({"out": np.zeros((1, 1))}, SpecError, r"out must be .* \(2, 6, 7\)"),
    ],
    ids=lambda value: str(value)[:30] if isinstance(value, dict) else "",
)
def test_illegal_calls(options: dict[str, Any], error: type[Exception], says: str) -> None:
    """One line each, with what was found."""
    with pytest.raises(error, match=says) as caught:
        conv_transpose2d(np.ones((3, 4, 5)), np.ones((3, 2, 3, 3)), **options)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("shape", [(3, 2, 3), (3,), (4, 2, 3, 3)])
def test_wrong_weights_are_refused(shape: tuple[int, ...]) -> None:
    """The shape is shown in full."""
    with pytest.raises(SpecError, match=str(shape).replace("(", r"\(").replace(")", r"\)")):
        conv_transpose2d(np.ones((3, 4, 5)), np.ones(shape))


def test_spec_without_arrays_gives_the_shape() -> None:
    """The convolution that runs backward says what comes out."""
    spec = transposed_spec((2, 3, 4, 5), (3, 2, 3, 3), stride=2, output_padding=1)
    assert (
        conv_transpose2d(np.ones((2, 3, 4, 5)), np.ones((3, 2, 3, 3)), stride=2, output_padding=1).shape
        == (spec.input_shape)
        == (2, 2, 10, 12)
    )


def test_prepared_weights_serve_any_input() -> None:
    """Of other sizes, types and batches, before and after pickling; the answers are those of the plain call."""
    weight, bias = (generator.standard_normal(shape).astype("f4") for shape in ((3, 2, 4, 3), (2,)))
    options: dict[str, Any] = {"stride": (2, 3), "padding": 1, "activation": "leaky-relu", "layout": "NHWC"}
    transpose = prepare_conv_transpose(weight, bias, **options)
    assert repr(transpose) == "PreparedConvTranspose(weight=(3, 2, 4, 3) float32)"
    for shape, dtype in (((2, 6, 5, 3), "f4"), ((7, 9, 3), "f4"), ((7, 9, 3), "f8"), ((1, 1, 1, 3), "u1")):
        x = (9 * generator.standard_normal(shape)).astype(dtype)
        wanted = conv_transpose2d(x, weight, bias, **options)
        for way in (transpose, transpose, pickle.loads(pickle.dumps(transpose))):
            np.testing.assert_allclose(way(x), wanted, rtol=1e-5, atol=1e-5)
    assert transpose.spec((7, 9, 3)).input_shape == transpose(np.ones((7, 9, 3), "f4")).shape


@pytest.mark.parametrize("shape", [(3,), (4, 2)])
def test_prepared_weights_of_no_size_are_refused(shape: tuple[int, ...]) -> None:
    """Before there is an input."""
    with pytest.raises(SpecError, match=r"n \+ 2 axes"):
        prepare_conv_transpose(np.ones(shape))
