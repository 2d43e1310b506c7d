"""Explanations as plain text: aligned columns, border cells in brackets."""

import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from convolens.explain.cell import Plane, WorkedCell
from convolens.explain.numbers import is_rounded, number, summed, writer
from convolens.spec.geometry import ConvSpec

LARGEST_KERNEL = 49
MOST_PLANES = 8
MOST_TERMS = 32
AXES = ("depth", "row", "column")

Lines = list[str]


def operation(spec: ConvSpec) -> str:
    """
    Say in one line what is asked, leaving out the options that are not used.

    >>> operation(ConvSpec((1, 5, 5), (1, 1, 3, 3), stride=2, padding=1, border="reflect"))
    'kernel 3×3, cross-correlation, stride 2, pads 1, border reflect'
    """
    parts = [f"kernel {times(spec.kernel_size)}", "convolution" if spec.flip else "cross-correlation"]
    for name, values in (("stride", spec.stride), ("dilation", spec.dilation)):
        if set(values) != {1}:
            parts.append(f"{name} {_one_or_all(values)}")
    if any(map(any, spec.pads)):
        parts += [f"pads {_pads(spec.pads)}", f"border {spec.border}"]
    if spec.groups > 1:
        parts.append(f"groups {spec.groups}")
    return ", ".join(parts)


def times(sizes: Sequence[int]) -> str:
    """
    Write a size.

    >>> times((3, 5))
    '3×5'
    """
    return "×".join(map(str, sizes))


def _one_or_all(values: Sequence[Any]) -> str:
    return str(values[0]) if len(set(values)) == 1 else times(values)


def _pads(pads: Sequence[tuple[int, int]]) -> str:
    if all(before == after for before, after in pads):
        return _one_or_all([before for before, _ in pads])
    return " by ".join(f"{before}+{after}" for before, after in pads)


def step_text(step: WorkedCell, width: int = 80) -> str:
    """Return one step as text: window × kernel = products for each channel, then the sums."""
    lines = textwrap.wrap(
        f"output {step_index(step)} of {step_size(step)}, {operation(step.spec)}",
        width,
        subsequent_indent="  ",
    )
    planes = step.planes
    if len(planes) > MOST_PLANES:
        lines += ["", *_sums_alone(step)]
    else:
        for plane in planes:
            lines += ["", *_plane_text(plane, step, width)]
    lines += ["", *_total(step, width)]
    if step.border.any():
        lines += ["", f"[ ] border cell, outside the image: {step.spec.border}"]
    shown = (step.window, step.weights, step.products, step.sums, np.asarray(step.result))
    if any(is_rounded(array.ravel()) for array in shown):
        lines += [""] * (not step.border.any()) + ["numbers are rounded for display, sums use all their digits"]
    return "\n".join(lines)


def step_index(step: WorkedCell) -> str:
    """Return the step's place as it is asked for, without the leading indices that need not be said."""
    return str([step.item, step.number, *step.cell][-len(index_names(step.spec)) :])


def step_size(step: WorkedCell) -> str:
    """Return the output's size, one number for each index that :func:`step_index` gives."""
    spec = step.spec
    return times((spec.batch, spec.out_channels, *spec.output_size)[-len(index_names(spec)) :])


def index_names(spec: ConvSpec) -> tuple[str, ...]:
    """
    Name the indices of an output cell that have to be said: the item and the kernel only where there are several.

    >>> index_names(ConvSpec((3, 5, 5), (3, 1, 3, 3), groups=3))
    ('channel', 'row', 'column')
    """
    each_alone = spec.groups == spec.in_channels == spec.out_channels
    lead = ("item", "channel" if each_alone else "kernel")
    left_out = 0 if spec.batch > 1 else 1 if spec.out_channels > 1 else 2
    return (*lead[left_out:], *AXES[3 - spec.dims :])


def _plane_text(plane: Plane, step: WorkedCell, width: int) -> Lines:
    lines = [plane.title] if plane.title else []
    if plane.window.size > LARGEST_KERNEL:
        return lines + _row_sums(plane)
    window = ("window", matrix(plane.window, plane.border))
    kernel = ("kernel", matrix(plane.kernel))
    weights = ("turned by 180°", matrix(plane.weights)) if step.spec.flip else kernel
    products = ("products", matrix(plane.products))
    turning = [*beside([kernel, ("→", []), weights]), ""] if step.spec.flip else []
    line = turning + beside([window, ("×", []), weights, ("=", []), products])
    stack = [row for block in dict([kernel, weights, window, products]).items() for row in ["", *beside([block])]]
    return lines + next((form for form in (line, stack[1:]) if _fits(form, width)), _listed(plane))


