"""The part of the input that a picture shows: all of a small one, the window's surroundings in a large one."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from convolens.explain.canvas import Colours, grey_colours, signed_colours
from convolens.explain.cell import Plane, WorkedCell
from convolens.explain.work import Work
from convolens.spec.borders import border_value, source_index

MOST_CELLS = 12  # of an image that is shown as numbers, along each axis
MARGIN = 3  # cells around the window in the close-up of a larger image


@dataclass(frozen=True)
class View:
    """
    A rectangle of the input, its border included.

    Attributes
    ----------
    origin : (int, int)
        Row and column of its first cell; negative in the border.
    values, border : ndarray, shape (rows, columns)
        What the cells hold, and whether they lie outside the image.
    photograph : ndarray or None
        The whole channel, if it is too large to be shown as numbers.
    """

    origin: tuple[int, int]
    values: npt.NDArray[Any]
    border: npt.NDArray[np.bool_]
    photograph: npt.NDArray[Any] | None

    def colours(self, values: npt.NDArray[Any]) -> Colours:
        """Colour values as those of this input: grey in a photograph, signed otherwise."""
        if self.photograph is None:
            return signed_colours(values, float(np.abs(self.values.astype(float)).max()))
        if self.photograph.dtype == np.uint8:
            return grey_colours(values, 0, 255)
        return grey_colours(values, float(self.photograph.min()), float(self.photograph.max()))


def as_image(entries: tuple[Any, ...], missing: Any) -> tuple[Any, Any]:
    """
    Take the last two of the entries that stand for dimensions; a signal is an image of one row.

    >>> as_image((7,), 1), as_image((4, 5, 6), 1)
    ((1, 7), (5, 6))
    """
    rows, columns = (missing, *entries)[-2:]
    return rows, columns


def view_of(work: Work, step: WorkedCell, plane: Plane) -> View:
    """Cut the view for one plane of a step."""
    spec = step.spec
    size, pads = as_image(spec.input_size, 1), as_image(spec.pads, (0, 0))
    small = is_small(work)
    spans = []
    for at, n, (before, after) in zip(window_axes(step), size, pads, strict=True):
        start, stop = (-before, n + after) if small else (at[0] - MARGIN, at[-1] + 1 + MARGIN)
        spans.append(np.arange(max(start, -before), min(stop, n + after)))
    rows, columns = (source_index(span, n, spec.border) for span, n in zip(spans, size, strict=True))
    channel = work.items[step.item, step.channels[plane.index[0]]]
    slices = channel.reshape(-1, *size)
    depth = int(step.positions[0, plane.index[1], 0, 0]) if spec.dims == 3 else 0
    shown = int(source_index(depth, len(slices), spec.border))
    values = slices[shown][np.ix_(rows, columns)].astype(spec.compute_dtype)
    constant = np.logical_or.outer(rows < 0, columns < 0) | (shown < 0)
    if constant.any():
        values[constant] = border_value(spec.border, spec.compute_dtype)
    outside = [(span < 0) | (span >= n) for span, n in zip(spans, size, strict=True)]
    border = np.logical_or.outer(*outside) | (depth != np.clip(depth, 0, len(slices) - 1))
    return View((int(spans[0][0]), int(spans[1][0])), values, border, None if small else slices[shown])


def is_small(work: Work) -> bool:
    """Tell whether the whole input, its border included, is shown as numbers."""
    return max(work.spec.padded_size) <= MOST_CELLS


def window_axes(step: WorkedCell) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Return the rows and the columns of the input that the window covers."""
    axes = [np.unique(axis) for axis in step.positions]
    return as_image(tuple(axes), np.zeros(1, np.intp))
