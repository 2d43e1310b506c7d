"""Draw engine.png: what the compiled loops hold in registers and in cache, and in which order they go."""

from pathlib import Path

import matplotlib.pyplot as plt
from make_algorithms import FAINT, INK, SECOND, WINDOW, arrow, frame, grid
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

LIGHT, WARM = "#d1e5f0", "#fddbc7"
PHASES = ("#2166ac", "#92c5de", "#f4a582", "#b2182b")


def label(axis: Axes, x: float, y: float, text: str, colour: str = INK) -> None:
    """Write a few words centred at a place."""
    axis.text(x, y, text, ha="center", va="center", fontsize=8.5, color=colour)


def channels_last(axis: Axes) -> None:
    """One channel of each of six pixels, times vectors of weights, onto a tile of sums."""
    grid(axis, 0, 2, 6, 3, colours={(r, 1): WINDOW for r in range(6)})
    label(axis, 1.5, 8.7, "6 pixels × C")
    for vector in range(4):
        grid(axis, 5 + 2.4 * vector, 0, 1, 4, cell=0.55, colours={(0, i): WARM for i in range(4)})
        grid(axis, 5 + 2.4 * vector, 2, 6, 4, cell=0.55, colours=dict.fromkeys(_cells(6, 4), LIGHT))
    label(axis, 9.6, -0.9, "4 vectors of weights of one channel", SECOND)
    label(axis, 9.6, 6.1, "24 vectors of sums stay in registers")
    label(axis, 9.6, 7.0, "over all channels and kernel cells")
    arrow(axis, (3.2, 4), (4.8, 4))
    arrow(axis, (9.6, 0.8), (9.6, 1.8))


def channels_first(axis: Axes) -> None:
    """One weight of each of eight kernels, times vectors of neighbouring cells."""
    grid(axis, 0, 1.6, 8, 3, cell=0.8, colours={(r, 1): SECOND for r in range(8)})
    label(axis, 1.2, 8.7, "8 kernels × C")
    for vector in range(3):
        grid(axis, 5 + 2.4 * vector, 0, 1, 4, cell=0.55, colours={(0, i): LIGHT for i in range(4)})
        grid(axis, 5 + 2.4 * vector, 2, 8, 4, cell=0.55, colours=dict.fromkeys(_cells(8, 4), WARM))
    label(axis, 8.5, -0.9, "3 vectors of neighbouring cells of one channel", WINDOW)
    label(axis, 8.5, 7.2, "24 vectors of sums: rows of the output,")
    label(axis, 8.5, 8.1, "as they lie in memory")
    arrow(axis, (2.7, 4), (4.8, 4))
    arrow(axis, (8.5, 0.8), (8.5, 1.8))


def winograd(axis: Axes) -> None:
    """A tile becomes 36 points; each point's matrix is multiplied; the products become a tile."""
    grid(axis, 0, 1.5, 6, 6, cell=0.6, colours=dict.fromkeys(_cells(6, 6), LIGHT))
    label(axis, 1.8, 6, "tile 6×6")
    for depth in range(3):
        corner = (5.6 + 0.35 * depth, 1.2 + 0.35 * depth)
        axis.add_patch(Rectangle(corner, 2.6, 2.6, facecolor="white", edgecolor=WINDOW, linewidth=1.4))
    label(axis, 7.6, 3.2, "tiles\n× C")
    label(axis, 9.3, 3.1, "×")
    for depth in range(3):
        corner = (9.9 + 0.35 * depth, 1.2 + 0.35 * depth)
        axis.add_patch(Rectangle(corner, 2.6, 2.6, facecolor="white", edgecolor=SECOND, linewidth=1.4))
    label(axis, 11.9, 3.2, "C × K")
    label(axis, 9.1, 6, "36 matrix products, one a point")
    grid(axis, 15, 2, 4, 4, cell=0.6, colours=dict.fromkeys(_cells(4, 4), WARM))
    label(axis, 16.2, 6, "tile 4×4")
    arrow(axis, (3.8, 3.2), (5.4, 3.2))
    arrow(axis, (13.4, 3.2), (14.8, 3.2))
    label(axis, 4.6, 2.3, "Bᵀ d B")
    label(axis, 14.1, 2.3, "Aᵀ m A")


def depthwise(axis: Axes) -> None:
    """A vector of channels of one pixel serves all outputs whose windows hold the pixel."""
    grid(axis, 0, 1, 3, 9, colours={(1, 4): WINDOW})
    for start in (2, 3, 4):
        frame(
            axis, start + 0.07 * (start - 3), 1 + 0.12 * (start - 3), 3, 3, (FAINT, "#92c5de", SECOND)[start - 2]
        )
    grid(axis, 0, 6, 1, 9, colours={(0, i): WARM for i in (3, 4, 5)})
    for cell in (3, 4, 5):
        arrow(axis, (4.5, 2.6), (cell + 0.5, 5.9))
    label(axis, 4.5, 0.2, "pixels of three rows, a vector of channels each")
    label(axis, 4.5, 7.7, "loaded once, used by three sums")


