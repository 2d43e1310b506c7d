"""The adjoint of a strided depthwise convolution: the depthwise loops on rows with zeros between their cells."""

import functools
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from convolens.algorithms import along_channels, along_rows
from convolens.algorithms.base import NOTHING, Array, Epilogue
from convolens.algorithms.compiled import MOST_DIMS, dense, dense_like
from convolens.algorithms.depthwise import Depthwise
from convolens.algorithms.loops import Loops
from convolens.algorithms.windows import at
from convolens.runtime import compile as compiler
from convolens.runtime.call import Pinned
from convolens.spec.geometry import ConvSpec
from convolens.spec.layout import LAST, join_shape
from convolens.spec.phases import AxisPhase, axis_phases

NOWHERE = 1 << 28  # where a row would begin whose cells lie as they were; here all are looked up
BEFORE = 6  # the scalar that says so, after strides and dilations
MOST_STRIDE = 4  # along rows, where one cell in so many is no zero


@dataclass(frozen=True, slots=True)
class Part:
    """
    The phases of planes and rows that one call computes, as a convolution at stride 1 without pads.

    Attributes
    ----------
    cells : tuple of slice
        Where its output lies.
    spec : ConvSpec
        The convolution of the padded image, with zeros between the cells of a row.
    tables : tuple of ndarray
        For each axis the cell of the image that each of its cells shows; −1 for zeros.
    loops : Loops
        What computes it.
    """

    cells: tuple[slice, ...]
    spec: ConvSpec
    tables: tuple[Array, ...]
    loops: Loops


def refusal(spec: ConvSpec) -> str | None:
    """Say why an adjoint cannot be computed so; None if it can."""
    if not spec.in_channels == spec.out_channels == spec.groups:
        return "each channel has one kernel"
    if spec.border.mode != "constant" and any(map(any, spec.pads)):
        return "it has no border but zeros"
    if not 1 < spec.stride[-1] <= MOST_STRIDE:
        return "its rows have zeros between their cells, but not many"
    if all(len({len(phase.taps) for phase in axis_phases(spec, axis)}) == 1 for axis in range(spec.dims)):
        return "phases that are alike need no zeros"
    if not all(phase.taps for axis in range(spec.dims - 1) for phase in axis_phases(spec, axis)):
        return "its rows have one tap at least"
    return Depthwise().refusal(spec) or compiler.unavailable()


@functools.lru_cache(maxsize=256)
def part_specs(spec: ConvSpec) -> tuple[tuple[ConvSpec, tuple[AxisPhase, ...]], ...]:
    """List the parts: what each convolves, and the phases of planes and rows that it is."""
    return tuple(_part_specs(spec))


def _part_specs(spec: ConvSpec) -> Iterator[tuple[ConvSpec, tuple[AxisPhase, ...]]]:
    across = spec.dilation[-1] * (spec.kernel_size[-1] - 1)
    for phases in itertools.product(*(axis_phases(spec, axis) for axis in range(spec.dims - 1))):
        sizes = (*(p.count + p.spacing * (len(p.taps) - 1) for p in phases), spec.input_size[-1] + across)
        taps = (*(len(phase.taps) for phase in phases), spec.kernel_size[-1])
        part = ConvSpec(
            join_shape(spec.batch, spec.in_channels, sizes, spec.layout),
            (spec.in_channels, 1, *taps),
            dilation=(*(phase.spacing for phase in phases), spec.dilation[-1]),
            groups=spec.groups,
            layout=spec.layout,
            dtype=spec.compute_dtype,
        )
        yield part, phases


def prepare(spec: ConvSpec, weight: Array) -> tuple[Part, ...]:
    """Order turned weights (C, 1, kernel size…), and lay out parts and their tasks."""
    return tuple(_part(spec, weight, *found) for found in part_specs(spec))


def run(spec: ConvSpec, parts: tuple[Part, ...], x: Array, out: Array, epilogue: Epilogue) -> Epilogue:
    """Compute the adjoint of ``x`` (N, C, output size…) into ``out``, and return what is left of the epilogue."""
    if not out.size:
        return NOTHING
    channels = _along_channels(parts[0].spec)
    axis = 1 if channels else -1
    target = out if out.strides[axis] == out.itemsize else dense_like(out, axis)
    source = dense(x, 1) if channels else _with_zeros(x, parts[0].tables[-1])
    view = along_channels.view if channels else along_rows.view
    left = NOTHING
    for part in parts:
        left = part.loops.run(source, target[at[:, :, *part.cells]], epilogue, view)
    if target is not out:
        out[...] = target
    return left


def _part(spec: ConvSpec, weight: Array, part: ConvSpec, phases: tuple[AxisPhase, ...]) -> Part:
    cells = (*(slice(p.start, None, s) for p, s in zip(phases, spec.stride, strict=False)), slice(None))
    taken = weight[at[:, 0, *(slice(p.taps.start, None, p.taps.step) for p in phases)]]
    turned = np.flip(taken, tuple(range(1, taken.ndim))).astype(part.compute_dtype)
    kernels = turned.reshape(len(weight), *(1,) * (MOST_DIMS - spec.dims), *turned.shape[1:])
    before = spec.dilation[-1] * (spec.kernel_size[-1] - 1) - spec.pads[-1][0]
    firsts, steps = (*(phase.before for phase in phases), before), (*(1,) * len(phases), spec.stride[-1])
    sizes = zip(part.input_size, firsts, steps, spec.output_size, strict=True)
    tables = tuple(_table(*numbers) for numbers in sizes)
    alone = (np.zeros(1, np.int32),) * (MOST_DIMS - spec.dims)
    channels = _along_channels(part)
    loops = (along_channels if channels else along_rows).prepare(part, np.ascontiguousarray(kernels))
    scalars = loops.scalars
    if channels:
        scalars = (*scalars[:BEFORE], NOWHERE, *scalars[BEFORE + 1 :])
    loops = replace(loops, tables=tuple(map(Pinned, (*reversed(tables), *alone))), scalars=scalars)
    loops.function("clamp", False)
    return Part(cells, part, tables, loops)


def _along_channels(part: ConvSpec) -> bool:
    return part.layout == LAST and along_channels.takes(part)


def _table(cells: int, before: int, step: int, size: int) -> Array:
    """Tell which of ``size`` cells, ``step`` apart and ``before`` cells behind the first, each cell shows."""
    shown, between = np.divmod(np.arange(cells) - before, step)
    return np.where((between == 0) & (shown >= 0) & (shown < size), shown, -1).astype(np.int32)


def _with_zeros(x: Array, table: Array) -> Array:
    """Write rows with zeros between and around their cells."""
    wide = np.zeros((*x.shape[:-1], len(table)), x.dtype)
    places = np.flatnonzero(table >= 0)
    if places.size:
        step = int(places[1] - places[0]) if places.size > 1 else 1
        cells = table[places]
        wide[..., places[0] : places[-1] + 1 : step] = x[..., cells[0] : cells[-1] + 1]
    return wide
