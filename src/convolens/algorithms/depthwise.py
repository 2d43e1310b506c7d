"""Depthwise and one-channel convolution in register tiles: compiled loops along channels, or along rows."""

import math
from dataclasses import dataclass, field
from types import ModuleType
from typing import ClassVar

import numpy as np

from convolens.algorithms import along_channels, along_rows, in_place
from convolens.algorithms.base import NOTHING, Algorithm, Array, Cost, Epilogue, Pipeline, plain_sum_bound
from convolens.algorithms.compiled import MOST_DIMS, is_read_in_place, volume
from convolens.algorithms.loops import Loops
from convolens.runtime import compile as compiler
from convolens.runtime.script import perform
from convolens.spec.geometry import ConvSpec
from convolens.spec.layout import LAST

MOST_TERMS = 1024  # products of a sum; those of larger kernels are taken in blocks elsewhere


@dataclass(slots=True)
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
    loops: dict[bool, Loops] = field(default_factory=dict)

    def along(self, spec: ConvSpec, channels: bool) -> Loops:
        """Return the loops along channels or along rows."""
        if channels not in self.loops:
            self.loops[channels] = _way(spec, channels).prepare(spec, self.weights)
        return self.loops[channels]


class Depthwise(Algorithm[Weights]):
    """
    Sum of products over the cells of one channel, a tile of the output at a time held in registers.

    Where channels are innermost, vectors run along them; elsewhere along rows. Either way a loaded vector of the
    image serves several outputs. Small square kernels along channels read images where they lie; else a box of it,
    with its border, goes through a scratch array in cache.

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
        if spec.layout != LAST and math.prod(spec.kernel_size) > MOST_TERMS:
            return f"it sums in one go, and loses digits beyond {MOST_TERMS} products"
        return compiler.unavailable()

    def cost(self, spec: ConvSpec) -> Cost:
        """Count the products of whole tiles, and the image's way through the scratch."""
        found: Cost = _way(spec, _expects_channels(spec)).cost(spec)
        return found

    def error_bound(self, spec: ConvSpec) -> float:
        """Bound a plain sum's error."""
        return plain_sum_bound(spec)

    def pipeline(self, spec: ConvSpec) -> Pipeline:
        """Name the pipeline for arrays that lie in memory as the spec says."""
        loops = _way(spec, _expects_channels(spec))
        return loops.PIPELINE, loops.parameters(spec) | {"activation": "clamp", "residual": False}

    def prepare(self, spec: ConvSpec, weight: Array) -> Weights:
        """Cast the weights, and make the loops for the layout that is expected."""
        shape = (len(weight), *volume(spec.kernel_size))
        state = Weights(np.ascontiguousarray(weight, spec.compute_dtype).reshape(shape))
        state.along(spec, _expects_channels(spec)).function("clamp", False)
        return state

    def renew(self, spec: ConvSpec, state: Weights, weight: Array, bias: Array | None) -> bool:
        """Order the weights where those before lie, for channels that lie together."""
        if state.loops.keys() != {True} or not is_read_in_place(bias, spec.compute_dtype):
            return False

        def order() -> None:
            state.weights = np.ascontiguousarray(weight, spec.compute_dtype).reshape(state.weights.shape)
            state.loops[True].weights.array[...] = state.weights.transpose(1, 2, 3, 0)

        perform(order)
        return True

    def run(self, spec: ConvSpec, state: Weights, x: Array, out: Array) -> None:
        """Sum alone."""
        self.run_with(spec, state, x, out, NOTHING)

    def run_with(self, spec: ConvSpec, state: Weights, x: Array, out: Array, epilogue: Epilogue) -> Epilogue:
        """Call the pipeline for the layout that the arrays have."""
        if not out.size:
            return NOTHING
        if x.dtype != out.dtype:
            x = x.astype(out.dtype)
        item = out.itemsize
        if along_channels.takes(spec) and x.strides[1] == out.strides[1] == item:
            return state.along(spec, True).run(x, out, epilogue, _way(spec, True).view)
        loops = state.along(spec, False)
        if out.strides[-1] == item:
            return loops.run(x, out, epilogue, along_rows.view)
        straight = np.empty(out.shape, out.dtype)
        left = loops.run(x, straight, epilogue, along_rows.view)
        out[...] = straight
        return left


def _expects_channels(spec: ConvSpec) -> bool:
    """Whether the spec's own layout is run along channels."""
    return spec.layout == LAST and along_channels.takes(spec)


def _way(spec: ConvSpec, channels: bool) -> ModuleType:
    """Choose the loops for channels that lie together, or apart."""
    if not channels:
        return along_rows
    return in_place if in_place.takes(spec) else along_channels
