"""Exhibit 8: what flows backward through a convolution, cell by cell, and a kernel that learns another from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from convolens.errors import SpecError
from convolens.lab.records import Number, Within
from convolens.lab.states.numbers import Numbers
from convolens.lab.states.sliding_window import SOBEL_X
from convolens.lab.states.state import State, check_dimensions

LARGEST = {"input": {1: 24, 2: 12}, "kernel": {1: 9, 2: 5}}
"""Cells a side of the layer's arrays, by dimensions."""
LARGEST_PICTURE = 16
LARGEST_LEARNED = 5
MOST_STEPS = 500

INPUT = Numbers((3, 3), (1, 2, 0, 0, 1, 2, 2, 0, 1))
KERNEL = Numbers((2, 2), (1, 2, 0, -1))
GRADIENT = Numbers((2, 2), (1, -1, 0, 2))
ZEROS = Numbers((3, 3), (0,) * 9)

Steps = Annotated[tuple[Annotated[int, Within(1, 4)], ...], Within(1, 2)]


def noise(seed: int = 0) -> Numbers:
    """Draw 12 × 12 numbers from −1 to 1, to two decimals."""
    return Numbers.of(np.random.default_rng(seed).integers(-100, 101, (12, 12)) / 100)


NOISE = noise()


@dataclass(frozen=True, kw_only=True)
class Backwards(State):
    """
    One convolution with the gradients of a loss, and a kernel that goes down the loss until it is the target.

    Attributes
    ----------
    part : {"layer", "descent"}
        Which of the two is seen.
    dims : int
        Dimensions of the layer; its arrays have as many, and so have the lists.
    input, kernel, bias
        Of the layer, which correlates them.
    grad : Numbers
        What comes back to the output, dL/dY. Where the output has other sides it is cut, and zeros fill it up.
    stride, dilation, pad : tuple of int
        One number a dimension; ``pad`` zeros lie on either side.
    side : {"input", "kernel", "bias"}
        The gradient of which a cell is worked out.
    cell : tuple of int or None
        That cell; None is the first.
    pinned : bool
        Whether it stays while the pointer moves.
    picture : Numbers
        What the learner is shown, of two dimensions.
    target, start : Numbers
        The kernel that is to be found, and the one that the learner starts with, of one shape.
    rate, momentum : float
        In each step the velocity becomes momentum · velocity + gradient, and rate · velocity is taken off the
        kernel.
    steps, step : int
        How many steps are computed, and the one that is looked at.
    """

    exhibit: ClassVar[str] = "backwards"
    controls: ClassVar[tuple[str, ...]] = (
        "preset", "part", "dims", "size", "stride", "dilation", "padding", "input", "kernel", "bias", "grad",
        "picture", "target", "start", "rate", "momentum", "steps", "player", "code", "export", "link", "undo",
    )  # fmt: skip

    part: Literal["layer", "descent"] = "layer"
    dims: Annotated[int, Within(1, 2)] = 2
    input: Numbers = INPUT
    kernel: Numbers = KERNEL
    bias: Number = 0
    grad: Numbers = GRADIENT
    stride: Steps = (1, 1)
    dilation: Steps = (1, 1)
    pad: Annotated[tuple[Annotated[int, Within(0, 4)], ...], Within(1, 2)] = (0, 0)
    side: Literal["input", "kernel", "bias"] = "input"
    cell: Annotated[tuple[Annotated[int, Within(0, 64)], ...], Within(1, 2)] | None = None
    pinned: bool = False
    picture: Numbers = NOISE
    target: Numbers = SOBEL_X
    start: Numbers = ZEROS
    rate: Number = 0.5
    momentum: Number = 0
    steps: Annotated[int, Within(1, MOST_STEPS)] = 60
    step: Annotated[int, Within(0, MOST_STEPS)] = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        lists: dict[str, tuple[int, ...]] = {
            "input": self.input.shape,
            "kernel": self.kernel.shape,
            "grad": self.grad.shape,
            "stride": self.stride,
            "dilation": self.dilation,
            "pad": self.pad,
            "cell": (0,) * self.dims if self.cell is None else self.cell,
        }
        check_dimensions(self.dims, lists)
        for name, most in LARGEST.items():
            if max(lists[name]) > most[self.dims]:
                raise SpecError(
                    f"state.{name} is of {lists[name]} cells; with dims {self.dims} up to {most[self.dims]} "
                    "a side are shown"
                )
        if self.start.shape != self.target.shape:
            raise SpecError(
                f"state.start has shape {self.start.shape}, but state.target {self.target.shape}; "
                "a kernel becomes one of its own shape"
            )
        for name, limit in (("picture", LARGEST_PICTURE), ("target", LARGEST_LEARNED)):
            shape = getattr(self, name).shape
            if len(shape) != 2 or max(shape) > limit:
                raise SpecError(f"state.{name} has shape {shape}; it must be a matrix of up to {limit} × {limit}")
        if any(n < k for n, k in zip(self.picture.shape, self.target.shape, strict=True)):
            raise SpecError(
                f"state.picture has shape {self.picture.shape}, less than the kernel, {self.target.shape}: "
                "there is nothing to learn from"
            )
        for name, value, below in (("rate", self.rate, 1e6), ("momentum", self.momentum, 1)):
            if not 0 <= value < below:
                raise SpecError(f"state.{name} must be from 0 to below {below:g}, found {value}")

    def gradients(self) -> dict[str, npt.NDArray[Any]]:
        """
        Compute the gradients of input, kernel and bias with the engine.

        Raises
        ------
        SpecError
            If the kernel is larger than the padded input.
        """
        from convolens.ops import conv_gradients
        from convolens.spec.geometry import ConvSpec

        x, weight = self.input.array()[np.newaxis], self.kernel.array()[np.newaxis, np.newaxis]
        options: dict[str, Any] = {"stride": self.stride, "dilation": self.dilation, "padding": self.pad}
        given = self.grad.array()
        grad = np.zeros(ConvSpec(x.shape, weight.shape, **options).output_size, given.dtype)
        shared = tuple(slice(min(sides)) for sides in zip(given.shape, grad.shape, strict=True))
        grad[shared] = given[shared]
        run = getattr(conv_gradients, f"conv{self.dims}d_grad")
        found = run(grad[np.newaxis], x, weight, **options)
        return {"input": found.input[0], "kernel": found.weight[0, 0], "bias": found.bias[0]}

    def learned(self) -> tuple[list[npt.NDArray[Any]], list[float]]:
        """
        Go down the mean of the squared differences with the engine.

        Returns
        -------
        kernels : list of ndarray
            The kernel before the first step, and after each.
        losses : list of float
            The loss of each.
        """
        from convolens.ops.conv import conv2d
        from convolens.ops.gradients import conv2d_grad_weight

        x = self.picture.array().astype(np.float64)[np.newaxis]
        kernel, target = (
            found.array().astype(np.float64)[np.newaxis, np.newaxis] for found in (self.start, self.target)
        )
        wanted = conv2d(x, target)
        kernels: list[npt.NDArray[Any]] = []
        losses: list[float] = []
        velocity = np.zeros_like(kernel)
        with np.errstate(over="ignore", invalid="ignore"):
            for _ in range(self.steps + 1):
                error = conv2d(x, kernel) - wanted
                kernels.append(kernel[0, 0])
                losses.append(float((error**2).mean()))
                velocity = self.momentum * velocity + conv2d_grad_weight(2 * error / error.size, x, target.shape)
                kernel = kernel - self.rate * velocity
        return kernels, losses

    def largest_rate(self) -> float:
        """Compute the rate at which gradient descent stops to come nearer: 2 (1 + momentum) / λmax."""
        from convolens.ops.unfold import unfold

        columns = unfold(self.picture.array().astype(np.float64)[np.newaxis], self.target.shape)
        curvature = 2 * columns @ columns.T / columns.shape[1]
        largest = float(np.linalg.eigvalsh(curvature)[-1])
        return 2 * (1 + self.momentum) / largest if largest > 0 else float("inf")
