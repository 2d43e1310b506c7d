"""Pictures of filters: what they are, which named kernels they are like, and what they do to waves."""

from collections.abc import Iterator

import numpy as np
from matplotlib.figure import Figure

from convolens.explain.canvas import SIGNED, SOFT
from convolens.kernels import frequency_response
from convolens.nn.convolution import Conv
from convolens.nn.graph import Node
from convolens.nn.looking.nearest import Nearest, change, nearest_kernel, principal_pattern
from convolens.nn.looking.page import MARGIN, WIDTH, Page, chosen, fitted, shown_of
from convolens.nn.looking.subject import Subject
from convolens.ops.arrays import Array

MOST_FILTERS = 36
TILE, GAP, BETWEEN = 0.69, 0.1, 0.42
ROW = TILE + 0.58
COLOURS = 3  # channels that are drawn as red, green and blue
WAVES = 48
"""Frequencies along each axis of a response."""


def filter_pages(subject: Subject, only: set[str]) -> Iterator[tuple[str, Figure]]:
    """Draw the filters of each convolution of pictures, with the name of the file for it."""
    for node in subject.network.nodes:
        key = f"{node.name}.weight"
        if isinstance(node.layer, Conv) and (not only or node.name in only):
            weights = subject.network.weights[key]
            if weights.ndim == 4 and weights.shape[2] * weights.shape[3] > 1:
                yield f"filters-{node.name}", _filters(node, weights, subject.before.get(key))


def _filters(node: Node, weights: Array, before: Array | None) -> Figure:
    shown = chosen(np.abs(weights).max((1, 2, 3)), MOST_FILTERS)
    each, channels = weights.shape[1], "×".join(map(str, weights.shape[1:]))
    tiles = (["before"] if before is not None else []) + ["learned", "nearest", "waves"]
    card = len(tiles) * (TILE + GAP) - GAP + BETWEEN
    columns = min(max(1, int((WIDTH - 2 * MARGIN + BETWEEN) / card)), len(shown))
    found = [_named(weights[index]) for index in shown]
    near = sum(one is not None and one.is_near for one, _ in found)
    page = Page(
        f"{node.name}: {len(weights)} filters of {channels}", _words(node, shown, len(weights), each, near, found)
    )
    for place, (index, (nearest, share)) in enumerate(zip(shown, found, strict=True)):
        x = MARGIN + place % columns * card
        y = page.y + 0.45 + place // columns * ROW
        after, was = weights[index], None if before is None else before[index]
        name = f"{nearest.name}  {nearest.score:.2f}" if nearest is not None and nearest.is_near else "near none"
        if nearest is not None and not nearest.is_near:
            name += f"  ({nearest.name} {nearest.score:.2f})"
        is_near = nearest is not None and nearest.is_near
        page.text(x, y - 0.14, str(index), 9, ha="left", weight="bold")
        page.text(x + 0.3, y - 0.14, name, 9 if is_near else 8, ha="left", **({} if is_near else {"color": SOFT}))
        facts = ([] if was is None else [f"changed by {change(was, after):.0%}".replace("%", " %")]) + (
            [f"pattern is {share:.0%} of it".replace("%", " %")] if each > 1 else []
        )
        page.text(x, y + TILE + 0.11, ", ".join(facts), 7.5, ha="left", color=SOFT)
        for step, tile in enumerate(tiles):
            left = x + step * (TILE + GAP)
            if place < columns:
                page.text(left + TILE / 2, page.y + 0.08, tile, 8.5, color=SOFT)
            if tile == "waves":
                _waves(page, left, y, principal_pattern(after)[0])
            elif tile == "nearest":
                _nearest(page, left, y, nearest, after.shape[1:])
            else:
                assert was is not None or tile == "learned"
                _weights(page, left, y, after if tile == "learned" or was is None else was, after)
    page.y += 0.3 + -(-len(shown) // columns) * ROW
    page.width = max(columns * card - BETWEEN + 2 * MARGIN, 8.5)
    colour = "; in colour those for red, green and blue, where mid-grey is 0" if each == COLOURS else ""
    page.legend(1, signed=True, words=f"weights, as a share of the largest of the filter{colour}")
    return page.done()


def _words(
    node: Node, shown: list[int], count: int, each: int, near: int, found: list[tuple[Nearest | None, float]]
) -> str:
    chance = next((one.chance for one, _ in found if one is not None), None)
    lines = [f"{node.layer}; {shown_of(len(shown), count, 'filters')}"]
    if each > 1:
        lines.append("of a filter's channels the one pattern that explains most of all of them")
    if chance is not None:
        lines.append(
            "near: the named kernel that a filter is most like, up to scale and sign (−), with the cosine between "
            f"them; {near} of {len(shown)} are near one"
        )
        lines.append(f"(of random weights of this size one in twenty comes to {chance:.2f} or more by chance)")
    lines.append(
        "waves: how strongly each frequency passes; slow ones in the middle, the finest outside, blue is most"
    )
    return "\n".join(lines)


def _named(kernel: Array) -> tuple[Nearest | None, float]:
    pattern, share = principal_pattern(kernel)
    return (nearest_kernel(pattern) if pattern.any() and np.isfinite(pattern).all() else None), share


def _weights(page: Page, x: float, y: float, kernel: Array, scale: Array) -> None:
    """Draw a kernel: its pattern, or in colour where it looks at red, green and blue."""
    pattern, most = principal_pattern(kernel)[0], float(np.abs(principal_pattern(scale)[0]).max()) or 1.0
    width, height = fitted(pattern.shape, TILE)
    if len(kernel) == COLOURS:
        colours = np.clip(0.5 + np.moveaxis(kernel, 0, -1) / (2 * float(np.abs(scale).max()) or 1.0), 0, 1)
        page.pixels(x, y, width, height, colours)
    else:
        page.map(x, y, width, height, pattern, most)


def _nearest(page: Page, x: float, y: float, nearest: Nearest | None, shape: tuple[int, ...]) -> None:
    if nearest is None or not nearest.is_near:
        page.outline(x, y, TILE, TILE, edgecolor="#dddde2", linewidth=0.8, linestyle=(0, (3, 3)))
        page.text(x + TILE / 2, y + TILE / 2, "none", 8, color=SOFT)
        return
    weights = nearest.kernel.weights * nearest.sign
    rest = [size - own for size, own in zip(shape, weights.shape, strict=True)]
    whole = np.pad(weights, [(left // 2, left // 2) for left in rest])
    page.map(x, y, *fitted(whole.shape, TILE), whole, float(np.abs(whole).max()))


def _waves(page: Page, x: float, y: float, pattern: Array) -> None:
    """Draw a frequency response from white (nothing passes) to blue."""
    magnitude = frequency_response(pattern, size=max(WAVES, *pattern.shape)).magnitude
    shares = magnitude / (magnitude.max() or 1.0)
    page.pixels(x, y, TILE, TILE, np.asarray(SIGNED(0.5 + 0.42 * shares)))
