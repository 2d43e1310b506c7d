"""The convolution as a matrix: sparse, one row for each output cell, one column for each input cell."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from convolens.errors import SpecError
from convolens.ops.arrays import Array, as_array, check_bias
from convolens.ops.integers import check_sums, largest_sum
from convolens.ops.transposed import turn
from convolens.spec.borders import border_value, source_index
from convolens.spec.geometry import ConvSpec
from convolens.spec.layout import LAST

if TYPE_CHECKING:
    from scipy import sparse


def toeplitz(spec: ConvSpec, weight: npt.ArrayLike) -> sparse.csr_array:
    r"""
    Write a convolution as a sparse matrix.

    .. math:: \mathrm{vec}(y) = A\,\mathrm{vec}(x) + b

    for one batch item :math:`x` and its convolution :math:`y`, both flattened row by row in the layout of
    ``spec``. This function gives :math:`A`; :func:`toeplitz_offset` gives :math:`b`: the bias, and what a
    constant border other than 0 adds.

    Parameters
    ----------
    spec : ConvSpec
        What is asked: any number of dimensions, stride, dilation, groups, border, flip, either layout. Its
        batch size does not matter.
    weight : array_like
        Kernels of shape ``spec.weight_shape``, (K, C / groups, kernel size…).

    Returns
    -------
    scipy.sparse.csr_array
        Shape (output elements, input elements) of one batch item. Its type is the one that sums are taken in:
        int64 for integers throughout, float32 (for float16 too) or float64.

    Raises
    ------
    SpecError
        If ``weight`` has another shape than the spec says, or sums of integers could pass int64.

    See Also
    --------
    toeplitz_offset : What is added to the product: bias, and a constant border other than 0.

    Notes
    -----
    In one dimension with stride 1 and no border the matrix has constant diagonals: it is a Toeplitz matrix.
    In two dimensions its blocks are. With the border ``wrap`` and as many outputs as inputs it is circulant.
    Cells that a border shows more than once add up in one entry. Weights that are 0 are stored all the same,
    so that the pattern does not depend on values.

    There is one entry for each weight at each output cell, ``spec.macs / spec.batch`` at most, of 8 to 16
    bytes, and several times that while the matrix is built: it is for study and for small images.

    References
    ----------
    R. M. Gray, Toeplitz and Circulant Matrices: A Review, Foundations and Trends in Communications and
    Information Theory 2(3), 2006, https://doi.org/10.1561/0100000006.

    Examples
    --------
    >>> spec = ConvSpec((1, 5), (1, 1, 3), dtype=int)
    >>> toeplitz(spec, [[[1, 0, -1]]]).toarray()
    array([[ 1,  0, -1,  0,  0],
           [ 0,  1,  0, -1,  0],
           [ 0,  0,  1,  0, -1]])
    >>> toeplitz(spec, [[[1, 0, -1]]]) @ [1, 2, 3, 4, 5]
    array([-2, -2, -2])
    """
    from scipy import sparse

    weight = _checked(spec, weight)
    cells, inside = _window_cells(spec)
    kernels, per_group, taps = weight.shape
    grid = (kernels, len(cells), per_group, taps)  # rows in order, then the entries of a row

    first = np.arange(kernels) // (kernels // spec.groups) * per_group
    channel = (first[:, None] + np.arange(per_group))[:, None, :, None]
    if spec.layout == LAST:
        column = cells[:, None, :] * spec.in_channels + channel
    else:
        column = channel * math.prod(spec.input_size) + cells[:, None, :]

    stored = np.broadcast_to(inside[:, None, :], grid)
    values = np.broadcast_to(weight[:, None], grid)[stored]
    row_ends = np.tile(inside.sum(axis=1) * per_group, kernels).cumsum()
    shape = (kernels * len(cells), spec.in_channels * math.prod(spec.input_size))
    matrix = sparse.csr_array((values, column[stored], np.r_[0, row_ends]), shape=shape)
    matrix.sum_duplicates()
    if spec.layout == LAST:  # the kernel counts fastest
        matrix = matrix[np.arange(shape[0]).reshape(kernels, -1).T.ravel()]
    return matrix


def toeplitz_offset(spec: ConvSpec, weight: npt.ArrayLike, bias: npt.ArrayLike | None = None) -> Array:
    """
    Give the part of a convolution that does not depend on the image: bias and constant border.

    Parameters
    ----------
    spec : ConvSpec
        What is asked.
    weight : array_like
        Kernels of shape ``spec.weight_shape``.
    bias : array_like, optional
        One number for each kernel.

    Returns
    -------
    ndarray
        One number for each output element of a batch item, flattened in the layout of ``spec``: what
        ``toeplitz(spec, weight) @ x.ravel()`` lacks.

    Raises
    ------
    SpecError
        If ``weight`` or ``bias`` has another shape than the spec says, or sums of integers could pass int64.
    DTypeError
        If ``bias`` is of floats where input and weight are integers.

    Examples
    --------
    >>> spec = ConvSpec((1, 3), (1, 1, 3), padding=1, border=7, dtype=int)
    >>> toeplitz_offset(spec, [[[1, 0, -1]]], bias=[100])
    array([107, 100,  93])
    """
    weight = _checked(spec, weight, bias)
    shift = check_bias(bias, len(weight))
    outside = ~_window_cells(spec)[1]
    offset = np.zeros((len(weight), len(outside)), weight.dtype)
    if spec.border.mode == "constant" and spec.border.value != 0:
        touched = outside.any(axis=1)
        lacking = weight.sum(axis=1, dtype=weight.dtype) @ outside[touched].T.astype(weight.dtype)
        offset[:, touched] = lacking * np.asarray(border_value(spec.border, weight.dtype), weight.dtype)
    if shift is not None:
        offset += shift.astype(offset.dtype)[:, None]
    return offset.T.ravel() if spec.layout == LAST else offset.ravel()


def _checked(spec: ConvSpec, weight: npt.ArrayLike, bias: npt.ArrayLike | None = None) -> Array:
    """Give the weights as they meet the window: (kernels, channels a group, kernel cells)."""
    weight = as_array(weight, "weight")
    if weight.shape != spec.weight_shape:
        raise SpecError(f"weight has shape {weight.shape}, but the spec says {spec.weight_shape}")
    dtype = spec.replace(weight_dtype=weight.dtype).compute_dtype
    if dtype.kind != "f":
        sums = largest_sum(weight, tuple(range(1, weight.ndim)))
        check_sums(
            f"{weight.dtype} weight",
            np.ones(1, bool),
            sums,
            border=spec.border.value,
            bias=check_bias(bias, len(weight)),
        )
    weight = turn(spec, weight).astype(dtype)
    return weight.reshape(*weight.shape[:2], -1)


def _window_cells(spec: ConvSpec) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.bool_]]:
    """Give the input cell under each kernel cell (columns) of each window (rows), and if one is there."""
    cells: npt.NDArray[np.intp] = np.zeros((1, 1), np.intp)
    inside: npt.NDArray[np.bool_] = np.ones((1, 1), np.bool_)
    for axis, size in enumerate(spec.input_size):
        starts = np.arange(spec.output_size[axis]) * spec.stride[axis] - spec.pads[axis][0]
        steps = np.arange(spec.kernel_size[axis]) * spec.dilation[axis]
        source = source_index(starts[:, None] + steps, size, spec.border)
        shape = (len(cells) * len(starts), cells.shape[1] * len(steps))
        cells = (cells[:, None, :, None] * size + source[:, None, :]).reshape(shape)
        inside = (inside[:, None, :, None] & (source >= 0)[:, None, :]).reshape(shape)
    return cells, inside
