"""Every step of one convolution: each output cell worked out, when it is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from convolens.errors import SpecError
from convolens.explain.cell import Array
from convolens.explain.overview import how_to_go_on, overview
from convolens.explain.step import Step, steps_json
from convolens.explain.text import index_names, operation, times
from convolens.explain.work import Cell, Work, window_under, work_out
from convolens.kernels.named import NamedKernel
from convolens.kernels.parse import parse_kernel
from convolens.kernels.recipe import Recipe
from convolens.ops.arrays import as_array, check_bias
from convolens.spec.borders import Border
from convolens.spec.geometry import ConvSpec
from convolens.spec.layout import FIRST, LAST, parse_layout
from convolens.spec.padding import Padding

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False)
class Trace(Work):
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

    def __getitem__(self, cell: Cell) -> Step:
        item, number, *rest = self.index(cell)
        spec, position = self.spec, tuple(rest)
        per_group = spec.weight_shape[1]
        first = number // (spec.out_channels // spec.groups) * per_group
        channels = tuple(range(first, first + per_group))
        positions, sources, window = window_under(spec, self.items[item, first : first + per_group], position)
        inside = [(p >= 0) & (p < size) for p, size in zip(positions, spec.input_size, strict=True)]
        kernel = self.weight[number]
        spatial = tuple(range(1, kernel.ndim))
        weights = np.flip(kernel, spatial) if spec.flip else kernel
        products, sums, bias, result = work_out(
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

    def __repr__(self) -> str:
        size = times(self.cells_shape[-len(index_names(self.spec)) :])
        return f"<Trace of output {size}, {operation(self.spec)}>"

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
        return steps_json(self.spec, self)

    def picture(self, cell: Cell | None = None) -> Figure:
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
    weight = as_array(parse_kernel(kernel) if isinstance(kernel, (str, Recipe)) else kernel, "kernel")
    if (image.ndim, weight.ndim) == (1, 2):
        raise SpecError(
            f"the input {image.shape} is a signal of 1 dimension, the kernel {weight.shape} has 2; "
            "give an input of several rows, or a kernel of 1 dimension such as [1, 0, -1]"
        )
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
    biases = None if bias is None else check_bias(np.atleast_1d(as_array(bias, "bias")), spec.out_channels)
    if biases is not None and biases.dtype.kind == "f" and spec.compute_dtype.kind != "f":
        raise SpecError(
            f"bias is {biases.dtype}, but input and kernel are integers; use an integer bias or a float input"
        )
    return biases
