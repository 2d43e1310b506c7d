"""What small shifts of an image do to its map once a stride has thinned it out, and how to measure it."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Method = Literal["subsample", "max", "average", "blur", "max-blur"]
Measure = Literal["distance", "changed", "moved"]
Entering = Literal["zeros", "wrap"]
Feature = Literal["none", "sobel-x", "sobel-y"]

Array = npt.NDArray[Any]
BINOMIAL = np.array([1, 2, 1]) / 4
"""The blur before a stride, by axis: R. Zhang, Making convolutional networks shift-invariant again (2019)."""

SAME = 1e-9
"""Cells that differ by less, beside the largest of them, count as equal."""


def shifted(image: Array, shift: Sequence[int], entering: Entering) -> Array:
    """Move an image by whole cells; what leaves it comes in again on the other side, or zeros come in."""
    if entering == "wrap":
        return np.roll(image, tuple(shift), axis=tuple(range(image.ndim)))
    moved = np.zeros_like(image)
    sides = [(max(-cells, 0), max(cells, 0)) for cells in shift]
    pairs = [(size - sum(side), side) for size, side in zip(image.shape, sides, strict=True)]
    if min(left for left, _ in pairs) > 0:
        source = tuple(slice(before, before + left) for left, (before, _) in pairs)
        moved[tuple(slice(after, after + left) for left, (_, after) in pairs)] = image[source]
    return moved


def feature_map(image: Array, feature: Feature, entering: Entering) -> Array:
    """Correlate with an edge kernel at every cell and cut negative sums to 0; or leave the image as it is."""
    if feature == "none":
        return image
    weight = np.array([-1, 0, 1])
    if image.ndim == 2:
        weight = np.outer([1, 2, 1], weight) if feature == "sobel-x" else np.outer(weight, [1, 2, 1])
    return np.maximum(_convolved(image, weight, 1, entering), 0)


def thinned(
    features: Array, method: Method, window: Sequence[int], stride: Sequence[int], entering: Entering
) -> Array:
    """
    Do something at every cell, and keep every ``stride``-th of the results.

    Windows begin at the cell that they stand for and reach over the end, where zeros lie, or the beginning again;
    so ``method`` alone goes along with every shift, and only the stride does not.
    """
    import convolens as cl

    if method == "subsample":
        return features[tuple(slice(None, None, step) for step in stride)]
    if method == "blur":
        return _convolved(features, _blur(features.ndim), stride, entering)
    kind = "avg" if method == "average" else "max"
    options: dict[str, Any] = {
        "stride": 1 if method == "max-blur" else tuple(stride),
        "padding": tuple((0, cells - 1) for cells in window),
        "border": _border(entering),
    }
    pool = getattr(cl, f"{kind}_pool{features.ndim}d")
    found: Array = pool(features[np.newaxis], tuple(window), **options)[0]
    return found if method != "max-blur" else _convolved(found, _blur(features.ndim), stride, entering)


def apart(measure: Measure, before: Array, after: Array, moved: Sequence[float], entering: Entering) -> float:
    r"""
    Say how far two maps are apart: 0 where they are alike.

    "distance" is :math:`\|a - b\|^2 / (\|a\|^2 + \|b\|^2)`, 1 for maps that have nothing in common; "changed" the
    share of cells that differ; "moved" the distance to the map before, moved along: by whole cells on either side
    of ``moved``, as many cells of the map as the input was moved by.
    """
    if measure == "changed":
        most = max(np.abs(before).max(), np.abs(after).max())
        return float(np.mean(np.abs(before - after) > SAME * most))
    if measure == "distance":
        return _distance(before, after)
    moves = itertools.product(*([int(np.floor(m)), int(np.ceil(m))] for m in moved))
    return min(_distance(shifted(before, move, entering), after) for move in moves)


def _distance(one: Array, other: Array) -> float:
    whole = np.sum(one.astype(float) ** 2) + np.sum(other.astype(float) ** 2)
    return float(np.sum((one - other).astype(float) ** 2) / whole) if whole else 0.0


def _border(entering: Entering) -> str | int:
    return "wrap" if entering == "wrap" else 0


def _blur(dims: int) -> Array:
    return BINOMIAL if dims == 1 else np.outer(BINOMIAL, BINOMIAL)


def _convolved(image: Array, weight: Array, stride: int | Sequence[int], entering: Entering) -> Array:
    import convolens as cl

    run = getattr(cl, f"conv{image.ndim}d")
    steps = stride if isinstance(stride, int) else tuple(stride)
    options: dict[str, Any] = {"padding": 1, "stride": steps, "border": _border(entering)}
    x = image.astype(np.result_type(image, weight))
    found: Array = run(x[np.newaxis], weight[np.newaxis, np.newaxis], **options)[0]
    return found
