"""Pictures changed at random in ways that leave their class as it is, so that more is learned from few."""

import re

import numpy as np

from convolens.errors import SpecError, unknown_name
from convolens.nn.memory import channels_innermost
from convolens.ops.arrays import Array

_OPTION = re.compile(r"([a-z]+):?(\d+(?:\.\d+)?|\.\d+)?")
USUAL = {"shift": 1.0, "flip": 0.5, "noise": 0.1, "cutout": 2.0}


def parse_augmentation(text: str) -> dict[str, float]:
    """
    Read how to change pictures.

    Parameters
    ----------
    text : str
        Words with a number each: ``shift:2`` by up to two cells along each axis, ``flip`` left and right in half
        the cases, ``noise:0.1`` of that deviation, ``cutout:3``, a square of that many cells set to 0.

    Examples
    --------
    >>> parse_augmentation("shift:2 noise")
    {'shift': 2.0, 'noise': 0.1}
    """
    found: dict[str, float] = {}
    for word in text.lower().split():
        match = _OPTION.fullmatch(word)
        if match is None:
            raise SpecError(f"{word!r} is no way to change pictures; write, for example, shift:2")
        if match[1] not in USUAL:
            raise unknown_name("augmentation", match[1], USUAL)
        found[match[1]] = float(match[2]) if match[2] else USUAL[match[1]]
    return found


def augment(x: Array, how: dict[str, float], random: np.random.Generator) -> Array:
    """Change a batch (N, C, size…) as :func:`parse_augmentation` read it; from outside comes the edge."""
    if not how:
        return x
    result, size, items = x.copy(), x.shape[2:], len(x)

    def along(axis: int, cells: Array) -> Array:
        """Shape one row of cells an item so that it meets an axis of the batch."""
        return cells.reshape(items, *(size[axis - 2] if a == axis else 1 for a in range(1, x.ndim)))

    if most := int(how.get("shift", 0)):
        for axis, cells in enumerate(size, 2):
            moves = random.integers(-most, most + 1, (items, 1))
            places = np.clip(np.arange(cells) - moves, 0, cells - 1)
            result = np.take_along_axis(result, along(axis, places), axis)
    if share := how.get("flip"):
        turned = random.random(items) < share
        result[turned] = result[turned][..., ::-1]
    if deviation := how.get("noise"):
        result += random.standard_normal(result.shape, np.float32) * np.float32(deviation)
    if side := int(how.get("cutout", 0)):
        kept = np.zeros((items, 1, *size), bool)
        for axis, cells in enumerate(size, 2):
            starts = random.integers(0, max(1, cells - side + 1), (items, 1))
            outside = (np.arange(cells) < starts) | (np.arange(cells) >= starts + side)
            kept |= along(axis, outside)
        result *= kept
    return channels_innermost(result)
