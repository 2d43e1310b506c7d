"""Sliding windows, one axis at a time: what every pooling with windows shares."""

import functools
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from convolens.algorithms.windows import pad, unpad
from convolens.ops.arrays import Array
from convolens.spec.borders import Border
from convolens.spec.padding import Pads
from convolens.spec.pooling import PoolSpec


@dataclass(frozen=True, slots=True)
class AxisWindows:
    """
    The windows along one axis.

    The maximum (sum, norm) of a box is the maximum (sum, norm) of those of its rows. So pooling goes axis by
    axis: a window of 3×3 takes 3 + 3 passes over the image instead of 9, none of them copies it.

    Attributes
    ----------
    size : int
        Cells along the axis.
    before : int
        The first window starts this many cells before the first one.
    cells, dilation : int
        Cells of a window, and the step between them.
    stride, count : int
        The step between windows, and their number.
    """

    size: int
    before: int
    cells: int
    dilation: int
    stride: int
    count: int

    def steps(self) -> Iterator[tuple[slice, slice]]:
        """
        Go over a window's cells: which windows have that cell inside, and where these cells lie.

        >>> axis = AxisWindows(size=5, before=1, cells=3, dilation=1, stride=2, count=3)
        >>> for windows, cells in axis.steps():
        ...     print(list(range(3))[windows], list(range(5))[cells])
        [1, 2] [1, 3]
        [0, 1, 2] [0, 2, 4]
        [0, 1] [1, 3]
        """
        for cell in range(self.cells):
            offset = cell * self.dilation - self.before
            first = max(0, -(offset // self.stride))
            last = min(self.count - 1, (self.size - 1 - offset) // self.stride)
            if first <= last:
                start, stop = first * self.stride + offset, last * self.stride + offset + 1
                yield slice(first, last + 1), slice(start, stop, self.stride)

    def members(self) -> Array:
        """Count the cells that each window has inside."""
        members = np.zeros(self.count, np.int64)
        for windows, _ in self.steps():
            members[windows] += 1
        return members


def border_pads(spec: PoolSpec) -> Pads:
    """How much border to put around the image: none without a border, else all that the windows reach."""
    if spec.border is None:
        return ((0, 0),) * spec.dims
    return tuple(
        (before, max(0, (outputs - 1) * step + span - before - size))
        for (before, _), outputs, step, span, size in zip(
            spec.pads, spec.output_size, spec.stride, spec.window_size, spec.input_size, strict=True
        )
    )


def extend(spec: PoolSpec, planes: Array) -> Array:
    """Put the border, if there is one, around planes (N, C, size…)."""
    return planes if spec.border is None else pad(planes, border_pads(spec), spec.border)


def extend_adjoint(spec: PoolSpec, planes: Array) -> Array:
    """Bring gradients of the border's cells back to the cells that they were copied from."""
    return planes if spec.border is None else unpad(planes, border_pads(spec), spec.border)


def axis_windows(spec: PoolSpec) -> tuple[tuple[int, AxisWindows], ...]:
    """
    List the spatial axes of the extended planes (N, C, size…), each with its windows.

    Going in this order is quickest: strides shorten the image along rows of cells that lie side by side.
    """
    pads = border_pads(spec)
    windows = (
        AxisWindows(
            size=spec.input_size[i] + sum(pads[i]),
            before=spec.pads[i][0] - pads[i][0],
            cells=spec.window[i],
            dilation=spec.dilation[i],
            stride=spec.stride[i],
            count=spec.output_size[i],
        )
        for i in range(spec.dims)
    )
    return tuple(enumerate(windows, start=2))


def window_members(spec: PoolSpec, count_pads: bool) -> Array:
    """
    Count the cells of each window that lie in the input, or in the input and its pads.

    Cells that only ``ceil_mode`` reaches, behind the pads, never count, unless there is a border.
    """
    return functools.reduce(np.multiply.outer, axis_members(spec, count_pads))


def axis_members(spec: PoolSpec, count_pads: bool) -> list[Array]:
    """Count the same along each axis; a window's cells are the product."""
    axes = [windows for _, windows in axis_windows(spec)]
    if count_pads and spec.border is None:
        axes = [replace(w, before=0, size=padded) for w, padded in zip(axes, spec.padded_size, strict=True)]
    return [windows.members() for windows in axes]


def along(axis: int, cells: slice) -> tuple[slice, ...]:
    """Index an array with ``cells`` along one axis, and all of the axes before and after."""
    return (slice(None),) * axis + (cells,)


def fold(planes: Array, axis: int, windows: AxisWindows, ufunc: np.ufunc, start: np.generic) -> Array:
    """Combine each window's cells along ``axis`` by ``ufunc``, beginning with ``start`` and in its type."""
    shape = (*planes.shape[:axis], windows.count, *planes.shape[axis + 1 :])
    folded = np.full_like(planes, start, dtype=start.dtype, shape=shape)
    for target, source in windows.steps():
        part = folded[along(axis, target)]
        ufunc(part, planes[along(axis, source)], out=part)
    return folded


def spread(grad_output: Array, axis: int, windows: AxisWindows) -> Array:
    """Apply the adjoint of summing along ``axis``: each window's number is added to each of its cells."""
    shape = (*grad_output.shape[:axis], windows.size, *grad_output.shape[axis + 1 :])
    spread = np.zeros_like(grad_output, shape=shape)
    for target, source in windows.steps():
        spread[along(axis, source)] += grad_output[along(axis, target)]
    return spread


@functools.lru_cache(maxsize=64)
def window_lists(spec: PoolSpec) -> tuple[Array, ...]:
    """List for each axis, and each of its cells, the windows that have it, counted from 1; 0 fills lists up."""
    lists = []
    for _, windows in axis_windows(spec):
        found = np.zeros((windows.cells, windows.size), np.int32)
        filled = np.zeros(windows.size, int)
        for of, cells in windows.steps():
            found[filled[cells], np.arange(windows.size)[cells]] = np.arange(1, windows.count + 1)[of]
            filled[cells] += 1
        lists.append(np.ascontiguousarray(found[: filled.max()]))
    return tuple(lists)


def source_cells(spec: PoolSpec) -> Array:
    """Give each cell of an extended plane the flat index of the input cell it shows; −1 for a constant."""
    cells = np.arange(math.prod(spec.input_size)).reshape(spec.input_size)
    if spec.border is None or spec.border.mode != "constant":
        return extend(spec, cells)
    return pad(cells, border_pads(spec), Border("constant", -1))
