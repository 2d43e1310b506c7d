"""The filters that images are put through, as numbers that every library can be given."""

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Filter:
    """
    A filter by its kind and its one number.

    ``gaussian``: standard deviation, cut off at three of them. ``box``: side. ``dense``: side of a kernel that is
    no outer product. The others are 3×3, and the number is not looked at; ``sobel-magnitude`` is that of both
    gradients, divided by 4.
    """

    kind: Literal["gaussian", "box", "dense", "sharpen", "sobel-x", "sobel-magnitude"]
    number: float = 3

    @property
    def side(self) -> int:
        """Cells along one side."""
        if self.kind == "gaussian":
            return 2 * math.ceil(3 * self.number) + 1
        return int(self.number) if self.kind in ("box", "dense") else 3

    @property
    def text(self) -> str | None:
        """The kernel in the words of ``convolens.parse_kernel``, if it has a name there."""
        if self.kind == "gaussian":
            return f"gaussian:sigma={self.number:g},size={self.side}"
        return {"box": f"box:size={self.side}", "sobel-x": "sobel-x"}.get(self.kind)

    @property
    def profiles(self) -> tuple[Array, Array] | None:
        """The column and the row whose outer product is the kernel, if there are such."""
        if self.kind == "gaussian":
            position = np.arange(self.side) - self.side // 2
            bell = np.exp(-(position**2) / (2 * self.number**2))
            return bell / bell.sum(), bell / bell.sum()
        if self.kind == "box":
            return np.full(self.side, 1 / self.side), np.full(self.side, 1 / self.side)
        return (np.array([1.0, 2, 1]), np.array([-1.0, 0, 1])) if self.kind.startswith("sobel") else None

    @property
    def weights(self) -> Array:
        """The kernel in float64, or in int64 where all its numbers are whole."""
        if self.kind == "sharpen":
            return np.array([[0, -1, 0], [-1, 5, -1], [0, -1, 0]])
        if self.kind == "dense":
            dense: Array = np.random.default_rng(5).random((self.side, self.side))
            dense /= dense.sum()
            return dense
        assert self.profiles is not None
        kernel = np.outer(*self.profiles)
        return kernel.astype(np.int64) if self.kind.startswith("sobel") else kernel

    @property
    def negative(self) -> bool:
        """Whether sums can leave the range of the image."""
        return bool((self.weights < 0).any())


def to_pixels(values: Array, dtype: npt.DTypeLike) -> Array:
    """Round and saturate to the data type of an image; floating point is only converted."""
    kind = np.dtype(dtype)
    if kind.kind == "u":
        return np.clip(np.rint(values), 0, np.iinfo(kind).max).astype(kind)
    return values.astype(kind, copy=False)
