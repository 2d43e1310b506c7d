"""
Gradients of deformable convolution: what becomes of the samples of each window.

The image has its channels in whole vectors, group by group of those that share their offsets, and below it two
rows, one of the border's constant and one of zeros. Windows lie in memory as samples do: for each output cell and
kernel cell, the channels. Points are located a vector at a time; then vectors run along the channels.
"""

from typing import Any

import halide as hl

from convolens.pipelines import bilinear
from convolens.pipelines.indices import promised

BATCH = 4  # vectors of points of a task
FEW = 4  # lanes that are added one after the other

lane, v, g, t, q, j, cell, s = (hl.Var(name) for name in ("lane", *"vgtqj", "cell", "s"))


def build(
    kind: str, dtype: str, offset_dtype: str, lanes: int, points: int, periodic: bool, whole: bool
) -> tuple[hl.Func, list[Any]]:
    """
    Build the pipeline.

    Parameters
    ----------
    kind : str
        ``samples`` weighs what each window sees by its mask. ``slopes`` says how the loss changes with each mask,
        and with each offset, down and right. ``spread`` adds to the gradient of the image.
    dtype, offset_dtype : str
        float32 or float64: of all arrays but the offsets, and of these.
    lanes, points : int
        Channels, and points, that are taken together.
    periodic : bool
        Whether the border shows the image again and again; see :class:`~convolens.pipelines.bilinear.Reach`.
    whole : bool
        Whether vectors hold nothing but channels; else the last of a group goes on beyond them.

    Notes
    -----
    Arguments, in NumPy's order of axes, of one image: unless ``spread``, image (cells of all rows, groups,
    vectors, lanes); offset (groups, kernel cells, 2, pixels); mask (groups, kernel cells, pixels); for each pixel
    the first row, then column, that its window would see, (2, pixels); for each kernel cell how far it is from
    there, (2, kernel cells); unless ``samples``, how the loss changes with what each window sees, its mask
    included (pixels, kernel cells, groups, vectors, lanes). Pixels are whole vectors of points. Then scalars:
    height, width, and channels of a group; those of the border. The output is like the windows; (groups, kernel
    cells, 3, pixels); or like the image.
    """
    number = hl.Float(64) if dtype == "float64" else hl.Float(32)
    image, windows = hl.ImageParam(number, 4, "image"), hl.ImageParam(number, 5, "windows")
    offset = hl.ImageParam(hl.Float(64) if offset_dtype == "float64" else hl.Float(32), 4, "offset")
    mask = hl.ImageParam(number, 3, "mask")
    starts, steps = (hl.ImageParam(hl.Int(32), 2, name) for name in ("starts", "steps"))
    height, width, channels = (hl.Param(hl.Int(32), name) for name in ("height", "width", "channels"))
    reach = bilinear.Reach(periodic)
    found = hl.Func("found")
    corner = [starts[q, axis] + steps[t, axis] for axis in (0, 1)]
    moved = [offset[q, axis, t, g] for axis in (0, 1)]
    cells, fractions = bilinear.cells_around(reach, (height, width), corner, moved, number)
    if kind == "slopes":
        found[q, t, g] = (*cells, *fractions)
        out = _slopes(image, windows, mask, found, channels, (lanes, points, whole))
    else:
        shares = bilinear.corners(fractions)
        found[q, t, g] = (*bilinear.touched(cells, shares, (height + 1) * width), *shares)
        if kind == "samples":
            out = _samples(image, mask, found, points)
        else:
            out = _spread(windows, mask, found, points, (height + 2) * width)
    found.store_in(hl.MemoryType.Stack).vectorize(q, points)
    found.bound_extent(q, points).bound_extent(t, 1).bound_extent(g, 1)
    for buffer in (image, windows, offset, mask, starts, steps, out.output_buffer()):
        for d in range(buffer.dimensions()):
            buffer.dim(d).set_min(0)
    for buffer in (image, windows, *([] if kind == "slopes" else [out.output_buffer()])):
        buffer.dim(0).set_bounds(0, lanes).dim(1).set_stride(lanes)
    arrays = [offset, mask, starts, steps]
    arrays = arrays if kind == "spread" else [image, *arrays]
    arrays = arrays if kind == "samples" else [*arrays, windows]
    return out, [*arrays, height, width, channels, *reach.scalars]


