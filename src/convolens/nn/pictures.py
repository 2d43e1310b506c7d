"""Pictures of a training run: curves, confusion, kernels before, during and after, and what was mistaken."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from convolens.explain.canvas import BLUE, INK, LINE, ORANGE, SIGNED, SOFT
from convolens.nn.data import Dataset
from convolens.nn.network import Network
from convolens.nn.train import first_kernels
from convolens.ops.arrays import Array

MOST_KERNELS, MOST_MISTAKES = 32, 40
COLUMNS = 8
CURVES = ("training", "", "-", BLUE), ("validation", "validation_", "--", ORANGE)
"""Label, prefix of the entries in a history, and how the line looks."""


def curves_picture(history: Sequence[Mapping[str, float]]) -> Figure | None:
    """Draw loss and accuracy of training and validation over the epochs."""
    if not history:
        return None
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    epochs = [entry["epoch"] for entry in history]
    for axes, what in zip(figure.subplots(1, 2), ("loss", "accuracy"), strict=True):
        for label, prefix, style, colour in CURVES:
            numbers = [entry[prefix + what] for entry in history]
            axes.plot(epochs, numbers, style, marker=".", color=colour, label=label)
        axes.set_title(what, loc="left", fontsize=11, color=INK)
        axes.set_xlabel("epoch", color=SOFT)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.spines[["top", "right"]].set_visible(False)
        axes.spines[["left", "bottom"]].set_color(LINE)
        axes.tick_params(color=LINE, labelcolor=SOFT)
        axes.grid(color=LINE, alpha=0.5)
        axes.legend(frameon=False, labelcolor=INK)
    figure.axes[1].yaxis.set_major_formatter(PercentFormatter(1, symbol=" %"))
    return figure


def confusion_picture(data: Dataset, scores: Array) -> Figure:
    """Draw how many items of each class were taken for each."""
    count = len(data.names)
    table = np.zeros((count, count), int)
    np.add.at(table, (data.classes, scores.argmax(1)), 1)
    side = min(3 + 0.45 * count, 14)
    figure = Figure(figsize=(side, side), layout="constrained")
    axes = figure.subplots()
    axes.imshow(table / np.maximum(1, table.sum(1, keepdims=True)), cmap="Blues", vmin=0, vmax=1)
    if count <= 20:
        for (row, column), number in np.ndenumerate(table):
            if number:
                color = "white" if number > table[row].sum() / 2 else "black"
                axes.text(column, row, str(number), ha="center", va="center", color=color, fontsize=8)
        axes.set_xticks(range(count), data.names)
        axes.set_yticks(range(count), data.names)
    axes.set(xlabel="taken for", ylabel="is", title=f"{len(data.classes)} items for test")
    return figure


def filters_picture(network: Network, kept: Mapping[str, Array]) -> Figure | None:
    """Draw the first layer's kernels before, during and after training, on one scale; of channels the mean."""
    name = first_kernels(network)
    if name is None or network.weights[name].ndim != 4:
        return None
    rows = [(when, kept[when]) for when in ("before", "during") if when in kept]
    rows.append(("after", network.weights[name]))
    count = min(MOST_KERNELS, len(network.weights[name]))
    lines = -(-count // COLUMNS)
    figure = Figure(figsize=(COLUMNS * 0.8, 0.8 * lines * len(rows) + 0.3 * len(rows)), layout="constrained")
    most = max(float(np.abs(kernels.mean(1)).max()) for _, kernels in rows)
    for part, (when, kernels) in zip(figure.subfigures(len(rows), 1, squeeze=False)[:, 0], rows, strict=True):
        signs = ": blue is positive, orange negative" if when == "before" else ""
        part.suptitle(f"{name.partition('.')[0]} {when}{signs}", fontsize=9)
        for index, axes in enumerate(part.subplots(lines, COLUMNS, squeeze=False).flat):
            axes.set_axis_off()
            if index < count:
                axes.imshow(kernels[index].mean(0), cmap=SIGNED, vmin=-most, vmax=most)
    return figure


def mistakes_picture(data: Dataset, scores: Array) -> Figure | None:
    """Draw items that were taken for something else, those first where it was surest."""
    if data.inputs.ndim != 4:
        return None
    taken = scores.argmax(1)
    wrong = np.flatnonzero(taken != data.classes)
    surest = np.take_along_axis(scores, taken[:, None], 1)[:, 0] - scores[np.arange(len(scores)), data.classes]
    wrong = wrong[np.argsort(-surest[wrong], kind="stable")][:MOST_MISTAKES]
    if not len(wrong):
        return None
    columns = min(COLUMNS, max(5, len(wrong)))  # the title needs the room of five
    lines = -(-len(wrong) // columns)
    figure = Figure(figsize=(columns * 1.15, 1.55 * lines + 0.4), layout="constrained")
    count = int((taken != data.classes).sum())
    shown = f"; the {len(wrong)} where it was surest" if count > len(wrong) else ""
    figure.suptitle(f"{count} of {len(taken)} items for test were taken for something else{shown}", fontsize=9)
    every = figure.subplots(lines, columns, squeeze=False).ravel()
    for axes in every:
        axes.set_axis_off()
    for axes, item in zip(every, wrong, strict=False):
        _show(axes, data.inputs[item])
        axes.set_title(f"is {data.names[data.classes[item]]}\ntaken for {data.names[taken[item]]}", fontsize=8)
        axes.text(
            0.5, -0.04, f"item {item}", transform=axes.transAxes, ha="center", va="top", fontsize=7, color=SOFT
        )
    return figure


def _show(axes: Axes, item: Array) -> None:
    """Draw an item (C, H, W): three channels in colour, else the mean of all in grey."""
    if len(item) == 3:
        low, high = float(item.min()), float(item.max())
        axes.imshow((np.moveaxis(item, 0, -1) - low) / (high - low or 1))
    else:
        axes.imshow(item.mean(0), cmap="gray")
