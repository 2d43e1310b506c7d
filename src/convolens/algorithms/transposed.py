"""The adjoint of a strided convolution in register tiles: compiled loops that share the image among the phases."""

import itertools
import math
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from numpy.lib.stride_tricks import as_strided

from convolens.algorithms.base import NOTHING, Algorithm, Array, Cost, Epilogue, Pipeline, plain_sum_bound
from convolens.algorithms.compiled import (
    CLAMPS,
    MOST_DIMS,
    aligned_zeros,
    fused_activation,
    scratch_bytes,
    vector_lanes,
    volume,
    volumes,
)
from convolens.algorithms.windows import at
from convolens.runtime import compile as compiler
from convolens.runtime.call import Function, Pinned
from convolens.runtime.cpu import available_cores, cpu
from convolens.runtime.script import perform
from convolens.spec.geometry import ConvSpec
from convolens.spec.layout import LAST
from convolens.spec.phases import AxisPhase, axis_phases

PIPELINE = "convolens.pipelines.transposed"
TASKS_PER_CORE = 4
MOST_HALO = 4  # a task has at least so many times the rows that it shares with its neighbour
LEAST_TILES = 4  # of a task along one row
LEAST_PARALLEL = 1 << 18  # products below which a call runs as one task
SHARE_OF_PEAK = 0.8
TURNED = 4  # a tile in all phases has a multiple of so many cells, where the pipeline turns them

# Vectors of kernels → pixels in the register tile, where registers are many or few.
_TILES: dict[int, dict[int, tuple[int, ...]]] = {32: {4: (7,), 2: (8, 14), 1: (12, 24)}, 16: {2: (4,), 1: (8, 12)}}

Run = tuple[AxisPhase, ...]
"""Neighbouring phases of one axis that are alike: as many cells each, under as many taps."""

_ALONE: Run = (AxisPhase(0, 1, range(1), 1, 0),)


@dataclass(frozen=True, slots=True)
class Block:
    """
    One call of the pipeline: phases that are alike, of one group.

    Attributes
    ----------
    runs : tuple of runs
        Its phases along planes, rows and columns.
    group : int
        Which of the groups of channels.
    weights : Pinned
        (phases down, phases across, panels, kd, kh, kw, K, kernels a panel).
    tables : tuple of Pinned
        For x and y the cell where each phase's first window begins.
    scalars : tuple of int
        What the pipeline takes after its arrays, but for slope and ceiling.
    """

    runs: tuple[Run, Run, Run]
    group: int
    weights: Pinned
    tables: tuple[Pinned, Pinned]
    scalars: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Packed:
    """
    Weights in the order in which they are read, and what else stays the same from call to call.

    Attributes
    ----------
    blocks : tuple of Block
        The calls.
    parameters : dict
        What the pipeline is compiled for, the activation aside.
    functions : dict
        The compiled pipeline by activation, as it is needed.
    """

    blocks: tuple[Block, ...]
    parameters: dict[str, str | int]
    functions: dict[str, Function] = field(default_factory=dict)

    def function(self, activation: str) -> Function:
        """Return the compiled pipeline with an activation."""
        if activation not in self.functions:
            self.functions[activation] = compiler.load(PIPELINE, **self.parameters | {"activation": activation})
        return self.functions[activation]


