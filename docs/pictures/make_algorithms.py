"""Draw algorithms.png: what each algorithm touches on its way from the image to the output."""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch, Rectangle

INK, WINDOW, SECOND, FAINT = "#222222", "#2166ac", "#b2182b", "#dddddd"


def grid(
    axis: Axes, x: float, y: float, rows: int, columns: int, cell: float = 1.0, colours: dict | None = None
) -> None:
    """Draw a grid of cells with its upper left corner at (x, y); rows grow downward."""
    for row in range(rows):
        for column in range(columns):
            colour = (colours or {}).get((row, column), "white")
            corner = (x + column * cell, y + row * cell)
            axis.add_patch(Rectangle(corner, cell, cell, facecolor=colour, edgecolor="#999999", linewidth=0.7))


def frame(axis: Axes, x: float, y: float, rows: float, columns: float, colour: str) -> None:
    """Outline a window."""
    axis.add_patch(Rectangle((x, y), columns, rows, fill=False, edgecolor=colour, linewidth=2.2))


def arrow(axis: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Point from one place to another."""
    style = {"arrowstyle": "-|>", "mutation_scale": 12, "color": INK, "linewidth": 1.2}
    axis.add_patch(FancyArrowPatch(start, end, **style))


def reference(axis: Axes) -> None:
    """One window, one sum, one output cell; then the next."""
    window = {(r, c): "#d1e5f0" for r in range(1, 4) for c in range(2, 5)}
    grid(axis, 0, 0, 6, 6, colours=window)
    frame(axis, 2, 1, 3, 3, WINDOW)
    grid(axis, 9, 1, 4, 4, colours={(1, 2): WINDOW})
    arrow(axis, (5.2, 2.5), (11.3, 2.5))
    axis.text(7.6, 1.9, "Σ", ha="center", fontsize=15)


def direct(axis: Axes) -> None:
    """The image, shifted by one kernel cell, times that cell's weight, onto all of the output."""
    for shift, colour in ((0, "#d1e5f0"), (1, "#fddbc7")):
        frame(axis, shift, shift * 0.9, 4, 4, WINDOW if shift == 0 else SECOND)
        axis.add_patch(Rectangle((shift, shift * 0.9), 4, 4, facecolor=colour, alpha=0.6))
    grid(axis, 0, 0, 6, 6, colours={})
    for patch in axis.patches[4:]:
        patch.set_facecolor("none")
    grid(axis, 9, 1, 4, 4, colours={(r, c): "#e0e0e0" for r in range(4) for c in range(4)})
    arrow(axis, (4.2, 1.5), (8.9, 2.0))
    arrow(axis, (5.2, 4.2), (8.9, 4.0))
    axis.text(6.9, 1.2, "× w₀", color=WINDOW, ha="center")
    axis.text(7.2, 4.9, "× w₁", color=SECOND, ha="center")
    axis.text(8.4, 3.2, "+", fontsize=15)


def im2col(axis: Axes) -> None:
    """Windows written as columns, kernels as rows, one matrix product."""
    grid(axis, 0, 0, 6, 6, colours={(r, c): "#d1e5f0" for r in range(3) for c in range(3)})
    frame(axis, 0, 0, 3, 3, WINDOW)
    grid(axis, 8.2, 0, 9, 7, cell=0.66, colours={(r, 0): "#d1e5f0" for r in range(9)})
    frame(axis, 8.2, 0, 9 * 0.66, 0.66, WINDOW)
    arrow(axis, (6.1, 1.5), (8.1, 2.5))
    axis.text(10.5, -0.35, "columns of one block", ha="center", fontsize=9)


def separable(axis: Axes) -> None:
    """A pass along the rows, then one along the columns."""
    grid(axis, 0, 0, 6, 6, colours={(2, c): "#d1e5f0" for c in range(1, 4)})
    frame(axis, 1, 2, 1, 3, WINDOW)
    grid(axis, 8, 0, 6, 4, colours={(r, 1): "#fddbc7" for r in range(1, 4)})
    frame(axis, 9, 1, 3, 1, SECOND)
    grid(axis, 13.6, 1, 4, 4, colours={(1, 1): SECOND})
    arrow(axis, (4.1, 2.5), (8.9, 2.5))
    arrow(axis, (10.1, 2.5), (14.5, 2.5))


def fft(axis: Axes) -> None:
    """Spectra multiplied cell by cell."""
    rng = np.random.default_rng(3)
    wave = {(r, c): plt.cm.RdBu(0.5 + 0.35 * np.sin(r + 0.5 * c)) for r in range(6) for c in range(6)}
    spectrum = {(r, c): plt.cm.Greys(rng.uniform(0.05, 0.5)) for r in range(6) for c in range(4)}
    grid(axis, 0, 0, 6, 6, colours=wave)
    grid(axis, 8.5, 0, 6, 4, colours=spectrum)
    arrow(axis, (6.2, 2.3), (8.3, 2.3))
    axis.text(7.2, 1.8, "FFT", ha="center", fontsize=9)
    axis.text(13.2, 3.2, "× kernel's\nspectrum,\nand back", ha="left", va="center", fontsize=9)


def overlap_add(axis: Axes) -> None:
    """Tiles whose results are larger than they are, and add up."""
    tiles = {(r, c): ("#d1e5f0" if c < 3 else "#fddbc7") for r in range(3) for c in range(6)}
    grid(axis, 0, 0, 6, 6, colours=tiles)
    frame(axis, 0, 0, 3, 3, WINDOW)
    frame(axis, 3, 0, 3, 3, SECOND)
    axis.add_patch(Rectangle((8.6, 0.2), 5, 5, facecolor="#d1e5f0", alpha=0.7))
    axis.add_patch(Rectangle((11.6, 0.2), 5, 5, facecolor="#fddbc7", alpha=0.7))
    frame(axis, 8.6, 0.2, 5, 5, WINDOW)
    frame(axis, 11.6, 0.2, 5, 5, SECOND)
    arrow(axis, (6.2, 1.8), (8.5, 1.8))
    axis.text(12.6, 2.9, "+", ha="center", fontsize=15)


def main() -> None:
    """Write the picture beside this script."""
    figure, axes = plt.subplots(2, 3, figsize=(13, 5.6), layout="constrained")
    drawings = (reference, direct, im2col, separable, fft, overlap_add)
    for axis, draw in zip(axes.flat, drawings, strict=True):
        draw(axis)
        axis.set(xlim=(-0.5, 18), ylim=(7, -1), aspect="equal")
        axis.set_title(draw.__name__.replace("_", "-"), family="monospace", loc="left")
        axis.set_axis_off()
    figure.savefig(Path(__file__).with_name("algorithms.png"), dpi=110, bbox_inches="tight")


if __name__ == "__main__":
    main()
