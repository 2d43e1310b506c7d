"""The largest magnitude among floats, as a maximum of integers: bits but for the sign sort numbers < ∞ < NaN."""

from typing import Any

import halide as hl


def build(bits: int, lanes: int, vectors: int, block: int) -> tuple[hl.Func, list[Any]]:
    """
    Build the pipeline.

    Parameters
    ----------
    bits : int
        Width of the floats: 16, 32 or 64.
    lanes, vectors : int
        Elements a vector, and vectors that are compared in turn.
    block : int
        Elements a task; a multiple of lanes × vectors.

    Notes
    -----
    Arguments: the floats as unsigned integers, at least a block of them, and the output, one for each task: the
    largest bits in its block, the sign's aside. The last block reaches back.
    """
    element, task, floats = hl.Var("element"), hl.Var("task"), hl.ImageParam(hl.UInt(bits), 1, "floats")
    width = lanes * vectors
    start = hl.min(task * block, floats.dim(0).extent() - block)
    number = floats[start + element] & hl.cast(hl.UInt(bits), 2 ** (bits - 1) - 1)
    numbers, largest, out = hl.Func("numbers"), hl.Func("largest"), hl.Func("out")
    numbers[element, task] = number
    steps, members = hl.RDom([(0, block // width)]), hl.RDom([(0, width)])
    largest[element, task] = hl.cast(hl.UInt(bits), 0)
    largest[element, task] = hl.max(largest[element, task], numbers[steps * width + element, task])
    out[task] = hl.maximum(largest[members, task])

    out.parallel(task)
    largest.compute_at(out, task).bound_extent(element, width).vectorize(element, lanes).unroll(element)
    largest.update().reorder(element, steps).vectorize(element, lanes).unroll(element)
    floats.dim(0).set_bounds(0, floats.dim(0).extent()).set_stride(1)
    return out, [floats]
