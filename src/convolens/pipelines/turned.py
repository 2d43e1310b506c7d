"""A copy with two axes exchanged, block by block, so that what is read and what is written both come in runs."""

from typing import Any

import halide as hl

BLOCK = 32


def build(bits: int) -> tuple[hl.Func, list[Any]]:
    """
    Build the pipeline.

    Parameters
    ----------
    bits : int
        Of an element.

    Notes
    -----
    Arguments, in NumPy's order of axes: source (N, A, B), with neighbours along B side by side; output (N, B, A),
    with neighbours along A side by side.
    """
    source = hl.ImageParam(hl.UInt(bits), 3, "source")
    a, b, n, some_a, some_b, out = *(hl.Var(name) for name in ("a", "b", "n", "some_a", "some_b")), hl.Func("out")
    out[a, b, n] = source[b, a, n]
    guard = hl.TailStrategy.GuardWithIf
    out.split(a, some_a, a, BLOCK, guard).split(b, some_b, b, BLOCK, guard)
    out.reorder(a, b, some_a, some_b, n).parallel(n).never_partition_all()
    for buffer in (source, out.output_buffer()):
        for d in range(3):
            buffer.dim(d).set_min(0)
        buffer.dim(0).set_stride(1)
    return out, [source]
