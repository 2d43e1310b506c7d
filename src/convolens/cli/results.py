"""What ``convolens filter`` does with one file: read, filter, write."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convolens.errors import ImageError
from convolens.images import (
    Image,
    edge_direction,
    edge_magnitude,
    filter_image,
    luminance,
    read_image,
    write_image,
)
from convolens.images.edges import Operator
from convolens.images.files import atomic_output, check_output, file_error, refuse_standard_output
from convolens.images.filter import Response
from convolens.images.reading import MAX_PIXELS
from convolens.kernels import NamedKernel

_EXACT_ENDINGS = (".npy", ".tif", ".tiff")


@dataclass(frozen=True)
class Task:
    """What to do with a picture: lay a kernel over it, or measure its edges with an operator."""

    kernel: NamedKernel | None
    operator: Operator | None
    direction: bool
    response: Response
    gain: float
    border: str | float
    flip: bool
    grey: bool

    @property
    def is_exact(self) -> bool:
        """Whether the result is numbers to keep rather than a picture to look at."""
        return self.direction or self.response == "raw"

    def apply(self, image: Image) -> Image:
        """Return the result as a picture."""
        if self.grey:
            image = luminance(image)
        if self.operator is None:
            assert self.kernel is not None
            return filter_image(
                image, self.kernel, border=self.border, flip=self.flip, response=self.response, gain=self.gain
            )
        if self.direction:
            return edge_direction(image, operator=self.operator, border=self.border)
        return edge_magnitude(image, operator=self.operator, border=self.border, raw=self.response == "raw")


def make_result(
    source: Path, target: Path, task: Task, *, overwrite: bool = False, max_pixels: int | None = None
) -> None:
    """Read ``source``, apply the task, and write ``target``, whole or not at all."""
    ending = target.suffix.lower()
    if task.is_exact and ending not in _EXACT_ENDINGS:
        raise ImageError(
            f"{target}: {ending[1:] or 'this file'} cannot hold exact numbers; write .npy or .tif "
            "(--format npy for a folder)"
        )
    check_output(target, overwrite=overwrite)
    result = task.apply(read_image(source, max_pixels=max_pixels or MAX_PIXELS))
    if ending == ".npy":
        with atomic_output(target, overwrite=overwrite) as file:
            np.save(file, result.channels(), allow_pickle=False)
        return
    if task.is_exact:
        result = result.with_pixels(_as_float(result.pixels))
    write_image(target, result, overwrite=overwrite)


def _as_float(values: NDArray[Any]) -> NDArray[Any]:
    """Integers as float32 where that holds each of them, as programs that show TIFF files expect; else float64."""
    if values.dtype.kind == "f":
        return values
    small = max(abs(int(values.min())), abs(int(values.max()))) <= 2**24
    return values.astype(np.float32 if small else np.float64)


def make_folder(folder: Path) -> None:
    """Create a folder and those above it, where they are missing."""
    refuse_standard_output(folder)
    try:
        os.makedirs(folder, exist_ok=True)
    except OSError as error:
        raise file_error(folder, error) from error
