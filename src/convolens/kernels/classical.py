"""
Kernels that were published as small whole numbers: pure functions that return int64 weights.

All weights are meant for correlation, unflipped; rows grow downward. ``x`` kernels answer to brightness
that grows to the right, ``y`` kernels to brightness that grows downward. Angles are degrees,
counter-clockwise from the x axis as the image is seen, and give the direction along the edge or line; the
brighter side of an edge is on its right.
"""

from typing import Literal, SupportsFloat

import numpy as np
import numpy.typing as npt

from convolens.errors import SpecError
from convolens.kernels.checks import number

Weights = npt.NDArray[np.int64]
Axis = Literal["x", "y"]

_RING = ((0, 0), (0, 1), (0, 2), (1, 2), (2, 2), (2, 1), (2, 0), (1, 0))
"""The eight cells around the centre of a 3 × 3 kernel, clockwise."""


def prewitt(axis: Axis = "x") -> Weights:
    """
    Difference across three cells, averaged over three rows: (−1 0 1) by (1 1 1)ᵀ.

    >>> prewitt("y").tolist()
    [[-1, -1, -1], [0, 0, 0], [1, 1, 1]]
    """
    return _derivative((1, 1, 1), axis)


def sobel(axis: Axis = "x") -> Weights:
    """
    Difference across three cells, the middle row counted twice: (−1 0 1) by (1 2 1)ᵀ.

    >>> sobel("x").tolist()
    [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]
    """
    return _derivative((1, 2, 1), axis)


def scharr(axis: Axis = "x") -> Weights:
    """
    Difference across three cells, rows weighted for equal answers in all directions: (−1 0 1) by (3 10 3)ᵀ.

    >>> scharr("x").tolist()
    [[-3, 0, 3], [-10, 0, 10], [-3, 0, 3]]
    """
    return _derivative((3, 10, 3), axis)


def roberts(diagonal: Literal[1, 2] = 1) -> Weights:
    """
    Difference of two diagonal neighbours, of four cells in a square.

    Parameters
    ----------
    diagonal : 1 or 2
        1 subtracts the lower right cell from the upper left one, 2 the lower left from the upper right.

    Examples
    --------
    >>> roberts(1).tolist(), roberts(2).tolist()
    ([[1, 0], [0, -1]], [[0, 1], [-1, 0]])
    """
    if diagonal not in (1, 2):
        raise SpecError(f"diagonal must be 1 or 2, found {diagonal!r}")
    return np.array([[1, 0], [0, -1]] if diagonal == 1 else [[0, 1], [-1, 0]])


def laplacian(neighbours: Literal[4, 8] = 4) -> Weights:
    """
    The sum of the neighbours less as many times the centre.

    Parameters
    ----------
    neighbours : 4 or 8
        4 takes the cells that share a side, 8 the diagonal ones too.

    Examples
    --------
    >>> laplacian(4).tolist()
    [[0, 1, 0], [1, -4, 1], [0, 1, 0]]
    """
    if neighbours not in (4, 8):
        raise SpecError(f"neighbours must be 4 or 8, found {neighbours!r}")
    corner = 0 if neighbours == 4 else 1
    return np.array([[corner, 1, corner], [1, -neighbours, 1], [corner, 1, corner]])


def sharpen() -> Weights:
    """
    The image less its 4-neighbour Laplacian.

    >>> sharpen().tolist()
    [[0, -1, 0], [-1, 5, -1], [0, -1, 0]]
    """
    return np.array([[0, 0, 0], [0, 1, 0], [0, 0, 0]]) - laplacian(4)


def emboss() -> Weights:
    """
    The image plus a difference from the upper left to the lower right.

    >>> emboss().tolist()
    [[-2, -1, 0], [-1, 1, 1], [0, 1, 2]]
    """
    return np.array([[-2, -1, 0], [-1, 1, 1], [0, 1, 2]])


def edge(angle: SupportsFloat = 0) -> Weights:
    """
    Robinson's three-level compass kernel: Prewitt's, turned in steps of 45°.

    Parameters
    ----------
    angle : float, default 0
        Direction along the edge in degrees, a multiple of 45. 0 answers to a horizontal edge, brighter below.

    Examples
    --------
    >>> edge(45).tolist()
    [[-1, -1, 0], [-1, 0, 1], [0, 1, 1]]
    """
    return _turned(prewitt("y"), angle)


def robinson(angle: SupportsFloat = 0) -> Weights:
    """
    Robinson's five-level compass kernel: Sobel's, turned in steps of 45°.

    Parameters
    ----------
    angle : float, default 0
        Direction along the edge in degrees, a multiple of 45. 0 answers to a horizontal edge, brighter below.

    Examples
    --------
    >>> robinson(45).tolist()
    [[-2, -1, 0], [-1, 0, 1], [0, 1, 2]]
    """
    return _turned(sobel("y"), angle)


def kirsch(angle: SupportsFloat = 0) -> Weights:
    """
    Kirsch's compass kernel: three neighbours at +5 against five at −3.

    Parameters
    ----------
    angle : float, default 0
        Direction along the edge in degrees, a multiple of 45. 0 answers to a horizontal edge, brighter below.

    Examples
    --------
    >>> kirsch(90).tolist()
    [[-3, -3, 5], [-3, 0, 5], [-3, -3, 5]]
    """
    return _turned(np.array([[-3, -3, -3], [-3, 0, -3], [5, 5, 5]]), angle)


def line(angle: SupportsFloat = 0) -> Weights:
    """
    A line one cell wide, brighter than both its sides: 2 along it, −1 elsewhere.

    Parameters
    ----------
    angle : float, default 0
        Direction along the line in degrees, a multiple of 45.

    Examples
    --------
    >>> line(45).tolist()
    [[-1, -1, 2], [-1, 2, -1], [2, -1, -1]]
    """
    return _turned(np.array([[-1, -1, -1], [2, 2, 2], [-1, -1, -1]]), angle)


def _derivative(smooth: tuple[int, int, int], axis: Axis) -> Weights:
    """The difference (−1 0 1) along ``axis``, weighted by ``smooth`` across it."""
    if axis not in ("x", "y"):
        raise SpecError(f"axis must be 'x' or 'y', found {axis!r}")
    along_x = np.outer(smooth, (-1, 0, 1))
    return along_x if axis == "x" else along_x.T.copy()


def _turned(weights: Weights, angle: SupportsFloat) -> Weights:
    """Turn a 3 × 3 kernel counter-clockwise by moving its ring of eight cells, one step for 45°."""
    degrees = number("angle", angle)
    if degrees % 45:
        raise SpecError(f"angle must be a multiple of 45 for a 3 × 3 compass kernel, found {degrees:g}")
    steps = int(degrees % 360) // 45
    turned = weights.copy()
    for place, (row, column) in enumerate(_RING):
        source = _RING[(place + steps) % 8]
        turned[row, column] = weights[source]
    return turned
