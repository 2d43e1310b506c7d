"""The matrices of minimal filtering F(m, r): m outputs of an r-tap correlation by m + r − 1 products."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from math import prod

import numpy as np
import numpy.typing as npt

from convolens.errors import SpecError

Matrix = npt.NDArray[np.float64]
Rows = tuple[tuple[Fraction, ...], ...]

PAIRS = {1: "1", 2: "3/4 3/2", 3: "1/2 1 2", 4: "1/2 3/4 4/3 2"}
"""The points ±p to go with 0, by their number; infinity always comes last."""


@dataclass(frozen=True, eq=False)
class Transform:
    r"""
    One dimension of minimal filtering: :math:`y = A^T [(G g) \odot (B^T d)]`.

    Attributes
    ----------
    tile : int
        Number m of outputs y.
    taps : int
        Number r of weights g.
    output : tuple of tuple of Fraction, m by a
        :math:`A^T`, with a = m + r − 1 products.
    kernel : tuple of tuple of Fraction, a by r
        :math:`G`.
    data : tuple of tuple of Fraction, a by a
        :math:`B^T`, which takes the a inputs d.
    """

    tile: int
    taps: int
    output: Rows
    kernel: Rows
    data: Rows

    @property
    def size(self) -> int:
        """Number of inputs, and of products: m + r − 1."""
        return self.tile + self.taps - 1

    @property
    def growth(self) -> float:
        r"""
        How far rounding errors of unit size in all products grow, in quadratic mean.

        With inputs of at most 1 and weights of absolute sum 1, product p is at most
        :math:`\max_k |G_{pk}| \sum_q |B^T_{pq}|`; this is the largest over outputs i and taps k of
        :math:`\big(\sum_p (A^T_{ip} G_{pk} \sum_q |B^T_{pq}|)^2\big)^{1/2}`.
        """
        output, kernel, data = (np.square(as_float(m)) for m in (self.output, self.kernel, self.data))
        reach = np.square(np.sqrt(data).sum(axis=1, keepdims=True))
        return float(np.sqrt((output @ (kernel * reach)).max()))


def as_float(rows: Rows) -> Matrix:
    """Round exact numbers to float64."""
    return np.array([[float(entry) for entry in row] for row in rows])


@functools.cache
def toom_cook(tile: int, taps: int, points: Sequence[Fraction] | None = None) -> Transform:
    r"""
    Derive F(m, r) from interpolation points, in exact arithmetic.

    A correlation is the transpose of a polynomial product. The product of polynomials of r and m coefficients is
    found from its values at m + r − 2 points and at infinity; transposing gives :math:`A^T` and :math:`G`, the
    Vandermonde matrices of m and r columns, and :math:`B^T`, the coefficients of the Lagrange polynomials. Their
    denominators go to :math:`G`: with points that are fractions of powers of two, :math:`A^T` and :math:`B^T`
    are exact in float32, and the rows of :math:`B^T` for a pair ±p share their even and their odd parts.

    Parameters
    ----------
    tile, taps : int
        m and r, at least 1. With either 1 no points are needed beyond m + r − 2.
    points : tuple of Fraction, optional
        m + r − 2 different finite points; by default 0 and pairs ±p whose rounding errors are small.

    Returns
    -------
    Transform

    References
    ----------
    B. Barabasz, A. Anderson, K. M. Soodhalter, D. Gregg, Error analysis and improving the accuracy of Winograd
    convolution for deep neural networks, 2020, doi:10.1145/3412380, arXiv:1803.10986.
    A. Lavin, S. Gray, Fast algorithms for convolutional neural networks, 2016, doi:10.1109/CVPR.2016.435.

    Examples
    --------
    >>> transform = toom_cook(2, 3)
    >>> as_float(transform.output).tolist()
    [[1.0, 1.0, 1.0, 0.0], [0.0, 1.0, -1.0, 1.0]]
    >>> inputs, weights = np.array([1.0, 2.0, 4.0, 8.0]), np.array([1.0, 0.0, -1.0])
    >>> products = (as_float(transform.kernel) @ weights) * (as_float(transform.data) @ inputs)
    >>> (as_float(transform.output) @ products).tolist()
    [-3.0, -6.0]
    """
    if tile < 1 or taps < 1:
        raise SpecError(f"F({tile}, {taps}) does not exist: both numbers must be at least 1")
    finite = tuple(default_points(tile + taps - 2) if points is None else points)
    if len(finite) != tile + taps - 2 or len(set(finite)) != len(finite):
        raise SpecError(
            f"F({tile}, {taps}) needs {tile + taps - 2} different points, not {list(map(str, finite))}"
        )
    if tile == 1 and taps == 1:
        one: Rows = ((Fraction(1),),)
        return Transform(1, 1, one, one, one)
    others = [tuple(q for q in finite if q != p) for p in finite]
    value = [prod((p - q for q in rest), start=Fraction(1)) for p, rest in zip(finite, others, strict=True)]
    data = [(*_monic(rest), Fraction(0)) for rest in others]
    kernel = [tuple(p**k / v for k in range(taps)) for p, v in zip(finite, value, strict=True)]
    output = [[p**i for p in finite] + [Fraction(i == tile - 1)] for i in range(tile)]
    return Transform(
        tile,
        taps,
        tuple(map(tuple, output)),
        (*kernel, tuple(Fraction(k == taps - 1) for k in range(taps))),
        (*data, _monic(finite)),
    )


def default_points(count: int) -> tuple[Fraction, ...]:
    """
    Return the first ``count`` points: 0, then pairs ±p.

    >>> list(map(str, default_points(5)))
    ['0', '3/4', '-3/4', '3/2', '-3/2']
    """
    pairs = PAIRS.get(count // 2, "").split()
    return tuple(Fraction(p) for p in ("0", *(sign + p for p in pairs for sign in ("", "-"))))[:count]


def _monic(roots: Sequence[Fraction]) -> tuple[Fraction, ...]:
    """Coefficients, lowest first, of the product of (x − root)."""
    degree = len(roots)
    return tuple(
        (-1) ** (degree - k)
        * sum((prod(c, start=Fraction(1)) for c in combinations(roots, degree - k)), Fraction(0))
        for k in range(degree + 1)
    )
