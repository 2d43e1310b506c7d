"""Pictures of what a network makes of one item: a page for each layer, and all of them on one."""

from collections.abc import Iterator, Mapping

import numpy as np
from matplotlib.figure import Figure

from convolens.explain.canvas import INK, LINE, ORANGE, SOFT
from convolens.nn.activation import Dropout
from convolens.nn.graph import INPUT, Node
from convolens.nn.layer import Shape, describe
from convolens.nn.looking.page import (
    MARGIN,
    STRONG,
    Page,
    as_plane,
    chosen,
    fitted,
    picture_colours,
    short,
    shown_of,
)
from convolens.nn.looking.subject import Subject
from convolens.nn.normalise import BatchNorm
from convolens.ops.arrays import Array

TILE, GAP, COLUMNS, MOST_MAPS = 1.2, 0.22, 8, 64
MOST_BARS, MOST_CELLS, CELLS_IN_ROW = 40, 4096, 64
MOST_CLASSES = 12
STRIP, STRIP_TILES, STRIP_ROW, MOST_ROWS = 0.72, 9, 1.02, 24
LABELS = 2.75


def maps_pages(subject: Subject, values: Mapping[str, Array], only: set[str]) -> Iterator[tuple[str, Figure]]:
    """Draw each layer's output for one item, with the name of the file for it; ``only`` these layers, if any."""
    numbers = len(str(len(subject.network.nodes)))
    for index, node in enumerate(subject.network.nodes, 1):
        if (only and node.name not in only) or isinstance(node.layer, Dropout):
            continue
        name = f"maps-{index:0{numbers}d}-{node.name}"
        output = values[node.name][0]
        yield name, _maps(subject, node, output) if output.ndim > 1 else _vector(subject, node, output)


def _heading(subject: Subject, node: Node) -> str:
    source = ", ".join(describe(subject.network.shapes[name]) for name in node.inputs)
    return f"{node.name}: {source} → {describe(subject.network.shapes[node.name])}"


