"""Pictures from pixels to pixels in one compiled pass, wherever that gives what the way through tiles gives."""

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convolens.algorithms.blocks import Blocks
from convolens.images.boxes import as_box
from convolens.images.recipe import RUN_BYTES, Extent, Recipe, tasks
from convolens.images.sums import Fusable, as_product, exact_sums, largest_sum, may_round
from convolens.images.tiles import Weights, reach
from convolens.images.walks import LARGEST, Walks, as_walks, is_wide
from convolens.ops.magnitude import is_tame
from convolens.runtime import compile as compiler
from convolens.runtime.call import Function, Pinned
from convolens.runtime.cpu import cpu
from convolens.spec.borders import Border, source_index

DENSE, PASSES = "convolens.pipelines.photograph", "convolens.pipelines.passes"
IN_PLACE = "convolens.pipelines.in_place"
DTYPES = ("uint8", "uint16", "float32")
_NAMES = {np.dtype(name).char: name for name in DTYPES}  # dtypes take long to say theirs
UNROLLED = (3, 5, 7)  # heights of kernels with loops of their own
LEAST_SEPARATED = 25  # kernel cells from which two passes are quicker
MOST_CELLS = 1 << 11  # of a kernel that is no product, and
MOST_SIDE = 1 << 10  # of one that is; FFTs are quicker with larger ones
WORTH_COMPILING = 1 << 19  # numbers from which a picture waits for the compiler: a hundred such make up for it
SEEN_AGAIN = 1000  # pictures like one
ROWS, VECTORS, VECTORS_OF_TWO = 4, 3, 2  # of a register tile, which may be one for each of two kernels


