"""Max pooling: the largest cell of each window, and where it lies."""

from __future__ import annotations

from typing import Any, Literal, Protocol, TypedDict, Unpack, cast, overload

import numpy as np
import numpy.typing as npt

from convolens.ops.arrays import Array, as_array, channels_first
from convolens.ops.dimensions import in_dimensions
from convolens.ops.pooling.arrays import BorderOption, Sizes, finish
from convolens.ops.pooling.compiled import call_key, pool, pool_with_indices, repeat
from convolens.ops.pooling.windows import AxisWindows, along, axis_windows, extend, fold, source_cells
from convolens.spec.layout import FIRST
from convolens.spec.padding import Padding, per_dimension
from convolens.spec.pooling import PoolSpec


class Options(TypedDict, total=False):
    """The options of max pooling beside ``return_indices``."""

    stride: Sizes | None
    padding: Padding
    dilation: Sizes
    ceil_mode: bool
    border: BorderOption
    layout: str
    out: Array | None


class MaxPool(Protocol):
    """What type checkers are told of ``max_pool1d`` and its like: indices come only where they are asked for."""

    @overload
    def __call__(
        self,
        x: npt.ArrayLike,
        window: Sizes,
        *,
        return_indices: Literal[False] = False,
        **options: Unpack[Options],
    ) -> Array: ...
    @overload
    def __call__(
        self, x: npt.ArrayLike, window: Sizes, *, return_indices: Literal[True], **options: Unpack[Options]
    ) -> tuple[Array, Array]: ...


def max_pool(
    dims: int,
    x: npt.ArrayLike,
    window: Sizes,
    *,
    stride: Sizes | None = None,
    padding: Padding = 0,
    dilation: Sizes = 1,
    ceil_mode: bool = False,
    border: BorderOption = None,
    layout: str = FIRST,
    return_indices: bool = False,
    out: Array | None = None,
) -> Array | tuple[Array, Array]:
    r"""
    Take the largest cell of each window, in {dimensions}.

    .. math:: y[o] = \max_t\; x[s\,o + d\,t - p]

    over those cells of the window that lie in the input, with stride :math:`s`, dilation :math:`d` and pads
    :math:`p`.

    Parameters
    ----------
    x : array_like, shape (N, C, {size}) or (C, {size})
        Each channel is pooled by itself.
    window : int or tuple of int
        Cells of the window along each dimension, or one number for all.
    stride : int or tuple of int, optional
        Step from window to window; by default the window.
    padding : int, tuple, or str, default 0
        How far windows may begin before and end behind the input: a number, one a dimension, pairs of
        (before, after), ``"same"``, ``"same-lower"``, ``"valid"`` or ``"full"``.
    dilation : int or tuple of int, default 1
        Step from cell to cell within a window.
    ceil_mode : bool, default False
        Round the output size up: a last window may stick out, unless it would start behind the input.
    border : str or float, optional
        What lies outside and takes part, named as for :func:`conv2d`; by default pads are never chosen.
    layout : str, default "{layout}"
        Or with the channels last, as for :func:`conv2d`.
    return_indices : bool, default False
        Also return where each maximum lies.
    out : ndarray, optional
        Array of the values' shape and dtype to write them into; it may overlap the input.

    Returns
    -------
    values : ndarray
        The maxima, in the type and layout of ``x``.
    indices : ndarray of int64
        With ``return_indices`` only: the place of each maximum in its plane, row × W + column in two
        dimensions. A constant border, where it is the largest, has the index −1.

    Raises
    ------
    SpecError
        If a window is larger than the padded input or, without a border, lies wholly outside.

    Notes
    -----
    A window with a NaN gives NaN. Of several largest cells (or NaN) the index is the first one's, row by row.
    Memory: the result of the first axis; one pass for each cell of the window along each axis, no unfolded copy.

    Examples
    --------
    >>> max_pool1d([[1, 5, 2, 4, 3, 0]], 3, stride=2, return_indices=True)
    (array([[5, 4]]), array([[1, 3]]))
    >>> image = np.array([[[1, 3, 2, 4], [5, 6, 1, 2], [7, 2, 9, 1], [0, 1, 4, 8]]])
    >>> values, indices = max_pool2d(image, 2, return_indices=True)
    >>> values[0].tolist(), indices[0].tolist()
    ([[6, 4], [7, 9]], [[5, 3], [8, 10]])
    """
    options = window, stride, padding, dilation, ceil_mode, border, layout
    key = None if return_indices else call_key("max", x, out, dims, *options)
    if key is not None and (repeated := repeat(key, x, out)) is not None:
        return repeated
    x = as_array(x, "input")
    spec = PoolSpec(
        x.shape,
        per_dimension(window, dims, "window"),
        stride=stride,
        padding=padding,
        dilation=dilation,
        ceil_mode=ceil_mode,
        border=border,
        layout=layout,
        dtype=x.dtype,
    )
    pooled = pool_with_indices(spec, x, out) if return_indices else pool(spec, "max", x, out, key=key)
    if pooled is not None:
        return pooled
    planes = extend(spec, channels_first(x, dims, spec.layout))
    if not return_indices:
        for axis, windows in axis_windows(spec):
            planes = fold(planes, axis, windows, np.maximum, lowest(x.dtype))
        return finish(planes, spec.output_shape, x.dtype, spec.layout, out)
    indices, step = np.broadcast_to(np.int64(0), planes.shape), 1
    # The last axis first: of equal cells it finds the first in each row, then the first row.
    for axis, windows in reversed(axis_windows(spec)):
        planes, indices = _fold_indices(planes, indices, axis, windows, step)
        step *= windows.size
    indices = indices if spec.border is None else source_cells(spec).ravel()[indices]
    values = finish(planes, spec.output_shape, x.dtype, spec.layout, out)
    return values, finish(indices, spec.output_shape, indices.dtype, spec.layout)


def _fold_indices(
    planes: Array, indices: Array, axis: int, windows: AxisWindows, step: int
) -> tuple[Array, Array]:
    """Take maxima along ``axis``, and the flat indices of their cells, which are ``step`` apart along it."""
    best = fold(planes, axis, windows, np.maximum, lowest(planes.dtype))
    chosen = np.full_like(best, -1, dtype=np.int64)
    for target, source in windows.steps():
        cell, place = planes[along(axis, source)], chosen[along(axis, target)]
        found = (place < 0) & ((cell == best[along(axis, target)]) | np.isnan(cell))
        positions = np.arange(source.start, source.stop, source.step).reshape(-1, *(1,) * (best.ndim - axis - 1))
        np.copyto(place, positions * step + indices[along(axis, source)], where=found)
    return best, chosen


def lowest(dtype: np.dtype[Any]) -> Any:
    """The number of ``dtype`` that no maximum is below."""
    if dtype.kind == "f":
        return dtype.type(-np.inf)
    return dtype.type(False if dtype.kind == "b" else np.iinfo(dtype).min)


_functions = in_dimensions("max_pool{}d", max_pool)
max_pool1d, max_pool2d, max_pool3d = cast("tuple[MaxPool, MaxPool, MaxPool]", _functions)
