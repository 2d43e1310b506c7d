"""Deformable convolution by compiled loops: how images, offsets and weights are laid out for them, and tasks."""

import functools
import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from convolens.algorithms.base import Array, Epilogue, Pipeline
from convolens.algorithms.compiled import CLAMPS, dense, dense_like, fused_activation, scratch_bytes
from convolens.algorithms.panels import Panels
from convolens.runtime import compile as compiler
from convolens.runtime.call import Function, Pinned
from convolens.runtime.threads import thread_count
from convolens.spec.borders import Border
from convolens.spec.geometry import ConvSpec
from convolens.spec.layout import LAST

PIPELINE = "convolens.pipelines.deformable"
MOST_TERMS = 600  # products of a sum that are taken in one go, whose weights and samples share the cache
MOST_PIXELS = 96  # of a task: more samples would leave the weights no room
LEAST_TILES = 4  # of a task
MOST_SCRATCH = 0.5  # of all threads, beside image and output
LEAST_CHANNELS = 4  # of one of several groups: vectors run along the channels
MOST_KEPT = 1 << 16  # windows whose tables are kept
MOST_CELLS = 1 << 29  # of an image or along an axis with its border

Scalars = tuple[int | float, ...]


def refusal(spec: ConvSpec, offset_groups: int) -> str | None:
    """Say why a spec cannot be computed so; None if it can."""
    if not math.prod(spec.output_shape):
        return "there is nothing to compute"
    if spec.groups > 1 and spec.in_channels // spec.groups < LEAST_CHANNELS:
        return "its vectors run along the channels of a group"
    if spec.groups % offset_groups and offset_groups % spec.groups:
        return "offset groups reach across groups"
    height, width = spec.input_size
    if max((height + 2) * width, math.prod(spec.output_size), *spec.padded_size) > MOST_CELLS:
        return "it counts cells with 32 bits"
    return compiler.unavailable()


def pipeline(spec: ConvSpec, offset_dtype: np.dtype[Any], activation: str | None) -> Pipeline:
    """Name the pipeline that a run takes."""
    panels = Panels.of(spec)
    fused = fused_activation(activation, spec.compute_dtype)
    return PIPELINE, {
        "dtype": str(spec.compute_dtype),
        "offset_dtype": str(np.result_type(offset_dtype, spec.compute_dtype)),
        "lanes": panels.lanes,
        "vectors": panels.vectors,
        "pixels": panels.pixels,
        "periodic": spec.border.mode not in ("constant", "edge"),
        "channels_last": spec.layout == LAST,
        "activation": fused[0] if fused else "clamp",
    }


def prepare(spec: ConvSpec, weight: Array) -> list[Pinned]:
    """
    Order the weights of each group as (panels, kernel cells, C / groups, kernels a panel).

    They come as (K, C / groups, kh, kw), turned already if the spec says ``flip``.
    """
    panels = replace(Panels.of(spec), chunks=1)
    shape = (panels.count, math.prod(spec.kernel_size), panels.channels, panels.width)
    return [Pinned(panels.pack(group).reshape(shape)) for group in np.split(weight, spec.groups)]


@dataclass(frozen=True, slots=True)
class Constants:
    """What a run takes that neither weights nor arrays decide: code, numbers, and each group's part."""

    function: Function
    offset_dtype: np.dtype[Any]
    scalars: Scalars
    groups: list[tuple[slice, slice, slice]]
    activation: str | None

    @classmethod
    def of(
        cls, spec: ConvSpec, offset_groups: int, offset_dtype: np.dtype[Any], activation: str | None, threads: int
    ) -> "Constants":
        """Load the code and cut the work into tasks; ``activation`` is what is left of it."""
        name, parameters = pipeline(spec, offset_dtype, activation)
        fused = fused_activation(activation, spec.compute_dtype)
        return cls(
            function=compiler.load(name, **parameters),
            offset_dtype=np.dtype(str(parameters["offset_dtype"])),
            scalars=(*_tasks(spec, threads), *reach(spec), *(fused[1] if fused else CLAMPS[None])),
            groups=groups(spec, offset_groups),
            activation=None if fused else activation,
        )


