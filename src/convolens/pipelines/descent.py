"""
A step of an optimiser: weights follow their gradient, and what it remembers follows too, in one pass over memory.

    sgd:    v ← μ v + (g + λ w),   w ← w − η v;   Nesterov: w ← w − η (g + λ w + μ v)
    adamw:  m ← m + (1 − β₁)(g − m),   s ← s + (1 − β₂)(g² − s),   w ← (1 − η λ) w − η' m / (√s / c + ε)
"""

from typing import Any

import halide as hl

TASK = 1 << 14  # numbers of a task

NUMBERS = {"sgd": 3, "nesterov": 3, "adamw": 6}
"""How many numbers a rule takes."""


def build(dtype: str, lanes: int, rule: str) -> tuple[hl.Func, list[Any]]:
    """
    Build the pipeline.

    Parameters
    ----------
    dtype : str
        float32 or float64.
    lanes : int
        Numbers in a vector.
    rule : str
        ``sgd`` and ``nesterov`` take η, μ, λ and remember v; ``adamw`` takes η', 1 − β₁, 1 − β₂, 1 − η λ, 1 / c, ε
        and remembers m and s.

    Notes
    -----
    Arguments: the gradient; the rule's numbers; outputs, which are read too: the weights, then what is remembered,
    each as one run of numbers.
    """
    number = hl.Float(64) if dtype == "float64" else hl.Float(32)
    gradient, numbers = hl.ImageParam(number, 1, "gradient"), hl.ImageParam(number, 1, "numbers")
    i, task, out = hl.Var("i"), hl.Var("task"), hl.Func("out")
    given = [numbers[n] for n in range(NUMBERS[rule])]
    count = 3 if rule == "adamw" else 2
    out[i] = tuple(hl.undef(number) for _ in range(count))
    weight, *memory = (out[i][n] for n in range(count))
    follow = _adamw if rule == "adamw" else _sgd
    out[i] = follow(gradient[i], weight, memory, given, rule)

    step = out.update()
    step.split(i, task, i, TASK, hl.TailStrategy.GuardWithIf).vectorize(i, lanes, hl.TailStrategy.GuardWithIf)
    step.parallel(task)
    outputs = out.output_buffers()
    for buffer in (gradient, numbers, outputs[0]):  # the others begin and end where the first does
        buffer.dim(0).set_min(0)
    for buffer in (gradient, numbers, *outputs):
        buffer.dim(0).set_stride(1)
    return out, [gradient, numbers]


def _sgd(
    gradient: hl.Expr, weight: hl.Expr, memory: list[hl.Expr], given: list[hl.Expr], rule: str
) -> tuple[hl.Expr, ...]:
    rate, momentum, decay = given
    along = gradient + decay * weight
    speed = momentum * memory[0] + along
    return weight - rate * (along + momentum * speed if rule == "nesterov" else speed), speed


def _adamw(
    gradient: hl.Expr, weight: hl.Expr, memory: list[hl.Expr], given: list[hl.Expr], _rule: str
) -> tuple[hl.Expr, ...]:
    rate, newest, newest_square, left, scale, epsilon = given
    mean = memory[0] + newest * (gradient - memory[0])
    square = memory[1] + newest_square * (gradient * gradient - memory[1])
    return left * weight - rate * mean / (hl.sqrt(square) * scale + epsilon), mean, square
