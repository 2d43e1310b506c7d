"""
The gradient of an activation, and the sums of what flows on, for the bias: in one pass over memory.

    flowing = dy · activation'(given),   sums[channel] = Σ flowing

Both go to one run of numbers, first what flows, then the sums of each share of the rows. A row is a pixel, where
channels lie together: then each column has a sum. Else it is a channel, whose columns go to the sums of a vector.
"""

import math
from collections.abc import Callable
from typing import Any

import halide as hl

from convolens.pipelines.epilogue import exponential, normal, sigmoid
from convolens.pipelines.indices import promised

FAR = 80.0  # beyond it, the derivatives of silu and gelu are 0 or 1


def build(dtype: str, lanes: int, activation: str) -> tuple[hl.Func, list[Any]]:
    """
    Build the pipeline.

    Parameters
    ----------
    dtype : str
        float32 or float64; of the smooth activations only those that need no exponential take float64.
    lanes : int
        Numbers in a vector.
    activation : str
        Its name; ``none`` for sums alone.

    Notes
    -----
    Arguments: grad and, unless ``none``, given: what the activation gave, or for silu, gelu and
    hard-swish what it took; both
    as one run of numbers. The output holds what flows on, unless ``none``, then the sums. Then scalars: columns;
    rows, in all and a share; shares; sums of a share; how many sums further the next vector of columns goes.
    """
    number = hl.Float(64) if dtype == "float64" else hl.Float(32)
    grad, given = hl.ImageParam(number, 1, "grad"), hl.ImageParam(number, 1, "given")
    names = "columns rows share_rows shares share_sums apart"
    scalars = [hl.Param(hl.Int(32), name) for name in names.split()]
    columns, rows, share_rows, shares, share_sums, apart = scalars
    at, out = hl.Var("at"), hl.Func("out")
    count = grad.dim(0).extent()
    flows = activation != "none"
    start = count if flows else hl.Expr(0)
    vectors, rest = columns / lanes, columns % lanes

    def add(r: hl.RDom, step: hl.Expr, column: hl.Expr, place: hl.Expr) -> None:
        """In step 0 write what flows on; in step 1 add it to the sums while it is there."""
        row, share = r[len(r) - 2], r[len(r) - 1]
        nth = share * share_rows + row
        r.where(nth < rows)
        position = promised(nth * columns + column, count)
        total = promised(start + share * share_sums + place, start + shares * share_sums)
        if flows:
            flowing = FLOWING[activation](grad[position], given[position])
            added = out[total] + out[position]
            out[hl.select(step == 0, position, total)] = hl.select(step == 0, flowing, added)
        else:
            out[total] += grad[position]

    out[at] = hl.undef(number)
    empty = hl.RDom([(0, shares * share_sums)])
    out[start + empty.x] = hl.cast(number, 0)
    step, both = (0, 2 if flows else 1), [(0, share_rows), (0, shares)]
    whole = hl.RDom([(0, lanes), step, (0, vectors), *both])
    add(whole, whole.y, whole.z * lanes + whole.x, whole.z * apart + whole.x)
    tail = hl.RDom([step, (0, rest), *both])
    add(tail, tail.x, vectors * lanes + tail.y, vectors * apart + tail.y)

    out.update(0).unscheduled()
    out.update(1).allow_race_conditions().vectorize(whole.x).unroll(whole.y).parallel(whole[4])
    out.update(2).allow_race_conditions().unroll(tail.x).parallel(tail.w)
    out.output_buffer().dim(0).set_min(0)
    for buffer in (grad, given):
        buffer.dim(0).set_min(0).set_stride(1)
    return out, [grad, *([given] if flows else []), *scalars]


def _relu(grad: hl.Expr, output: hl.Expr) -> hl.Expr:
    return _where_nan(output, grad, hl.select(output <= 0, hl.cast(grad.type(), 0), grad))


def _relu6(grad: hl.Expr, output: hl.Expr) -> hl.Expr:
    return _where_nan(output, grad, hl.select((output <= 0) | (output >= 6), hl.cast(grad.type(), 0), grad))


def _leaky_relu(grad: hl.Expr, output: hl.Expr) -> hl.Expr:
    return hl.select(output > 0, grad, grad * hl.cast(grad.type(), hl.f64(0.01)))


def _sigmoid(grad: hl.Expr, output: hl.Expr) -> hl.Expr:
    return grad * (output * (1 - output))


def _tanh(grad: hl.Expr, output: hl.Expr) -> hl.Expr:
    return grad * (1 - output * output)


def _silu(grad: hl.Expr, value: hl.Expr) -> hl.Expr:
    near = hl.clamp(value, hl.f32(-FAR), hl.f32(FAR))
    gate = sigmoid(near)
    return grad * _where_nan(value, value, gate * (1 + near * (1 - gate)))


def _gelu(grad: hl.Expr, value: hl.Expr) -> hl.Expr:
    near = hl.clamp(value, hl.f32(-FAR), hl.f32(FAR))
    density = hl.f32((2 * math.pi) ** -0.5) * exponential(-near * near / 2)
    return grad * _where_nan(value, value, normal(near) + near * density)


def _hard_sigmoid(grad: hl.Expr, output: hl.Expr) -> hl.Expr:
    sloping = grad * hl.cast(grad.type(), hl.f64(1 / 6))
    return hl.strict_float(hl.select((output <= 0) | (output >= 1), hl.cast(grad.type(), 0), sloping))


def _hard_swish(grad: hl.Expr, value: hl.Expr) -> hl.Expr:
    slope = hl.select(
        value >= 3, hl.f32(1), hl.select(value <= -3, hl.f32(0), value * hl.f32(1 / 3) + hl.f32(0.5))
    )
    return grad * _where_nan(value, value, slope)


def _where_nan(value: hl.Expr, instead: hl.Expr, result: hl.Expr) -> hl.Expr:
    return hl.strict_float(hl.select(hl.is_nan(value), instead, result))


FLOWING: dict[str, Callable[[hl.Expr, hl.Expr], hl.Expr]] = {
    "relu": _relu,
    "relu6": _relu6,
    "leaky-relu": _leaky_relu,
    "sigmoid": _sigmoid,
    "tanh": _tanh,
    "silu": _silu,
    "gelu": _gelu,
    "hard-sigmoid": _hard_sigmoid,
    "hard-swish": _hard_swish,
}
"""What flows on, from what flows back and the output, or for silu, gelu and hard-swish the value before."""
