"""The way through a network to an output, and back from there to all that is learned."""

from collections.abc import Collection, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from convolens.nn.graph import INPUT, Node, count_uses, join_activations, join_pools, needed_for
from convolens.nn.layer import Training, Weights
from convolens.ops.arrays import Array
from convolens.runtime.script import perform, refuse

Held = Mapping[str, Weights]
"""What each node learned and keeps."""


@dataclass(frozen=True)
class Tape:
    """What the way forward leaves for the way back: the steps taken, and what each saved."""

    steps: tuple[Node, ...]
    saved: dict[str, Any]

    def backward(
        self, grad: Array, held: Held, holders: Collection[str], *, needs_input: bool
    ) -> tuple[dict[str, Array], Array | None]:
        """
        Take a gradient with respect to the output back.

        Parameters
        ----------
        grad : ndarray
            Of the output's shape.
        held : mapping
            What each node learned and keeps.
        holders : collection of str
            The nodes that want the gradients of what they learned; without any, nobody does.
        needs_input : bool
            Whether that of the input is wanted.

        Returns
        -------
        dict of str to ndarray, and ndarray or None
            The gradients of what is learned, by node and part; that of the input.
        """
        flowing: dict[str, Array] = {self.steps[-1].name if self.steps else INPUT: grad}
        learned: dict[str, Array] = {}
        wanting = self._wanting(holders, needs_input)
        for step in reversed(self.steps):
            arriving = flowing.pop(step.name, None)
            if arriving is None or step.name not in wanting:
                continue
            weights, saved = held[step.holder], self.saved[step.name]
            needs = any(source in wanting for source in step.inputs)
            if holders:
                found = step.layer.backward(weights, saved, arriving, needs_input=needs)
            else:
                found = step.layer.backward_to_input(weights, saved, arriving)
            for part, array in found.weights.items():
                learned[f"{step.holder}.{part}"] = array
            for source, back in zip(step.inputs, found.inputs, strict=True):
                if back is not None and source in wanting:
                    flowing[source] = _sum(flowing[source], back) if source in flowing else back
        return learned, flowing.get(INPUT)

    def _wanting(self, holders: Collection[str], needs_input: bool) -> set[str]:
        """Name the nodes whose gradient leads to something that is learned, or to the input if that is wanted."""
        wanting = {INPUT} if needs_input else set()
        for step in self.steps:
            if step.holder in holders or any(source in wanting for source in step.inputs):
                wanting.add(step.name)
        return wanting


def _sum(first: Array, second: Array) -> Array:
    found = np.empty_like(first, np.result_type(first, second))
    perform(np.add, first, second, found)
    return found


@dataclass(frozen=True)
class Course:
    """
    The steps to one output, laid out once for many batches.

    Attributes
    ----------
    nodes : list of Node
        Of the network, as they were.
    wanted : str
        The node whose output it is.
    steps : tuple of Node
        Nodes that are needed, those joined that can be computed as one.
    done : tuple of list of str
        After each step, the nodes whose output nobody wants any more.
    """

    nodes: list[Node]
    wanted: str
    steps: tuple[Node, ...]
    done: tuple[list[str], ...]

    @classmethod
    def of(cls, nodes: Sequence[Node], wanted: str, is_training: bool) -> Self:
        """Lay out the steps; in training convolutions take the pooling along."""
        steps = join_activations(needed_for(nodes, wanted), wanted)
        if is_training:
            steps = join_pools(steps, wanted)
        uses, done = count_uses(steps, [wanted]), []
        for step in steps:
            for source in step.inputs:
                uses[source] -= 1
            done.append([source for source in dict.fromkeys(step.inputs) if not uses[source]])
        return cls(list(nodes), wanted, tuple(steps), tuple(done))

    def forward(
        self,
        x: Array,
        held: Held,
        training: Training | None = None,
        told: MutableMapping[str, Training] | None = None,
    ) -> tuple[Array, Tape]:
        """
        Compute what a batch leads to, and what the way back will need.

        Parameters
        ----------
        x : ndarray
            The batch, with the channels of maps innermost.
        held : mapping
            What each node learned and keeps.
        training : Training, optional
            Given in training only; without it nothing is saved.
        told : dict, optional
            Given in training: what each node is told, and keeps, from step to step.
        """
        values, saved = {INPUT: x}, dict[str, Any]()
        for step, done in zip(self.steps, self.done, strict=True):
            inputs = [values[source] for source in step.inputs]
            now = None
            if training is not None and told is not None:
                now = told.setdefault(step.name, Training(training.random))
                now.random = training.random
            if not step.layer.repeats:
                refuse()
            values[step.name], left = step.layer.forward(held[step.holder], *inputs, training=now)
            if training is not None:
                saved[step.name] = left
            for source in done:
                del values[source]
        return values[self.wanted], Tape(self.steps, saved)
