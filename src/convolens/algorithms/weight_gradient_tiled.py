"""The gradient with respect to the weights in register tiles: kernels by columns, summed over pixels."""

import functools
import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from convolens.algorithms.base import Array, Cost, Pipeline
from convolens.algorithms.compiled import MOST_DIMS, scratch_bytes, vector_lanes, volume, volumes
from convolens.algorithms.weight_gradients import WeightGradient, uncompiled
from convolens.runtime import compile as compiler
from convolens.runtime.call import Pinned
from convolens.runtime.cpu import cpu
from convolens.runtime.memory import empty
from convolens.runtime.script import perform, reshaped
from convolens.spec.borders import source_index
from convolens.spec.geometry import ConvSpec
from convolens.spec.layout import LAST

PIPELINE = "convolens.pipelines.weight_gradient"
BLOCK = 224  # pixels that a register tile is summed over at a time
TASK_TILES = 8  # register tiles that one thread goes through for each block
SHARE = 0.75  # speed beside that of the direct sum

# Vectors of kernels → columns in the register tile, where registers are many or few.
_TILES = {32: {4: 6, 2: 12, 1: 14}, 16: {2: 5, 1: 10}}


@dataclass(frozen=True, slots=True)
class Blocks:
    """
    How one spec's sums are laid out; the same for every call.

    Attributes
    ----------
    shape : tuple of int
        Of the sums: (parts of the columns, panels, kernel planes, kernel rows, columns a part, kernels a panel).
    starts : ndarray
        The first kernel of each panel in its group; the last reaches back.
    tables : tuple of Pinned
        For x and y the image cell of each padded cell, for z the image plane of each (gradient plane, kernel
        plane), counted through the batch; −1 where the border's constant lies.
    scalars : tuple
        What the pipeline takes after its arrays.
    """

    shape: tuple[int, ...]
    starts: Array
    tables: tuple[Pinned, ...]
    scalars: tuple[int | float, ...]


