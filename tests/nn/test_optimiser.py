"""Optimisers against PyTorch's, schedules, and clipping."""

from typing import Any

import numpy as np
import pytest

from convolens.errors import SpecError
from convolens.nn import SGD, AdamW, Constant, Cosine, Optimiser, Steps, clip_gradients
from convolens.nn.optimiser import LEAST

CASES: list[tuple[Optimiser, str, dict[str, Any]]] = [
    (SGD(0.1, momentum=0), "SGD", {"lr": 0.1}),
    (SGD(0.1), "SGD", {"lr": 0.1, "momentum": 0.9}),
    (
        SGD(0.1, nesterov=True, decay=0.01),
        "SGD",
        {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.01},
    ),
    (AdamW(0.1), "AdamW", {"lr": 0.1, "weight_decay": 0.01}),
    (AdamW(0.1, betas=(0.8, 0.9), decay=0), "AdamW", {"lr": 0.1, "betas": (0.8, 0.9), "weight_decay": 0}),
]


@pytest.mark.parametrize(("optimiser", "name", "options"), CASES, ids=str)
def test_steps_are_pytorchs(optimiser: Optimiser, name: str, options: dict[str, Any]) -> None:
    """Five steps lead where PyTorch's lead, large arrays too; vectors, such as biases, do not decay."""
    torch = pytest.importorskip("torch")
    random = np.random.default_rng(0)
    sizes = {"matrix": (4, 3), "large matrix": (131, 130), "vector": 5, "large vector": LEAST + 1}
    start = {key: random.normal(size=size) for key, size in sizes.items()}
    mine = {key: array.copy() for key, array in start.items()}
    theirs = {key: torch.tensor(array, requires_grad=True) for key, array in start.items()}
    groups = [
        {"params": [theirs[key] for key in sizes if "matrix" in key]},
        {"params": [theirs[key] for key in sizes if "vector" in key], "weight_decay": 0},
    ]
    other = getattr(torch.optim, name)(groups, **options)
    for _ in range(5):
        gradients = {key: random.normal(size=array.shape) for key, array in start.items()}
        for key, tensor in theirs.items():
            tensor.grad = torch.tensor(gradients[key])
        other.step()
        optimiser.step(mine, gradients)
    for key, array in mine.items():
        np.testing.assert_allclose(array, theirs[key].detach().numpy(), rtol=1e-10, atol=1e-14)


def test_a_rate_of_nothing_changes_nothing() -> None:
    """The rate that a step is given counts, also 0."""
    weights = {"a": np.ones((2, 2))}
    SGD(0.1).step(weights, {"a": np.ones((2, 2))}, 0.0)
    np.testing.assert_array_equal(weights["a"], np.ones((2, 2)))


@pytest.mark.parametrize("count", [1, LEAST])
def test_gradients_of_other_shapes(count: int) -> None:
    """A gradient that is larger than the weights, or turned, is refused, before anything is changed."""
    for shape in ((4, count), (2, 2 * count), (count, 2), (1, count)):
        weights, optimiser = {"a": np.ones(3), "b": np.ones((2, count))}, SGD(0.1)
        with pytest.raises(SpecError, match="the gradient of 'b' is"):
            optimiser.step(weights, {"a": np.ones(3), "b": np.ones(shape)})
        assert (weights["a"] == 1).all()
        assert optimiser.steps == 0


@pytest.mark.parametrize("size", [2, LEAST])
def test_arrays_that_may_not_be_written(size: int) -> None:
    """Weights that are read-only stay as they are, few or many."""
    weight = np.ones(size)
    weight.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        SGD(0.1).step({"a": weight}, {"a": np.ones(size)})
    assert (weight == 1).all()


def test_clipping() -> None:
    """Gradients that are too long together become as long as is allowed; short ones stay."""
    gradients = {"a": np.full(9, 2.0), "b": np.full(16, 2.0)}
    assert clip_gradients(gradients, 5) == pytest.approx(10)
    np.testing.assert_allclose(gradients["a"], 1)
    assert clip_gradients(gradients, 5.1) == pytest.approx(5)
    np.testing.assert_allclose(gradients["b"], 1)


def test_lengths_of_large_gradients() -> None:
    """Summed in float32 where that can be, to its precision; in float64 where squares overflow."""
    random = np.random.default_rng(0)
    for scale in (1e-3, 1e25):
        gradient = (scale * random.normal(size=(70, 101))).astype(np.float32)
        wanted = np.linalg.norm(gradient.astype(np.float64))
        assert clip_gradients({"a": gradient}, np.inf) == pytest.approx(wanted, rel=1e-6)


def test_schedules() -> None:
    """Rates rise evenly, then stay, fall at some places, or along half a turn to nearly nothing."""
    assert [Constant(warm_up=0.5)(step, 4) for step in range(4)] == pytest.approx([1 / 3, 2 / 3, 1, 1])
    assert [Steps(at=(0.5,), factor=0.2)(step, 4) for step in range(4)] == [1, 1, 0.2, 0.2]
    falling = [Cosine()(step, 100) for step in range(100)]
    assert falling[0] == 1
    assert falling == sorted(falling, reverse=True)
    assert falling[-1] < 0.001
    with pytest.raises(SpecError, match="share"):
        Cosine(warm_up=1)
