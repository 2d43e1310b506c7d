"""Fourier transforms in compiled loops: short ones written out, longer ones made of them."""

import cmath
import math
from collections.abc import Callable, Sequence
from typing import Any

import halide as hl

from convolens.pipelines.radices import radices

Complex = tuple[hl.Expr, hl.Expr]
Source = Callable[..., Complex]
Keep = Callable[[list[Complex]], list[Complex]]


def times(a: Complex, b: Complex) -> Complex:
    """Multiply two complex numbers."""
    return a[0] * b[0] - a[1] * b[1], a[0] * b[1] + a[1] * b[0]


def cells(func: hl.Func) -> Source:
    """Read a function of two values as one of complex numbers."""

    def cell(*at: Any) -> Complex:
        return hl.Expr(func[at][0]), hl.Expr(func[at][1])

    return cell


def dft(values: Sequence[Complex], keep: Keep, *, inverse: bool) -> list[Complex]:
    """
    Transform a few values.

    Parameters
    ----------
    values : sequence of complex
        As many as have no prime factor beyond 5.
    keep : callable
        Gives intermediate values a place, so that expressions stay small.
    inverse : bool
        Whether to turn the other way.
    """
    blocks, order = [list(values)], [0]
    while (size := len(blocks[0])) > 1:
        radix = next(r for r in (4, 2, 3, 5) if size % r == 0)
        apart, mixed = size // radix, []
        for block in blocks:
            columns = [_definition(block[b::apart], inverse=inverse) for b in range(apart)]
            for j in range(radix):
                mixed += [_scaled(columns[b][j], _root(b * j, size, inverse=inverse)) for b in range(apart)]
        kept = keep(mixed) if apart > 1 else mixed
        blocks = [kept[i : i + apart] for i in range(0, len(kept), apart)]
        order = [f + len(order) * j for f in order for j in range(radix)]
    return [block[0] for _, block in sorted(zip(order, blocks, strict=True), key=lambda pair: pair[0])]


