"""
Deformable convolution: every kernel cell looks where its own offset points, between the cells.

The image is set with channels innermost, and below it two rows, one of the border's constant and one of zeros. A
block of windows is sampled, window by window and vectors along the channels, into a scratch array in cache; from
there a tile of pixels by kernels is summed in registers. Long windows go some kernel cells at a time.
"""

from typing import Any

import halide as hl

from convolens.pipelines import bilinear
from convolens.pipelines.epilogue import finish
from convolens.pipelines.indices import promised

lane, pixel, tile, block, part_chunk, c, t, g, k, q, n = (
    hl.Var(name) for name in ("lane", "pixel", "tile", "block", "part_chunk", *"ctgkqn")
)


def build(
    dtype: str,
    offset_dtype: str,
    lanes: int,
    vectors: int,
    pixels: int,
    periodic: bool,
    channels_last: bool,
    activation: str,
) -> tuple[hl.Func, list[Any]]:
    """
    Build the pipeline.

    Parameters
    ----------
    dtype, offset_dtype : str
        float32 or float64: of all arrays but the offsets, and of these.
    lanes, vectors, pixels : int
        The register tile: ``vectors`` vectors of ``lanes`` kernels by ``pixels`` output cells.
    periodic : bool
        Whether the border shows the image again and again; see :class:`~convolens.pipelines.bilinear.Reach`.
    channels_last : bool
        Whether neighbouring channels of image and output lie side by side; else cells of image, output, offsets
        and mask do.
    activation : str
        What follows the sums; see :func:`~convolens.pipelines.epilogue.finish`.

    Notes
    -----
    Arguments, in NumPy's order of axes: image (N, H, W, C); offset (N, offset groups, kernel cells, 2, pixels);
    mask (N, offset groups, kernel cells, pixels); for each pixel the first row, then column, that its window would
    see, (2, pixels); for each kernel cell how far it is from there, (2, kernel cells); weights (panels, kernel
    cells, C, vectors × lanes), the kernels filled up with zeros to whole panels; bias (K); output (N, pixels, K).
    Then scalars: kernel cells that are sampled together, tiles of a task; those of the border, and its constant;
    slope and ceiling.
    """
    number = hl.Float(64) if dtype == "float64" else hl.Float(32)
    panel = lanes * vectors
    image, weights, bias = (
        hl.ImageParam(number, d, name) for d, name in ((4, "image"), (4, "weights"), (1, "bias"))
    )
    offset = hl.ImageParam(hl.Float(64) if offset_dtype == "float64" else hl.Float(32), 5, "offset")
    mask = hl.ImageParam(number, 4, "mask")
    starts, steps = (hl.ImageParam(hl.Int(32), 2, name) for name in ("starts", "steps"))
    together, task_tiles = (hl.Param(hl.Int(32), name) for name in ("together", "task_tiles"))
    outside, slope, ceiling = (hl.Param(hl.Float(64), name) for name in ("outside", "slope", "ceiling"))
    reach = bilinear.Reach(periodic)
    cells, taps = starts.dim(0).extent(), steps.dim(0).extent()

    # algorithm
    flat, rows = _flat(image, outside)
    places, shares = _places(image, offset, starts, steps, reach)
    columns, points, corners = _columns(image, offset, mask, flat, places, shares)
    part, total, out = (hl.Func(name) for name in ("part", "total", "out"))
    chunk = hl.RDom([(0, taps / together)])
    terms = hl.RDom([(0, image.dim(0).extent()), (0, together)])
    at, r = (lane, pixel, tile, block, n), part_chunk
    tap = r * together + terms.y
    window = hl.min(tile * pixels + pixel, cells - 1)
    part[lane, pixel, tile, block, r, n] = hl.cast(number, 0)
    part[lane, pixel, tile, block, r, n] += weights[lane, terms.x, tap, block] * columns[terms.x, tap, window, n]
    total[at] = hl.cast(number, 0)
    total[at] += part[lane, pixel, tile, block, chunk.x, n]
    result = total[k % panel, q % pixels, q / pixels, k / panel, n] + bias[k]
    out[k, q, n] = finish(result, activation, slope, ceiling)

    # schedule
    flat.compute_root()
    _schedule_flat(flat, rows, lanes, channels_last)
    task = _schedule_output(out, lanes, panel, pixels, task_tiles, channels_last)
    _schedule_sums(part, total, (out, task), chunk, terms, (lanes, panel, pixels))
    columns.compute_at(total, chunk.x).store_in(hl.MemoryType.Heap)
    _schedule_columns(columns, points, corners, (places, shares), lanes)

    # what compiled code may take for granted; it checks its arguments against this
    for buffer in (image, weights, bias, offset, mask, starts, steps, out.output_buffer()):
        for d in range(buffer.dimensions()):
            buffer.dim(d).set_min(0)
    for buffer in (image, out.output_buffer()):
        buffer.dim(0).set_stride(1 if channels_last else hl.Expr())
        buffer.dim(1).set_stride(hl.Expr() if channels_last else 1)
    if channels_last:
        offset.dim(0).set_stride(hl.Expr())
        mask.dim(0).set_stride(hl.Expr())
    weights.dim(0).set_extent(panel)
    weights.dim(1).set_stride(panel)
    arrays = [image, offset, mask, starts, steps, weights, bias]
    return out, [*arrays, together, task_tiles, *reach.scalars, outside, slope, ceiling]


