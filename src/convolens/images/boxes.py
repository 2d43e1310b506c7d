"""Boxes, which are kernels of equal weights: in which type their sums are exact, and of what they are made."""

import math

import numpy as np

from convolens.images.recipe import RUN_BYTES, Extent, Recipe, tasks
from convolens.images.tiles import Weights
from convolens.runtime.cpu import cpu
from convolens.spec.borders import Border

BOX = "convolens.pipelines.box"
LEAST_CELLS = 16  # of a box, and
LEAST_DRIFTING = 12  # rows of one over floating-point numbers, from which the loops for boxes are quicker
LEAST_WEIGHT = 2.0**-53  # of whole sums
FEW = 4  # runs of cells that make a longer one
MOST_RUNS = 10  # that are added up one by one
MOST_ROWS = 128  # of a task that takes more of the cache than its share, so that few rows are read again
VECTORS = 4  # of a step along a row


def as_box(
    kernel: Weights, dtype: str, border: Border, response: str, extent: Extent, *, exact: bool
) -> Recipe | None:
    """Choose sums and tasks for a kernel of equal weights; None for others, and where another way is as good."""
    weight, cells = float(kernel[0, 0]), kernel.size
    drifts = dtype == "float32"
    if cells < LEAST_CELLS or weight <= 0 or (kernel != kernel[0, 0]).any():
        return None
    if drifts:
        if len(kernel) < LEAST_DRIFTING:
            return None
        half = max(0, min(60, round(-math.log2(weight) / 2)))  # half of the scale goes before the sums, half after
        sums, divisor, numbers, scale = "float64" if exact else "float32", 1, (0, half), weight * 2**half
    else:
        found = _whole_sums(weight, cells, dtype, border)
        if found is None:
            return None
        sums, divisor, numbers = found
        scale = 1 / divisor
    item = np.dtype(sums).itemsize
    lanes = cpu().vector_bytes // item
    if extent.cells < VECTORS * lanes or 2 * len(kernel) > extent.height or 2 * kernel.shape[1] > extent.width:
        return None
    parameters: dict[str, str | int] = {"source": dtype, "sums": sums, "target": dtype, "response": response}
    runs = _runs(kernel.shape[1])
    parameters |= {"lanes": lanes, "vectors": VECTORS, "levels": len(runs) - 1, "few": FEW}
    parameters["ties"] = sums != "uint16" or divisor % 2 == 0  # odd divisors have none
    high = len(kernel)
    cut = tasks(
        extent,
        VECTORS * lanes,
        2 * item if drifts else item,
        1,
        least=min(high if drifts else 2 * high, MOST_ROWS),
        most=high if drifts else extent.height,
        run=max(RUN_BYTES // item, extent.halo),
        drifts=drifts,
    )
    return Recipe(
        BOX,
        parameters,
        [],
        cut,
        scale,
        (1, VECTORS * lanes),
        (high, divisor if sums in ("uint16", "int32") else 1, *numbers, *runs),
    )


def _whole_sums(weight: float, cells: int, dtype: str, border: Border) -> tuple[str, int, tuple[int, int]] | None:
    """
    Choose a type in which sums of integers are exact, and how they are divided.

    Returns
    -------
    sums : str
        The type.
    divisor : int
        One over the weight.
    numbers : tuple of int
        Multiplier and shift, where the type is uint16.
    """
    if not weight > LEAST_WEIGHT:
        return None
    limit, divisor = int(np.iinfo(dtype).max), round(1 / weight)
    outside = border.value
    whole = abs(weight * divisor - 1) <= 4 * np.finfo(np.float64).eps
    if not whole or not 0 <= outside <= limit or not float(outside).is_integer():
        return None
    largest = limit * cells
    reciprocal = _reciprocal(divisor, largest + divisor // 2)
    if reciprocal and dtype == "uint8":
        return "uint16", divisor, reciprocal
    if max(largest, limit * divisor) < 2**31:
        return "int32", divisor, (0, 0)
    return "float64", divisor, (0, 0)


def _reciprocal(divisor: int, largest: int) -> tuple[int, int] | None:
    """
    Find a multiplier and a shift with n // divisor = n · multiplier >> 16 + shift, for all n up to the largest.

    Both numbers, and n, have 16 bits; None where that is impossible.

    References
    ----------
    T. Granlund, P. L. Montgomery, *Division by Invariant Integers using Multiplication* (1994), theorem 4.2,
    doi:10.1145/178243.178249.
    """
    for shift in range(16):
        multiplier = -(-(2 ** (16 + shift)) // divisor)
        excess = multiplier * divisor - 2 ** (16 + shift)
        if multiplier < 2**16 and largest < 2**16 and excess * (largest + 1) < 2 ** (16 + shift):
            return multiplier, shift
    return None


def _runs(width: int) -> list[int]:
    """
    Count the runs of 1, 4, 16, … cells that make up a width: fewer than 4 of each but the longest.

    >>> _runs(5), _runs(31)
    ([5], [3, 7])
    """
    counts = [width]
    while counts[-1] > MOST_RUNS:
        longer, rest = divmod(counts.pop(), FEW)
        counts += [rest, longer]
    return counts
