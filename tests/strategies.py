"""What Hypothesis draws from: legal convolutions with their arrays, and single changes that make them illegal."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from hypothesis import strategies as st

from convolens.errors import ConvolensError, DTypeError, SpecError, UnknownNameError

Array = npt.NDArray[Any]

DTYPES = ("?", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8", ">f4", ">i2")
BORDERS = ("constant", "edge", "reflect", "symmetric", "wrap", "zeros", "replicate", "circular", 3, -2)


@dataclass(frozen=True)
class Call:
    """The arguments of one convolution: arrays, and options by name."""

    x: Array
    weight: Array
    bias: Array | None
    options: dict[str, Any]

    @property
    def dims(self) -> int:
        """Number of spatial dimensions."""
        return self.weight.ndim - 2


def _array(shape: tuple[int, ...], dtype: str, seed: int) -> Array:
    generator = np.random.default_rng(seed)
    kind = np.dtype(dtype).kind
    if kind == "f":
        return generator.standard_normal(shape).astype(dtype)
    low = {"b": 0, "u": 0, "i": -100}[kind]
    return generator.integers(low, 2 if kind == "b" else 100, shape).astype(dtype)


@st.composite
def _strided(draw: st.DrawFn, x: Array) -> Array:
    """Draw one of the ways in which the same array can lie in memory."""
    way = draw(st.sampled_from(["plain", "reversed", "transposed", "stepped", "read-only"]))
    if way == "reversed":
        return x[..., ::-1].copy()[..., ::-1]
    if way == "transposed":
        return x.T.copy().T
    if way == "stepped":
        wide = np.zeros((*x.shape[:-1], 2 * x.shape[-1]), x.dtype)
        wide[..., ::2] = x
        return wide[..., ::2]
    x = x.copy()
    x.flags.writeable = way != "read-only"
    return x


@st.composite
def calls(draw: st.DrawFn, dtypes: tuple[str, ...] = DTYPES, borders: tuple[Any, ...] = BORDERS) -> Call:
    """Draw a legal convolution of one to three dimensions, of small arrays, with every option."""
    dims = draw(st.integers(1, 3))
    numbers = st.integers(1, 3)
    groups, per_group, kernels = draw(numbers), draw(numbers), draw(numbers)
    kernel_size = tuple(draw(numbers) for _ in range(dims))
    stride, dilation = (draw(st.one_of(numbers, st.tuples(*[numbers] * dims))) for _ in range(2))
    windows = [d * (k - 1) + 1 for k, d in zip(kernel_size, _each(dilation, dims), strict=True)]
    padding: Any = draw(
        st.one_of(
            st.sampled_from(["same", "same-lower", "full", "valid"]),
            st.integers(0, 3),
            st.tuples(*[st.integers(0, 4)] * dims),
            st.tuples(*[st.tuples(st.integers(0, 6), st.integers(0, 6))] * dims),
        )
    )
    outside = [_least_pads(padding, axis) for axis in range(dims)]
    size = tuple(
        draw(st.integers(max(1, window - pads), max(1, window - pads) + 4))
        for window, pads in zip(windows, outside, strict=True)
    )
    last = draw(st.booleans())
    channels = groups * per_group
    shape = (*size, channels) if last else (channels, *size)
    batch = draw(st.sampled_from([None, 0, 1, 2]))
    shape = shape if batch is None else (batch, *shape)
    seed = draw(st.integers(0, 2**16))
    x = draw(_strided(_array(shape, draw(st.sampled_from(dtypes)), seed)))
    weight = draw(
        _strided(_array((groups * kernels, per_group, *kernel_size), draw(st.sampled_from(dtypes)), seed + 1))
    )
    floats = "f" in (x.dtype.kind, weight.dtype.kind)
    bias_dtype = draw(st.sampled_from([d for d in dtypes if floats or np.dtype(d).kind != "f"]))
    bias = _array((groups * kernels,), bias_dtype, seed + 2) if draw(st.booleans()) else None
    options = {
        "stride": stride,
        "padding": padding,
        "border": draw(st.sampled_from(borders)),
        "dilation": dilation,
        "groups": groups,
        "flip": draw(st.booleans()),
        "layout": "channels-last" if last else "channels-first",
    }
    return Call(x, weight, bias, options)


def _each(value: int | tuple[int, ...], dims: int) -> tuple[int, ...]:
    return value if isinstance(value, tuple) else (value,) * dims


def _least_pads(padding: Any, axis: int) -> int:
    """How many cells of border a drawn padding surely has along an axis."""
    if isinstance(padding, str):
        return {"valid": 0}.get(padding, 10**6)  # the others fit any window
    pads = padding[axis] if isinstance(padding, tuple) else padding
    return sum(pads) if isinstance(pads, tuple) else 2 * int(pads)


def _larger_kernel(call: Call) -> Call:
    """Give a kernel of 13 cells to an image of at most 12, without a border."""
    shape = (*call.weight.shape[:2], *[13] * call.dims)
    return Call(call.x, np.ones(shape, call.weight.dtype), call.bias, call.options | {"padding": 0, "dilation": 1})


@dataclass(frozen=True)
class Fault:
    """One change that makes any legal convolution illegal, the error that it must raise, and what that says."""

    change: Callable[[Call], Call]
    error: type[ConvolensError]
    says: str


def _with(**options: Any) -> Callable[[Call], Call]:
    return lambda call: Call(call.x, call.weight, call.bias, call.options | options)


def _weight(change: Callable[[Array], Any]) -> Callable[[Call], Call]:
    return lambda call: Call(call.x, change(call.weight), call.bias, call.options)


def _input(change: Callable[[Array], Any]) -> Callable[[Call], Call]:
    return lambda call: Call(change(call.x), call.weight, call.bias, call.options)


def _bias(change: Callable[[Call], Any]) -> Callable[[Call], Call]:
    return lambda call: Call(call.x, call.weight, change(call), call.options)


def _one_more_channel(x: Array) -> Array:
    """Repeat the weight's channels: now they are twice what the input has."""
    return np.concatenate([x, x], axis=1)


