"""The direct sum in register tiles where pixels of a row are neighbours, not their channels."""

import math
from dataclasses import dataclass

import numpy as np

from convolens.algorithms.base import NOTHING, Array, Cost, Epilogue, Pipeline
from convolens.algorithms.compiled import MOST_DIMS, border_tables, scratch_bytes, vector_lanes, volume
from convolens.algorithms.panels import MOST_TERMS
from convolens.runtime import compile as compiler
from convolens.runtime.call import Pinned
from convolens.runtime.cpu import cpu
from convolens.runtime.threads import thread_count
from convolens.spec.geometry import ConvSpec

PIPELINE = "convolens.pipelines.direct"
TASKS_PER_CORE = 4  # so that cores which are slow, or busy elsewhere, hold nobody up
MOST_HALO = 4  # a task has at least so many times the rows that it shares with its neighbour
LEAST_PIXELS = 64  # of a task along one row
FEW_CHANNELS = 4  # up to here, channels are summed as if they were neighbouring pixels, or planes
SHARE_OF_PEAK = 0.8
# Operations in the time that a cell is set beside its channels, an output apart from them, and a weight comes in.
READ, WRITTEN, WEIGHT = 160, 330, 80
LEAST_PART, LONG_PART = 256, 512  # terms of a kernel row from which it may be, and always is, summed for itself
LEAST_PARALLEL = 1 << 18  # products below which a call runs as one task

# Vectors of kernels → pixels in the register tile, and its speed beside the best, where registers are many or few.
_TILES = {32: {4: (6, 1.0), 2: (10, 0.93), 1: (14, 0.72)}, 16: {2: (5, 1.0), 1: (10, 0.8)}}


@dataclass(frozen=True, slots=True)
class Packed:
    """
    Weights in the order in which they are read, and what else stays the same from call to call.

    Attributes
    ----------
    weights : tuple of Pinned
        For each group, (panels, kd, kh, kw, C, kernels a panel), filled up with zeros to whole panels.
    bias : Pinned
        (panels, kernels a panel): zeros.
    tables : tuple of Pinned
        For x, y, z: the image cell of each padded cell, −1 where the border's constant lies.
    scalars : tuple
        What the pipeline takes after its arrays, but for whether it applies relu.
    parameters : dict
        What the pipeline is compiled for.
    """

    weights: tuple[Pinned, ...]
    bias: Pinned
    tables: tuple[Pinned, ...]
    scalars: tuple[int | float, ...]
    parameters: dict[str, str | int]

    @property
    def pixels(self) -> int:
        """Cells of a register tile, and the fewest that a plane of the output may have."""
        return int(self.parameters["pixels"])


