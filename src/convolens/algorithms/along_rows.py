"""Depthwise loops for cells of a row that lie together: how vectors, register tiles and tasks are chosen."""

import math

import numpy as np

from convolens.algorithms.base import Array, Cost
from convolens.algorithms.compiled import border_tables, scratch_bytes, vector_lanes, volume, volumes
from convolens.algorithms.loops import Loops, steps, wanted_tasks
from convolens.runtime.call import Pinned
from convolens.runtime.cpu import cpu
from convolens.runtime.threads import thread_count
from convolens.spec.geometry import ConvSpec
from convolens.spec.layout import LAST

PIPELINE = "convolens.pipelines.stencil"
UNROLLED = (3, 5, 7)  # kernel heights with loops of their own; others go by runs of ANY
ANY = 4
ROWS = 8  # of the register tile, or vectors where an image has fewer rows than LEAST_ROWS
DIVISORS = (14, 7)  # rows instead, where they divide the height, as in networks for images of 224 × 224
LEAST_ROWS = 4
PITCH = 80  # cells from row to row in the scratch, where rows are no longer: five vectors, an odd number
FEWER = (8, 4, 1)  # cells that are copied together where an image is narrower than a vector
MOST_HALO = 4  # a task has at least so many times the rows that it shares with its neighbour
SHARE_OF_PEAK, OTHERS, SIGNAL = 0.6, 0.5, 0.35  # of kernels with loops of their own, without, and of one row
COPYING = 20  # operations in the time that a cell takes on its way into the scratch

view = volumes


def parameters(spec: ConvSpec) -> dict[str, str | int]:
    """Choose what the pipeline is compiled for, the epilogue aside."""
    vectors, rows = _tile(spec)
    height = volume(spec.kernel_size)[1]
    strides, dilation = {spec.stride[-1], volume(spec.stride)[1]}, volume(spec.dilation)[1]
    return {
        "dtype": str(spec.compute_dtype),
        "lanes": vector_lanes(spec),
        "vectors": vectors,
        "rows": rows,
        "taps": height if height in UNROLLED else ANY,
        "whole": height in UNROLLED,
        "pitch": PITCH if spec.stride[-1] <= 2 and _row_cells(spec) <= PITCH else 0,
        "run": next(run for run in (vector_lanes(spec), *FEWER) if run <= spec.input_size[-1]),
        "step": spec.stride[-1] if strides in ({1}, {2}) and dilation == 1 else 0,
    }


def prepare(spec: ConvSpec, weights: Array) -> Loops:
    """Lay out weights (K, kd, kh, kw), borders and tasks."""
    before, after = spec.pads[-1]
    shown = (0, 0) if spec.border.mode == "constant" else (before, after)
    multiplier = spec.out_channels // spec.in_channels
    scalars = (*steps(spec), before, *shown, multiplier, *_tasks(spec), float(spec.border.value))
    bias, tables = Pinned(np.zeros(len(weights), weights.dtype)), tuple(map(Pinned, border_tables(spec)))
    return Loops(PIPELINE, parameters(spec), Pinned(weights), bias, tables, scalars)


def cost(spec: ConvSpec) -> Cost:
    """Count the products of whole tiles, and the image's way through the scratch."""
    item = spec.compute_dtype.itemsize
    image = spec.batch * spec.in_channels * math.prod(spec.padded_size)
    _, height, width = volume(spec.output_size)
    vectors, rows = _tile(spec)
    columns = vectors * vector_lanes(spec)
    wasted = -(-width // columns) * columns / width * -(-height // rows) * rows / height
    scattered = spec.layout == LAST and spec.out_channels > 1
    turned = math.prod(spec.output_shape) * item if scattered else 0
    cast = math.prod(spec.input_shape) * item if spec.dtype != spec.compute_dtype else 0
    scratch = max(scratch_bytes(), _row_bytes(spec) * (volume(spec.window_size)[1] + rows))
    tall = volume(spec.kernel_size)[1]
    share = SHARE_OF_PEAK if tall in UNROLLED else OTHERS if tall > 1 else SIGNAL
    return Cost(
        operations=int(2 * spec.macs * wasted / share) + COPYING * image,
        work="compiled",
        traffic=spec.memory + 2 * turned + 2 * cast,
        calls=5,
        workspace=scratch * thread_count() + turned + cast,
    )


def _tile(spec: ConvSpec) -> tuple[int, int]:
    """Choose vectors and rows of the register tile."""
    height = volume(spec.output_size)[1]
    if cpu().vector_registers < 32:
        return (1, ROWS - 2) if height >= LEAST_ROWS else (ROWS - 2, 1)
    if height < LEAST_ROWS:
        return ROWS, 1
    return 1, next((rows for rows in DIVISORS if height % rows == 0), ROWS)


def _row_cells(spec: ConvSpec) -> int:
    """Count the cells of a row in the scratch: it holds all of the image's, and what whole register tiles read."""
    lanes = vector_lanes(spec)
    columns = _tile(spec)[0] * lanes
    width = -(-spec.output_size[-1] // columns) * columns
    cells = max(spec.padded_size[-1], (width - 1) * spec.stride[-1] + spec.window_size[-1])
    return -(-cells // lanes) * lanes


def _row_bytes(spec: ConvSpec) -> int:
    """Bytes of scratch for one row of a channel, in all planes of a window."""
    return volume(spec.window_size)[0] * max(PITCH, _row_cells(spec)) * spec.compute_dtype.itemsize


def _tasks(spec: ConvSpec) -> tuple[int, int]:
    """
    Choose rows and kernels a task.

    Whether a cell is summed in one task or another, its sum is the same.
    """
    depth, height, _ = volume(spec.output_size)
    stride, window, tile = volume(spec.stride)[1], volume(spec.window_size)[1], _tile(spec)[1]
    wanted = -(-wanted_tasks(spec) // max(1, spec.batch * depth))  # for each plane of output
    share = -(-height // max(1, -(-wanted // spec.out_channels)))
    worth = max(tile, -(-MOST_HALO * max(0, window - stride) // stride))  # rows that make up for those shared
    quick, most = ((scratch_bytes() // part // _row_bytes(spec) - window) // stride + 1 for part in (3, 1))
    rows = min(height, max(share, worth), max(tile, quick, min(worth, most)))
    if tile < rows < height:
        rows -= rows % tile
    return rows, max(1, spec.out_channels // -(-wanted // -(-height // rows)))
