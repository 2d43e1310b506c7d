"""What flows backward: the adjoint identity, finite differences, and PyTorch."""

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings

from convolens.errors import DTypeError, SpecError
from convolens.ops import gradients
from convolens.ops.conv import conv1d, conv2d, conv3d
from convolens.ops.transposed import conv_transpose1d, conv_transpose2d, conv_transpose3d
from strategies import Call, calls

CONV = {1: conv1d, 2: conv2d, 3: conv3d}
TRANSPOSE = {1: conv_transpose1d, 2: conv_transpose2d, 3: conv_transpose3d}
generator = np.random.default_rng(0)


def backward(name: str, dims: int) -> Any:
    """Find a gradient function by its name in a number of dimensions."""
    return getattr(gradients, name.format(dims))


def cotangent(shape: tuple[int, ...]) -> Any:
    """Draw the gradient of a loss with respect to an output."""
    return np.random.default_rng(11).standard_normal(shape)


@settings(max_examples=120)
@given(calls(dtypes=("f8",)))
def test_gradients_of_convolution_are_adjoints(call: Call) -> None:
    """⟨conv(x, w) − conv(0, w), g⟩ = ⟨x, to input⟩, ⟨conv(x, w), g⟩ = ⟨w, to weight⟩, and so for the bias."""
    x, weight, options, dims = call.x, call.weight, call.options, call.dims
    result = CONV[dims](x, weight, **options)
    g = cotangent(result.shape)
    outside = CONV[dims](np.zeros_like(x), weight, **options)  # what a constant border adds
    to_input = backward("conv{}d_grad_input", dims)(g, weight, x.shape, **options)
    to_weight = backward("conv{}d_grad_weight", dims)(g, x, weight.shape, **options)
    assert (to_input.shape, to_weight.shape) == (x.shape, weight.shape)
    assert np.vdot(to_input, x) == pytest.approx(np.vdot(result - outside, g), abs=1e-8)
    assert np.vdot(to_weight, weight) == pytest.approx(np.vdot(result, g), abs=1e-8)
    to_bias = backward("conv{}d_grad_bias", dims)(g, layout=options["layout"])
    bias = np.arange(1.0, len(weight) + 1)
    shifted = CONV[dims](x, weight, bias, **options) - result
    assert to_bias @ bias == pytest.approx(np.vdot(shifted, g), abs=1e-8)


@settings(max_examples=120)
@given(calls(dtypes=("f8",)))
def test_gradients_of_transposed_convolution_are_adjoints(call: Call) -> None:
    """The same for the operation that goes the other way; a constant outside adds nothing to it."""
    weight, dims = call.weight, call.dims
    options = call.options | {"padding": 0}
    x = cotangent(CONV[dims](np.zeros(grown(call)), weight, **options).shape)
    result = TRANSPOSE[dims](x, weight, **options)
    g = cotangent(result.shape)
    to_input = backward("conv_transpose{}d_grad_input", dims)(g, weight, **options)
    to_weight = backward("conv_transpose{}d_grad_weight", dims)(g, x, weight.shape, **options)
    assert (to_input.shape, to_weight.shape) == (x.shape, weight.shape)
    assert np.vdot(to_input, x) == pytest.approx(np.vdot(result, g), abs=1e-8)
    assert np.vdot(to_weight, weight) == pytest.approx(np.vdot(result, g), abs=1e-8)


def grown(call: Call) -> tuple[int, ...]:
    """Return the shape of the call's input, large enough to need no padding."""
    last = call.options["layout"] == "channels-last"
    size = [8] * call.dims
    channels = call.weight.shape[1] * call.options["groups"]
    return (*size, channels) if last else (channels, *size)


@pytest.mark.parametrize("padding", ["same", "same-lower", "full", 1, ((0, 2), (1, 0))])
@pytest.mark.parametrize("border", ["constant", 3.0, "edge", "reflect", "symmetric", "wrap"])
@pytest.mark.parametrize("flip", [False, True])
def test_gradients_of_transposed_convolution_with_padding(padding: Any, border: Any, flip: bool) -> None:
    """Every border, the wide pads of "full" and "same" at a stride included."""
    x, weight = generator.standard_normal((2, 4, 5, 4)), generator.standard_normal((4, 3, 3, 2))
    options: dict[str, Any] = {"stride": 2, "padding": padding, "border": border, "flip": flip, "groups": 2}
    result = conv_transpose2d(x, weight, **options)
    g = cotangent(result.shape)
    to_input = gradients.conv_transpose2d_grad_input(g, weight, **options)
    to_weight = gradients.conv_transpose2d_grad_weight(g, x, weight.shape, **options)
    assert to_input.shape == x.shape
    assert np.vdot(to_input, x) == pytest.approx(np.vdot(result, g))
    assert np.vdot(to_weight, weight) == pytest.approx(np.vdot(result, g))


