"""Arrays in and out: what every operation takes, its view with channels first, and ``out=``."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from convolens.errors import SpecError
from convolens.runtime.memory import empty
from convolens.spec.dtypes import number_dtype
from convolens.spec.layout import LAST

Array = npt.NDArray[Any]

quietly = np.errstate(over="ignore", invalid="ignore")
"""Decorates what computes with a user's floats: overflow gives infinity, ∞ − ∞ gives NaN, and nothing warns."""


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
    number_dtype(array.dtype, name)
    return array if in_whole_steps(array) else array.copy()


def in_whole_steps(array: Array) -> bool:
    """Tell whether neighbours are whole elements apart; those of a field of packed records are not."""
    return array.flags.c_contiguous or not any(step % array.itemsize for step in array.strides)


def channels_first(x: Array, dims: int, layout: str) -> Array:
    """
    View an array as (N, C, size…), whatever its layout, with a batch axis of 1 where it has none.

    >>> channels_first(np.zeros((5, 7, 3)), 2, "channels-last").shape
    (1, 3, 5, 7)
    """
    batched = x if x.ndim == dims + 2 else x[np.newaxis]
    if layout != LAST:
        return batched
    return batched.transpose(0, -1, *range(1, dims + 1))  # as np.moveaxis would, in a tenth of its time


def check_weight_axes(shape: tuple[int, ...], dims: int | None, first: str) -> None:
    """Refuse weights that do not have two axes, named by ``first``, before those of their size in ``dims``."""
    if len(shape) < 3 or (dims is not None and len(shape) != dims + 2):
        wanted = f"n + 2 axes: ({first}, *n sizes)" if dims is None else f"{dims + 2} axes"
        raise SpecError(f"weight must have {wanted}, but its shape is {shape}")


def check_bias(bias: npt.ArrayLike | None, kernels: int) -> Array | None:
    """Take a bias, if there is one, that has one number for each kernel."""
    if bias is None:
        return None
    array = as_array(bias, "bias")
    if array.shape != (kernels,):
        raise SpecError(
            f"bias must have one number for each of the {kernels} kernels, but its shape is {array.shape}"
        )
    return array


def check_residual(residual: npt.ArrayLike, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
    """Take an array to be added to a result of this shape, which has to have its dtype."""
    array = as_array(residual, "residual")
    if array.shape != shape or array.dtype != dtype:
        raise SpecError(
            f"residual must be like the output, {dtype} {shape}, but it is {array.dtype} {array.shape}"
        )
    return array


def check_gradient(grad_output: Array, shape: tuple[int, ...]) -> None:
    """Refuse a gradient that does not have the shape of the output it belongs to."""
    if grad_output.shape != shape:
        raise SpecError(
            f"grad_output must have the output's shape, {shape} for these options, "
            f"but its shape is {grad_output.shape}"
        )


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
        return empty(shape, compute)
    check_out(out, shape, dtype)
    if dtype != compute or not in_whole_steps(out) or any(np.may_share_memory(out, x) for x in inputs):
        return empty(shape, compute)
    return out


def check_out(out: object, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
    """Refuse an ``out`` that cannot take a result of this shape and dtype."""
    if not isinstance(out, np.ndarray) or out.shape != shape or out.dtype != dtype or not out.flags.writeable:
        found = f"{out.dtype} {out.shape}" if isinstance(out, np.ndarray) else type(out).__name__
        read_only = ", read-only" if isinstance(out, np.ndarray) and not out.flags.writeable else ""
        raise SpecError(f"out must be a writeable array of {dtype} {shape}, not {found}{read_only}")


def add_bias(outputs: Array, bias: Array | None) -> None:
    """Add one number for each channel to ``outputs`` (N, K, size…), in their type."""
    if bias is not None:
        outputs += bias.astype(outputs.dtype, copy=False).reshape(-1, *(1,) * (outputs.ndim - 2))


@quietly
def deliver(result: Array, dtype: np.dtype[Any], out: Array | None) -> Array:
    """Return ``result`` as ``dtype``, in ``out`` if there is one."""
    if out is None:
        return result.astype(dtype, copy=False)
    if out is not result:
        out[...] = result
    return out
