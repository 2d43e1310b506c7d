"""A small pipeline with everything in it that the runtime has to carry: parallel tasks, an int and a float."""

from typing import Any

import halide as hl


def build(rounds: int, fetch_ahead: bool = False) -> tuple[hl.Func, list[Any]]:
    """Build out[x, y] = factor · image[x, y] + shift, count to ``rounds``, and fetch a row ahead."""
    x, y = hl.Var("x"), hl.Var("y")
    image = hl.ImageParam(hl.Float(32), 2, "image")
    shift, factor = hl.Param(hl.Int(32), "shift"), hl.Param(hl.Float(64), "factor")
    r = hl.RDom([(0, rounds)])
    out = hl.Func("out")
    out[x, y] = hl.f32(factor) * image[x, y] + shift - rounds
    out[x, y] += hl.f32(1) + r.x * 0
    image.dim(0).set_stride(hl.Expr())  # any
    if fetch_ahead:
        out.prefetch(image=image, at=y, **{"from": y}, offset=1)
    out.parallel(y)
    out.update().parallel(y)
    return out, [image, shift, factor]