@pytest.mark.parametrize("border", ["constant", 2.5, "edge", "reflect", "symmetric", "wrap"])
@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
def test_gradients_are_finite_differences(border: Any, layout: str) -> None:
    """Moving one number by h moves the loss by h times its gradient, for every number of every argument."""
    options: dict[str, Any] = {
        "stride": (2, 1), "padding": ((2, 1), (3, 0)), "dilation": (1, 2), "groups": 2, "border": border,
        "layout": layout,
    }  # fmt: skip
    x = generator.standard_normal((2, 5, 4, 4) if layout == "NHWC" else (2, 4, 5, 4))
    weight, bias = generator.standard_normal((2, 2, 3, 2)), generator.standard_normal(2)
    g = cotangent(conv2d(x, weight, bias, **options).shape)

    def loss(x: Any, weight: Any, bias: Any) -> float:
        return float(np.vdot(np.tanh(conv2d(x, weight, bias, **options)), g))

    inner = g * (1 - np.tanh(conv2d(x, weight, bias, **options)) ** 2)
    found = (
        gradients.conv2d_grad_input(inner, weight, x.shape, **options),
        gradients.conv2d_grad_weight(inner, x, weight.shape, **options),
        gradients.conv2d_grad_bias(inner, layout=layout),
    )
    for gradient, wanted in zip(found, differences(loss, x, weight, bias), strict=True):
        np.testing.assert_allclose(gradient, wanted, atol=1e-7)


def test_gradients_of_transposed_convolution_are_finite_differences() -> None:
    """With output padding, groups and dilation."""
    options: dict[str, Any] = {
        "stride": 3, "padding": 1, "dilation": 2, "groups": 2, "output_padding": 2, "border": "wrap"
    }  # fmt: skip
    x, weight, bias = (generator.standard_normal(s) for s in ((1, 4, 5), (4, 2, 3), (4,)))
    g = cotangent(conv_transpose1d(x, weight, bias, **options).shape)

    def loss(x: Any, weight: Any, bias: Any) -> float:
        return float(np.vdot(np.tanh(conv_transpose1d(x, weight, bias, **options)), g))

    inner = g * (1 - np.tanh(conv_transpose1d(x, weight, bias, **options)) ** 2)
    found = (
        gradients.conv_transpose1d_grad_input(inner, weight, **options),
        gradients.conv_transpose1d_grad_weight(inner, x, weight.shape, **options),
        gradients.conv1d_grad_bias(inner),
    )
    for gradient, wanted in zip(found, differences(loss, x, weight, bias), strict=True):
        np.testing.assert_allclose(gradient, wanted, atol=1e-7)


def differences(loss: Any, *arguments: Any, step: float = 1e-5) -> list[Any]:
    """Differentiate a loss by central differences, with respect to every number of every argument."""
    found = []
    for argument in arguments:
        gradient = np.empty_like(argument)
        for cell in np.ndindex(argument.shape):
            kept = argument[cell]
            argument[cell] = kept + step
            above = loss(*arguments)
            argument[cell] = kept - step
            gradient[cell] = (above - loss(*arguments)) / (2 * step)
            argument[cell] = kept
        found.append(gradient)
    return found


