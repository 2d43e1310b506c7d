"""Layers that pool: the largest or the mean of windows, of regions, of whole maps."""

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np

from convolens.algorithms import own_maxima
from convolens.errors import SpecError
from convolens.nn.layer import Gradients, Layer, Shape, Training, Weights, one, spatial
from convolens.nn.memory import arranged, laid_out, restored
from convolens.ops.arrays import Array
from convolens.ops.pooling import (
    adaptive,
    adaptive_gradients,
    average,
    average_gradients,
    global_pool,
    maximum,
    maximum_gradients,
)
from convolens.runtime.script import contiguous, refuse
from convolens.spec.layout import LAST
from convolens.spec.padding import Padding, per_dimension
from convolens.spec.pooling import PoolSpec
from convolens.spec.receptive import Reach

Sizes = int | tuple[int, ...]

MAX = {1: maximum.max_pool1d, 2: maximum.max_pool2d, 3: maximum.max_pool3d}
MAX_BACK = {
    1: maximum_gradients.max_pool1d_grad,
    2: maximum_gradients.max_pool2d_grad,
    3: maximum_gradients.max_pool3d_grad,
}
MEAN = {1: average.avg_pool1d, 2: average.avg_pool2d, 3: average.avg_pool3d}
MEAN_BACK = {
    1: average_gradients.avg_pool1d_grad,
    2: average_gradients.avg_pool2d_grad,
    3: average_gradients.avg_pool3d_grad,
}
ADAPTIVE = {1: adaptive.adaptive_avg_pool1d, 2: adaptive.adaptive_avg_pool2d, 3: adaptive.adaptive_avg_pool3d}
ADAPTIVE_MAX = {1: adaptive.adaptive_max_pool1d, 2: adaptive.adaptive_max_pool2d, 3: adaptive.adaptive_max_pool3d}
ADAPTIVE_MAX_BACK = {
    1: maximum_gradients.adaptive_max_pool1d_grad,
    2: maximum_gradients.adaptive_max_pool2d_grad,
    3: maximum_gradients.adaptive_max_pool3d_grad,
}
ADAPTIVE_BACK = {
    1: adaptive_gradients.adaptive_avg_pool1d_grad,
    2: adaptive_gradients.adaptive_avg_pool2d_grad,
    3: adaptive_gradients.adaptive_avg_pool3d_grad,
}


@dataclass(frozen=True)
class Pool(Layer):
    """
    The largest number, or the mean, of each window.

    Parameters
    ----------
    take : {"max", "mean"}
        Which.
    window : int or tuple of int
        Its size.
    stride, padding, dilation, ceil_mode
        As :func:`convolens.max_pool2d` takes them; by default windows lie side by side.
    count_include_pad : bool, default True
        For means: whether cells of the padding count as zeros.
    """

    take: Literal["max", "mean"]
    window: Sizes
    stride: Sizes | None = None
    padding: Padding = 0
    dilation: Sizes = 1
    ceil_mode: bool = False
    count_include_pad: bool = True
    repeats: ClassVar = True

    def __post_init__(self) -> None:
        check_take(self.take)

    @property
    def kind(self) -> str:
        """Name what is pooled."""
        return f"{self.take}pool"

    def spec(self, shape: Shape) -> PoolSpec:
        """Specify the pooling of one item."""
        window = per_dimension(self.window, spatial(shape, "pooling"), "window")
        return PoolSpec(shape, window, **self.windows())

    def windows(self) -> dict[str, Any]:
        """Give the options of functions that pool."""
        return {
            "stride": self.stride, "padding": self.padding, "dilation": self.dilation, "ceil_mode": self.ceil_mode,
        }  # fmt: skip

    def output_shape(self, *shapes: Shape) -> Shape:
        """Give (C, size…)."""
        return self.spec(one(shapes, self.kind)).output_shape

    def reach(self, *shapes: Shape) -> tuple[Reach, ...] | None:
        """Give the windows."""
        return self.spec(shapes[0]).reach

    def forward(self, weights: Weights, *inputs: Array, training: Training | None = None) -> tuple[Array, Any]:
        """Pool."""
        source, layout = arranged(inputs[0])
        options, dims = self.windows() | {"layout": layout}, inputs[0].ndim - 2
        window = self._side_by_side(source, layout)
        if self.take == "mean" or window is None:
            refuse()
        if self.take == "mean":
            result = MEAN[dims](source, self.window, count_include_pad=self.count_include_pad, **options)
            return restored(result, layout), (None, source.shape, layout)
        if training is not None and window is not None:
            result, places = own_maxima.maxima(source, window)
            return restored(result, layout), (places, source.shape, layout)
        if training is None:
            return restored(MAX[dims](source, self.window, **options), layout), None
        result, indices = MAX[dims](source, self.window, return_indices=True, **options)
        return restored(result, layout), (indices, source.shape, layout)

    def _side_by_side(self, source: Array, layout: str) -> tuple[int, int] | None:
        """Return the window if all lie side by side, and compiled loops take their places; else None."""
        dims = source.ndim - 2
        window = per_dimension(self.window, dims, "window")
        stride = window if self.stride is None else per_dimension(self.stride, dims, "stride")
        is_plain = self.padding == 0 and per_dimension(self.dilation, dims, "dilation") == (1,) * dims
        if layout != LAST or dims != 2 or stride != window or not is_plain or self.ceil_mode:
            return None
        return None if own_maxima.refusal(source, window) else (window[0], window[1])

    def backward(self, weights: Weights, saved: Any, grad: Array, *, needs_input: bool = True) -> Gradients:
        """Give each number to the cell that was the largest, or to all in equal parts."""
        indices, shape, layout = saved
        flowing, dims = laid_out(grad, layout), grad.ndim - 2
        if not needs_input:
            return Gradients((None,), {})
        if self.take == "max" and indices.dtype == np.uint8:
            window = per_dimension(self.window, dims, "window")
            back = own_maxima.spread(contiguous(flowing), indices, shape, (window[0], window[1]))
        elif self.take == "max":
            back = MAX_BACK[dims](flowing, indices, shape, layout=layout)
        else:
            options = self.windows() | {"layout": layout, "count_include_pad": self.count_include_pad}
            back = MEAN_BACK[dims](flowing, shape, self.window, **options)
        return Gradients((restored(back, layout),), {})


