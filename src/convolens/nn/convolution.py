"""Layers that convolve: ordinary, depthwise and transposed convolution in one to three dimensions."""

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from convolens.errors import SpecError
from convolens.nn.initialise import check_scheme, weight_and_bias
from convolens.nn.layer import Gradients, Layer, Shape, Training, Weights, one, spatial
from convolens.nn.memory import alike, arranged, laid_out, restored
from convolens.ops import gradients, transposed
from convolens.ops.activations import find_activation
from convolens.ops.arrays import Array
from convolens.ops.conv_gradients import ConvGradients
from convolens.ops.prepared import MANY, PreparedConv
from convolens.ops.trained import TrainedConv
from convolens.ops.transposed import PreparedConvTranspose
from convolens.planning.gradients import TRAINING
from convolens.spec.geometry import ConvSpec
from convolens.spec.layout import LAST
from convolens.spec.padding import Padding, per_dimension
from convolens.spec.receptive import Reach
from convolens.spec.transposed import transposed_spec

Sizes = int | tuple[int, ...]

TRANSPOSE = {1: transposed.conv_transpose1d, 2: transposed.conv_transpose2d, 3: transposed.conv_transpose3d}
TRANSPOSE_BACK = {
    1: (gradients.conv_transpose1d_grad_input, gradients.conv_transpose1d_grad_weight),
    2: (gradients.conv_transpose2d_grad_input, gradients.conv_transpose2d_grad_weight),
    3: (gradients.conv_transpose3d_grad_input, gradients.conv_transpose3d_grad_weight),
}


