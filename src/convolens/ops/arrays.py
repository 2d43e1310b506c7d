"""Arrays in and out: what every operation takes, its view with channels first, and ``out=``."""

from typing import Any

import numpy as np
import numpy.typing as npt

from convolens.errors import DTypeError, SpecError
from convolens.spec.layout import LAST

Array = npt.NDArray[Any]


def as_array(x: npt.ArrayLike, name: str) -> Array:
    """
    Take an array of real numbers, without a copy where it is one already.

    Raises
    ------
    DTypeError
        If its elements are complex, objects, text, or wider floats than float64.
    """
    try:
        array = np.asarray(x)
    except ValueError as error:
        raise SpecError(f"{name} is not a rectangular array: {error}") from None
    if array.dtype.kind not in "biuf" or (array.dtype.kind == "f" and array.dtype.itemsize > 8):
        raise DTypeError(
            f"{name} has dtype {array.dtype}; use bool, an integer type, float16, float32 or float64"
        )
    return array


def channels_first(x: Array, dims: int, layout: str) -> Array:
    """
    View an array as (N, C, *size), whatever its layout, with a batch axis of 1 where it has none.

    >>> channels_first(np.zeros((5, 7, 3)), 2, "channels-last").shape
    (1, 3, 5, 7)
    """
    batched = x if x.ndim == dims + 2 else x[np.newaxis]
    return np.moveaxis(batched, -1, 1) if layout == LAST else batched


def result_array(
    shape: tuple[int, ...], dtype: np.dtype[Any], out: Array | None, compute: np.dtype[Any], *inputs: Array
) -> Array:
    """
    Find the array to compute into: ``out`` itself where that is safe, else a new one of type ``compute``.

    Raises
    ------
    SpecError
        If ``out`` has not the result's shape or dtype, or cannot be written.
    """
    if out is None:
        return np.empty(shape, compute)
    if not isinstance(out, np.ndarray) or out.shape != shape or out.dtype != dtype or not out.flags.writeable:
        found = f"{out.dtype} {out.shape}" if isinstance(out, np.ndarray) else type(out).__name__
        read_only = ", read-only" if isinstance(out, np.ndarray) and not out.flags.writeable else ""
        raise SpecError(f"out must be a writeable array of {dtype} {shape}, not {found}{read_only}")
    if dtype != compute or any(np.may_share_memory(out, x) for x in inputs):
        return np.empty(shape, compute)
    return out


def deliver(result: Array, dtype: np.dtype[Any], out: Array | None) -> Array:
    """Return ``result`` as ``dtype``, in ``out`` if there is one."""
    if out is None:
        return result.astype(dtype, copy=False)
    if out is not result:
        out[...] = result
    return out
