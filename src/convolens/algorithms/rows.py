"""The direct sum along rows: compiled loops for channels first, whose vectors run along the cells of a row."""

import math
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from convolens.algorithms.base import NOTHING, Algorithm, Array, Cost, Epilogue, Pipeline, plain_sum_bound
from convolens.algorithms.compiled import CLAMPS, MOST_DIMS, fused_activation, vector_lanes
from convolens.algorithms.row_blocks import Blocks, Geometry, Layout, Tile, choose, geometry, is_apart, layout
from convolens.runtime import compile as compiler
from convolens.runtime.call import Pinned
from convolens.runtime.cpu import cpu
from convolens.runtime.threads import thread_count
from convolens.spec.geometry import ConvSpec
from convolens.spec.layout import LAST

PIPELINE = "convolens.pipelines.rows"
TABLE_BYTES = 32  # for each cell along an axis, while the tables of the border are made
MOST_CELLS = 1 << 30  # of a window in all channels, so that offsets have 32 bits

# Kernels → vectors in the register tile, where registers are many or few.
_TILES = {32: {8: 3, 4: 6}, 16: {4: 3, 2: 6}}


@dataclass(frozen=True, slots=True)
class Packed:
    """
    Weights in the order in which they are read, and what stays the same from call to call.

    Attributes
    ----------
    weights : Pinned
        (groups, panels, terms, kernels a panel), filled up with zeros to whole panels.
    bias : Pinned
        (groups, panels, kernels a panel): zeros.
    layouts : dict
        Scratch and tasks, for each number of threads that was met.
    """

    weights: Pinned
    bias: Pinned
    layouts: dict[int, Layout] = field(default_factory=dict)

    def layout(self, spec: ConvSpec) -> Layout:
        """Lay out scratch and tasks for as many threads as there are."""
        threads = thread_count()
        if threads not in self.layouts:
            tile = _tile(spec)
            self.layouts[threads] = layout(geometry(spec), spec, tile, _blocks(spec, threads))
        return self.layouts[threads]