@dataclass(frozen=True)
class Conv(Layer):
    """
    Convolution, in as many dimensions as its input has sizes; with an activation, if one is named.

    Parameters
    ----------
    kernels : int
        Channels that go out.
    size : int or tuple of int
        Of a kernel.
    stride, padding, border, dilation, groups, flip
        As :func:`convolens.conv2d` takes them. ``groups=0`` gives each channel kernels of its own (depthwise).
    bias : bool, default True
        Whether each kernel adds a number.
    activation : str, optional
        What follows at once, as :func:`convolens.conv2d` takes it.
    scheme : {"he", "glorot"}
        What weights are drawn by.

    Examples
    --------
    >>> print(Conv(16, 5, padding="same"))
    Conv(16, 5, padding='same')
    """

    kernels: int
    size: Sizes
    stride: Sizes = 1
    padding: Padding = 0
    border: str | float = "constant"
    dilation: Sizes = 1
    groups: int = 1
    flip: bool = False
    bias: bool = True
    activation: str | None = None
    scheme: str = "he"
    repeats: ClassVar = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "activation", find_activation(self.activation))
        check_scheme(self.scheme)

    def spec(self, shape: Shape) -> ConvSpec:
        """Specify the convolution of one item."""
        dims = spatial(shape, "a convolution")
        groups = self.groups or shape[0]
        check_groups(groups, shape[0], self.kernels)
        weight = (self.kernels, shape[0] // groups, *per_dimension(self.size, dims, "kernel size"))
        return ConvSpec(shape, weight, bias=self.bias, **self.options(shape[0]))

    def options(self, channels: int) -> dict[str, Any]:
        """Give the options of the convolution of a map with so many channels."""
        return {
            "stride": self.stride, "padding": self.padding, "border": self.border, "dilation": self.dilation,
            "groups": self.groups or channels, "flip": self.flip,
        }  # fmt: skip

    def output_shape(self, *shapes: Shape) -> Shape:
        """Give (kernels, size…)."""
        return self.spec(one(shapes, self.kind)).output_shape

    def reach(self, *shapes: Shape) -> tuple[Reach, ...] | None:
        """Give the kernel's windows."""
        return self.spec(shapes[0]).reach

    def initial(self, random: np.random.Generator, *shapes: Shape) -> dict[str, Array]:
        """Draw ``weight`` (kernels, channels / groups, size…); ``bias`` starts from 0."""
        spec = self.spec(shapes[0])
        cells = math.prod(spec.kernel_size)
        fans = math.prod(spec.weight_shape[1:]), self.kernels // spec.groups * cells
        return weight_and_bias(random, spec.weight_shape, fans, self.scheme, self.kernels if self.bias else 0)

    def multiply_adds(self, *shapes: Shape) -> int:
        """Count them for one item."""
        return self.spec(shapes[0]).macs

    def prepared(
        self,
        weight: Array,
        bias: Array | None,
        channels: int,
        layout: str,
        *,
        calls: int = TRAINING,
        max_pool: Sizes | None = None,
        tune: bool = False,
    ) -> PreparedConv:
        """Prepare the convolution of maps with so many channels in a layout, for about so many calls."""
        return PreparedConv(
            weight, bias, None, calls=calls, layout=layout, exact=False, algorithm="auto",
            activation=self.activation, max_pool=max_pool, tune=tune, **self.options(channels),
        )  # fmt: skip

    def forward(self, weights: Weights, *inputs: Array, training: Training | None = None) -> tuple[Array, Any]:
        """Convolve, add the bias, apply the activation."""
        source, layout = arranged(inputs[0])
        if training is None:
            prepared = self.prepared(weights["weight"], weights.get("bias"), inputs[0].shape[1], layout)
            return restored(prepared(source), layout), None
        source, weight, bias = alike(source, weights["weight"], weights.get("bias"))

        def make() -> TrainedConv:
            options = self.options(inputs[0].shape[1]) | {"activation": self.activation, "layout": layout}
            return TrainedConv(source.shape, source.dtype, weight.shape, bias=self.bias, **options)

        conv = training.once((self, source.shape, source.dtype, layout), make)
        result, given = conv(source, weight, bias)
        return restored(result, layout), (conv, source, layout, given)

    def backward(self, weights: Weights, saved: Any, grad: Array, *, needs_input: bool = True) -> Gradients:
        """Return what flows back through activation and convolution."""
        return self._back(weights, saved, grad, needs_input=needs_input)

    def backward_to_input(self, weights: Weights, saved: Any, grad: Array) -> Gradients:
        """Return what flows back to the input."""
        return self._back(weights, saved, grad, needs_weight=False)

    def _back(self, weights: Weights, saved: Any, grad: Array, **needs: bool) -> Gradients:
        conv, source, layout, given = saved
        source, weight, flowing = alike(source, weights["weight"], laid_out(grad, layout))
        return self._gradients(conv.back(flowing, source, weight, given, **needs), layout)

    def backward_from_sums(
        self, weights: Weights, saved: Any, grad: Array, totals: Array, **needs: bool
    ) -> Gradients:
        """
        Return what flows back through the convolution alone.

        ``totals`` has the gradient of the bias, and ``needs`` is as :meth:`TrainedConv.back_from_sums` takes it.
        """
        conv, source, layout, _ = saved
        source, weight, flowing = alike(source, weights["weight"], grad)
        return self._gradients(conv.back_from_sums(flowing, totals, source, weight, **needs), layout)

    def _gradients(self, found: ConvGradients, layout: str) -> Gradients:
        back = None if found.input is None else restored(found.input, layout)
        learned = {"weight": found.weight, "bias": found.bias if self.bias else None}
        return Gradients((back,), {name: a for name, a in learned.items() if a is not None})


@dataclass(frozen=True)
class ConvTranspose(Layer):
    """
    Transposed convolution, which makes a map larger by its stride.

    Parameters
    ----------
    kernels : int
        Channels that go out.
    size : int or tuple of int
        Of a kernel.
    stride, padding, output_padding, dilation, groups, flip
        As :func:`convolens.conv_transpose2d` takes them.
    bias : bool, default True
        Whether each kernel adds a number.
    scheme : {"he", "glorot"}
        What weights are drawn by.
    """

    kernels: int
    size: Sizes
    stride: Sizes = 1
    padding: Padding = 0
    output_padding: Sizes = 0
    dilation: Sizes = 1
    groups: int = 1
    flip: bool = False
    bias: bool = True
    scheme: str = "he"

    def __post_init__(self) -> None:
        check_scheme(self.scheme)

    def spec(self, shape: Shape) -> ConvSpec:
        """Specify the convolution of one item that goes the other way."""
        dims = spatial(shape, "a transposed convolution")
        check_groups(self.groups, shape[0], self.kernels)
        weight = (shape[0], self.kernels // self.groups, *per_dimension(self.size, dims, "kernel size"))
        return transposed_spec(shape, weight, **self._options())

    def _options(self) -> dict[str, Any]:
        return {
            "stride": self.stride, "padding": self.padding, "output_padding": self.output_padding,
            "dilation": self.dilation, "groups": self.groups, "flip": self.flip,
        }  # fmt: skip

    def output_shape(self, *shapes: Shape) -> Shape:
        """Give (kernels, size…)."""
        return self.spec(one(shapes, self.kind)).input_shape

    def reach(self, *shapes: Shape) -> tuple[Reach, ...] | None:
        """Give the cells that write into one."""
        return self.spec(shapes[0]).transposed_reach

    def initial(self, random: np.random.Generator, *shapes: Shape) -> dict[str, Array]:
        """Draw ``weight`` (channels, kernels / groups, size…); ``bias`` starts from 0."""
        spec = self.spec(shapes[0])
        cells = math.prod(spec.kernel_size)
        reaching = max(1, cells // math.prod(spec.stride))  # cells of a kernel that meet in an output
        fans = shapes[0][0] // self.groups * reaching, spec.weight_shape[1] * cells
        return weight_and_bias(random, spec.weight_shape, fans, self.scheme, self.kernels if self.bias else 0)

    def multiply_adds(self, *shapes: Shape) -> int:
        """Count them for one item."""
        return self.spec(shapes[0]).macs

    def prepared(self, weight: Array, bias: Array | None) -> PreparedConvTranspose:
        """Prepare the transposed convolution of maps with their channels innermost."""
        return PreparedConvTranspose(
            weight, bias, None, calls=MANY, layout=LAST, activation=None, exact=False, **self._options()
        )

    def forward(self, weights: Weights, *inputs: Array, training: Training | None = None) -> tuple[Array, Any]:
        """Spread each input cell over the output, and add the bias."""
        source, layout = arranged(inputs[0])
        convolve = TRANSPOSE[inputs[0].ndim - 2]
        result = convolve(source, weights["weight"], weights.get("bias"), layout=layout, **self._options())
        return restored(result, layout), (source, layout)

    def backward(self, weights: Weights, saved: Any, grad: Array, *, needs_input: bool = True) -> Gradients:
        """Convolve what flows back."""
        source, layout = saved
        to_input, to_weight = TRANSPOSE_BACK[grad.ndim - 2]
        options = self._options() | {"layout": layout}
        back_options = {name: value for name, value in options.items() if name != "output_padding"}
        flowing = laid_out(grad, layout)
        learned = {"weight": to_weight(flowing, source, weights["weight"].shape, **options)}
        if self.bias:
            learned["bias"] = gradients.conv_grad_bias(grad.ndim - 2, flowing, layout=layout)
        back = restored(to_input(flowing, weights["weight"], **back_options), layout) if needs_input else None
        return Gradients((back,), learned)


def check_groups(groups: int, channels: int, kernels: int) -> None:
    """Refuse groups that do not share channels and kernels evenly."""
    if groups < 1 or channels % groups or kernels % groups:
        raise SpecError(f"groups={groups} must divide the input's {channels} channels and the {kernels} kernels")
