"""Draw the pictures of docs/backpropagation.md: gradients on numbers, and a kernel that learns Sobel."""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from skimage import data

import convolens as cl

HERE = Path(__file__).parent
BLUE, ORANGE, GREY = "#0072b2", "#d55e00", "#8a8a8a"
X = np.array([[1, 2, 0], [0, 1, 2], [2, 0, 1]])
KERNEL = np.array([[1, 2], [0, -1]])
STEPS = 2000


def main() -> None:
    """Write the pictures beside this script."""
    draw_gradients()
    draw_learning()


def draw_gradients() -> None:
    """Show what slides over what forward, for the kernel and for the input, with one cell of each result."""
    y = cl.correlate(X, KERNEL, padding="valid")
    dy = y - [[3, 1], [2, 2]]
    figure, axis = plt.subplots(figsize=(13, 2.9), layout="constrained")
    place = draw_line(axis, 0, "forward", (X, "x", (0, 0, 2)), (KERNEL, "w"), (y, "y", (0, 0, 1)))
    to_kernel = cl.correlate(X, dy, padding="valid"), "∂L/∂w", (0, 0, 1)
    place = draw_line(axis, place + 1.5, "gradient of the kernel", (X, "x", (0, 0, 2)), (dy, "∂L/∂y"), to_kernel)
    bordered, turned = (np.pad(dy, 1), "∂L/∂y and zeros", (1, 1, 2)), (KERNEL[::-1, ::-1], "w turned")
    to_input = cl.convolve(dy, KERNEL, padding="full"), "∂L/∂x", (1, 1, 1)
    place = draw_line(axis, place + 1.5, "gradient of the input", bordered, turned, to_input)
    axis.set(xlim=(-0.1, place + 0.1), ylim=(-2.9, 3.1), aspect="equal")
    axis.set_axis_off()
    figure.savefig(HERE / "backpropagation.png", dpi=110)
    plt.close(figure)


def draw_line(axis: Axes, start: float, title: str, slid: tuple, kernel: tuple, result: tuple) -> float:
    """Draw what slides, what over, and the result; return where it ends."""
    place = draw_grid(axis, start, *slid, colour=BLUE)
    axis.text(place + 0.5, -0.1, "⋆", ha="center", va="center", fontsize=24)
    place = draw_grid(axis, place + 1, *kernel, (0, 0, 2), colour=BLUE)
    axis.text(place + 0.5, 0, "=", ha="center", va="center", fontsize=16)
    place = draw_grid(axis, place + 1, *result, colour=ORANGE)
    axis.text((start + place) / 2, 2.4, title, ha="center", va="bottom", fontweight="bold")
    return place


def draw_grid(axis: Axes, left: float, cells: np.ndarray, name: str, marked: tuple, *, colour: str) -> float:
    """Draw numbers in squares with some marked (row, column, how many), and return where it ends."""
    height, width = cells.shape
    for (row, column), value in np.ndenumerate(cells):
        corner = left + column, height / 2 - row - 1
        axis.add_patch(Rectangle(corner, 1, 1, facecolor="white", edgecolor=GREY, linewidth=0.8))
        axis.text(corner[0] + 0.5, corner[1] + 0.5, str(value).replace("-", "−"), ha="center", va="center")
    row, column, count = marked
    corner = left + column, height / 2 - row - count
    axis.add_patch(Rectangle(corner, count, count, facecolor=colour, alpha=0.18))
    axis.add_patch(Rectangle(corner, count, count, fill=False, edgecolor=colour, linewidth=2.5))
    axis.text(left + width / 2, -height / 2 - 0.25, name, ha="center", va="top", color=GREY)
    return left + width


def learn(image: np.ndarray, rate: float) -> tuple[list[np.ndarray], list[float]]:
    """Go down from a kernel of zeros; give kernels and losses, beside the first one, before each step."""
    wanted = cl.correlate(image, cl.kernels["sobel-x"], padding="valid")
    kernels, losses = [np.zeros((3, 3))], []
    for _ in range(STEPS):
        error = cl.correlate(image, kernels[-1], padding="valid") - wanted
        losses.append((error**2).mean() / (wanted**2).mean())
        kernels.append(kernels[-1] - rate * cl.correlate(image, error, padding="valid") / error.size)
    return kernels, losses


def draw_learning() -> None:
    """Write the kernels on the way, and both losses."""
    photograph = data.camera()[100:164, 200:264].astype(float)
    noise = np.random.default_rng(0).normal(size=photograph.shape)
    on_noise, loss_on_noise = learn(noise, 0.5)
    on_photograph, loss_on_photograph = learn((photograph - photograph.mean()) / photograph.std(), 0.2)
    steps = 0, 1, 3, 10, 100, 1000
    figure = plt.figure(figsize=(13, 4), layout="constrained")
    left, right = figure.subfigures(1, 2, width_ratios=(2, 1))
    axes = left.subplots(2, len(steps))
    for row, (kernels, name) in enumerate(((on_noise, "noise"), (on_photograph, "photograph"))):
        for axis, step in zip(axes[row], steps, strict=True):
            draw_kernel(axis, kernels[step])
            axis.set_title(f"step {step}" if row == 0 else "", fontsize=10)
        axes[row, 0].set_ylabel(name)
    axis = right.subplots()
    axis.loglog(np.arange(1, STEPS + 1), loss_on_noise, color=BLUE, label="noise")
    axis.loglog(np.arange(1, STEPS + 1), loss_on_photograph, "--", color=ORANGE, label="photograph")
    axis.set(xlabel="step", ylabel="loss beside that of no kernel", ylim=(1e-9, 3))
    axis.spines[["top", "right"]].set_visible(False)
    axis.legend(frameon=False)
    figure.savefig(HERE / "learning-sobel.png", dpi=110)
    plt.close(figure)


def draw_kernel(axis: Axes, kernel: np.ndarray) -> None:
    """Draw the weights as colours and numbers."""
    axis.imshow(kernel, cmap="RdBu_r", vmin=-2.5, vmax=2.5)
    for (row, column), value in np.ndenumerate(kernel):
        strong = abs(value) > 1.4
        text = f"{value + 0.0:.1f}".replace("-0.0", "0.0").replace("-", "−")
        axis.text(column, row, text, ha="center", va="center", fontsize=9, color="white" if strong else "black")
    axis.set(xticks=[], yticks=[])


if __name__ == "__main__":
    main()
