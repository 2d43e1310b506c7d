"""In which type the sums under a kernel are taken: the narrowest in which they are exact, or exact enough."""

import math
from typing import Literal

import numpy as np

from convolens.algorithms import separable
from convolens.images.tiles import Weights
from convolens.spec.borders import Border

Fusable = Literal["clip", "absolute", "magnitude"]

PLACES = 20  # binary places that are looked at
MOST_DOUBT = 0.01  # how far float32 may leave a sum of 8-bit pixels from the true one, at most


def exact_sums(
    kernels: Weights, dtype: str, border: Border, response: Fusable
) -> tuple[str | None, Weights, float]:
    """
    Choose the narrowest type in which all sums are exact, if there is one.

    Returns
    -------
    sums : str or None
        The type.
    numbers : ndarray
        What stands for the weights in the sums.
    factor : float
        What turns sums of numbers into sums of weights.
    """
    whole = in_whole_numbers(kernels) if dtype.startswith("uint") and float(border.value).is_integer() else None
    if whole is None:
        return None, kernels, 1.0
    numbers, divisor = whole
    brightest = max(np.iinfo(dtype).max, abs(int(border.value)))
    largest = brightest * largest_sum(numbers)
    if response == "magnitude":
        return ("float32" if 2 * largest**2 < 2**24 else "float64"), numbers, 1 / divisor
    # Of a quotient in float32, no rounding may reach a half: one is reached exactly, or is at least 1 / 2d away.
    if divisor & (divisor - 1) and (divisor % 2 == 0 or np.iinfo(dtype).max * divisor >= 2**20):
        return "float64", numbers, 1 / divisor
    narrow = largest < 2**15 and dtype == "uint8"
    return ("int16" if narrow else "float32" if largest < 2**24 else "float64"), numbers, 1 / divisor


def largest_sum(numbers: Weights) -> int:
    """Add up the magnitudes of each kernel's whole numbers, of any size, and return the largest sum."""
    return max(sum(abs(int(number)) for number in kernel.ravel()) for kernel in numbers)


def may_round(kernels: Weights, dtype: str, border: Border, response: Fusable, *, separated: bool) -> bool:
    """Whether float32 is good enough for sums that it rounds."""
    if dtype == "float32":
        return response != "magnitude"
    terms = sum(kernels.shape[1:]) if separated else math.prod(kernels.shape[1:])
    largest = max(255.0, abs(border.value)) * float(np.abs(kernels).sum(axis=(1, 2)).max())
    return dtype == "uint8" and (terms + 2) * 2.0**-24 * largest <= MOST_DOUBT


def in_whole_numbers(kernels: Weights) -> tuple[Weights, int] | None:
    """
    Write weights as integers over a common divisor; None if they are no such fractions of small numbers.

    >>> in_whole_numbers(np.array([0.25, 0.5])), in_whole_numbers(np.array([1 / 9, 2 / 9]))
    ((array([1, 2]), 4), (array([1, 2]), 9))
    """
    if kernels.dtype.kind == "i":
        return kernels, 1
    if np.abs(kernels).max() >= 2.0**52:  # places of larger ones pass the range of float64
        return None
    places = kernels * 2.0**PLACES
    least = np.abs(kernels[kernels != 0]).min()
    divisor = round(1 / least) if 2.0**-PLACES < least < 1 else 1
    multiples = np.rint(kernels * divisor)
    if (places == np.rint(places)).all() and np.abs(places).max() < 2**52:
        numbers = places.astype(np.int64)
        common = math.gcd(2**PLACES, *numbers.ravel().tolist())
        return numbers // common, 2**PLACES // common
    near = np.abs(kernels * divisor - multiples) <= 4 * np.finfo(np.float64).eps * np.abs(multiples)
    return (multiples.astype(np.int64), divisor) if near.all() and np.abs(multiples).max() < 2**31 else None


def as_product(kernel: Weights) -> tuple[Weights, Weights] | None:
    """Write a kernel as a column and a row, integers by integers."""
    if kernel.dtype.kind == "f":
        product = separable.as_product(kernel[np.newaxis, np.newaxis], np.dtype(np.float64))
        return None if product is None else (product[0][0, 0], product[1][0, 0])
    i, j = divmod(int(np.abs(kernel).argmax()), kernel.shape[1])
    row = kernel[i] // (math.gcd(*kernel[i].tolist()) or 1)
    column = kernel[:, j] // (row[j] or 1)
    return (column, row) if (column[:, np.newaxis] * row == kernel).all() else None
