"""Layers that make one number of all along some axes: sums, norms, extremes, and where these are."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np

from convolens.errors import SpecError
from convolens.nn.layer import Gradients, Layer, Shape, Training, Weights, describe, one
from convolens.ops.arrays import Array, quietly
from convolens.spec.receptive import Reach

Axes = tuple[int, ...]
Take = Literal["mean", "sum", "max", "min", "l1", "l2", "squares", "log-sum-exp"]


@dataclass(frozen=True)
class Reduction:
    """
    A function of many numbers.

    Attributes
    ----------
    value : callable
        The function of an array and the axes, which stay with one cell each.
    slope : callable
        Its derivatives, a function of what was given, what came out, and the axes.
    """

    value: Callable[[Array, Axes], Array]
    slope: Callable[[Array, Array, Axes], Any]


def _is_extreme(x: Array, y: Array, axes: Axes) -> Array:
    """Share what flows among all that are the extreme."""
    found = x == y
    return np.asarray(found / found.sum(axes, keepdims=True))


def _log_sum_exp(x: Array, axes: Axes) -> Array:
    largest = x.max(axes, keepdims=True)
    largest[~np.isfinite(largest)] = 0
    with np.errstate(divide="ignore"):  # nothing but minus infinity
        return np.asarray(largest + np.log(np.exp(x - largest).sum(axes, keepdims=True)))


REDUCTIONS: dict[str, Reduction] = {
    "mean": Reduction(lambda x, axes: x.mean(axes, keepdims=True), lambda x, y, axes: y.size / x.size),
    "sum": Reduction(lambda x, axes: x.sum(axes, keepdims=True), lambda x, y, axes: 1),
    "max": Reduction(lambda x, axes: x.max(axes, keepdims=True), _is_extreme),
    "min": Reduction(lambda x, axes: x.min(axes, keepdims=True), _is_extreme),
    "l1": Reduction(lambda x, axes: np.abs(x).sum(axes, keepdims=True), lambda x, y, axes: np.sign(x)),
    "l2": Reduction(
        lambda x, axes: np.sqrt(np.square(x).sum(axes, keepdims=True)),
        lambda x, y, axes: x / np.where(y > 0, y, 1),
    ),
    "squares": Reduction(lambda x, axes: np.square(x).sum(axes, keepdims=True), lambda x, y, axes: 2 * x),
    "log-sum-exp": Reduction(_log_sum_exp, lambda x, y, axes: np.exp(x - y)),
}


@dataclass(frozen=True)
class Reduce(Layer):
    """
    One number in place of all along some axes.

    Parameters
    ----------
    take : {"mean", "sum", "max", "min", "l1", "l2", "squares", "log-sum-exp"}
        Which: the sum of magnitudes is l1, the root of the sum of squares l2, that sum itself squares.
    axes : tuple of int
        Along which; 1 is that of the channels.
    keep : bool, default True
        Whether they stay, with one cell each.

    Examples
    --------
    >>> Reduce("l2", (1,)).forward({}, np.array([[3.0, 4.0]]))[0].tolist()
    [[5.0]]
    """

    take: Take
    axes: tuple[int, ...]
    keep: bool = True

    def __post_init__(self) -> None:
        if self.take not in REDUCTIONS or not self.axes or min(self.axes) < 1:
            raise SpecError(f"{self} must take one of {', '.join(get_args(Take))} along axes from 1 on")

    def output_shape(self, *shapes: Shape) -> Shape:
        """Give the shape without those axes, or with one cell along each."""
        shape = one(shapes, self.kind)
        if max(self.axes) > len(shape) or (not self.keep and len(self.axes) == len(shape)):
            raise SpecError(f"{self} leaves no axis of the batch and {describe(shape)}")
        return _without(shape, self.axes, keep=self.keep)

    def reach(self, *shapes: Shape) -> tuple[Reach, ...] | None:
        """Give the cell alone where the channels are summed up; else everything."""
        return None if self.axes == (1,) and self.keep else ()

    @quietly
    def forward(self, weights: Weights, *inputs: Array, training: Training | None = None) -> tuple[Array, Any]:
        """Sum up."""
        (x,) = inputs
        result = REDUCTIONS[self.take].value(x, self.axes)
        shape = _without(x.shape[1:], self.axes, keep=self.keep)
        return result.reshape(len(x), *shape), (x, result)

    @quietly
    def backward(self, weights: Weights, saved: Any, grad: Array, *, needs_input: bool = True) -> Gradients:
        """Give each number's gradient to all that it came from, as much as they say in it."""
        x, result = saved
        back = grad.reshape(result.shape) * REDUCTIONS[self.take].slope(x, result, self.axes)
        return Gradients((np.broadcast_to(back, x.shape),), {})


@dataclass(frozen=True)
class IndexOf(Layer):
    """
    Where the largest number along an axis is, or the smallest; counted from 0, and a float as all numbers here.

    Parameters
    ----------
    take : {"max", "min"}
        Which is looked for.
    axis : int, default 1
        Along which; 1 is that of the channels.
    keep : bool, default True
        Whether it stays, with one cell.
    last : bool, default False
        Whether the last counts where there are several, in place of the first.

    Examples
    --------
    >>> IndexOf("max").forward({}, np.array([[0.1, 0.7, 0.2]]))[0].tolist()
    [[1.0]]
    """

    take: Literal["max", "min"]
    axis: int = 1
    keep: bool = True
    last: bool = False

    def __post_init__(self) -> None:
        if self.take not in ("max", "min"):
            raise SpecError(f"{self} must look for the max or the min")

    def output_shape(self, *shapes: Shape) -> Shape:
        """Give the shape without the axis, or with one cell along it."""
        shape = one(shapes, self.kind)
        if not 1 <= self.axis <= len(shape) or (not self.keep and len(shape) == 1):
            raise SpecError(f"{self} leaves no axis of the batch and {describe(shape)}")
        return _without(shape, (self.axis,), keep=self.keep)

    def reach(self, *shapes: Shape) -> tuple[Reach, ...] | None:
        """Give the cell alone where channels are compared; else everything."""
        return None if self.axis == 1 and self.keep else ()

    def forward(self, weights: Weights, *inputs: Array, training: Training | None = None) -> tuple[Array, Any]:
        """Look for it."""
        (x,) = inputs
        find = np.argmax if self.take == "max" else np.argmin
        places = find(np.flip(x, self.axis) if self.last else x, self.axis, keepdims=self.keep)
        if self.last:
            places = x.shape[self.axis] - 1 - places
        return np.asarray(places, x.dtype), x

    def backward(self, weights: Weights, saved: Any, grad: Array, *, needs_input: bool = True) -> Gradients:
        """Give 0: a place does not move with small steps of the numbers."""
        return Gradients((np.zeros_like(saved),), {})


def _without(shape: Shape, axes: Axes, *, keep: bool) -> Shape:
    """
    Write the shape of an item that has one cell along some axes, or these no more.

    >>> _without((3, 4, 5), (1, 3), keep=True), _without((3, 4, 5), (1, 3), keep=False)
    ((1, 4, 1), (4,))
    """
    sizes = ((axis, 1 if axis in axes else size) for axis, size in enumerate(shape, 1))
    return tuple(size for axis, size in sizes if keep or axis not in axes)
