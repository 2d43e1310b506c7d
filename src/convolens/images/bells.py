"""Gaussians, and other bells, as sums of cosines."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from convolens.images.tiles import Weights

LENGTHENED = np.arange(
    1.0, 1.6, 0.04
).tolist()  # periods of the slowest cosine that are tried, in sides of the kernel


@dataclass(frozen=True, slots=True)
class Bell:
    """
    A sum of cosines cos ω(j − c) over a window.

    Attributes
    ----------
    height : int
        Cells of the window.
    amplitudes, frequencies : ndarray, shape (cosines,)
        What each cosine is multiplied by, and ω.
    """

    height: int
    amplitudes: NDArray[np.float64]
    frequencies: NDArray[np.float64]

    @property
    def weights(self) -> NDArray[np.float64]:
        """The cosines themselves, shape (cosines, height)."""
        return self._at(np.arange(self.height))

    def _at(self, cells: NDArray[np.intp]) -> NDArray[np.float64]:
        centre = (self.height - 1) / 2
        return self.amplitudes[:, None] * np.cos(self.frequencies[:, None] * (cells - centre))

    @property
    def factors(self) -> NDArray[np.float64]:
        """What the change of each sum takes of changes at the window's ends, of their sum, and of itself."""
        beyond, end = self._at(np.array([-1, 0])).T
        return np.stack([end, end - beyond, 4 * np.sin(self.frequencies / 2) ** 2])

    @property
    def starts(self) -> NDArray[np.float64]:
        """What the first sums, and their changes, take of the cells of a window and of the one before it."""
        sums = np.pad(self.weights, ((0, 0), (1, 0)))
        changes = sums - np.pad(self.weights, ((0, 0), (0, 1)))
        return np.concatenate([sums[:1], np.stack([changes[1:], sums[1:]], axis=1).reshape(-1, sums.shape[1])])


def as_bell(weights: Weights, cosines: int, misfit: float) -> Bell | None:
    """
    Write weights of a symmetric bell as a sum of cosines; None where these are further off than ``misfit``.

    The sum of what all cells are off stays below ``misfit`` times the sum of the weights, which the cosines keep.

    >>> profile = np.exp(-np.linspace(-3, 3, 61) ** 2 / 2)
    >>> as_bell(profile, 6, 4e-6).amplitudes.shape, as_bell(profile, 5, 4e-6), as_bell(np.arange(61.0), 6, 4e-6)
    ((6,), None, None)
    """
    height, total = len(weights), float(weights.sum())
    if np.abs(weights - weights[::-1]).sum() > misfit * total:
        return None
    cells = np.arange(height) - (height - 1) / 2
    least, best = misfit * total, None
    for lengthened in LENGTHENED:
        frequencies = 2 * math.pi / (lengthened * height) * np.arange(cosines, dtype=np.float64)
        waves = np.cos(np.multiply.outer(cells, frequencies))
        amplitudes = np.linalg.lstsq(waves, weights, rcond=None)[0]
        fitted = waves @ amplitudes
        amplitudes = amplitudes * (total / fitted.sum())
        off = float(np.abs(waves @ amplitudes - weights).sum())
        if off < least:
            least, best = off, Bell(height, amplitudes, frequencies)
    return best
