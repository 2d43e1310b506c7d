"""The named kernels of one-dimensional signals, as text: ``"gaussian:sigma=2"``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from convolens.errors import SpecError, unknown_name

Weights = npt.NDArray[np.float64]

MOST_TAPS = 1 << 17
"""Samples of a kernel: more than two seconds of sound."""


@dataclass(frozen=True)
class SignalKernel:
    """A kernel of signals: what makes its weights, and its parameters, each with default, least and most."""

    build: Callable[..., Weights]
    parameters: dict[str, tuple[float, float, float]]


def noise(count: int, seed: int) -> Weights:
    """
    White noise from −1 to 1: whole numbers hashed, so that it is the same on every machine.

    Notes
    -----
    The hash is lowbias32 of C. Wellons, "Prospecting for Hash Functions" (2018).
    """
    n = np.arange(count, dtype=np.uint32) + np.uint32(seed * 1_000_003 % (1 << 32))
    for shift, factor in ((16, 0x7FEB352D), (15, 0x846CA68B)):
        n ^= n >> np.uint32(shift)
        n *= np.uint32(factor)
    n ^= n >> np.uint32(16)
    result: Weights = n / 2**31 - 1
    return result


def moving_average(size: int) -> Weights:
    """The mean of ``size`` neighbours."""
    return np.full(size, 1 / size)


def _to_one(weights: Weights) -> Weights:
    scaled: Weights = weights / weights.sum()
    return scaled


def _bell(sigma: float) -> tuple[Weights, Weights]:
    reach = int(np.ceil(3 * sigma))
    place = np.arange(-reach, reach + 1, dtype=np.float64)
    return place, np.exp(-(place**2) / (2 * sigma**2))


def gaussian(sigma: float) -> Weights:
    """The Gaussian, cut off at 3σ, scaled to sum to one."""
    _, bell = _bell(sigma)
    return _to_one(bell)


def hann(size: int) -> Weights:
    """The Hann window without the zeros at its ends, scaled to sum to one."""
    return _to_one(np.sin(np.pi * np.arange(1, size + 1) / (size + 1)) ** 2)


def exponential(decay: float, size: int) -> Weights:
    """Each weight ``decay`` times the one before, scaled to sum to one: a mean that forgets, an RC circuit."""
    return _to_one(decay ** np.arange(size, dtype=np.float64))


def gaussian_slope(sigma: float) -> Weights:
    """The slope of a Gaussian, for correlation: answers 1 to a signal that rises by 1 a sample."""
    place, bell = _bell(sigma)
    slope: Weights = place * bell / (place**2 * bell).sum()
    return slope


def echo(delay: int, gain: float, repeats: int) -> Weights:
    """The sound itself, and again every ``delay`` samples, each time ``gain`` as loud."""
    weights = np.zeros(delay * repeats + 1)
    weights[::delay] = gain ** np.arange(repeats + 1, dtype=np.float64)
    return weights


def reverb(size: int, wet: float, seed: int) -> Weights:
    """The sound itself, and noise after it that falls by 60 dB and is ``wet`` times as strong."""
    tail = noise(size, seed) * 10 ** (-3 * np.arange(size) / size)
    tail[0] = 0
    weights: Weights = tail * (wet / np.sqrt((tail**2).sum()))
    weights[0] = 1
    return weights


def _fixed(*weights: float) -> SignalKernel:
    return SignalKernel(lambda: np.array(weights), {})


KERNELS: dict[str, SignalKernel] = {
    "moving-average": SignalKernel(moving_average, {"size": (5, 1, 128)}),
    "gaussian": SignalKernel(gaussian, {"sigma": (2, 0.3, 20)}),
    "hann": SignalKernel(hann, {"size": (9, 1, 128)}),
    "exponential": SignalKernel(exponential, {"decay": (0.8, 0, 0.99), "size": (12, 1, 128)}),
    "difference": _fixed(-1, 1),
    "slope": _fixed(-0.5, 0, 0.5),
    "bend": _fixed(1, -2, 1),
    "gaussian-slope": SignalKernel(gaussian_slope, {"sigma": (2, 0.3, 20)}),
    "echo": SignalKernel(echo, {"delay": (8, 1, 16384), "gain": (0.6, -1, 1), "repeats": (3, 1, 8)}),
    "reverb": SignalKernel(reverb, {"size": (16000, 2, 65536), "wet": (1, 0, 4), "seed": (1, 0, 999)}),
}
"""By name; differences and slopes are meant for correlation, echo and reverb for full convolution."""

_WHOLE = ("size", "delay", "repeats", "seed")


def signal_kernel(text: str) -> Weights:
    """
    Make the weights that a text names.

    Parameters
    ----------
    text : str
        A name, and parameters that differ from their defaults.

    Returns
    -------
    ndarray of float64, shape (K,)

    Raises
    ------
    SpecError, UnknownNameError
        If there is no such kernel or parameter, or a value is out of its range.

    Examples
    --------
    >>> signal_kernel("echo:delay=2,gain=0.5,repeats=2").tolist()
    [1.0, 0.0, 0.5, 0.0, 0.25]
    """
    name, _, options = text.partition(":")
    if name not in KERNELS:
        raise unknown_name("kernel of signals", name, KERNELS)
    found = KERNELS[name]
    values = {key: default for key, (default, _, _) in found.parameters.items()}
    for option in filter(None, options.split(",")):
        key, _, value = (part.strip() for part in option.partition("="))
        if key not in values:
            raise unknown_name(f"parameter of {name}", key, values)
        values[key] = _value(name, key, value, *found.parameters[key][1:])
    return found.build(**{key: int(value) if key in _WHOLE else value for key, value in values.items()})


def _value(name: str, key: str, text: str, least: float, most: float) -> float:
    """Read a parameter within its range."""
    try:
        value = float(text)
    except ValueError:
        value = np.nan
    if not least <= value <= most or (key in _WHOLE and value != int(value)):
        kind = "whole number" if key in _WHOLE else "number"
        raise SpecError(f"{key} of {name} must be a {kind} from {least:g} to {most:g}, found {text!r}")
    return value