class TiledWeightGradient(WeightGradient):
    """
    Sums over pixels for a tile of kernels by columns (kernel column × channel) at a time, held in registers.

    One compiled pipeline serves all sizes, kernels, strides, dilations and borders in up to three dimensions.
    Blocks of pixels are added in an order that the spec decides, whatever the number of threads.
    """

    name: ClassVar = "tiled"
    summary: ClassVar = "sums over pixels in register tiles, compiled"

    def refusal(self, spec: ConvSpec) -> str | None:
        """Refuse integers, more than three dimensions, single channels, and all where nothing can be compiled."""
        if spec.dims > MOST_DIMS:
            return f"it has at most {MOST_DIMS} dimensions"
        if spec.groups > 1 and spec.weight_shape[1] == 1:
            return "it sums over several channels"
        return uncompiled(spec)

    def cost(self, spec: ConvSpec) -> Cost:
        """Count the products of whole tiles, and the way of both arrays through the scratch."""
        parts, panels, *_, columns, panel = _shape(spec)
        kernels, columns_used = spec.out_channels // spec.groups, spec.kernel_size[-1] * spec.weight_shape[1]
        wasted = panels * panel / kernels * parts * columns / columns_used
        cells = spec.batch * (spec.in_channels * math.prod(spec.padded_size) + math.prod(spec.output_shape[1:]))
        slow = 1 if spec.layout == LAST else 6  # turning takes longer than copying
        return Cost(
            operations=int(2 * spec.macs * wasted / SHARE),
            work="compiled",
            traffic=slow * cells * spec.compute_dtype.itemsize,
            calls=100 + 20 * spec.groups,
            workspace=scratch_bytes(),
        )

    def pipeline(self, spec: ConvSpec) -> Pipeline:
        """Name the pipeline for arrays that lie in memory as the spec says."""
        vectors, columns = tile(spec)
        sizes: dict[str, str | int] = {"lanes": vector_lanes(spec), "vectors": vectors, "columns": columns}
        few = spec.out_channels // spec.groups < vector_lanes(spec)
        return PIPELINE, {
            "dtype": str(spec.compute_dtype), **sizes, "few": few, "channels_last": spec.layout == LAST,
        }  # fmt: skip

    def sums_shape(self, spec: ConvSpec) -> tuple[int, ...]:
        """Give the groups, tasks, columns a part, and kernels a panel."""
        shape = _shape(spec)
        return spec.groups, math.prod(shape[:-2]), *shape[-2:]

    def sum_into(self, spec: ConvSpec, x: Array, grad: Array, sums: Array) -> None:
        """Call the pipeline once for each group."""
        blocks, parameters = _blocks(spec), self.pipeline(spec)[1]
        source, gradient = planes(x), planes(grad)
        channels_last = source.strides[-1] == gradient.strides[-1] == source.itemsize
        if not channels_last:
            source, gradient = _rows(source), _rows(gradient)
        function = compiler.load(PIPELINE, **parameters | {"channels_last": channels_last})
        images, grads = (np.split(a, spec.groups, axis=-1) for a in (source, gradient))
        for image, group_grad, part in zip(images, grads, sums, strict=True):
            function(image, group_grad, *blocks.tables, part, scalars=blocks.scalars)

    def ordered(self, spec: ConvSpec, sums: Array) -> Array:
        """Bring the columns of all panels to their kernels, channels and cells."""
        blocks = _blocks(spec)
        result = empty((spec.groups, spec.out_channels // spec.groups, *spec.weight_shape[1:]), sums.dtype)
        for group, part in zip(sums, result, strict=True):
            unpack(group.reshape(blocks.shape), blocks.starts, part)
        return result.reshape(spec.weight_shape)


def unpack(sums: Array, starts: Array, out: Array) -> None:
    """Write the sums of one group to (kernels, channels, *kernel size)."""
    parts, panels, depth, height, columns, panel = sums.shape
    kernels, channels, *size = out.shape
    rows = reshaped(sums.transpose(1, 5, 2, 3, 0, 4), panels, panel, depth, height, parts * columns)
    cells = reshaped(rows[..., : size[-1] * channels], panels, panel, *size, channels)
    for start, part in zip(starts, np.moveaxis(cells, -1, 2), strict=True):
        perform(np.copyto, out[start : start + panel], part[: kernels - start])


def planes(x: Array) -> Array:
    """View (N, C, size…) as (planes of all images, H, W, C); a copy where their planes lie unevenly."""
    volume = np.moveaxis(volumes(x), 1, -1)
    return volume.reshape(-1, *volume.shape[2:])


def _rows(array: Array) -> Array:
    """Return ``array``, or one like it, with neighbouring cells of a row side by side."""
    if array.strides[-2] == array.itemsize:
        return array
    turned = array.swapaxes(-1, -2)
    rows = np.empty(turned.shape, array.dtype)  # which has an axis of one cell lie as it should, too
    rows[...] = turned
    return rows.swapaxes(-1, -2)


def tile(spec: ConvSpec) -> tuple[int, int]:
    """Choose the register tile, vectors by columns: no more vectors than kernels fill, and few idle."""
    tiles, lanes = _TILES[cpu().vector_registers], vector_lanes(spec)
    kernels = spec.out_channels // spec.groups
    vectors = min(
        (v for v in tiles if v == 1 or v * lanes <= kernels),
        key=lambda v: (-(-kernels // (v * lanes)) * v * (1 + 0.2 / v), -v),
    )
    return vectors, tiles[vectors]


def _shape(spec: ConvSpec) -> tuple[int, ...]:
    vectors, columns = tile(spec)
    panel = vectors * vector_lanes(spec)
    panels = -(-spec.out_channels // spec.groups // panel)
    tiles = -(-spec.kernel_size[-1] * spec.weight_shape[1] // columns)
    parts = -(-tiles // TASK_TILES)
    return parts, panels, *volume(spec.kernel_size)[:2], -(-tiles // parts) * columns, panel


@functools.lru_cache(maxsize=256)
def _blocks(spec: ConvSpec) -> Blocks:
    """Lay out blocks of pixels, chunks of blocks that fit the cache, and borders."""
    lanes, channels, kernels = vector_lanes(spec), spec.weight_shape[1], spec.out_channels // spec.groups
    shape = _shape(spec)
    panel = shape[-1]
    depth, height, width = volume(spec.output_size)
    stride, dilation, taps = volume(spec.stride), volume(spec.dilation), volume(spec.kernel_size)
    across = -(-width // -(-width // BLOCK))
    down = -(-height // -(-height // max(1, BLOCK // across)))
    cell = (stride[1] * stride[2] * channels + kernels) * spec.compute_dtype.itemsize
    room = max(1, scratch_bytes() // (cell * across * down))
    counts = -(-width // across), -(-height // down), spec.batch * depth
    chunk = []
    for count in counts:
        chunk.append(min(count, room))
        room = max(1, room // count)
    tables = _tables(spec, (depth, counts[1] * down, counts[0] * across))
    line = channels if channels % lanes else lanes
    whole = (*stride[:0:-1], *dilation[:0:-1], *reversed(taps), line, across, down, *chunk)
    starts = np.minimum(np.arange(shape[1]) * panel, max(kernels - panel, 0))
    return Blocks(shape, starts, tables, (*whole, float(spec.border.value), 1 / channels))


def _tables(spec: ConvSpec, cells: tuple[int, ...]) -> tuple[Pinned, ...]:
    """Tell for x, y and z which image cell each padded cell shows that ``cells`` of the gradient meet."""
    x, y = (padded_cells(spec, axis, cells[axis]) for axis in (2, 1))
    z = padded_cells(spec, 0, cells[0])
    stride, dilation, taps = (volume(v)[0] for v in (spec.stride, spec.dilation, spec.kernel_size))
    met = z[np.arange(cells[0])[:, None] * stride + np.arange(taps) * dilation].ravel()
    planes = np.arange(spec.batch)[:, None] * volume(spec.input_size)[0] + met
    z = np.where(met < 0, -1, planes).ravel()
    return tuple(Pinned(table.astype(np.int32)) for table in (x, y, z))


def padded_cells(spec: ConvSpec, axis: int, cells: int) -> Array:
    """Tell which image cell each padded cell shows; −1 for the constant, and beyond what the border covers."""
    size, (before, after) = volume(spec.input_size)[axis], _pads(spec)[axis]
    stride, dilation, taps = (volume(v)[axis] for v in (spec.stride, spec.dilation, spec.kernel_size))
    positions = np.arange((cells - 1) * stride + (taps - 1) * dilation + 1) - before
    return np.where(positions < size + after, source_index(positions, size, spec.border), -1)


def _pads(spec: ConvSpec) -> tuple[tuple[int, int], ...]:
    return (*((0, 0),) * (MOST_DIMS - spec.dims), *spec.pads)
