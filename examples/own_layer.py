"""Write a layer of one's own, check its gradient against differences, and train a network with it."""

from dataclasses import dataclass
from typing import Any

import numpy as np

import convolens as cl
from convolens.nn import Conv, CrossEntropy, Dense, Flatten, Gradients, Layer, Network, Training
from convolens.nn.data import divide, read_data
from convolens.nn.layer import Weights
from convolens.nn.train import Settings, Trainer
from convolens.spec.receptive import Reach


@dataclass(frozen=True)
class SobelEdges(Layer):
    """The length of Sobel's gradient, √(x² + y² + 0.01), of a map with one channel; nothing is learned."""

    def reach(self, *shapes: tuple[int, ...]) -> tuple[Reach, ...]:
        """See windows of 3 × 3 cells, one of them border."""
        return (Reach.window(3, before=1),) * 2

    def forward(self, weights: Weights, *inputs: np.ndarray, training: Training | None = None) -> tuple[Any, Any]:
        """Convolve with both kernels, and take the length."""
        sums = cl.conv2d(inputs[0], kernels(inputs[0].dtype), padding=1)
        length = np.sqrt((sums**2).sum(1, keepdims=True) + 0.01)
        return length, (sums, length, inputs[0].shape)

    def backward(self, weights: Weights, saved: Any, grad: np.ndarray, *, needs_input: bool = True) -> Gradients:
        """Go back through the length, then through the convolution, whose way back is one, too."""
        sums, length, shape = saved
        return Gradients((cl.conv2d_grad_input(grad * sums / length, kernels(grad.dtype), shape, padding=1),), {})


def kernels(dtype: Any) -> np.ndarray:
    """Both kernels as weights (2, 1, 3, 3)."""
    return np.stack([cl.kernels[name].weights[None] for name in ("sobel-x", "sobel-y")]).astype(dtype)


network = Network((1, 8, 8), [SobelEdges(), Conv(8, 3, stride=2, activation="relu"), Flatten(), Dense(10)])
print(network)

random = np.random.default_rng(0)
x, target, step = random.normal(size=(3, 1, 8, 8)), np.array([1, 2, 3]), np.zeros((3, 1, 8, 8))
step[1, 0, 4, 5] = 1e-5
scores, tape = network.forward(x, training=Training(random))
_, back = network.backward(tape, CrossEntropy()(scores, target)[1], needs_input=True)
more, less = (CrossEntropy()(network(x + change), target)[0] for change in (step, -step))
print(f"gradient by its way back {back[1, 0, 4, 5]:.6f}, by differences {(more - less) / 2e-5:.6f}")
assert np.isclose(back[1, 0, 4, 5], (more - less) / 2e-5, rtol=1e-3)

trainer = Trainer(network, divide(read_data("digits")), Settings(epochs=8, rate=0.01))
while trainer.run():
    pass
print(f"test: {trainer.evaluate(trainer.parts.test)[1]:.1%} right, of edges alone")