@pytest.mark.parametrize("dims", [1, 2, 3])
@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize("transposed", [False, True])
def test_agrees_with_torch(dims: int, groups: int, transposed: bool) -> None:
    """PyTorch's own backward pass, with stride, dilation and padding."""
    kind = "conv_transpose" if transposed else "conv"
    options: dict[str, Any] = {"stride": 2, "padding": 1, "dilation": (2, 1, 2)[:dims], "groups": groups}
    x = torch.from_numpy(generator.standard_normal((2, 4, *(7, 6, 5)[:dims]))).requires_grad_()
    shape = (4, 4 // groups, *(3, 2, 3)[:dims])
    weight = torch.from_numpy(generator.standard_normal(shape)).requires_grad_()
    bias = torch.zeros(4, dtype=torch.float64, requires_grad=True)
    result = getattr(torch.nn.functional, f"{kind}{dims}d")(x, weight, bias, **options)
    g = cotangent(tuple(result.shape))
    result.backward(torch.from_numpy(g))
    extra = () if transposed else (x.shape,)
    to_input = backward(kind + "{}d_grad_input", dims)(g, weight.detach().numpy(), *extra, **options)
    to_weight = backward(kind + "{}d_grad_weight", dims)(g, x.detach().numpy(), shape, **options)
    to_bias = backward("conv{}d_grad_bias", dims)(g)
    for found, wanted in ((to_input, x.grad), (to_weight, weight.grad), (to_bias, bias.grad)):
        np.testing.assert_allclose(found, wanted.numpy(), atol=1e-11)


@pytest.mark.parametrize(
    ("x", "other", "result"),
    [("f2", "f2", "f2"), ("f2", "f4", "f4"), ("f4", "f8", "f8"), ("u1", "i2", "i8"), (">f4", "f4", "f4"),
     ("u8", "i8", "i8"), ("?", "?", "i8"), ("u1", "f4", "f4")],
)  # fmt: skip
def test_types(x: str, other: str, result: str) -> None:
    """Gradients have the type of the product of what they are made of; float16 is summed in float32."""
    g, weight = np.ones((2, 4, 4), x), np.ones((2, 3, 2, 2), other)
    image = np.ones((3, 5, 5), other)
    assert gradients.conv2d_grad_input(g, weight, (3, 5, 5)).dtype == np.dtype(result)
    assert gradients.conv2d_grad_weight(g, image, (2, 3, 2, 2)).dtype == np.dtype(result)
    assert gradients.conv_transpose2d_grad_input(g, np.ones((5, 2, 2, 2), other)).dtype == np.dtype(result)
    own = np.dtype(x).newbyteorder("=") if np.dtype(x).kind == "f" else np.dtype(np.int64)
    assert gradients.conv2d_grad_bias(g).dtype == own


def test_float16_is_summed_in_float32() -> None:
    """Four thousand ones: float16 would stop at 2048."""
    g = np.ones((1, 1, 4096), np.float16)
    assert gradients.conv1d_grad_bias(g).tolist() == [4096]
    assert gradients.conv1d_grad_weight(g, g, (1, 1, 1)).tolist() == [[[4096]]]


def test_integers_are_exact() -> None:
    """uint64 is not turned into floats on the way."""
    large = np.array([[2**62 + 1]], np.uint64)
    assert gradients.conv1d_grad_bias(large).tolist() == [2**62 + 1]
    assert gradients.conv1d_grad_weight([[1]], large, (1, 1, 1)).tolist() == [[[2**62 + 1]]]
    assert gradients.conv1d_grad_input(large, [[[1]]], (1, 1)).tolist() == [[2**62 + 1]]
    assert gradients.conv_transpose1d_grad_input(large, [[[1]]]).tolist() == [[2**62 + 1]]


@pytest.mark.parametrize(
    "call",
    [
        lambda g: gradients.conv1d_grad_bias(g),
        lambda g: gradients.conv1d_grad_input(g, [[[1, 1]]], (1, 3)),
        lambda g: gradients.conv1d_grad_weight(np.ones((1, 2), int), g, (1, 1, 1)),
        lambda g: gradients.conv_transpose1d_grad_weight(np.ones((1, 3), int), g, (1, 1, 2)),
        lambda g: gradients.conv_transpose1d_grad_input(g, [[[1, 1]]]),
    ],
    ids=["bias", "input", "weight", "transposed weight", "transposed input"],
)
def test_sums_that_could_pass_int64_are_refused(call: Any) -> None:
    """Nothing wraps silently on the way back either."""
    with pytest.raises(SpecError, match="could pass the range of int64"):
        call(np.array([[2**62, 2**62]]))


def test_out() -> None:
    """Gradients with respect to inputs go where they are asked."""
    g, weight = generator.standard_normal((2, 4, 4)), generator.standard_normal((2, 3, 2, 2))
    out = np.empty((3, 5, 5))
    assert gradients.conv2d_grad_input(g, weight, (3, 5, 5), out=out) is out
    np.testing.assert_array_equal(out, gradients.conv2d_grad_input(g, weight, (3, 5, 5)))
    with pytest.raises(SpecError, match=r"out must be .*\(3, 5, 5\)"):
        gradients.conv2d_grad_input(g, weight, (3, 5, 5), out=out[1:])


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", "u1"])
def test_out_of_gradients_of_weights_and_bias(dtype: str) -> None:
    """These go where they are asked too, rounded to the result's type."""
    g, x = (np.arange(n).reshape(shape).astype(dtype) for n, shape in ((32, (2, 4, 4)), (75, (3, 5, 5))))
    result = np.dtype("i8" if dtype == "u1" else dtype)
    for call in (
        lambda **out: gradients.conv2d_grad_weight(g, x, (2, 3, 2, 2), **out),
        lambda **out: gradients.conv_transpose2d_grad_weight(x, g, (2, 3, 2, 2), **out),
        lambda **out: gradients.conv2d_grad_bias(g, **out),
    ):
        wanted = call()
        out = np.empty(wanted.shape, result)
        assert call(out=out) is out
        np.testing.assert_array_equal(out, wanted)
        with pytest.raises(SpecError, match="out must be a writeable array"):
            call(out=out[:1])


def test_empty_batch() -> None:
    """No items: zeros for the weights, nothing for the input."""
    g, x = np.ones((0, 2, 4, 4)), np.ones((0, 3, 5, 5))
    assert gradients.conv2d_grad_input(g, np.ones((2, 3, 2, 2)), x.shape).shape == x.shape
    assert not gradients.conv2d_grad_weight(g, x, (2, 3, 2, 2)).any()
    assert gradients.conv2d_grad_bias(g).tolist() == [0, 0]


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda g, x, w: gradients.conv2d_grad_input(g[:, 1:], w, x.shape), r"\(2, 4, 4\).* \(2, 3, 4\)"),
        (lambda g, x, w: gradients.conv2d_grad_input(g, w[0], x.shape), r"4 axes, .*\(3, 2, 2\)"),
        (lambda g, x, w: gradients.conv2d_grad_input(g, w, x.shape[1:]), r"\(5, 5\)"),
        (lambda g, x, w: gradients.conv2d_grad_input(g, w, 5), "shape"),
        (lambda g, x, w: gradients.conv2d_grad_input(g, w, (3, 5.0, 5)), r"5\.0"),
        (lambda g, x, w: gradients.conv2d_grad_weight(g, x, w.shape[1:]), r"4 axes, .*\(3, 2, 2\)"),
        (lambda g, x, w: gradients.conv2d_grad_weight(g, x, 4), "shape"),
        (lambda g, x, w: gradients.conv2d_grad_weight(g[:1], x, w.shape), r"\(2, 4, 4\).* \(1, 4, 4\)"),
        (lambda g, x, w: gradients.conv2d_grad_weight(g, x, w.shape, stride=2), r"\(2, 2, 2\).* \(2, 4, 4\)"),
        (lambda g, x, w: gradients.conv2d_grad_bias(g[0]), r"3 or 4 axes, .*\(4, 4\)"),
        (lambda g, x, w: gradients.conv_transpose2d_grad_input(g, w[0]), r"4 axes, .*\(3, 2, 2\)"),
        (lambda g, x, w: gradients.conv_transpose2d_grad_input(g, [[1], [1, 2]]), "rectangular"),
        (lambda g, x, w: gradients.conv_transpose2d_grad_weight(g, g, (2, 3, 2, 2)), r"\(3, 5, 5\).* \(2, 4, 4\)"),
    ],
)
def test_shapes_that_do_not_fit_are_refused(call: Any, says: str) -> None:
    """What was wanted and what came, in full."""
    with pytest.raises(SpecError, match=says) as caught:
        call(np.ones((2, 4, 4)), np.ones((3, 5, 5)), np.ones((2, 3, 2, 2)))
    assert type(caught.value) is SpecError


def test_arrays_that_are_not_of_numbers_are_refused() -> None:
    """Each by its own name."""
    with pytest.raises(DTypeError, match="grad_output has dtype complex128"):
        gradients.conv1d_grad_bias([[1j]])
    with pytest.raises(DTypeError, match="input has dtype object"):
        gradients.conv1d_grad_weight([[1]], [[None]], (1, 1, 1))


@pytest.mark.parametrize("wild", [np.nan, np.inf])
def test_numbers_that_are_not_finite_stay_in_their_taps(wild: float) -> None:
    """A wild number that one tap alone meets reaches that tap, whatever algorithm serves tame ones."""
    x, grad = np.ones((8, 32, 28, 28), "f4"), np.ones((8, 32, 28, 28), "f4")
    x[0, 3, 0, 0] = wild
    with np.errstate(invalid="ignore"):
        found = gradients.conv2d_grad_weight(grad, x, (32, 32, 3, 3), padding=1)
    reached = ~np.isfinite(found)
    assert reached[:, 3, :2, :2].all()
    assert reached.sum() == 32 * 4
