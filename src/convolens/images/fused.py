"""Pictures from pixels to pixels in one compiled pass, wherever that gives what the way through tiles gives."""

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from convolens.algorithms.compiled import scratch_bytes
from convolens.algorithms.separable import as_product
from convolens.images.tiles import Weights, reach
from convolens.runtime import compile as compiler
from convolens.runtime.call import Function, Pinned
from convolens.runtime.cpu import available_cores, cpu
from convolens.spec.borders import Border, source_index

Fusable = Literal["clip", "absolute", "magnitude"]

DENSE, PASSES = "convolens.pipelines.photograph", "convolens.pipelines.passes"
DTYPES = ("uint8", "uint16", "float32")
UNROLLED = (3, 5, 7)  # heights of kernels with loops of their own
LEAST_SEPARATED = 25  # kernel cells from which two passes are quicker
MOST_CELLS = 1 << 11  # of a kernel that is no product, and
MOST_SIDE = 1 << 10  # of one that is; FFTs are quicker with larger ones
WORTH_COMPILING = 1 << 19  # numbers from which a picture waits for the compiler: a hundred such make up for it
VECTORS, ROWS = 2, 4  # of a register tile
RUN_BYTES = 4096  # of a task's rows: a tile's rows of them stay in the first cache
TASKS_PER_CORE = 4
PLACES = 20  # binary places that are looked at
MOST_DOUBT = 0.01  # how far float32 may leave a sum of 8-bit pixels from the true one, at most


@dataclass(frozen=True, slots=True)
class Loops:
    """
    A compiled pipeline with everything but picture and result.

    Attributes
    ----------
    function : Function
        The pipeline.
    constants : tuple of Pinned
        Weights and tables.
    scalars : tuple
        What the pipeline takes after its arrays.
    """

    function: Function
    constants: tuple[Pinned, ...]
    scalars: tuple[int | float, ...]


def fused_filter(
    array: NDArray[Any],
    kernels: Sequence[Weights],
    border: Border,
    flip: bool,
    response: Fusable,
    exact: bool,
    scale: float = 1.0,
    out: NDArray[Any] | None = None,
) -> NDArray[Any] | None:
    """
    Filter all channels of an array; None where there is no compiled way, or it would not pay to compile one.

    Parameters
    ----------
    array : ndarray, shape (H, W) or (H, W, C)
        The picture.
    kernels : sequence of int64 or float64 arrays, shape (kh, kw)
        One kernel, or the two of a magnitude.
    border, flip
        As for `tiles`.
    response : {"clip", "absolute", "magnitude"}
        Sums, sums without their sign, or the root of the sum of the squares of two.
    exact : bool
        Sum in float64 what float32 would round; see Notes.
    scale : float, default 1
        Multiplies the response.
    out : ndarray, optional
        Where the result goes if its rows are whole: of shape and type of ``array``, and elsewhere in memory.

    Notes
    -----
    Sums of integers are taken in the narrowest of int16, float32 and float64 in which all of them are exact.
    Sums that are exact in none, and those of floating-point numbers, are taken in float64; unless ``exact``, in
    float32 for pictures of float32, and of uint8 where no sum can be off by more than 0.01. Magnitudes of
    floating-point numbers are always taken in float64, where no square overflows.
    """
    if not _is_plain(array) or max(kernel.size for kernel in kernels) > MOST_SIDE**2:
        return None
    weights = tuple((kernel.shape, kernel.dtype.char, kernel.tobytes()) for kernel in kernels)
    loops = _loops(array.shape, array.dtype.name, weights, border, flip, response, exact, scale, compiler.loaded())
    if loops is None:
        return None
    result = out if out is not None and _is_plain(out) else np.empty(array.shape, array.dtype)
    loops.function(_rows(array), *loops.constants, _rows(result), scalars=loops.scalars)
    return result


def _is_plain(array: NDArray[Any]) -> bool:
    """Whether the pixels of a row, and the channels of a pixel, lie side by side."""
    run = array.itemsize * math.prod(array.shape[1:])
    row_is_whole = (
        array[0].flags.c_contiguous and array.strides[0] >= run and not array.strides[0] % array.itemsize
    )
    return row_is_whole and array.dtype.name in DTYPES and array.dtype.isnative and array.flags.aligned


def _rows(array: NDArray[Any]) -> NDArray[Any]:
    """View a plain array as rows of cells."""
    return array.reshape(1, len(array), -1)


