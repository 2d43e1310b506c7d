"""How the learning rate goes from the first step to the last."""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass

from convolens.errors import SpecError


@dataclass(frozen=True)
class Schedule(ABC):
    """
    A share of the optimiser's rate for each step.

    Parameters
    ----------
    warm_up : float, default 0
        Share of all steps over which the rate rises evenly from nearly nothing.
    """

    warm_up: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.warm_up < 1:
            raise SpecError(f"the warm-up must be a share of all steps from 0 to below 1, not {self.warm_up}")

    def __call__(self, step: int, steps: int) -> float:
        """Give the share for a step, counted from 0, of so many."""
        rising = math.ceil(self.warm_up * steps)
        if step < rising:
            return (step + 1) / (rising + 1)
        return self.after((step - rising) / max(1, steps - rising))

    @abstractmethod
    def after(self, done: float) -> float:
        """Give the share where so much is done, from 0 to 1, of what follows the warm-up."""


@dataclass(frozen=True)
class Constant(Schedule):
    """
    The whole rate at every step.

    >>> Constant()(3, 10)
    1.0
    """

    def after(self, done: float) -> float:
        """Give all of it."""
        return 1.0


@dataclass(frozen=True)
class Steps(Schedule):
    """
    A lower rate from some shares of the way on.

    Parameters
    ----------
    at : tuple of float, default (0.5, 0.75)
        From where on.
    factor : float, default 0.1
        What the rate is multiplied by at each.

    Examples
    --------
    >>> [round(Steps()(step, 8), 4) for step in range(8)]
    [1.0, 1.0, 1.0, 1.0, 0.1, 0.1, 0.01, 0.01]
    """

    at: tuple[float, ...] = (0.5, 0.75)
    factor: float = 0.1

    def after(self, done: float) -> float:
        """Count the places that are behind."""
        return float(self.factor ** sum(done >= place for place in self.at))


@dataclass(frozen=True)
class Cosine(Schedule):
    """
    A rate that falls slowly, fast, slowly again, to nothing.

    References
    ----------
    I. Loshchilov, F. Hutter, "SGDR: stochastic gradient descent with warm restarts", 2017, arXiv:1608.03983.

    Examples
    --------
    >>> [round(Cosine(warm_up=0.25)(step, 8), 2) for step in range(8)]
    [0.33, 0.67, 1.0, 0.93, 0.75, 0.5, 0.25, 0.07]
    """

    def after(self, done: float) -> float:
        """Take half a turn."""
        return (1 + math.cos(math.pi * done)) / 2
