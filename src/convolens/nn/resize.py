"""Layers that give a map another size: a border around it, or cells between its cells."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from convolens.errors import SpecError, unknown_name
from convolens.nn.layer import Gradients, Layer, Shape, Training, Weights, describe, one, spatial
from convolens.nn.memory import arranged, laid_out, restored
from convolens.ops.arrays import Array
from convolens.spec.borders import parse_border, source_index
from convolens.spec.layout import FIRST
from convolens.spec.padding import whole_number
from convolens.spec.receptive import Reach

TAPS = {"nearest": 1, "linear": 2, "cubic": 4}
COORDINATES = ("half-pixel", "pytorch-half-pixel", "align-corners", "asymmetric")
ROUNDINGS: dict[str, Callable[[Array], Any]] = {
    "round-prefer-floor": lambda x: np.ceil(x - 0.5),
    "round-prefer-ceil": lambda x: np.floor(x + 0.5),
    "floor": np.floor,
    "ceil": np.ceil,
}


@dataclass(frozen=True)
class Pad(Layer):
    """
    Cells put around a map.

    Parameters
    ----------
    pads : tuple of pairs
        How many before and after, for each axis from the channels on.
    border : str or float, default "constant"
        What they show, as :func:`convolens.conv2d` takes it; a number is itself.
    """

    pads: tuple[tuple[int, int], ...]
    border: str | float = "constant"

    def __post_init__(self) -> None:
        parse_border(self.border)
        for pair in self.pads:
            for pad in pair:
                whole_number(pad, "a pad", 0)

    def output_shape(self, *shapes: Shape) -> Shape:
        """Give the larger shape."""
        shape = one(shapes, self.kind)
        if len(shape) != len(self.pads):
            raise SpecError(f"pads for {len(self.pads)} axes do not fit {describe(shape)}")
        return tuple(size + sum(pair) for size, pair in zip(shape, self.pads, strict=True))

    def reach(self, *shapes: Shape) -> tuple[Reach, ...] | None:
        """Give the cell that is shown."""
        return tuple(Reach(1, 1, -before, -before) for before, _ in self.pads[1:])

    def forward(self, weights: Weights, *inputs: Array, training: Training | None = None) -> tuple[Array, Any]:
        """Put the cells around."""
        source, layout = arranged(inputs[0])
        border = parse_border(self.border)
        if border.mode == "constant":
            result = np.pad(source, self._in_memory(layout), constant_values=border.value)
            return restored(result, layout), source.shape
        for axis, index in self._shown(source.shape, layout):
            source = source.take(index, axis)
        return restored(source, layout), inputs[0].shape

    def backward(self, weights: Weights, saved: Any, grad: Array, *, needs_input: bool = True) -> Gradients:
        """Cut them off again, and add what they showed to where it came from."""
        flowing, layout = arranged(grad)
        pads = self._in_memory(layout)
        if parse_border(self.border).mode == "constant":
            inner = tuple(slice(b, n - a) for (b, a), n in zip(pads, flowing.shape, strict=True))
            return Gradients((restored(flowing[inner], layout),), {})
        inner_shape = [n - b - a for n, (b, a) in zip(flowing.shape, pads, strict=True)]
        for axis, index in self._shown(tuple(inner_shape), layout):
            moved = np.moveaxis(flowing, axis, 0)
            back = np.zeros((inner_shape[axis], *moved.shape[1:]), grad.dtype)
            np.add.at(back, index, moved)
            flowing = np.moveaxis(back, 0, axis)
        return Gradients((restored(flowing, layout),), {})

    def _in_memory(self, layout: str) -> list[tuple[int, int]]:
        """Order the pads as the axes lie in memory."""
        channels, *sizes = self.pads
        return [(0, 0), channels, *sizes] if layout == FIRST else [(0, 0), *sizes, channels]

    def _shown(self, shape: Shape, layout: str) -> list[tuple[int, Array]]:
        """Name, for each axis with pads, the cells that are shown along it."""
        border = parse_border(self.border)
        return [
            (axis, source_index(np.arange(-before, shape[axis] + after), shape[axis], border))
            for axis, (before, after) in enumerate(self._in_memory(layout))
            if before or after
        ]


@dataclass(frozen=True)
class Resize(Layer):
    """
    A map with any other size, what lies between its cells interpolated along each axis.

    Parameters
    ----------
    size : tuple of int
        Of the output.
    method : {"nearest", "linear", "cubic"}
        From how many cells: 1, 2 or 4 along an axis. Outside, the edge is shown.
    coordinates : {"half-pixel", "pytorch-half-pixel", "align-corners", "asymmetric"}
        Where output cell i lies among the input's, as ONNX names it: (i + ½) / scale − ½, the same but 0 for an
        output of one cell, i (inputs − 1) / (outputs − 1), or i / scale.
    rounding : {"round-prefer-floor", "round-prefer-ceil", "floor", "ceil"}
        Which cell is the nearest.
    scales : tuple of float, optional
        How many times as large; by default outputs / inputs.
    coefficient : float, default -0.75
        Of the cubic.

    Examples
    --------
    >>> Resize((3,), coordinates="align-corners").forward({}, np.array([[[0.0, 1.0]]]))[0]
    array([[[0. , 0.5, 1. ]]])
    """

    size: tuple[int, ...]
    method: Literal["nearest", "linear", "cubic"] = "linear"
    coordinates: str = "half-pixel"
    rounding: str = "round-prefer-floor"
    scales: tuple[float, ...] | None = None
    coefficient: float = -0.75

    def __post_init__(self) -> None:
        for kind, name, known in (
            ("method", self.method, TAPS), ("coordinates", self.coordinates, COORDINATES),
            ("rounding", self.rounding, ROUNDINGS),
        ):  # fmt: skip
            if name not in known:
                raise unknown_name(f"{kind} of resizing", name, known)

    def output_shape(self, *shapes: Shape) -> Shape:
        """Give (C, size…)."""
        shape = one(shapes, self.kind)
        if spatial(shape, "resizing") != len(self.size) or min(self.size) < 1:
            raise SpecError(f"{describe(shape)} cannot have the size {self.size}: one number above 0 a dimension")
        if self.scales is not None and (len(self.scales) != len(self.size) or min(self.scales) <= 0):
            raise SpecError(f"scales {self.scales} must be one number above 0 a dimension")
        return (shape[0], *self.size)

    def reach(self, *shapes: Shape) -> tuple[Reach, ...] | None:
        """Give the cells between which it lies, and one or two more at the ends."""
        around = TAPS[self.method] // 2 + 1
        return tuple(
            Reach(before, after, -around * after, before + around * after)
            for before, after in zip(shapes[0][1:], self.size, strict=True)
        )

    def forward(self, weights: Weights, *inputs: Array, training: Training | None = None) -> tuple[Array, Any]:
        """Interpolate along each axis that changes."""
        source, layout = arranged(inputs[0])
        for axis, (indices, shares) in self._plan(inputs[0].shape[2:], layout):
            if self.method == "nearest":
                source = source.take(indices[:, 0], axis)
            else:
                source = along(source, axis, matrix_of(indices, shares, source.shape[axis]))
        return restored(source, layout), inputs[0].shape

    def backward(self, weights: Weights, saved: Any, grad: Array, *, needs_input: bool = True) -> Gradients:
        """Give every cell its share of what it was seen in."""
        flowing, layout = arranged(grad)
        sizes = laid_out(np.empty((0, *saved[1:])), layout).shape
        for axis, (indices, shares) in self._plan(saved[2:], layout):
            flowing = along(flowing, axis, matrix_of(indices, shares, sizes[axis]).T)
        return Gradients((restored(flowing, layout),), {})

    def shows_each_cell_equally(self, sizes: Shape) -> bool:
        """Tell whether the nearest cell is every cell in turn, equally often."""
        return all(
            np.array_equal(self.taps(size, dim)[0][:, 0], np.arange(self.size[dim]) // (self.size[dim] // size))
            for dim, size in enumerate(sizes)
        )

    def _plan(self, sizes: Shape, layout: str) -> list[tuple[int, tuple[Array, Array]]]:
        """Say, for each axis in memory that changes, which cells are looked at and what share each has."""
        first = 2 if layout == FIRST else 1
        found = [(first + dim, self.taps(size, dim)) for dim, size in enumerate(sizes)]
        return [
            (axis, (indices, shares))
            for axis, (indices, shares) in found
            if not (shares.shape[1] == 1 and np.array_equal(indices[:, 0], np.arange(sizes[axis - first])))
        ]

    def taps(self, inputs: int, dim: int) -> tuple[Array, Array]:
        """Give the cells (outputs, taps) that are looked at along a dimension of so many, and their shares."""
        outputs = self.size[dim]
        scale = self.scales[dim] if self.scales else outputs / inputs
        cells = np.arange(outputs)
        if self.coordinates == "align-corners":
            places = cells * ((inputs - 1) / max(1, outputs - 1))
        elif self.coordinates == "asymmetric":
            places = cells / scale
        elif self.coordinates == "pytorch-half-pixel" and outputs == 1:
            places = np.zeros(1)
        else:
            places = (cells + 0.5) / scale - 0.5
        if self.method == "nearest":
            near = ROUNDINGS[self.rounding](np.round(places, 5))  # a half is one, whatever scales were rounded to
            indices, shares = near[:, None], np.ones((outputs, 1))
        else:
            left = np.floor(places)
            offsets = np.arange(TAPS[self.method]) - TAPS[self.method] // 2 + 1
            indices = left[:, None] + offsets
            shares = self._shares(np.abs(places[:, None] - indices))
        indices = np.clip(indices, 0, inputs - 1).astype(np.intp)
        if np.array_equal(places, cells) and inputs == outputs:  # nothing is between cells
            return cells[:, None], np.ones((outputs, 1))
        return indices, shares

    def _shares(self, apart: Array) -> Array:
        """Give the share of a cell by its distance."""
        if self.method == "linear":
            return 1 - apart
        a = self.coefficient
        near = ((a + 2) * apart - (a + 3)) * apart * apart + 1
        far = ((apart - 5) * apart + 8) * apart * a - 4 * a
        return np.asarray(np.where(apart <= 1, near, np.where(apart < 2, far, 0)))


def matrix_of(indices: Array, shares: Array, inputs: int) -> Array:
    """Write the cells looked at and their shares as a matrix (outputs, inputs)."""
    matrix = np.zeros((len(indices), inputs))
    np.add.at(matrix, (np.arange(len(indices))[:, None], indices), shares)
    return matrix


def along(x: Array, axis: int, matrix: Array) -> Array:
    """Multiply an axis by a matrix, leaving the order of memory."""
    behind = math.prod(x.shape[axis + 1 :])
    flat = np.ascontiguousarray(x).reshape(math.prod(x.shape[:axis]), x.shape[axis], behind)
    result = matrix.astype(x.dtype) @ flat if behind > 1 else (flat[..., 0] @ matrix.T.astype(x.dtype))[..., None]
    return np.asarray(result).reshape(*x.shape[:axis], len(matrix), *x.shape[axis + 1 :])
