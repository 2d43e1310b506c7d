"""A convolution whose result is pooled, in training: what flows back meets the activation while it is small."""

from dataclasses import dataclass
from typing import Any, ClassVar

from convolens.nn.convolution import Conv
from convolens.nn.layer import Gradients, Layer, Shape, Training, Weights
from convolens.nn.pooling import Pool
from convolens.ops.activation_gradients import FROM_SUMS, OFTEN, flow_back
from convolens.ops.arrays import Array


@dataclass(frozen=True)
class PooledConv(Layer):
    """
    A convolution, its activation, and maxima of windows.

    Activations that do not fall keep the largest where it is. So their derivative follows from the maxima, and the
    bias' gradient, too, sums what flows back to these.

    Parameters
    ----------
    conv : Conv
        With its activation.
    pool : Pool
        Of maxima.
    """

    conv: Conv
    pool: Pool
    repeats: ClassVar = True

    @staticmethod
    def takes(conv: Layer, pool: Layer) -> bool:
        """Whether the two can be joined."""
        return (
            isinstance(conv, Conv)
            and isinstance(pool, Pool)
            and pool.take == "max"
            and conv.activation not in FROM_SUMS
        )

    def output_shape(self, *shapes: Shape) -> Shape:
        """Give (kernels, size…)."""
        return self.pool.output_shape(self.conv.output_shape(*shapes))

    def forward(self, weights: Weights, *inputs: Array, training: Training | None = None) -> tuple[Array, Any]:
        """Convolve, then pool."""
        whole, convolved = self.conv.forward(weights, *inputs, training=training)
        result, pooled = self.pool.forward({}, whole, training=training)
        return result, (convolved, pooled, result)

    def backward(self, weights: Weights, saved: Any, grad: Array, *, needs_input: bool = True) -> Gradients:
        """Take the gradient through the activation, to the largest cells, through the convolution."""
        spread, totals = self._spread(saved, grad)
        return self.conv.backward_from_sums(weights, saved[0], spread, totals, needs_input=needs_input)

    def backward_to_input(self, weights: Weights, saved: Any, grad: Array) -> Gradients:
        """Likewise, to the input alone."""
        return self.conv.backward_from_sums(weights, saved[0], *self._spread(saved, grad), needs_weight=False)

    def _spread(self, saved: Any, grad: Array) -> tuple[Array, Array]:
        """Return the gradient of the sums, and its own sum over each channel."""
        _, pooled, result = saved
        activation = self.conv.activation
        flowing, totals = flow_back(grad, result if activation else None, activation, least=OFTEN)
        (spread,) = self.pool.backward({}, pooled, flowing).inputs
        assert spread is not None
        return spread, totals
