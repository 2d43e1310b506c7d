"""The whole image through one FFT: correlation is a product of spectra."""

from typing import ClassVar

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


class FFT(Algorithm[Array]):
    """
    Transform the padded image, multiply by the kernels' conjugate spectra, transform back.

    The cyclic correlation of the padded image equals the wanted one wherever the window lies inside, so no more
    zeros are needed. A stride takes every s-th cell of the result. One NaN or infinity would spoil every cell.
    """

    name: ClassVar = "fft"
    summary: ClassVar = "one FFT of the whole padded image"
    plain_sum: ClassVar = False

    def refusal(self, spec: ConvSpec) -> str | None:
        """Refuse integers, and spectra beyond the memory limit."""
        return refuse_spectra(spec, fft_size(spec.padded_size))

    def cost(self, spec: ConvSpec) -> Cost:
        """Count the transforms and products of each item."""
        size = fft_size(spec.padded_size)
        return Cost(
            operations=spec.batch * fft_operations(spec, size),
            work="fft",
            traffic=2 * padded_bytes(spec) + 4 * spec.batch * spectra_bytes(spec, size),
            calls=spec.batch * (25 + 2 * spec.weight_shape[1]),
            workspace=padded_bytes(spec) + spectra_bytes(spec, size),
        )

    def error_bound(self, spec: ConvSpec) -> float:
        """Estimate the transforms' roundings, spread evenly over the image."""
        return spectrum_error(spec, fft_size(spec.padded_size))

    def prepare(self, spec: ConvSpec, weight: Array) -> Array:
        """Transform the kernels."""
        return kernel_spectrum(spec, weight, fft_size(spec.padded_size), conjugate=True)

    def run(self, spec: ConvSpec, state: Array, x: Array, out: Array) -> None:
        """Transform, multiply, transform back, and keep the windows that lie inside."""
        padded = padded_input(spec, x)
        inside = tuple(
            slice(0, (count - 1) * step + 1, step)
            for count, step in zip(spec.output_size, spec.stride, strict=True)
        )
        for n in range(spec.batch):
            out[n] = filtered(spec, state, padded[n], fft_size(spec.padded_size))[at[:, *inside]]
