"""A stack: layers one after the other, and what each of them costs and sees."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from convolens.errors import SpecError
from convolens.spec.dtypes import number_dtype
from convolens.spec.geometry import ConvSpec
from convolens.spec.layout import FIRST
from convolens.spec.padding import per_dimension, whole_number, whole_shape
from convolens.spec.pooling import PoolSpec
from convolens.spec.receptive import Reach, ReceptiveField, receptive_field, trace_back

WindowSpec = ConvSpec | PoolSpec


@dataclass(frozen=True)
class Layer:
    """
    One layer of a stack.

    Attributes
    ----------
    name : str
        What it was called, for example ``conv:64,k7,s2,p3``.
    kind : str
        ``conv``, ``transposed``, ``pool``, ``adaptive``, ``dense``, ``normalise``, ``activation`` or ``flatten``.
    spec : ConvSpec or PoolSpec or None
        The layer's own specification, where a window slides; for ``transposed`` the convolution that goes back.
    input_shape, output_shape : tuple of int
        (C, size…), or (features,) after ``flatten`` and fully connected layers; no batch axis.
    output_size : tuple of int
        Cells of the feature map behind the output; flattening keeps it, a fully connected layer makes it 1.
    parameters : int
        Weights and biases that are learned.
    macs : int
        Multiply-adds for one item, in layers that have weights. Pooling and activations count 0.
    memory : int
        Bytes of input, parameters and output, which the layer needs at the same time.
    reach : tuple of Reach
        For each dimension, which of the layer's input cells an output cell depends on.
    receptive_field : ReceptiveField
        Which cells of the stack's input a cell depends on.
    """

    name: str
    kind: str
    spec: WindowSpec | None
    input_shape: tuple[int, ...]
    output_shape: tuple[int, ...]
    output_size: tuple[int, ...]
    parameters: int
    macs: int
    memory: int
    reach: tuple[Reach, ...]
    receptive_field: ReceptiveField

    @property
    def fully_connected_weights(self) -> int:
        """Weights that a fully connected layer between the same input and output would have."""
        return math.prod(self.input_shape) * math.prod(self.output_shape)


@dataclass(frozen=True, init=False)
class Stack:
    """
    Layers one after the other; shapes and counts only, no arrays.

    Write one with :func:`~convolens.spec.stack_text.parse_stack`, or build it with the ``then`` methods, each
    of which returns a longer stack.

    Parameters
    ----------
    input_shape : tuple of int
        (C, size…) in 1, 2 or 3 dimensions, or (features,); no batch axis.
    dtype : dtype, default float32
        Data type of values and weights; it only bears on the bytes.
    layers : tuple of Layer
        The layers so far.

    Examples
    --------
    >>> stack = Stack((3, 224, 224))
    >>> stem = ConvSpec(stack.output_shape, (64, 3, 7, 7), stride=2, padding=3, bias=True)
    >>> stack = stack.then("stem", stem)
    >>> stack = stack.then("pool", PoolSpec(stack.output_shape, (3, 3), stride=2, padding=1))
    >>> stack.output_shape, stack.parameters, stack.receptive_field.size
    ((64, 56, 56), 9472, (11, 11))
    """

    input_shape: tuple[int, ...]
    dtype: np.dtype[Any]
    layers: tuple[Layer, ...]

    def __init__(
        self,
        input_shape: Sequence[int],
        dtype: npt.DTypeLike = np.float32,
        layers: tuple[Layer, ...] = (),
    ) -> None:
        shape = whole_shape(input_shape, "input shape")
        if not 1 <= len(shape) <= 4 or 0 in shape:
            raise SpecError(f"input {shape} must be channels and 1 to 3 sizes, or a number of features, none 0")
        object.__setattr__(self, "input_shape", shape)
        object.__setattr__(self, "dtype", number_dtype(dtype, "stack"))
        object.__setattr__(self, "layers", layers)

    def __str__(self) -> str:
        """List the layers with their shapes."""
        rows = [("input", self.input_shape), *((layer.name, layer.output_shape) for layer in self.layers)]
        width = max(len(name) for name, _ in rows)
        return "\n".join(f"{name:{width}}  {'×'.join(map(str, shape))}" for name, shape in rows)

    def then(self, name: str, spec: WindowSpec) -> "Stack":
        """
        Add a convolution or pooling, whose ``spec`` must take what the stack puts out.

        Raises
        ------
        SpecError
            If its input shape is another, or its layout is channels-last.
        """
        if spec.input_shape != self.output_shape or spec.layout != FIRST:
            raise SpecError(
                f"{name!r} takes input {spec.input_shape} ({spec.layout}), but the stack puts out "
                f"{self.output_shape} (channels-first, no batch axis)"
            )
        convolves = isinstance(spec, ConvSpec)
        return self._add(
            name,
            "conv" if convolves else "pool",
            spec.output_shape,
            output_size=spec.output_size,
            reach=spec.reach,
            spec=spec,
            parameters=spec.parameters,
            macs=spec.macs if convolves else 0,
        )

    def then_transposed(self, name: str, spec: ConvSpec, *, bias: bool = True) -> "Stack":
        """
        Add a transposed convolution, given as the convolution that goes back.

        See :func:`~convolens.spec.transposed.transposed_spec`: the stack's output is what ``spec`` puts out.
        """
        if spec.output_shape != self.output_shape or spec.layout != FIRST:
            raise SpecError(
                f"{name!r} takes input {spec.output_shape} ({spec.layout}), but the stack puts out "
                f"{self.output_shape} (channels-first, no batch axis)"
            )
        return self._add(
            name,
            "transposed",
            spec.input_shape,
            output_size=spec.input_size,
            reach=spec.transposed_reach,
            spec=spec,
            parameters=spec.weights + bias * spec.in_channels,
            macs=spec.macs,
        )

    def then_adaptive(self, name: str, output_size: int | Sequence[int] = 1) -> "Stack":
        """Add pooling to a wanted ``output_size``; 1, the default, is global pooling."""
        channels, *input_size = self._map(name)
        wanted = per_dimension(output_size, len(input_size), "output size")
        reach = tuple(Reach.shares(i, o) for i, o in zip(input_size, wanted, strict=True))
        return self._add(name, "adaptive", (channels, *wanted), output_size=wanted, reach=reach)

    def then_dense(self, name: str, outputs: int, *, bias: bool = True) -> "Stack":
        """Add a fully connected layer: every output depends on all of the input, flattened or not."""
        whole_number(outputs, "outputs", 1)
        weights = math.prod(self.output_shape) * outputs
        return self._add(
            name,
            "dense",
            (outputs,),
            output_size=(1,) * len(self.output_size),
            reach=tuple(Reach.everything(size) for size in self.output_size),
            parameters=weights + bias * outputs,
            macs=weights,
        )

    def then_normalise(self, name: str) -> "Stack":
        """Add batch normalisation: a learned factor and offset a channel, one multiply-add a value."""
        values = math.prod(self.output_shape)
        return self._add(name, "normalise", self.output_shape, parameters=2 * self.output_shape[0], macs=values)

    def then_activation(self, name: str) -> "Stack":
        """Add something that keeps the shape and learns nothing, such as ReLU."""
        return self._add(name, "activation", self.output_shape)

    def then_flatten(self, name: str = "flatten") -> "Stack":
        """Add the step from a map to a vector of its values; nothing is copied."""
        return self._add(name, "flatten", (math.prod(self.output_shape),))

    def _map(self, name: str) -> tuple[int, ...]:
        if len(self.output_shape) < 2:
            raise SpecError(
                f"{name!r} needs channels and a size, but its input {self.output_shape} is a vector; "
                "put it before 'flatten' and fully connected layers"
            )
        return self.output_shape

    def _add(
        self,
        name: str,
        kind: str,
        output_shape: tuple[int, ...],
        *,
        output_size: tuple[int, ...] | None = None,
        reach: tuple[Reach, ...] | None = None,
        spec: WindowSpec | None = None,
        parameters: int = 0,
        macs: int = 0,
    ) -> "Stack":
        size = self.output_size if output_size is None else output_size
        reach = tuple(Reach() for _ in size) if reach is None else reach
        outputs = 0 if kind == "flatten" else math.prod(output_shape)
        layer = Layer(
            name=name,
            kind=kind,
            spec=spec,
            input_shape=self.output_shape,
            output_shape=output_shape,
            output_size=size,
            parameters=parameters,
            macs=macs,
            memory=(math.prod(self.output_shape) + parameters + outputs) * self.dtype.itemsize,
            reach=reach,
            receptive_field=receptive_field(_by_dimension([*(one.reach for one in self.layers), reach]), size),
        )
        return replace(self, layers=(*self.layers, layer))

    @property
    def output_shape(self) -> tuple[int, ...]:
        """Shape that the last layer puts out."""
        return self.layers[-1].output_shape if self.layers else self.input_shape

    @property
    def output_size(self) -> tuple[int, ...]:
        """Cells of the last feature map along each dimension."""
        return self.layers[-1].output_size if self.layers else self.input_shape[1:]

    @property
    def parameters(self) -> int:
        """Learned weights and biases of all layers."""
        return sum(layer.parameters for layer in self.layers)

    @property
    def macs(self) -> int:
        """Multiply-adds of all layers for one item."""
        return sum(layer.macs for layer in self.layers)

    @property
    def memory(self) -> int:
        """Bytes that a forward run needs at its peak: all parameters, and one layer's input and output."""
        parameters = self.dtype.itemsize * self.parameters
        return parameters + max(
            (layer.memory - self.dtype.itemsize * layer.parameters for layer in self.layers),
            default=self.dtype.itemsize * math.prod(self.input_shape),
        )

    @property
    def fully_connected_weights(self) -> int:
        """Weights that one fully connected layer from the stack's input to its output would have."""
        return math.prod(self.input_shape) * math.prod(self.output_shape)

    @property
    def receptive_field(self) -> ReceptiveField:
        """Cells of the input that one cell of the output depends on."""
        return receptive_field(
            _by_dimension([(Reach(),) * len(self.output_size), *self._reaches]), self.output_size
        )

    def sees(self, cell: Sequence[int]) -> tuple[tuple[int, int], ...]:
        """
        The first and last input cell that the output at ``cell`` depends on, along each dimension.

        Numbers below 0 or past the input lie in the border.

        Examples
        --------
        >>> from convolens.spec.stack_text import parse_stack
        >>> parse_stack("1x7x7 3*conv:1,k3,p1").sees((0, 3))
        ((-3, 3), (0, 6))
        """
        if len(cell) != len(self.output_size):
            raise SpecError(f"cell {tuple(cell)} needs {len(self.output_size)} numbers, one a dimension")
        chains = _by_dimension([(Reach(),) * len(cell), *self._reaches])
        return tuple(trace_back(chain, index, index) for chain, index in zip(chains, cell, strict=True))

    @property
    def _reaches(self) -> list[tuple[Reach, ...]]:
        return [layer.reach for layer in self.layers]


def _by_dimension(reaches: Sequence[tuple[Reach, ...]]) -> list[tuple[Reach, ...]]:
    """Turn one tuple a layer into one tuple a dimension."""
    return list(zip(*reaches, strict=True))
