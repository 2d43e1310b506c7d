"""All gradients of a convolution at once: finite differences, PyTorch, and its own parts."""

from typing import Any

import numpy as np
import pytest
import torch

import convolens as cl
from convolens.errors import DTypeError, SpecError, UnknownNameError
from convolens.ops.activations import ACTIVATIONS
from convolens.ops.conv import conv2d
from convolens.ops.conv_gradients import conv1d_grad, conv2d_grad
from convolens.ops.gradients import conv2d_grad_bias, conv2d_grad_input, conv2d_grad_weight
from convolens.runtime.threads import threads
from peers import TORCH_ACTIVATIONS

NAMES: list[Any] = [*ACTIVATIONS, None]
TORCH: dict[Any, Any] = TORCH_ACTIVATIONS | {None: lambda z: z}


def drawn(*shapes: tuple[int, ...], dtype: str = "f8") -> list[Any]:
    """Draw arrays of these shapes."""
    generator = np.random.default_rng(5)
    return [generator.standard_normal(shape).astype(dtype) for shape in shapes]


def forward(x: Any, weight: Any, bias: Any, name: str | None, **options: Any) -> dict[str, Any]:
    """Return what the activation gave, and what it took."""
    return {
        "output": conv2d(x, weight, bias, activation=name, **options),
        "preactivation": conv2d(x, weight, bias, **options),
    }


