"""Depthwise and one-channel convolution in register tiles: compiled loops along channels, or along rows."""

import math
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from convolens.algorithms.base import Algorithm, Array, Cost, Pipeline, plain_sum_bound
from convolens.algorithms.compiled import MOST_DIMS, scratch_bytes, vector_lanes, volumes
from convolens.runtime import compile as compiler
from convolens.runtime.call import Function, Pinned
from convolens.runtime.cpu import available_cores, cpu
from convolens.spec.borders import source_index
from convolens.spec.geometry import ConvSpec
from convolens.spec.layout import LAST

ALONG_CHANNELS = "convolens.pipelines.depthwise"
ALONG_ROWS = "convolens.pipelines.stencil"
UNROLLED = (3, 5, 7)  # kernel sizes with loops of their own; others go by runs of ANY
ANY = 4
PIXELS = 7  # of the tile along channels: divides 14, 28, 56, 112
ROWS = 8  # of the tile along rows, or vectors where an image has fewer rows than LEAST_ROWS
LEAST_ROWS = 4
TASKS_PER_CORE = 4
MOST_HALO = 4  # a task has at least so many times the rows that it shares with its neighbour
LEAST_PARALLEL = 1 << 18  # products below which a call runs as one task
SHARE_OF_PEAK = 0.5

Size = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Loops:
    """
    One way through the arrays, ready to be called.

    Attributes
    ----------
    function : Function
        The compiled pipeline.
    constants : tuple of Pinned
        Weights, bias and tables.
    scalars : tuple
        What the pipeline takes after its arrays.
    channels : slice
        The channels that are computed.
    panel : int
        Channels a block; 0 where channels are not innermost.
    """

    function: Function
    constants: tuple[Pinned, ...]
    scalars: tuple[int | float, ...]
    channels: slice
    panel: int = 0


@dataclass(frozen=True, slots=True)
class Weights:
    """
    Weights (K, kd, kh, kw) in the type that is computed in, and the loops that were made for them.

    Attributes
    ----------
    weights : ndarray
        The weights.
    loops : dict
        For channels that lie apart (False) and together (True), as they are needed.
    """

    weights: Array
    loops: dict[bool, tuple[Loops, ...]] = field(default_factory=dict)


