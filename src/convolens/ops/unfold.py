"""Windows as columns, and columns back to windows: im2col and its adjoint, col2im."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from convolens.algorithms.windows import pad, tap_view, taps, unpad
from convolens.errors import SpecError
from convolens.ops.arrays import Array, as_array, channels_first, deliver, quietly, result_array
from convolens.ops.integers import border_copies, check_sums
from convolens.spec.borders import Border, border_value
from convolens.spec.geometry import ConvSpec
from convolens.spec.layout import FIRST, join_shape, parse_layout, split_shape
from convolens.spec.padding import Padding, per_dimension


def unfold(
    x: npt.ArrayLike,
    kernel_size: int | Sequence[int],
    *,
    stride: int | tuple[int, ...] = 1,
    padding: Padding = 0,
    border: str | float | Border = "constant",
    dilation: int | tuple[int, ...] = 1,
    layout: str = FIRST,
    out: Array | None = None,
) -> Array:
    r"""
    Write every window of an array as a column (im2col), in any number of dimensions.

    .. math:: columns[n, (c, t), o] = x[n, c, \; s\,o + d\,t - p]

    for channel :math:`c`, kernel cell :math:`t` and output cell :math:`o`; a convolution is then the matrix
    product ``weight.reshape(K, -1) @ columns``.

    Parameters
    ----------
    x : array_like, shape (N, C, size…) or (C, size…)
        Input; with ``layout="channels-last"`` the channels come last.
    kernel_size : sequence of int, or int
        Cells of a window along each dimension, without dilation. One number: both sides of a window in two
        dimensions.
    stride, padding, border, dilation
        As for :func:`conv2d`.
    layout : str, default "channels-first"
        That of ``x``; the columns look the same for both.
    out : ndarray, optional
        Array of the result's shape and dtype to write into; it may overlap the input.

    Returns
    -------
    ndarray, shape (N, C · ∏ kernel_size, L)
        A column for each of the L windows, row by row, without N if ``x`` has none. Down a column the channel
        counts slowest, then the kernel's rows. The dtype is that of ``x``.

    Raises
    ------
    SpecError
        If shapes and options do not fit, or the dtype of ``x`` cannot hold the border's constant.
    DTypeError
        If ``x`` is not of real numbers.

    See Also
    --------
    fold : The adjoint, which makes it the gradient: ``fold(grad_output, size, kernel_size, …)`` with the same
        options is the gradient with respect to ``x``.

    Notes
    -----
    The result holds a cell up to ∏ kernel_size times; the convolutions here never make it as a whole. The order
    is that of ``torch.nn.Unfold``.

    References
    ----------
    K. Chellapilla, S. Puri, P. Simard, High Performance Convolutional Neural Networks for Document
    Processing, 2006.

    Examples
    --------
    >>> x = np.array([[[1, 2, 3], [4, 5, 6], [7, 8, 9]]])
    >>> unfold(x, 2)
    array([[1, 2, 4, 5],
           [2, 3, 5, 6],
           [4, 5, 7, 8],
           [5, 6, 8, 9]])
    """
    x, kernel = as_array(x, "input"), _sizes(kernel_size, "kernel_size")
    dims = len(kernel)
    if x.ndim not in (dims + 1, dims + 2):
        raise SpecError(f"with kernel_size {kernel} the input has {dims + 1} or {dims + 2} axes, not {x.shape}")
    layout = parse_layout(layout, dims)
    spec = ConvSpec(
        x.shape,
        (1, split_shape(x.shape, dims, layout)[1], *kernel),
        stride=stride,
        padding=padding,
        border=border,
        dilation=dilation,
        layout=layout,
        dtype=x.dtype,
    )
    border_value(spec.border, x.dtype)
    shape = (spec.in_channels * math.prod(kernel), math.prod(spec.output_size))
    result = result_array((*x.shape[: x.ndim - dims - 1], *shape), x.dtype, out, x.dtype, x)
    padded = pad(channels_first(x, dims, layout), spec.pads, spec.border)
    windows = _windows(result, spec)
    for index, tap in enumerate(taps(spec)):
        windows[:, :, index] = tap_view(spec, padded, tap)
    return deliver(result, x.dtype, out)


@quietly
def fold(
    columns: npt.ArrayLike,
    output_size: int | Sequence[int],
    kernel_size: int | Sequence[int],
    *,
    stride: int | tuple[int, ...] = 1,
    padding: Padding = 0,
    border: str | float | Border = "constant",
    dilation: int | tuple[int, ...] = 1,
    layout: str = FIRST,
    out: Array | None = None,
) -> Array:
    r"""
    Put columns back to where :func:`unfold` takes them from, and add up what overlaps (col2im).

    .. math:: x[n, c, \; s\,o + d\,t - p] \mathrel{+}= columns[n, (c, t), o]

    Parameters
    ----------
    columns : array_like, shape (N, C · ∏ kernel_size, L) or (C · ∏ kernel_size, L)
        A column for each window, as :func:`unfold` orders them.
    output_size, kernel_size : sequence of int, or int
        Cells of the result, and of a window without dilation, along each dimension. One number: both sides in
        two dimensions.
    stride, padding, border, dilation
        As given to :func:`unfold`. What falls outside is lost where a constant lies; with another border it is
        added to the cell that the border shows there.
    layout : str, default "channels-first"
        That of the result.
    out : ndarray, optional
        Array of the result's shape and dtype to write into; it may overlap the input.

    Returns
    -------
    ndarray, shape (N, C, output size…)
        In the layout asked for, without N if ``columns`` have none. Integers are summed in int64; float16 is
        summed in float32 and rounded once.

    Raises
    ------
    SpecError
        If shapes and options do not fit, or sums of integers could pass int64.
    DTypeError
        If ``columns`` are not of real numbers.

    See Also
    --------
    unfold : The adjoint, which makes it the gradient: ``unfold(grad_output, kernel_size, …)`` with the same
        options (and zeros as the constant) is the gradient with respect to ``columns``.

    Notes
    -----
    Fold after unfold multiplies each cell by the number of windows that hold it; divide by
    ``fold(unfold(ones))`` to get the input back. The order is that of ``torch.nn.Fold``, and of ONNX's Col2Im.

    Examples
    --------
    >>> fold(np.ones((4, 4), int), 3, 2)
    array([[[1, 2, 1],
            [2, 4, 2],
            [1, 2, 1]]])
    """
    columns = as_array(columns, "columns")
    size, kernel = _sizes(output_size, "output_size"), _sizes(kernel_size, "kernel_size")
    dims, cells = len(size), math.prod(kernel)
    if len(kernel) != dims or columns.ndim not in (2, 3) or columns.shape[-2] % cells:
        raise SpecError(
            f"columns {columns.shape}, output_size {size} and kernel_size {kernel} do not fit: columns are "
            f"(N, channels × {cells} kernel cells, windows), and the sizes have one number a dimension"
        )
    layout = parse_layout(layout, dims)
    channels = columns.shape[-2] // cells
    spec = ConvSpec(
        join_shape(columns.shape[0] if columns.ndim == 3 else None, channels, size, layout),
        (1, channels, *kernel),
        stride=stride,
        padding=padding,
        border=border,
        dilation=dilation,
        layout=layout,
        dtype=columns.dtype,
    )
    if columns.shape[-1] != math.prod(spec.output_size):
        raise SpecError(
            f"columns {columns.shape} have {columns.shape[-1]} windows, but output_size {size} has "
            f"{' × '.join(map(str, spec.output_size))} = {math.prod(spec.output_size)} with these options"
        )
    if spec.compute_dtype.kind != "f":
        check_sums(f"{columns.dtype} columns", columns, float(cells * border_copies(spec)))
    result = result_array(spec.input_shape, spec.result_dtype, out, spec.compute_dtype, columns)
    windows = _windows(columns.astype(spec.compute_dtype, copy=False), spec)
    padded = np.zeros((spec.batch, channels, *spec.padded_size), spec.compute_dtype)
    for index, tap in enumerate(taps(spec)):
        tap_view(spec, padded, tap)[...] += windows[:, :, index]
    channels_first(result, dims, layout)[...] = unpad(padded, spec.pads, spec.border)
    return deliver(result, spec.result_dtype, out)


def _sizes(size: int | Sequence[int], name: str) -> tuple[int, ...]:
    return per_dimension(size, len(size) if hasattr(size, "__len__") else 2, name)


def _windows(columns: Array, spec: ConvSpec) -> Array:
    """View columns as (N, C, kernel cells, output size…)."""
    return columns.reshape(spec.batch, spec.in_channels, math.prod(spec.kernel_size), *spec.output_size)
