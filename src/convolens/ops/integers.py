"""Sums of integers: exact in int64, or refused before they are taken."""

import math

import numpy as np

from convolens.errors import DTypeError, SpecError
from convolens.ops.arrays import Array
from convolens.spec.geometry import ConvSpec

LIMIT = 2.0**63 * (1 - 2.0**-30)  # what int64 holds, less what a sum of magnitudes in float64 may round off


def magnitude(x: Array) -> int:
    """
    Return the largest magnitude among the integers of ``x``, or what its type allows where that is small.

    >>> magnitude(np.array([3, -7])), magnitude(np.uint8([1])), magnitude(np.array([], int))
    (7, 255, 0)
    """
    if x.size == 0:
        return 0
    if x.dtype.kind == "b":
        return 1
    if x.dtype.itemsize <= 2:
        return max(abs(int(np.iinfo(x.dtype).min)), int(np.iinfo(x.dtype).max))
    return max(abs(int(x.min())), abs(int(x.max())))


def largest_sum(weight: Array, axes: tuple[int, ...]) -> float:
    """Sum the weights' magnitudes over ``axes``, and return the largest of these sums."""
    return float(np.abs(weight.astype(np.float64)).sum(axis=axes).max(initial=0.0))


def border_copies(spec: ConvSpec) -> int:
    """Bound how often the padded image shows one cell of the image."""
    return 1 if spec.border.mode == "constant" else math.prod(1 + sum(pads) for pads in spec.pads)


def check_sums(name: str, x: Array, weights: float, *, border: float = 0, bias: Array | None = None) -> None:
    """
    Refuse sums of integers that could pass int64.

    Parameters
    ----------
    name : str
        What the sums are of, for the message.
    x : ndarray of integers
        What is weighted.
    weights : float
        The largest sum of magnitudes of the weights that one cell of the result takes.
    border : float, default 0
        A number that may stand among those of ``x``.
    bias : ndarray, optional
        Added to the sums.

    Raises
    ------
    SpecError
        If a sum could pass int64.
    DTypeError
        If ``bias`` is of floats.
    """
    if bias is not None and bias.dtype.kind == "f":
        raise DTypeError(f"bias is {bias.dtype}, but {name} are integers; convert one of them to float")
    largest = max(magnitude(x), abs(border))
    if max(largest, largest * weights + (0 if bias is None else magnitude(bias))) >= LIMIT:
        raise SpecError(f"sums of {name} could pass the range of int64; convert one of them to float64")
