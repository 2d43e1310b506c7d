"""Bilinear sampling of an image between its cells, as a sparse matrix: four weights a sample, any border."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt

from convolens.ops.arrays import Array
from convolens.spec.borders import Border, source_index

if TYPE_CHECKING:
    from scipy import sparse

Integers = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Samples:
    r"""
    Points of an image, each between four cells.

    With :math:`a` the fraction down from the upper cells and :math:`b` that to the right from the left ones,
    the value at a point is

    .. math:: (1 - a)(1 - b)\,v_{00} + (1 - a)\,b\,v_{01} + a\,(1 - b)\,v_{10} + a\,b\,v_{11}.

    Attributes
    ----------
    rows : slice
        The image rows that the points touch.
    cells : ndarray
        A copy of these rows, and at the end what lies outside: (cells × groups, channels a group).
    corners : ndarray of int
        The rows of ``cells`` around each point, in the order of the formula: (points, 4).
    down, right : ndarray
        The fractions a and b of each point.
    """

    rows: slice
    cells: Array
    corners: Integers
    down: Array
    right: Array

    @classmethod
    def locate(cls, image: Array, border: Border, base: Integers, offset: Array, dtype: np.dtype[Any]) -> Self:
        """
        Find the cells around ``base + offset``.

        Parameters
        ----------
        image : ndarray
            (height, width, channels).
        border : Border
            What lies outside.
        base : ndarray of int
            A cell for each point, (row, column) along the last axis; broadcast against ``offset``.
        offset : ndarray
            How far from it the point lies: (..., groups, 2). Each group of channels has its own points.
        dtype : dtype
            What to compute in. A fraction has its full precision wherever the point lies.
        """
        offset = offset.astype(np.result_type(offset, dtype), copy=False)
        floor = np.floor(offset)
        whole = base + floor.astype(np.intp)
        fraction = (offset - floor).astype(dtype).reshape(-1, 2)
        height, width, channels = image.shape
        groups = offset.shape[-2]

        row = source_index(whole[..., 0, None] + [0, 0, 1, 1], height, border)
        column = source_index(whole[..., 1, None] + [0, 1, 0, 1], width, border)
        inside = row[(row >= 0) & (column >= 0)]
        rows = slice(inside.min(), inside.max() + 1) if inside.size else slice(0, 0)

        touched = image[rows].reshape(-1, channels)
        cells = np.full((len(touched) + 1, channels), border.value, dtype)
        cells[:-1] = touched
        corner = np.where((row < 0) | (column < 0), len(touched), (row - rows.start) * width + column)
        corner = corner * groups + np.arange(groups)[:, None]
        return cls(
            rows, cells.reshape(-1, channels // groups), corner.reshape(-1, 4), fraction[:, 0], fraction[:, 1]
        )

    def values(self) -> Array:
        """Interpolate: (points, channels a group)."""
        values: Array = self._interpolation() @ self.cells
        return values

    def slopes(self) -> tuple[Array, Array]:
        """Differentiate the values as the points move down and to the right; on a cell, towards the next one."""
        one = np.ones_like(self.down)
        down = self._matrix(-one, one, 1 - self.right, self.right) @ self.cells
        right = self._matrix(1 - self.down, self.down, -one, one) @ self.cells
        return down, right

    def scatter(self, gradient: Array, image_gradient: Array) -> None:
        """Add the adjoint of :meth:`values`, applied to ``gradient``, to an array of the image's shape."""
        target = image_gradient[self.rows]
        spread: Array = self._interpolation().T @ gradient
        target += spread.ravel()[: target.size].reshape(target.shape)

    def _interpolation(self) -> "sparse.csr_array":
        return self._matrix(1 - self.down, self.down, 1 - self.right, self.right)

    def _matrix(self, upper: Array, lower: Array, left: Array, right: Array) -> "sparse.csr_array":
        from scipy import sparse

        weights = np.stack([upper * left, upper * right, lower * left, lower * right], axis=1)
        ends = np.arange(0, weights.size + 1, 4)
        shape = (len(weights), len(self.cells))
        matrix = sparse.csr_array((weights.ravel(), self.corners.flatten(), ends), shape=shape)
        matrix.eliminate_zeros()  # in place; a cell of no weight has no say, even if it is NaN or infinite
        return matrix
