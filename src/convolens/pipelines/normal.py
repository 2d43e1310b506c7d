"""
Layer normalisation: the channels of each cell brought to mean 0 and variance 1, then scaled and shifted.

    out = (source − mean) / √(variance + ε) · scale + shift

A cell's numbers are read from memory once, and from the nearest cache twice more: for the squares of what is left
beside the mean, and for the result. Each lane of a vector has sums of its own, which are joined at the end; the
last vector reaches back over channels that do not count again.
"""

from typing import Any

import halide as hl

from convolens.pipelines.indices import promised


def build(dtype: str, lanes: int) -> tuple[hl.Func, list[Any]]:
    """
    Build the pipeline.

    Parameters
    ----------
    dtype : str
        float32 or float64.
    lanes : int
        Channels that are taken together; no more than there are.

    Notes
    -----
    Arguments, in NumPy's order of axes: source (N, H, W, C), channels side by side; scale and shift (C); output
    like the source. Then scalars: epsilon; rows, and images, a task.
    """
    number = hl.Float(64) if dtype == "float64" else hl.Float(32)
    source, scale, shift = (
        hl.ImageParam(number, d, name) for d, name in ((4, "source"), (1, "scale"), (1, "shift"))
    )
    epsilon = hl.Param(hl.Float(64), "epsilon")
    task_rows, task_images = (hl.Param(hl.Int(32), name) for name in ("task_rows", "task_images"))
    lane, c, x, y, n = (hl.Var(name) for name in ("lane", "c", "x", "y", "n"))
    out, channels = hl.Func("out"), source.dim(0).extent()

    # algorithm
    def joined(name: str, term: Any) -> tuple[hl.Func, hl.Func, hl.RDom, hl.RDom]:
        """Sum a function of each channel: lane by lane, then over the lanes."""
        lanewise, total = hl.Func(f"{name}_lanes"), hl.Func(name)
        vectors, every = hl.RDom([(0, channels / lanes)]), hl.RDom([(0, lanes)])
        nothing, rest = hl.cast(number, 0), term(promised(channels - lanes + lane, channels))
        lanewise[lane, x, y, n] = nothing
        lanewise[lane, x, y, n] += term(promised(vectors.x * lanes + lane, channels))
        lanewise[lane, x, y, n] += hl.select(lane >= lanes - channels % lanes, rest, nothing)
        total[x, y, n] = hl.cast(number, 0)
        total[x, y, n] += lanewise[every.x, x, y, n]
        return total, lanewise, vectors, every

    count = hl.cast(number, channels)
    sums = joined("sums", lambda channel: source[channel, x, y, n])
    mean = sums[0][x, y, n] / count
    squares = joined("squares", lambda channel: hl.pow(source[channel, x, y, n] - mean, 2))
    inverse = hl.Func("inverse")
    inverse[x, y, n] = 1 / hl.sqrt(squares[0][x, y, n] / count + hl.cast(number, epsilon))
    out[c, x, y, n] = (source[c, x, y, n] - mean) * inverse[x, y, n] * scale[c] + shift[c]

    # schedule
    strip, task, guard = hl.Var("strip"), hl.Var("task"), hl.TailStrategy.GuardWithIf
    out.split(y, strip, y, task_rows, guard).split(n, task, n, task_images, guard)
    out.vectorize(c, lanes, hl.TailStrategy.ShiftInwards).reorder(c, x, y, n, strip, task)
    out.fuse(strip, task, task).parallel(task).never_partition_all()
    inverse.compute_at(out, x)
    for total, lanewise, vectors, every in (sums, squares):
        total.compute_at(out, x)
        total.update().atomic().vectorize(every.x)
        lanewise.compute_at(out, x).bound(lane, 0, lanes).vectorize(lane)
        lanewise.update().reorder(lane, vectors.x).vectorize(lane)
        lanewise.update(1).vectorize(lane)
    for buffer in (source, scale, shift, out.output_buffer()):
        for d in range(buffer.dimensions()):
            buffer.dim(d).set_min(0)
        buffer.dim(0).set_stride(1)
    return out, [source, scale, shift, epsilon, task_rows, task_images]
