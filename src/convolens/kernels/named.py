"""One kernel, with everything there is to know about it."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from convolens.errors import DTypeError, SpecError

Weights = npt.NDArray[np.int64] | npt.NDArray[np.float64]
"""Whole numbers where a kernel was published as whole numbers, fractions otherwise."""


@dataclass(frozen=True)
class Source:
    """Where a kernel was published."""

    author: str
    title: str
    where: str
    year: int
    doi: str | None = None

    def __str__(self) -> str:
        text = f"{self.author}, “{self.title}”, {self.where}, {self.year}"
        return text if self.doi is None else f"{text}, doi:{self.doi}"


@dataclass(frozen=True, eq=False, repr=False)
class NamedKernel:
    """
    The weights of one kernel for images, and what there is to know about them.

    NumPy takes it wherever it takes an array. The weights are meant for correlation: unflipped, rows growing
    downward.

    Parameters
    ----------
    name : str
        The catalogue's name, a file's stem, or "custom".
    weights : array_like
        Two dimensions, real and finite. Kept as a read-only copy: int64 if whole numbers came in, float64
        otherwise.
    formula, family : str
        How the weights are made, and the group in which the catalogue lists them.
    responds_to, because : str
        Two sentences: what the kernel responds to, and why these weights do so.
    source : Source, optional
        Who published it.
    parameters : mapping
        The values that made the weights, by parameter name.
    label : str
        The text that makes this kernel again, if the catalogue made it: the name and the parameters that
        differ from their defaults.

    Examples
    --------
    >>> from convolens.kernels import kernels
    >>> kernel = kernels["sobel-x"]
    >>> kernel
    sobel-x: 3 × 3, rank 1, sum 0
      -1   0   1
      -2   0   2
      -1   0   1
    >>> kernel.signed, kernel.shape, np.asarray(kernel).max()
    (True, (3, 3), np.int64(2))
    """

    name: str
    weights: Weights
    formula: str = "the weights as given"
    family: str = "custom"
    responds_to: str = ""
    because: str = ""
    source: Source | None = None
    parameters: Mapping[str, float | int | None] = field(default_factory=dict)
    label: str = ""

    def __post_init__(self) -> None:
        weights = _checked(self.name, self.weights)
        object.__setattr__(self, "weights", weights)
        object.__setattr__(self, "parameters", MappingProxyType(dict(self.parameters)))
        object.__setattr__(self, "label", self.label or self.name)
        if not self.responds_to:
            object.__setattr__(self, "responds_to", _effect_on_even_area(self.sum))
            object.__setattr__(self, "because", f"The weights sum to {self.sum:.6g}.")

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        rows, columns = self.weights.shape
        return rows, columns

    @cached_property
    def sum(self) -> int | float:
        """The sum of the weights: what an even area is multiplied by. A residue of rounding is given as 0."""
        if self.weights.dtype.kind == "i":
            return int(self.weights.sum())
        total = math.fsum(self.weights.flat)
        return 0.0 if abs(total) <= 1e-12 * math.fsum(np.abs(self.weights).flat) else total

    @cached_property
    def rank(self) -> int:
        """The matrix rank: how many products of a column and a row add up to the weights; 1 is separable."""
        return int(np.linalg.matrix_rank(self.weights))

    @property
    def signed(self) -> bool:
        """Whether the response goes both ways from zero, so that zero is best shown as mid grey."""
        return bool(self.weights.min() < 0) and self.sum <= 0

    def as_dict(self) -> dict[str, Any]:
        """
        Everything about the kernel in plain Python types, ready for JSON.

        >>> from convolens.kernels import kernels
        >>> kernels["roberts-1"].as_dict()["weights"]
        [[1, 0], [0, -1]]
        """
        source = None if self.source is None else {**vars(self.source), "text": str(self.source)}
        return {
            "name": self.name,
            "label": self.label,
            "family": self.family,
            "shape": list(self.shape),
            "rank": self.rank,
            "sum": self.sum,
            "signed": self.signed,
            "parameters": dict(self.parameters),
            "formula": self.formula,
            "responds_to": self.responds_to,
            "because": self.because,
            "source": source,
            "weights": self.weights.tolist(),
        }

    def __array__(self, dtype: npt.DTypeLike | None = None, copy: bool | None = None) -> npt.NDArray[Any]:
        return np.array(self.weights, dtype=dtype, copy=copy)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, NamedKernel):
            return NotImplemented
        return self.label == other.label and np.array_equal(self.weights, other.weights)

    def __hash__(self) -> int:
        return hash((self.label, self.weights.tobytes()))

    def __reduce__(self) -> tuple[type, tuple[Any, ...]]:
        # Copies and pickles are made anew, so that theirs are read-only weights too.
        values = {entry.name: getattr(self, entry.name) for entry in fields(self)}
        return type(self), tuple((values | {"parameters": dict(self.parameters)}).values())

    def __repr__(self) -> str:
        return f"{self._head()}\n{weights_text(self.weights)}"

    def _head(self) -> str:
        rows, columns = self.shape
        return f"{self.label}: {rows} × {columns}, rank {self.rank}, sum {self.sum:.6g}"

    def __str__(self) -> str:
        return self.text()

    def text(self, width: int = 80) -> str:
        """Return everything about the kernel as text, at most ``width`` columns wide."""
        parts = {"Formula": self.formula, "Responds to": self.responds_to, "Because": self.because}
        if self.source is not None:
            parts["Source"] = str(self.source)
        layout: dict[str, Any] = {
            "subsequent_indent": 13 * " ",
            "break_on_hyphens": False,
            "break_long_words": False,
        }
        lines = [textwrap.fill(f"{title:<13}{words}", width, **layout) for title, words in parts.items()]
        weights = weights_text(self.weights, width=width)
        return "\n".join([*textwrap.wrap(self._head(), width), weights, "", *lines])


def weights_text(weights: Weights, *, widest: int = 11, width: int = 80) -> str:
    """
    Write weights as aligned rows; of a kernel over ``widest`` cells or ``width`` characters wide, its centre.

    >>> print(weights_text(np.array([[0.5, -0.25], [10.0, 0.0]])))
       0.50  -0.25
      10.00   0.00
    """
    windows = [slice((n - widest) // 2, (n + widest) // 2) if n > widest else slice(None) for n in weights.shape]
    shown = weights[windows[0], windows[1]]
    largest = float(np.abs(shown).max())
    if shown.dtype.kind == "i":
        texts = [[str(value) for value in row] for row in shown.tolist()]
    elif largest and not 1e-6 <= largest < 1e7:
        texts = [[f"{value:.3e}" for value in row] for row in shown.tolist()]
    else:
        decimals = max(0, 3 - math.floor(math.log10(largest))) if largest else 0
        # Adding 0.0 turns the −0.0 that rounding leaves into 0.0.
        texts = [[f"{round(value, decimals) + 0.0:.{decimals}f}" for value in row] for row in shown.tolist()]
    cell = max(len(text) for row in texts for text in row)
    cut = max(len(texts[0]) - max(width // (cell + 2), 1), 0)
    left = (cut + 1) // 2  # as many columns go on the left as on the right, so that the centre stays the centre
    lines = ["  " + "  ".join(text.rjust(cell) for text in row[left : len(row) - left]) for row in texts]
    if cut or shown.shape != weights.shape:
        lines.append(f"  (the central {shown.shape[0]} × {shown.shape[1] - 2 * left})")
    return "\n".join(lines)


def _checked(name: str, values: npt.ArrayLike) -> Weights:
    """A read-only copy of ``values`` as int64 or float64, once they are known to be a kernel for images."""
    try:
        found = np.asarray(values)
    except ValueError as error:
        raise SpecError(f"kernel {name!r}: the rows do not have the same length ({error})") from None
    if found.dtype.kind not in "biuf":
        raise DTypeError(f"kernel {name!r} must hold real numbers, found dtype {found.dtype}")
    if found.ndim != 2:
        hint = "; write one row as [[…]]" if found.ndim == 1 else ""
        raise SpecError(
            f"kernel {name!r} must have 2 dimensions, rows and columns, found shape {found.shape}{hint}"
        )
    if found.size == 0:
        raise SpecError(f"kernel {name!r} is empty: shape {found.shape}")
    if not np.isfinite(found).all():
        raise SpecError(f"kernel {name!r} has a weight that is not a finite number")
    whole = found.dtype.kind in "biu" and np.can_cast(found.dtype, np.int64)
    weights: Weights = found.astype(np.int64, order="C") if whole else found.astype(np.float64, order="C")
    if np.abs(weights).max() > np.finfo(np.float64).max / weights.size:
        raise SpecError(f"kernel {name!r} has weights so large that their sum may be no finite number")
    weights.setflags(write=False)
    return weights


def _effect_on_even_area(total: float) -> str:
    if total == 0:
        return "Differences between neighbouring cells: an even area gives 0."
    return f"A weighted sum of neighbouring cells: an even area comes out {total:.6g} times as bright."
