"""How a picture goes through a compiled pipeline: which one, with what weights, and in which tasks."""

from dataclasses import dataclass

from convolens.algorithms.blocks import Blocks, apart, overlapping
from convolens.algorithms.compiled import scratch_bytes
from convolens.images.tiles import Weights
from convolens.runtime.cpu import available_cores

RUN_BYTES = 8192  # of a task's rows: a few of them stay in the first cache
TASKS_PER_CORE = 4
SHARE = 3  # of a core's own cache a task's scratch takes this part: rows of the picture pass through it as well


@dataclass(frozen=True, slots=True)
class Extent:
    """
    A picture and a kernel in numbers.

    Attributes
    ----------
    height, width, channels : int
        Of the picture.
    kernel : (int, int)
        Height and width of the kernel.
    """

    height: int
    width: int
    channels: int
    kernel: tuple[int, int]

    @property
    def cells(self) -> int:
        """Numbers in a row."""
        return self.width * self.channels

    @property
    def halo(self) -> int:
        """Cells that a row has more with its border."""
        return (self.kernel[1] - 1) * self.channels


@dataclass(frozen=True, slots=True)
class Recipe:
    """
    What a pipeline needs beside picture and border.

    Attributes
    ----------
    pipeline : str
        Its module.
    parameters : dict
        What it is built for.
    arrays : list of ndarray
        Weights.
    blocks : tuple of Blocks
        How the result is cut into tasks: each has the rows below those of the one before.
    scale : float
        What sums are multiplied by.
    numbers : tuple of int
        What it takes at the end.
    least : (int, int)
        Rows and cells below which a picture is too small for it.
    """

    pipeline: str
    parameters: dict[str, str | int]
    arrays: list[Weights]
    blocks: tuple[Blocks, ...]
    scale: float
    least: tuple[int, int]
    numbers: tuple[int, ...] = ()


def tasks(
    extent: Extent, tile: int, item: int, rows: int, *, least: int, most: int, run: int, drifts: bool = False
) -> tuple[Blocks, ...]:
    """
    Choose rows and cells of a task, so that its scratch stays in a core's cache and there are tasks for all.

    Parameters
    ----------
    extent : Extent
        The picture.
    tile, rows : int
        Cells and rows of which a task has whole multiples.
    item : int
        Bytes of scratch for a cell.
    least, most : int
        Rows of a task, as far as the picture has them.
    run : int
        About how many cells.
    drifts : bool, default False
        Whether a sum's rounding depends on its row in the task, so that no two tasks may have rows in common.
    """
    cells = overlapping(extent.cells, run, least=tile, halo=extent.halo)
    fitting = scratch_bytes() // SHARE // ((cells.size + extent.halo) * item) - extent.kernel[0]
    wanted = extent.height * cells.count // (TASKS_PER_CORE * available_cores())
    high = min(most, max(rows, least, min(fitting, wanted)))
    if drifts:
        return tuple(Blocks(strips, cells) for strips in apart(extent.height, high))
    return (Blocks(overlapping(extent.height, high, least=rows, halo=extent.kernel[0]), cells),)
