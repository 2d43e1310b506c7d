"""What is looked at: a network from wherever it is kept, and the items that it is shown."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from convolens.errors import ConvolensError, FileError, SpecError
from convolens.images import luminance, read_image
from convolens.nn.data import Dataset, divide, read_data
from convolens.nn.layer import describe
from convolens.nn.network import Network
from convolens.nn.run_folder import read_configuration, read_network, read_run
from convolens.nn.sources.image_folder import as_item, fitted
from convolens.nn.train import first_kernels
from convolens.nn.typed import MALFORMED
from convolens.ops.arrays import Array

READERS: dict[str, Callable[..., Network]] = {
    ".safetensors": Network.load,
    ".onnx": Network.from_onnx,
}
"""How a network is read from a file, by the ending of its name."""


@dataclass(frozen=True, eq=False)
class Subject:
    """
    A network, and what is known about it.

    Attributes
    ----------
    network : Network
        As it is used.
    data : Dataset or None
        Items that it did not learn from, as it takes them.
    names : tuple of str
        Of the classes.
    mean, deviation : float or ndarray
        What numbers from 0 to 1 are shifted and scaled by before the network sees them; or that of each channel,
        (C, 1, 1).
    before : dict of str to ndarray
        Weights that were kept before training, by their names.
    why_no_data : str
        What became of the data, if there are none.
    fit : {"crop", "stretch"}
        How pictures are brought to the network's size: their middle, or all of them stretched.
    """

    network: Network
    data: Dataset | None
    names: tuple[str, ...]
    mean: float | Array = 0.0
    deviation: float | Array = 1.0
    before: dict[str, Array] = field(default_factory=dict)
    why_no_data: str = "say which with --data"
    fit: str = "crop"

    def item(self, number: int) -> tuple[Array, int]:
        """
        Give an item of the data, and its class.

        Raises
        ------
        SpecError
            If there is no such item, or there are no data.
        """
        if self.data is None:
            raise SpecError(f"item {number} of which data? {self.why_no_data}")
        if not 0 <= number < len(self.data.classes):
            last = len(self.data.classes) - 1
            raise SpecError(
                f"there is no item {number}; the data that the network did not learn from have 0 to {last}"
            )
        return self.data.inputs[number], int(self.data.classes[number])

    def picture(self, path: str | os.PathLike[str], *, invert: bool = False) -> Array:
        """
        Read a picture as the network takes it: in its size, as images to learn from are; in grey or colour.

        Parameters
        ----------
        path : path
            The picture.
        invert : bool, default False
            Whether bright and dark change places, as for ink on paper where the network knows chalk on a board.

        Raises
        ------
        SpecError
            If the network takes something else than pictures.
        """
        shape = self.network.input_shape
        if len(shape) != 3 or shape[0] not in (1, 3):
            raise SpecError(f"the network takes {describe(shape)}, not pictures of 1 or 3 channels")
        read = read_image(path)
        numbers = as_item(read if shape[0] == 3 else luminance(read), path)
        numbers = fitted(numbers, shape[1:], self.fit)
        numbers = np.broadcast_to(1 - numbers if invert else numbers, shape)  # grey goes into all channels
        return np.asarray((numbers - self.mean) / self.deviation, np.float32)

    @property
    def bounds(self) -> tuple[float, float]:
        """Give the smallest and largest number that the network is shown."""
        if self.data is not None:
            return float(self.data.inputs.min()), float(self.data.inputs.max())
        ends = [(end - np.asarray(self.mean)) / self.deviation for end in (0, 1)]
        return float(np.min(ends)), float(np.max(ends))

    def class_name(self, number: int) -> str:
        """Name a class; by its number where it has no name."""
        return self.names[number] if number < len(self.names) else str(number)

    def class_number(self, name: str) -> int:
        """
        Find a class by its name or number.

        Raises
        ------
        SpecError
            If there is none.
        """
        count = self.network.output_shape[0]
        if name in self.names:
            return self.names.index(name)
        if name.isdecimal() and int(name) < count:
            return int(name)
        known = ", ".join(self.names[:12]) if self.names else f"0 to {count - 1}"
        raise SpecError(f"there is no class {name!r}; there are {known}{', …' if len(self.names) > 12 else ''}")


def open_subject(
    path: str | os.PathLike[str], *, data: str | None = None, needs_data: bool = True, **left_open: Any
) -> Subject:
    """
    Open what is to be looked at.

    Parameters
    ----------
    path : path
        The folder of a run, or a file that a network was saved in.
    data : str, optional
        Data to show to a network from a file, as :func:`~convolens.nn.data.read_data` reads them.
    needs_data : bool, default True
        Whether the data of a run are read. Where they cannot be, the run is opened without them.
    **left_open
        What an ONNX file leaves open, as for :meth:`Network.from_onnx`.

    Raises
    ------
    FileError
        If it is neither, or is damaged.
    SpecError
        If the data do not fit the network.
    """
    place = Path(path)
    if place.is_dir():
        if data is not None:
            raise SpecError(f"{place}: a run has its own data; leave --data out")
        return _from_run(place) if needs_data else _without_data(place, "the data were not read")
    reader = READERS.get(place.suffix.lower())
    if reader is None:
        raise FileError(f"{place}: is neither the folder of a run nor a file that ends in {', '.join(READERS)}")
    network = reader(place, **left_open)
    if data is None:
        return Subject(network, None, ())
    parts = divide(read_data(data))
    if parts.test.inputs.shape[1:] != network.input_shape:
        found, wanted = parts.test.inputs.shape[1:], network.input_shape
        raise SpecError(
            f"the network takes items of {describe(wanted)}, but those of {data} are {describe(found)}"
        )
    return Subject(network, parts.test, parts.test.names, parts.mean, parts.deviation)


def _from_run(folder: Path) -> Subject:
    try:
        run = read_run(folder)
    except ConvolensError as error:
        return _without_data(folder, str(error))
    trainer, parts, name = run.trainer, run.trainer.parts, first_kernels(run.trainer.network)
    before = {name: trainer.filters["before"]} if name and "before" in trainer.filters else {}
    return Subject(trainer.network, parts.test, parts.test.names, parts.mean, parts.deviation, before, fit=run.fit)


def _without_data(folder: Path, why: str) -> Subject:
    """Open a run whose data are not wanted, no longer there, or not what they were."""
    facts, network = read_configuration(folder), read_network(folder)
    try:
        names, scale = tuple(map(str, facts["classes"])), (float(facts["mean"]), float(facts["deviation"]))
        fit = str(facts["fit"])
    except MALFORMED:
        raise FileError(why) from None
    return Subject(network, None, names, *scale, why_no_data=why, fit=fit)