@dataclass(frozen=True)
class AdaptivePool(Layer):
    """
    The mean, or the largest number, of regions that share a map evenly, so that the output has a wanted size.

    Parameters
    ----------
    size : int or tuple of int
        Of the output.
    take : {"mean", "max"}
        Which.
    """

    size: Sizes
    take: Literal["mean", "max"] = "mean"

    def __post_init__(self) -> None:
        check_take(self.take)

    def output_shape(self, *shapes: Shape) -> Shape:
        """Give (C, size…)."""
        shape = one(shapes, self.kind)
        return (shape[0], *per_dimension(self.size, spatial(shape, "pooling"), "output size"))

    def reach(self, *shapes: Shape) -> tuple[Reach, ...] | None:
        """Give the regions."""
        return tuple(map(Reach.shares, shapes[0][1:], self.output_shape(*shapes)[1:]))

    def forward(self, weights: Weights, *inputs: Array, training: Training | None = None) -> tuple[Array, Any]:
        """Take means or maxima."""
        source, layout = arranged(inputs[0])
        dims = inputs[0].ndim - 2
        if self.take == "mean":
            result = ADAPTIVE[dims](source, self.size, layout=layout)
            return restored(result, layout), (None, source.shape, layout)
        result, indices = ADAPTIVE_MAX[dims](source, self.size, return_indices=True, layout=layout)
        return restored(result, layout), (indices, source.shape, layout)

    def backward(self, weights: Weights, saved: Any, grad: Array, *, needs_input: bool = True) -> Gradients:
        """Give each number to the cells of its region in equal parts, or to the largest."""
        indices, shape, layout = saved
        flowing, dims = laid_out(grad, layout), grad.ndim - 2
        if self.take == "mean":
            back = ADAPTIVE_BACK[dims](flowing, shape, layout=layout)
        else:
            back = ADAPTIVE_MAX_BACK[dims](flowing, indices, shape, layout=layout)
        return Gradients((restored(back, layout),), {})


@dataclass(frozen=True)
class GlobalPool(Layer):
    """
    The largest number, or the mean, of each channel.

    Parameters
    ----------
    take : {"mean", "max"}
        Which.
    """

    take: Literal["mean", "max"]

    def __post_init__(self) -> None:
        check_take(self.take)

    def output_shape(self, *shapes: Shape) -> Shape:
        """Give (C, 1…)."""
        shape = one(shapes, self.kind)
        return (shape[0], *(1,) * spatial(shape, "pooling"))

    def reach(self, *shapes: Shape) -> tuple[Reach, ...] | None:
        """Give the whole map."""
        return ()

    def forward(self, weights: Weights, *inputs: Array, training: Training | None = None) -> tuple[Array, Any]:
        """Pool each channel."""
        source, layout = arranged(inputs[0])
        pool = global_pool.global_avg_pool if self.take == "mean" else global_pool.global_max_pool
        return restored(pool(source, dims=inputs[0].ndim - 2, layout=layout), layout), (source, layout)

    def backward(self, weights: Weights, saved: Any, grad: Array, *, needs_input: bool = True) -> Gradients:
        """Give each number to all cells in equal parts, or to the largest."""
        source, layout = saved
        flowing, dims = laid_out(grad, layout), grad.ndim - 2
        if self.take == "mean":
            back = global_pool.global_avg_pool_grad(flowing, source.shape, dims=dims, layout=layout)
        else:
            back = global_pool.global_max_pool_grad(flowing, source, dims=dims, layout=layout)
        return Gradients((restored(back, layout),), {})


def check_take(take: str) -> None:
    """Refuse what is neither maximum nor mean."""
    if take not in ("max", "mean"):
        raise SpecError(f"pooling takes the 'max' or the 'mean', not {take!r}")
