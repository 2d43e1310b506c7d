"""Overlap-add: the image cut into tiles, each through a small FFT, their overlapping results added."""

import itertools
import math
from typing import ClassVar

import numpy as np

from convolens.algorithms.base import Algorithm, Array, Cost
from convolens.algorithms.spectrum import (
    fft_operations,
    fft_size,
    filtered,
    kernel_spectrum,
    refuse_spectra,
    spectra_bytes,
    spectrum_error,
)
from convolens.algorithms.windows import at, padded_bytes, padded_input
from convolens.spec.geometry import ConvSpec

LEAST_CELLS = 1 << 16  # of a tile's FFT: fewer would not be worth the calls


class OverlapAdd(Algorithm[Array]):
    """
    Convolve tiles of the padded image with the turned kernels by FFT, and add the results where they overlap.

    A tile of t cells and a window of k give t + k − 1 cells, so small FFTs serve images of any size, and a small
    error stays in its tile.

    References
    ----------
    T. G. Stockham Jr., High-speed convolution and correlation, AFIPS Spring Joint Computer Conference, 1966,
    doi:10.1145/1464182.1464209.
    """

    name: ClassVar = "overlap-add"
    summary: ClassVar = "tiles through small FFTs, their overlaps added"
    plain_sum: ClassVar = False

    def refusal(self, spec: ConvSpec) -> str | None:
        """Refuse what FFT refuses, and images of a single tile, which FFT does alike."""
        if all(n <= f for n, f in zip(spec.padded_size, _tile_fft(spec), strict=True)):
            return "the image is a single tile; fft does the same"
        return refuse_spectra(spec, _tile_fft(spec))

    def cost(self, spec: ConvSpec) -> Cost:
        """Count the transforms and products of every tile."""
        size = _tile_fft(spec)
        tiles = spec.batch * math.prod(
            -(-padded // tile) for padded, tile in zip(spec.padded_size, _tile(spec), strict=True)
        )
        return Cost(
            operations=tiles * fft_operations(spec, size),
            work="fft",
            traffic=2 * padded_bytes(spec) + 2 * _accumulator_bytes(spec),
            calls=tiles * (25 + 2 * spec.weight_shape[1]),
            workspace=padded_bytes(spec) + spectra_bytes(spec, size) + _accumulator_bytes(spec),
        )

    def error_bound(self, spec: ConvSpec) -> float:
        """Estimate one tile's error, spread evenly over it, and the additions at its seams."""
        return spectrum_error(spec, _tile_fft(spec)) * float(2**spec.dims)

    def prepare(self, spec: ConvSpec, weight: Array) -> Array:
        """Turn the kernels by 180° and transform them."""
        turned = np.flip(weight, tuple(range(2, weight.ndim)))
        return kernel_spectrum(spec, turned, _tile_fft(spec), conjugate=False)

    def run(self, spec: ConvSpec, state: Array, x: Array, out: Array) -> None:
        """Add up the tiles' full convolutions, cropped to the windows that lie inside."""
        padded, tile, size = padded_input(spec, x), _tile(spec), _tile_fft(spec)
        every = tuple(slice(None, None, step) for step in spec.stride)
        for n in range(spec.batch):
            total = np.zeros((spec.out_channels, *_dense_size(spec)), spec.compute_dtype)
            for corner in itertools.product(*map(range, [0] * spec.dims, spec.padded_size, tile)):
                part = padded[at[n, :, *(slice(c, c + t) for c, t in zip(corner, tile, strict=True))]]
                result = filtered(spec, state, part, size)
                target, source = _overlap(spec, corner, part.shape[1:])
                total[at[:, *target]] += result[at[:, *source]]
            out[n] = total[at[:, *every]]


def _tile_fft(spec: ConvSpec) -> tuple[int, ...]:
    """Choose FFT lengths of about four windows, at least ``LEAST_CELLS`` or so in all, at most the image."""
    least = round(LEAST_CELLS ** (1 / spec.dims))
    return fft_size(
        tuple(min(max(4 * w, least), n + w - 1) for w, n in zip(spec.window_size, spec.padded_size, strict=True))
    )


def _tile(spec: ConvSpec) -> tuple[int, ...]:
    return tuple(f - w + 1 for f, w in zip(_tile_fft(spec), spec.window_size, strict=True))


def _dense_size(spec: ConvSpec) -> tuple[int, ...]:
    """Size of the output before a stride thins it out."""
    return tuple(p - w + 1 for p, w in zip(spec.padded_size, spec.window_size, strict=True))


def _accumulator_bytes(spec: ConvSpec) -> int:
    return spec.out_channels * math.prod(_dense_size(spec)) * spec.compute_dtype.itemsize


def _overlap(
    spec: ConvSpec, corner: tuple[int, ...], size: tuple[int, ...]
) -> tuple[tuple[slice, ...], tuple[slice, ...]]:
    """Where a tile's full convolution lies in the dense output, and which part of it."""
    target, source = [], []
    for start, extent, window, dense in zip(corner, size, spec.window_size, _dense_size(spec), strict=True):
        first = start - (window - 1)
        low, high = max(first, 0), min(start + extent, dense)
        target.append(slice(low, max(high, low)))
        source.append(slice(low - first, max(high, low) - first))
    return tuple(target), tuple(source)