class Depthwise(Algorithm[Weights]):
    """
    Sum of products over the cells of one channel, a tile of the output at a time held in registers.

    Where channels are innermost, vectors run along them; elsewhere along rows. Either way a loaded vector of the
    image serves several outputs. Some rows of the image, with their border, go through a scratch array in cache.

    References
    ----------
    J. Zhang, E. Franchetti, T. M. Low, High Performance Zero-Memory Overhead Direct Convolutions, 2018,
    arXiv:1809.10170.
    """

    name: ClassVar = "depthwise"
    summary: ClassVar = "channel by channel in register tiles, compiled"
    plain_sum: ClassVar = True
    compiled: ClassVar = True

    def refusal(self, spec: ConvSpec) -> str | None:
        """Refuse kernels over several channels, integers, and more than three dimensions."""
        if spec.compute_dtype.kind != "f":
            return "its sums of integers would not be exact"
        if spec.weight_shape[1] != 1:
            return "its kernels have one channel each"
        if spec.dims > MOST_DIMS:
            return f"it has at most {MOST_DIMS} dimensions"
        return compiler.unavailable()

    def cost(self, spec: ConvSpec) -> Cost:
        """Count the products of whole tiles, and the image's way through the scratch."""
        item = spec.compute_dtype.itemsize
        image = spec.batch * spec.in_channels * math.prod(spec.padded_size) * item
        _, height, width = _volume(spec.output_size)
        if _along_channels(spec):
            vectors = _vectors(spec)
            wasted = _blocks(spec, vectors) * vectors * vector_lanes(spec) / spec.out_channels
            wasted *= -(-width // PIXELS) * PIXELS / width
        else:
            vectors, rows = _tile(spec)
            columns = vectors * vector_lanes(spec)
            wasted = -(-width // columns) * columns / width * -(-height // rows) * rows / height
        turned = 0 if _along_channels(spec) or not _scattered(spec) else math.prod(spec.output_shape) * item
        cast = math.prod(spec.input_shape) * item if spec.dtype != spec.compute_dtype else 0
        scratch = max(scratch_bytes(), _row_bytes(spec) * _volume(spec.window_size)[1])
        return Cost(
            operations=int(2 * spec.macs * wasted / SHARE_OF_PEAK),
            work="compiled",
            traffic=2 * image + 2 * turned + 2 * cast,
            calls=10,
            workspace=scratch * available_cores() + turned + cast,
        )

    def error_bound(self, spec: ConvSpec) -> float:
        """Bound a plain sum's error."""
        return plain_sum_bound(spec)

    def pipeline(self, spec: ConvSpec) -> Pipeline:
        """Name the pipeline for arrays that lie in memory as the spec says."""
        return _pipeline(spec, along_channels=_along_channels(spec))

    def prepare(self, spec: ConvSpec, weight: Array) -> Weights:
        """Cast the weights, and make the loops for the layout that is expected."""
        state = Weights(
            np.ascontiguousarray(weight, spec.compute_dtype).reshape(len(weight), *_volume(spec.kernel_size))
        )
        state.loops[_along_channels(spec)] = _loops(spec, state.weights, along_channels=_along_channels(spec))
        return state

    def run(self, spec: ConvSpec, state: Weights, x: Array, out: Array) -> None:
        """Call the pipeline; once more for the last channels, where they fill no whole block."""
        if not out.size:
            return
        source, target = volumes(x if x.dtype == out.dtype else x.astype(out.dtype)), volumes(out)
        item = out.itemsize
        along_channels = _can_run_along_channels(spec) and source.strides[1] == target.strides[1] == item
        if along_channels not in state.loops:
            state.loops[along_channels] = _loops(spec, state.weights, along_channels=along_channels)
        loops = state.loops[along_channels]
        if along_channels:
            for part in loops:
                part.function(
                    _by_blocks(source, part), *part.constants, _by_blocks(target, part), scalars=part.scalars
                )
            return
        straight = target if target.strides[-1] == item else np.empty(target.shape, target.dtype)
        loops[0].function(source, *loops[0].constants, straight, scalars=loops[0].scalars)
        if straight is not target:
            target[...] = straight


def _can_run_along_channels(spec: ConvSpec) -> bool:
    return spec.out_channels == spec.in_channels >= vector_lanes(spec)


def _along_channels(spec: ConvSpec) -> bool:
    """Whether the spec's own layout is run along channels."""
    return spec.layout == LAST and _can_run_along_channels(spec)


def _scattered(spec: ConvSpec) -> bool:
    """Whether the cells of a row lie apart in the spec's own layout."""
    return spec.layout == LAST and spec.out_channels > 1


def _volume(size: tuple[int, ...]) -> Size:
    """Fill a size up to three dimensions."""
    depth, height, width = (*(1,) * (MOST_DIMS - len(size)), *size)
    return depth, height, width


def _by_blocks(x: Array, part: Loops) -> Array:
    """View some channels of (N, C, D, H, W) as (N, D, H, W, blocks, panel)."""
    last = x[:, part.channels].transpose(0, 2, 3, 4, 1)
    return last.reshape(*last.shape[:-1], -1, part.panel)


def _loops(spec: ConvSpec, weights: Array, *, along_channels: bool) -> tuple[Loops, ...]:
    """Load the pipeline, and lay out weights, borders and tasks."""
    tables = [
        source_index(np.arange(-before, size + after), size, spec.border).astype(np.int32)
        for size, (before, after) in zip(reversed(spec.input_size), reversed(spec.pads), strict=True)
    ] + [np.zeros(1, np.int32)] * (MOST_DIMS - spec.dims)
    steps = (*reversed(_volume(spec.stride)), *reversed(_volume(spec.dilation)))
    before = spec.pads[-1][0]
    pipeline, parameters = _pipeline(spec, along_channels=along_channels)
    function = compiler.load(pipeline, **parameters)

    def part(kernels: Array, scalars: tuple[int, ...], channels: slice, panel: int) -> Loops:
        bias = np.zeros(kernels.shape[-2:] if panel else len(kernels), kernels.dtype)
        constants = tuple(map(Pinned, (np.ascontiguousarray(kernels), bias, *tables)))
        return Loops(function, constants, (*steps, *scalars, 0, float(spec.border.value)), channels, panel)

    if not along_channels:
        scalars = (before, spec.out_channels // spec.in_channels, *_row_tasks(spec))
        return (part(weights, scalars, slice(None), 0),)
    panel = _vectors(spec) * vector_lanes(spec)
    whole = spec.in_channels // panel
    parts = []
    last = weights.transpose(1, 2, 3, 0)
    for channels, blocks in ((slice(0, whole * panel), whole), (slice(spec.in_channels - panel, None), 1)):
        if blocks and (channels.stop or spec.in_channels % panel):
            kernels = last[..., channels].reshape(*last.shape[:-1], blocks, panel)
            parts.append(part(kernels, (before, *_channel_tasks(spec, blocks, panel)), channels, panel))
    return tuple(parts)


def _pipeline(spec: ConvSpec, *, along_channels: bool) -> Pipeline:
    """Name the pipeline that runs along channels or along rows, and what it is compiled for."""
    parameters: dict[str, str | int] = {"dtype": str(spec.compute_dtype), "lanes": vector_lanes(spec)}
    if not along_channels:
        vectors, rows = _tile(spec)
        return ALONG_ROWS, parameters | {"vectors": vectors, "rows": rows} | _taps(_volume(spec.kernel_size)[1])
    step = spec.stride[-1] if spec.stride[-1] <= 2 and spec.dilation[-1] == 1 else 0
    parameters |= {"vectors": _vectors(spec), "pixels": PIXELS, "step": step}
    return ALONG_CHANNELS, parameters | _taps(spec.kernel_size[-1])


def _taps(size: int) -> dict[str, int | bool]:
    """Choose how a kernel's column or row is unrolled."""
    return {"taps": size if size in UNROLLED else ANY, "whole": size in UNROLLED}


def _blocks(spec: ConvSpec, vectors: int) -> int:
    return -(-spec.in_channels // (vector_lanes(spec) * vectors))


def _vectors(spec: ConvSpec) -> int:
    """Choose the vectors a block: two where registers allow it and few channels are summed twice."""
    panel = 2 * vector_lanes(spec)
    tail = spec.in_channels % panel
    two = (
        cpu().vector_registers == 32 and spec.in_channels >= panel and (not tail or spec.in_channels > 16 * panel)
    )
    return 2 if two else 1


def _tile(spec: ConvSpec) -> tuple[int, int]:
    """Choose vectors and rows of the tile along rows."""
    count = ROWS if cpu().vector_registers == 32 else ROWS - 2
    return (1, count) if _volume(spec.output_size)[1] >= LEAST_ROWS else (count, 1)


def _row_bytes(spec: ConvSpec) -> int:
    """Bytes of scratch for one padded row of a channel or a block of them, in all planes of a window."""
    cells = _volume(spec.window_size)[0] * spec.padded_size[-1]
    return (
        cells * spec.compute_dtype.itemsize * (vector_lanes(spec) * _vectors(spec) if _along_channels(spec) else 1)
    )


def _wanted(spec: ConvSpec) -> int:
    """Tasks wanted for each plane of output."""
    planes = max(1, spec.batch) * _volume(spec.output_size)[0]
    return -(-TASKS_PER_CORE * available_cores() // planes) if spec.macs >= LEAST_PARALLEL else 1


def _least_rows(spec: ConvSpec) -> int:
    """Rows of a task at least, so that those which two tasks read are few."""
    stride, window = _volume(spec.stride)[1], _volume(spec.window_size)[1]
    return max(ROWS, -(-MOST_HALO * max(0, window - stride) // stride))


def _fitting_rows(spec: ConvSpec, bytes_a_row: int) -> int:
    stride, window = _volume(spec.stride)[1], _volume(spec.window_size)[1]
    return max(1, (scratch_bytes() // bytes_a_row - window) // stride + 1)


def _row_tasks(spec: ConvSpec) -> tuple[int, int]:
    """
    Choose rows and kernels a task, where loops run along rows.

    Whether a cell is summed in one task or another, its sum is the same.
    """
    height, wanted = _volume(spec.output_size)[1], _wanted(spec)
    bytes_a_row = _volume(spec.window_size)[0] * spec.padded_size[-1] * spec.compute_dtype.itemsize
    share = -(-height // max(1, -(-wanted // spec.out_channels)))
    rows = min(height, _fitting_rows(spec, bytes_a_row), max(share, _least_rows(spec)))
    if ROWS < rows < height:
        rows -= rows % ROWS
    return rows, max(1, spec.out_channels // -(-wanted // -(-height // rows)))


def _channel_tasks(spec: ConvSpec, blocks: int, panel: int) -> tuple[int, int]:
    """Choose rows and blocks of channels a task, where loops run along channels."""
    height, wanted = _volume(spec.output_size)[1], _wanted(spec)
    bytes_a_row = _volume(spec.window_size)[0] * spec.padded_size[-1] * panel * spec.compute_dtype.itemsize
    least = min(height, _least_rows(spec))
    stride, window = _volume(spec.stride)[1], _volume(spec.window_size)[1]
    together = min(blocks, max(1, scratch_bytes() // (bytes_a_row * (window + (least - 1) * stride))))
    together = min(together, max(1, -(-blocks // wanted)) if height <= least else together)
    groups = -(-blocks // together)
    share = -(-height // -(-wanted // groups))
    return min(height, _fitting_rows(spec, bytes_a_row * together), max(share, least)), together
