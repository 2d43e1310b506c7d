"""What the specs of convolution and pooling share: a window that slides over an image with pads."""

import functools
import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np

from convolens.errors import SpecError
from convolens.spec.layout import join_shape, parse_layout, split_shape
from convolens.spec.padding import Pads
from convolens.spec.receptive import Reach

LONG_STEP = 1 << 12  # cells, up to which a step is kept as it is given wherever it leads
MOST_CELLS = int(np.iinfo(np.intp).max) // 32  # so that a complex spectrum of twice the size can be addressed


def check_cells(what: str, shape: tuple[int, ...], remedy: str) -> None:
    """
    Refuse an array of more cells than any machine can address.

    >>> check_cells("output", (1, 10**18), "pad less")
    Traceback (most recent call last):
    convolens.errors.SpecError: output of shape (1, 1000000000000000000) is larger than any memory; pad less
    """
    if math.prod(shape) > MOST_CELLS or max(shape, default=0) > MOST_CELLS:
        raise SpecError(f"{what} of shape {shape} is larger than any memory; {remedy}")


@dataclass(frozen=True, init=False)
class SlidingSpec(ABC):
    """A window that slides over an image: what follows from shape, steps and pads alone, one entry a dimension."""

    input_shape: tuple[int, ...]
    stride: tuple[int, ...]
    dilation: tuple[int, ...]
    pads: Pads
    layout: str
    dtype: np.dtype[Any]

    def _fix(self, **values: Any) -> None:
        """Set attributes, which only a constructor may do."""
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def _check_extents(self) -> None:
        """
        Refuse what no array could hold, before anything computes with such numbers.

        Very long steps that lead beyond the padded input, and so nowhere, are cut to what can be counted with.
        """
        for name, steps in (("stride", self.stride), ("dilation", self.dilation)):
            if max(steps) > MOST_CELLS:
                raise SpecError(f"{name} {steps} goes beyond any memory; use a smaller one")
        batch, channels, _ = split_shape(self.input_shape, self.dims, self.layout)
        remedy = f"input {self.input_shape} has pads {self.pads}: pad less"
        padded = join_shape(batch, channels, self.padded_size, self.layout)
        check_cells("padded input", padded, remedy)
        check_cells("output", self.output_shape, remedy)
        longest = [max(size, LONG_STEP) for size in self.padded_size]
        self._fix(stride=tuple(map(min, self.stride, longest)), dilation=tuple(map(min, self.dilation, longest)))

    def replace(self, **changes: Any) -> Self:
        """Return the same spec with some of its constructor's options changed."""
        options = {f.name: getattr(self, f.name) for f in fields(self)}
        if "layout" in changes and "input_shape" not in changes:
            parts = split_shape(self.input_shape, self.dims, self.layout)
            options["input_shape"] = join_shape(*parts, parse_layout(changes["layout"], self.dims))
        return type(self)(**({"padding": options.pop("pads")} | options | changes))

    @property
    @abstractmethod
    def dims(self) -> int:
        """Number of spatial dimensions: 1 for signals, 2 for images, 3 for volumes."""

    @property
    @abstractmethod
    def out_channels(self) -> int:
        """Channels of the output."""

    @property
    @abstractmethod
    def window_size(self) -> tuple[int, ...]:
        """Cells that the window spans with its dilation."""

    @property
    @abstractmethod
    def output_size(self) -> tuple[int, ...]:
        """Spatial size of the output."""

    @functools.cached_property
    def batch(self) -> int:
        """Number of items N; 1 without a batch axis."""
        batch = split_shape(self.input_shape, self.dims, self.layout)[0]
        return 1 if batch is None else batch

    @functools.cached_property
    def in_channels(self) -> int:
        """Channels of the input."""
        return split_shape(self.input_shape, self.dims, self.layout)[1]

    @functools.cached_property
    def input_size(self) -> tuple[int, ...]:
        """Spatial size of the input."""
        return split_shape(self.input_shape, self.dims, self.layout)[2]

    @property
    def receptive_field(self) -> tuple[int, ...]:
        """Input cells along each dimension that one output cell depends on: the window, for one layer."""
        return self.window_size

    @property
    def reach(self) -> tuple[Reach, ...]:
        """For each dimension, which input cells lie under an output cell."""
        return self._reached(Reach.window)

    @property
    def transposed_reach(self) -> tuple[Reach, ...]:
        """For each dimension, which output cells an input cell is under: the reach of what goes the other way."""
        return self._reached(Reach.transposed)

    def _reached(self, kind: Callable[..., Reach]) -> tuple[Reach, ...]:
        return tuple(
            kind(window, stride=step, before=pads[0])
            for window, step, pads in zip(self.window_size, self.stride, self.pads, strict=True)
        )

    @functools.cached_property
    def padded_size(self) -> tuple[int, ...]:
        """Spatial size of the input with its pads."""
        return tuple(size + sum(pads) for size, pads in zip(self.input_size, self.pads, strict=True))

    @functools.cached_property
    def output_shape(self) -> tuple[int, ...]:
        """Shape of the output, in the input's layout, with a batch axis if the input has one."""
        batch = split_shape(self.input_shape, self.dims, self.layout)[0]
        return join_shape(batch, self.out_channels, self.output_size, self.layout)
