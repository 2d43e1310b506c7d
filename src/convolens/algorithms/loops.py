"""Compiled loops with weights, borders and tasks laid out for them; what depthwise and grouped pipelines share."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from convolens.algorithms.base import NOTHING, Array, Epilogue
from convolens.algorithms.compiled import MOST_DIMS, Volume, fused_activation, volume
from convolens.runtime import compile as compiler
from convolens.runtime.call import Function, Pinned
from convolens.runtime.threads import thread_count
from convolens.spec.geometry import ConvSpec

TASKS_PER_THREAD = 4  # so that cores which are slow, or busy elsewhere, hold nobody up
LEAST_PARALLEL = 1 << 18  # products below which a call runs as one task

View = Callable[[Array], Array]


@dataclass(frozen=True, slots=True)
class Loops:
    """
    A pipeline and what it takes beside images: source, weights, bias, tables, residual, output; scalars.

    Attributes
    ----------
    pipeline : str
        Its module.
    parameters : dict
        What it is compiled for, the epilogue aside.
    weights, bias : Pinned
        In the order in which they are read; the bias is zeros.
    tables : tuple of Pinned
        For x, y, z: the image cell of each padded cell, −1 where the border's constant lies; or none.
    scalars : tuple
        All but the activation's ``slope`` and ``ceiling``.
    functions : dict
        By activation and whether there is a residual, as they are needed.
    target : callable, optional
        How output and residual are seen, where that is another way than the source.
    """

    pipeline: str
    parameters: dict[str, str | int]
    weights: Pinned
    bias: Pinned
    tables: tuple[Pinned, ...]
    scalars: tuple[int | float, ...]
    functions: dict[tuple[str, bool], Function] = field(default_factory=dict)
    target: View | None = None

    def function(self, activation: str, residual: bool) -> Function:
        """Return the pipeline for one kind of epilogue."""
        function = self.functions.get((activation, residual))
        if function is None:
            function = compiler.load(self.pipeline, **self.parameters, activation=activation, residual=residual)
            self.functions[activation, residual] = function
        return function

    def run(self, x: Array, out: Array, epilogue: Epilogue, view: View) -> Epilogue:
        """Call the pipeline with ``view`` of images, and return what is left of the epilogue."""
        target = self.target or view
        bias = self.bias if epilogue.bias is None else Pinned(np.ascontiguousarray(epilogue.bias, out.dtype))
        added = None if epilogue.residual is None else target(epilogue.residual)
        if added is not None and (added.dtype != out.dtype or added.strides[-1] != added.itemsize):
            fused, left = None, Epilogue(None, epilogue.activation, epilogue.residual)
            added = None
        else:
            fused = fused_activation(epilogue.activation, out.dtype)
            left = NOTHING if fused else Epilogue(activation=epilogue.activation)
        activation, bounds = fused or ("clamp", (1.0, np.inf))
        residuals = () if added is None else (added,)
        self.function(activation, bool(residuals))(
            view(x), self.weights, bias, *self.tables, *residuals, target(out), scalars=(*self.scalars, *bounds)
        )
        return left


def steps(spec: ConvSpec) -> tuple[int, ...]:
    """Return strides and dilations, each for x, y, z."""
    return (*volume(spec.stride)[::-1], *volume(spec.dilation)[::-1])


def wanted_tasks(spec: ConvSpec) -> int:
    """Count the tasks that keep all threads busy; one where starting them would take longer than the work."""
    return TASKS_PER_THREAD * thread_count() if spec.macs >= LEAST_PARALLEL and thread_count() > 1 else 1


def whole_box(spec: ConvSpec) -> Volume:
    """Return a task of the whole output of an image."""
    return volume(spec.output_size)


def box_count(spec: ConvSpec, box: Volume) -> int:
    """Count the tasks that an image's output is cut into."""
    return math.prod(-(-cells // part) for cells, part in zip(volume(spec.output_size), box, strict=True))


def box_cells(spec: ConvSpec, box: Volume) -> int:
    """Count the cells of the padded image that a task reads."""
    sizes = zip(box, volume(spec.stride), volume(spec.window_size), strict=True)
    return math.prod((cells - 1) * stride + window for cells, stride, window in sizes)


def cut(spec: ConvSpec, box: Volume, least: Volume, halo: float) -> Volume | None:
    """
    Halve a task along the axis where least is read twice for it: planes or rows, and cells of a row only in need.

    None where no axis has twice the ``least`` cells, or ``halo`` times those that neighbours read as well.
    """

    def shared(axis: int) -> float:
        return max(0, volume(spec.window_size)[axis] - volume(spec.stride)[axis]) / volume(spec.stride)[axis]

    wide = [axis for axis in range(MOST_DIMS) if box[axis] >= 2 * max(least[axis], halo * shared(axis))]
    if not wide:
        return None
    axis = min(wide, key=lambda axis: (axis == MOST_DIMS - 1, shared(axis) / box[axis]))
    sizes = list(box)
    sizes[axis] = -(-box[axis] // (2 * least[axis])) * least[axis]
    return sizes[0], sizes[1], sizes[2]


def fit(spec: ConvSpec, cell_bytes: int, budget: int, least: Volume, halo: float) -> tuple[Volume, bool]:
    """Cut tasks until the scratch of one fits ``budget``; tell whether it does."""
    box: Volume | None = whole_box(spec)
    while box and box_cells(spec, box) * cell_bytes > budget:
        smallest, box = box, cut(spec, box, least, halo)
    return (box, True) if box else (smallest, False)
