"""How feature maps lie in memory: channels behind the batch for all to see, and innermost where that is faster."""

from typing import Any

import numpy as np

from convolens.algorithms.interleave import interleave, takes
from convolens.ops.arrays import Array
from convolens.runtime import compile as compiler
from convolens.runtime.memory import empty
from convolens.runtime.replay import Repeated
from convolens.runtime.script import perform, refuse
from convolens.spec.layout import FIRST, LAST

PIPELINE = "convolens.pipelines.turned"
LEAST = 1 << 12  # numbers below which NumPy copies as fast
BEHIND = {axes: (0, *range(2, axes), 1) for axes in range(2, 8)}
BEFORE = {axes: (0, axes - 1, *range(1, axes - 1)) for axes in range(2, 8)}
"""How the axes go where channels come last, and back, by how many there are."""


def arranged(x: Array) -> tuple[Array, str]:
    """
    View a feature map (N, C, size…) in the order that it has in memory, and name that order.

    Examples
    --------
    >>> arranged(channels_innermost(np.zeros((1, 3, 8, 8))))[1]
    'channels-last'
    """
    return (_behind(x), LAST) if is_channels_last(x) else (x, FIRST)


def laid_out(x: Array, layout: str) -> Array:
    """View (N, C, size…) in a named order."""
    return _behind(x) if layout == LAST else x


def restored(y: Array, layout: str) -> Array:
    """View what was computed in some order as (N, C, size…)."""
    return _before(y) if layout == LAST else y


def is_channels_last(x: Array) -> bool:
    """Tell whether the channels of a map (N, C, size…) are innermost; a single one always is."""
    return x.ndim > 2 and (x.shape[1] == 1 or (x.strides[1] == x.itemsize and not x.flags.c_contiguous))


def channels_innermost(x: Array, *, often: bool = False) -> Array:
    """Set the channels of a map (N, C, size…) innermost in memory; as :func:`copy_turned` does, if often."""
    view = _behind(x)
    if view.flags.c_contiguous:
        return x
    result = _before(empty(view.shape, view.dtype))
    if often:
        copy_turned(x, result)
    else:
        perform(np.copyto, result, x)
    return result


def copy_turned(source: Array, target: Array) -> None:
    """Copy a map (N, C, size…) to where channels lie innermost, or from there; by loops that are compiled once."""
    shape, outward = (len(source), source.shape[1], -1), source.flags.c_contiguous
    inner, outer = (target, source) if outward else (source, target)
    lie = outer.flags.c_contiguous and _behind(inner).flags.c_contiguous and inner.itemsize in (4, 8)
    if source.size < LEAST or not lie or takes(source, target) or not compiler.available():
        perform(fill, target, source)
        return
    bits = np.dtype(f"u{source.itemsize}")
    planes, cells = outer.reshape(shape).view(bits), _behind(inner).reshape(shape[0], -1, shape[1]).view(bits)
    _turning(planes, cells) if outward else _turning(cells, planes)


def _turn(source: Array, target: Array) -> None:
    compiler.load(PIPELINE, bits=8 * source.itemsize)(source, target)


_turning = Repeated(_turn)


def _behind(x: Array) -> Array:
    """View (N, C, size…) as (N, size…, C), as ``np.moveaxis`` would in ten times the time."""
    return x.transpose(BEHIND[x.ndim])


def _before(x: Array) -> Array:
    """View (N, size…, C) as (N, C, size…)."""
    return x.transpose(BEFORE[x.ndim])


def fill(target: Array, source: Array) -> None:
    """Copy a map (N, C, size…) to where it has another order of axes in memory, or any other array."""
    if takes(source, target):
        interleave(source, target)
    else:
        np.copyto(target, source)


def alike(source: Array, *others: Array | None) -> tuple[Any, ...]:
    """Give floats the type that holds them all; what is None stays so."""
    given = [a for a in (source, *others) if a is not None]
    if all(a.dtype == source.dtype for a in given):
        return source, *others
    refuse()  # what is copied is not what will be there
    dtype = np.result_type(*given)
    return tuple(None if a is None else a.astype(dtype, copy=False) for a in (source, *others))