def cost(spec: ConvSpec) -> Cost:
    """Count the products of whole panels and tiles, and how channels are set side by side, and apart again."""
    vectors, pixels = _tile(spec)
    kernels = spec.out_channels // spec.groups
    panels = -(-kernels // (vector_lanes(spec) * vectors))
    cells = math.prod(spec.output_size)
    wasted = panels * vector_lanes(spec) * vectors / kernels * -(-cells // pixels) * pixels / cells
    rows = max(scratch_bytes(), _row_bytes(spec) * (spec.window_size[-2] if spec.dims > 1 else 1))
    turned = READ * spec.batch * spec.in_channels * math.prod(_scratch(spec)[1])
    turned += WRITTEN * math.prod(spec.output_shape)
    weights = WEIGHT * spec.batch * math.prod(spec.weight_shape)
    speed = SHARE_OF_PEAK * _TILES[cpu().vector_registers][vectors][1]
    return Cost(
        operations=int(2 * spec.macs * wasted / speed) + turned + weights,
        work="compiled",
        traffic=0,
        calls=10 * spec.groups,
        workspace=rows * thread_count(),
    )


def pipeline(spec: ConvSpec) -> Pipeline:
    """Name the pipeline for arrays that lie in memory as the spec says."""
    vectors, pixels = _tile(spec)
    tile: dict[str, str | int] = {"lanes": vector_lanes(spec), "vectors": vectors, "pixels": pixels}
    single = spec.weight_shape[1] == 1 or _is_stacked(spec)
    return PIPELINE, {"dtype": str(spec.compute_dtype), **tile, "single": single, "parted": _is_parted(spec)}


def _is_parted(spec: ConvSpec) -> bool:
    """Whether kernel rows are summed apart: for fewer roundings, or so long that it takes no more time."""
    row = spec.weight_shape[1] * spec.kernel_size[-1]
    least = LEAST_PART if math.prod(spec.weight_shape[1:]) > MOST_TERMS else LONG_PART
    return not _is_stacked(spec) and row >= least


def prepare(spec: ConvSpec, weight: Array) -> Packed:
    """Order the weights, and lay out blocks and borders."""
    vectors, lanes, dtype = _tile(spec)[0], vector_lanes(spec), spec.compute_dtype
    parameters = pipeline(spec)[1]
    weights = [_panels(part.astype(dtype), lanes * vectors) for part in np.split(weight, spec.groups)]
    strides, sizes = _scratch(spec)
    skipped = np.floor_divide(volume(spec.stride), volume(strides))[::-1]
    tables = [table[::step].copy() for table, step in zip(border_tables(spec), skipped, strict=True)]
    steps = [*volume(strides)[::-1], *volume(spec.dilation)[::-1]]
    if _is_stacked(spec):
        tables[-1] = np.arange(spec.in_channels, dtype=np.int32)
        weights = [w.swapaxes(1, 4).copy() for w in weights]
    first = spec.pads[-1][0]
    whole = sizes[-1] == spec.padded_size[-1]
    run = (first, first + spec.input_size[-1]) if whole else (0, 0)
    whole_numbers = (spec.output_size[-1], *steps, *_blocks(spec, len(weights[0])), first, *run)
    scalars = (*whole_numbers, float(spec.border.value), 1 / spec.output_size[-1])
    compiler.load(PIPELINE, **parameters)
    return Packed(
        tuple(map(Pinned, weights)),
        Pinned(np.zeros((len(weights[0]), lanes * vectors), dtype)),
        tuple(map(Pinned, tables)),
        scalars,
        parameters,
    )


def run(spec: ConvSpec, state: Packed, source: Array, target: Array, epilogue: Epilogue) -> Epilogue:
    """Call the pipeline once for each group; add the bias, and apply relu."""
    fused = epilogue.residual is None and epilogue.activation == "relu"
    left = NOTHING if fused else Epilogue(None, epilogue.activation, epilogue.residual)
    if not target.size:
        return left
    if _is_stacked(spec):
        source = source.swapaxes(1, 4)
    flat = target.reshape(*target.shape[:2], -1, target.shape[-1])  # a copy where rows lie apart
    cells = flat.shape[2]
    if cells < state.pixels:
        flat = np.empty((*flat.shape[:2], state.pixels, flat.shape[3]), flat.dtype)
    source, flat = _rows(source, copy=True), _rows(flat, copy=False)
    function = compiler.load(PIPELINE, **state.parameters)
    groups = len(state.weights)
    channels, kernels = source.shape[-1] // groups, flat.shape[-1] // groups
    biases = [state.bias] * groups if epilogue.bias is None else _biases(epilogue.bias, state.bias.array, groups)
    scalars = (*state.scalars, int(fused))
    for g, (weights, bias) in enumerate(zip(state.weights, biases, strict=True)):
        image = source if groups == 1 else source[..., g * channels : (g + 1) * channels]
        result = flat if groups == 1 else flat[..., g * kernels : (g + 1) * kernels]
        function(image, weights, bias, *state.tables, result, scalars=scalars)
    if not np.may_share_memory(flat, target):
        target[...] = flat[:, :, :cells].reshape(target.shape)
    return left


def _rows(array: Array, *, copy: bool) -> Array:
    """Return ``array``, or one like it, with neighbouring cells of a row (the last axis but one) side by side."""
    if array.strides[-2] == array.itemsize:
        return array
    order = (*range(array.ndim - 2), array.ndim - 1, array.ndim - 2)
    rows = np.empty([array.shape[axis] for axis in order], array.dtype)
    if copy:
        rows[...] = array.transpose(order)
    return rows.transpose(order)


def _scratch(spec: ConvSpec) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Choose the strides in the scratch, and its size, without the cells that a kernel of one cell steps over."""
    alone = [kernel == 1 for kernel in spec.kernel_size]
    strides = tuple(1 if one else stride for one, stride in zip(alone, spec.stride, strict=True))
    sizes = zip(alone, spec.output_size, spec.padded_size, strict=True)
    return strides, tuple(output if one else padded for one, output, padded in sizes)


def _is_stacked(spec: ConvSpec) -> bool:
    """Whether channels are read as planes of a volume: few of them would be slow to bring side by side."""
    few = 1 < spec.in_channels <= FEW_CHANNELS
    return few and spec.groups == 1 and spec.dims < MOST_DIMS


def _panels(weight: Array, width: int) -> Array:
    """Order (K, C, *kernel size) as (panels, kd, kh, kw, C, width)."""
    kernels, channels, *size = weight.shape
    panels = -(-kernels // width)
    whole = np.zeros((panels * width, channels, *volume(tuple(size))), weight.dtype)
    whole[:kernels] = weight.reshape(kernels, *whole.shape[1:])
    return whole.reshape(panels, width, *whole.shape[1:]).transpose(0, 3, 4, 5, 2, 1).copy(order="C")


def _biases(bias: Array, like: Array, groups: int) -> list[Pinned]:
    """Fill up each group's part of ``bias`` to whole panels."""
    whole = np.zeros((groups, like.size), like.dtype)
    whole[:, : bias.size // groups] = bias.reshape(groups, -1)
    return [Pinned(part.reshape(like.shape)) for part in whole]


def _tile(spec: ConvSpec) -> tuple[int, int]:
    """Choose the register tile: vectors of kernels, and pixels."""
    tiles = _TILES[cpu().vector_registers]
    kernels = spec.out_channels // spec.groups

    def time(vectors: int) -> float:
        return -(-kernels // (vector_lanes(spec) * vectors)) * vectors / tiles[vectors][1]

    vectors = min(tiles, key=time)
    return vectors, tiles[vectors][0]


def _row_bytes(spec: ConvSpec) -> int:
    """Bytes of scratch that one padded row takes, in all planes of a window."""
    planes = volume(spec.window_size)[0]
    return planes * _scratch(spec)[1][-1] * (spec.in_channels // spec.groups) * spec.compute_dtype.itemsize


def _blocks(spec: ConvSpec, panels: int) -> tuple[int, int]:
    """
    Choose how many pixels and panels make a task.

    At most the rows that fit the cache. Fewer, until there are tasks for all cores or reading the border between
    tasks twice would cost too much; then fewer panels.
    The last task begins early enough to be as long as the others. Whether a cell is summed in one task or another,
    or in two, its sum is the same.
    """
    height = spec.output_size[-2] if spec.dims > 1 else 1
    stride, window = (_scratch(spec)[0][-2], spec.window_size[-2]) if spec.dims > 1 else (1, 1)
    others = spec.batch * volume(spec.output_size)[0]
    wanted = -(-TASKS_PER_CORE * thread_count() // max(1, others)) if spec.macs >= LEAST_PARALLEL else 1
    fit = (scratch_bytes() // _row_bytes(spec) - window) // stride + 1
    thrifty = -(-MOST_HALO * max(0, window - stride) // stride)  # rows whose common border is read twice are few
    rows = max(1, min(height, fit, max(-(-height // wanted), thrifty)))
    tasks = -(-height // rows)
    group = max(1, panels // -(-wanted // tasks))
    width = spec.output_size[-1]
    pixels = max(LEAST_PIXELS, -(-width // wanted)) if height == 1 else -(-height // tasks) * width
    least = _tile(spec)[1]
    return min(max(pixels, least), max(width * height, least)), group
