"""Pictures of a training run: curves, confusion, kernels before, during and after, and what was mistaken."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from convolens.nn.data import Dataset
from convolens.nn.network import Network
from convolens.nn.train import first_kernels
from convolens.ops.arrays import Array

MOST_KERNELS, MOST_MISTAKES = 32, 40
COLUMNS = 8


def curves_picture(history: Sequence[Mapping[str, float]]) -> Figure | None:
    """Draw loss and accuracy of training and validation over the epochs."""
    if not history:
        return None
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    epochs = [entry["epoch"] for entry in history]
    for axes, what in zip(figure.subplots(1, 2), ("loss", "accuracy"), strict=True):
        for prefix, style, label in (("", "-", "training"), ("validation_", "--", "validation")):
            axes.plot(epochs, [entry[prefix + what] for entry in history], style, marker=".", label=label)
        axes.set(xlabel="epoch", ylabel=what)
        axes.grid(alpha=0.3)
        axes.legend()
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
        part.suptitle(f"{name.partition('.')[0]} {when}", fontsize=9)
        for index, axes in enumerate(part.subplots(lines, COLUMNS, squeeze=False).flat):
            axes.set_axis_off()
            if index < count:
                axes.imshow(kernels[index].mean(0), cmap="RdBu_r", vmin=-most, vmax=most)
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
    lines = -(-len(wrong) // COLUMNS)
    figure = Figure(figsize=(COLUMNS, 1.3 * lines), layout="constrained")
    every = figure.subplots(lines, COLUMNS, squeeze=False).ravel()
    for axes in every:
        axes.set_axis_off()
    for axes, item in zip(every, wrong, strict=False):
        _show(axes, data.inputs[item])
        axes.set_title(f"{data.names[data.classes[item]]}, not {data.names[taken[item]]}", fontsize=8)
    return figure


def _show(axes: Axes, item: Array) -> None:
    """Draw an item (C, H, W): three channels in colour, else the mean of all in grey."""
    if len(item) == 3:
        low, high = float(item.min()), float(item.max())
        axes.imshow((np.moveaxis(item, 0, -1) - low) / (high - low or 1))
    else:
        axes.imshow(item.mean(0), cmap="gray")
