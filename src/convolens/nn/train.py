"""The loop of training: batches, losses, steps; whose state can be kept, to go on as if it had not stopped."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from convolens.errors import SpecError, TrainingError, unknown_name
from convolens.nn.augment import augment, parse_augmentation
from convolens.nn.data import Dataset, Parts, batches, in_turn
from convolens.nn.layer import Training, describe
from convolens.nn.loss import CrossEntropy
from convolens.nn.network import Network
from convolens.nn.optimiser import SGD, AdamW, Optimiser, clip_gradients
from convolens.nn.schedule import Constant, Cosine, Schedule, Steps
from convolens.nn.typed import check_types
from convolens.ops.arrays import Array, quietly
from convolens.planning.circumstances import steady

OPTIMISERS: dict[str, Callable[[float, float], Optimiser]] = {
    "adamw": lambda rate, decay: AdamW(rate, decay=decay),
    "sgd": lambda rate, decay: SGD(rate, decay=decay),
    "nesterov": lambda rate, decay: SGD(rate, decay=decay, nesterov=True),
}
SCHEDULES: dict[str, type[Schedule]] = {"constant": Constant, "steps": Steps, "cosine": Cosine}
MOST_EVALUATED = 256  # items at a time
FILTERS = "filters."


@dataclass(frozen=True)
class Settings:
    """
    How a network is trained.

    Parameters
    ----------
    epochs : int, default 20
        How often every item is seen.
    batch : int, default 64
        Items a step.
    rate : float, default 0.003
        Learning rate, at its highest.
    optimiser : {"adamw", "sgd", "nesterov"}
        The latter two with momentum 0.9.
    schedule : {"cosine", "constant", "steps"}
        How the rate goes.
    warm_up : float, default 0.05
        Share of all steps in which it rises.
    decay : float, default 0.01
        Weight decay.
    clip : float, default 5
        Length that the gradients have together at most; 0 for no limit.
    smoothing : float, default 0
        Share of the probability that all classes have in common.
    augmentation : str, default ""
        As :func:`~convolens.nn.augment.parse_augmentation` reads it.
    frozen : str, default ""
        Names of nodes whose weights stay as they are, separated by blanks.
    seed : int, default 0
        What all draws begin with.
    """

    epochs: int = 20
    batch: int = 64
    rate: float = 0.003
    optimiser: str = "adamw"
    schedule: str = "cosine"
    warm_up: float = 0.05
    decay: float = 0.01
    clip: float = 5.0
    smoothing: float = 0.0
    augmentation: str = ""
    frozen: str = ""
    seed: int = 0

    def __post_init__(self) -> None:
        check_types(Settings, vars(self))
        if self.optimiser not in OPTIMISERS:
            raise unknown_name("optimiser", self.optimiser, OPTIMISERS)
        if self.schedule not in SCHEDULES:
            raise unknown_name("schedule", self.schedule, SCHEDULES)
        if self.epochs < 1 or self.batch < 1 or not self.rate > 0 or not 0 <= self.smoothing < 1 or self.seed < 0:
            raise SpecError(
                "epochs, batch and rate must be above 0, smoothing from 0 to below 1, the seed 0 or more"
            )
        if self.decay < 0 or self.clip < 0:
            raise SpecError(f"decay and clip must be 0, for none, or more, not {self.decay} and {self.clip}")
        parse_augmentation(self.augmentation)


@dataclass
class Progress:
    """
    Where training is.

    Attributes
    ----------
    epoch, step : int
        The next step, counted from 0.
    loss, right : float and int
        Summed over the items of this epoch so far.
    seconds : float
        Spent on steps, in all.
    history : list of dict
        One entry for each epoch that is over.
    """

    epoch: int = 0
    step: int = 0
    loss: float = 0.0
    right: int = 0
    seconds: float = 0.0
    history: list[dict[str, float]] = field(default_factory=list)


class Trainer:
    """
    A network in training.

    Every draw begins with the seed, the epoch and the step; plans do not depend on what happened before. So
    training that goes on from a state that was kept ends with the bits that it would have ended with.

    Parameters
    ----------
    network : Network
        Trained in place.
    parts : Parts
        What to learn from, and what to look at.
    settings : Settings
        How.
    """

    def __init__(self, network: Network, parts: Parts, settings: Settings) -> None:
        classes = len(parts.training.names)
        if parts.training.inputs.shape[1:] != network.input_shape:
            raise SpecError(
                f"the network takes items of {describe(network.input_shape)}, but those to learn from are "
                f"{describe(parts.training.inputs.shape[1:])}"
            )
        if network.output_shape != (classes,):
            raise SpecError(
                f"{network.last!r}, the last layer, gives {describe(network.output_shape)}, but there are "
                f"{classes} classes; end it with 'flatten dense {classes}'"
            )
        self.network, self.parts, self.settings = network, parts, settings
        self.optimiser = OPTIMISERS[settings.optimiser](settings.rate, settings.decay)
        self.schedule = SCHEDULES[settings.schedule](warm_up=settings.warm_up)
        self.loss = CrossEntropy(settings.smoothing)
        self.progress = Progress()
        self.filters: dict[str, Array] = {}
        self._augmentation = parse_augmentation(settings.augmentation, network.input_shape)
        self._frozen = frozenset(settings.frozen.split())
        holders = {name.partition(".")[0] for name in network.weights}
        for name in sorted(self._frozen - holders):
            raise unknown_name("node with weights", name, sorted(holders))
        self._order: tuple[int, list[Array]] = (-1, [])

    @property
    def is_done(self) -> bool:
        """Tell whether all epochs are over."""
        return self.progress.epoch >= self.settings.epochs

    @property
    def steps(self) -> int:
        """Count the steps of an epoch."""
        return len(self._batches())

    @property
    def seen(self) -> int:
        """Count the items of this epoch that steps were taken on."""
        return sum(map(len, self._batches()[: self.progress.step]))

    @property
    def speed(self) -> float:
        """Tell how many items a second steps were taken on, over all epochs; 0 before the first."""
        items = self.progress.epoch * len(self.parts.training.classes) + self.seen
        return items / self.progress.seconds if self.progress.seconds else 0.0

    def _batches(self) -> list[Array]:
        epoch = self.progress.epoch
        if self._order[0] != epoch:
            random = np.random.default_rng([self.settings.seed, 2, epoch])
            self._order = epoch, batches(len(self.parts.training.classes), self.settings.batch, random)
        return self._order[1]

    def run(self, on_step: Callable[[], None] = lambda: None) -> bool:
        """
        Train until the epoch is over, and look at the validation part; return whether there is more to do.

        Parameters
        ----------
        on_step : callable, optional
            Called after every step; what it raises ends the run between two steps, where the state may be kept.

        Raises
        ------
        TrainingError
            If the loss is not finite any more; the step is not taken. If the loss of the validation part or a
            weight is not finite at the end; the epoch does not count then.
        """
        progress = self.progress
        if self.is_done:
            return False
        if not progress.epoch and not progress.step:
            self._keep_filters("before")
        with steady():
            while progress.step < self.steps:
                self._step()
                on_step()
            loss, right = self.evaluate(self.parts.validation)[:2]
        if not math.isfinite(loss):
            raise self._diverged("validation loss")
        self.check_weights()
        count = len(self.parts.training.classes)
        progress.history.append(
            {
                "epoch": progress.epoch + 1,
                "loss": progress.loss / count,
                "accuracy": progress.right / count,
                "validation_loss": loss,
                "validation_accuracy": right,
                "rate": self._rate(self.steps - 1),
                "seconds": progress.seconds,
            }
        )
        progress.epoch, progress.step, progress.loss, progress.right = progress.epoch + 1, 0, 0.0, 0
        if progress.epoch == (self.settings.epochs + 1) // 2:
            self._keep_filters("during")
        if progress.epoch == self.settings.epochs:
            self.network.release()
        return not self.is_done

    def _rate(self, step: int) -> float:
        steps = len(self._batches())
        done = self.progress.epoch * steps + step
        return self.settings.rate * self.schedule(done, self.settings.epochs * steps)

    @quietly
    def _step(self) -> None:
        progress, settings, training = self.progress, self.settings, self.parts.training
        begun = time.perf_counter()
        which = self._batches()[progress.step]
        random = np.random.default_rng([settings.seed, 3, progress.epoch, progress.step])
        classes = training.classes[which]
        kept = {name: array.copy() for name, array in self.network.statistics.items()}
        x = augment(training.inputs[which], self._augmentation, random)
        scores, tape = self.network.forward(x, training=Training(random))
        loss, grad = self.loss(scores, classes)
        every, _ = self.network.backward(tape, grad)
        gradients = {name: g for name, g in every.items() if name.partition(".")[0] not in self._frozen}
        rate = self._rate(progress.step)
        length = clip_gradients(gradients, settings.clip or math.inf)
        if not math.isfinite(loss) or not math.isfinite(length):
            self.network.statistics.update(kept)
            raise self._diverged("loss" if not math.isfinite(loss) else "gradient")
        self.optimiser.step(self.network.weights, gradients, rate)
        progress.loss += loss * len(which)
        progress.right += int((scores.argmax(1) == classes).sum())
        progress.step += 1
        progress.seconds += time.perf_counter() - begun

    def check_weights(self) -> None:
        """
        Refuse to go on with, or keep, what is no network any more.

        Raises
        ------
        TrainingError
            If a weight or a running mean is not finite.
        """
        for name, array in (self.network.weights | self.network.statistics).items():
            if not np.isfinite(array).all():
                raise self._diverged(repr(name))

    def _diverged(self, what: str) -> TrainingError:
        progress = self.progress
        place = f"step {progress.step + 1}" if progress.step < self.steps else "the end"
        rate = self._rate(min(progress.step, self.steps - 1))
        return TrainingError(
            f"the {what} is not finite at {place} of epoch {progress.epoch + 1}; weights grow without bound at a "
            f"rate of {rate:.3g}: lower it, clip gradients, or add normalisation (bn)"
        )

    @quietly
    def evaluate(self, data: Dataset) -> tuple[float, float, Array]:
        """Return mean loss, share of right answers, and the scores of every item."""
        with steady():
            scores = np.concatenate(
                [self.network(data.inputs[some]) for some in in_turn(len(data.classes), MOST_EVALUATED)]
            )
        right = float((scores.argmax(1) == data.classes).mean())
        return CrossEntropy()(scores, data.classes)[0], right, scores

    def _keep_filters(self, when: str) -> None:
        """Keep the first layer's kernels, to be looked at."""
        name = first_kernels(self.network)
        if name:
            self.filters[when] = self.network.weights[name].copy()

    def state(self) -> tuple[dict[str, Array], dict[str, Any]]:
        """Return all that a checkpoint holds: arrays by name, and facts."""
        arrays = {f"weights.{name}": array for name, array in self.network.weights.items()}
        arrays |= {f"statistics.{name}": array for name, array in self.network.statistics.items()}
        arrays |= {f"optimiser.{name}": array for name, array in self.optimiser.state.items()}
        arrays |= {f"{FILTERS}{when}": array for when, array in self.filters.items()}
        return arrays, {"steps": self.optimiser.steps, "progress": vars(self.progress)}

    def put_state(self, arrays: dict[str, Array], facts: dict[str, Any]) -> None:
        """
        Go back to where :meth:`state` was taken.

        Raises
        ------
        ValueError, KeyError, TypeError
            If it was not of such a network.
        """
        parts: dict[str, dict[str, Array]] = {"weights": {}, "statistics": {}, "optimiser": {}, "filters": {}}
        for name, array in arrays.items():
            kind, _, rest = name.partition(".")
            parts[kind][rest] = array.copy()
        for kind, mine in (("weights", self.network.weights), ("statistics", self.network.statistics)):
            if _outlines(parts[kind]) != _outlines(mine):
                raise ValueError(f"its {kind} are not those of this network")
            mine.update(parts[kind])
        for name, array in parts["optimiser"].items():
            weight = self.network.weights.get(name, self.network.weights.get(name.rpartition(".")[0]))
            if weight is None or _outlines({name: array}) != _outlines({name: weight}):
                raise ValueError(f"the optimiser's {name!r} does not fit this network")
        kernels = self.network.weights.get(first_kernels(self.network) or "")
        for when, array in parts["filters"].items():
            if kernels is None or array.shape != kernels.shape:
                raise ValueError(f"the filters that were kept {when!r} are not those of this network")
        check_types(Progress, facts["progress"])
        progress, steps = Progress(**facts["progress"]), int(facts["steps"])
        if min(progress.epoch, progress.step, steps) < 0 or len(progress.history) != progress.epoch:
            raise ValueError("its epochs and steps do not fit together")
        self.optimiser.state, self.optimiser.steps = parts["optimiser"], steps
        self.filters, self.progress = parts["filters"], progress


def _outlines(arrays: dict[str, Array]) -> dict[str, tuple[Any, ...]]:
    return {name: (array.shape, array.dtype) for name, array in arrays.items()}


def first_kernels(network: Network) -> str | None:
    """Name the weights of the first convolution; None where there is none."""
    return next((name for name, array in network.weights.items() if array.ndim > 2), None)