class TransposedTiled(Algorithm[Packed]):
    """
    Sum of products for each phase of the output, a tile of pixels by kernels at a time held in registers.

    ``spec`` is the convolution that goes forward: ``run`` takes an array like its output and writes one like its
    input. No product with a zero between input cells is taken, and no sum leaves the registers before it is done.
    """

    name: ClassVar = "transposed-tiled"
    summary: ClassVar = "all phases in register tiles, compiled"
    plain_sum: ClassVar = True

    def refusal(self, spec: ConvSpec) -> str | None:
        """Refuse integers, single channels, borders, and phases that differ where they are to be interleaved."""
        if spec.compute_dtype.kind != "f":
            return "its sums of integers would not be exact"
        if spec.dims > MOST_DIMS:
            return f"it has at most {MOST_DIMS} dimensions"
        if spec.out_channels == spec.groups != spec.in_channels:
            return "single channels have one kernel each"
        if spec.border.mode != "constant" and any(map(any, spec.pads)):
            return "it has no border but zeros"
        if not all(phase.taps for axis in range(spec.dims) for phase in axis_phases(spec, axis)):
            return "its cells have one tap at least"
        if spec.layout != LAST and len({(len(p.taps)) for p in axis_phases(spec, spec.dims - 1)}) > 1:
            return "it interleaves phases of as many taps"
        if spec.layout != LAST and spec.input_size[-1] < spec.stride[-1]:
            return "it interleaves whole phases"
        return compiler.unavailable()

    def cost(self, spec: ConvSpec) -> Cost:
        """Count the products of whole panels and tiles, and the way of the image and the result through memory."""
        vectors, pixels = _tile(spec)
        lanes, item = vectors * vector_lanes(spec), spec.compute_dtype.itemsize
        channels = spec.in_channels // (1 if _is_single(spec) else spec.groups)
        width = -(-spec.input_size[-1] // spec.stride[-1])
        wasted = -(-channels // lanes) * lanes / channels * -(-width // pixels) * pixels / width
        return Cost(
            operations=int(2 * spec.macs * wasted / SHARE_OF_PEAK),
            work="compiled",
            traffic=2 * item * (math.prod(spec.output_shape) + math.prod(spec.input_shape)),
            calls=10 * spec.groups * math.prod(len(runs) for runs in _runs(spec)),
            workspace=scratch_bytes() * available_cores(),
        )

    def error_bound(self, spec: ConvSpec) -> float:
        """Bound a plain sum's error."""
        return plain_sum_bound(spec)

    def pipeline(self, spec: ConvSpec) -> Pipeline:
        """Name the pipeline without a smooth activation."""
        vectors, pixels = _tile(spec)
        tile: dict[str, str | int] = {"lanes": vector_lanes(spec), "vectors": vectors, "pixels": pixels}
        step = 0 if spec.layout == LAST else spec.stride[-1]
        single = _is_single(spec)
        reads = {"step": step, "single": single, "bare": not step and not single and _is_bare(spec)}
        return PIPELINE, {"dtype": str(spec.compute_dtype), **tile, **reads, "activation": "clamp"}

    def prepare(self, spec: ConvSpec, weight: Array) -> Packed:
        """Order the weights by phase, and lay out windows and tasks."""
        vectors, pixels = _tile(spec)
        lanes, groups = vectors * vector_lanes(spec), _parted(spec, weight)
        blocks = (
            _block(spec, part, g, runs, lanes, pixels)
            for runs in itertools.product(*_runs(spec))
            for g, part in enumerate(groups)
        )
        packed = Packed(tuple(blocks), self.pipeline(spec)[1])
        packed.function("clamp")
        return packed

    def renew(self, spec: ConvSpec, state: Packed, weight: Array, bias: Array | None) -> bool:
        """Order the weights where those before lie, unless there is a bias, which was filled up elsewhere."""
        if bias is not None:
            return False
        groups = _parted(spec, weight)
        for block in state.blocks:
            perform(_order, groups[block.group], block.runs, block.weights.array)
        return True

    def run(self, spec: ConvSpec, state: Packed, x: Array, out: Array) -> None:
        """Sum alone."""
        self.run_with(spec, state, x, out, NOTHING)

    def run_with(self, spec: ConvSpec, state: Packed, x: Array, out: Array, epilogue: Epilogue) -> Epilogue:
        """Call the pipeline once for each block of phases; add the bias, and apply what activation it can."""
        fused = fused_activation(epilogue.activation, spec.compute_dtype)
        left = Epilogue(activation=epilogue.activation) if fused is None else NOTHING
        if not out.size:
            return left
        activation, clamp = fused or ("clamp", CLAMPS[None])
        function = state.function(activation)
        axis = 1 if spec.layout == LAST else -1
        source, target = _side_by_side(x, axis, copy=True), _side_by_side(out, axis, copy=False)
        inputs, outputs = volumes(source), volumes(target)
        groups = 1 if _is_single(spec) else spec.groups
        channels, kernels = inputs.shape[1] // groups, outputs.shape[1] // groups
        for block in state.blocks:
            image = inputs[:, block.group * channels : (block.group + 1) * channels]
            own = slice(block.group * kernels, (block.group + 1) * kernels)
            bias = _bias(block, epilogue.bias, own)
            cells = _cells(spec, block, outputs[:, own])
            arrays = (np.moveaxis(image, 1, -1), block.weights, bias, *block.tables, cells)
            function(*arrays, scalars=(*block.scalars, *clamp))
        if target is not out:
            out[...] = target
        return left


def _side_by_side(array: Array, axis: int, *, copy: bool) -> Array:
    """Return ``array``, or one like it, with neighbours along ``axis`` side by side in memory."""
    if array.strides[axis] == array.itemsize:
        return array
    moved = np.moveaxis(array, axis, -1)
    other = moved.copy(order="C") if copy else np.empty(moved.shape, moved.dtype)
    return np.moveaxis(other, -1, axis)


def _parted(spec: ConvSpec, weight: Array) -> list[Array]:
    """Part weights (K, C, size…) by groups, each as volumes; single channels are taken as one group."""
    whole = volumes(weight.astype(spec.compute_dtype, copy=False))
    return [whole.swapaxes(0, 1)] if _is_single(spec) else np.split(whole, spec.groups)


def _is_single(spec: ConvSpec) -> bool:
    """Whether each channel has one kernel of its own."""
    return spec.out_channels == spec.groups


def _is_bare(spec: ConvSpec) -> bool:
    """Whether no window reaches beyond the image."""
    phases = ((p, size) for axis, size in enumerate(spec.output_size) for p in axis_phases(spec, axis))
    return all(phase.before <= 0 and phase.after(size) <= 0 for phase, size in phases)


def _runs(spec: ConvSpec) -> tuple[list[Run], list[Run], list[Run]]:
    """Group the phases along planes, rows and columns; those of planes are alone."""
    runs: list[list[Run]] = [[_ALONE]] * (MOST_DIMS - spec.dims)
    for axis in range(spec.dims):
        alone = spec.dims - axis == MOST_DIMS
        whole = spec.layout != LAST and axis == spec.dims - 1
        found = itertools.groupby(
            axis_phases(spec, axis), key=lambda p: (p.start * alone, len(p.taps), not whole and p.count)
        )
        runs.append([tuple(run) for _, run in found])
    planes, rows, columns = runs
    return planes, rows, columns


def _tile(spec: ConvSpec) -> tuple[int, int]:
    """Choose the register tile: vectors of kernels, and pixels."""
    width = -(-spec.input_size[-1] // spec.stride[-1])
    tiles = _TILES[cpu().vector_registers]
    kernels = spec.in_channels // (1 if _is_single(spec) else spec.groups)

    def time(tile: tuple[int, int]) -> tuple[float, int]:
        vectors, pixels = tile
        panels = -(-kernels // (vector_lanes(spec) * vectors))
        return panels * (vectors + 0.2) * -(-width // pixels) * pixels, -pixels

    turned = spec.layout != LAST
    choices = ((vectors, pixels) for vectors in tiles for pixels in tiles[vectors])
    return min((t for t in choices if not (turned and t[1] * spec.stride[-1] % TURNED)), key=time)


def _block(
    spec: ConvSpec, weight: Array, group: int, runs: tuple[Run, Run, Run], lanes: int, pixels: int
) -> Block:
    """Order the weights (K, C, kd, kh, kw) of one group, and lay out its windows."""
    planes, rows, columns = runs
    channels, kernels = weight.shape[:2]
    panels = -(-kernels // lanes)
    taps = [len(run[0].taps) for run in runs]
    packed = aligned_zeros((len(rows), len(columns), panels, *taps, channels, lanes), weight.dtype)
    _order(weight, runs, packed)
    tables = [np.array([-phase.before for phase in run], np.int32) for run in (columns, rows)]
    limits = [int(end) for table in tables for end in (table.min(), table.max())]
    halo = [
        run[0].spacing * (len(run[0].taps) - 1) + max(p.before for p in run) - min(p.before for p in run)
        for run in runs
    ]
    scalars = (
        *(run[0].spacing for run in reversed(runs)),
        -planes[0].before,
        *limits,
        *_tasks(spec, packed, pixels, [run[0].count for run in runs], halo),
    )
    return Block(runs, group, Pinned(packed), (Pinned(tables[0]), Pinned(tables[1])), scalars)


def _order(weight: Array, runs: tuple[Run, Run, Run], packed: Array) -> None:
    """Order the weights (K, C, kd, kh, kw) of one group by phase, taps and panels."""
    planes, rows, columns = runs
    channels, kernels = weight.shape[:2]
    panels, *taps, _, lanes = packed.shape[2:]
    whole = np.zeros((channels, panels * lanes, *taps), weight.dtype)
    for i, j in np.ndindex(packed.shape[:2]):
        cells = (slice(run.taps.start, None, run.taps.step) for run in (planes[0], rows[i], columns[j]))
        whole[:, :kernels] = weight[at[:, :, *cells]][..., ::-1, ::-1, ::-1]
        packed[i, j] = whole.reshape(channels, panels, lanes, *taps).transpose(1, 3, 4, 5, 0, 2)


def _tasks(
    spec: ConvSpec, weights: Array, pixels: int, counts: list[int], halo: list[int]
) -> tuple[int, int, int]:
    """
    Choose how many tiles of a row, rows and panels make a task.

    The panels whose weights, for a row of phases, stay in cache. At most the rows whose part of the image fits
    there beside them; fewer, until there are tasks for all cores or reading the rows between tasks twice would
    cost too much. A cell's sum is the same in any task.
    """
    planes, height, width = counts
    panels, channels = weights.shape[2], max(weights.shape[-2], weights.shape[-1] * _is_single(spec))
    near = max(1, min(panels, scratch_bytes() * panels * len(weights) // (3 * weights.nbytes)))
    wanted = 1
    if spec.macs >= LEAST_PARALLEL:
        others = max(1, spec.batch * planes) * -(-panels // near)
        wanted = -(-TASKS_PER_CORE * available_cores() // others)
    tiles = -(-width // pixels)
    stripe = max(LEAST_TILES, -(-tiles // wanted)) if height == 1 else tiles
    row = (halo[0] + 1) * (stripe * pixels + halo[2]) * channels * weights.itemsize
    fit = scratch_bytes() * 2 // 3 // row - halo[1]
    rows = max(1, min(height, fit, max(-(-height // wanted), MOST_HALO * halo[1])))
    return stripe, rows, near


def _cells(spec: ConvSpec, block: Block, out: Array) -> Array:
    """View those cells of ``out`` (N, K, D, H, W) that a block computes, in the pipeline's order of axes."""
    planes, rows, columns = block.runs
    steps = volume(spec.stride)
    batch, kernels, *along = out.strides
    shape, strides = (
        [planes[0].count, rows[0].count, len(rows)],
        [along[0] * steps[0], along[1] * steps[1], along[1]],
    )
    if spec.layout == LAST:
        shape += [columns[0].count, len(columns)]
        strides += [along[2] * steps[2], along[2]]
    else:
        shape, strides = [*shape, out.shape[-1]], [*strides, along[2]]
    first = out[:, :, planes[0].start :, rows[0].start :, columns[0].start :]
    return as_strided(first, (len(out), *shape, out.shape[1]), (batch, *strides, kernels))


def _bias(block: Block, bias: Array | None, own: slice) -> Pinned:
    """Fill up a group's part of the bias to whole panels."""
    weights = block.weights.array
    whole = np.zeros((weights.shape[2], weights.shape[-1]), weights.dtype)
    if bias is not None:
        whole.reshape(-1)[: own.stop - own.start] = bias[own]
    return Pinned(whole)