@pytest.mark.parametrize("name", NAMES)
def test_finite_differences(name: str | None) -> None:
    """Moving one number by h moves the loss by h times its gradient."""
    x, weight, bias, grad = drawn((1, 2, 4, 5), (3, 2, 2, 2), (3,), (1, 3, 3, 4))
    found = conv2d_grad(grad, x, weight, activation=name, **forward(x, weight, bias, name))
    for argument, gradient in zip((x, weight, bias), found, strict=True):
        assert gradient is not None
        for at in np.ndindex(*argument.shape):
            kept, ends = argument[at], []
            for step in (1e-6, -1e-6):
                argument[at] = kept + step
                ends.append(np.vdot(conv2d(x, weight, bias, activation=name), grad))
            argument[at] = kept
            assert (ends[0] - ends[1]) / 2e-6 == pytest.approx(gradient[at], rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize(("layout", "channels"), [("NCHW", 24), ("NHWC", 24), ("NHWC", 37)])
def test_agrees_with_pytorch(name: str | None, dtype: str, layout: str, channels: int) -> None:
    """Large enough to be compiled, where there is a compiler."""
    x, weight, bias, grad = drawn(
        (3, 5, 31, 33), (channels, 5, 3, 3), (channels,), (3, channels, 31, 33), dtype=dtype
    )
    wide = [torch.from_numpy(a.astype("f8")).requires_grad_() for a in (x, weight, bias)]
    sums = torch.nn.functional.conv2d(*wide, padding=1)
    result = TORCH[name](sums)
    result.backward(torch.from_numpy(grad.astype("f8")))

    def laid_out(array: Any) -> Any:
        return np.ascontiguousarray(np.moveaxis(array, 1, -1)) if layout == "NHWC" else array

    given = {"output": result, "preactivation": sums}
    given = {key: laid_out(value.detach().numpy()).astype(dtype) for key, value in given.items()}
    found = conv2d_grad(laid_out(grad), laid_out(x), weight, activation=name, padding=1, layout=layout, **given)
    for gradient, tensor in zip(found, wide, strict=True):
        assert gradient is not None
        assert tensor.grad is not None
        wanted = tensor.grad.numpy()
        wanted = laid_out(wanted) if wanted.shape == x.shape else wanted
        tolerance = np.abs(wanted).max() * (1e-5 if dtype == "f4" else 1e-12)
        assert (gradient.shape, gradient.dtype) == (wanted.shape, np.dtype(dtype))
        np.testing.assert_allclose(gradient, wanted, rtol=0, atol=tolerance)


@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
def test_threads_do_not_change_the_gradients(layout: str) -> None:
    """Bit for bit."""
    shape = (4, 24, 30, 30) if layout == "NCHW" else (4, 30, 30, 24)
    x, weight, grad = drawn(shape, (24, 24, 3, 3), shape, dtype="f4")
    found = []
    for count in (1, 2, 5):
        with threads(count):
            found.append(conv2d_grad(grad, x, weight, activation="relu", output=x, padding=1, layout=layout))
    for others in found[1:]:
        for one, other in zip(found[0], others, strict=True):
            np.testing.assert_array_equal(one, other)


def test_is_its_parts() -> None:
    """Without an activation: the three functions for one gradient each."""
    x, weight, grad = drawn((2, 3, 8, 9), (4, 3, 3, 3), (2, 4, 4, 5))
    found = conv2d_grad(grad, x, weight, stride=2, padding=1, border="reflect")
    options: dict[str, Any] = {"stride": 2, "padding": 1, "border": "reflect"}
    np.testing.assert_array_equal(found.input, conv2d_grad_input(grad, weight, x.shape, **options))
    np.testing.assert_array_equal(found.weight, conv2d_grad_weight(grad, x, weight.shape, **options))
    np.testing.assert_array_equal(found.bias, conv2d_grad_bias(grad))


def test_gives_what_is_needed() -> None:
    """The rest is None, and is not computed; without a batch too."""
    x, weight, grad = drawn((3, 8), (4, 3, 3), (4, 6))
    assert [g is not None for g in conv1d_grad(grad, x, weight, needs="weight")] == [False, True, False]
    found = conv1d_grad(grad, x, weight, needs=("input", "bias"), activation="tanh", output=grad)
    assert found.weight is None
    assert found.input is not None
    assert found.input.shape == x.shape
    np.testing.assert_allclose(found.bias, (grad * (1 - grad**2)).sum(axis=1))


def test_integers_stay_integers() -> None:
    """The derivative of relu is 0 or 1."""
    x, weight, grad = np.array([[1, -2, 3]]), np.array([[[2]]]), np.array([[1, 10, 100]])
    found = conv1d_grad(grad, x, weight, activation="relu", output=np.maximum(2 * x, 0))
    assert [g.tolist() for g in found if g is not None] == [[[2, 0, 200]], [[[301]]], [101]]
    assert all(g is not None and g.dtype == np.int64 for g in found)


@pytest.mark.parametrize("name", NAMES)
def test_no_number_stays_none(name: str | None) -> None:
    """NaN in what flows back stays where it was; infinite sums have the slopes of the function's ends."""
    x, weight = np.zeros((1, 3)), np.ones((1, 1, 1))
    ends = np.array([[-np.inf, np.inf, 0.5]])
    given = {"output": ACTIVATIONS[name](ends) if name else ends, "preactivation": ends}
    found = conv1d_grad([[1.0, 1.0, np.nan]], x, weight, activation=name, needs="input", **given).input
    assert found is not None
    assert np.isnan(found[0, 2])
    flat = {key: [0, 0] for key in ("sigmoid", "tanh", "relu6", "hard-sigmoid")}
    slopes = {"leaky-relu": [0.01, 1], None: [1, 1], **flat}
    np.testing.assert_allclose(found[0, :2], slopes.get(name, [0, 1]), atol=1e-12)


def test_refusals_say_what_is_missing() -> None:
    """What the derivative follows from, the right shape, and names that exist."""
    x, weight, grad = drawn((3, 8), (4, 3, 3), (4, 6))
    with pytest.raises(SpecError, match="follows from output="):
        conv1d_grad(grad, x, weight, activation="relu")
    with pytest.raises(SpecError, match="follows from preactivation="):
        conv1d_grad(grad, x, weight, activation="gelu", output=grad)
    with pytest.raises(SpecError, match="output must have the shape of grad_output"):
        conv1d_grad(grad, x, weight, activation="relu", output=grad[:, 1:])
    with pytest.raises(SpecError, match="grad_output must have the output's shape"):
        conv1d_grad(grad[:, 1:], x, weight)
    with pytest.raises(UnknownNameError, match="weight"):
        conv1d_grad(grad, x, weight, needs=("wait",))
    with pytest.raises(DTypeError, match="needs floats"):
        conv1d_grad(
            grad.astype(int), x.astype(int), weight.astype(int), activation="tanh", output=grad.astype(int)
        )


@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
@pytest.mark.parametrize("size", [224, 509, 512])
def test_bias_gradient_of_equal_numbers_is_exact_enough(size: int, layout: str) -> None:
    """Rounding that goes the same way at every step does not add up."""
    shape = (2, 1, size, size) if layout == "NCHW" else (2, size, size, 1)
    found = cl.conv2d_grad_bias(np.full(shape, 0.1, np.float32), layout=layout)
    np.testing.assert_allclose(found, 2 * size * size * float(np.float32(0.1)), rtol=5e-6)


@pytest.mark.parametrize("activation", ["relu", "relu6", "leaky-relu", "sigmoid", "tanh"])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_none_do_the_same_in_small_and_large_arrays(activation: str, value: float) -> None:
    """Compiled or not, the derivative at NaN and infinity is the same."""
    passed = []
    for size in (16, 512):
        output = np.full((1, 1, size, size), 0.5, np.float32)
        output[0, 0, 5, 5] = value
        one, grad = np.ones((1, 1, 1, 1), np.float32), np.ones_like(output)
        passed.append(cl.conv2d_grad(grad, output, one, activation=activation, output=output).input[0, 0, 5, 5])
    np.testing.assert_equal(passed[1], passed[0])


def test_derivative_follows_from_the_output_as_it_is() -> None:
    """Not as it would be in the gradient's type, in which small numbers may be zero."""
    x, weight = np.float32([[1, 2, 3]]), np.float32([[[2]]])
    whole = cl.conv1d_grad([[1, 2, 3]], x, weight, activation="relu", output=np.float32([[0.5, -2, 3]]))
    np.testing.assert_array_equal(whole.input, [[2, 0, 6]])
    grad, output = np.float32([[1, 2, 3]]), np.array([[1e-60, -2, 3]])
    small = cl.conv1d_grad(grad, x, weight, activation="relu", output=output)
    np.testing.assert_array_equal(small.input, [[2, 0, 6]])
    assert small.input.dtype == np.float32
