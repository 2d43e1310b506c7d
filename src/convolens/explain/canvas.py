"""A sheet to draw matrices on, measured in inches from its upper left corner."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.patheffects import Normal, Stroke

Colours = npt.NDArray[np.float64]

INK = "#1b1b1f"
SOFT = "#6b6b73"
LINE = "#c9c9cf"
ACCENT = "#c2185b"
ORANGE, BLUE = "#b35806", "#2166ac"

# Orange to blue: told apart in every common form of colour blindness, and by lightness from the white of zero.
SIGNED = LinearSegmentedColormap.from_list("signed", [ORANGE, "#f1a340", "#ffffff", "#67a9cf", BLUE])


def signed_colours(values: npt.NDArray[Any], most: float | None = None) -> Colours:
    """Colour numbers from orange (negative) over white (zero) to blue; ``most`` is the end of the scale."""
    numbers = np.nan_to_num(np.asarray(values, float), nan=0.0, posinf=0.0, neginf=0.0)
    most = float(np.abs(numbers).max(initial=0)) if most is None else most
    return np.asarray(SIGNED(0.5 + 0.42 * np.clip(numbers / (most or 1), -1, 1)))


def grey_colours(values: npt.NDArray[Any], low: float, high: float) -> Colours:
    """Colour numbers from black to white."""
    grey = np.clip((np.asarray(values, float) - low) / ((high - low) or 1), 0, 1)
    return np.stack([grey, grey, grey, np.ones_like(grey)], axis=-1)


class Canvas:
    """A figure whose units are inches, with y downwards."""

    def __init__(self) -> None:
        self.figure = Figure(dpi=140, facecolor="white")
        self.axes: Axes = self.figure.add_axes((0, 0, 1, 1))
        self.axes.set_axis_off()

    def cut(self, width: float, height: float) -> Figure:
        """Return the figure, cut to size."""
        self.figure.set_size_inches(width, height)
        self.axes.set(xlim=(0, width), ylim=(height, 0))
        return self.figure

    def text(self, x: float, y: float, words: str, size: float = 9, **style: Any) -> None:
        """Write words; centred, unless ``style`` says otherwise."""
        look: dict[str, Any] = {"fontsize": size, "color": INK, "ha": "center", "va": "center"}
        self.axes.text(x, y, words, **(look | style))

    def outline(
        self, x: float, y: float, width: float, height: float, *, halo: bool = False, **style: Any
    ) -> None:
        """Draw an empty rectangle, with a white halo on photographs."""
        look: dict[str, Any] = {"fill": False, "edgecolor": ACCENT, "linewidth": 2.2}
        frame = Rectangle((x, y), width, height, **(look | style))
        if halo:
            frame.set_path_effects([Stroke(linewidth=4.5, foreground="white"), Normal()])
        frame.set_zorder(5)
        self.axes.add_patch(frame)

    def line(self, x: float, y: float, to_x: float, to_y: float, **style: Any) -> None:
        """Draw a thin line, below whatever cells it crosses."""
        look: dict[str, Any] = {"color": ACCENT, "linewidth": 0.7, "alpha": 0.55, "zorder": 0.5}
        self.axes.add_line(Line2D([x, to_x], [y, to_y], **(look | style)))

    def pixels(self, x: float, y: float, width: float, height: float, colours: Colours) -> None:
        """Draw an image without smoothing its pixels away."""
        big = max(colours.shape[:2]) > 200
        self.axes.imshow(
            colours,
            extent=(x, x + width, y + height, y),
            aspect="auto",
            interpolation="antialiased" if big else "nearest",
        )
        self.outline(x, y, width, height, edgecolor=LINE, linewidth=0.8)

    def cells(
        self,
        x: float,
        y: float,
        size: float,
        colours: Colours,
        texts: Sequence[Sequence[str]] | None = None,
        border: npt.NDArray[np.bool_] | None = None,
    ) -> None:
        """Draw a matrix: a coloured square for each cell, its number in it, border cells hatched."""
        longest = max((len(text) for row in texts for text in row), default=1) if texts else 1
        font = min(10.5, 72 * size * 0.8 / (0.66 * max(longest, 2)))
        for row, column in np.ndindex(colours.shape[:2]):
            colour = colours[row, column]
            if not colour[3]:
                continue
            outside = border is not None and bool(border[row, column])
            self._cell(x + column * size, y + row * size, size, colour, outside=outside)
            if texts:
                dark = colour[:3] @ (0.299, 0.587, 0.114) < 0.53
                style: dict[str, Any] = {"color": "white" if dark else INK}
                if outside:
                    plate = {"facecolor": tuple(colour), "edgecolor": "none", "pad": 0.8}
                    style |= {"bbox": plate, "style": "italic"}
                words = texts[row][column].replace("-", "−")
                self.text(x + (column + 0.5) * size, y + (row + 0.52) * size, words, font, **style)

    def _cell(self, x: float, y: float, size: float, colour: Any, *, outside: bool) -> None:
        fill = Rectangle((x, y), size, size, facecolor=tuple(colour), edgecolor=LINE, linewidth=0.7)
        self.axes.add_patch(fill)
        if outside:
            hatching = Rectangle((x, y), size, size, fill=False, hatch="/////", edgecolor="#9a9aa3", linewidth=0)
            self.axes.add_patch(hatching)
