"""
Direct cross-correlation where the cells of a row are neighbours in memory: vectors of cells by broadcast weights.

One pipeline for any kernel, stride, dilation and border in up to three dimensions. A task copies a block of the
image with its border to a scratch array in cache, row after row, columns and rows sorted by their phase of the
stride. There the cells that one weight meets are one run of neighbours, over all rows of the block, as far from
the run of sums as an offset tells. A list of offsets, one for each channel and kernel cell, is all that the
innermost loop knows of the kernel. Between two rows a run holds a few sums of no use, which are not written.
"""

from collections.abc import Sequence
from typing import Any

import halide as hl

from convolens.pipelines import borders
from convolens.pipelines.epilogue import finish
from convolens.pipelines.indices import clamped, promised, within

FIRSTS = 6  # numbers that say where a task begins: its first column, row, plane, panel, group and item


def build(
    dtype: str, lanes: int, vectors: int, kernels: int, apart: bool, activation: str, residual: bool
) -> tuple[hl.Func, list[Any]]:
    """
    Build the pipeline.

    Parameters
    ----------
    dtype : str
        float32 or float64.
    lanes, vectors, kernels : int
        The register tile: ``vectors`` vectors of ``lanes`` cells by ``kernels`` kernels, a panel.
    apart : bool
        Whether short sums are taken row by row, and written from where the registers leave them.
    activation : str
        ``clamp`` or the name of a smooth one.
    residual : bool
        Whether an array like the output is added to the sums.

    Notes
    -----
    Arguments, in NumPy's order of axes: source (N, G, C, D, H, W); weights (G, panels, terms, kernels), terms
    being channels by kernel cells, the kernels filled up with zeros to whole panels; bias (G, panels, kernels);
    residual, if any, like the output; for x, y and z the source cell of every padded cell, −1 for the constant;
    for each term its offset in the scratch; the phases of columns, the rows and the planes that a block has, as
    padded cells from its first; tasks (tasks, FIRSTS + 2 × phases): where each begins, then for each phase the
    first column, and the one after the last, that are copied as they are, at least ``lanes`` of them or none;
    output (N, G, K, D, H, W). Then scalars: strides (x, y, z), columns and rows of a block, cells of a row and of
    a channel in the scratch, cells of a run, panels a task, cells of border before a row, most cells of a row that
    are looked up, terms that are summed before they are added to the rest, and how often; slope and ceiling; the
    border's constant.
    """
    number = hl.Float(64) if dtype == "float64" else hl.Float(32)
    tile = lanes * vectors
    q, cell, first, kernel, panel, task, block = (
        hl.Var(v) for v in ("q", "cell", "first", "kernel", "panel", "task", "block")
    )
    source, weights = hl.ImageParam(number, 6, "source"), hl.ImageParam(number, 4, "weights")
    bias, tasks = hl.ImageParam(number, 3, "bias"), hl.ImageParam(hl.Int(32), 2, "tasks")
    names = ("table_x", "table_y", "table_z", "offsets", "phases", "lines", "planes")
    lists = [hl.ImageParam(hl.Int(32), 1, name) for name in names]
    offsets = lists[3]
    strides = [hl.Param(hl.Int(32), f"stride_{axis}") for axis in "xyz"]
    columns, rows, pitch, length, run, task_panels, before, looked_up, block_terms, blocks = sizes = [
        hl.Param(hl.Int(32), name)
        for name in (
            *("columns", "rows", "pitch", "length", "run", "task_panels"),
            *("before", "looked_up", "block_terms", "blocks"),
        )
    ]
    slope, ceiling, outside = (hl.Param(hl.Float(64), name) for name in ("slope", "ceiling", "outside"))

    # algorithm
    scratch, partial, total, out = (hl.Func(f) for f in ("scratch", "partial", "total", "out"))
    copied = _fill(
        scratch, task, source, tasks, lists, strides, (pitch, length, before, looked_up), lanes, outside
    )
    at_panel = within(tasks[3, task] + panel, weights.dim(2)), within(tasks[4, task], weights.dim(3))
    held = length * source.dim(3).extent() + tile  # the last sums that are of no use read beyond the last channel
    r, t = hl.RDom([(0, block_terms)], "r"), hl.RDom([(0, blocks)], "t")
    term = block * block_terms + r
    r.where(term < weights.dim(1).extent())
    known = within(term, offsets.dim(0))
    met = promised(first + cell + offsets[known], held)
    at = (cell, kernel, first, block, panel, task)
    partial[*at] = hl.cast(number, 0)
    partial[*at] += weights[kernel, known, *at_panel] * scratch[met, task]
    total[q, kernel, panel, task] = hl.undef(number)
    so_far = hl.select(t.x == 0, hl.cast(number, 0), total[q, kernel, panel, task])
    total[q, kernel, panel, task] = so_far + partial[q % tile, kernel, q / tile * tile, t, panel, task]
    out[[hl.Var() for _ in range(6)]] = hl.undef(number)
    whole = out.output_buffer()
    panels = (0, task_panels), (0, tasks.dim(1).extent())
    if apart:  # the last tile of a row begins early enough to be whole
        b = hl.RDom([(0, lanes), (0, vectors), (0, kernels), (0, (columns + tile - 1) / tile), (0, rows), *panels])
        near, wide, in_panel, of_row, row, of_panel, of_task = (b[i] for i in range(7))
        first_column, in_tile = hl.min(of_row * tile, columns - tile), wide * lanes + near
        column = first_column + in_tile
        sums = partial[in_tile, in_panel, row * pitch + first_column, 0, of_panel, of_task]
    else:
        b = hl.RDom([(0, columns), (0, rows), (0, kernels), *panels])
        column, row, in_panel, of_panel, of_task = (b[i] for i in range(5))
        sums = total[row * pitch + column, in_panel, of_panel, of_task]
    x0, y0, z0, p0, g0, n0 = (tasks[i, of_task] for i in range(FIRSTS))
    k = (p0 + of_panel) * kernels + in_panel
    b.where(k < whole.dim(3).extent())
    to = [within(v, whole.dim(d)) for d, v in enumerate((x0 + column, y0 + row, z0, k, g0, n0))]
    sums += bias[in_panel, within(p0 + of_panel, bias.dim(1)), within(g0, bias.dim(2))]
    added = hl.ImageParam(number, 6, "residual")
    if residual:
        sums += added[to]
    out[to] = finish(sums, activation, slope, ceiling)

    # schedule: a task is a block of the image by some panels; in it, a register tile at a time
    tiles = hl.Var("tiles")
    written = out.update().allow_race_conditions().parallel(of_task)
    out.never_partition_all()
    scratch.compute_at(out, of_task).store_in(hl.MemoryType.Heap).bound_extent(scratch.args()[0], held)
    scratch.update(0).allow_race_conditions().vectorize(copied)
    for stride in (1, 2):  # loads that are dense, and dense loads that are shuffled
        scratch.update(0).specialize(strides[0] == stride)
    scratch.update(1).unscheduled()
    if apart:
        written.vectorize(near).unroll(wide).unroll(in_panel)
        partial.compute_at(out, of_row)
    else:
        near = hl.RVar("near")
        written.split(column, hl.RVar("wide"), near, lanes, hl.TailStrategy.GuardWithIf).vectorize(near)
        total.compute_at(out, of_task).store_in(hl.MemoryType.Heap).bound_extent(panel, task_panels)
        total.bound_extent(kernel, kernels).bound_extent(q, (run + tile - 1) / tile * tile)
        total.update().split(q, tiles, q, tile).reorder(q, kernel, panel, tiles, t.x)
        total.update().vectorize(q, lanes).unroll(q).unroll(kernel)
        partial.compute_at(total, panel)
    partial.bound(cell, 0, tile).bound(kernel, 0, kernels).bound_extent(first, 1)
    partial.vectorize(cell, lanes).unroll(cell).unroll(kernel)
    partial.update().reorder(cell, kernel, r.x).vectorize(cell, lanes).unroll(cell).unroll(kernel)
    # what compiled code may take for granted; it checks its arguments against this
    like = [added, whole] if residual else [whole]
    for buffer in (source, weights, bias, tasks, *lists, *like):
        for d in range(buffer.dimensions()):
            buffer.dim(d).set_min(0)
        buffer.dim(0).set_stride(1)
    weights.dim(0).set_extent(kernels)
    weights.dim(1).set_stride(kernels)
    bias.dim(0).set_extent(kernels)
    arrays = [source, weights, bias, *like[:-1], *lists, tasks]
    return out, [*arrays, *strides, *sizes, slope, ceiling, outside]


