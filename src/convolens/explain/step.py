"""One output cell of a convolution, with everything that went into it."""

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from convolens.explain.latex import step_latex
from convolens.explain.text import step_text
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
        See :class:`Step`. A 1-D window is one row.
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
class Step:
    r"""
    One output cell, worked out.

    .. math:: result = bias + \sum_{c} \sum_{i} window[c, i] \cdot weights[c, i]

    Attributes
    ----------
    spec : ConvSpec
        What was asked.
    item : int
        Item of the batch; 0 without a batch axis.
    number : int
        Which kernel, so which channel of the output.
    cell : tuple of int
        Position in the output: (row, column) in 2-D.
    channels : tuple of int
        Channels of the input that the kernel's group sees, C in number.
    window : ndarray, shape (C, \*kernel size)
        The cells of the input under the kernel, border included.
    positions : ndarray of int, shape (dims, \*kernel size)
        Coordinates of the window's cells in the image; outside it where they are negative or too large.
    sources : ndarray of int, shape (dims, \*kernel size)
        Coordinates of the image cells that the border shows there; −1 where it is a constant.
    border : ndarray of bool, shape (\*kernel size)
        True where a cell of the window lies outside the image.
    kernel : ndarray, shape (C, \*kernel size)
        The kernel as given.
    weights : ndarray, shape (C, \*kernel size)
        The kernel as laid on the window: turned by 180° if it is true convolution (``spec.flip``).
    products : ndarray, shape (C, \*kernel size)
        window × weights.
    sums : ndarray, shape (C,)
        Sum of the products of each channel.
    bias : int, float or None
        What is added at the end.
    result : int or float
        The output cell.

    Notes
    -----
    Integers are exact (int64). Products and sums of floats are taken in float64; the result is rounded once, to
    ``spec.result_dtype``.
    """

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

    def __str__(self) -> str:
        return self.text()

    def text(self, width: int = 80) -> str:
        """Return the step as plain text, at most ``width`` columns wide where the numbers allow it."""
        return step_text(self, width)

    def latex(self) -> str:
        """Return the step as LaTeX for the amsmath package; border cells are boxed."""
        return step_latex(self)

    def as_dict(self) -> dict[str, Any]:
        """
        Return every number of the step in lists and plain numbers; the keys are the attributes' names.

        Numbers that are not finite become the strings ``"nan"``, ``"inf"`` and ``"-inf"``, which JSON can hold.
        """
        arrays = ("window", "positions", "sources", "border", "kernel", "weights", "products", "sums")
        head: dict[str, Any] = {
            "item": self.item,
            "number": self.number,
            "cell": list(self.cell),
            "channels": list(self.channels),
        }
        body = {name: plain(getattr(self, name).tolist()) for name in arrays}
        return head | body | {"bias": plain(self.bias), "result": plain(self.result)}

    def json(self) -> str:
        """Return the step as JSON: ``spec`` (the options) beside the keys of :meth:`as_dict`."""
        return json.dumps({"spec": spec_dict(self.spec)} | self.as_dict(), allow_nan=False)


def plain(value: Any) -> Any:
    """
    Replace numbers that JSON cannot hold by strings that ``float`` reads, also within lists.

    >>> plain([1.5, float("inf")])
    [1.5, 'inf']
    """
    if isinstance(value, list):
        return [plain(element) for element in value]
    return str(value) if isinstance(value, float) and not np.isfinite(value) else value


def spec_dict(spec: ConvSpec) -> dict[str, Any]:
    """Return the options of ``spec`` as JSON can hold them."""
    return {
        "input_shape": list(spec.input_shape),
        "weight_shape": list(spec.weight_shape),
        "output_shape": list(spec.output_shape),
        "stride": list(spec.stride),
        "pads": [list(pair) for pair in spec.pads],
        "border": spec.border.mode,
        "border_value": plain(spec.border.value),
        "dilation": list(spec.dilation),
        "groups": spec.groups,
        "flip": spec.flip,
        "layout": spec.layout,
        "dtype": str(spec.dtype),
        "weight_dtype": str(spec.weight_dtype),
        "result_dtype": str(spec.result_dtype),
    }
