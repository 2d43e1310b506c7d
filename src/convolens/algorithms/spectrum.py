"""Correlation as a product of spectra: what the whole-image and the tiled FFT algorithms share."""

import math

import numpy as np

from convolens.algorithms.base import Array, roundoff
from convolens.algorithms.windows import at
from convolens.spec.geometry import ConvSpec

MOST_BYTES = 1 << 32  # of spectra held at once; larger problems are refused
LARGE_BYTES = 8 << 20  # of a spectrum that does not stay in cache


def fft_size(length: tuple[int, ...]) -> tuple[int, ...]:
    """Round lengths up to ones that the FFT does fast: products of small primes."""
    return tuple(map(_smooth, length))


def _smooth(length: int) -> int:
    """
    Find the smallest product of 2, 3 and 5 that is no less than ``length``.

    The same as ``scipy.fft.next_fast_len(length, real=True)``; importing that takes longer than most convolutions.
    """
    best = 1 << max(0, length - 1).bit_length()
    fives = 1
    while fives < best:
        odd = fives
        while odd < best:
            best = min(best, odd << max(0, -(-length // odd) - 1).bit_length())
            odd *= 3
        fives *= 5
    return best


def spectrum_cells(size: tuple[int, ...]) -> int:
    """Count the complex cells of a real array's spectrum."""
    return math.prod(size[:-1]) * (size[-1] // 2 + 1)


def fft_operations(spec: ConvSpec, size: tuple[int, ...]) -> int:
    """
    Count what one item takes at FFT ``size``: transforms of 2.5 n log₂ n each way, and the products of spectra.

    The transforms of the weights are not counted: they are made once.
    """
    n = math.prod(size)
    transforms = (spec.in_channels + spec.out_channels) * 2.5 * n * max(1.0, math.log2(n))
    if 2 * spectrum_cells(size) * spec.compute_dtype.itemsize > LARGE_BYTES:
        transforms *= 1.5  # the columns of a spectrum are far apart
    return int(transforms) + 8 * spectrum_cells(size) * spec.out_channels * spec.weight_shape[1]


def spectra_bytes(spec: ConvSpec, size: tuple[int, ...]) -> int:
    """Bytes of the spectra of the kernels and of one item's input and output."""
    count = spec.out_channels * spec.weight_shape[1] + spec.in_channels + 2 * spec.out_channels
    return count * spectrum_cells(size) * 2 * spec.compute_dtype.itemsize


def spectrum_error(spec: ConvSpec, size: tuple[int, ...]) -> float:
    """
    Estimate the error that transforms spread over a tile of n cells, and that of the sum over channels.

    Notes
    -----
    The 2-norm of a whole tile's error is at most about 8 u log₂ n √n · max |x| · Σ |w|: three transforms and a
    product. That one cell has an even share of it, the √n-th part, is no theorem; it holds where roundings are
    spread as if by chance, as they are in practice.

    References
    ----------
    N. J. Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., 2002, theorem 24.2.
    """
    return roundoff(spec) * (8 * max(1.0, math.log2(math.prod(size))) + spec.weight_shape[1])


def refuse_spectra(spec: ConvSpec, size: tuple[int, ...]) -> str | None:
    """Say why a product of spectra cannot serve ``spec``."""
    if spec.compute_dtype.kind != "f":
        return "integers are summed exactly"
    if not math.isfinite(spec.border.value):
        return "a border that is not finite would spread"
    if spectra_bytes(spec, size) > MOST_BYTES:
        return f"spectra would take {spectra_bytes(spec, size) / 2**30:.1f} GiB"
    return None


def kernel_spectrum(spec: ConvSpec, weight: Array, size: tuple[int, ...], *, conjugate: bool) -> Array:
    """
    Transform the dilated kernels: (groups, kernels a group, channels a group, spectrum…).

    ``conjugate`` turns the product of spectra into a cross-correlation; without, it is a convolution.
    """
    from scipy import fft

    cells = (*size[:-1], size[-1] // 2 + 1)
    spectra = np.empty((*spec.weight_shape[:2], *cells), np.result_type(spec.compute_dtype, np.complex64))
    dilated = np.zeros((spec.weight_shape[1], *spec.window_size), spec.compute_dtype)
    for kernel, spectrum in zip(weight, spectra, strict=True):
        dilated[at[:, *(slice(None, None, d) for d in spec.dilation)]] = kernel
        spectrum[...] = fft.rfftn(dilated, size, axes=range(1, dilated.ndim))
    if conjugate:
        np.conj(spectra, out=spectra)
    return spectra.reshape(spec.groups, -1, *spectra.shape[1:])


def filtered(spec: ConvSpec, kernels: Array, x: Array, size: tuple[int, ...]) -> Array:
    """Multiply the spectrum of ``x`` (C, size…) by those of the kernels, sum over channels, transform back."""
    from scipy import fft

    axes = range(1, x.ndim)
    spectrum = fft.rfftn(x.astype(spec.compute_dtype, copy=False), size, axes=axes)
    grouped = spectrum.reshape(spec.groups, 1, -1, *spectrum.shape[1:])
    total = grouped[:, :, 0] * kernels[:, :, 0]
    for channel in range(1, kernels.shape[2]):
        total += grouped[:, :, channel] * kernels[:, :, channel]
    result: Array = fft.irfftn(total.reshape(-1, *total.shape[2:]), size, axes=axes)
    return result
