"""The specification of one convolution: every shape, count and size that follows from its options."""

import functools
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from convolens.errors import SpecError
from convolens.spec.borders import Border, border_value, parse_border
from convolens.spec.dtypes import number_dtype
from convolens.spec.layout import FIRST, parse_layout
from convolens.spec.padding import Padding, per_dimension, resolve_padding, whole_number, whole_shape
from convolens.spec.sliding import SlidingSpec


@dataclass(frozen=True, init=False)
class ConvSpec(SlidingSpec):
    """
    What is asked of one convolution; shapes and options, no arrays.

    Along each dimension, with stride :math:`s`, dilation :math:`d`, kernel size :math:`k`, pads :math:`p`,

    .. math:: output = \\lfloor (input + p_{before} + p_{after} - d (k - 1) - 1) / s \\rfloor + 1.

    Parameters
    ----------
    input_shape : tuple of int
        (N, C, size…), or (N, size…, C) with ``layout="channels-last"``; the batch axis N may be left out.
    weight_shape : tuple of int
        (K, C / groups, kernel size…), whatever the layout: K kernels.
    stride, dilation : int or tuple of int, default 1
        One for all dimensions, or one for each.
    padding : int, tuple of int, tuple of pairs, or str, default 0
        See :func:`~convolens.spec.padding.resolve_padding`.
    border : str, float or Border, default "constant"
        What lies outside; see :func:`~convolens.spec.borders.parse_border`.
    groups : int, default 1
        The channels are split into this many groups, each convolved by its own K / groups kernels.
    flip : bool, default False
        False: cross-correlation, as deep learning means it. True: convolution, the kernel turned by 180°.
    bias : bool, default False
        Whether each kernel has a bias; it counts among the parameters.
    layout : str, default "channels-first"
        Or "channels-last"; also "NCHW", "NHWC" and their like.
    dtype, weight_dtype : dtype, default float32, and that of the input
        Data types of input and weight.
    weight_rank : int, optional
        How many separable terms make up the kernels, where that is known.

    Raises
    ------
    SpecError
        If shapes and options do not fit together; the message says which and what would fit.

    Examples
    --------
    >>> spec = ConvSpec((1, 3, 128, 128), (32, 3, 5, 5), stride=2, padding=2, bias=True)
    >>> spec.output_shape, spec.parameters
    ((1, 32, 64, 64), 2432)
    """

    weight_shape: tuple[int, ...]
    border: Border
    groups: int
    flip: bool
    bias: bool
    weight_dtype: np.dtype[Any]
    weight_rank: int | None

    def __init__(
        self,
        input_shape: tuple[int, ...],
        weight_shape: tuple[int, ...],
        *,
        stride: int | tuple[int, ...] = 1,
        padding: Padding = 0,
        border: str | float | Border = "constant",
        dilation: int | tuple[int, ...] = 1,
        groups: int = 1,
        flip: bool = False,
        bias: bool = False,
        layout: str = FIRST,
        dtype: npt.DTypeLike = np.float32,
        weight_dtype: npt.DTypeLike | None = None,
        weight_rank: int | None = None,
    ) -> None:
        self._fix(
            input_shape=whole_shape(input_shape, "input shape"),
            weight_shape=whole_shape(weight_shape, "weight shape"),
            groups=whole_number(groups, "groups", 1),
        )
        dims = len(self.weight_shape) - 2
        if dims < 1 or len(self.input_shape) not in (dims + 1, dims + 2):
            raise SpecError(
                f"input {self.input_shape} and weight {self.weight_shape} do not fit: for n dimensions the weight "
                "is (kernels, channels / groups, *n sizes) and the input has n + 1 or n + 2 axes"
            )
        self._fix(
            stride=per_dimension(stride, dims, "stride"),
            dilation=per_dimension(dilation, dims, "dilation"),
            border=parse_border(border),
            flip=bool(flip),
            bias=bool(bias),
            layout=parse_layout(layout, dims),
            dtype=number_dtype(dtype, "input"),
            weight_dtype=number_dtype(dtype if weight_dtype is None else weight_dtype, "weight"),
            weight_rank=weight_rank,
        )
        self._check_channels()
        self._fix(pads=resolve_padding(padding, self.input_size, self.window_size, self.stride))
        self._check_window()
        self._check_extents()
        border_value(self.border, self.compute_dtype)

    def _check_channels(self) -> None:
        names = f"input {self.input_shape} ({self.layout}) and weight {self.weight_shape}"
        if any(n < 1 for n in (self.in_channels, *self.input_size, *self.weight_shape)):
            raise SpecError(f"{names}: every axis but the batch must have at least one element")
        kernels, per_group = self.weight_shape[:2]
        for count, what in ((self.in_channels, "input channels"), (kernels, "kernels")):
            if count % self.groups:
                raise SpecError(
                    f"groups={self.groups} must divide both channels and kernels, but there are {count} {what}"
                )
        if self.in_channels != per_group * self.groups:
            raise SpecError(
                f"{names} do not fit: the weight takes {per_group} channels a group × {self.groups} groups = "
                f"{per_group * self.groups}, the input has {self.in_channels}"
            )

    def _check_window(self) -> None:
        for axis, (window, padded) in enumerate(zip(self.window_size, self.padded_size, strict=True)):
            if window > padded:
                raise SpecError(
                    f"kernel larger than the padded input: along dimension {axis} the kernel spans "
                    f"{window} cells ({self.kernel_size[axis]} at dilation {self.dilation[axis]}), the input has "
                    f"{self.input_size[axis]} + {sum(self.pads[axis])} pads = {padded}; "
                    "pad more or use a smaller kernel"
                )

    @functools.cached_property
    def dims(self) -> int:
        """Number of spatial dimensions: 1 for signals, 2 for images, 3 for volumes."""
        return len(self.weight_shape) - 2

    @property
    def out_channels(self) -> int:
        """Channels of the output: one for every kernel."""
        return self.weight_shape[0]

    @property
    def kernel_size(self) -> tuple[int, ...]:
        """Spatial size of a kernel, without dilation."""
        return self.weight_shape[2:]

    @functools.cached_property
    def window_size(self) -> tuple[int, ...]:
        """Cells that a kernel spans with its dilation: d (k − 1) + 1."""
        return tuple(d * (k - 1) + 1 for d, k in zip(self.dilation, self.kernel_size, strict=True))

    @functools.cached_property
    def output_size(self) -> tuple[int, ...]:
        """Spatial size of the output."""
        return tuple(
            (padded - window) // step + 1
            for padded, window, step in zip(self.padded_size, self.window_size, self.stride, strict=True)
        )

    @property
    def weights(self) -> int:
        """Number of weights: kernels × channels a group × kernel cells."""
        return math.prod(self.weight_shape)

    @property
    def parameters(self) -> int:
        """Number of weights, and of biases if there are any."""
        return self.weights + (self.out_channels if self.bias else 0)

    @property
    def macs(self) -> int:
        """Multiply-adds by the definition: one for each weight at each output cell."""
        return self.batch * self.weights * math.prod(self.output_size)

    @property
    def fully_connected_weights(self) -> int:
        """Weights of the fully connected layer between the same input and output, a batch item each."""
        return self.in_channels * math.prod(self.input_size) * self.out_channels * math.prod(self.output_size)

    @property
    def memory(self) -> int:
        """Bytes of input, parameters and output."""
        parameters = self.parameters * self.weight_dtype.itemsize
        output = math.prod(self.output_shape) * self.result_dtype.itemsize
        return math.prod(self.input_shape) * self.dtype.itemsize + parameters + output

    @functools.cached_property
    def result_dtype(self) -> np.dtype[Any]:
        """int64 for integers throughout, else the float type that NumPy's promotion gives."""
        if self.dtype.kind != "f" and self.weight_dtype.kind != "f":
            return np.dtype(np.int64)
        return np.result_type(self.dtype, self.weight_dtype)

    @functools.cached_property
    def compute_dtype(self) -> np.dtype[Any]:
        """The type that products and sums are taken in: int64, float64, or float32 (for float16 too)."""
        return (
            np.result_type(self.result_dtype, np.float32) if self.result_dtype.kind == "f" else self.result_dtype
        )