def _fits(lines: Lines, width: int) -> bool:
    return all(len(line) <= width for line in lines)


def matrix(values: npt.NDArray[Any], border: npt.NDArray[np.bool_] | None = None) -> Lines:
    """
    Write a matrix with its columns aligned, the cells where ``border`` is true in brackets.

    >>> print("\\n".join(matrix(np.array([[0, -1], [20, 3]]), np.array([[1, 0], [0, 0]], bool))))
     [0]  -1
     20    3
    """
    write = writer(values)
    texts = [[write(value) for value in row] for row in values]
    if border is not None and border.any():
        texts = [
            [f"[{text}]" if mark else f" {text} " for text, mark in zip(row, marks, strict=True)]
            for row, marks in zip(texts, border, strict=True)
        ]
    gap = " " if border is not None and border.any() else "  "
    widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
    return [gap.join(text.rjust(size) for text, size in zip(row, widths, strict=True)).rstrip() for row in texts]


def beside(blocks: Sequence[tuple[str, Lines]]) -> Lines:
    """Set titled blocks side by side; a block without lines is a sign, at half height."""
    height = max(len(lines) for _, lines in blocks)
    columns = []
    for title, lines in blocks:
        column = (
            [title, *lines] if lines else ["", *(title if row == height // 2 else "" for row in range(height))]
        )
        size = max(map(len, column))
        columns.append([line.ljust(size) for line in column])
    return ["  ".join(parts).rstrip() for parts in zip(*columns, strict=True)]


def _listed(plane: Plane) -> Lines:
    """Write one product a line, for numbers too long for columns."""
    lines = []
    for row, column in np.ndindex(plane.window.shape):
        value = number(plane.window[row, column])
        shown = f"[{value}]" if plane.border[row, column] else value
        weight, product = number(plane.weights[row, column]), number(plane.products[row, column])
        lines.append(f" row {row}, column {column}: {shown} × {weight} = {product}")
    return lines


def _row_sums(plane: Plane) -> Lines:
    """Write one line a kernel row, for kernels too large for matrices."""
    rows = [f"{len(row)} products" for row in plane.products]
    counts = [f", {border.sum()} on the border" if border.any() else "" for border in plane.border]
    sums = [number(row.sum()) for row in plane.products]
    return [
        f" kernel row {row:>{len(str(len(rows)))}}: {text}{count}, sum {total}"
        for row, (text, count, total) in enumerate(zip(rows, counts, sums, strict=True))
    ]


def _sums_alone(step: WorkedCell) -> Lines:
    size = max(len(str(channel)) for channel in step.channels)
    count = times(step.spec.kernel_size)
    return [
        f"channel {channel:>{size}}: sum of {count} products {number(total)}"
        for channel, total in zip(step.channels, step.sums, strict=True)
    ]


def _total(step: WorkedCell, width: int) -> Lines:
    """Write the sum of all products, or of the channels' sums, and the bias."""
    lines: Lines = []
    many = len(step.sums) > 1
    if len(step.planes) <= MOST_PLANES and step.window[0].size <= LARGEST_KERNEL:
        for channel, products, total in zip(step.channels, step.products, step.sums, strict=True):
            name = f"channel {channel}: " if many else ""
            lines += _wrap(f"{name}{summed(products.ravel(), writer(products))} = {number(total)}", width)
    channels = list(step.sums) if len(step.sums) <= MOST_TERMS else [step.sums.sum()]
    terms = channels + ([] if step.bias is None else [step.bias])
    parts = ([f"sum of {len(step.sums)} channels"] if many else ["sum"]) + ["bias"] * (step.bias is not None)
    if len(terms) > 1:
        lines += _wrap(f"{' + '.join(parts)}: {summed(terms)} = {number(step.result)}", width)
    elif many or not lines:
        lines.append(f"{' + '.join(parts)}: {number(step.result)}")
    return lines


def _wrap(line: str, width: int) -> Lines:
    """Wrap a sum, each sign staying with its number."""
    tied = line.replace("+ ", "+\xa0").replace("- ", "-\xa0")
    wrapped = textwrap.wrap(tied, width, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)
    return [part.replace("\xa0", " ") for part in wrapped]
