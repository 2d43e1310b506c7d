"""One output cell of a convolution, with everything that went into it, to be read in many forms."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from convolens.explain.cell import WorkedCell
from convolens.explain.latex import step_latex
from convolens.explain.numbers import number
from convolens.explain.text import step_index, step_size, step_text
from convolens.spec.geometry import ConvSpec


@dataclass(frozen=True, eq=False)
class Step(WorkedCell):
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

    def __repr__(self) -> str:
        return f"<Step output {step_index(self)} of {step_size(self)} = {number(self.result)}>"

    def __str__(self) -> str:
        return self.text()

    @property
    def index(self) -> tuple[int, ...]:
        """Where the cell stands in its trace: (item, kernel, position…)."""
        return (self.item, self.number, *self.cell)

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


def steps_json(spec: ConvSpec, steps: Iterable[Step]) -> str:
    """Return steps as JSON: ``spec``, and under ``steps`` what :meth:`Step.as_dict` gives of each."""
    return json.dumps({"spec": spec_dict(spec), "steps": [step.as_dict() for step in steps]}, allow_nan=False)


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