def _flat(image: hl.ImageParam, outside: hl.Expr) -> tuple[hl.Func, hl.RDom]:
    """Set channels innermost and count cells through; then come a row's worth of the constant, and of zeros."""
    width, height = image.dim(1).extent(), image.dim(2).extent()
    flat = hl.Func("flat")
    flat[c, q, n] = hl.undef(image.type())
    rows = hl.RDom([(0, width), (0, height + 2)])
    below = hl.select(rows.y == height, hl.cast(image.type(), outside), hl.cast(image.type(), 0))
    cell = image[c, rows.x, hl.min(rows.y, height - 1), n]
    flat[c, rows.y * width + rows.x, n] = hl.select(rows.y < height, cell, below)
    return flat, rows


def _places(
    image: hl.ImageParam,
    offset: hl.ImageParam,
    starts: hl.ImageParam,
    steps: hl.ImageParam,
    reach: bilinear.Reach,
) -> tuple[hl.Func, hl.Func]:
    """Find the four cells around each point, as they are counted through, and their weights."""
    width, height = image.dim(1).extent(), image.dim(2).extent()
    corner = [starts[q, axis] + steps[t, axis] for axis in (0, 1)]
    moved = [offset[q, axis, t, g, n] for axis in (0, 1)]
    cells, fractions = bilinear.cells_around(reach, (height, width), corner, moved, image.type())
    weights = bilinear.corners(fractions)
    places, shares = hl.Func("places"), hl.Func("shares")
    places[q, t, g, n] = tuple(bilinear.touched(cells, weights, (height + 1) * width))
    shares[q, t, g, n] = tuple(weights)
    return places, shares


def _columns(
    image: hl.ImageParam,
    offset: hl.ImageParam,
    mask: hl.ImageParam,
    flat: hl.Func,
    places: hl.Func,
    shares: hl.Func,
) -> tuple[hl.Func, hl.RDom, hl.Func]:
    """Interpolate, and weigh by the mask; what is known of a point is at hand for all its channels."""
    groups = offset.dim(3).extent()
    channels = image.dim(0).extent() / groups
    cells = image.dim(1).extent() * (image.dim(2).extent() + 2)
    corners = hl.Func("corners")
    at = (q, t, g, n)
    corners[at] = (*(places[at][j] for j in range(4)), *(shares[at][j] for j in range(4)), mask[at])
    points = hl.RDom([(0, channels), (0, groups)])
    channel = points.y * channels + points.x
    point = corners[q, t, points.y, n]
    value = sum(
        (point[4 + j] * flat[channel, promised(point[j], cells), n] for j in range(4)),
        start=hl.cast(image.type(), 0),
    )
    columns = hl.Func("columns")
    columns[c, t, q, n] = hl.undef(image.type())
    columns[channel, t, q, n] = value * point[8]
    return columns, points, corners


