"""Arrays as states and messages hold them: a shape, and the numbers row by row."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt

from convolens.errors import SpecError
from convolens.lab.records import LARGEST_WHOLE, Number, Within
from convolens.ops.arrays import as_array

MOST_SIDE = 64
MOST_CELLS = 4096


@dataclass(frozen=True)
class Numbers:
    """
    An array of one to three dimensions, small enough to be shown cell by cell.

    Attributes
    ----------
    shape : tuple of int
        Sides of 1 to ``MOST_SIDE`` cells, at most ``MOST_CELLS`` cells in all.
    data : tuple of float
        The cells, the last axis fastest.

    Raises
    ------
    SpecError
        If shape and data do not fit together, or are too large.
    """

    shape: Annotated[tuple[Annotated[int, Within(1, MOST_SIDE)], ...], Within(1, 3)]
    data: tuple[Number, ...]

    def __post_init__(self) -> None:
        count = math.prod(self.shape)
        if count > MOST_CELLS:
            raise SpecError(f"numbers of shape {self.shape} are {count} cells; at most {MOST_CELLS} are shown")
        if len(self.data) != count:
            raise SpecError(f"numbers of shape {self.shape} have {count} cells, but {len(self.data)} are given")

    @classmethod
    def of(cls, array: npt.ArrayLike, name: str = "array", *, dims: int = 3) -> Numbers:
        """
        Take an array of up to that many dimensions in; whole numbers beyond ±2⁵³ become floats.

        >>> Numbers.of([[1, 2], [3, 4.5]])
        Numbers(shape=(2, 2), data=(1.0, 2.0, 3.0, 4.5))
        """
        found = as_array(array, name)
        if not 1 <= found.ndim <= dims or 0 in found.shape or max(found.shape) > MOST_SIDE:
            count = {1: "one dimension", 2: "1 or 2 dimensions"}.get(dims, f"1 to {dims} dimensions")
            raise SpecError(
                f"{name} must have {count} of 1 to {MOST_SIDE} cells, found shape {found.shape}; "
                "cut a part out of it"
            )
        whole = found.dtype.kind in "biu" and found.min() >= -LARGEST_WHOLE and found.max() <= LARGEST_WHOLE
        return cls(found.shape, tuple(found.astype(np.int64 if whole else np.float64).ravel().tolist()))

    def array(self, outside: Number = 0) -> npt.NDArray[Any]:
        """Return the array: int64 where every number is whole, the one that lies outside, too; else float64."""
        whole = all(isinstance(value, int) for value in (*self.data, outside))
        return np.array(self.data, np.int64 if whole else np.float64).reshape(self.shape)