class Transform:
    """
    A Fourier transform in steps, each of which turns one digit of the position into one of the frequency.

    Digits are those of a number with mixed radices. The frequencies come with their digits in reverse, and the
    inverse takes them so.

    Parameters
    ----------
    name : str
        For the functions.
    length : int
        How many values are transformed.
    source : callable
        Reads a value: (lane, position, *rest) → complex.
    axes : tuple of Var
        The lane and the rest.
    factors : ImageParam
        Twiddle factors (entry, part), those of the first step first.
    inverse : bool
        Whether to turn the other way; without the division by ``length``.
    after : callable, optional
        What results are multiplied by: (lane, position, first of the rest) → complex.
    """

    def __init__(
        self, name: str, length: int, source: Source, axes: tuple[hl.Var, ...], factors: hl.ImageParam,
        *, inverse: bool = False, after: Source | None = None,
    ) -> None:  # fmt: skip
        self.sizes = radices(length)
        self.strides = [length // math.prod(self.sizes[: i + 1]) for i in range(len(self.sizes))]
        self.digits = [hl.Var(f"digit_{i}") for i in range(len(self.sizes))]
        self.lane, *self.rest = axes
        self.factors, self.inverse = factors, inverse
        self.steps: list[tuple[hl.Func, list[hl.Func], int]] = []

        def read(lane: Any, digits: Sequence[Any], rest: Sequence[Any]) -> Complex:
            return source(lane, self._position(digits), *rest)

        steps = range(len(self.sizes))
        for i in reversed(steps) if inverse else steps:
            read = self._step(f"{name}_{i}", i, read, after if i == steps[-1] else None)
        self.result = self.steps[-1][0]

    def at(self, lane: Any, position: Any, *rest: Any) -> Complex:
        """Read the result at a position."""
        digits = [position / stride % size for size, stride in zip(self.sizes, self.strides, strict=True)]
        return cells(self.result)(lane, *reversed(digits), *rest)

    def compute_at(self, func: hl.Func, var: Any, lanes: int, outer: hl.Var | None = None) -> None:
        """Compute the result at a loop of another function, and the steps before it at its loop over ``outer``."""
        for result, butterflies, i in self.steps:
            others = [digit for digit in reversed(self.digits) if digit is not self.digits[i]]
            last = result is self.result
            result.reorder(self.lane, self.digits[i], *others, *([outer] if last and outer else []))
            result.vectorize(self.lane, lanes).unroll(self.digits[i])
            for digit, size in zip(self.digits, self.sizes, strict=True):
                result.bound(digit, 0, size)
            if last or outer is None:
                result.compute_at(func, var)
            else:
                result.compute_at(self.result, outer)
            for butterfly in butterflies:  # in registers
                butterfly.compute_at(result, (others or [self.digits[i]])[0]).vectorize(self.lane, lanes)

    def _position(self, digits: Sequence[Any]) -> hl.Expr:
        return sum((d * s for d, s in zip(digits, self.strides, strict=True)), hl.i32(0))

    def _step(
        self, name: str, i: int, read: Callable[..., Complex], after: Source | None
    ) -> Callable[..., Complex]:
        """Transform along digit i, and read the result."""
        digits, size, stride = self.digits, self.sizes[i], self.strides[i]
        others = [digit for digit in reversed(digits) if digit is not digits[i]]
        cell = (self.lane, *others, *self.rest)
        butterflies: list[hl.Func] = []

        def keep(values: list[Complex]) -> list[Complex]:
            func = hl.Func(f"{name}_{len(butterflies)}_values")
            func[cell] = hl.Tuple([part for value in values for part in value])
            butterflies.append(func)
            return [(hl.Expr(func[cell][2 * j]), hl.Expr(func[cell][2 * j + 1])) for j in range(len(values))]

        def turned(values: list[Complex]) -> list[Complex]:
            """Multiply by the twiddle factors, which the last digit has none of."""
            if stride == 1:
                return values
            first = sum(s * n for s, n in zip(self.sizes[:i], self.strides[:i], strict=True))
            lower = self._position([0] * (i + 1) + digits[i + 1 :])
            sign = -1 if self.inverse else 1
            entries = [first + stride * j + lower for j in range(size)]
            return [values[0]] + [
                times(value, (self.factors[entry, 0], sign * self.factors[entry, 1]))
                for value, entry in zip(values[1:], entries[1:], strict=True)
            ]

        values = [read(self.lane, [*digits[:i], j, *digits[i + 1 :]], self.rest) for j in range(size)]
        if self.inverse:
            values = dft(keep(turned(values)), keep, inverse=True)
        else:
            values = keep(dft(values, keep, inverse=False))
            values = values if stride == 1 else keep(turned(values))
        parts = tuple(hl.mux(digits[i], [value[part] for value in values]) for part in (0, 1))
        if after:
            parts = times(parts, after(self.lane, self._position(digits), self.rest[0]))
        result = hl.Func(name)
        result[self.lane, *reversed(digits), *self.rest] = hl.Tuple(list(parts))
        self.steps.append((result, butterflies, i))
        return lambda lane, digits, rest: cells(result)(lane, *reversed(digits), *rest)


def _definition(values: Sequence[Complex], *, inverse: bool) -> list[Complex]:
    """Transform two to five values; four as two by two."""
    n = len(values)
    if n != 4:
        return [
            _sum([_scaled(v, _root(j * i, n, inverse=inverse)) for j, v in enumerate(values)]) for i in range(n)
        ]
    even, odd = (_definition(values[i::2], inverse=inverse) for i in (0, 1))
    odd = [odd[0], _scaled(odd[1], 1j if inverse else -1j)]
    return [
        *map(_sum, zip(even, odd, strict=True)),
        *(_sum([e, _scaled(o, -1)]) for e, o in zip(even, odd, strict=True)),
    ]


def _root(power: int, n: int, *, inverse: bool) -> complex:
    """Return a power of the n-th root of unity, exact on the axes."""
    angle = 2 * math.pi * (power % n) / n
    value = cmath.exp(1j * (angle if inverse else -angle))
    return complex(*(round(part) if abs(part - round(part)) < 1e-9 else part for part in (value.real, value.imag)))


def _sum(terms: Sequence[Complex]) -> Complex:
    real, imaginary = terms[0]
    for term in terms[1:]:
        real, imaginary = real + term[0], imaginary + term[1]
    return real, imaginary


def _scaled(value: Complex, factor: complex) -> Complex:
    real, imaginary = value
    if factor in (1, -1):
        return (real, imaginary) if factor == 1 else (-real, -imaginary)
    if factor in (1j, -1j):
        return (-imaginary, real) if factor == 1j else (imaginary, -real)
    return times(value, (hl.cast(real.type(), hl.f64(factor.real)), hl.cast(real.type(), hl.f64(factor.imag))))
