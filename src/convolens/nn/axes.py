"""Layers that turn, part and repeat the axes of a map."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from convolens.errors import SpecError
from convolens.nn.layer import Gradients, Layer, Shape, Training, Weights, describe, one
from convolens.ops.arrays import Array
from convolens.spec.receptive import Reach


@dataclass(frozen=True)
class Transpose(Layer):
    """
    The axes in another order; the batch stays first.

    Parameters
    ----------
    axes : tuple of int
        Where each axis of the output comes from, 1 being the channels; (2, 3, 1) puts them last.
    """

    axes: tuple[int, ...]

    def __post_init__(self) -> None:
        if sorted(self.axes) != list(range(1, len(self.axes) + 1)):
            raise SpecError(f"a transpose names the axes 1 to {len(self.axes)}, each once, not {self.axes}")

    def output_shape(self, *shapes: Shape) -> Shape:
        """Give the sizes in their new order."""
        shape = one(shapes, self.kind)
        if len(shape) != len(self.axes):
            raise SpecError(f"a transpose of {len(self.axes)} axes and the batch cannot take {describe(shape)}")
        return tuple(shape[axis - 1] for axis in self.axes)

    def reach(self, *shapes: Shape) -> tuple[Reach, ...] | None:
        """Give the cell alone where the last two axes stay; else everything."""
        count = len(self.axes)
        return None if self.axes[-2:] == (count - 1, count) else ()

    def forward(self, weights: Weights, *inputs: Array, training: Training | None = None) -> tuple[Array, Any]:
        """View the axes in another order."""
        return inputs[0].transpose(0, *self.axes), None

    def backward(self, weights: Weights, saved: Any, grad: Array, *, needs_input: bool = True) -> Gradients:
        """View them in the order that they had."""
        return Gradients((grad.transpose(np.argsort((0, *self.axes))),), {})


@dataclass(frozen=True)
class Reshape(Layer):
    """
    The same numbers, the last axis fastest, in another shape.

    Parameters
    ----------
    shape : tuple of int
        Of an item.
    """

    shape: tuple[int, ...]

    def output_shape(self, *shapes: Shape) -> Shape:
        """Give the new shape."""
        shape = one(shapes, self.kind)
        if not self.shape or math.prod(shape) != math.prod(self.shape):
            raise SpecError(f"{math.prod(shape)} numbers of {describe(shape)} do not fill {self.shape}")
        return self.shape

    def reach(self, *shapes: Shape) -> tuple[Reach, ...] | None:
        """Give the cell alone where the last two axes stay, or a vector comes out; else everything."""
        stays = len(self.shape) > 2 and len(shapes[0]) > 2 and self.shape[-2:] == shapes[0][-2:]
        return None if stays or len(self.shape) == 1 else ()

    def forward(self, weights: Weights, *inputs: Array, training: Training | None = None) -> tuple[Array, Any]:
        """Lay the numbers out anew."""
        return inputs[0].reshape(len(inputs[0]), *self.shape), inputs[0].shape

    def backward(self, weights: Weights, saved: Any, grad: Array, *, needs_input: bool = True) -> Gradients:
        """Lay them out as they were."""
        return Gradients((grad.reshape(saved),), {})


@dataclass(frozen=True)
class Slice(Layer):
    """
    A part of one axis.

    Parameters
    ----------
    axis : int
        Which; 1 is that of the channels.
    start, stop : int
        From which cell to before which; beyond the end is at the end. With a step below 0 a stop of −1 is before
        the first.
    step : int, default 1
        From cell to cell.
    """

    axis: int
    start: int
    stop: int
    step: int = 1

    def __post_init__(self) -> None:
        if self.axis < 1 or self.start < 0 or self.stop < -1 or not self.step:
            raise SpecError(f"{self} must count axes from 1 and cells from 0, with a step that is not 0")

    def _cells(self, size: int) -> range:
        cells = range(min(self.start, size - 1 if self.step < 0 else size), min(self.stop, size), self.step)
        if not cells:
            raise SpecError(f"{self} takes nothing of {size} cells")
        return cells

    def _key(self, size: int) -> tuple[slice, ...]:
        cells = self._cells(size)
        stop: int | None = cells[-1] + (1 if self.step > 0 else -1)
        return (slice(None),) * self.axis + (slice(cells[0], None if stop == -1 else stop, self.step),)

    def output_shape(self, *shapes: Shape) -> Shape:
        """Give the shape with fewer cells along the axis."""
        shape = one(shapes, self.kind)
        if self.axis > len(shape):
            raise SpecError(f"there is no axis {self.axis} in the batch and {describe(shape)}")
        return (*shape[: self.axis - 1], len(self._cells(shape[self.axis - 1])), *shape[self.axis :])

    def reach(self, *shapes: Shape) -> tuple[Reach, ...] | None:
        """Give the cell that is taken."""
        if self.axis == 1:
            return None
        first = self._cells(shapes[0][self.axis - 1])[0]
        own = Reach(self.step, 1, first, first)
        return tuple(own if axis == self.axis else Reach() for axis in range(2, len(shapes[0]) + 1))

    def forward(self, weights: Weights, *inputs: Array, training: Training | None = None) -> tuple[Array, Any]:
        """View the part."""
        (x,) = inputs
        return x[self._key(x.shape[self.axis])], x.shape

    def backward(self, weights: Weights, saved: Any, grad: Array, *, needs_input: bool = True) -> Gradients:
        """Put it back among zeros."""
        back = np.zeros(saved, grad.dtype)
        back[self._key(saved[self.axis])] = grad
        return Gradients((back,), {})


@dataclass(frozen=True)
class Tile(Layer):
    """
    A map several times over, side by side.

    Parameters
    ----------
    times : tuple of int
        How often along each axis, that of the channels first.

    Examples
    --------
    >>> Tile((2, 1)).forward({}, np.array([[[1, 2]]]))[0].tolist()
    [[[1, 2], [1, 2]]]
    """

    times: tuple[int, ...]

    def __post_init__(self) -> None:
        if not self.times or min(self.times) < 1:
            raise SpecError(f"{self} must repeat each axis once or more")

    def output_shape(self, *shapes: Shape) -> Shape:
        """Give the sizes times how often."""
        shape = one(shapes, self.kind)
        if len(shape) != len(self.times):
            raise SpecError(f"a tile of {len(self.times)} axes and the batch cannot take {describe(shape)}")
        return tuple(size * times for size, times in zip(shape, self.times, strict=True))

    def reach(self, *shapes: Shape) -> tuple[Reach, ...] | None:
        """Give the cell alone where the channels are repeated; else everything."""
        return None if set(self.times[1:]) <= {1} else ()

    def forward(self, weights: Weights, *inputs: Array, training: Training | None = None) -> tuple[Array, Any]:
        """Repeat."""
        return np.tile(inputs[0], (1, *self.times)), inputs[0].shape

    def backward(self, weights: Weights, saved: Any, grad: Array, *, needs_input: bool = True) -> Gradients:
        """Sum over the repetitions."""
        pairs = (part for pair in zip(self.times, saved[1:], strict=True) for part in pair)
        repeated = tuple(range(1, 2 * len(self.times), 2))
        return Gradients((grad.reshape(len(grad), *pairs).sum(repeated),), {})