def _fill(
    scratch: hl.Func,
    task: hl.Var,
    source: hl.ImageParam,
    tasks: hl.ImageParam,
    lists: Sequence[hl.ImageParam],
    strides: Sequence[hl.Param],
    sizes: tuple[hl.Param, hl.Param, hl.Param, hl.Param],
    lanes: int,
    outside: hl.Param,
) -> hl.RVar:
    """Define the scratch: the inside of rows copied a vector at a time, their ends looked up; return the lane."""
    pitch, length, before, looked_up = sizes
    tables, (phases, lines, planes) = lists[:3], lists[4:]
    x0, y0, z0, _, g0, n0 = (tasks[i, task] for i in range(FIRSTS))
    item = within(g0, source.dim(4)), within(n0, source.dim(5))
    extents = [lines.dim(0).extent(), planes.dim(0).extent(), phases.dim(0).extent(), source.dim(3).extent()]
    around = [(0, extent) for extent in extents]

    def shown(axis: int, cell: hl.Expr) -> hl.Expr:
        return borders.cell_at(tables[axis], cell)

    def copied_whole(phase: hl.Expr) -> list[hl.Expr]:
        return [tasks[FIRSTS + 2 * phase + i, task] for i in range(2)]

    def put(at: hl.Expr, column: hl.Expr, inside: hl.Expr, where: Sequence[hl.Expr]) -> None:
        line, plane, phase, channel = where
        cells = shown(1, y0 * strides[1] + lines[line]), shown(2, z0 * strides[2] + planes[plane])
        yz = [clamped(cell, source.dim(d)) for d, cell in enumerate(cells, start=1)]
        row = line + extents[0] * (plane + extents[1] * phase)
        place = promised(at, pitch) + pitch * row + length * channel
        seen = inside & (cells[0] >= 0) & (cells[1] >= 0)
        scratch[place, task] = hl.select(
            seen, source[column, *yz, channel, *item], hl.cast(source.type(), outside)
        )

    scratch[hl.Var("cell"), task] = hl.undef(source.type())
    inner = hl.RDom([(0, lanes), (0, (pitch + lanes - 1) / lanes), *around], "inner")
    lane, vector, *where = (inner[i] for i in range(6))
    begin, end = copied_whole(where[2])
    inner.where(begin + lanes <= end)
    at = hl.min(begin + vector * lanes, end - lanes)
    first = promised(  # the promise is one of the first lane's, so that Halide sees lanes a stride apart
        (x0 + at) * strides[0] + phases[where[2]] - before, source.dim(0).extent() - (lanes - 1) * strides[0]
    )
    put(at + lane, first + lane * strides[0], hl.Expr(True), where)
    ends = hl.RDom([(0, looked_up), *around], "ends")
    cell, *where = (ends[i] for i in range(5))
    begin, end = copied_whole(where[2])
    ends.where(cell - begin + end < pitch)
    at = hl.select(cell < begin, cell, cell - begin + end)
    column = shown(0, (x0 + at) * strides[0] + phases[where[2]])
    put(at, clamped(column, source.dim(0)), column >= 0, where)
    return lane
