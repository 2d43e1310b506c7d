"""
Passes over maps whose channels lie together: sums of each channel, or a line in each.

    sums:      Σ x                      line:   a (x − m) + b
    squares:   Σ (x − m)²               plane:  a dy + b (x − m) + c
    products:  Σ dy,  Σ dy (x − m)

Sums are taken of shares of the rows, in an order that the shares decide.
"""

from collections.abc import Callable
from typing import Any

import halide as hl

from convolens.pipelines.indices import promised

ROWS = 64  # of a task that writes a line
INPUTS = {"sums": 1, "squares": 1, "products": 2, "line": 1, "plane": 2}
"""How many maps a pass reads; of two, the gradient comes first."""
NUMBERS = {"squares": 1, "products": 1, "line": 3, "plane": 4}
"""How many numbers it takes for each channel, m first."""

Read = Callable[[int], hl.Expr]


def build(dtype: str, lanes: int, vectors: int, work: str) -> tuple[hl.Func, list[Any]]:
    """
    Build the pipeline.

    Parameters
    ----------
    dtype : str
        float32 or float64.
    lanes, vectors : int
        Channels are a multiple of ``vectors`` vectors of ``lanes``.
    work : str
        Which pass.

    Notes
    -----
    Arguments, in NumPy's order of axes: the maps (rows, C); numbers (how many, C), if the pass takes any; output
    (shares, sums, C), or (rows, C). Then for sums, a scalar: rows a share.
    """
    number = hl.Float(64) if dtype == "float64" else hl.Float(32)
    maps = [hl.ImageParam(number, 2, f"map{n}") for n in range(INPUTS[work])]
    numbers, share_rows = hl.ImageParam(number, 2, "numbers"), hl.Param(hl.Int(32), "share_rows")
    c, row, n, some, task, out = *(hl.Var(name) for name in ("c", "row", "n", "some", "task")), hl.Func("out")
    rows = maps[0].dim(1).extent()
    if work in ("line", "plane"):
        read, given = [lambda k: maps[k][c, row], lambda k: numbers[c, k]]
        out[c, row] = _line(read, given) if work == "line" else _plane(read, given)
        out.split(row, task, row, ROWS, hl.TailStrategy.GuardWithIf).parallel(task).vectorize(c, lanes)
        scalars = []
    else:
        r, total = hl.RDom([(0, share_rows)]), hl.Func("total")
        at = n * share_rows + r.x
        r.where(at < rows)
        terms = SUMS[work](lambda k: maps[k][c, promised(at, rows)], lambda k: numbers[c, k])
        total[c, some, n] = hl.cast(number, 0)
        total[c, some, n] += hl.mux(some, terms) if len(terms) > 1 else terms[0]
        out[c, some, n] = total[c, some, n]
        out.bound(some, 0, len(terms)).split(c, task, c, lanes * vectors).reorder(c, some, task, n)
        out.vectorize(c, lanes).unroll(c).unroll(some).parallel(n)
        total.compute_at(out, task).vectorize(c, lanes).unroll(c).unroll(some)
        total.update().reorder(c, some, r.x).vectorize(c, lanes).unroll(c).unroll(some)
        total.update().never_partition_all()
        scalars = [share_rows]
    for buffer in (*maps, numbers, out.output_buffer()):
        for d in range(buffer.dimensions()):
            buffer.dim(d).set_min(0)
        whole = buffer.dim(0).extent() / (lanes * vectors) * (lanes * vectors)
        buffer.dim(0).set_stride(1).set_extent(whole)
    return out, [*maps, *([numbers] if work in NUMBERS else []), *scalars]


def _line(maps: Read, numbers: Read) -> hl.Expr:
    return numbers(1) * (maps(0) - numbers(0)) + numbers(2)


def _plane(maps: Read, numbers: Read) -> hl.Expr:
    return numbers(1) * maps(0) + numbers(2) * (maps(1) - numbers(0)) + numbers(3)


def _squares(maps: Read, numbers: Read) -> list[hl.Expr]:
    far = maps(0) - numbers(0)
    return [far * far]


SUMS: dict[str, Callable[[Read, Read], list[hl.Expr]]] = {
    "sums": lambda maps, _: [maps(0)],
    "squares": _squares,
    "products": lambda maps, numbers: [maps(0), maps(0) * (maps(1) - numbers(0))],
}
