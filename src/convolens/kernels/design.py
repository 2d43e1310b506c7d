"""
Kernels sampled from a formula: pure functions from parameters to float64 weights.

All weights are meant for correlation: ``weights[r, c]`` multiplies the cell at that place of the window,
unflipped. Rows grow downward. Angles are degrees, counter-clockwise from the x axis as the image is seen,
and give the direction *along* the line, edge, stripe or motion: 0 is horizontal, 90 vertical, 45 rises to
the right.
"""

import math

import numpy as np
import numpy.typing as npt

from convolens.errors import SpecError
from convolens.kernels.checks import number, side, side_for

Weights = npt.NDArray[np.float64]


def identity(size: int = 3) -> Weights:
    """
    One in the centre, zero elsewhere: δ(r, c).

    Parameters
    ----------
    size : int, default 3
        Side in cells, odd.

    Examples
    --------
    >>> identity().tolist()
    [[0.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 0.0]]
    """
    size = side(size, odd=True)
    weights = np.zeros((size, size))
    weights[size // 2, size // 2] = 1.0
    return weights


def box(size: int = 3) -> Weights:
    """
    Equal weights that sum to one: 1 / size².

    Parameters
    ----------
    size : int, default 3
        Side in cells. An even side has its centre between cells.

    Examples
    --------
    >>> box(2).tolist()
    [[0.25, 0.25], [0.25, 0.25]]
    """
    size = side(size)
    return np.full((size, size), 1.0 / size**2)


def gaussian(sigma: float = 1.0, size: int | None = None) -> Weights:
    """
    The Gaussian, sampled at the cells and scaled to sum to one: exp(−(x² + y²) / 2σ²) / Σ.

    Parameters
    ----------
    sigma : float, default 1
        Standard deviation in cells, greater than 0.
    size : int, optional
        Side in cells, 2⌈3σ⌉ + 1 by default. An even side has its centre between cells.

    Notes
    -----
    Beyond 3σ lies 0.27 % of a Gaussian along each axis; the default cuts it off and scales the rest to one.

    Examples
    --------
    >>> gaussian(0.5).round(4).tolist()[2]
    [0.0002, 0.0837, 0.6187, 0.0837, 0.0002]
    """
    profile = _gaussian_profile(sigma, size)
    return np.outer(profile, profile)


def log(sigma: float = 1.0, size: int | None = None) -> Weights:
    """
    Laplacian of Gaussian: (x² + y² − 2σ²) / σ⁴ · G(x, y; σ), with a negative centre.

    Parameters
    ----------
    sigma : float, default 1
        Standard deviation of the Gaussian in cells, at least 0.25.
    size : int, optional
        Side in cells, odd, at least 3; 2⌈4σ⌉ + 1 by default.

    Notes
    -----
    The sampled Gaussian's own second moment stands for σ², and its fourth sets the scale. So the weights
    sum to zero and the response to the parabola x²/2 is exactly 1, however coarse the samples are. As σ
    shrinks, the kernel becomes the 4-neighbour Laplacian.

    Examples
    --------
    >>> log(0.25, size=3).round(3).tolist()
    [[0.001, 0.999, 0.001], [0.999, -3.997, 0.999], [0.001, 0.999, 0.001]]
    """
    sigma = number("sigma", sigma, least=0.25)
    size = side_for(4 * sigma, because=f"sigma={sigma:g}") if size is None else side(size, least=3, odd=True)
    smooth = _gaussian_profile(sigma, size)
    squares = _positions(size) ** 2
    variance, fourth = smooth @ squares, smooth @ squares**2
    second_derivative = 2 * (squares - variance) / (fourth - variance**2) * smooth
    return np.outer(smooth, second_derivative) + np.outer(second_derivative, smooth)


def dog(sigma: float = 1.0, ratio: float = 1.6, size: int | None = None) -> Weights:
    """
    Difference of Gaussians: G(σ) − G(ratio · σ), with a positive centre.

    Parameters
    ----------
    sigma : float, default 1
        Standard deviation of the narrow Gaussian in cells, at least 0.25.
    ratio : float, default 1.6
        How many times wider the other Gaussian is, at least 1.01. Marr and Hildreth found 1.6 the best
        stand-in for a Laplacian of Gaussian.
    size : int, optional
        Side in cells, odd, at least 3; 2⌈3 · ratio · σ⌉ + 1 by default.

    Examples
    --------
    >>> dog().shape, bool(abs(dog().sum()) < 1e-12)
    ((11, 11), True)
    """
    sigma, ratio = number("sigma", sigma, least=0.25), number("ratio", ratio, least=1.01)
    wide = sigma * ratio
    asked = f"sigma={sigma:g}, ratio={ratio:g}"
    size = side_for(3 * wide, because=asked) if size is None else side(size, least=3, odd=True)
    return gaussian(sigma, size) - gaussian(wide, size)


def unsharp(sigma: float = 1.0, amount: float = 1.0, size: int | None = None) -> Weights:
    """
    Unsharp mask: (1 + amount) δ − amount · G(σ), the image plus what a blur takes from it.

    Parameters
    ----------
    sigma : float, default 1
        Standard deviation of the blur in cells, greater than 0.
    amount : float, default 1
        How much of the lost detail is added, greater than 0.
    size : int, optional
        Side in cells, odd; 2⌈3σ⌉ + 1 by default.

    Examples
    --------
    >>> round(float(unsharp(2.0, amount=0.5).sum()), 12)
    1.0
    """
    amount = number("amount", amount, above=0)
    blur = gaussian(sigma, size if size is None else side(size, odd=True))
    return (1 + amount) * identity(len(blur)) - amount * blur


def motion_blur(length: float = 9.0, angle: float = 0.0) -> Weights:
    """
    Even motion along a straight line: max(0, 1 − distance to the path), scaled to sum to one.

    Parameters
    ----------
    length : float, default 9
        Length of the path in cells, at least 1.
    angle : float, default 0
        Direction of the motion in degrees, counter-clockwise from the x axis: 0 is horizontal, 90 vertical.

    Returns
    -------
    ndarray
        float64, only as large as the path needs: 1 × 9 for nine cells along a row.

    Examples
    --------
    >>> motion_blur(4).tolist()
    [[0.125, 0.25, 0.25, 0.25, 0.125]]
    """
    length = number("length", length, least=1)
    side_for((length - 1) / 2, because=f"length={length:g}")
    x_step, y_step = _direction("angle", angle)
    half = (length - 1) / 2
    # The rounding keeps a cell's worth of cos 90° = 6e-17 from adding a row.
    columns, rows = (2 * math.ceil(round(half * abs(step), 9)) + 1 for step in (x_step, y_step))
    x, y = _positions(columns)[None, :], -_positions(rows)[:, None]
    along = np.clip(x * x_step + y * y_step, -half, half)
    weights = np.maximum(0.0, 1.0 - np.hypot(x - along * x_step, y - along * y_step))
    return np.asarray(weights / weights.sum())


def gabor(
    orientation: float = 0.0,
    wavelength: float = 4.0,
    phase: float = 0.0,
    sigma: float | None = None,
    aspect: float = 0.5,
    size: int | None = None,
) -> Weights:
    """
    A wave under a Gaussian: exp(−(u² + aspect² v²) / 2σ²) · (cos(2πu / wavelength + phase) − mean).

    v runs along the stripes, u across them, to the right of v.

    Parameters
    ----------
    orientation : float, default 0
        Direction of the stripes in degrees, counter-clockwise from the x axis: 0 gives horizontal stripes.
        OpenCV and scikit-image give the direction across the stripes instead.
    wavelength : float, default 4
        Cells from one bright stripe to the next, at least 2.
    phase : float, default 0
        Where the wave stands at the centre, in degrees: 0 a bright line, 180 a dark line, −90 an edge that
        is brighter on the right of its direction, 90 one that is brighter on the left.
    sigma : float, optional
        Standard deviation of the Gaussian across the stripes in cells; 0.56 · wavelength by default, a
        bandwidth of one octave.
    aspect : float, default 0.5
        Standard deviation across the stripes over the one along them, from 0.05 up.
    size : int, optional
        Side in cells, odd; by default out to 3 standard deviations.

    Notes
    -----
    The mean of the wave under the Gaussian is taken out, so that an even area gives 0, as Lee asks of a
    wavelet. The weights are scaled so that their magnitudes sum to 1: no response is larger than the image.

    References
    ----------
    T. S. Lee, "Image representation using 2D Gabor wavelets", IEEE Transactions on Pattern Analysis and
    Machine Intelligence 18(10), 959-971, 1996.

    Examples
    --------
    >>> stripes = gabor(orientation=90, wavelength=4)
    >>> stripes.shape, float(np.abs(stripes).sum().round(12)), bool(abs(stripes.sum()) < 1e-12)
    ((29, 29), 1.0, True)
    """
    wavelength = number("wavelength", wavelength, least=2)
    aspect = number("aspect", aspect, least=0.05)
    turn = math.radians(number("phase", phase))
    # σ/λ = √(ln 2 / 2) / π · (2ᵇ + 1) / (2ᵇ − 1) for a bandwidth of b octaves; b = 1 here.
    one_octave = 3 * math.sqrt(math.log(2) / 2) / math.pi
    sigma = one_octave * wavelength if sigma is None else number("sigma", sigma, above=0)
    x_step, y_step = _direction("orientation", orientation)
    if size is None:
        along, across = sigma / aspect, sigma
        reach = max(math.hypot(along * x_step, across * y_step), math.hypot(along * y_step, across * x_step))
        size = side_for(3 * reach, because=f"sigma={sigma:g}, aspect={aspect:g}")
    position = _positions(side(size, odd=True))
    x, y = position[None, :], -position[:, None]
    v, u = x * x_step + y * y_step, x * y_step - y * x_step
    with np.errstate(over="ignore"):
        envelope = np.exp(-((u / sigma) ** 2 + (aspect * v / sigma) ** 2) / 2)
    wave = np.cos(2 * math.pi * u / wavelength + turn)
    weights = envelope * (wave - (envelope * wave).sum() / envelope.sum())
    magnitude = np.abs(weights).sum()
    if magnitude <= 1e-9 * envelope.sum():
        raise SpecError(
            f"gabor with wavelength={wavelength:g}, phase={phase:g}, sigma={sigma:g} and size={size} has no "
            "weight that differs from 0; use a larger sigma or size, or another phase"
        )
    return np.asarray(weights / magnitude)


def _positions(size: int) -> Weights:
    """Distances of ``size`` cells from their common centre: −1, 0, 1 for three, −0.5, 0.5 for two."""
    return np.arange(size, dtype=np.float64) - (size - 1) / 2


def _direction(name: str, angle: float) -> tuple[float, float]:
    """The unit vector (x to the right, y up) at ``angle`` degrees, exact at the multiples of 90°."""
    degrees = number(name, angle) % 360
    exact = {0.0: (1.0, 0.0), 90.0: (0.0, 1.0), 180.0: (-1.0, 0.0), 270.0: (0.0, -1.0)}
    turn = math.radians(degrees)
    return exact.get(degrees, (math.cos(turn), math.sin(turn)))


def _gaussian_profile(sigma: float, size: int | None) -> Weights:
    """One axis of the sampled Gaussian, summing to one."""
    sigma = number("sigma", sigma, above=0)
    size = side_for(3 * sigma, because=f"sigma={sigma:g}") if size is None else side(size)
    position = np.abs(_positions(size))
    # Taken relative to the innermost cell, an even side keeps its weight when σ is far below one cell.
    with np.errstate(over="ignore"):
        profile = np.exp(-(position - position.min()) * (position + position.min()) / sigma / sigma / 2)
    return np.asarray(profile / profile.sum())
