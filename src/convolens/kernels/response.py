"""What a kernel does to waves: the size of its frequency response."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, SupportsIndex

import numpy as np
import numpy.typing as npt

from convolens.errors import SpecError
from convolens.kernels.checks import side
from convolens.kernels.named import NamedKernel


@dataclass(frozen=True, eq=False)
class FrequencyResponse:
    """
    How strongly a kernel passes each frequency.

    Parameters
    ----------
    magnitude : ndarray, shape (size, size)
        What the amplitude of a wave is multiplied by; zero frequency at ``[size // 2, size // 2]``.
    frequencies : ndarray, shape (size,)
        The frequency of each row (down) and column (to the right) in cycles per cell, from −0.5 up.
    """

    magnitude: npt.NDArray[np.float64]
    frequencies: npt.NDArray[np.float64]


def frequency_response(kernel: NamedKernel | npt.ArrayLike, *, size: SupportsIndex = 256) -> FrequencyResponse:
    """
    Compute the magnitude of Σ w(x, y) exp(−2πi (fx·x + fy·y)) on a grid of frequencies centred on zero.

    Parameters
    ----------
    kernel : NamedKernel or array_like
        Weights of 2 dimensions.
    size : int, default 256
        Frequencies along each axis, at least the longer side of the kernel, so that none of it is cut off.

    Notes
    -----
    Correlation and convolution have the same magnitudes; they differ in phase alone. The cost is one FFT of
    ``size`` × ``size``.

    References
    ----------
    A. V. Oppenheim and R. W. Schafer, "Discrete-Time Signal Processing", 3rd edition, Pearson, 2010, chapter 2.

    Examples
    --------
    A box of three cells takes out the wave that repeats every three cells, and turns over and lets through a
    third of the finest one:

    >>> from convolens.kernels import kernels
    >>> response = frequency_response(kernels.box(3), size=6)
    >>> response.frequencies.round(3).tolist()
    [-0.5, -0.333, -0.167, 0.0, 0.167, 0.333]
    >>> response.magnitude[3].round(3).tolist()
    [0.333, 0.0, 0.667, 1.0, 0.667, 0.0]
    """
    weights: npt.NDArray[Any] = (
        kernel if isinstance(kernel, NamedKernel) else NamedKernel("custom", kernel)  # type: ignore[arg-type]
    ).weights
    count = side(size)
    if count < max(weights.shape):
        raise SpecError(
            f"size must be at least {max(weights.shape)} for a kernel of {weights.shape}, found {count}"
        )
    magnitude = np.abs(np.fft.fftshift(np.fft.fft2(weights, (count, count))))
    return FrequencyResponse(magnitude, np.fft.fftshift(np.fft.fftfreq(count)))
