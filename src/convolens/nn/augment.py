"""Pictures changed at random in ways that leave their class as it is, so that more is learned from few."""

import re

import numpy as np

from convolens.errors import SpecError, unknown_name
from convolens.nn.layer import Shape, describe
from convolens.nn.memory import channels_innermost
from convolens.ops.arrays import Array

_OPTION = re.compile(r"([a-z]+):?(\d+(?:\.\d+)?|\.\d+)?")
USUAL = {"shift": 1.0, "flip": 0.5, "rotate": 10.0, "zoom": 0.1, "move": 0.5, "noise": 0.1, "cutout": 2.0}
_CELLS = ("shift", "cutout")
_MOST = {"flip": 1.0, "zoom": 0.9}
_SIZES = {"shift": 1, "flip": 1, "rotate": 2, "zoom": 2, "move": 2, "noise": 0, "cutout": 1}


def parse_augmentation(text: str, shape: Shape | None = None) -> dict[str, float]:
    """
    Read how to change pictures.

    Parameters
    ----------
    text : str
        Words with a number each: ``shift:2`` by up to two cells along each axis, ``flip`` left and right in half
        the cases (``flip:0.2`` in a fifth), ``rotate:10`` by up to ten degrees either way, in the plane of the
        last two axes, ``zoom:0.1`` by up to a tenth, larger or smaller, ``move:0.5`` by up to half a cell along
        each of these axes, ``noise:0.1`` of that deviation, ``cutout:3``, a square of that many cells set to 0.
    shape : tuple of int, optional
        Of an item, (C, size…) or (features,), to be checked against.

    Raises
    ------
    SpecError
        If a word cannot be read, or cannot be done to such items.
    UnknownNameError
        If there is no such way.

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
        if shape is not None and len(shape) - 1 < _SIZES[match[1]]:
            raise SpecError(
                f"{match[1]!r} changes items of {_SIZES[match[1]]} sizes or more, but these are {describe(shape)}"
            )
        number = float(match[2]) if match[2] else USUAL[match[1]]
        if match[1] in _CELLS and not number.is_integer():
            raise SpecError(f"{word!r}: {match[1]} takes whole cells, such as {match[1]}:{USUAL[match[1]]:.0f}")
        if number > _MOST.get(match[1], number):
            raise SpecError(
                f"{word!r}: {match[1]} takes a share from 0 to {_MOST[match[1]]:g}, such as "
                f"{match[1]}:{USUAL[match[1]]}"
            )
        found[match[1]] = number
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
    if not how.keys().isdisjoint(("rotate", "zoom", "move")):
        degrees, zooms, down, across = (
            random.uniform(-how[name], how[name], items) if how.get(name) else np.zeros(items)
            for name in ("rotate", "zoom", "move", "move")
        )
        result = warped(result, degrees, 1 + zooms, down, across)
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


def warped(x: Array, degrees: Array, zooms: Array, down: Array, across: Array) -> Array:
    """
    Turn each item of a batch (N, C, …, H, W) about its middle, counterclockwise, enlarge it, and move it.

    From outside comes the edge. A cell lies between four of the original, and is their mean, weighted by how near
    they are.
    """
    height, width = x.shape[-2:]
    turn, zooms = np.deg2rad(degrees)[:, None, None], zooms[:, None, None]
    rows = (np.arange(height)[:, None] - (height - 1) / 2 - down[:, None, None]) / zooms
    columns = (np.arange(width) - (width - 1) / 2 - across[:, None, None]) / zooms
    row = np.cos(turn) * rows + np.sin(turn) * columns + (height - 1) / 2
    column = np.cos(turn) * columns - np.sin(turn) * rows + (width - 1) / 2
    above, before = np.floor(row).astype(int), np.floor(column).astype(int)
    below, behind = (row - above).astype(x.dtype), (column - before).astype(x.dtype)
    planes = np.moveaxis(x, (-2, -1), (1, 2))  # (N, H, W, C, …)
    item, spread = np.arange(len(x))[:, None, None], (..., *(None,) * (x.ndim - 3))
    result = np.zeros_like(planes)
    for step, part in ((0, 1 - below), (1, below)):
        for side, share in ((0, 1 - behind), (1, behind)):
            cells = planes[item, (above + step).clip(0, height - 1), (before + side).clip(0, width - 1)]
            result += cells * (part * share)[spread]
    return np.moveaxis(result, (1, 2), (-2, -1))