def run(
    spec: ConvSpec,
    weights: list[Pinned],
    image: Array,
    offset: Array,
    mask: Array | None,
    out: Array,
    epilogue: Epilogue,
) -> Epilogue:
    """
    Convolve, add the bias, apply the activation unless only NumPy can, and return what is left to do.

    Parameters
    ----------
    spec : ConvSpec
        What is asked.
    weights : list of Pinned
        As :func:`prepare` orders them.
    image : ndarray
        (N, H, W, C), as all arrays a view, wherever the channels lie in memory.
    offset : ndarray
        (N, H', W', kernel cells, offset groups, 2).
    mask : ndarray, optional
        (N, H', W', kernel cells, offset groups).
    out : ndarray
        (N, H', W', K), of the type that is computed in.
    epilogue : Epilogue
        Bias and activation.
    """
    dtype, last = spec.compute_dtype, spec.layout == LAST
    constants = _constants(spec, offset.shape[4], offset.dtype, epilogue.activation, thread_count())
    tables = windows(spec)
    innermost = -1 if last else -2
    source = dense(image.astype(dtype, copy=False), innermost)
    flat = out.reshape(spec.batch, -1, spec.out_channels)
    target = flat if flat.strides[innermost] == flat.itemsize else dense_like(flat, innermost)
    points = _points(offset.transpose(0, 4, 3, 5, 1, 2), constants.offset_dtype, last)
    if mask is None:
        cells = points.shape[-1]
        masks = np.broadcast_to(np.ones(cells, dtype), (*points.shape[:3], cells))
    else:
        masks = _points(mask.transpose(0, 4, 3, 1, 2), dtype, last)
    bias = np.zeros(spec.out_channels, dtype) if epilogue.bias is None else epilogue.bias.astype(dtype)
    for packed, (channels, shared, kernels) in zip(weights, constants.groups, strict=True):
        constants.function(
            source[..., channels],
            points[:, shared],
            masks[:, shared],
            *tables,
            packed,
            bias[kernels],
            target[..., kernels],
            scalars=constants.scalars,
        )
    if not np.may_share_memory(target, out):
        out[...] = target.reshape(out.shape)
    return Epilogue(activation=constants.activation)


def groups(spec: ConvSpec, offset_groups: int) -> list[tuple[slice, slice, slice]]:
    """Return what each group of kernels needs: its channels, its offset groups, and the kernels."""
    channels, kernels = spec.in_channels // spec.groups, spec.out_channels // spec.groups
    several = max(1, offset_groups // spec.groups)

    def part(start: int, count: int) -> slice:
        return slice(start, start + count)

    return [
        (
            part(group * channels, channels),
            part(group * offset_groups // spec.groups, several),
            part(group * kernels, kernels),
        )
        for group in range(spec.groups)
    ]


def _points(array: Array, dtype: np.dtype[Any], last: bool) -> Array:
    """Count the cells of the last two axes through, in one run unless the channels are ``last``."""
    joined = array.astype(dtype, copy=False).reshape(*array.shape[:-2], -1)
    return joined if last else dense(joined, -1)


def _tasks(spec: ConvSpec, threads: int) -> tuple[int, int]:
    """
    Choose how many kernel cells are sampled together, and how many tiles of pixels make a task.

    The kernel cells divide the sum, for any number of threads alike. Whether a pixel is in one task or another,
    its sum is the same.
    """
    panels, taps = Panels.of(spec), math.prod(spec.kernel_size)
    most = max(1, MOST_TERMS // panels.channels)
    together = max(count for count in range(1, min(taps, most) + 1) if taps % count == 0)
    item, terms = spec.compute_dtype.itemsize, together * panels.channels
    ends = math.prod(spec.input_shape) + math.prod(spec.output_shape)
    room = min(scratch_bytes() - panels.width * terms * item, int(MOST_SCRATCH * ends * item) // threads)
    fitting = room // ((terms + panels.count * panels.width) * item)
    pixels = min(MOST_PIXELS, max(LEAST_TILES * panels.pixels, fitting))
    tiles = -(-math.prod(spec.output_size) // panels.pixels)
    # As many tasks as whole rounds of all threads take, and these alike.
    tasks = -(-spec.batch * -(-tiles * panels.pixels // pixels) // threads) * threads
    return together, -(-tiles // -(-tasks // spec.batch))


def reach(spec: ConvSpec) -> Scalars:
    """Say how the border goes on: see :class:`convolens.pipelines.bilinear.Reach`; then its constant."""
    scalars = [_period(size, spec.border) for size in spec.input_size]
    periods, mirrors = zip(*scalars, strict=True)
    return (int(spec.border.mode == "edge"), *periods, *mirrors, float(spec.border.value))


def _period(size: int, border: Border) -> tuple[int, int]:
    match border.mode:
        case "symmetric":
            return 2 * size, 2 * size - 1
        case "reflect":
            period = max(2 * size - 2, 1)
            return period, period
        case _:
            return size, 2 * size


def windows(spec: ConvSpec) -> tuple[Pinned, Pinned]:
    """Lay out windows; the tables of small outputs are kept."""
    return (_kept_windows if math.prod(spec.output_size) <= MOST_KEPT else _found_windows)(spec)


def _found_windows(spec: ConvSpec) -> tuple[Pinned, Pinned]:
    """Tell where the window of each output cell begins, and where each kernel cell lies in it: rows, columns."""
    cells, taps = np.indices(spec.output_size), np.indices(spec.kernel_size)
    stride, dilation, before = (
        np.reshape(pair, (2, 1, 1)) for pair in (spec.stride, spec.dilation, [pad for pad, _ in spec.pads])
    )
    starts, steps = cells * stride - before, taps * dilation
    return Pinned(starts.reshape(2, -1).astype(np.int32)), Pinned(steps.reshape(2, -1).astype(np.int32))


_kept_windows = functools.lru_cache(maxsize=16)(_found_windows)
_constants = functools.lru_cache(maxsize=16)(Constants.of)
