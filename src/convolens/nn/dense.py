"""The fully connected layer."""

import functools
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from convolens.errors import SpecError
from convolens.nn.initialise import check_scheme, weight_and_bias
from convolens.nn.layer import Gradients, Layer, Shape, Training, Weights, describe, one
from convolens.nn.memory import alike
from convolens.ops.arrays import Array
from convolens.ops.trained import TrainedConv
from convolens.runtime.script import contiguous
from convolens.spec.layout import LAST
from convolens.spec.receptive import Reach

AS_CONVOLUTION: dict[str, Any] = {
    "stride": 1, "padding": 0, "border": "constant", "dilation": 1, "groups": 1, "flip": False,
}  # fmt: skip
"""A batch is seen as a row of cells, under a kernel of one cell, whose sums do not depend on threads."""


@dataclass(frozen=True)
class Dense(Layer):
    """
    Every output a weighted sum of all inputs.

    Parameters
    ----------
    features : int
        That go out.
    bias : bool, default True
        Whether each adds a number.
    scheme : {"he", "glorot"}
        What weights are drawn by.
    """

    features: int
    bias: bool = True
    scheme: str = "he"
    repeats: ClassVar = True

    def __post_init__(self) -> None:
        if self.features < 1:
            raise SpecError(f"a fully connected layer has 1 output or more, not {self.features}")
        check_scheme(self.scheme)

    def output_shape(self, *shapes: Shape) -> Shape:
        """Give (features,)."""
        shape = one(shapes, self.kind)
        if len(shape) != 1:
            raise SpecError(f"a fully connected layer takes a vector, not {describe(shape)}; put 'flatten' before")
        return (self.features,)

    def reach(self, *shapes: Shape) -> tuple[Reach, ...] | None:
        """Every output depends on all there is."""
        return ()

    def initial(self, random: np.random.Generator, *shapes: Shape) -> dict[str, Array]:
        """Draw ``weight`` (features out, features in); ``bias`` starts from 0."""
        inputs = shapes[0][0]
        shape = self.features, inputs
        return weight_and_bias(random, shape, shape[::-1], self.scheme, self.features if self.bias else 0)

    def multiply_adds(self, *shapes: Shape) -> int:
        """Count them for one item."""
        return self.features * shapes[0][0]

    def forward(self, weights: Weights, *inputs: Array, training: Training | None = None) -> tuple[Array, Any]:
        """Multiply by the weights, and add the bias."""
        if training is None:
            result = inputs[0] @ weights["weight"].T
            if self.bias:
                result += weights["bias"]
            return result, None
        x, weight, bias = alike(inputs[0], weights["weight"], weights.get("bias"))
        row = contiguous(x)[np.newaxis]
        make = functools.partial(
            TrainedConv, row.shape, row.dtype, (*weight.shape, 1), bias=self.bias, layout=LAST, **AS_CONVOLUTION
        )
        conv = training.once((self, row.shape, row.dtype), make)
        result, given = conv(row, weight[..., np.newaxis], bias)
        return result[0], (conv, row, given)

    def backward(self, weights: Weights, saved: Any, grad: Array, *, needs_input: bool = True) -> Gradients:
        """Multiply by the weights turned, and by the inputs."""
        return self._back(weights, saved, grad, needs_input=needs_input)

    def backward_to_input(self, weights: Weights, saved: Any, grad: Array) -> Gradients:
        """Multiply by the weights turned."""
        return self._back(weights, saved, grad, needs_weight=False)

    def _back(self, weights: Weights, saved: Any, grad: Array, **needs: bool) -> Gradients:
        conv, row, given = saved
        row, weight, flowing = alike(row, weights["weight"], contiguous(grad)[np.newaxis])
        found = conv.back(flowing, row, weight[..., np.newaxis], given, **needs)
        learned = {} if found.weight is None else {"weight": found.weight[..., 0]}
        if self.bias and found.bias is not None:
            learned["bias"] = found.bias
        return Gradients((None if found.input is None else found.input[0],), learned)