def _schedule_flat(flat: hl.Func, rows: hl.RDom, lanes: int, channels_last: bool) -> None:
    """Copy rows."""
    guard = hl.TailStrategy.GuardWithIf
    copy = flat.update().allow_race_conditions()  # there are none: each cell is written once
    if channels_last:
        copy.reorder(c, rows.x, rows.y, n).vectorize(c, lanes, guard)
    else:
        near, far, some = hl.RVar("near"), hl.RVar("far"), hl.Var("some")
        copy.split(rows.x, far, near, lanes, guard).split(c, some, c, 8, guard)
        copy.reorder(c, near, some, far, rows.y, n)
    copy.parallel(rows.y).never_partition_all()


def _schedule_output(
    out: hl.Func, lanes: int, panel: int, pixels: int, task_tiles: hl.Expr, channels_last: bool
) -> hl.Var:
    """Make a task of some tiles of pixels, by all kernels."""
    guard, task, wide = hl.TailStrategy.GuardWithIf, hl.Var("task"), hl.Var("wide")
    if channels_last:
        out.split(q, tile, pixel, pixels, guard).split(tile, task, tile, task_tiles, guard)
        out.split(k, block, lane, panel, guard).reorder(lane, pixel, tile, block, task, n)
        out.split(lane, wide, lane, lanes, hl.TailStrategy.PredicateStores).vectorize(lane)
    else:
        out.split(q, task, q, task_tiles * pixels, guard).split(q, wide, q, lanes, hl.TailStrategy.PredicateStores)
        out.reorder(q, wide, k, task, n).vectorize(q)
    out.fuse(task, n, task).parallel(task).never_partition_all()
    return task


def _schedule_sums(
    part: hl.Func,
    total: hl.Func,
    consumer: tuple[hl.Func, hl.Var],
    chunk: hl.RDom,
    terms: hl.RDom,
    sizes: tuple[int, int, int],
) -> None:
    """Hold a tile in registers; go by chunks of the windows, then by panels of kernels, then by tiles."""
    lanes, panel, pixels = sizes
    total.compute_at(*consumer).store_in(hl.MemoryType.Heap)
    total.update().reorder(lane, pixel, tile, block, chunk.x)
    total.never_partition_all()
    part.compute_at(total, tile)
    part.update().reorder(lane, pixel, terms.x, terms.y, tile, block)
    for func in (part, total):
        func.bound(pixel, 0, pixels).bound_extent(lane, panel)
        for stage in (func, func.update()):
            stage.vectorize(lane, lanes).unroll(lane).unroll(pixel)
    for variable in (tile, block, part_chunk):
        part.bound_extent(variable, 1)


def _schedule_columns(
    columns: hl.Func, points: hl.RDom, corners: hl.Func, found: tuple[hl.Func, hl.Func], lanes: int
) -> None:
    """Find all points of a vector of windows, then go window by window: neighbouring points see the same cells."""
    guard = hl.TailStrategy.GuardWithIf
    near, far = hl.Var("near"), hl.Var("far")
    sample = columns.update().allow_race_conditions()
    sample.split(q, far, near, lanes, guard).reorder(points.x, points.y, t, near, far, n)
    sample.vectorize(points.x, lanes, guard).never_partition_all()
    corners.compute_at(columns, points.y).store_in(hl.MemoryType.Register)
    for func in (corners, *found):
        func.bound_extent(n, 1)
    corners.bound_extent(q, 1).bound_extent(t, 1).bound_extent(g, 1)
    for func in found:
        func.compute_at(columns, far).store_in(hl.MemoryType.Heap).vectorize(q, lanes, guard).never_partition_all()