def passes(axis: Axes) -> None:
    """A block of a photograph is summed down its columns, a few rows at a time, then along these rows."""
    for row in range(7):
        used = 1 <= row <= 5
        axis.add_patch(Rectangle((0, row), 5, 0.8, facecolor=LIGHT if used else "white", edgecolor="#999999"))
    label(axis, 2.5, 7.9, "a block of the photograph\nwith its border, in cache")
    for row in range(3):
        axis.add_patch(Rectangle((7, 2 + row), 5, 0.8, facecolor=WARM, edgecolor=SECOND))
        axis.add_patch(Rectangle((14, 2 + row), 5, 0.8, facecolor=WINDOW, edgecolor=INK))
    label(axis, 9.5, 6.1, "sums of columns,\na few rows, in cache")
    label(axis, 16.5, 6.1, "rounded, saturated,\nwritten once")
    arrow(axis, (5.1, 3.4), (6.9, 3.4))
    arrow(axis, (12.1, 3.4), (13.9, 3.4))
    label(axis, 6, 2.6, "down")
    label(axis, 13, 2.6, "along")


def overlap_save(axis: Axes) -> None:
    """Tiles overlap by the kernel; two are one complex tile; only what their wrapped ends do not reach is kept."""
    for tile in range(4):
        x, y, colour = 4.2 * tile, 0.6 + 0.45 * tile, (WINDOW, SECOND)[tile // 2]
        axis.add_patch(Rectangle((x + 4.1, y), 1.6, 2.6, facecolor=FAINT, edgecolor="none", alpha=0.8))
        axis.add_patch(Rectangle((x, y), 5.7, 2.6, facecolor="none", edgecolor=colour, linewidth=1.6))
        axis.add_patch(Rectangle((x, 6.2), 4.1, 1.2, facecolor=(LIGHT, WARM)[tile // 2], edgecolor=colour))
        arrow(axis, (x + 2, y + 2.7), (x + 2, 6.1))
        label(axis, x + 2.85, y + 1.3, ("real", "imaginary")[tile % 2], colour)
    label(axis, 4.9, -0.1, "k − 1")
    label(axis, 8.4, 8.1, "a pair of tiles: one complex FFT × spectrum of the kernel, back,")
    label(axis, 8.4, 9, "whole outputs written where they lie")


def transposed(axis: Axes) -> None:
    """Each phase of the output sees every second cell of the kernel."""
    kernel = {(r, c): PHASES[2 * (r % 2) + c % 2] for r, c in _cells(4, 4)}
    grid(axis, 0, 2, 4, 4, colours=kernel)
    label(axis, 2, 6.8, "kernel 4×4, stride 2")
    output = {(r, c): PHASES[2 * (r % 2) + c % 2] for r, c in _cells(8, 8)}
    grid(axis, 9, 0.4, 8, 8, cell=0.9, colours=output)
    arrow(axis, (4.4, 4), (8.7, 4))
    label(axis, 6.5, 3, "four convolutions")
    label(axis, 6.5, 4.9, "of 2×2, stride 1")
    label(axis, 12.6, 8.4, "output, interleaved")


def weight_gradient(axis: Axes) -> None:
    """A tile of kernels by channels, summed over pixels: one tile for each kernel cell."""
    for row in range(3):
        axis.add_patch(Rectangle((0, 1 + 1.2 * row), 5, 0.9, facecolor=WARM, edgecolor=SECOND))
        axis.add_patch(Rectangle((0.6, 5.4 + 1.2 * row), 5, 0.9, facecolor=LIGHT, edgecolor=WINDOW))
    label(axis, 2.5, 0.3, "dY: pixels × K", SECOND)
    label(axis, 3.1, 9.3, "X, shifted by a kernel cell: pixels × C", WINDOW)
    for cell in range(3):
        grid(axis, 9 + 0.5 * cell, 2.2 + 0.5 * cell, 6, 4, cell=0.6, colours=dict.fromkeys(_cells(6, 4), "white"))
    label(axis, 11.3, 7.6, "dW: C × K for each cell,\nsums in registers over pixels")
    arrow(axis, (5.8, 3), (8.8, 3.9))
    arrow(axis, (5.8, 6.6), (8.8, 5))


def _cells(rows: int, columns: int) -> list[tuple[int, int]]:
    return [(row, column) for row in range(rows) for column in range(columns)]


PANELS = (
    ("tiled: channels last", channels_last),
    ("rows: channels first", channels_first),
    ("winograd-4", winograd),
    ("depthwise", depthwise),
    ("separable images", passes),
    ("overlap-save", overlap_save),
    ("transposed, by phases", transposed),
    ("gradient of the weights", weight_gradient),
)


def main() -> None:
    """Draw all panels into one picture."""
    figure, axes = plt.subplots(4, 2, figsize=(12, 14), layout="constrained")
    for axis, (title, draw) in zip(axes.flat, PANELS, strict=True):
        draw(axis)
        axis.set(xlim=(-1, 20), ylim=(10, -2), aspect="equal")
        axis.set_title(title, family="monospace", loc="left")
        axis.set_axis_off()
    figure.savefig(Path(__file__).with_name("engine.png"), dpi=100, bbox_inches="tight")


if __name__ == "__main__":
    main()