@dataclass(frozen=True, slots=True)
class Loops:
    """
    A compiled pipeline, for some rows of the result, with everything but picture and result.

    Attributes
    ----------
    function : Function
        The pipeline.
    constants : tuple of Pinned
        Weights and tables.
    start : int
        The first of the rows.
    blocks : Blocks
        How these are cut into tasks.
    scalars : tuple
        What the pipeline takes after its arrays.
    """

    function: Function
    constants: tuple[Pinned, ...]
    start: int
    blocks: Blocks
    scalars: tuple[int | float, ...]

    def run(self, source: NDArray[Any], target: NDArray[Any]) -> None:
        """Filter rows of cells (1, H, W C)."""
        blocks = self.blocks.of(target[:, self.start :])
        self.function(source, *self.constants, blocks, scalars=self.scalars)


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
    float32 for pictures of float32, and of uint8 where no sum can be off by more than 0.01. So large Gaussians are
    taken as sums of cosines, see `walks`. Magnitudes of floating-point numbers are always taken in float64, where
    no square overflows.
    """
    if not _is_plain(array) or max(kernel.size for kernel in kernels) > MOST_SIDE**2:
        return None
    weights = tuple((kernel.shape, kernel.dtype.char, kernel.tobytes()) for kernel in kernels)
    # Numbers that leave a window are subtracted where it slides: infinity and NaN would stay.
    name = _NAMES[array.dtype.char]
    slides = not exact and response != "magnitude" and is_wide(kernels[0], name)
    if slides and array.dtype.kind == "f":
        slides = is_tame(array, border.value, float(np.finfo(np.float32).max) / LARGEST, array.dtype, SEEN_AGAIN)
    options = (border, flip, response, exact, scale, slides)
    found = _loops(array.shape, name, weights, *options, compiler.loaded())
    if found is None:
        return None
    result = out if out is not None and _is_plain(out) else np.empty(array.shape, array.dtype)
    source, target = _rows(array), _rows(result)
    for loops in found:
        loops.run(source, target)
    return result


def _is_plain(array: NDArray[Any]) -> bool:
    """Whether the pixels of a row, and the channels of a pixel, lie side by side."""
    flags, kind = array.flags, array.dtype
    if kind.char not in _NAMES or not kind.isnative or not flags.aligned:
        return False
    if flags.c_contiguous:
        return array.strides[0] > 0
    run = array.itemsize * math.prod(array.shape[1:])
    return array[0].flags.c_contiguous and array.strides[0] >= run and not array.strides[0] % array.itemsize


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
    slides: bool,
    loaded: int,
) -> Sequence[Loops | Walks] | None:
    """Choose the pipeline, load it, and lay out weights, borders and tasks."""
    if compiler.unavailable() or (dtype != "float32" and not math.isfinite(border.value)):
        return None
    kernels = np.stack([np.frombuffer(data, char).reshape(size) for size, char, data in weights])
    reaches = [reach(length, flip) for length in kernels.shape[1:]]
    if flip:
        kernels = kernels[:, ::-1, ::-1]
    whole = dtype != "float32" and kernels.dtype.kind in "iu"
    if whole and max(np.iinfo(dtype).max, abs(border.value)) * largest_sum(kernels) >= 2**53:
        return None  # their sums are exact, or refused, elsewhere
    extent = Extent(shape[0], shape[1], math.prod(shape[2:]), kernels.shape[1:])
    large = extent.height * extent.cells >= WORTH_COMPILING
    if slides:
        before = (reaches[0][0], reaches[1][0])
        walks = as_walks(kernels[0], dtype, border, response, extent, before, compiles=large)
        if walks is not None:
            return [walks]
    box = as_box(kernels[0], dtype, border, response, extent, exact=exact) if len(kernels) == 1 else None
    recipe = box or _weighted(kernels, dtype, border, response, extent, exact=exact, scale=scale)
    if recipe is None or extent.height < recipe.least[0] or extent.cells < recipe.least[1]:
        return None
    if not large and not compiler.ready(recipe.pipeline, **recipe.parameters):
        return None
    (above, below), (left, right) = reaches
    lines = source_index(np.arange(-above, extent.height + below), extent.height, border)
    pixels = source_index(np.arange(-left, extent.width + right), extent.width, border)[:, np.newaxis]
    columns = np.where(pixels < 0, -1, pixels * extent.channels + np.arange(extent.channels)).ravel()
    function = compiler.load(recipe.pipeline, **recipe.parameters)
    loops, start = [], 0
    for blocks in recipe.blocks:
        tables = (np.ascontiguousarray(table, np.int32) for table in (columns, lines[start:]))
        constants = tuple(map(Pinned, (*recipe.arrays, *tables)))
        sizes = (extent.channels, left * extent.channels, *blocks.scalars(extent.halo))
        scalars = (*sizes, float(border.value), recipe.scale, *recipe.numbers)
        loops.append(Loops(function, constants, start, blocks, scalars))
        start += blocks.height
    return loops


def _weighted(
    kernels: Weights, dtype: str, border: Border, response: Fusable, extent: Extent, *, exact: bool, scale: float
) -> Recipe | None:
    """Choose sums and tasks for kernels of any weights; None where FFTs are quicker."""
    sums, numbers, factor = exact_sums(kernels, dtype, border, response)
    product = as_product(numbers[0]) if len(kernels) == 1 and numbers[0].size >= LEAST_SEPARATED else None
    if numbers[0].size > MOST_CELLS and (product is None or max(extent.kernel) > MOST_SIDE):
        return None
    if sums == "int16" and factor != 1 and product is None:
        sums = "float32"
    if sums is None:
        narrow = not exact and may_round(kernels, dtype, border, response, separated=product is not None)
        sums = "float32" if narrow else "float64"
    item = np.dtype(sums).itemsize
    lanes = cpu().vector_bytes // item
    pipeline = DENSE if product is None else PASSES
    parameters: dict[str, str | int] = {"source": dtype, "sums": sums, "target": dtype}
    if pipeline == DENSE and dtype == sums:
        pipeline, parameters = IN_PLACE, {"dtype": dtype}
    vectors = VECTORS if len(kernels) == 1 else VECTORS_OF_TWO
    parameters |= {"response": response, "lanes": lanes, "vectors": vectors, "rows": ROWS}
    height = extent.kernel[0]
    parameters["height"] = height if height in UNROLLED else 0
    weights = [numbers] if product is None else [factors[np.newaxis] for factors in product]
    arrays = [np.ascontiguousarray(array, sums) for array in weights]
    run = max(RUN_BYTES // item, extent.halo)
    cut = tasks(extent, vectors * lanes, item, ROWS, least=height // 4, most=extent.height, run=run)
    return Recipe(pipeline, parameters, arrays, cut, scale * factor, (ROWS, vectors * lanes))
