"""Named convolutions, chosen so that every algorithm meets every option: small, but longer than one FFT tile."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from convolens.algorithms import ALGORITHMS
from convolens.algorithms.base import Algorithm
from convolens.ops.arrays import channels_first
from convolens.ops.transposed import turn
from convolens.spec.geometry import ConvSpec

Array = npt.NDArray[Any]

_PLAIN = ConvSpec((2, 3, 67, 7), (4, 3, 3, 3))
_ROUND = {"padding": ((70, 3), (9, 16))}  # wider than the image in every direction

SPECS: dict[str, ConvSpec] = {
    "1-D": ConvSpec((2, 2, 4200), (3, 2, 5), padding=2),
    "1-D strided, dilated, grouped": ConvSpec((4, 4300), (6, 2, 4), stride=3, dilation=7, groups=2),
    "1-D kernel of one cell": ConvSpec((1, 1, 4097), (1, 1, 1)),
    "1-D moving sum of a whole signal": ConvSpec((1, 1, 200), (2, 1, 200), padding="full"),
    "2-D": _PLAIN,
    "2-D without batch": ConvSpec((3, 67, 7), (4, 3, 3, 3)),
    "2-D one item": ConvSpec((1, 3, 67, 7), (4, 3, 3, 3), padding=1),
    "2-D empty batch": ConvSpec((0, 3, 67, 7), (4, 3, 3, 3), padding=1),
    "2-D one channel": ConvSpec((1, 1, 70, 6), (1, 1, 3, 3), padding="same"),
    "2-D pointwise": ConvSpec((1, 6, 66, 4), (5, 6, 1, 1)),
    "2-D pointwise, strided": ConvSpec((1, 6, 66, 5), (5, 6, 1, 1), stride=(2, 3)),
    "2-D even kernel": ConvSpec((1, 2, 67, 7), (3, 2, 4, 2), padding="same"),
    "2-D even kernel, same-lower": ConvSpec((1, 2, 67, 7), (3, 2, 4, 2), padding="same-lower"),
    "2-D full": ConvSpec((1, 2, 66, 5), (3, 2, 3, 4), padding="full"),
    "2-D kernel row": ConvSpec((1, 2, 9, 80), (3, 2, 1, 7), padding=(0, 3)),
    "2-D kernel column": ConvSpec((1, 2, 80, 5), (3, 2, 9, 1), padding=(4, 0)),
    "2-D kernel as large as the image": ConvSpec((2, 2, 65, 5), (3, 2, 65, 5)),
    "2-D size-1 axes": ConvSpec((1, 1, 1, 70), (1, 1, 1, 3), padding=(0, 1)),
    "2-D one row under a square kernel": ConvSpec((1, 2, 1, 70), (2, 2, 3, 3), padding=1, border="reflect"),
    "2-D uneven pads": ConvSpec((1, 2, 66, 6), (2, 2, 3, 3), padding=((2, 0), (0, 3))),
    "2-D stride 2": ConvSpec((1, 3, 67, 8), (4, 3, 3, 3), stride=2, padding=1),
    "2-D stride beyond the kernel": ConvSpec((1, 3, 68, 9), (4, 3, 2, 2), stride=(5, 4)),
    "2-D stride with a tail": ConvSpec((1, 1, 69, 10), (1, 1, 2, 3), stride=(4, 3)),
    "2-D dilation": ConvSpec((1, 2, 70, 12), (3, 2, 3, 3), dilation=(2, 4), padding="same"),
    "2-D stride and dilation": ConvSpec((1, 2, 71, 13), (3, 2, 3, 2), stride=(2, 3), dilation=(3, 2), padding=2),
    "2-D groups": ConvSpec((2, 6, 66, 5), (4, 3, 3, 3), groups=2, padding=1),
    "2-D depthwise": ConvSpec((2, 4, 66, 5), (4, 1, 3, 3), groups=4, padding=1),
    "2-D depthwise, strided": ConvSpec((1, 4, 67, 6), (4, 1, 3, 3), groups=4, stride=2),
    "2-D depthwise, multiplied": ConvSpec((1, 3, 66, 5), (6, 1, 3, 3), groups=3, padding=1),
    "2-D flip": ConvSpec((1, 2, 67, 7), (3, 2, 3, 2), flip=True, padding="same"),
    "2-D edge": _PLAIN.replace(padding=2, border="edge"),
    "2-D reflect": _PLAIN.replace(padding=2, border="reflect"),
    "2-D symmetric": _PLAIN.replace(padding=2, border="symmetric"),
    "2-D wrap": _PLAIN.replace(padding=2, border="wrap"),
    "2-D constant 2.5": _PLAIN.replace(padding=2, border=2.5),
    "2-D constant 0.1": _PLAIN.replace(padding=2, border=0.1),
    "2-D zeros beyond the image": ConvSpec((1, 1, 2, 3), (2, 1, 3, 3), **_ROUND),
    "2-D edge beyond the image": ConvSpec((1, 1, 2, 3), (2, 1, 3, 3), border="edge", **_ROUND),
    "2-D reflect beyond the image": ConvSpec((1, 1, 2, 3), (2, 1, 3, 3), border="reflect", **_ROUND),
    "2-D symmetric beyond the image": ConvSpec((1, 1, 2, 3), (2, 1, 3, 3), border="symmetric", **_ROUND),
    "2-D wrap beyond the image": ConvSpec((1, 1, 2, 3), (2, 1, 3, 3), border="wrap", **_ROUND),
    "2-D wrapped single cell": ConvSpec((1, 1, 1, 1), (1, 1, 3, 3), padding=40, border="wrap"),
    "2-D channels last": ConvSpec((2, 67, 7, 3), (4, 3, 3, 3), layout="NHWC"),
    "2-D channels last, all options": ConvSpec(
        (67, 9, 4), (6, 2, 3, 2), layout="NHWC", stride=(2, 1), dilation=(1, 3), groups=2, flip=True,
        padding="same", border="wrap",
    ),
    "2-D large kernel": ConvSpec((1, 1, 90, 20), (2, 1, 17, 13), padding="same", border="reflect"),
    "3-D": ConvSpec((1, 2, 19, 5, 4), (3, 2, 3, 3, 3), padding=1),
    "3-D all options": ConvSpec(
        (1, 20, 6, 7, 4), (2, 2, 3, 2, 2), layout="NDHWC", stride=(2, 1, 3), dilation=(2, 3, 1), groups=2,
        flip=True, padding="same", border="symmetric",
    ),
    "3-D depthwise": ConvSpec((1, 3, 18, 4, 5), (3, 1, 2, 3, 3), groups=3, padding=1, border="edge"),
    "4-D": ConvSpec((1, 1, 12, 3, 4, 3), (2, 1, 2, 2, 3, 2), padding="same", border="reflect"),
    "4-D strided": ConvSpec((1, 2, 12, 3, 4, 3), (2, 2, 2, 2, 3, 2), stride=2, padding=1),
    "float64": _PLAIN.replace(dtype="f8", weight_dtype="f8", padding=1, border="wrap"),
    "float16": _PLAIN.replace(dtype="f2", weight_dtype="f2", padding=1),
    "float16 of channels last, valid": ConvSpec((1, 67, 7, 3), (4, 3, 3, 3), layout="NHWC", dtype="f2"),
    "float32 by float64": _PLAIN.replace(dtype="f4", weight_dtype="f8"),
    "float64 by float32": _PLAIN.replace(dtype="f8", weight_dtype="f4", padding=1),
    "uint8 by float32": _PLAIN.replace(dtype="u1", weight_dtype="f4", padding=1, border=255),
    "int64 by float16, valid": _PLAIN.replace(dtype="i8", weight_dtype="f2"),
    "float32 by int8": _PLAIN.replace(dtype="f4", weight_dtype="i1"),
    "big-endian float32": _PLAIN.replace(dtype=">f4", weight_dtype=">f8", padding=1),
    "bool by bool": _PLAIN.replace(dtype="?", weight_dtype="?", padding=1, border=1),
    "bool by float64, valid": _PLAIN.replace(dtype="?", weight_dtype="f8"),
    "uint8 by int8": _PLAIN.replace(dtype="u1", weight_dtype="i1", padding=1, border="reflect"),
    "int16 by uint16": _PLAIN.replace(dtype="i2", weight_dtype="u2"),
    "int32 by uint32": _PLAIN.replace(dtype="i4", weight_dtype="u4", padding=1, border=-3),
    "int64 by int64": _PLAIN.replace(dtype="i8", weight_dtype="i8", padding=1, border="wrap"),
    "uint64 by int8": _PLAIN.replace(dtype="u8", weight_dtype="i1"),
    "uint64 by uint64, padded": _PLAIN.replace(dtype="u8", weight_dtype="u8", padding=1),
    "big-endian int32": _PLAIN.replace(dtype=">i4", weight_dtype="<i2", padding=1),
    "depthwise uint64": ConvSpec((1, 3, 67, 5), (3, 1, 3, 3), groups=3, dtype="u8", weight_dtype="i2"),
    "depthwise uint8": ConvSpec((1, 3, 67, 5), (3, 1, 3, 3), groups=3, dtype="u1", weight_dtype="i1"),
    "depthwise bool": ConvSpec((1, 3, 67, 5), (3, 1, 3, 3), groups=3, dtype="?", weight_dtype="?"),
    "depthwise float16": ConvSpec((1, 3, 67, 5), (3, 1, 3, 3), groups=3, dtype="f2", weight_dtype="f4"),
    "wide": ConvSpec((2, 32, 9, 11), (32, 32, 3, 3), padding=1),
    "wide, valid": ConvSpec((1, 16, 8, 13), (17, 16, 3, 3)),
    "wide, channels last": ConvSpec((2, 9, 11, 32), (48, 32, 3, 3), padding=1, layout="NHWC"),
    "wide, odd channels": ConvSpec((1, 37, 7, 5), (45, 37, 3, 3), padding=1),
    "wide, odd channels last": ConvSpec((1, 7, 5, 37), (45, 37, 3, 3), padding=1, layout="NHWC"),
    "wide, reflect": ConvSpec((1, 20, 6, 9), (24, 20, 3, 3), padding=2, border="reflect"),
    "wide, wrap, channels last": ConvSpec((1, 6, 9, 20), (24, 20, 3, 3), padding=3, border="wrap", layout="NHWC"),
    "wide, edge, uneven": ConvSpec((1, 18, 6, 9), (16, 18, 3, 3), padding=((2, 0), (0, 5)), border="edge"),
    "wide, constant 1.5": ConvSpec((1, 16, 5, 6), (16, 16, 3, 3), padding=1, border=1.5),
    "wide, dilated": ConvSpec((1, 16, 14, 12), (16, 16, 3, 3), dilation=(2, 3), padding="same"),
    "wide, far apart": ConvSpec((1, 33, 32, 20), (16, 20, 3, 3), dilation=(12, 9), padding="same", layout="NHWC"),
    "wide, groups": ConvSpec((2, 32, 7, 7), (32, 16, 3, 3), groups=2, padding=1),
    "wide, small groups": ConvSpec(
        (2, 9, 11, 32), (32, 2, 3, 3), groups=16, padding=1, layout="NHWC", border="reflect"
    ),
    "wide, groups of four, strided": ConvSpec(
        (1, 10, 12, 32), (32, 4, 5, 3), groups=8, stride=2, padding=(2, 1), layout="NHWC"
    ),
    "wide, flip": ConvSpec((1, 16, 7, 6), (16, 16, 3, 3), flip=True, padding="full"),
    "wide 5×5": ConvSpec((1, 16, 11, 10), (16, 16, 5, 5), padding=2),
    "wide 1×3": ConvSpec((1, 16, 5, 12), (16, 16, 1, 3), padding=(0, 1)),
    "wide 3×1": ConvSpec((1, 16, 12, 5), (16, 16, 3, 1), padding=(1, 0)),
    "wide 1-D": ConvSpec((2, 16, 70), (20, 16, 3), padding=1),
    "wide 3-D": ConvSpec((1, 16, 5, 6, 7), (16, 16, 3, 3, 3), padding=1),
    "wide float64": ConvSpec((1, 17, 9, 8), (16, 17, 3, 3), padding=1, dtype="f8"),
    "wide float16": ConvSpec((1, 16, 9, 8), (16, 16, 3, 3), padding=1, dtype="f2"),
    "wide pointwise": ConvSpec((2, 40, 6, 7), (70, 40, 1, 1)),
    "wide, strided": ConvSpec((1, 20, 11, 12), (33, 20, 3, 3), stride=2, padding=1),
    "wide, strided, channels last": ConvSpec(
        (1, 11, 12, 20), (33, 20, 5, 5), stride=(2, 3), padding=2, layout="NHWC"
    ),
}  # fmt: skip


def _each_channel_by_itself(spec: ConvSpec) -> ConvSpec:
    """Give every channel a kernel of its own, or two where there were more kernels than channels."""
    per_channel = 1 + (spec.out_channels > spec.in_channels)
    return spec.replace(
        weight_shape=(per_channel * spec.in_channels, 1, *spec.kernel_size), groups=spec.in_channels
    )


SPECS |= {
    f"{name}, each channel": _each_channel_by_itself(spec)
    for name, spec in SPECS.items()
    if spec.weight_shape[1] > 1 and spec.compute_dtype.kind == "f" and spec.dims <= 3
}
SPECS |= {
    f"groups of {channels} by {kernels}, {name}": ConvSpec(
        (1, 9, 10, 32 // kernels * channels), (32, channels, 3, 3), groups=32 // kernels, layout="NHWC", **options
    )
    for channels, kernels in ((4, 4), (3, 8))
    for name, options in {
        "valid": {},
        "padded": {"padding": 1},
        "strided": {"padding": 1, "stride": 2},
        "dilated": {"padding": 2, "dilation": 2},
        "flip, edge": {"padding": ((0, 3), (2, 1)), "border": "edge", "flip": True},
        "float64, wrap": {"padding": 1, "border": "wrap", "dtype": "f8"},
        "float16": {"padding": 1, "dtype": "f2"},
    }.items()
}
SPECS["2-D channels last, many"] = ConvSpec((2, 9, 8, 37), (37, 1, 3, 3), groups=37, padding=1, layout="NHWC")


def random_array(shape: tuple[int, ...], dtype: np.dtype[Any], seed: int = 0) -> Array:
    """
    Draw numbers of every size that ``dtype`` is used for.

    Normal floats; bools; integers over their whole range up to 16 bits, else up to 2²⁶, so that no sum here
    passes int64.
    """
    generator = np.random.default_rng(seed)
    if dtype.kind == "f":
        return generator.standard_normal(shape).astype(dtype)
    if dtype.kind == "b":
        return generator.random(shape) < 0.5
    info = np.iinfo(dtype)
    low, high = max(int(info.min), -(2**26)), min(int(info.max), 2**26)
    return generator.integers(low, high, shape, dtype.newbyteorder("="), endpoint=True).astype(dtype)


def random_arrays(spec: ConvSpec, seed: int = 0) -> tuple[Array, Array]:
    """Draw an input and weights for ``spec``."""
    weight = random_array(spec.weight_shape, spec.weight_dtype, seed + 1)
    return random_array(spec.input_shape, spec.dtype, seed), weight


def computed(
    algorithm: Algorithm[Any], spec: ConvSpec, x: Array, weight: Array, out: Array | None = None
) -> Array:
    """Run one algorithm by itself, and return what it computes, in the type that it computes in."""
    if out is None:
        out = np.full(spec.output_shape, np.nan if spec.compute_dtype.kind == "f" else 77, spec.compute_dtype)
    state = algorithm.prepare(spec, turn(spec, weight))
    images = channels_first(x, spec.dims, spec.layout)
    algorithm.run(spec, state, images, channels_first(out, spec.dims, spec.layout))
    return out


def check_against(other: Algorithm[Any], algorithm: Algorithm[Any], spec: ConvSpec) -> None:
    """Compare two algorithms on random numbers: they differ by no more than both may be off."""
    x, weight = random_arrays(spec)
    bound = (algorithm.error_bound(spec) + other.error_bound(spec)) * magnitude(spec, x, weight)
    difference = computed(algorithm, spec, x, weight) - computed(other, spec, x, weight)
    assert np.abs(difference).max() <= bound, spec


def expected(spec: ConvSpec, x: Array, weight: Array) -> Array:
    """Return what the definition gives, in float64 or, for integers, exactly."""
    if spec.compute_dtype.kind == "f":
        spec = spec.replace(dtype="f8", weight_dtype="f8")
        x, weight = x.astype("f8"), weight.astype("f8")
    return computed(ALGORITHMS["reference"], spec, x, weight)


def magnitude(spec: ConvSpec, x: Array, weight: Array) -> float:
    """Return what error bounds are relative to: max |x or border| · the largest Σ |weights| of a kernel."""
    largest = max(np.abs(x.astype("f8")).max(initial=0.0), abs(spec.border.value))
    return float(largest * np.abs(weight.astype("f8")).sum(axis=tuple(range(1, weight.ndim))).max())


def bright_halves(folder: Path) -> str:
    """Write 40 pictures that are bright above (class 0) or below (1) to ``data.npz``, and return its path."""
    random, path = np.random.default_rng(0), folder / "data.npz"
    x, y = random.normal(size=(40, 1, 6, 6)), np.arange(40) % 2
    x[y == 0, :, :3] += 2
    np.savez(path, x=x, y=y)
    return str(path)


def scattered(array: Array, order: tuple[int, ...], step: int = 2) -> Array:
    """Copy four axes to where they lie in another order, ``step`` cells apart, one of them backward."""
    moved = array.transpose(order)
    space = np.zeros(tuple(step * n for n in moved.shape), array.dtype)
    view = space[::step, step - 1 :: step, ::-step, ::step]
    view[...] = moved
    return view.transpose(np.argsort(order))
