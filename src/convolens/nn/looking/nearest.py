"""Which named kernel a learned one is most like, how sure that is, and how far training moved it."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np

from convolens.errors import SpecError
from convolens.kernels import NamedKernel, kernels
from convolens.ops.arrays import Array

LEAST = 0.8  # a correlation below which two kernels do not look alike, however large they are
RANDOM_KERNELS = 2000
RARE = 0.95
SMALLEST_WAVE = 5  # cells of a kernel that may show a wave
WAVELENGTHS = (3, 4, 5, 6, 8, 11, 16, 22)
CLASSICAL = (
    "sharpen", "unsharp:size=3", "emboss", "sobel-x", "sobel-y", "prewitt-x", "prewitt-y", "scharr-x", "scharr-y",
    *(f"edge-{angle}" for angle in (45, 135)), *(f"robinson:angle={angle}" for angle in (45, 135)),
    *(f"kirsch:angle={angle}" for angle in range(0, 360, 45)), "laplacian-4", "laplacian-8",
    *(f"line-{angle}" for angle in (0, 45, 90, 135)), "roberts-1", "roberts-2",
)  # fmt: skip
"""Named kernels of one size; of those that differ in sign alone, one."""


@dataclass(frozen=True, eq=False)
class Nearest:
    """
    The named kernel that weights are most like.

    Attributes
    ----------
    kernel : NamedKernel
        With zeros around it, where it is smaller than the weights.
    score : float
        The cosine of the angle between the two, without its sign: 1 if they differ in scale alone.
    sign : int
        −1 where the weights are like the kernel with the sign turned.
    chance : float
        The score that only one in twenty kernels of random weights of that size exceeds.
    """

    kernel: NamedKernel
    score: float
    sign: int
    chance: float

    @property
    def is_near(self) -> bool:
        """Tell whether the likeness is close, and rarer than in random weights."""
        return self.score >= max(LEAST, self.chance)

    @property
    def name(self) -> str:
        """
        Call the kernel as people do.

        >>> nearest_kernel(np.array([[3, 0, -3], [6, 0, -6], [3, 0, -3]])).name
        '− sobel-x'
        """
        options = {key: value for key, value in self.kernel.parameters.items() if key in ("angle", "orientation")}
        turned = "".join(f" {value:g}°" for value in options.values() if isinstance(value, int | float))
        return f"{'− ' if self.sign < 0 else ''}{self.kernel.name}{turned}"


def nearest_kernel(weights: Array) -> Nearest | None:
    """
    Find the kernel of the catalogue that weights are most like, up to scale and sign.

    Kernels with a direction are tried in all that they are named for, waves of :func:`gabor` every 22.5°.

    Parameters
    ----------
    weights : ndarray, shape (H, W)
        For correlation, as networks have them; at least two cells, not all 0.

    Returns
    -------
    Nearest or None
        None where no kernel of the catalogue fits into such weights with their centres in one place.

    Raises
    ------
    SpecError
        If the weights have other than two dimensions, are a single cell, not finite, or all 0.

    Examples
    --------
    >>> found = nearest_kernel(np.array([[1.1, 0, -1], [1.9, 0.1, -2], [1, 0, -1]]))
    >>> found.name, round(found.score, 3), found.is_near
    ('− sobel-x', 0.999, True)
    """
    given = np.asarray(weights, np.float64)
    if given.ndim != 2 or given.size < 2 or not np.isfinite(given).all() or not given.any():
        raise SpecError(f"weights to be named are (H, W), more than one cell, and not all 0; found {given.shape}")
    directions, known = _candidates(given.shape[0], given.shape[1])
    if not known:
        return None
    scores = directions @ (given.ravel() / np.linalg.norm(given))
    best = int(np.abs(scores).round(9).argmax())  # of those that are equally near, the first
    chance = _chance(given.shape[0], given.shape[1])
    return Nearest(known[best], float(abs(scores[best])), -1 if scores[best] < 0 else 1, chance)


def principal_pattern(kernel: Array) -> tuple[Array, float]:
    """
    Find the pattern (H, W) that, times a number for each channel, is nearest to a kernel (C, H, W).

    It is the kernel itself where there is one channel. Its sign is that of the channel that has most of it.

    Returns
    -------
    pattern : ndarray, shape (H, W)
        As large as the kernel's part that it explains.
    share : float
        Of the kernel's squares that it explains, from 0 to 1.

    Examples
    --------
    >>> edge = np.array([[-1.0, 0, 1]])
    >>> pattern, share = principal_pattern(np.stack([edge, 2 * edge]))
    >>> bool(pattern[0, 2] > 0), round(share, 6)
    (True, 1.0)
    """
    flat = np.asarray(kernel, np.float64).reshape(len(kernel), -1)
    channels, sizes, patterns = np.linalg.svd(flat, full_matrices=False)
    most = channels[np.abs(channels[:, 0]).argmax(), 0]
    share = float(sizes[0] ** 2 / max((sizes**2).sum(), np.finfo(float).tiny))
    return (np.sign(most) * sizes[0] * patterns[0]).reshape(kernel.shape[1:]), share


def change(before: Array, after: Array) -> float:
    """
    How far weights moved, beside how large they were.

    >>> change(np.array([3.0, 4.0]), np.array([3.0, 3.0]))
    0.2
    """
    moved, was = np.linalg.norm(np.subtract(after, before, dtype=np.float64)), np.linalg.norm(before)
    return float(moved / was) if was else float("inf") if moved else 0.0


@cache
def _candidates(height: int, width: int) -> tuple[Array, list[NamedKernel]]:
    """Give the kernels to compare with, and their weights as rows of length 1."""
    known, rows = [], []
    for label in _labels(height, width):
        kernel = kernels[label]
        if kernel.shape[0] <= height and kernel.shape[1] <= width:
            rest = [size - own for size, own in zip((height, width), kernel.shape, strict=True)]
            if any(left % 2 for left in rest):
                continue  # its centre would not be theirs
            weights = np.pad(kernel.weights.astype(np.float64), [(left // 2, left // 2) for left in rest])
            known.append(kernel)
            rows.append(weights.ravel() / np.linalg.norm(weights))
    return np.array(rows), known


def _labels(height: int, width: int) -> Iterator[str]:
    """Name the kernels that may fit, those of any size first."""
    if height == width:
        size = height
        if size % 2:
            yield f"identity:size={size}"
        yield f"box:size={size}"
        yield from (f"gaussian:sigma={sigma:g},size={size}" for sigma in _widths(size))
        if size % 2 and size >= 3:
            yield from CLASSICAL
            for sigma in _widths(size):
                yield f"log:sigma={sigma:g},size={size}"
                yield f"dog:sigma={sigma:g},size={size}"
            if size >= SMALLEST_WAVE:
                for wavelength in filter(size.__ge__, WAVELENGTHS):
                    for turn in np.arange(0, 180, 22.5):
                        yield from (
                            f"gabor:orientation={turn:g},wavelength={wavelength},phase={phase},size={size}"
                            for phase in (0, 45, 90, 135)
                        )
        else:
            yield from CLASSICAL
    else:
        yield from ("identity:size=1", *CLASSICAL)
        longest = max(height, width)
        yield f"motion-blur:length={longest},angle={0 if width > height else 90}"


def _widths(size: int) -> list[float]:
    """Give standard deviations that a side of so many cells can show."""
    return [sigma for sigma in (0.5, 0.7, 1.0, 1.4, 2.0, 2.8, 4.0) if sigma <= max(0.7, size / 4)]


@cache
def _chance(height: int, width: int) -> float:
    """Give the score that few random kernels exceed."""
    random = np.random.default_rng(0).standard_normal((RANDOM_KERNELS, height * width))
    random /= np.linalg.norm(random, axis=1, keepdims=True)
    return float(np.quantile(np.abs(random @ _candidates(height, width)[0].T).max(1), RARE))
