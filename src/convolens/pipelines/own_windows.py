"""Whether indices name cells of the windows that they belong to, where windows neither overlap nor leave gaps."""

from typing import Any

import halide as hl


def build(lanes: int, last: bool) -> tuple[hl.Func, list[Any]]:
    """
    Build the pipeline.

    Parameters
    ----------
    lanes : int
        Indices that are looked at together; no more than lie side by side.
    last : bool
        Whether channels lie side by side, rather than windows.

    Notes
    -----
    Arguments, in NumPy's order of axes: indices (N, windows, C), of int64; for each window its first cell; output
    (N, strips, lanes), of int32: 1 where an index was found that names a cell elsewhere. Then scalars: rows and
    columns of a window; cells of a row of the image; windows of a strip; images a task.
    """
    indices, starts = hl.ImageParam(hl.Int(64), 3, "indices"), hl.ImageParam(hl.Int(32), 1, "starts")
    scalars = [hl.Param(hl.Int(32), name) for name in ("rows", "columns", "width", "strip_windows", "task_images")]
    rows, columns, width, strip_windows, task_images = scalars
    lane, strip, n = (hl.Var(name) for name in ("lane", "strip", "n"))
    windows, channels = indices.dim(1).extent(), indices.dim(0).extent()
    found = hl.Func("found")

    def vectors(length: Any) -> Any:
        return (length + lanes - 1) / lanes

    # what lies beyond an end is looked at with the last ones once more
    if last:
        r = hl.RDom([(0, vectors(channels)), (0, strip_windows)])
        channel, window = (
            hl.min(r.x * lanes, channels - lanes) + lane,
            hl.min(strip * strip_windows + r.y, windows - 1),
        )
    else:
        r = hl.RDom([(0, vectors(strip_windows))])
        channel, window = hl.Expr(0), hl.min(strip * strip_windows + r.x * lanes, windows - lanes) + lane
    # float64 holds all cells that there may be, and divides them in vectors
    apart = hl.f64(indices[channel, window, n] - starts[window])
    row = hl.floor((apart + 0.5) * (hl.f64(1) / width))
    column = apart - row * width
    own = (row >= 0) & (row < rows) & (column >= 0) & (column < columns)
    found[lane, strip, n] = 0
    found[lane, strip, n] = hl.select(own, found[lane, strip, n], 1)

    task = hl.Var("task")
    found.bound(lane, 0, lanes).vectorize(lane).never_partition_all()
    looked = found.update().vectorize(lane).split(n, task, n, task_images, hl.TailStrategy.GuardWithIf)
    looked.reorder(lane, *(r[i] for i in range(len(r))), n, strip, task).fuse(strip, task, task).parallel(task)
    for d in range(3):
        indices.dim(d).set_min(0)
    indices.dim(0 if last else 1).set_stride(1)
    starts.dim(0).set_min(0)
    return found, [indices, starts, *scalars]
