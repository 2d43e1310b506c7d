"""Two loops that do nothing but keep the processor busy: multiply-adds in registers, and a sum over memory."""

from typing import Any

import halide as hl


def build(what: str, dtype: str, lanes: int, accumulators: int) -> tuple[hl.Func, list[Any]]:
    """
    Build a loop whose speed is the machine's.

    Parameters
    ----------
    what : str
        ``arithmetic``: each task multiplies and adds ``rounds`` times, in as many independent vectors as registers
        allow. ``memory``: each task sums its share of an array.
    dtype : str
        float32 or float64.
    lanes, accumulators : int
        Elements a vector, and vectors that are worked on in turn.

    Notes
    -----
    Arguments: an array (tasks, columns), an output (tasks, accumulators × lanes), and the ``Int(32)`` rounds. For
    ``arithmetic`` a multiple of the array's first columns is the factor; for ``memory``, rounds × accumulators ×
    lanes are the columns that are read.
    """
    number = hl.Float(64) if dtype == "float64" else hl.Float(32)
    c, task = hl.Var("c"), hl.Var("task")
    array, rounds = hl.ImageParam(number, 2, "array"), hl.Param(hl.Int(32), "rounds")
    total, out = hl.Func("total"), hl.Func("out")
    width = lanes * accumulators
    r = hl.RDom([(0, rounds)])
    total[c, task] = hl.cast(number, 0)
    if what == "arithmetic":
        total[c, task] = total[c, task] * array[0, task] + array[1, task] + hl.cast(number, 0 * r.x)
    else:
        total[c, task] += array[r.x * width + c, task]
    out[c, task] = total[c, task]

    out.bound(c, 0, width).vectorize(c, lanes).parallel(task)
    total.compute_at(out, task).vectorize(c, lanes).unroll(c)
    total.update().reorder(c, r.x).vectorize(c, lanes).unroll(c)
    return out, [array, rounds]