@functools.lru_cache(maxsize=32)
def _loops(
    shape: tuple[int, ...],
    dtype: str,
    weights: tuple[tuple[tuple[int, ...], str, bytes], ...],
    border: Border,
    flip: bool,
    response: Fusable,
    exact: bool,
    scale: float,
    loaded: int,
) -> Loops | None:
    """Choose the pipeline, load it, and lay out weights, borders and tasks."""
    if compiler.unavailable() or (dtype != "float32" and not math.isfinite(border.value)):
        return None
    kernels = np.stack([np.frombuffer(data, char).reshape(size) for size, char, data in weights])
    reaches = [reach(length, flip) for length in kernels.shape[1:]]
    if flip:
        kernels = kernels[:, ::-1, ::-1]
    whole = dtype != "float32" and kernels.dtype.kind in "iu"
    if whole and max(np.iinfo(dtype).max, abs(border.value)) * _largest_sum(kernels) >= 2**53:
        return None  # their sums are exact, or refused, elsewhere
    sums, numbers, factor = _exact_sums(kernels, dtype, border, response)
    product = _as_product(numbers[0]) if len(kernels) == 1 and numbers[0].size >= LEAST_SEPARATED else None
    if numbers[0].size > MOST_CELLS and (product is None or max(numbers[0].shape) > MOST_SIDE):
        return None
    if sums == "int16" and factor != 1 and product is None:
        sums = "float32"
    if sums is None:
        narrow = not exact and _may_round(kernels, dtype, border, response, separated=product is not None)
        sums = "float32" if narrow else "float64"
    lanes = cpu().vector_bytes // np.dtype(sums).itemsize
    parameters: dict[str, str | int] = {"source": dtype, "sums": sums, "target": dtype, "response": response}
    parameters |= {"lanes": lanes, "vectors": VECTORS, "rows": ROWS}
    if product is None:
        height = numbers.shape[1]
        parameters["height"] = height if height in UNROLLED else 0
    pipeline = DENSE if product is None else PASSES
    height, cells = shape[0], math.prod(shape[1:])
    waits = height * cells >= WORTH_COMPILING or compiler.ready(pipeline, **parameters)
    if height < ROWS or cells < VECTORS * lanes or not waits:
        return None
    channels = cells // shape[1]
    lines = source_index(np.arange(-reaches[0][0], height + reaches[0][1]), height, border)
    pixels = source_index(np.arange(-reaches[1][0], shape[1] + reaches[1][1]), shape[1], border)[:, np.newaxis]
    columns = np.where(pixels < 0, -1, pixels * channels + np.arange(channels)).ravel()
    arrays = [numbers] if product is None else [factors[np.newaxis] for factors in product]
    constants = [np.ascontiguousarray(array, sums) for array in arrays]
    constants += [np.ascontiguousarray(table, np.int32) for table in (columns, lines)]
    tasks = _tasks(height, cells, numbers.shape[1], len(columns) - cells, VECTORS * lanes, np.dtype(sums).itemsize)
    scalars = (channels, reaches[1][0] * channels, *tasks, float(border.value), scale * factor)
    return Loops(compiler.load(pipeline, **parameters), tuple(map(Pinned, constants)), scalars)


def _exact_sums(
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
    whole = _in_whole_numbers(kernels) if dtype.startswith("uint") and float(border.value).is_integer() else None
    if whole is None:
        return None, kernels, 1.0
    numbers, divisor = whole
    brightest = max(np.iinfo(dtype).max, abs(int(border.value)))
    largest = brightest * _largest_sum(numbers)
    if response == "magnitude":
        return ("float32" if 2 * largest**2 < 2**24 else "float64"), numbers, 1 / divisor
    # Of a quotient in float32, no rounding may reach a half: one is reached exactly, or is at least 1 / 2d away.
    if divisor & (divisor - 1) and (divisor % 2 == 0 or np.iinfo(dtype).max * divisor >= 2**20):
        return "float64", numbers, 1 / divisor
    narrow = largest < 2**15 and dtype == "uint8"
    return ("int16" if narrow else "float32" if largest < 2**24 else "float64"), numbers, 1 / divisor


def _largest_sum(numbers: Weights) -> int:
    """Add up the magnitudes of each kernel's whole numbers, of any size, and return the largest sum."""
    return max(sum(abs(int(number)) for number in kernel.ravel()) for kernel in numbers)


def _may_round(kernels: Weights, dtype: str, border: Border, response: Fusable, *, separated: bool) -> bool:
    """Whether float32 is good enough for sums that it rounds."""
    if dtype == "float32":
        return response != "magnitude"
    terms = sum(kernels.shape[1:]) if separated else math.prod(kernels.shape[1:])
    largest = max(255.0, abs(border.value)) * float(np.abs(kernels).sum(axis=(1, 2)).max())
    return dtype == "uint8" and (terms + 2) * 2.0**-24 * largest <= MOST_DOUBT


def _in_whole_numbers(kernels: Weights) -> tuple[Weights, int] | None:
    """
    Write weights as integers over a common divisor; None if they are no such fractions of small numbers.

    >>> _in_whole_numbers(np.array([0.25, 0.5])), _in_whole_numbers(np.array([1 / 9, 2 / 9]))
    ((array([1, 2]), 4), (array([1, 2]), 9))
    """
    if kernels.dtype.kind == "i":
        return kernels, 1
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


def _as_product(kernel: Weights) -> tuple[Weights, Weights] | None:
    """Write a kernel as a column and a row, integers by integers."""
    if kernel.dtype.kind == "f":
        product = as_product(kernel[np.newaxis, np.newaxis], np.dtype(np.float64))
        return None if product is None else (product[0][0, 0], product[1][0, 0])
    i, j = divmod(int(np.abs(kernel).argmax()), kernel.shape[1])
    row = kernel[i] // (math.gcd(*kernel[i].tolist()) or 1)
    column = kernel[:, j] // (row[j] or 1)
    return (column, row) if (column[:, np.newaxis] * row == kernel).all() else None


def _tasks(height: int, cells: int, kernel_height: int, halo: int, tile: int, item: int) -> tuple[int, int]:
    """Choose rows and cells of a task, so that its scratch stays in a core's cache and there are tasks for all."""
    run = min(cells, _even_share(cells, max(RUN_BYTES // item, halo), tile))
    fitting = scratch_bytes() // ((run + halo) * item) - kernel_height
    wanted = height * -(-cells // run) // (TASKS_PER_CORE * available_cores())
    return min(height, _even_share(height, max(ROWS, kernel_height // 4, min(fitting, wanted)), ROWS)), run


def _even_share(size: int, most: int, step: int) -> int:
    """Cut a length into equal parts of about ``most`` at most, each of whole steps."""
    share = -(-size // -(-size // most))
    return -(-share // step) * step
