"""
What follows the sums while they are still in registers: an activation.

Those of the ReLU family are two numbers at run time, ``slope`` below zero and ``ceiling``; the smooth ones are
compiled in, from the exponential function.
"""

from collections.abc import Callable

import halide as hl

# erfc(z) ≈ t P(t) exp(−z²), t = 1 / (1 + p z), to 1.5e-7: M. Abramowitz, I. A. Stegun, Handbook of Mathematical
# Functions, 1964, eq. 7.1.26.
_ERFC_SCALE = 0.3275911
_ERFC = (0.254829592, -0.284496736, 1.421413741, -1.453152027, 1.061405429)

_LARGEST_EXPONENT = 87.0  # beyond it, single precision overflows
_SHUT = 1e-37

# tanh(x) ≈ x + x³ P(x²) for |x| < 0.625: S. L. Moshier, Cephes Mathematical Library, tanhf, 1992.
_TANH_SMALL = 0.625
_TANH = (-3.33332819422e-1, 1.33314422036e-1, -5.37397155531e-2, 2.06390887954e-2, -5.70498872745e-3)


def finish(value: hl.Expr, activation: str, slope: hl.Expr, ceiling: hl.Expr) -> hl.Expr:
    """
    Apply an activation to a sum.

    Parameters
    ----------
    value : Expr
        A sum, with its bias and whatever else was added.
    activation : str
        ``clamp``, or the name of a smooth activation.
    slope, ceiling : Expr
        For ``clamp``: what numbers below zero are multiplied by, 0 for exactly zero; the largest result.

    Notes
    -----
    NaN stays NaN; infinity gives the function's limit.
    """
    if activation == "clamp":
        number = value.type()
        slope, ceiling = hl.cast(number, slope), hl.cast(number, ceiling)
        zero = hl.cast(number, 0)
        below = hl.select(slope == 0, zero, value * slope)
        bent = hl.strict_float(hl.select(value < zero, below, value))
        return hl.strict_float(hl.select(bent > ceiling, ceiling, bent))
    return hl.strict_float(hl.select(hl.is_nan(value), value, SMOOTH[activation](value)))


def sigmoid(value: hl.Expr) -> hl.Expr:
    """Take the logistic function, of a float32."""
    return 1 / (1 + exponential(-value))


def _tanh(value: hl.Expr) -> hl.Expr:
    square = value * value
    small = value + value * square * _polynomial(_TANH, square)
    large = 1 - 2 / (exponential(2 * hl.abs(value)) + 1)
    return hl.select(hl.abs(value) < hl.f32(_TANH_SMALL), small, hl.select(value < 0, -large, large))


def _silu(value: hl.Expr) -> hl.Expr:
    return _gated(value, sigmoid(value))


def _gelu(value: hl.Expr) -> hl.Expr:
    return _gated(value, normal(value))


def _hard_sigmoid(value: hl.Expr) -> hl.Expr:
    return hl.clamp(value * hl.f32(1 / 6) + hl.f32(0.5), hl.f32(0), hl.f32(1))


def _hard_swish(value: hl.Expr) -> hl.Expr:
    return _gated(value, _hard_sigmoid(value))


def normal(value: hl.Expr) -> hl.Expr:
    """Take the normal distribution function, ½ erfc(−x / √2), of a float32."""
    z = hl.abs(value) * hl.f32(0.5**0.5)
    t = 1 / (1 + hl.f32(_ERFC_SCALE) * z)
    tail = t / 2 * _polynomial(_ERFC, t) * exponential(-z * z)
    return hl.select(value < 0, tail, 1 - tail)


def _gated(value: hl.Expr, gate: hl.Expr) -> hl.Expr:
    """Multiply; where the gate is all but shut the result is 0, the limit at −∞ too."""
    return hl.select(gate < hl.f32(_SHUT), hl.cast(value.type(), 0), value * gate)


def _polynomial(coefficients: tuple[float, ...], x: hl.Expr) -> hl.Expr:
    """Evaluate by Horner's rule, the constant first."""
    *rest, last = map(hl.f32, coefficients)
    total = last
    for coefficient in reversed(rest):
        total = total * x + coefficient
    return total


def exponential(x: hl.Expr) -> hl.Expr:
    """Take the exponential function, of numbers that neither overflow nor leave the range of normal numbers."""
    return hl.exp(hl.clamp(x, hl.f32(-_LARGEST_EXPONENT), hl.f32(_LARGEST_EXPONENT)))


SMOOTH: dict[str, Callable[[hl.Expr], hl.Expr]] = {
    "sigmoid": sigmoid,
    "tanh": _tanh,
    "silu": _silu,
    "gelu": _gelu,
    "hard-sigmoid": _hard_sigmoid,
    "hard-swish": _hard_swish,
}