class Rows(Algorithm[Packed]):
    """
    Sum of products over channels and kernel cells, a tile of kernels by cells of a row held in registers.

    Each step multiplies a few vectors of neighbouring cells by one weight of each kernel. A block of the image,
    with its border, goes through a scratch array in cache, where rows follow each other, and where with a stride
    the cells that one weight meets lie together; so the loops are the same for every kernel, stride and dilation.

    References
    ----------
    E. Georganas et al., Anatomy of High-Performance Deep Learning Convolutions on SIMD Architectures, 2018,
    doi:10.1109/SC.2018.00069, whose tiles lie across channels.
    """

    name: ClassVar = "rows"
    summary: ClassVar = "the direct sum along rows of channels, compiled"
    plain_sum: ClassVar = True
    compiled: ClassVar = True

    def refusal(self, spec: ConvSpec) -> str | None:
        """Refuse integers, more than three dimensions, and rows whose cells lie apart."""
        if spec.compute_dtype.kind != "f":
            return "its sums of integers would not be exact"
        if spec.dims > MOST_DIMS:
            return f"it has at most {MOST_DIMS} dimensions"
        if spec.layout == LAST:
            return "with channels last the cells of a row lie apart"
        if spec.weight_shape[1] * math.prod(spec.window_size) > MOST_CELLS:
            return "its window is too large"
        return compiler.unavailable()

    def cost(self, spec: ConvSpec) -> Cost:
        """Count cycles, in multiplications and additions that could be done in them."""
        tile, threads = _tile(spec), thread_count()
        blocks = _blocks(spec, 1)
        cast = spec.dtype != spec.compute_dtype
        item = spec.compute_dtype.itemsize
        image, results = math.prod(spec.input_shape) * item, math.prod(spec.output_shape) * item
        held = _blocks(spec, threads).scratch
        return Cost(
            operations=4 * tile.lanes * blocks.cycles,  # two multiply-adds a cycle
            work="compiled",
            traffic=image + results + (2 * image if cast else 0),
            calls=10,
            workspace=threads * held + TABLE_BYTES * max(spec.padded_size) + (image if cast else 0),
        )

    def error_bound(self, spec: ConvSpec) -> float:
        """Bound a plain sum's error."""
        return plain_sum_bound(spec)

    def pipeline(self, spec: ConvSpec) -> Pipeline:
        """Name the pipeline without a smooth activation or a residual."""
        return PIPELINE, _parameters(spec)

    def prepare(self, spec: ConvSpec, weight: Array) -> Packed:
        """Order the weights; compile."""
        compiler.load(PIPELINE, **_parameters(spec))
        tile, shape = _tile(spec), geometry(spec)
        panels = -(-shape.kernels // tile.kernels)
        whole = np.zeros((shape.groups, panels * tile.kernels, shape.terms), spec.compute_dtype)
        whole[:, : shape.kernels] = weight.reshape(shape.groups, shape.kernels, shape.terms)
        ordered = whole.reshape(shape.groups, panels, tile.kernels, -1).swapaxes(2, 3).copy(order="C")
        return Packed(Pinned(ordered), Pinned(np.zeros((shape.groups, panels, tile.kernels), spec.compute_dtype)))

    def run(self, spec: ConvSpec, state: Packed, x: Array, out: Array) -> None:
        """Sum alone."""
        self.run_with(spec, state, x, out, NOTHING)

    def run_with(self, spec: ConvSpec, state: Packed, x: Array, out: Array, epilogue: Epilogue) -> Epilogue:
        """Call the pipeline; leave only smooth activations of float64 to others."""
        fused = fused_activation(epilogue.activation, out.dtype)
        activation, clamps = fused or ("clamp", CLAMPS[None])
        if out.size:
            shape, found = geometry(spec), state.layout(spec)
            source = _rows(x.astype(out.dtype, copy=False), shape, shape.size)
            target = _rows(out, shape, shape.output, copy=False)
            residual = None if epilogue.residual is None else epilogue.residual.astype(out.dtype, copy=False)
            added = [] if residual is None else [_rows(residual, shape, shape.output)]
            bias = state.bias if epilogue.bias is None else _filled_up(epilogue.bias, state.bias.array)
            function = compiler.load(
                PIPELINE, **_parameters(spec) | {"activation": activation, "residual": bool(added)}
            )
            scalars = (*found.scalars, *clamps, float(spec.border.value))
            function(source, state.weights, bias, *added, *found.lists, target, scalars=scalars)
            if not np.may_share_memory(target, out):
                out[...] = target.reshape(out.shape)
        return NOTHING if fused else Epilogue(activation=epilogue.activation)


def _rows(array: Array, shape: Geometry, size: tuple[int, int, int], *, copy: bool = True) -> Array:
    """View (N, C, size…) by groups, in three dimensions; where rows are not plain, copy or make one like it."""
    whole = (shape.batch, shape.groups, array.shape[1] // shape.groups, *size)
    view = array.reshape(whole)
    if view.strides[-1] == array.itemsize and np.may_share_memory(view, array):
        return view
    rows = np.empty(whole, array.dtype)
    if copy:
        rows[...] = view
    return rows


def _filled_up(bias: Array, like: Array) -> Pinned:
    """Order a bias by groups and panels, filled up with zeros."""
    whole = np.zeros((len(like), like[0].size), like.dtype)
    whole[:, : bias.size // len(like)] = bias.reshape(len(like), -1)
    return Pinned(whole.reshape(like.shape))


def _parameters(spec: ConvSpec) -> dict[str, str | int]:
    tile = _tile(spec)
    size = {"lanes": tile.lanes, "vectors": tile.vectors, "kernels": tile.kernels}
    apart = is_apart(geometry(spec), tile)
    return {"dtype": str(spec.compute_dtype), **size, "apart": apart, "activation": "clamp", "residual": False}


def _tile(spec: ConvSpec) -> Tile:
    """Choose the register tile: the larger panel where it does not hold more of nothing."""
    tiles = _TILES[cpu().vector_registers]
    kernels = spec.out_channels // spec.groups
    panel = min(tiles, key=lambda panel: -(-kernels // panel) * panel)
    return Tile(panel, tiles[panel], vector_lanes(spec))


def _blocks(spec: ConvSpec, threads: int) -> Blocks:
    return choose(geometry(spec), _tile(spec), spec.compute_dtype.itemsize, threads)
