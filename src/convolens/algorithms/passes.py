"""Kernels that are columns times rows, in one compiled walk over each plane: tasks, borders, and what it costs."""

import math
from dataclasses import dataclass

import numpy as np

from convolens.algorithms.base import Array, Cost, Pipeline
from convolens.algorithms.blocks import Blocks, overlapping
from convolens.algorithms.compiled import border_tables, scratch_bytes, vector_lanes
from convolens.runtime import compile as compiler
from convolens.runtime.call import Function, Pinned
from convolens.runtime.cpu import available_cores
from convolens.runtime.threads import thread_count
from convolens.spec.geometry import ConvSpec
from convolens.spec.layout import LAST

PIPELINE = "convolens.pipelines.passes"
VECTORS, ROWS = 2, 4  # of a register tile
RUN_BYTES = 4096  # of a task's rows: a tile's rows of them stay in the first cache
TASKS_PER_CORE = 4
SHARE_OF_PEAK = 0.3
COPYING = 10  # operations in the time that a cell takes on its way into the scratch


@dataclass(frozen=True, slots=True)
class Passes:
    """
    The compiled pipeline with everything but images.

    Attributes
    ----------
    function : Function
        The pipeline.
    factors : tuple of (Pinned, Pinned)
        For each kernel the columns and the rows of its terms.
    tables : tuple of Pinned
        The image cell of each padded cell, −1 for the constant; along rows, then along columns.
    blocks : Blocks
        How a plane of the output is cut into tasks.
    scalars : tuple
        What the pipeline takes after its arrays.
    """

    function: Function
    factors: tuple[tuple[Pinned, Pinned], ...]
    tables: tuple[Pinned, ...]
    blocks: Blocks
    scalars: tuple[int | float, ...]

    def run(self, x: Array, out: Array) -> None:
        """Filter images (N, C, H, W) kernel by kernel; what is scattered, or of another type, is copied."""
        if not out.size:
            return
        sharing = out.shape[1] // x.shape[1]
        if x.dtype != out.dtype or x.strides[-1] != out.itemsize:
            x = np.ascontiguousarray(x, out.dtype)
        target = out if out.strides[-1] == out.itemsize else np.empty(out.shape, out.dtype)
        for k, factors in enumerate(self.factors):
            blocks = self.blocks.of(target[:, k])
            self.function(x[:, k // sharing], *factors, *self.tables, blocks, scalars=self.scalars)
        if target is not out:
            out[...] = target


def takes(spec: ConvSpec) -> bool:
    """Whether the pipeline serves: planes of at least a register tile, each kernel over one of them, stride 1."""
    plain = spec.dims == 2 and spec.weight_shape[1] == 1 and set(spec.stride) == set(spec.dilation) == {1}
    if not plain or (spec.layout == LAST and spec.out_channels > 1) or spec.compute_dtype.kind != "f":
        return False
    height, width = spec.output_size
    return height >= ROWS and width >= VECTORS * vector_lanes(spec) and compiler.available()


def pipeline(spec: ConvSpec) -> Pipeline:
    """Name the pipeline."""
    number = str(spec.compute_dtype)
    types: dict[str, str | int] = {"source": number, "sums": number, "target": number, "response": "clip"}
    return PIPELINE, types | {"lanes": vector_lanes(spec), "vectors": VECTORS, "rows": ROWS}


def prepare(spec: ConvSpec, terms: list[list[Array]]) -> Passes:
    """Lay out for each term the factors of all kernels, (K, 1, kh) and (K, 1, kw); borders and tasks."""
    columns, rows = (np.stack([term[axis][:, 0] for term in terms], axis=1) for axis in (0, 1))
    name, parameters = pipeline(spec)
    pairs = zip(np.ascontiguousarray(columns), np.ascontiguousarray(rows), strict=True)
    factors = tuple((Pinned(column), Pinned(row)) for column, row in pairs)
    tables = tuple(map(Pinned, border_tables(spec)[:2]))
    blocks = _blocks(spec)
    scalars = (1, spec.pads[1][0], *blocks.scalars(spec.kernel_size[1] - 1), float(spec.border.value), 1.0)
    return Passes(compiler.load(name, **parameters), factors, tables, blocks, scalars)


def cost(spec: ConvSpec, rank: int) -> Cost:
    """Count the passes of all terms, and the image's way through the scratch."""
    item = spec.compute_dtype.itemsize
    cells = spec.batch * spec.out_channels * math.prod(spec.output_size)
    cast = math.prod(spec.input_shape) * item if spec.dtype != spec.compute_dtype else 0
    return Cost(
        operations=int(cells * (2 * rank * sum(spec.kernel_size) / SHARE_OF_PEAK + COPYING)),
        work="compiled",
        traffic=spec.memory + 2 * cast,
        calls=5 * spec.out_channels,
        workspace=scratch_bytes() * thread_count() + cast,
    )


def _blocks(spec: ConvSpec) -> Blocks:
    """Choose rows and cells of a task, so that its scratch stays in a core's cache and there are tasks for all."""
    (height, width), (tall, wide), item = spec.output_size, spec.kernel_size, spec.compute_dtype.itemsize
    cells = overlapping(width, max(RUN_BYTES // item, wide - 1), least=VECTORS * vector_lanes(spec), halo=wide - 1)
    fitting = scratch_bytes() // ((cells.size + wide - 1) * item) - tall
    wanted = height * cells.count * spec.batch // (TASKS_PER_CORE * available_cores())
    return Blocks(overlapping(height, max(ROWS, tall // 4, min(fitting, wanted)), least=ROWS, halo=tall), cells)
