"""Depthwise loops for channels that lie together: how vectors, register tiles and tasks are chosen."""

import math

import numpy as np

from convolens.algorithms.base import Array, Cost
from convolens.algorithms.compiled import (
    Volume,
    aligned,
    border_tables,
    scratch_bytes,
    vector_lanes,
    volume,
    volumes,
)
from convolens.algorithms.loops import Loops, box_cells, box_count, cut, fit, steps, wanted_tasks
from convolens.runtime.call import Pinned
from convolens.runtime.cpu import cpu
from convolens.runtime.threads import thread_count
from convolens.spec.geometry import ConvSpec

PIPELINE = "convolens.pipelines.depthwise"
UNROLLED = (3, 5, 7)  # kernel widths with loops of their own; others go by runs of ANY
ANY = 4
PIXELS = 7  # of a register tile: divides 14, 28, 56, 112
PITCHES = (3, 5, 9)  # vectors from pixel to pixel in the scratch; odd, lest pixels crowd a few sets of the cache
LEAST = (1, 4, 4 * PIXELS)  # planes, rows and pixels of a task
MANY = 4  # vectors of a pixel, from which a task is halved by its channels rather than by its cells
HALO = 0.5  # of the rows that neighbours share, a task computes at least so many; twice as many where others wait
SHARE_OF_PEAK = 0.5
COPYING = 8  # operations in the time that a cell takes on its way into the scratch


def takes(spec: ConvSpec) -> bool:
    """Whether there is one kernel a channel, and channels for a vector."""
    return spec.out_channels == spec.in_channels >= vector_lanes(spec)


def view(x: Array) -> Array:
    """View (N, C, size…) as (N, D, H, W, C)."""
    return volumes(x).transpose(0, 2, 3, 4, 1)


def parameters(spec: ConvSpec, multiplier: int = 1, apart: int = 1) -> dict[str, str | int]:
    """Choose what the pipeline is compiled for, the epilogue aside."""
    vectors, rows = _tile(spec)
    width = spec.kernel_size[-1]
    return {
        "dtype": str(spec.compute_dtype),
        "lanes": vector_lanes(spec),
        "vectors": vectors,
        "rows": rows,
        "pixels": PIXELS,
        "taps": width if width in UNROLLED else ANY,
        "whole": width in UNROLLED,
        "step": spec.stride[-1] if spec.stride[-1] <= 2 and spec.dilation[-1] == 1 else 0,
        "pitch": _pitch(spec),
        "multiplier": multiplier,
        "apart": apart,
    }


def prepare(spec: ConvSpec, weights: Array, multiplier: int = 1, apart: int = 1) -> Loops:
    """
    Lay out weights (C, kd, kh, kw), borders and tasks.

    Where each channel of the image is seen ``multiplier`` times, the spec is as if it were there as often;
    ``apart`` elements lie between neighbouring channels.
    """
    blocks, (depth, height, width) = _tasks(spec)
    scalars = (*steps(spec), spec.pads[-1][0], blocks, width, height, depth, float(spec.border.value))
    kernels = Pinned(aligned(weights.transpose(1, 2, 3, 0)))
    bias, tables = Pinned(np.zeros(len(weights), weights.dtype)), tuple(map(Pinned, border_tables(spec)))
    return Loops(PIPELINE, parameters(spec, multiplier, apart), kernels, bias, tables, scalars)


def cost(spec: ConvSpec) -> Cost:
    """Count the products of whole tiles, and the image's way through the scratch."""
    panel, (_, box), width = _panel(spec), _tasks(spec), volume(spec.output_size)[2]
    wasted = -(-spec.in_channels // panel) * panel / spec.in_channels * -(-width // PIXELS) * PIXELS / width
    copied = spec.batch * spec.in_channels * box_cells(spec, box) * box_count(spec, box)
    cast = math.prod(spec.input_shape) * spec.compute_dtype.itemsize if spec.dtype != spec.compute_dtype else 0
    return Cost(
        operations=int(2 * spec.macs * wasted / SHARE_OF_PEAK) + COPYING * copied,
        work="compiled",
        traffic=spec.memory + 2 * cast,
        calls=5,
        workspace=box_cells(spec, box) * _pitch(spec) * cpu().vector_bytes * thread_count() + cast,
    )


def _tile(spec: ConvSpec) -> tuple[int, int]:
    """Choose vectors and rows of the register tile: where registers allow two vectors or, in tall images, rows."""
    if cpu().vector_registers < 32:
        return 1, 1
    if spec.stride[-1] > 1:  # either is as fast: one pipeline will do
        return 1, 2
    double = 2 * vector_lanes(spec)
    tall = volume(spec.output_size)[1] >= 4 * LEAST[1]
    odd = -(-spec.in_channels // vector_lanes(spec)) % 2
    return (1, 2) if tall or spec.in_channels < double or odd else (2, 1)


def _panel(spec: ConvSpec) -> int:
    return _tile(spec)[0] * vector_lanes(spec)


def _pitch(spec: ConvSpec) -> int:
    """Choose the smallest pitch that holds all channels, so that the scratch lies in few pages."""
    wanted = -(-spec.in_channels // _panel(spec)) * _tile(spec)[0]
    return next((pitch for pitch in PITCHES if wanted <= pitch), PITCHES[-1])


def _tasks(spec: ConvSpec) -> tuple[int, Volume]:
    """
    Choose blocks of channels and output cells a task.

    As many channels as possible, as memory is then read in longer runs. Whether a cell is summed in one task or
    another, its sum is the same.
    """
    panel = _panel(spec)
    blocks = -(-spec.in_channels // panel)
    groups = -(-blocks // (_pitch(spec) // _tile(spec)[0]))
    together = -(-blocks // groups)

    def fitting() -> tuple[Volume, bool]:
        cell_bytes = together * panel * spec.compute_dtype.itemsize
        return fit(spec, cell_bytes, scratch_bytes() // 2, LEAST, HALO)

    box, fits = fitting()
    while not fits and together > 1:
        together = -(-together // 2)
        box, fits = fitting()
    wanted = wanted_tasks(spec)
    while max(1, spec.batch) * -(-blocks // together) * box_count(spec, box) < wanted:
        smaller = cut(spec, box, LEAST, 4 * HALO)
        if together * panel >= MANY * vector_lanes(spec):
            together = -(-together // 2)  # no cell is read twice for it
        elif smaller:
            box = smaller
        elif together > 1:
            together = -(-together // 2)
        else:
            break
    return together, box
