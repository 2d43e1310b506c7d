"""How feature maps lie in memory: channels behind the batch for all to see, and innermost where that is faster."""

from typing import Any

import numpy as np

from convolens.algorithms.interleave import interleave, takes
from convolens.ops.arrays import Array
from convolens.runtime.memory import empty
from convolens.spec.layout import FIRST, LAST


def arranged(x: Array) -> tuple[Array, str]:
    """
    View a feature map (N, C, size…) in the order that it has in memory, and name that order.

    Examples
    --------
    >>> arranged(channels_innermost(np.zeros((1, 3, 8, 8))))[1]
    'channels-last'
    """
    return (np.moveaxis(x, 1, -1), LAST) if is_channels_last(x) else (x, FIRST)


def laid_out(x: Array, layout: str) -> Array:
    """View (N, C, size…) in a named order."""
    return np.moveaxis(x, 1, -1) if layout == LAST else x


def restored(y: Array, layout: str) -> Array:
    """View what was computed in some order as (N, C, size…)."""
    return np.moveaxis(y, -1, 1) if layout == LAST else y


def is_channels_last(x: Array) -> bool:
    """Tell whether the channels of a map (N, C, size…) are innermost; a single one always is."""
    return x.ndim > 2 and (x.shape[1] == 1 or (x.strides[1] == x.itemsize and not x.flags.c_contiguous))


def channels_innermost(x: Array) -> Array:
    """Set the channels of a map (N, C, size…) innermost in memory."""
    view = np.moveaxis(x, 1, -1)
    if not view.flags.c_contiguous:
        view, source = empty(view.shape, view.dtype), view
        view[...] = source
    return np.moveaxis(view, -1, 1)


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
    dtype = np.result_type(*given)
    return tuple(None if a is None else a.astype(dtype, copy=False) for a in (source, *others))
