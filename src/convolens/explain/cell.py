"""The numbers of one output cell, and the flat pieces in which they are shown."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from convolens.spec.geometry import ConvSpec

Array = npt.NDArray[Any]


@dataclass(frozen=True, eq=False)
class Plane:
    """
    A flat piece of a step, of two axes at most: one channel, and in 3-D one depth of it.

    Attributes
    ----------
    title : str
        Which channel and which depth of the kernel this is; empty where there is only one.
    index : tuple of int
        Where it stands in the step's arrays: (channel,) or (channel, depth).
    window, kernel, weights, products : ndarray, shape (rows, columns)
        See :class:`~convolens.Step`. A 1-D window is one row.
    border : ndarray of bool, shape (rows, columns)
        True where the cell of the window lies outside the image.
    """

    title: str
    index: tuple[int, ...]
    window: Array
    border: Array
    kernel: Array
    weights: Array
    products: Array


@dataclass(frozen=True, eq=False)
class WorkedCell:
    """One output cell with everything that went into it; :class:`~convolens.Step` says what each number is."""

    spec: ConvSpec
    item: int
    number: int
    cell: tuple[int, ...]
    channels: tuple[int, ...]
    window: Array
    positions: Array
    sources: Array
    border: Array
    kernel: Array
    weights: Array
    products: Array
    sums: Array
    bias: int | float | None
    result: int | float

    @property
    def planes(self) -> tuple[Plane, ...]:
        """The step in flat pieces, channel by channel and depth by depth."""
        flat = (1, *self.spec.kernel_size)[-2:]
        arrays = (
            self.window,
            np.broadcast_to(self.border, self.window.shape),
            self.kernel,
            self.weights,
            self.products,
        )
        return tuple(
            Plane(self._title(index), index, *(array[index].reshape(flat) for array in arrays))
            for index in np.ndindex(self.window.shape[: max(self.window.ndim - 2, 1)])
        )

    def _title(self, index: tuple[int, ...]) -> str:
        parts = [f"channel {self.channels[index[0]]}"] if self.spec.in_channels > 1 else []
        return ", ".join(parts + [f"depth {depth}" for depth in index[1:]])
