"""What all experiments share: data divided by each seed, networks trained alike, what may be said of numbers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.special import stdtrit

from convolens.errors import SpecError
from convolens.nn.data import Dataset, Parts, divide
from convolens.nn.layer import describe
from convolens.nn.network import Network
from convolens.nn.train import Settings, Trainer
from convolens.ops.arrays import Array

Numbers = Sequence[float]
MARKERS = "osD^v"
"""Of lines and groups, so that colour does not tell them apart alone."""


@dataclass(frozen=True)
class Outcome:
    """
    What an experiment found.

    Attributes
    ----------
    title : str
        What was asked.
    header, rows : tuple
        The table.
    captions : tuple of str
        What the numbers say, and what they do not.
    numbers : dict
        All of them, as JSON can hold them.
    figure : Figure
        The picture.
    """

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    captions: tuple[str, ...]
    numbers: Mapping[str, Any]
    figure: Figure


@dataclass(frozen=True)
class Experiment:
    """
    A question to networks.

    Attributes
    ----------
    name : str
        What it is called by.
    summary : str
        The question, in one line.
    run : callable
        Finds the answer.
    """

    name: str
    summary: str
    run: Callable[["Trial"], Outcome]


@dataclass
class Trial:
    """
    Data, and how networks are trained on them.

    Parameters
    ----------
    data : Dataset
        Pictures (N, C, H, W).
    seeds : int, default 5
        How many times everything is done: with another division of the data, other first weights and another order
        each time, but the same for all that is compared.
    settings : Settings
        How each network is trained.
    tell : callable
        Is told what is done next.
    """

    data: Dataset
    seeds: int = 5
    settings: Settings = field(default_factory=lambda: Settings(epochs=8, batch=96, rate=0.01))
    tell: Callable[[str], None] = lambda doing: None

    def __post_init__(self) -> None:
        if self.data.inputs.ndim != 4:
            found = describe(self.data.inputs.shape[1:])
            raise SpecError(f"experiments need pictures of channels, rows and columns, not {found}")
        self._parts: dict[int, Parts] = {}

    @property
    def classes(self) -> int:
        """Count the classes."""
        return len(self.data.names)

    def parts(self, seed: int) -> Parts:
        """Divide the data."""
        if seed not in self._parts:
            self._parts[seed] = divide(self.data, seed=seed)
        return self._parts[seed]

    def train(
        self, text: str, seed: int, *, items: int | None = None, frozen: str = "", first: Array | None = None
    ) -> Trainer:
        """
        Train a network.

        Parameters
        ----------
        text : str
            The network, without its input's shape.
        seed : int
            Of everything that is drawn.
        items : int, optional
            From how many it learns; by default from all there are for training. It takes as many steps from fewer.
        frozen : str, default ""
            Nodes that do not learn.
        first : ndarray, optional
            What ``conv1`` begins with, in place of what is drawn.
        """
        self.tell(f"{text}, seed {seed + 1} of {self.seeds}")
        parts, epochs = self.parts(seed), self.settings.epochs
        if items is not None:
            epochs = max(1, round(epochs * len(parts.training.classes) / items))
            chosen = np.random.default_rng([seed, 4]).permutation(len(parts.training.classes))[:items]
            parts = replace(parts, training=parts.training.take(np.sort(chosen)))
        network = Network.from_text(text, parts.training.inputs.shape[1:], seed=seed)
        if first is not None:
            network.weights["conv1.weight"][...] = first
        trainer = Trainer(network, parts, replace(self.settings, epochs=epochs, seed=seed, frozen=frozen))
        while trainer.run():
            pass
        return trainer

    def accuracies(self, text: str, **options: Any) -> list[float]:
        """Train a network with every seed, and give its share of right answers on the test part, in percent."""
        trainers = (self.train(text, seed, **options) for seed in range(self.seeds))
        return [100 * trainer.evaluate(trainer.parts.test)[1] for trainer in trainers]

    @property
    def conditions(self) -> str:
        """Tell under which conditions the numbers came about."""
        counts = self.parts(0).counts
        return (
            f"Mean ± standard deviation over {self.seeds} seeds; {counts['training']} items to learn from, "
            f"{counts['test']} for the test (one of them is {100 / counts['test']:.2f} points), "
            f"{self.settings.epochs} epochs."
        )


def spread(values: Numbers, digits: int = 1) -> str:
    """
    Write a mean and a standard deviation.

    >>> spread([96.0, 98.0])
    '97.0 ± 1.4'
    """
    deviation = float(np.std(values, ddof=1)) if len(values) > 1 else 0.0
    return f"{np.mean(values):.{digits}f} ± {deviation:.{digits}f}"


def compared(first: str, ones: Numbers, second: str, others: Numbers) -> str:
    """
    Say by how much one differs from another, seed by seed, and whether that can be told from chance.

    It can where 0 is outside of the interval of 95 % by Student's distribution.

    >>> compared("max", [98, 97, 99], "average", [96, 95, 96.5])
    'max is 2.2 points above average (± 0.2, the standard error of that mean)'
    >>> compared("max", [98, 97, 99], "average", [97, 98, 99])
    'max and average cannot be told apart (they differ by 0.0 ± 0.6 points)'
    """
    off = np.subtract(ones, others)
    error = float(off.std(ddof=1)) / len(off) ** 0.5 if len(off) > 1 else float("inf")
    mean = float(off.mean())
    if len(off) < 2 or abs(mean) <= stdtrit(len(off) - 1, 0.975) * error:
        return f"{first} and {second} cannot be told apart (they differ by {abs(mean):.1f} ± {error:.1f} points)"
    side = "above" if mean > 0 else "below"
    return f"{first} is {abs(mean):.1f} points {side} {second} (± {error:.1f}, the standard error of that mean)"


def panels(count: int, width: float = 5.0) -> tuple[Figure, list[Axes]]:
    """Make a picture with some panels beside each other."""
    figure = Figure(figsize=(width * count, 4), layout="constrained")
    axes = list(figure.subplots(1, count, squeeze=False)[0])
    for axis in axes:
        axis.grid(alpha=0.3)
    return figure, axes


def line(axis: Axes, at: Numbers, every: Sequence[Numbers], label: str, **options: Any) -> None:
    """Draw means over places, with a standard deviation up and down."""
    means = [float(np.mean(values)) for values in every]
    deviations = [float(np.std(values, ddof=1)) if len(values) > 1 else 0.0 for values in every]
    marker = MARKERS[len(axis.containers) % len(MARKERS)]
    axis.errorbar(at, means, deviations, marker=marker, capsize=3, label=label, **options)


def groups(axis: Axes, found: Mapping[str, Mapping[str, Numbers]]) -> None:
    """Draw means and standard deviations beside each other, one group for each of the inner names."""
    width = 0.6 / len(found)
    for index, (label, every) in enumerate(found.items()):
        places = np.arange(len(every)) + (index - (len(found) - 1) / 2) * width
        line(axis, [float(place) for place in places], list(every.values()), label, linestyle="none")
        axis.set_xticks(range(len(every)), list(every))
    axis.legend(loc="upper center", bbox_to_anchor=(0.5, -0.1), ncols=len(found), frameon=False)
