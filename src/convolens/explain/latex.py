r"""Explanations as LaTeX for the amsmath package: matrices side by side, border cells in boxes."""

from typing import Any

import numpy as np
import numpy.typing as npt

from convolens.explain.cell import Plane, WorkedCell
from convolens.explain.numbers import Writer, number, writer

AMSMATH_COLUMNS = 10
TERMS_A_LINE = 9


def step_latex(step: WorkedCell) -> str:
    """Return one step: window ⊙ weights = products for each channel, then the sums."""
    columns = step.spec.kernel_size[-1]
    head = [rf"\setcounter{{MaxMatrixCols}}{{{columns}}}"] if columns > AMSMATH_COLUMNS else []
    planes = [_plane(plane, step) for plane in step.planes]
    return "\n".join([*head, *planes, _sums(step)])


def _plane(plane: Plane, step: WorkedCell) -> str:
    name = rf"\text{{{plane.title}:}}\quad " if plane.title else ""
    product = [
        _matrix(plane.window, plane.border),
        r"\odot",
        _matrix(plane.weights),
        "=",
        _matrix(plane.products),
    ]
    lines = ["\\[", name + "\n".join(product), "\\]"]
    if step.spec.flip:
        turn = [_matrix(plane.kernel), r"\xrightarrow{\;180^\circ\;}", _matrix(plane.weights)]
        lines = ["\\[", name + "\n".join(turn), "\\]", *lines]
    return "\n".join(lines)


def _matrix(values: npt.NDArray[Any], border: npt.NDArray[np.bool_] | None = None) -> str:
    marked = np.zeros(values.shape, bool) if border is None else border
    write = writer(values)
    rows = (
        " & ".join(
            rf"\boxed{{{tex(v, write)}}}" if mark else tex(v, write) for v, mark in zip(row, marks, strict=True)
        )
        for row, marks in zip(values, marked, strict=True)
    )
    return "\\begin{bmatrix}\n" + " \\\\\n".join(rows) + "\n\\end{bmatrix}"


def tex(value: Any, write: Writer = number) -> str:
    r"""
    Write a number for LaTeX.

    >>> print(tex(-3), tex(1.5e-9), tex(float("inf")))
    -3 1.5 \times 10^{-9} \infty
    """
    mantissa, e, exponent = write(value).partition("e")
    if e:
        return rf"{mantissa} \times 10^{{{int(exponent)}}}"
    return mantissa.replace("inf", r"\infty").replace("nan", r"\text{nan}")


def _sums(step: WorkedCell) -> str:
    many = len(step.sums) > 1
    lines = []
    for channel, products, total in zip(step.channels, step.products, step.sums, strict=True):
        name = f"s_{{{channel}}}" if many else "s"
        lines += _sum(name, list(products.ravel()), total)
    terms = list(step.sums) + ([] if step.bias is None else [step.bias])
    cell = ", ".join(map(str, (step.number, *step.cell) if step.spec.out_channels > 1 else step.cell))
    lines += _sum(f"y_{{{cell}}}", terms, step.result)
    return "\\begin{align*}\n" + " \\\\\n".join(lines) + "\n\\end{align*}"


def _sum(name: str, terms: list[Any], total: Any) -> list[str]:
    """Write ``name = terms = total`` for align, broken into lines of a few terms."""
    write = writer(terms)
    first, *rest = (tex(term, write) for term in terms)
    signed = [first] + [f"- {term[1:]}" if term[0] == "-" else f"+ {term}" for term in rest]
    pieces = [" ".join(signed[i : i + TERMS_A_LINE]) for i in range(0, len(signed), TERMS_A_LINE)]
    lines = [f"{name} &= {pieces[0]}"] + [rf"&\quad {piece}" for piece in pieces[1:]]
    return lines if len(terms) == 1 and number(terms[0]) == number(total) else [*lines, f"&= {number(total)}"]
