"""Draw receptive_field.png: the cells that an output cell sees through three layers, and how fields grow."""

from pathlib import Path

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from convolens.spec.receptive import trace_back
from convolens.spec.stack import Stack
from convolens.spec.stack_text import parse_stack

TOWERS = {
    "Three 3-cell kernels: one output cell sees 7": "1x13 3*conv:1,k3,same",
    "The same with stride 2 in the first: it sees 11": "1x13 conv:1,k3,s2,same conv:1,k3,same conv:1,k3,same",
}
NETWORKS = {
    "VGG-16": "3x224x224 2*conv:64,k3,p1 max:2 2*conv:128,k3,p1 max:2 3*conv:256,k3,p1 max:2 "
    "2*(3*conv:512,k3,p1 max:2)",
    "AlexNet": "3x227x227 conv:96,k11,s4 max:3,s2 conv:256,k5,p2 max:3,s2 3*conv:256,k3,p1 max:3,s2",
    "3×3 kernels alone": "3x224x224 18*conv:64,k3,p1",
    "3×3, dilation 1, 2, 4, 8": "1x224x224 conv:1,k3,same conv:1,k3,d2,same conv:1,k3,d4,same conv:1,k3,d8,same",
}
SEEN, LAST, QUIET = "#f4a259", "#bc4b51", "#e8edf2"


def draw_tower(axes: Axes, stack: Stack, title: str) -> None:
    """Draw a row of cells a layer, the input at the bottom, with the cells that the middle output cell sees."""
    sizes = [stack.input_shape[1], *(layer.output_shape[1] for layer in stack.layers)]
    reaches = [layer.reach[0] for layer in stack.layers]
    middle = sizes[-1] // 2
    for level, size in enumerate(sizes):
        first, last = trace_back(reaches[level:], middle, middle)
        step = 1 if level == 0 else int(stack.layers[level - 1].receptive_field.jump[0])
        for cell in range(size):
            seen = first <= cell <= last
            colour = LAST if level == len(sizes) - 1 and seen else SEEN if seen else QUIET
            axes.add_patch(Rectangle((cell * step - 0.45, 1.6 * level - 0.45), 0.9, 0.9, color=colour))
        if level:
            below, above = trace_back(reaches[level - 1 :], middle, middle), (first, last)
            previous = 1 if level == 1 else int(stack.layers[level - 2].receptive_field.jump[0])
            for end, side in ((0, -0.45), (1, 0.45)):
                x = (above[end] * step + side, below[end] * previous + side)
                axes.plot(x, (1.6 * level - 0.45, 1.6 * level - 1.15), color="#5b6770", linewidth=1)
        label = "input" if level == 0 else stack.layers[level - 1].name.removeprefix("conv:1,")
        axes.text(-0.9, 1.6 * level, label, ha="right", va="center", family="monospace", fontsize=9)
        axes.text(12.9, 1.6 * level, f"{last - first + 1}", ha="left", va="center", fontsize=9)
    axes.set(xlim=(-3.6, 13.6), ylim=(-0.7, 1.6 * (len(sizes) - 1) + 0.7), aspect="equal")
    axes.set_title(title, fontsize=10)
    axes.set_axis_off()


def draw_growth(axes: Axes) -> None:
    """Draw the field's size after each layer that has windows."""
    for name, text in NETWORKS.items():
        sizes = [1, *(layer.receptive_field.size[0] for layer in parse_stack(text).layers)]
        axes.plot(range(len(sizes)), sizes, marker="o", markersize=3, label=name)
    axes.set(
        xlabel="layer (convolutions and pooling)",
        ylabel="input cells seen, along one side",
        ylim=(0, 225),
        xticks=range(0, 19, 2),
    )
    axes.set_title("The field grows by (window − 1) × the strides so far", fontsize=10)
    axes.grid(color="#dddddd")
    axes.legend(fontsize=8, frameon=False, loc=(0.46, 0.78))


def main() -> None:
    """Write the picture beside this script."""
    figure = plt.figure(figsize=(11, 4.6), layout="constrained")
    grid = figure.add_gridspec(2, 2, width_ratios=(1.15, 1))
    for row, (title, text) in enumerate(TOWERS.items()):
        draw_tower(figure.add_subplot(grid[row, 0]), parse_stack(text), title)
    draw_growth(figure.add_subplot(grid[:, 1]))
    figure.savefig(Path(__file__).with_name("receptive_field.png"), dpi=110)


if __name__ == "__main__":
    main()
