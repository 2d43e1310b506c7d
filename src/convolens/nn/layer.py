"""What a layer is: shapes, what it learns, a way forward and a way back."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, ClassVar, TypeVar

import numpy as np

from convolens.errors import SpecError
from convolens.ops.arrays import Array
from convolens.planning.circumstances import circumstances
from convolens.spec.receptive import Reach

Shape = tuple[int, ...]
Weights = Mapping[str, Array]
Made = TypeVar("Made")

MOST_KEPT = 8  # shapes of batches


@dataclass(frozen=True)
class Layer(ABC):
    """
    One step of a network: its options, and nothing else.

    What a layer learns is kept by the network and handed over at each call, so that a layer can be used again,
    compared and written down. Arrays have the batch first, then channels, then sizes, whatever their order in
    memory; shapes are those of one item, ``(C, size…)`` or ``(features,)``.

    Attributes
    ----------
    repeats : bool
        Whether all that is done in training is written into scripts (:mod:`convolens.runtime.script`).
    """

    repeats: ClassVar[bool] = False

    def __str__(self) -> str:
        """Write the layer as it would be made, without the options that are as usual."""
        usual = {f.name: f.default for f in fields(self) if f.default is not MISSING}
        given = {f.name: getattr(self, f.name) for f in fields(self)}
        words = [
            repr(value) if name not in usual else f"{name}={value!r}"
            for name, value in given.items()
            if name not in usual or usual[name] != value
        ]
        return f"{type(self).__name__}({', '.join(words)})"

    @property
    def kind(self) -> str:
        """Name what it does; nodes are called by it and a number."""
        return type(self).__name__.lower()

    def output_shape(self, *shapes: Shape) -> Shape:
        """
        Give the shape of one item that goes out, from those of the items that come in.

        Raises
        ------
        SpecError
            If the layer cannot take them.
        """
        return one(shapes, self.kind)

    def reach(self, *shapes: Shape) -> tuple[Reach, ...] | None:
        """
        Tell, for each dimension, which cells of an input map an output cell depends on.

        None for its own alone, and no dimension at all for every cell there is. What normalisation takes from the
        whole map does not count.
        """
        return None

    def initial(self, random: np.random.Generator, *shapes: Shape) -> dict[str, Array]:
        """Draw what is learned, in float32."""
        return {}

    def statistics(self, *shapes: Shape) -> dict[str, Array]:
        """Give what is kept from training without being learned, such as running means."""
        return {}

    def multiply_adds(self, *shapes: Shape) -> int:
        """Count those with weights, for one item."""
        return 0

    @abstractmethod
    def forward(self, weights: Weights, *inputs: Array, training: "Training | None" = None) -> tuple[Array, Any]:
        """
        Compute the output, and what the way back will want to know.

        Parameters
        ----------
        weights : mapping of str to ndarray
            What :meth:`initial` and :meth:`statistics` named. In training, statistics are updated in place.
        *inputs : ndarray
            One or more arrays, (N, …); they are not changed.
        training : Training, optional
            Given in training only.
        """

    @abstractmethod
    def backward(self, weights: Weights, saved: Any, grad: Array, *, needs_input: bool = True) -> "Gradients":
        """
        Take a gradient with respect to the output back to inputs and weights.

        Parameters
        ----------
        weights : mapping of str to ndarray
            As given to :meth:`forward`.
        saved : object
            The second result of :meth:`forward` in training.
        grad : ndarray
            Of the output's shape; it is not changed.
        needs_input : bool, default True
            Whether somebody wants those of the inputs.
        """

    def backward_to_input(self, weights: Weights, saved: Any, grad: Array) -> "Gradients":
        """Take a gradient back as :meth:`backward` does, for those of the inputs alone: others may lack."""
        return self.backward(weights, saved, grad)


@dataclass
class Training:
    """
    What layers are told in training.

    Attributes
    ----------
    random : Generator
        Where dropout draws from.
    kept : dict
        What a layer keeps from step to step, such as plans; a network has one of these for each of its nodes.
    """

    random: np.random.Generator
    kept: dict[Hashable, Any] = field(default_factory=dict)

    def once(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """Return what was made under a key before, if plans would still be the same; else make and keep it."""
        whole = key, circumstances()
        if whole not in self.kept:
            if len(self.kept) >= MOST_KEPT:
                self.kept.clear()
            self.kept[whole] = make()
        found: Made = self.kept[whole]
        return found


@dataclass(frozen=True)
class Gradients:
    """
    How a loss changes with what a layer was given.

    Attributes
    ----------
    inputs : tuple of ndarray or None
        One for each input; None where nobody asked.
    weights : dict of str to ndarray
        One for each array that is learned.
    """

    inputs: tuple[Array | None, ...]
    weights: dict[str, Array]


def one(shapes: tuple[Shape, ...], layer: str) -> Shape:
    """Take the shape of the only input; refuse more, or none."""
    if len(shapes) != 1:
        raise SpecError(f"{layer} takes one input, not {len(shapes)}; join them with 'add' or 'concat' before")
    return shapes[0]


def spatial(shape: Shape, layer: str) -> int:
    """Count the dimensions of a feature map; refuse a vector."""
    if not 2 <= len(shape) <= 4:
        raise SpecError(
            f"{layer} needs channels and one to three sizes, but its input is {describe(shape)}; "
            "put it before 'flatten' and fully connected layers"
        )
    return len(shape) - 1


def describe(shape: Shape) -> str:
    """
    Write a shape as people do.

    >>> describe((3, 224, 224)), describe((10,))
    ('3×224×224', '10 features')
    """
    return "×".join(map(str, shape)) if len(shape) > 1 else f"{shape[0]} features"