def _maps(subject: Subject, node: Node, output: Array) -> Figure:
    """Draw one tile a map, all on one scale."""
    flat = np.abs(output).reshape(len(output), -1).max(1)
    shown = chosen(flat, MOST_MAPS)
    most, empty = float(flat.max()) or 1.0, int((flat == 0).sum())
    silent = f"{empty} of them are 0 everywhere: they found nothing here" if empty else ""
    middle = "; of each volume the middle plane" if output.ndim == 4 else ""
    words = f"{node.layer}\n{shown_of(len(shown), len(output), 'maps')}{middle}"
    page = Page(_heading(subject, node), "; ".join(filter(None, (words, silent))))
    signed = bool((output < 0).any())
    width, height = fitted(as_plane(output[0]).shape, TILE)
    columns = min(COLUMNS, len(shown))
    for place, index in enumerate(shown):
        x = MARGIN + place % columns * (TILE + GAP)
        y = page.y + 0.2 + place // columns * (height + 0.42)
        plane = as_plane(output[index])
        low, high = float(output[index].min()), float(output[index].max())
        page.text(x, y - 0.1, str(index), 8.5, ha="left", weight="bold")
        spread = "all 0" if low == high == 0 else f"{short(low)} … {short(high)}"
        page.text(x + width, y - 0.1, spread, 7.5, ha="right", color=SOFT)
        page.map(x, y, width, height, plane, most)
    page.y += -(-len(shown) // columns) * (height + 0.42) + 0.1
    marks = "; + and − tell the sign where a map is highest and lowest" if signed else ""
    page.legend(most, signed=signed, words=f"one scale for all maps of this page{marks}")
    return page.done()


def _vector(subject: Subject, node: Node, output: Array) -> Figure:
    """Draw a few numbers as bars, and many as cells in rows."""
    if len(output) > MOST_BARS:
        return _cells(subject, node, output)
    page = Page(_heading(subject, node), str(node.layer))
    is_last = node.name == subject.network.last
    most = float(np.abs(output).max()) or 1.0
    names = [subject.class_name(index) if is_last else str(index) for index in range(len(output))]
    left = MARGIN + 0.085 * max(map(len, names)) + 0.15
    room = 2.4
    zero = left + 0.6 + room * float(max(0, -output.min())) / most
    for row, (name, value) in enumerate(zip(names, output, strict=True)):
        y = page.y + 0.1 + 0.26 * row
        strong = value == output.max()
        page.text(left - 0.1, y, name, 9, ha="right", weight="bold" if strong else "normal")
        length = room * float(value) / most
        colour = STRONG if value > 0 else ORANGE
        page.axes.barh(y, length, height=0.17, left=zero, color=colour)
        side, where = ("left", 0.07) if value >= 0 else ("right", -0.07)
        page.text(zero + length + where, y, f"{value:+.2f}".replace("-", "−"), 8, ha=side, color=SOFT)
    bottom = page.y + 0.26 * len(output)
    page.line(zero, page.y - 0.05, zero, bottom, color=INK, linewidth=0.8, alpha=1, zorder=3)
    page.y = bottom
    page.width = max(zero + room + 0.8, 7.0)
    return page.done()


def _cells(subject: Subject, node: Node, output: Array) -> Figure:
    """Draw a long vector as rows of cells; after a flattened map a row is a map, where that fits."""
    source = subject.network.shapes[node.inputs[0]]
    in_row, order = _row(source, len(output))
    cells = int(np.prod(source[1:]))  # of a map
    shown = output[: MOST_CELLS // in_row * in_row]
    rows = -(-len(shown) // in_row)
    table = np.zeros(rows * in_row)
    table[: len(shown)] = shown
    rest = f"; the first {len(shown)} of {len(output)} are shown" if len(shown) < len(output) else ""
    page = Page(_heading(subject, node), f"{node.layer}\n{order}{rest}")
    size = min(0.17, (page.width - 2 * MARGIN - 0.6) / in_row)
    most = float(np.abs(shown).max()) or 1.0
    x = MARGIN + 0.6
    page.map(x, page.y, in_row * size, rows * size, table.reshape(rows, in_row), most)
    for edge in range(cells, in_row, cells) if cells > 1 else ():
        page.line(x + edge * size, page.y, x + edge * size, page.y + rows * size, color=SOFT, alpha=0.7, zorder=3)
    for row in range(0, rows, max(1, round(0.17 / size))):
        page.text(x - 0.08, page.y + (row + 0.5) * size, str(row * in_row), 7, ha="right", color=SOFT)
    page.y += rows * size + 0.12
    page.legend(
        most, signed=bool((shown < 0).any()), words=f"the numbers on the left count features; {_zeros(shown)}"
    )
    return page.done()


def _zeros(values: Array) -> str:
    return f"{(values == 0).mean():.0%} of them are 0"


def _row(source: Shape, count: int) -> tuple[int, str]:
    """Choose how many cells stand in a row, and say what a row is."""
    cells = int(np.prod(source[1:]))
    if len(source) > 1 and 4 <= cells <= CELLS_IN_ROW:
        maps = min(CELLS_IN_ROW // cells, source[0])
        return maps * cells, f"map after map of {cells} cells, {maps} in a row, each from left to right and down"
    return min(CELLS_IN_ROW, count), "feature after feature, from left to right and down"


def overview(
    subject: Subject, item: Array, values: Mapping[str, Array], title: str, answer: Array | None
) -> Figure:
    """Draw input, the strongest maps of every layer, and the answer, from top to bottom."""
    network = subject.network
    every = [node for node in network.nodes if not isinstance(node.layer, Dropout)]
    rows = every
    if len(rows) > MOST_ROWS:
        rows = [node for node in every if not isinstance(node.layer, BatchNorm)]
        rows = [rows[at] for at in np.linspace(0, len(rows) - 1, min(len(rows), MOST_ROWS)).round().astype(int)]
    rest = f"; {len(every) - len(rows)} of {len(every)} layers are left out" if len(rows) < len(every) else ""
    words = f"{network!r}\nof every layer the maps with the largest numbers, each layer on its own scale{rest}"
    page = Page(title, words, LABELS + STRIP_TILES * (STRIP + 0.12) + 1.35)
    _label(page, INPUT, "", describe(network.input_shape))
    _strip_of_input(page, subject, item)
    page.y += STRIP_ROW + 0.1
    for node in rows:
        _label(page, node.name, str(node.layer), describe(network.shapes[node.name]))
        _strip(page, values[node.name][0])
        page.y += STRIP_ROW
    if answer is not None:
        page.line(MARGIN, page.y, page.width - MARGIN, page.y, color=LINE, linewidth=1, alpha=1)
        page.y += 0.25
        _label(page, "classes", "softmax", f"{len(answer)} classes", most=0.5)
        classes_bars(page, LABELS, subject, answer, 3.2)
    return page.done()


def _label(page: Page, name: str, layer: str, shape: str, most: float = STRIP) -> None:
    y = page.y + most / 2
    page.text(MARGIN, y - 0.19, name, 10.5, ha="left", weight="bold")
    page.text(MARGIN, y + 0.02, shape, 9, ha="left")
    layer = layer if len(layer) < 36 else f"{layer[:34]}…"
    page.text(MARGIN, y + 0.22, layer, 8, ha="left", color=SOFT)


def _strip_of_input(page: Page, subject: Subject, item: Array) -> None:
    if item.ndim == 3:
        width, height = fitted(item.shape[1:], STRIP)
        page.pixels(LABELS, page.y, width, height, picture_colours(item, subject.bounds))
    else:
        _strip(page, item)


def _strip(page: Page, output: Array) -> None:
    """Draw the strongest maps of a layer, or a vector, in one row."""
    most = float(np.abs(output).max()) or 1.0
    if output.ndim == 1:
        count = min(len(output), 3 * CELLS_IN_ROW)
        in_row = min(count, CELLS_IN_ROW)
        rows = -(-count // in_row)
        table = np.zeros(rows * in_row)
        table[:count] = output[:count]
        size = min(0.24, STRIP_TILES * (STRIP + 0.12) / in_row)
        top = page.y + (STRIP - rows * size) / 2
        page.map(LABELS, top, in_row * size, rows * size, table.reshape(rows, in_row), most)
        _more(page, LABELS + in_row * size, len(output) - count)
        return
    shown = chosen(np.abs(output).reshape(len(output), -1).max(1), STRIP_TILES)
    width, height = fitted(as_plane(output[0]).shape, STRIP)
    for place, index in enumerate(shown):
        x = LABELS + place * (STRIP + 0.12)
        page.map(x, page.y + (STRIP - height) / 2, width, height, as_plane(output[index]), most)
        page.text(x + width / 2, page.y + (STRIP + height) / 2 + 0.1, str(index), 7, color=SOFT)
    _more(page, LABELS + len(shown) * (STRIP + 0.12) - 0.1, len(output) - len(shown))


def _more(page: Page, x: float, count: int) -> None:
    if count:
        page.text(x + 0.12, page.y + STRIP / 2, f"and {count} more", 8.5, ha="left", color=SOFT)


def classes_page(subject: Subject, item: Array, answer: Array, title: str) -> Figure:
    """Draw the item, and how likely each class is."""
    page = Page(title, "probabilities of the classes, by softmax", 7.2)
    top = page.y
    if item.ndim == 3:
        width, height = fitted(item.shape[1:], 2.0)
        page.pixels(MARGIN, top, width, height, picture_colours(item, subject.bounds))
    classes_bars(page, MARGIN + 2.3, subject, answer, 3.0)
    page.y = max(page.y, top + 2.0)
    return page.done()


def classes_bars(page: Page, x: float, subject: Subject, answer: Array, width: float) -> None:
    """Draw a bar for each class; of many the likeliest, these first."""
    shown = list(range(len(answer)))
    if len(shown) > MOST_CLASSES:
        shown = np.argsort(-answer, kind="stable")[:MOST_CLASSES].tolist()
    names = [subject.class_name(index) for index in shown]
    left = x + 0.085 * max(map(len, names)) + 0.2
    for index, name in zip(shown, names, strict=True):
        strong = index == int(answer.argmax())
        page.text(left - 0.1, page.y + 0.1, name, 9.5, ha="right", weight="bold" if strong else "normal")
        page.bar(left, page.y + 0.1, width, float(answer[index]), strong=strong)
        colour = INK if strong else SOFT
        page.text(left + width + 0.1, page.y + 0.1, percent(float(answer[index])), 9, ha="left", color=colour)
        page.y += 0.25
    if len(answer) > len(shown):
        page.text(
            left, page.y + 0.1, f"and {len(answer) - len(shown)} less likely ones", 8.5, ha="left", color=SOFT
        )
        page.y += 0.25


def percent(share: float) -> str:
    """
    Write a probability so that nothing is certain that is not.

    >>> percent(0.5), percent(0.9999), percent(0.0001)
    ('50.0 %', 'over 99.9 %', 'under 0.1 %')
    """
    if share > 0.999:
        return "over 99.9 %"
    return "under 0.1 %" if share < 0.001 else f"{share:.1%}".replace("%", " %")
