"""The gradients of one convolution, and a kernel that learns another, in a notebook."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from convolens.kernels import NamedKernel
from convolens.lab import states
from convolens.lab.states.numbers import Numbers
from convolens.lab.widgets.arguments import (
    as_json,
    given,
    kernel_numbers,
    kernel_of,
    per_axis,
)
from convolens.lab.widgets.exhibit import Exhibit, Held
from convolens.spec.geometry import ConvSpec


class Backwards(Exhibit[states.Backwards]):
    """
    One convolution with its gradients cell by cell, and gradient descent on a kernel until it is the target.

    Parameters
    ----------
    image : array_like, optional
        The layer's input: up to 24 numbers, or up to 12 × 12.
    kernel : array_like, str or NamedKernel, optional
        Weights of as many dimensions, or what `convolens.parse_kernel` understands.
    grad : array_like, optional
        What comes back to the output. By default ones where an input or a kernel is given.
    bias : float, optional
        Added to every output.
    stride, dilation, pad : int or tuple of int, optional
        Of the layer, up to 4; ``pad`` zeros lie on either side.
    picture : array_like, optional
        What the learner sees, up to 16 × 16. By default noise.
    target : array_like, str or NamedKernel, optional
        The kernel that it is to find, up to 5 × 5. By default Sobel's.
    start : array_like, optional
        The kernel that it begins with. By default zeros.
    rate, momentum : float, optional
        In each step the velocity becomes momentum · velocity + gradient; the kernel is less rate · velocity.
    steps : int, optional
        How many, up to 500.
    preset, locked, hidden
        As for every exhibit.

    Examples
    --------
    >>> widget = Backwards([1, 2, 3, 4, 5], [1, 0, -1], [1, 10, 100])
    >>> widget.gradients["input"]
    array([   1,   10,   99,  -10, -100])
    >>> Backwards(preset="sobel").learned.round(3) + 0.0
    array([[-1.,  0.,  1.],
           [-2.,  0.,  2.],
           [-1.,  0.,  1.]])
    """

    state_class = states.Backwards
    image = Held("input", "The layer's input as it stands, edited or not; it can be set.")
    kernel = Held("kernel", "The layer's kernel as it stands, edited or not; it can be set.", kernel_of)
    grad = Held("grad", "What comes back to the output, edited or not; it can be set.")

    def __init__(
        self,
        image: npt.ArrayLike | None = None,
        kernel: npt.ArrayLike | NamedKernel | str | None = None,
        grad: npt.ArrayLike | None = None,
        *,
        bias: float | None = None,
        stride: int | tuple[int, ...] | None = None,
        dilation: int | tuple[int, ...] | None = None,
        pad: int | tuple[int, ...] | None = None,
        picture: npt.ArrayLike | None = None,
        target: npt.ArrayLike | NamedKernel | str | None = None,
        start: npt.ArrayLike | None = None,
        rate: float | None = None,
        momentum: float | None = None,
        steps: int | None = None,
        preset: str | None = None,
        locked: Sequence[str] = (),
        hidden: Sequence[str] = (),
    ) -> None:
        state = self._begun(preset)
        layer = state.input if image is None else Numbers.of(image, "image", dims=2)
        dims = len(layer.shape)
        changes: dict[str, Any] = {"input": layer}
        if dims != state.dims:
            ones = Numbers.of(np.ones((3,) * dims, np.int64))
            changes |= {"dims": dims, "kernel": ones, "grad": ones, "cell": None}
            changes |= {"stride": [1] * dims, "dilation": [1] * dims, "pad": [0] * dims}
        if kernel is not None:
            changes["kernel"] = kernel_numbers(kernel, dims)
        changes |= per_axis(dims, stride=stride, dilation=dilation, pad=pad)
        if grad is not None:
            changes["grad"] = Numbers.of(grad, "grad")
        elif image is not None or kernel is not None:
            changes["grad"] = _ones(states.Backwards.from_json({**state.to_json(), **as_json(changes)}))
        if target is not None:
            changes["target"] = kernel_numbers(target, 2, "target")
            changes["start"] = Numbers.of(np.zeros(changes["target"].shape, np.int64))
        changes |= {name: Numbers.of(array, name) for name, array in given(picture=picture, start=start).items()}
        learner = given(target=target, picture=picture, start=start, rate=rate, momentum=momentum, steps=steps)
        if preset is None and learner:
            changes["part"] = "descent"
        changes |= given(bias=bias, rate=rate, momentum=momentum, steps=steps)
        super().__init__(changes, preset=preset, locked=locked, hidden=hidden)

    @property
    def gradients(self) -> dict[str, npt.NDArray[Any]]:
        """What the engine computes for "input", "kernel" and "bias"."""
        return self._read().gradients()

    @property
    def learned(self) -> npt.NDArray[Any]:
        """The kernel after all steps of the descent."""
        return self._read().learned()[0][-1]

    @property
    def largest_rate(self) -> float:
        """The learning rate above which the descent diverges, 2 (1 + momentum) / λmax."""
        return self._read().largest_rate()


def _ones(state: states.Backwards) -> Numbers:
    """Make as many ones as the layer has outputs, if it has any."""
    options: dict[str, Any] = {"stride": state.stride, "dilation": state.dilation, "padding": state.pad}
    spec = ConvSpec((1, *state.input.shape), (1, 1, *state.kernel.shape), **options)
    return Numbers.of(np.ones(spec.output_size, np.int64))
