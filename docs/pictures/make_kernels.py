"""
Draw the pictures of docs/kernels.md: the catalogue as a sheet, and box against Gaussian blur.

Run ``python docs/pictures/make_kernels.py`` from the repository's root, with the extra ``samples`` installed.
"""

from fractions import Fraction
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from skimage import data

import convolens as cl
from convolens.explain.canvas import SIGNED
from convolens.kernels import NamedKernel, frequency_response, kernels

HERE = Path(__file__).parent
BOX_SIDE = 9
SIGMA = ((BOX_SIDE**2 - 1) / 12) ** 0.5
"""The standard deviation of a box of nine cells, so that both blurs are equally wide."""


def draw_weights(axes: Axes, kernel: NamedKernel, *, numbers: bool = True) -> None:
    """Show weights as colours, zero in white, with their values where there is room for them."""
    limit = np.abs(kernel.weights).max()
    axes.imshow(kernel.weights, cmap=SIGNED, vmin=-limit, vmax=limit)
    rows, columns = kernel.shape
    axes.set_xticks(np.arange(columns + 1) - 0.5)
    axes.set_yticks(np.arange(rows + 1) - 0.5)
    axes.tick_params(length=0, labelbottom=False, labelleft=False)
    axes.spines[:].set_color("#b8b8b8")
    if max(rows, columns) > 3:
        return
    axes.grid(color="white", linewidth=1.5)
    if numbers:
        for (row, column), weight in np.ndenumerate(kernel.weights):
            text = str(Fraction(float(weight)).limit_denominator(99)).replace("-", "−")
            dark = abs(weight) > 0.6 * limit
            axes.text(
                column, row, text, ha="center", va="center", color="white" if dark else "#222222", fontsize=11
            )


def draw_catalogue() -> None:
    """Every kernel of the catalogue with its default parameters."""
    columns = 6
    rows = -(-len(kernels) // columns)
    figure, grid = plt.subplots(rows, columns, figsize=(12, 2.45 * rows + 0.7), layout="constrained")
    for axes, kernel in zip(grid.flat, kernels.values(), strict=False):
        draw_weights(axes, kernel)
        # A single row would be a thin strip high above its caption; the square frame keeps it in line.
        half = max(kernel.shape) / 2
        middle_row, middle_column = ((side - 1) / 2 for side in kernel.shape)
        axes.set_xlim(middle_column - half, middle_column + half)
        axes.set_ylim(middle_row + half, middle_row - half)
        axes.spines[:].set_visible(False)
        axes.set_title(kernel.name, fontsize=12, fontweight="bold")
        height, width = kernel.shape
        axes.set_xlabel(
            f"{height} × {width}   rank {kernel.rank}   sum {kernel.sum:.6g}", fontsize=9, color="#444444"
        )
    for axes in grid.flat[len(kernels) :]:
        axes.remove()
    colours = matplotlib.cm.ScalarMappable(matplotlib.colors.Normalize(-1, 1), SIGNED)
    bar = figure.colorbar(colours, ax=grid, location="bottom", fraction=0.02, aspect=60, pad=0.02)
    bar.set_ticks([-1, 0, 1], labels=["negative", "0", "positive"])
    bar.set_label("colour of a weight, as a share of the kernel's largest magnitude", fontsize=10)
    figure.savefig(HERE / "kernels-catalogue.png", dpi=110)


def siemens_star(side: int = 221, spokes: int = 36) -> np.ndarray:
    """Spokes whose distance grows from the centre outward: every frequency in every direction."""
    position = np.arange(side) - side // 2
    y, x = position[:, None], position[None, :]
    # Within this radius the spokes are closer than two cells, too close to be drawn.
    drawn = np.hypot(x, y) > spokes / np.pi
    return 0.5 + 0.5 * drawn * np.cos(spokes * np.arctan2(y, x))


def draw_box_against_gaussian() -> None:
    """Weights, frequency responses and results of two blurs of the same width."""
    blurs = [
        ("Box", kernels.box(BOX_SIDE), "#b2182b"),
        ("Gaussian", kernels.gaussian(SIGMA, 2 * 10 + 1), "#2166ac"),
    ]
    star, photograph = siemens_star(), data.camera()[80:260, 160:340] / 255.0
    figure, grid = plt.subplots(3, 4, figsize=(12, 9.6), layout="constrained")
    for (name, kernel, _), (weights_axes, response_axes, star_axes, photograph_axes) in zip(
        blurs, grid[:2], strict=True
    ):
        draw_weights(weights_axes, kernel, numbers=False)
        half = 10.5
        middle = (kernel.shape[0] - 1) / 2
        weights_axes.set(xlim=(middle - half, middle + half), ylim=(middle + half, middle - half))
        rows, columns = kernel.shape
        weights_axes.set_title(f"{name}, {rows} × {columns}, σ = {SIGMA:.2f}", fontweight="bold")
        response = frequency_response(kernel, size=256)
        decibels = 20 * np.log10(np.maximum(response.magnitude, 1e-6))
        shown = response_axes.imshow(decibels, cmap="magma", vmin=-60, vmax=0, extent=(-0.5, 0.5, 0.5, -0.5))
        response_axes.set_title("frequency response")
        response_axes.set(xticks=[-0.5, 0, 0.5], yticks=[-0.5, 0, 0.5], xlabel="cycles per cell")
        figure.colorbar(shown, ax=response_axes, label="dB", shrink=0.75)
        for axes, image, title in (
            (star_axes, star, "blurred spokes"),
            (photograph_axes, photograph, "blurred photograph"),
        ):
            blurred = cl.correlate(image, kernel.weights, border="symmetric")
            axes.imshow(blurred, cmap="gray", vmin=0, vmax=1)
            axes.set_title(title)
            axes.set_axis_off()
    for axes, image, title in ((grid[2, 2], star, "spokes"), (grid[2, 3], photograph, "photograph")):
        axes.imshow(image, cmap="gray", vmin=0, vmax=1)
        axes.set_title(title)
        axes.set_axis_off()
    space = grid[2, 0].get_gridspec()
    grid[2, 0].remove()
    grid[2, 1].remove()
    section = figure.add_subplot(space[2, :2])
    for name, kernel, colour in blurs:
        spectrum = np.fft.rfft(kernel.weights.sum(axis=0), 2048)
        # Centred weights have a real spectrum once the shift to the array's corner is undone.
        frequency = np.fft.rfftfreq(2048)
        amplitude = (spectrum * np.exp(2j * np.pi * frequency * (kernel.shape[1] // 2))).real
        section.plot(frequency, amplitude, color=colour, linewidth=2, label=name)
    section.axhline(0, color="#888888", linewidth=0.8)
    section.annotate(
        "below zero: bright and\ndark change places",
        xy=(1.45 / BOX_SIDE, -0.23),
        xytext=(0.25, -0.29),
        va="center",
        fontsize=10,
        arrowprops={"arrowstyle": "->", "color": "#444444"},
    )
    section.set(xlim=(0, 0.5), ylim=(-0.4, 1.05), xlabel="cycles per cell, along a row", ylabel="factor on a wave")
    section.set_title("section through both responses")
    section.legend(frameon=False, loc="upper right")
    figure.savefig(HERE / "kernels-box-gaussian.png", dpi=110)


if __name__ == "__main__":
    matplotlib.use("Agg")
    draw_catalogue()
    draw_box_against_gaussian()
