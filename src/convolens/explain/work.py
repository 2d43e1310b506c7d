"""One convolution as it was asked, what the engine makes of it, and the sum behind each of its cells."""

import math
import operator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from convolens.errors import SpecError
from convolens.explain.cell import Array
from convolens.explain.text import AXES
from convolens.ops.arrays import channels_first
from convolens.ops.conv import conv1d, conv2d, conv3d
from convolens.spec.borders import border_value, source_index
from convolens.spec.geometry import ConvSpec
from convolens.spec.layout import LAST

Cell = int | tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Work:
    """One convolution and its output; :class:`~convolens.Trace` says what each attribute is."""

    spec: ConvSpec
    input: Array
    weight: Array
    bias: Array | None
    drop_channels: bool = False
    only: tuple[int, ...] | None = None

    @property
    def cells_shape(self) -> tuple[int, ...]:
        """How many cells there are: (items, kernels, output size…), whatever the layout."""
        return (self.spec.batch, self.spec.out_channels, *self.spec.output_size)

    @property
    def items(self) -> Array:
        """The input as (items, channels, size…), whatever the layout."""
        return channels_first(self.input, self.spec.dims, self.spec.layout)

    @property
    def maps(self) -> Array:
        """The output as (items, kernels, output size…), whatever the layout."""
        return channels_first(self._result, self.spec.dims, self.spec.layout)

    @property
    def output(self) -> Array:
        """The whole output, from the engine; with a channel axis if the input has one or for many kernels."""
        if not self.drop_channels or self.spec.out_channels > 1:
            return self._result
        return self._result.squeeze(-1 if self.spec.layout == LAST else 0)

    @cached_property
    def _result(self) -> Array:
        conv = (conv1d, conv2d, conv3d)[self.spec.dims - 1]
        return conv(
            self.input,
            self.weight,
            self.bias,
            stride=self.spec.stride,
            padding=self.spec.pads,
            border=self.spec.border,
            dilation=self.spec.dilation,
            groups=self.spec.groups,
            flip=self.spec.flip,
            layout=self.spec.layout,
        )

    def index(self, cell: Cell) -> tuple[int, ...]:
        """
        Complete a cell to (item, kernel, position…); leading ones may be left out where there is only one.

        Raises
        ------
        SpecError
            If the cell does not exist, or does not say which kernel or item.
        """
        shape = self.cells_shape
        given = cell if isinstance(cell, tuple) else (cell,)
        names = ("item", "kernel", *AXES[3 - self.spec.dims :])
        missing = len(shape) - len(given)
        if missing < 0 or missing > 2 or math.prod(shape[:missing]) != 1:
            needed = [name for name, size in zip(names[:2], shape, strict=False) if size > 1] + list(names[2:])
            raise SpecError(
                f"a cell of this output is ({', '.join(needed)}), not {given}; sizes {shape[-len(needed) :]}"
            )
        full = []
        for value, name, size in zip((0,) * missing + given, names, shape, strict=True):
            try:
                position = operator.index(value)
            except TypeError:
                raise SpecError(f"the {name} of a cell must be a whole number, not {value!r}") from None
            if not -size <= position < size:
                raise SpecError(f"the output has no cell {given}: {name} {position} is not in 0…{size - 1}")
            full.append(position % size)
        return tuple(full)

    def __len__(self) -> int:
        return math.prod(self.cells_shape) if self.only is None else 1


def window_under(spec: ConvSpec, image: Array, cell: tuple[int, ...]) -> tuple[Array, Array, Array]:
    """Return positions and sources, (dims, kernel size…), and the values that the border shows there."""
    axes = [
        at * stride - before + dilation * np.arange(kernel)
        for at, stride, (before, _), dilation, kernel in zip(
            cell, spec.stride, spec.pads, spec.dilation, spec.kernel_size, strict=True
        )
    ]
    shown = [source_index(p, size, spec.border) for p, size in zip(axes, spec.input_size, strict=True)]
    positions, sources = (np.stack(np.meshgrid(*each, indexing="ij")) for each in (axes, shown))
    constant = (sources < 0).any(axis=0)
    sources = np.where(constant, -1, sources)
    cells = image[(slice(None), *sources)]
    _refuse_overflow(spec, float(cells.max()))  # uint64 reaches beyond int64
    window = cells.astype(spec.compute_dtype)
    if constant.any():
        window[:, constant] = border_value(spec.border, spec.compute_dtype)
    return positions, sources, window


def work_out(
    spec: ConvSpec, window: Array, weights: Array, bias: Any
) -> tuple[Array, Array, int | float | None, int | float]:
    """Return products, sums, bias and result of one cell: integers exactly, floats in float64, rounded once."""
    exact = np.float64 if spec.compute_dtype.kind == "f" else np.int64
    with np.errstate(all="ignore"):
        magnitudes = np.abs(window.astype(float)) * np.abs(weights.astype(float))
        _refuse_overflow(spec, float(magnitudes.sum()) + (0.0 if bias is None else abs(float(bias))))
        products = window.astype(exact) * weights.astype(exact)
        sums = products.sum(axis=tuple(range(1, products.ndim)))
        total = sums.sum() if bias is None else sums.sum() + bias.astype(exact)
        return products, sums, None if bias is None else bias.item(), total.astype(spec.result_dtype).item()


def _refuse_overflow(spec: ConvSpec, magnitude: float) -> None:
    if spec.compute_dtype.kind != "f" and magnitude >= 2.0**63:
        raise SpecError(
            f"sums of {spec.dtype} input and {spec.weight_dtype} kernel pass int64; convert one to float64"
        )
