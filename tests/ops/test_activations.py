"""Activation functions, against PyTorch and their definitions."""

import numpy as np
import pytest
import torch

from convolens.errors import DTypeError, UnknownNameError
from convolens.ops.activations import ACTIVATIONS, activate, check_activation, find_activation
from convolens.ops.conv import conv2d
from peers import TORCH_ACTIVATIONS


@pytest.mark.parametrize("name", ACTIVATIONS)
@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_agrees_with_torch(name: str, dtype: str) -> None:
    """In place, over the range where each does something."""
    y = np.concatenate([np.linspace(-8, 8, 321), [-100, 0, 100]]).astype(dtype)
    wanted = TORCH_ACTIVATIONS[name](torch.from_numpy(y.astype("f8"))).numpy()
    activate(y, name)
    np.testing.assert_allclose(y, wanted, rtol=20 * np.finfo(dtype).eps, atol=4 * np.finfo(dtype).eps)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_nan_stays_nan(name: str) -> None:
    """An activation hides nothing."""
    y = np.array([np.nan])
    activate(y, name)
    assert np.isnan(y).all()


def test_names_are_found_in_any_spelling() -> None:
    """Capitals, underscores, spaces; None is none."""
    assert find_activation(" Leaky_ReLU ") == "leaky-relu"
    assert find_activation(None) is None


@pytest.mark.parametrize(("name", "near"), [("rellu", "relu"), ("sigmoide", "sigmoid"), (3, "Known: relu")])
def test_unknown_names_offer_the_nearest(name: str, near: str) -> None:
    """The message lists what there is."""
    with pytest.raises(UnknownNameError, match=near):
        find_activation(name)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_integers_stay_integers_or_are_refused(name: str) -> None:
    """Relu and relu6 of integers are integers; the others would be rounded."""
    y = np.array([-3, 4, 9])
    if name in ("relu", "relu6"):
        activate(y, name)
        assert y.tolist() == ([0, 4, 9] if name == "relu" else [0, 4, 6])
    else:
        with pytest.raises(DTypeError, match=f"'{name}' needs floats, but the result is int64"):
            check_activation(name, y.dtype)
        with pytest.raises(DTypeError):
            activate(y, name)
        assert y.tolist() == [-3, 4, 9]


@pytest.mark.parametrize("name", [None, *ACTIVATIONS])
@pytest.mark.parametrize("dtype", ["f2", "f4"])
def test_follows_the_bias(name: str | None, dtype: str) -> None:
    """A convolution adds the bias, then activates, then rounds to its type."""
    generator = np.random.default_rng(0)
    x, weight, bias = (generator.standard_normal(s).astype(dtype) for s in ((2, 6, 6), (3, 2, 3, 3), (3,)))
    wanted = conv2d(*(a.astype("f4") for a in (x, weight, bias)), algorithm="direct")
    activate(wanted, name)
    result = conv2d(x, weight, bias, activation=name, algorithm="direct")
    assert result.dtype == np.dtype(dtype)
    np.testing.assert_array_equal(result, wanted.astype(dtype))


@pytest.mark.parametrize(
    ("name", "below", "above"),
    [("relu", 0, np.inf), ("relu6", 0, 6), ("leaky-relu", -np.inf, np.inf), ("sigmoid", 0, 1), ("tanh", -1, 1),
     ("silu", 0, np.inf), ("gelu", 0, np.inf), ("hard-sigmoid", 0, 1), ("hard-swish", 0, np.inf)],
)  # fmt: skip
def test_infinity_gives_the_limit(name: str, below: float, above: float) -> None:
    """Also where the formula says ∞ · 0."""
    y = np.array([-np.inf, np.inf])
    activate(y, name)
    assert y.tolist() == [below, above]
