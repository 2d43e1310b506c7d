"""Every step of one convolution: each output cell worked out, when it is asked for."""

import json
import math
import operator
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from convolens.errors import SpecError
from convolens.explain.overview import how_to_go_on, overview
from convolens.explain.step import Array, Step, spec_dict
from convolens.explain.text import AXES
from convolens.kernels.named import NamedKernel
from convolens.kernels.parse import parse_kernel
from convolens.ops.arrays import as_array, channels_first
from convolens.ops.conv import conv1d, conv2d, conv3d
from convolens.spec.borders import Border, border_value, source_index
from convolens.spec.geometry import ConvSpec
from convolens.spec.layout import FIRST, LAST, parse_layout
from convolens.spec.padding import Padding

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Cell = int | tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Trace:
    r"""
    All output cells of one convolution; each becomes a :class:`Step` when it is asked for.

    ``trace[row, column]`` or ``trace[kernel, row, column]`` (or with the item of the batch before them) is one
    step, ``for step in trace`` are all of them, ``trace.output`` is what the engine computes.

    Attributes
    ----------
    spec : ConvSpec
        What was asked.
    input, weight : ndarray
        As the engine takes them: with a channel axis, and (K, C / groups, \*kernel size).
    bias : ndarray or None
        One number a kernel.
    drop_channels : bool
        True if the input came without a channel axis; the output then has none either, if there is one kernel.
    only : tuple of int or None
        The cell that iteration, ``len`` and ``print`` are limited to, if there is one: (item, kernel, \*position).
    """

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

    def __getitem__(self, cell: Cell) -> Step:
        item, number, *rest = self.index(cell)
        spec, position = self.spec, tuple(rest)
        per_group = spec.weight_shape[1]
        first = number // (spec.out_channels // spec.groups) * per_group
        channels = tuple(range(first, first + per_group))
        positions, sources, window = _window(spec, self.items[item, first : first + per_group], position)
        inside = [(p >= 0) & (p < size) for p, size in zip(positions, spec.input_size, strict=True)]
        kernel = self.weight[number]
        spatial = tuple(range(1, kernel.ndim))
        weights = np.flip(kernel, spatial) if spec.flip else kernel
        products, sums, bias, result = _work_out(
            spec, window, weights, None if self.bias is None else self.bias[number]
        )
        return Step(
            spec=spec,
            item=item,
            number=number,
            cell=position,
            channels=channels,
            window=window,
            positions=positions,
            sources=sources,
            border=~np.logical_and.reduce(inside),
            kernel=kernel,
            weights=weights,
            products=products,
            sums=sums,
            bias=bias,
            result=result,
        )

    def __iter__(self) -> Iterator[Step]:
        cells = np.ndindex(self.cells_shape) if self.only is None else iter([self.only])
        return (self[cell] for cell in cells)

    def __len__(self) -> int:
        return math.prod(self.cells_shape) if self.only is None else 1

    def __str__(self) -> str:
        if self.only is not None:
            return self[self.only].text()
        return f"{self.overview()}\n\n{how_to_go_on(self)}"

    def overview(self, width: int = 80) -> str:
        """Return what was asked and the output, at most ``width`` columns wide."""
        return overview(self, width)

    def latex(self) -> str:
        """Return all steps as LaTeX for the amsmath package."""
        return "\n\n".join(step.latex() for step in self)

    def json(self) -> str:
        """Return all steps as JSON: ``spec``, and under ``steps`` what :meth:`Step.as_dict` gives of each."""
        steps = [step.as_dict() for step in self]
        return json.dumps({"spec": spec_dict(self.spec), "steps": steps}, allow_nan=False)

    def picture(self, cell: Cell | None = None) -> "Figure":
        """
        Draw one step: the image, the window on it, kernel, products, sum, and the output.

        Parameters
        ----------
        cell : int or tuple of int, optional
            The output cell; by default that of ``explain(cell=…)``, or the one in the middle of the output.

        Returns
        -------
        matplotlib.figure.Figure
            Save it with ``figure.savefig("step.png")`` or ``.svg``.
        """
        from convolens.explain.picture import step_picture

        return step_picture(self, self[self.middle if cell is None else cell])

    @property
    def middle(self) -> tuple[int, ...]:
        """The cell of ``explain(cell=…)``; without it the one in the middle of the first kernel's output."""
        return self.only or (0, 0, *(size // 2 for size in self.spec.output_size))

    def _repr_svg_(self) -> str:
        import io

        drawing = io.StringIO()
        self.picture().savefig(drawing, format="svg")
        return drawing.getvalue()


def _window(spec: ConvSpec, image: Array, cell: tuple[int, ...]) -> tuple[Array, Array, Array]:
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
    window = image[(slice(None), *sources)].astype(spec.compute_dtype)
    if constant.any():
        window[:, constant] = border_value(spec.border, spec.compute_dtype)
    return positions, sources, window


def _work_out(
    spec: ConvSpec, window: Array, weights: Array, bias: Any
) -> tuple[Array, Array, int | float | None, int | float]:
    """Return products, sums, bias and result of one cell: integers exactly, floats in float64, rounded once."""
    whole = spec.compute_dtype.kind != "f"
    exact = np.int64 if whole else np.float64
    if whole and np.sum(np.abs(window.astype(float)) * np.abs(weights.astype(float))) >= 2.0**63:
        raise SpecError(
            f"sums of {spec.dtype} input and {spec.weight_dtype} kernel pass int64; convert one to float64"
        )
    with np.errstate(all="ignore"):
        products = window.astype(exact) * weights.astype(exact)
        sums = products.sum(axis=tuple(range(1, products.ndim)))
        total = sums.sum() if bias is None else sums.sum() + bias.astype(exact)
        return products, sums, None if bias is None else bias.item(), total.astype(spec.result_dtype).item()


def explain(
    x: npt.ArrayLike,
    kernel: npt.ArrayLike | str | NamedKernel,
    bias: npt.ArrayLike | None = None,
    *,
    stride: int | tuple[int, ...] = 1,
    padding: Padding = 0,
    border: str | float | Border = "constant",
    dilation: int | tuple[int, ...] = 1,
    groups: int = 1,
    flip: bool = False,
    layout: str = FIRST,
    cell: Cell | None = None,
) -> Trace:
    r"""
    Work out a convolution step by step: for every output cell the window, the products and the sums.

    Parameters
    ----------
    x : array_like
        The input: plain, (W,), (H, W) or (D, H, W); with channels, (C, \*size); or with a batch axis too.
    kernel : array_like, NamedKernel or str
        A plain kernel with as many axes as the plain input has, or (K, C / groups, \*kernel size); text as
        :func:`convolens.kernels.parse_kernel` reads it. A plain kernel on an input with channels is applied to
        each channel on its own, as :func:`convolens.filter_image` does.
    bias : array_like, optional
        One number a kernel.
    stride, padding, border, dilation, groups, flip, layout
        As in :func:`convolens.conv2d`; the channels of ``x`` stand where ``layout`` says.
    cell : int or tuple of int, optional
        Only this output cell: (row, column), (kernel, row, column) or (item, kernel, row, column).

    Returns
    -------
    Trace
        Steps on demand: ``trace[row, column]``, or ``for step in trace``.

    Raises
    ------
    SpecError
        If shapes and options do not fit together, or there is no such cell.

    Notes
    -----
    Nothing is computed before it is asked for, so the trace of a large image costs nothing. Input and kernel
    of three axes each are a plain volume and a plain kernel; give a batch of 1-D signals item by item.

    Examples
    --------
    >>> trace = explain([1, 2, 3, 4, 5], [1, 0, -1])
    >>> trace.output
    array([-2, -2, -2])
    >>> print(trace[0])
    output [0] of 3, kernel 3, cross-correlation
    <BLANKLINE>
    window      kernel       products
    1  2  3  ×  1  0  -1  =  1  0  -3
    <BLANKLINE>
    1 + 0 - 3 = -2
    """
    image = as_array(x, "x")
    weight = as_array(parse_kernel(kernel) if isinstance(kernel, str) else kernel, "kernel")
    drop_channels = False
    extra = weight.ndim - image.ndim
    if extra == 2 or (extra == 0 and weight.ndim <= 3):
        drop_channels = True
        image = image[..., np.newaxis] if parse_layout(layout, image.ndim) == LAST else image[np.newaxis]
        weight = weight if extra else weight[np.newaxis, np.newaxis]
    elif extra == -1:
        if groups != 1:
            raise SpecError(
                f"a plain kernel {weight.shape} goes over every channel on its own; leave out groups={groups}"
            )
        groups = image.shape[-1 if parse_layout(layout, weight.ndim) == LAST else 0]
        weight = np.broadcast_to(weight, (groups, 1, *weight.shape))
    spec = ConvSpec(
        image.shape,
        weight.shape,
        stride=stride,
        padding=padding,
        border=border,
        dilation=dilation,
        groups=groups,
        flip=flip,
        bias=bias is not None,
        layout=layout,
        dtype=image.dtype,
        weight_dtype=weight.dtype,
    )
    if spec.dims > 3:
        raise SpecError(f"explain takes 1, 2 or 3 dimensions, the kernel {spec.weight_shape} has {spec.dims}")
    trace = Trace(spec, image, weight, _biases(bias, spec), drop_channels)
    return trace if cell is None else Trace(spec, image, weight, trace.bias, drop_channels, trace.index(cell))


def _biases(bias: npt.ArrayLike | None, spec: ConvSpec) -> Array | None:
    if bias is None:
        return None
    biases = np.atleast_1d(as_array(bias, "bias"))
    if biases.shape != (spec.out_channels,):
        raise SpecError(
            f"bias needs one number for each of the {spec.out_channels} kernels, not shape {biases.shape}"
        )
    if biases.dtype.kind == "f" and spec.compute_dtype.kind != "f":
        raise SpecError(
            f"bias is {biases.dtype}, but input and kernel are integers; use an integer bias or a float input"
        )
    return biases
