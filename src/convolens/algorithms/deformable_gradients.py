"""What becomes of the samples of deformable convolution on the way back, by compiled loops."""

import functools
import math
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from convolens.algorithms.base import Array, Pipeline
from convolens.algorithms.compiled import vector_lanes
from convolens.algorithms.deformable import reach, windows
from convolens.algorithms.tiled import Tiled, Weights
from convolens.algorithms.weight_gradient_tiled import TiledWeightGradient
from convolens.runtime.call import Function
from convolens.spec.geometry import ConvSpec
from convolens.spec.layout import LAST

PIPELINE = "convolens.pipelines.deformable_gradient"
KINDS = ("samples", "slopes", "spread")
ROWS_BELOW = 2  # the image, of the border's constant and of zeros


@dataclass(frozen=True, slots=True)
class Vectors:
    """
    How the channels that share their offsets lie in vectors.

    Attributes
    ----------
    channels : int
        That share their offsets, in one group of the convolution.
    count, lanes : int
        Vectors, and numbers in each; those beyond the channels are zeros.
    """

    channels: int
    count: int
    lanes: int

    @classmethod
    def of(cls, spec: ConvSpec, offset_groups: int) -> Self:
        """Choose the shortest vectors that hold all channels, or the longest."""
        channels = spec.in_channels // max(spec.groups, offset_groups)
        lanes = min(vector_lanes(spec), 1 << (channels - 1).bit_length())
        return cls(channels, -(-channels // lanes), lanes)

    @property
    def width(self) -> int:
        """Numbers in all vectors."""
        return self.count * self.lanes


def pipeline(spec: ConvSpec, offset_groups: int, offset_dtype: np.dtype[Any], kind: str) -> Pipeline:
    """Name one of the pipelines."""
    vectors = Vectors.of(spec, offset_groups)
    return PIPELINE, {
        "kind": kind,
        "dtype": str(spec.compute_dtype),
        "offset_dtype": str(np.result_type(offset_dtype, spec.compute_dtype)),
        "lanes": vectors.lanes,
        "points": vector_lanes(spec),
        "periodic": spec.border.mode not in ("constant", "edge"),
        "whole": vectors.channels == vectors.width,
    }


class Points:
    """
    The points that windows look at, of all images, for channels of one group of the convolution.

    Pixels of the output come in whole vectors: those beyond the last look at the first cell, and nothing flows to
    them.

    Parameters
    ----------
    spec : ConvSpec
        What is asked.
    image : ndarray
        (N, H, W, channels).
    offset : ndarray
        (N, offset groups, kernel cells, 2, H', W').
    mask : ndarray
        (N, offset groups, kernel cells, H', W').
    vectors : Vectors
        How channels lie.
    functions : dict
        The compiled pipelines, by kind.
    """

    def __init__(
        self,
        spec: ConvSpec,
        image: Array,
        offset: Array,
        mask: Array,
        vectors: Vectors,
        functions: dict[str, Function],
    ) -> None:
        self.size, self.vectors, self.functions = spec.input_size, vectors, functions
        self.together = vector_lanes(spec)
        self.offset = self._pixels(offset, np.result_type(offset, spec.compute_dtype))
        self.mask = self._pixels(mask, spec.compute_dtype)
        starts, self.steps = (table.array for table in windows(spec))
        self.starts = self._pixels(starts.reshape(2, *spec.output_size), starts.dtype)
        self.scalars = (*spec.input_size, vectors.channels, *reach(spec)[:-1])
        height, width = spec.input_size
        lying = (len(image), (height + ROWS_BELOW) * width, offset.shape[1], vectors.count, vectors.lanes)
        self.gradient = np.zeros(lying, spec.compute_dtype)
        self.image = np.zeros(lying, spec.compute_dtype)
        self.inside(self.image)[...] = image.reshape(*image.shape[:3], offset.shape[1], vectors.channels)
        self._channels(self.image)[:, height * width : (height + 1) * width] = spec.border.value

    def whole(self, pixels: int) -> int:
        """Round up to whole vectors."""
        return -(-pixels // self.together) * self.together

    def samples(self, n: int, pixels: slice, out: Array) -> None:
        """Write what the windows of some ``pixels`` of image ``n`` see, weighed by the mask: (pixels, width)."""
        located = self._located(n, pixels)
        self.functions["samples"](self.image[n], *located, self._rows(out), scalars=self.scalars)

    def slopes(self, n: int, pixels: slice, flowing: Array, out: Array) -> None:
        """Write how the loss changes with mask and offset: (offset groups, kernel cells, 3, pixels)."""
        located = self._located(n, pixels)
        self.functions["slopes"](self.image[n], *located, self._rows(flowing), out, scalars=self.scalars)

    def spread(self, n: int, pixels: slice, flowing: Array) -> None:
        """Add what flows back to the cells around the points."""
        located = self._located(n, pixels)
        self.functions["spread"](*located, self._rows(flowing), self.gradient[n], scalars=self.scalars)

    def inside(self, array: Array) -> Array:
        """View the image's own cells and channels of an array like it: (N, H, W, offset groups, channels)."""
        cells = self._channels(array)[:, : math.prod(self.size)]
        return cells.reshape(len(array), *self.size, *cells.shape[2:])

    def _channels(self, array: Array) -> Array:
        return array.reshape(*array.shape[:3], self.vectors.width)[..., : self.vectors.channels]

    def _located(self, n: int, pixels: slice) -> tuple[Array, Array, Array, Array]:
        return self.offset[n, ..., pixels], self.mask[n, ..., pixels], self.starts[:, pixels], self.steps

    def _rows(self, array: Array) -> Array:
        """View a row for each pixel as (pixels, kernel cells, offset groups, vectors, lanes)."""
        groups, taps = self.mask.shape[1:3]
        return array.reshape(-1, taps, groups, self.vectors.count, self.vectors.lanes)

    def _pixels(self, array: Array, dtype: np.dtype[Any]) -> Array:
        """Count the cells of the last two axes through, and fill up whole vectors with zeros."""
        pixels = math.prod(array.shape[-2:])
        filled = np.zeros((*array.shape[:-2], self.whole(pixels)), dtype)
        filled[..., :pixels].reshape(array.shape)[...] = array
        return filled


class Products:
    """
    Matrix products with rows, one for each pixel: those of a convolution whose kernels have one cell.

    Parameters
    ----------
    matrix : ndarray, shape (width, length)
        Of the type of the rows.
    """

    def __init__(self, matrix: Array) -> None:
        self.width = len(matrix)
        # Two states: of full blocks, and of the last.
        self._prepared = functools.lru_cache(maxsize=2)(functools.partial(_prepared, matrix))

    def through(self, rows: Array, out: Array) -> None:
        """Multiply rows (pixels, length) by the matrix: (pixels, width)."""
        spec, state = self._prepared(len(rows))
        Tiled().run(spec, state, rows.T[np.newaxis], out.T[np.newaxis])

    def over(self, wide: Array, rows: Array) -> Array:
        """Sum products of rows, (pixels, width) by (pixels, length), over all pixels: (length, width)."""
        back = _spec(len(rows), self.width, rows.shape[1], rows.dtype)
        return TiledWeightGradient().run(back, wide.T[np.newaxis], rows.T[np.newaxis])[..., 0]


def _prepared(matrix: Array, pixels: int) -> tuple[ConvSpec, Weights]:
    width, length = matrix.shape
    spec = _spec(pixels, length, width, matrix.dtype)
    return spec, Tiled().prepare(spec, matrix[..., np.newaxis])


@functools.lru_cache(maxsize=64)
def _spec(pixels: int, channels: int, kernels: int, dtype: np.dtype[Any]) -> ConvSpec:
    return ConvSpec((1, pixels, channels), (kernels, channels, 1), layout=LAST, dtype=dtype)