FAULTS: dict[str, Fault] = {
    "stride 0": Fault(_with(stride=0), SpecError, "stride must be a whole number of at least 1, not 0"),
    "negative stride": Fault(_with(stride=-2), SpecError, "stride .*-2"),
    "NaN stride": Fault(_with(stride=math.nan), SpecError, "stride must be a whole number, not nan"),
    "fractional stride": Fault(_with(stride=1.5), SpecError, "stride .*1.5"),
    "stride in words": Fault(_with(stride="2"), SpecError, "stride .*'2'"),
    "stride True": Fault(_with(stride=True), SpecError, "stride .*True"),
    "too many strides": Fault(_with(stride=(1, 1, 1, 1)), SpecError, "stride needs one number or .* has 4"),
    "dilation 0": Fault(_with(dilation=0), SpecError, "dilation .*at least 1, not 0"),
    "dilation None": Fault(_with(dilation=None), SpecError, "dilation .*None"),
    "negative padding": Fault(_with(padding=-1), SpecError, "padding .*at least 0, not -1"),
    "fractional padding": Fault(_with(padding=0.5), SpecError, "padding .*0.5"),
    "NaN padding": Fault(_with(padding=math.nan), SpecError, "padding .*nan"),
    "too many paddings": Fault(_with(padding=(1, 1, 1, 1)), SpecError, "padding needs one number"),
    "pairs that are triples": Fault(_with(padding=((1, 2, 3),)), SpecError, "padding in pairs"),
    "misspelt padding": Fault(_with(padding="sam"), UnknownNameError, "unknown padding 'sam'.*'same'"),
    "misspelt border": Fault(_with(border="reflct"), UnknownNameError, "unknown border 'reflct'.*'reflect'"),
    "ambiguous border": Fault(_with(border="mirrored"), UnknownNameError, "'mirrored' is ambiguous"),
    "border None": Fault(_with(border=None), SpecError, "border must be .*None"),
    "border True": Fault(_with(border=True), SpecError, "border must be .*True"),
    "complex border": Fault(_with(border=1j), SpecError, "border must be .*1j"),
    "misspelt layout": Fault(_with(layout="chanels-last"), UnknownNameError, "unknown layout.*'channels-last'"),
    "misspelt activation": Fault(_with(activation="rellu"), UnknownNameError, "unknown activation.*'relu'"),
    "misspelt algorithm": Fault(_with(algorithm="im2cl"), UnknownNameError, "unknown algorithm.*'im2col'"),
    "groups 0": Fault(_with(groups=0), SpecError, "groups .*0"),
    "fractional groups": Fault(_with(groups=1.5), SpecError, "groups .*1.5"),
    "groups that do not divide": Fault(_with(groups=1000), SpecError, "groups=1000"),
    "channels that do not match": Fault(_weight(_one_more_channel), SpecError, "channels"),
    "kernel larger than the padded input": Fault(
        _larger_kernel, SpecError, r"kernel larger than the padded input: .* spans 1\d cells .* the input has"
    ),
    "weight without channels": Fault(_weight(lambda w: w[:, :0]), SpecError, "at least one"),
    "no kernels": Fault(_weight(lambda w: w[:0]), SpecError, "at least one|bias"),
    "weight of a number": Fault(_weight(lambda w: 3.0), SpecError, r"shape is \(\)"),
    "complex weight": Fault(_weight(lambda w: w * 1j), DTypeError, "weight has dtype complex"),
    "weight in words": Fault(_weight(lambda w: w.astype(str)), DTypeError, "weight has dtype <U"),
    "ragged weight": Fault(_weight(lambda w: [[1, 2], [3]]), SpecError, "weight is not a rectangular array"),
    "input without cells": Fault(_input(lambda x: x[..., :0]), SpecError, "at least one"),
    "input of two more axes": Fault(_input(lambda x: x[None, None]), SpecError, "axes"),
    "input of a number": Fault(_input(lambda x: 1.0), SpecError, r"input \(\)"),
    "complex input": Fault(_input(lambda x: x * 1j), DTypeError, "input has dtype complex"),
    "input of objects": Fault(_input(lambda x: x.astype(object)), DTypeError, "input has dtype object"),
    "input in words": Fault(_input(lambda x: x.astype(str)), DTypeError, "input has dtype <U"),
    "input of dates": Fault(_input(lambda x: np.zeros(x.shape, "M8[s]")), DTypeError, "input has dtype datetime"),
    "wider floats": Fault(_input(lambda x: x.astype(np.longdouble)), DTypeError, "input has dtype float128"),
    "too many biases": Fault(_bias(lambda call: np.ones(len(call.weight) + 1, int)), SpecError, "bias must have"),
    "bias of a number": Fault(_bias(lambda call: 1), SpecError, "bias must have .*shape is ()"),
    "complex bias": Fault(_bias(lambda call: np.ones(len(call.weight)) * 1j), DTypeError, "bias has dtype"),
}  # fmt: skip
