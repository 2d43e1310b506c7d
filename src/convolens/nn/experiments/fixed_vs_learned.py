"""Sobel and Laplacian as a first layer that does not learn, against one that does."""

from typing import Any

import numpy as np

from convolens.kernels import kernels
from convolens.nn.experiments.trial import Experiment, Outcome, Trial, compared, groups, panels, spread
from convolens.ops.arrays import Array

BY_HAND = ("sobel-x", "sobel-y", "laplacian-4")
TEXT = "conv {count},k3,same relu max 2 conv 16,k3,same relu flatten dense {classes}"
SHARES = (0.1, 1.0)  # of the items to learn from


def by_hand(channels: int) -> Array:
    """
    Stack the kernels, each with both signs, since what follows drops what is negative; as long as drawn ones are.

    >>> by_hand(1).shape
    (6, 1, 3, 3)
    """
    found = [sign * kernels[name].weights for name in BY_HAND for sign in (1, -1)]
    length = np.sqrt(2)  # of a kernel drawn by He's scheme, on average
    planes = [kernel / np.linalg.norm(kernel) * length / np.sqrt(channels) for kernel in found]
    return np.repeat(np.stack(planes)[:, None], channels, axis=1).astype(np.float32)


def run(trial: Trial) -> Outcome:
    """Train four networks that differ in their first layer alone, on few and on more items."""
    first = by_hand(trial.data.inputs.shape[1])
    text = TEXT.format(count=len(first), classes=trial.classes)
    variants: dict[str, dict[str, Any]] = {
        "by hand, frozen": {"first": first, "frozen": "conv1"},
        "drawn, frozen": {"frozen": "conv1"},
        "by hand, then learned": {"first": first},
        "learned": {},
    }
    most = trial.parts(0).counts["training"]
    items = [max(2 * trial.classes, round(share * most)) for share in SHARES]
    found = {
        name: {f"{count} items": trial.accuracies(text, items=count, **options) for count in items}
        for name, options in variants.items()
    }
    figure, (axis,) = panels(1, 8)
    groups(axis, found)
    axis.set(ylabel="test accuracy, %", title="First layer: Sobel and Laplacian, or learned")
    few, most_of = ([list(every.values())[at] for every in found.values()] for at in (0, -1))
    return Outcome(
        "What do hand-made kernels reach as a first layer?",
        ("first layer", *(f"{count} items" for count in items)),
        tuple((name, *map(spread, every.values())) for name, every in found.items()),
        (
            f"{len(first)} kernels of 3 × 3: {', '.join(BY_HAND)}, each with both signs. {trial.conditions}",
            f"With {items[-1]} items, {compared('learned', most_of[3], 'by hand and frozen', most_of[0])}; "
            f"{compared('by hand and frozen', most_of[0], 'drawn and frozen', most_of[1])}.",
            f"With {items[0]} items, {compared('learned', few[3], 'by hand and frozen', few[0])}; "
            f"{compared('by hand and frozen', few[0], 'drawn and frozen', few[1])}.",
            "Frozen kernels drawn at random are there to show how much of it the layers behind can make good.",
        ),
        {"network": text, "items": items, "kernels": BY_HAND, "test_accuracy": found},
        figure,
    )


FIXED_VS_LEARNED = Experiment(
    "fixed-vs-learned",
    "hand-made Sobel and Laplacian kernels, frozen as the first layer, against learned ones",
    run,
)
