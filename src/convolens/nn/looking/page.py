"""A sheet with a heading, tiles and a legend: what all pictures of a network's inside have in common."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.patheffects import Normal, Stroke

from convolens.explain.canvas import BLUE, INK, SIGNED, SOFT, Canvas, Colours, grey_colours, signed_colours
from convolens.explain.numbers import number
from convolens.ops.arrays import Array

MARGIN = 0.35
WIDTH = 12.0
SMALLEST_MARKED = 0.2  # inches of a cell that has room for its sign
SEAM = 0.07  # inches between a sign and the edge
FAINT = 0.12  # of the largest number; below, a sign would only be noise
STRONG, WEAK, PALE = BLUE, "#9db7d3", "#eef2f6"


class Page(Canvas):
    """
    A canvas with a heading; ``y`` is where the next thing goes.

    Parameters
    ----------
    title, words : str
        What is shown, and how it is to be read; lines of ``words`` are kept.
    width : float
        In inches.
    """

    def __init__(self, title: str, words: str, width: float = WIDTH) -> None:
        super().__init__()
        self.width = width
        self.text(MARGIN, 0.42, title, 15, ha="left", weight="bold")
        lines = [line for line in words.split("\n") if line]
        for index, line in enumerate(lines):
            self.text(MARGIN, 0.77 + 0.22 * index, line, 9.5, ha="left", color=SOFT)
        self.y = 0.95 + 0.22 * len(lines)

    def done(self) -> Figure:
        """Return the figure, as high as what is on it."""
        return self.cut(self.width, self.y + MARGIN)

    def map(self, x: float, y: float, width: float, height: float, values: Array, most: float) -> None:
        """Draw a map (H, W) in colours; where it has both signs, tell them by signs, too."""
        self.pixels(x, y, width, height, signed_colours(values, most))
        if values.min() >= 0:
            return
        rows, columns = values.shape
        size = min(width / columns, height / rows)
        marked = list(np.ndindex(rows, columns))
        if size < SMALLEST_MARKED:  # the ends alone
            marked = [tuple(np.unravel_index(at, values.shape)) for at in (values.argmin(), values.argmax())]
        for row, column in marked:
            value = float(values[row, column])
            if abs(value) > FAINT * most:
                place = (
                    x + min(max((column + 0.5) * width / columns, SEAM), width - SEAM),
                    y + min(max((row + 0.52) * height / rows, SEAM), height - SEAM),
                )
                self.sign(
                    *place, value, max(6, min(9, 40 * size)), on=abs(value) / most, alone=size < SMALLEST_MARKED
                )

    def sign(self, x: float, y: float, value: float, size: float, *, on: float = 0.0, alone: bool = False) -> None:
        """Write the sign of a number onto its colour: white on a strong one, with a white seam if alone."""
        effects = [Stroke(linewidth=2, foreground="white"), Normal()] if alone else []
        colour = "white" if on > 0.62 and not alone else INK
        self.text(x, y, "+" if value > 0 else "−", size + 2 * alone, color=colour, path_effects=effects)

    def bar(self, x: float, y: float, width: float, share: float, *, strong: bool = True) -> None:
        """Draw a bar for a share from 0 to 1."""
        for length, colour in ((1.0, PALE), (share, STRONG if strong else WEAK)):
            self.axes.add_patch(
                Rectangle((x, y - 0.085), width * length, 0.17, facecolor=colour, edgecolor="none")
            )

    def legend(self, most: float, *, signed: bool, words: str) -> None:
        """Explain the colours: from −most, or 0, to most."""
        y = self.y + 0.12
        colours = np.asarray(SIGNED(np.linspace(0.08 if signed else 0.5, 0.92, 64)))
        self.pixels(MARGIN, y, 1.6, 0.14, colours[None])
        ends = (
            [(0.0, f"−{short(most)}"), (0.5, "0"), (1.0, f"+{short(most)}")]
            if signed
            else [(0.0, "0"), (1.0, short(most))]
        )
        for share, text in ends:
            self.text(MARGIN + 1.6 * share, y + 0.27, text, 8, color=SOFT)
        self.text(MARGIN + 1.95, y + 0.07, words, 8.5, ha="left", color=SOFT)
        self.y += 0.45


def picture_colours(item: Array, bounds: tuple[float, float]) -> Colours:
    """Colour an item (C, H, W) as a picture, from black to white: three channels in colour, else their mean."""
    low, high = bounds
    if len(item) != 3:
        return grey_colours(item.mean(0), low, high)
    shares = np.clip((np.moveaxis(item, 0, -1) - low) / ((high - low) or 1), 0, 1)
    return np.concatenate([shares, np.ones((*shares.shape[:2], 1))], -1)


def as_plane(values: Array) -> Array:
    """
    Bring one channel into rows and columns: a signal is one row, of a volume it is the middle plane.

    >>> as_plane(np.zeros(5)).shape, as_plane(np.zeros((3, 4, 5))).shape
    ((1, 5), (4, 5))
    """
    return values[None] if values.ndim == 1 else values if values.ndim == 2 else values[len(values) // 2]


def fitted(shape: Sequence[int], side: float, least: float = 0.18) -> tuple[float, float]:
    """Give width and height, in inches, of a map within a square, not too thin to be seen."""
    scale = side / max(shape)
    return max(shape[1] * scale, least), max(shape[0] * scale, least)


def short(value: float) -> str:
    """
    Write a number in two or three digits, with a real minus.

    >>> short(-0.12345), short(12.0), short(1234.5)
    ('−0.12', '12', '1234')
    """
    return number(float(f"{value:.2g}") if abs(value) < 100 else round(float(value))).replace("-", "−")


def chosen(strengths: Array, most: int) -> list[int]:
    """
    Choose the strongest, if there are too many, and leave them in their order.

    >>> chosen(np.array([1, 5, 2, 4]), 2)
    [1, 3]
    """
    return sorted(np.argsort(-strengths, kind="stable")[:most].tolist())


def shown_of(shown: int, count: int, what: str) -> str:
    """
    Say how many there are, and what is not there.

    >>> shown_of(3, 3, "maps"), shown_of(64, 512, "maps")
    ('3 maps', '64 of 512 maps, those with the largest numbers; 448 are left out')
    """
    rest = f"; {count - shown} are left out"
    return (
        f"{count} {what}" if shown == count else f"{shown} of {count} {what}, those with the largest numbers{rest}"
    )