def _samples(image: hl.ImageParam, mask: hl.ImageParam, found: hl.Func, points: int) -> hl.Func:
    """Interpolate, and weigh by the mask."""
    out, zero = hl.Func("samples"), hl.cast(image.type(), 0)
    there = [found[q, t, g][i] for i in range(8)]
    corners = [image[lane, v, g, promised(place, image.dim(3).extent())] for place in there[:4]]
    value = sum((share * seen for share, seen in zip(there[4:], corners, strict=True)), start=zero)
    # Strictly, or the product is taken corner by corner, and an infinite mask gives ∞ − ∞.
    out[lane, v, g, t, q] = hl.strict_float(value) * mask[q, t, g]
    far, task = _tasks(out, points)
    out.reorder(lane, v, q, g, t, far, task).vectorize(lane).parallel(task).never_partition_all()
    found.compute_at(out, g)
    return out


def _slopes(
    image: hl.ImageParam,
    windows: hl.ImageParam,
    mask: hl.ImageParam,
    found: hl.Func,
    channels: hl.Expr,
    sizes: tuple[int, int, bool],
) -> hl.Func:
    """Multiply each window by what the four cells show; all three derivatives follow from that."""
    number, (lanes, points, whole) = image.type(), sizes
    partial, dots, out = (hl.Func(name) for name in ("partial", "dots", "slopes"))
    r = hl.RDom([(0, image.dim(1).extent())])
    there = [found[q, t, g][i] for i in range(6)]
    place = promised(hl.mux(j, there[:4]), image.dim(3).extent())
    product = windows[lane, r.x, g, t, q] * image[lane, r.x, g, place]
    partial[lane, j, q, t, g] = hl.cast(number, 0)
    partial[lane, j, q, t, g] += product if whole else hl.select(r.x * lanes + lane < channels, product, 0)
    halves = [partial]
    while (width := lanes >> len(halves)) >= FEW:
        halves.append(hl.Func(f"half_{width}"))
        halves[-1][lane, j, q, t, g] = halves[-2][lane, j, q, t, g] + halves[-2][lane + width, j, q, t, g]
    dots[j, q, t, g] = sum((halves[-1][i, j, q, t, g] for i in range(min(lanes, FEW))), start=hl.cast(number, 0))

    def joined(*weights: hl.Expr) -> hl.Expr:
        zero = hl.cast(number, 0)
        terms = (hl.select(w == zero, zero, w * dots[i, q, t, g]) for i, w in enumerate(weights))
        return sum(terms, start=zero)

    down, right = there[4:]
    up, left = (hl.strict_float(1 - fraction) for fraction in (down, right))
    flat = joined(up * left, up * right, down * left, down * right)
    sloping = joined(-left, -right, left, right), joined(-up, up, -down, down)
    out[q, s, t, g] = hl.mux(s, [flat, *(mask[q, t, g] * slope for slope in sloping)])

    far, task = _tasks(out, points)
    out.bound(s, 0, 3).reorder(q, s, g, t, far, task).vectorize(q).unroll(s).parallel(task).never_partition_all()
    found.compute_at(out, g)
    dots.compute_at(out, g).store_in(hl.MemoryType.Stack).vectorize(j)
    dots.bound_extent(j, 4).bound_extent(q, points).bound_extent(t, 1).bound_extent(g, 1)
    for func in halves:
        func.compute_at(dots, q).bound_extent(j, 4).vectorize(lane).unroll(j)
    partial.bound_extent(lane, lanes).update().reorder(lane, j, r.x).vectorize(lane, lanes).unroll(j)
    return out


def _spread(windows: hl.ImageParam, mask: hl.ImageParam, found: hl.Func, points: int, room: hl.Expr) -> hl.Func:
    """Give each of the four cells around a point its share; a task has some channels, so that none is shared."""
    out, task = hl.Func("spread"), hl.Var("task")
    out[lane, v, g, cell] = hl.undef(windows.type())
    r = hl.RDom([(0, 4), (0, points), (0, windows.dim(3).extent()), (0, windows.dim(4).extent() / points)])
    at = r[3] * points + r[1]
    there = [found[at, r[2], g][i] for i in range(8)]
    place, share = (hl.mux(r[0], there[first : first + 4]) for first in (0, 4))
    flowing = windows[lane, v, g, r[2], at] * mask[at, r[2], g]
    out[lane, v, g, promised(place, room)] += flowing * share
    added = out.update().reorder(lane, r[0], r[1], r[2], r[3], v, g).vectorize(lane).unroll(r[0])
    added.fuse(v, g, task).parallel(task).never_partition_all()
    found.compute_at(out, r[2])
    return out


def _tasks(out: hl.Func, points: int) -> tuple[hl.Var, hl.Var]:
    far, task = hl.Var("far"), hl.Var("task")
    out.split(q, far, q, points, hl.TailStrategy.RoundUp)
    out.split(far, task, far, BATCH, hl.TailStrategy.GuardWithIf)
    return far, task
