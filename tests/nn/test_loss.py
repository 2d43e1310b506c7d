"""Losses against PyTorch's, and their gradients against small steps."""

from typing import Any

import numpy as np
import pytest

from convolens.errors import SpecError
from convolens.nn import BinaryCrossEntropy, CrossEntropy, Dice, Loss, MeanAbsolute, MeanSquares

random = np.random.default_rng(0)
SCORES, CLASSES = random.normal(size=(6, 5)) * 4, random.integers(0, 5, 6)
MAPS, MAP_CLASSES = random.normal(size=(2, 3, 4, 5)), random.integers(0, 3, (2, 4, 5))
MASKS = (random.random((2, 3, 4, 5)) < 0.4).astype(float)

CASES: list[tuple[Loss, Any, Any, str, dict[str, Any]]] = [
    (CrossEntropy(), SCORES, CLASSES, "cross_entropy", {}),
    (CrossEntropy(0.1), SCORES, CLASSES, "cross_entropy", {"label_smoothing": 0.1}),
    (CrossEntropy(), MAPS, MAP_CLASSES, "cross_entropy", {}),
    (BinaryCrossEntropy(), MAPS * 50, MASKS, "binary_cross_entropy_with_logits", {}),
    (MeanSquares(), MAPS, MASKS, "mse_loss", {}),
    (MeanAbsolute(), MAPS, MASKS, "l1_loss", {}),
]


@pytest.mark.parametrize(
    ("loss", "prediction", "target", "name", "options"), CASES, ids=lambda case: str(case)[:30]
)
def test_losses_are_pytorchs(loss: Loss, prediction: Any, target: Any, name: str, options: dict[str, Any]) -> None:
    """Value and gradient are those of PyTorch's function."""
    torch = pytest.importorskip("torch")
    given = torch.tensor(prediction, requires_grad=True)
    wanted = getattr(torch.nn.functional, name)(given, torch.tensor(target), **options)
    wanted.backward()
    value, gradient = loss(prediction, target)
    assert value == pytest.approx(wanted.item(), rel=1e-12)
    np.testing.assert_allclose(gradient, given.grad.numpy(), rtol=1e-9, atol=1e-15)


def test_dice() -> None:
    """Two equal masks lose nothing, two apart nearly all; the gradient is what small steps show."""
    assert Dice()(MASKS, MASKS)[0] == pytest.approx(0)
    assert Dice()(MASKS, 1 - MASKS)[0] > 0.9
    prediction, towards = random.random(MASKS.shape), random.normal(size=MASKS.shape) * 1e-6
    _, gradient = Dice()(prediction, MASKS)
    sides = Dice()(prediction + towards, MASKS)[0] - Dice()(prediction - towards, MASKS)[0]
    assert (gradient * towards).sum() == pytest.approx(sides / 2, rel=1e-6)


def test_large_scores_do_not_overflow() -> None:
    """Scores of a thousand, in float32, have a finite loss and gradient of their type."""
    scores = np.float32([[1000, -1000], [-1000, 1000]])
    for loss, target in ((CrossEntropy(), np.array([1, 1])), (BinaryCrossEntropy(), np.float32([[0, 1], [0, 1]]))):
        value, gradient = loss(scores, target)
        assert np.isfinite(value)
        assert np.isfinite(gradient).all()
        assert gradient.dtype == np.float32


def test_targets_that_do_not_fit() -> None:
    """Class numbers out of range or of another shape, and masks of another shape, are refused."""
    for target in (CLASSES + 5, CLASSES - 5, CLASSES[:3], CLASSES.astype(float)):
        with pytest.raises(SpecError, match="class numbers"):
            CrossEntropy()(SCORES, target)
    with pytest.raises(SpecError, match="shape"):
        MeanSquares()(MAPS, MASKS[:1])
