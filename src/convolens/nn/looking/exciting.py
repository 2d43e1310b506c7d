"""What a filter answers to most: the patches of data that excite it, and the image that does so more than any."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, SupportsInt

import numpy as np

from convolens.errors import SpecError, unknown_name
from convolens.kernels import kernels
from convolens.nn.graph import INPUT
from convolens.nn.looking.gradients import gradients_of, items_at_once
from convolens.nn.network import Network
from convolens.nn.receptive import input_window
from convolens.ops.arrays import Array, as_array, quietly
from convolens.ops.correlate import correlate

SMALL_WINDOW = 8  # cells; in smaller windows every cell counts, and nothing is blurred or moved
EARLY = 2 / 3  # of the steps, in which something may be


@dataclass(frozen=True, eq=False)
class Patch:
    """
    The part of an input that one number of a network depends on.

    Attributes
    ----------
    value : float
        That number.
    item, cell : int or None, and tuple of int
        Which item of the data, None for an image that was made; which cell of the map, empty for a vector.
    window : tuple of pair of int
        The first and last input cell along each dimension; some may lie outside.
    pixels : ndarray, shape (C, size…)
        What lies under the window; 0 outside the input.
    outside : ndarray of bool, shape (size…)
        Which cells of the window lie outside the input.
    """

    value: float
    item: int | None
    cell: tuple[int, ...]
    window: tuple[tuple[int, int], ...]
    pixels: Array
    outside: Array


def exciting_patches(
    network: Network,
    inputs: Any,
    node: str,
    *,
    channels: Sequence[int] | None = None,
    count: int = 9,
    batch: int | None = None,
) -> list[list[Patch]]:
    """
    Find the patches of data that excite channels of a layer most; of each item the best one.

    Parameters
    ----------
    network : Network
        As it is used.
    inputs : array_like, shape (N, \\*input_shape)
        The items to look through.
    node : str
        The layer.
    channels : sequence of int, optional
        Of its output; by default all.
    count : int, default 9
        Patches for each channel.
    batch : int, optional
        Items that are computed at a time; by default as many as memory is likely to hold.

    Returns
    -------
    list of list of Patch
        For each channel those with the largest values, the largest first; of equal ones the first in the data.

    Raises
    ------
    SpecError
        If the items have another shape, there are none, or there is no such channel.
    UnknownNameError
        If there is no such layer.
    """
    items = as_array(inputs, "inputs")
    wanted = _channels(network, node, channels)
    batch = items_at_once(network) if batch is None else batch
    if not len(items) or count < 1 or batch < 1:
        raise SpecError(
            f"{len(items)} items have no {count} patches; give one item and ask for one patch at least"
        )
    values, places = np.empty((0, len(wanted))), np.empty((0, len(wanted), 2), np.int64)
    for first in range(0, len(items), batch):
        maps = network.forward(items[first : first + batch], until=node)[0][:, wanted]
        flat = np.ascontiguousarray(maps).reshape(*maps.shape[:2], -1)
        best = flat.argmax(2)
        here = np.stack([np.repeat(np.arange(first, first + len(flat))[:, None], len(wanted), 1), best], 2)
        values = np.concatenate([values, np.take_along_axis(flat, best[:, :, None], 2)[:, :, 0]])
        places = np.concatenate([places, here])
        order = np.argsort(-values, axis=0, kind="stable")[:count]
        values = np.take_along_axis(values, order, 0)
        places = np.take_along_axis(places, order[:, :, None], 0)
    size = network.shapes[node][1:]
    return [
        [
            _cut(network, node, items[item], float(value), int(item), np.unravel_index(cell, size))
            for value, (item, cell) in zip(values[:, index], places[:, index], strict=True)
        ]
        for index in range(len(wanted))
    ]


@quietly
def exciting_images(
    network: Network,
    node: str,
    *,
    channels: Sequence[int] | None = None,
    bounds: tuple[float, float] = (-3.0, 3.0),
    steps: int = 60,
    rate: float = 0.1,
    decay: float = 0.02,
    blur: float | None = None,
    jitter: int | None = None,
    seed: int = 0,
) -> list[Patch]:
    """
    Make images that excite channels of a layer as much as they can, by gradient ascent on the input.

    What is raised is the middle cell of a channel's map. Each step adds the gradient, scaled so that the root of
    the mean square of what is not 0 in it is ``rate``; then everything shrinks by ``decay``. Where the middle cell
    sees 8 cells or more along every axis, the image is moved about between steps and blurred now and then in the
    first two thirds of them, so that what it grows from holds a little further on, too, as in photographs.

    Parameters
    ----------
    network, node, channels
        As for :func:`exciting_patches`.
    bounds : pair of float
        The smallest and largest number in the image; those of the data, so that it could be one of them.
    steps, rate, decay : int, float, float
        How far to go, and what pulls back.
    blur : float, optional
        Deviation of a Gaussian after every fifth step, in cells; by default 0.4, or none for small windows.
    jitter : int, optional
        The farthest move, in cells; by default an eighth of the window's smallest side.
    seed : int, default 0
        What the noise to begin with, and the moves, are drawn from.

    Returns
    -------
    list of Patch
        For each channel what the middle cell sees of its image; ``value`` is what that leads to.

    Raises
    ------
    SpecError
        If there is no such channel, or the bounds are not in order.
    UnknownNameError
        If there is no such layer.

    References
    ----------
    D. Erhan, Y. Bengio, A. Courville, P. Vincent, "Visualizing higher-layer features of a deep network", 2009;
    J. Yosinski et al., "Understanding neural networks through deep visualization", 2015, arXiv:1506.06579
    (decay, blur); A. Mordvintsev, C. Olah, M. Tyka, "Inceptionism", 2015 (jitter).
    """
    wanted = _channels(network, node, channels)
    low, high = bounds
    if not low < high or steps < 1:
        raise SpecError(f"bounds go from low to high, and steps from 1; found {bounds} and {steps}")
    shape = network.shapes[node]
    middle = tuple(size // 2 for size in shape[1:])
    window = input_window(network.nodes, network.shapes, node, middle)
    smallest = min((last - first + 1 for first, last in window), default=1)
    smallest = min(smallest, *network.input_shape[1:]) if network.input_shape[1:] else 1
    farthest = (smallest // SMALL_WINDOW if jitter is None else jitter) if len(network.input_shape) > 1 else 0
    deviation = (0.4 if smallest >= SMALL_WINDOW else 0.0) if blur is None else blur
    random = np.random.default_rng(seed)
    image = random.normal(0, 0.1, (len(wanted), *network.input_shape)).clip(low, high).astype(np.float32)
    flow = np.zeros((len(wanted), *shape), np.float32)
    raised: tuple[Any, ...] = (range(len(wanted)), wanted, *middle)
    flow[raised] = 1
    for step in range(steps):
        is_early = step < steps * EARLY
        moves = random.integers(-farthest, farthest + 1, image.ndim - 2) * is_early
        image += np.float32(rate) * _uphill(network, image, node, flow, moves)
        image *= np.float32(1 - decay)
        if deviation and is_early and step % 5 == 4:
            image = _blurred(image, deviation)
        np.clip(image, low, high, out=image)
    reached = network.forward(image, until=node)[0][raised]
    return [
        _cut(network, node, one, float(value), None, middle) for one, value in zip(image, reached, strict=True)
    ]


def _uphill(network: Network, images: Array, node: str, flow: Array, moves: Array) -> Array:
    """
    Say how numbers of images, moved meanwhile, are to change.

    The root of the mean square of what is not 0 is 1.
    """
    axes = tuple(range(2, images.ndim))
    slope = gradients_of(network, np.roll(images, moves, axes), node, flow)[INPUT]
    slope = np.roll(slope, -moves, axes)
    every = tuple(range(1, slope.ndim))
    length = np.sqrt(np.square(slope).sum(every, keepdims=True))
    size = length / np.sqrt(np.maximum(1, np.count_nonzero(slope, every, keepdims=True)))
    return np.asarray(np.divide(slope, size, out=np.zeros_like(slope), where=size > 0))


def _channels(network: Network, node: str, channels: Sequence[int] | None) -> list[int]:
    if node not in network.shapes:
        raise unknown_name("node", node, network.shapes)
    count = network.shapes[node][0]
    wanted = list(range(count) if channels is None else channels)
    for channel in wanted:
        if not 0 <= channel < count:
            raise SpecError(f"{node!r} has channels 0 to {count - 1}, not {channel}")
    return wanted


def _cut(
    network: Network, node: str, item: Array, value: float, number: int | None, place: Sequence[SupportsInt]
) -> Patch:
    """Cut out what a cell sees; a vector sees all there is."""
    size, cell = item.shape[1:], tuple(map(int, place))
    window = (
        input_window(network.nodes, network.shapes, node, cell)
        if cell
        else tuple((0, cells - 1) for cells in size)
    )
    pixels, outside = item, np.zeros(size, bool)
    for axis, ((first, last), cells) in enumerate(zip(window, size, strict=True)):
        places = np.arange(first, last + 1)
        beyond = (places < 0) | (places >= cells)
        pixels = pixels.take(places.clip(0, cells - 1), axis + 1)
        outside = outside.take(places.clip(0, cells - 1), axis)
        outside |= beyond.reshape(-1, *(1,) * (len(size) - axis - 1))
    return Patch(value, number, cell, window, np.where(outside, 0, pixels), outside)


def _blurred(images: Array, sigma: float) -> Array:
    """Blur each channel of each image."""
    profile = kernels.gaussian(sigma).weights.sum(0)
    for axis in range(2, images.ndim):
        along = profile.reshape([-1 if a == axis else 1 for a in range(images.ndim)])
        images = correlate(images, along, padding="same", border="edge").astype(images.dtype)
    return images
