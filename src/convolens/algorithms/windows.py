"""The padded image, its windows, and blocks of output cells: what the NumPy algorithms share."""

import itertools
import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from convolens.algorithms.base import Array
from convolens.spec.borders import Border, border_value, source_index
from convolens.spec.geometry import ConvSpec
from convolens.spec.padding import Pads

Slices = tuple[slice, ...]


class _At:
    def __getitem__(self, index: Any) -> Any:
        return index


at = _At()
"""An index with a starred part, ``x[at[n, :, *block]]``, which type checkers do not accept in place."""


def pad(x: Array, pads: Pads, border: Border, dtype: np.dtype[Any] | None = None) -> Array:
    """
    Put a border around the last ``len(pads)`` axes of ``x``, as ``dtype``; without either, ``x`` itself.

    >>> pad(np.array([1, 2, 3]), ((2, 4),), Border("reflect"))
    array([3, 2, 1, 2, 3, 2, 1, 2, 3])
    """
    if not any(map(any, pads)):
        return x.astype(dtype or x.dtype, copy=False)
    first, size = x.ndim - len(pads), x.shape[x.ndim - len(pads) :]
    padded = np.empty(
        x.shape[:first] + tuple(n + sum(p) for n, p in zip(size, pads, strict=True)), dtype or x.dtype
    )
    if border.mode == "constant":
        padded[...] = border_value(border, padded.dtype)
    padded[at[..., *(slice(p[0], p[0] + n) for n, p in zip(size, pads, strict=True))]] = x
    if border.mode != "constant":
        for axis, (n, (before, after)) in enumerate(zip(size, pads, strict=True), start=first):
            cells = np.moveaxis(padded, axis, 0)
            outside = np.r_[0:before, before + n : before + n + after]
            cells[outside] = cells[before + source_index(outside - before, n, border)]
    return padded


def unpad(padded: Array, pads: Pads, border: Border) -> Array:
    """
    Apply the adjoint of :func:`pad`: every border cell is added to the cell it was copied from.

    >>> unpad(np.array([1, 1, 1, 1, 1, 1, 1, 1, 1]), ((2, 4),), Border("reflect"))
    array([2, 4, 3])
    """
    for axis, (before, after) in enumerate(pads, start=padded.ndim - len(pads)):
        size = padded.shape[axis] - before - after
        inside = np.moveaxis(padded, axis, 0)[before : before + size]
        if border.mode != "constant" and (before or after):
            outside = np.r_[0:before, before + size : padded.shape[axis]]
            inside = inside.copy()
            np.add.at(inside, source_index(outside - before, size, border), np.moveaxis(padded, axis, 0)[outside])
        padded = np.moveaxis(inside, 0, axis)
    return padded


def padded_input(spec: ConvSpec, x: Array) -> Array:
    """Put the spec's border around ``x``, in the type that sums are taken in where a copy is made anyway."""
    return pad(x, spec.pads, spec.border, spec.compute_dtype) if _copies(spec) else x


def padded_bytes(spec: ConvSpec) -> int:
    """Bytes of the copy that :func:`padded_input` makes."""
    if not _copies(spec):
        return 0
    return spec.batch * spec.in_channels * math.prod(spec.padded_size) * spec.compute_dtype.itemsize


def _copies(spec: ConvSpec) -> bool:
    """Whether there is a border, or a type (uint64) that NumPy would not mix with the sums' type."""
    return any(map(any, spec.pads)) or not np.can_cast(spec.dtype, spec.compute_dtype)


def taps(spec: ConvSpec) -> Iterator[tuple[int, ...]]:
    """Go over the kernel's cells, row by row."""
    return itertools.product(*map(range, spec.kernel_size))


def tap_view(spec: ConvSpec, padded: Array, tap: tuple[int, ...], block: Slices | None = None) -> Array:
    """
    View the input cells that one kernel cell meets, for all output cells or a block of them.

    The last axes of ``padded`` are the spatial ones; those of the view are the block's output cells.
    """
    block = block or tuple(slice(0, size) for size in spec.output_size)
    cells = tuple(
        slice(d * t + s * b.start, d * t + s * (b.stop - 1) + 1, s)
        for t, d, s, b in zip(tap, spec.dilation, spec.stride, block, strict=True)
    )
    view: Array = padded[at[..., *cells]]
    return view


def blocks(size: tuple[int, ...], cells: int) -> Iterator[Slices]:
    """
    Cut an array of ``size`` into boxes of at most about ``cells`` cells, whole along the last axes.

    >>> list(blocks((3, 4), 8))
    [(slice(0, 2, None), slice(0, 4, None)), (slice(2, 3, None), slice(0, 4, None))]
    """
    steps, left = [], max(cells, 1)
    for extent in reversed(size):
        steps.append(max(1, min(extent, left)))
        left //= extent
    ranges = (
        [slice(start, min(start + step, extent)) for start in range(0, extent, step)]
        for extent, step in zip(size, reversed(steps), strict=True)
    )
    return itertools.product(*ranges)
