"""A whole trace in a screenful: what was asked, the output, and how to go on."""

import textwrap
from typing import Any

import numpy as np
import numpy.typing as npt

from convolens.explain.numbers import is_rounded
from convolens.explain.text import index_names, matrix, operation, times
from convolens.explain.work import Work

MOST_MATRICES = 4
MOST_ROWS = 12
EDGE = 4


def overview(work: Work, width: int = 80) -> str:
    """Return what was asked and the output as matrices, the corners of them where they are large."""
    spec, maps = work.spec, work.maps
    sheets = maps.reshape(-1, *(1, *maps.shape)[-2:])
    asked = f"input {_size(spec.input_size, work, spec.in_channels, 'channel')}, {operation(spec)}"
    lines = textwrap.wrap(asked, width, subsequent_indent="  ")
    kernel = "channel" if "channel" in index_names(spec) else "kernel"
    lines.append(f"output {_size(spec.output_size, work, spec.out_channels, kernel)}")
    for index, sheet in zip(np.ndindex(maps.shape[: max(maps.ndim - 2, 2)]), sheets[:MOST_MATRICES], strict=False):
        lines += ["", *_title(index, maps.shape, kernel), *_corners(sheet, width)]
    if len(sheets) > MOST_MATRICES:
        lines += ["", f"… and {len(sheets) - MOST_MATRICES} more"]
    if is_rounded(_visible(sheets[:MOST_MATRICES]).ravel()):
        lines += ["", "numbers are rounded for display"]
    return "\n".join(lines)


def how_to_go_on(work: Work) -> str:
    """Say in one line how to get at the steps."""
    return f"trace[{', '.join(index_names(work.spec))}] works out one of the {len(work)} cells; iterate for all"


def _size(size: tuple[int, ...], work: Work, count: int, what: str) -> str:
    batch = f"{work.spec.batch} items of " if work.spec.batch > 1 else ""
    channels = "" if count == 1 else f" with {count} {what}s"
    return f"{batch}{times(size)}{channels}"


def _title(index: tuple[int, ...], shape: tuple[int, ...], kernel: str) -> list[str]:
    names = ("item", kernel, "depth")
    parts = [f"{name} {i}" for name, i, size in zip(names, index, shape, strict=False) if size > 1]
    return [", ".join(parts)] if parts else []


def _visible(sheets: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return the rows and columns that :func:`_corners` shows at most."""
    rows, columns = (_ends(size) for size in sheets.shape[-2:])
    return sheets[..., rows, :][..., columns]


def _ends(size: int) -> list[int]:
    return list(range(size)) if size <= MOST_ROWS else [*range(EDGE), *range(size - EDGE, size)]


def _corners(sheet: npt.NDArray[Any], width: int) -> list[str]:
    """Write a matrix, or the first and last rows and columns of a large one."""
    rows, columns = sheet.shape
    lines = matrix(_visible(sheet))
    if columns > MOST_ROWS or any(len(line) > width for line in lines):
        shown = sheet[_ends(rows)]
        halves = matrix(shown[:, :EDGE]), matrix(shown[:, max(columns - EDGE, EDGE) :])
        lines = [f"{left} … {right}" for left, right in zip(*halves, strict=True)]
    if rows > MOST_ROWS:
        lines.insert(EDGE, " …")
    return lines
