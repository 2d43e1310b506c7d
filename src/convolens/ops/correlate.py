"""Correlation and convolution of one-channel arrays in any number of dimensions."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import numpy.typing as npt

from convolens.errors import SpecError
from convolens.ops.arrays import Array, as_array, check_out
from convolens.ops.prepared import PreparedConv
from convolens.planning.measured import changes
from convolens.runtime import compile as compiler
from convolens.spec.borders import Border
from convolens.spec.layout import FIRST
from convolens.spec.padding import Padding, padding_name

CALLS = 1000  # that a kernel is taken to see, by this program and others
KEPT, MOST_KEPT = 8, 1 << 15  # kernels that stay prepared, and bytes of one of them


def correlate(
    array: npt.ArrayLike,
    kernel: npt.ArrayLike,
    *,
    padding: Padding = "same",
    border: str | float | Border | None = None,
    stride: int | tuple[int, ...] = 1,
    dilation: int | tuple[int, ...] = 1,
    exact: bool = False,
    algorithm: str = "auto",
    out: Array | None = None,
) -> Array:
    r"""
    Cross-correlate an array with a kernel of as many dimensions.

    .. math:: y[o] = \sum_t w[t] \; x[s\,o + d\,t - p]

    Parameters
    ----------
    array : array_like
        One channel in any number of dimensions.
    kernel : array_like
        As many dimensions as ``array``.
    padding : int, tuple, or str, default "same"
        As for :func:`conv2d`. ``"same"`` puts the kernel's centre, cell ``size // 2`` along each axis, on every
        cell of the array, as ``scipy.ndimage.correlate`` does.
    border : str or float, optional
        As for :func:`conv2d`. By default ``symmetric``, which is what SciPy calls ``reflect``; zeros with
        ``padding="full"``, as :func:`numpy.convolve` has them.
    stride, dilation : int or tuple of int, default 1
        As for :func:`conv2d`.
    exact, algorithm, out
        As for :func:`conv2d`.

    Returns
    -------
    ndarray
        Of the array's shape by default. Integers give int64, summed exactly: an 8-bit image does not wrap.

    Raises
    ------
    SpecError
        If array and kernel differ in dimensions, or options do not fit.

    See Also
    --------
    convolve : with the kernel turned by 180°.

    Examples
    --------
    >>> correlate([1, 2, 3, 4, 5], [1, 0, -1], padding="valid")
    array([-2, -2, -2])
    >>> rows = np.uint8([[0, 0, 0], [0, 0, 0], [255, 255, 255]])
    >>> correlate(rows, [[-1, -1, -1], [0, 0, 0], [1, 1, 1]])[1]
    array([765, 765, 765])
    """
    centred = "same-lower" if padding_name(padding) == "same" else padding
    return _one_channel(
        array,
        kernel,
        False,
        centred,
        border,
        stride=stride,
        dilation=dilation,
        exact=exact,
        algorithm=algorithm,
        out=out,
    )


def convolve(
    array: npt.ArrayLike,
    kernel: npt.ArrayLike,
    *,
    padding: Padding = "same",
    border: str | float | Border | None = None,
    stride: int | tuple[int, ...] = 1,
    dilation: int | tuple[int, ...] = 1,
    exact: bool = False,
    algorithm: str = "auto",
    out: Array | None = None,
) -> Array:
    r"""
    Convolve an array with a kernel of as many dimensions: correlation with the kernel turned by 180°.

    .. math:: y[o] = \sum_t w[t] \; x[s\,o + d\,(k - 1 - t) - p]

    Parameters
    ----------
    array, kernel, padding, border, stride, dilation, exact, algorithm, out
        As for :func:`correlate`; ``"same"`` centres the turned kernel as ``scipy.ndimage.convolve`` does.

    Returns
    -------
    ndarray
        Of the array's shape by default.

    Raises
    ------
    SpecError
        If array and kernel differ in dimensions, or options do not fit.

    See Also
    --------
    correlate : without turning the kernel.

    Notes
    -----
    Convolution commutes, correlation does not: ``convolve(a, b, padding="full")`` equals
    ``convolve(b, a, padding="full")``.

    Examples
    --------
    >>> convolve([1, 2, 3, 4, 5], [1, 0, -1], padding="valid")
    array([2, 2, 2])
    >>> convolve([1, 2, 3], [1, 10], padding="full")
    array([ 1, 12, 23, 30])
    """
    return _one_channel(
        array,
        kernel,
        True,
        padding,
        border,
        stride=stride,
        dilation=dilation,
        exact=exact,
        algorithm=algorithm,
        out=out,
    )


def _one_channel(
    array: npt.ArrayLike,
    kernel: npt.ArrayLike,
    flip: bool,
    padding: Padding,
    border: str | float | Border | None,
    *,
    out: Array | None,
    **options: Any,
) -> Array:
    x, weight = as_array(array, "array"), as_array(kernel, "kernel")
    if x.ndim != weight.ndim or x.ndim == 0:
        raise SpecError(
            f"array and kernel must have the same number of dimensions, at least 1, but their shapes are "
            f"{x.shape} and {weight.shape}"
        )
    if border is None:
        border = "constant" if padding_name(padding) == "full" else "symmetric"
    options |= {"flip": flip, "padding": padding, "border": border}
    conv = _conv(weight, options)
    if out is None:
        result: Array = conv(x[None])[0]
        return result
    try:
        conv(x[None], out=out[None] if isinstance(out, np.ndarray) else out)
    except SpecError:
        spec = conv.spec((1, *x.shape), x.dtype)
        check_out(out, spec.output_shape[1:], spec.result_dtype)  # says it without the axis that was put before
        raise
    return out


def _conv(weight: Array, options: dict[str, Any]) -> PreparedConv:
    """Prepare a kernel, or find it as it was prepared before."""
    if weight.nbytes > MOST_KEPT or options["algorithm"] != "auto":  # such as fft, whose spectra are large
        return _prepare(weight, **options)
    circumstances = compiler.loaded(), changes()  # in others there may be a better plan
    try:
        return _kept(weight.tobytes(), weight.shape, weight.dtype, circumstances, **options)
    except TypeError:  # options that are no keys, such as lists
        return _prepare(weight, **options)


@functools.lru_cache(maxsize=KEPT, typed=True)
def _kept(
    data: bytes, shape: tuple[int, ...], dtype: np.dtype[Any], _circumstances: tuple[int, int], **options: Any
) -> PreparedConv:
    return _prepare(np.frombuffer(data, dtype).reshape(shape), **options)


def _prepare(weight: Array, **options: Any) -> PreparedConv:
    fixed: dict[str, Any] = {"groups": 1, "layout": FIRST, "activation": None, "calls": CALLS}
    return PreparedConv(weight[None, None], None, weight.ndim, **fixed, **options)
