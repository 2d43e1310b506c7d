"""Images in folders, one folder for each class, brought to one size."""

import os
from pathlib import Path

import numpy as np

from convolens.errors import ConvolensError, FileError, ImageError, SpecError
from convolens.images.files import file_error
from convolens.images.image import Image
from convolens.images.reading import read_image
from convolens.nn.data import Dataset
from convolens.ops.arrays import Array

FITS = ("crop", "stretch")
TRAINING, TEST = "train", "test"


def read_image_folder(folder: Path, size: tuple[int, int] | None, fit: str) -> Dataset:
    """
    Read the images in the folders of a folder, whose names are the classes.

    Where these folders are ``train`` and ``test``, the classes are in each, and the latter are for the test. All
    images become colour if one is. What cannot be read is skipped, and listed in the result.

    Parameters
    ----------
    folder : Path
        The folder of folders.
    size : pair of int, optional
        Height and width of all; without it they must be of one size.
    fit : {"crop", "stretch"}
        Whether the middle of the right proportions is taken, or everything is stretched.
    """
    has_parts = (folder / TRAINING).is_dir() and (folder / TEST).is_dir()
    learned = folder / TRAINING if has_parts else folder
    names = tuple(path.name for path in _inside(learned) if path.is_dir())
    if not names:
        raise FileError(f"{learned}: there is no folder in it; put the images of each class into one of its own")
    reading = _Reading(folder, size, fit)
    parts = [reading.images(learned, names)]
    if has_parts:
        unknown = [path.name for path in _inside(folder / TEST) if path.is_dir() and path.name not in names]
        if unknown:
            raise SpecError(f"{folder / TEST}: there is nothing to learn class {unknown[0]!r} from in {learned}")
        parts.append(reading.images(folder / TEST, names))
    channels = max((item.shape[0] for items, _ in parts for item in items), default=1)
    whole = [
        Dataset(np.stack([np.broadcast_to(i, (channels, *i.shape[1:])) for i in items]), np.array(classes), names)
        for items, classes in parts
        if items
    ]
    if len(whole) < len(parts):
        raise FileError(f"{folder}: there are no images in it that can be read{reading.told()}")
    test = whole[1] if has_parts else None
    return Dataset(whole[0].inputs, whole[0].classes, names, test, tuple(reading.skipped))


class _Reading:
    """Images read one by one, all of one size; and a list of what was none."""

    def __init__(self, root: Path, size: tuple[int, int] | None, fit: str) -> None:
        self.root, self.size, self.fit, self.skipped = root, size, fit, list[str]()
        self._first: tuple[Path, tuple[int, ...]] | None = None

    def images(self, folder: Path, names: tuple[str, ...]) -> tuple[list[Array], list[int]]:
        """Read those of every class."""
        items, classes = list[Array](), list[int]()
        for number, name in enumerate(names):
            for path in sorted((folder / name).rglob("*")):
                if path.is_dir() or path.name.startswith("."):
                    continue
                try:
                    item = as_item(read_image(path), path)
                except ConvolensError as error:
                    self.skipped.append(str(error).replace(str(self.root), "").lstrip("/\\"))
                    continue
                items.append(self._sized(path, item))
                classes.append(number)
        return items, classes

    def _sized(self, path: Path, item: Array) -> Array:
        if self.size is not None:
            return fitted(item, self.size, self.fit)
        first, shape = self._first = self._first or (path, item.shape[1:])
        if item.shape[1:] != shape:
            raise SpecError(
                f"{first} is {shape[0]} × {shape[1]} cells, but {path} is {item.shape[1]} × {item.shape[2]}; "
                "say to which size to bring all (--size 64)"
            )
        return item

    def told(self) -> str:
        """Tell what was skipped, in few words."""
        return f"; skipped {len(self.skipped)}, the first {self.skipped[0]}" if self.skipped else ""


def fitted(item: Array, size: tuple[int, int], fit: str) -> Array:
    """Bring an image (C, H, W) to a size, each cell the mean of what it covers, weighted by distance."""
    from PIL.Image import Resampling, fromarray

    (height, width), (tall, wide) = item.shape[1:], size
    scale = min(height / tall, width / wide)
    used = (wide * scale, tall * scale) if fit == "crop" else (width, height)
    left, top = (width - used[0]) / 2, (height - used[1]) / 2
    box = (left, top, left + used[0], top + used[1])
    planes = [fromarray(plane).resize((wide, tall), Resampling.BILINEAR, box) for plane in item]
    return np.stack([np.asarray(plane) for plane in planes])


def as_item(image: Image, path: str | os.PathLike[str]) -> Array:
    """Give an image as (C, H, W), from 0 to 1 where it has integers; transparency does not count."""
    pixels = image.pixels
    values = pixels.astype(np.float32)
    if pixels.dtype.kind in "iu":
        values /= np.float32(np.iinfo(pixels.dtype).max)
    elif not np.isfinite(values).all():
        raise ImageError(f"{path}: holds NaN or infinity")
    return values[None] if values.ndim == 2 else np.ascontiguousarray(np.moveaxis(values, -1, 0))


def _inside(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except OSError as error:
        raise file_error(folder, error) from error
