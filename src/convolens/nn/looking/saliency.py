"""Which parts of an input a class goes by: gradients, Grad-CAM, and what happens when a part is hidden."""

from typing import Any

import numpy as np

from convolens.errors import SpecError, unknown_name
from convolens.nn.graph import INPUT
from convolens.nn.looking.gradients import gradients_of, items_at_once, scores_node, toward
from convolens.nn.network import Network
from convolens.ops.arrays import Array, as_array
from convolens.spec.padding import per_dimension


def gradient_saliency(network: Network, x: Any, target: int) -> Array:
    """
    How much the score of a class changes with each number of an input.

    Parameters
    ----------
    network : Network
        That ends in one number a class; a softmax at its end is left out.
    x : array_like, shape input_shape
        One item.
    target : int
        The class.

    Returns
    -------
    ndarray, shape input_shape
        The gradient of the score, with its sign.

    Raises
    ------
    SpecError
        If the item has another shape, or there is no such class.

    References
    ----------
    K. Simonyan, A. Vedaldi, A. Zisserman, "Deep inside convolutional networks", 2013, arXiv:1312.6034.

    Examples
    --------
    >>> from convolens.nn import Dense, Flatten
    >>> network = Network((1, 2, 2), [Flatten(), Dense(2)])
    >>> slope = gradient_saliency(network, np.zeros((1, 2, 2)), 1)
    >>> np.allclose(slope.ravel(), network.weights["dense1.weight"][1])
    True
    """
    batch, node = _one(network, x), scores_node(network)
    slopes = gradients_of(network, batch, node, toward(network, node, target, 1, batch.dtype))[INPUT]
    return np.asarray(slopes[0])


def grad_cam(network: Network, x: Any, target: int, *, node: str | None = None, each_cell: bool = False) -> Array:
    r"""
    Where the maps of a layer speak for a class: :math:`\mathrm{relu}(Σ_k α_k A_k)`.

    A_k are the layer's maps, α_k the mean over the cells of the gradient of the class's score with respect to A_k.

    Parameters
    ----------
    network, x, target
        As for :func:`gradient_saliency`.
    node : str, optional
        The layer; by default the last one that puts out maps of more than one cell.
    each_cell : bool, default False
        Whether each cell of a map counts by its own gradient rather than by the mean. Where a network ends in
        global pooling that is the same; where fully connected layers follow, means may cancel to nothing.

    Returns
    -------
    ndarray, shape (size…)
        Of the layer's maps, not below 0.

    Raises
    ------
    SpecError
        As for :func:`gradient_saliency`, or if the layer has no maps.
    UnknownNameError
        If there is no such layer.

    References
    ----------
    R. R. Selvaraju et al., "Grad-CAM", 2017, doi:10.1109/ICCV.2017.74, equations 1 and 2; R. L. Draelos, L. Carin,
    "Use HiResCAM instead of Grad-CAM", 2020, arXiv:2011.08891 (each cell).
    """
    batch, end = _one(network, x), scores_node(network)
    name = node or last_maps(network)
    if name not in network.shapes:
        raise unknown_name("node", name, network.shapes)
    if len(network.shapes[name]) < 2:
        raise SpecError(
            f"{name!r} gives {network.shapes[name][0]} features and no maps; take a layer before 'flatten'"
        )
    flow = toward(network, end, target, 1, batch.dtype)
    back = gradients_of(network, batch, end, flow, [] if name == INPUT else [name])[name][0]
    maps = batch[0] if name == INPUT else network.forward(batch, until=name)[0][0]
    shares = back if each_cell else back.mean(tuple(range(1, back.ndim)), keepdims=True)
    return np.asarray(np.maximum((shares * maps).sum(0), 0))


def last_maps(network: Network) -> str:
    """
    Name the last node that puts out maps of more than one cell.

    Raises
    ------
    SpecError
        If there is none.
    """
    for name in (*[node.name for node in reversed(network.nodes)], INPUT):
        if len(network.shapes[name]) > 1 and np.prod(network.shapes[name][1:]) > 1:
            return name
    raise SpecError(f"{network!r} has no maps of more than one cell")


def occlusion(
    network: Network,
    x: Any,
    target: int,
    *,
    window: int | tuple[int, ...] | None = None,
    stride: int | tuple[int, ...] = 1,
    value: float | None = None,
) -> Array:
    """
    How much the score of a class falls when a part of an input is hidden.

    A window goes over the input, and what is under it is replaced. Each cell gets the mean of what happened under
    the windows that covered it; 0 where there was none.

    Parameters
    ----------
    network, x, target
        As for :func:`gradient_saliency`; the input has sizes.
    window : int or tuple of int, optional
        Cells to hide; by default a quarter of the smallest size, at least 2.
    stride : int or tuple of int, default 1
        From one window to the next.
    value : float, optional
        What to put in place; by default each channel's median, which is the background where there is one.

    Returns
    -------
    ndarray, shape (size…)
        Positive where the class goes by what is there, negative where that speaks against it.

    Raises
    ------
    SpecError
        As for :func:`gradient_saliency`, or if the window does not fit into the input.

    References
    ----------
    M. D. Zeiler, R. Fergus, "Visualizing and understanding convolutional networks", 2014,
    doi:10.1007/978-3-319-10590-1_53, section 4.2.
    """
    batch, node = _one(network, x), scores_node(network)
    size = network.input_shape[1:]
    if not size:
        raise SpecError(f"only maps have parts to hide, but the network takes {network.input_shape[0]} features")
    sides = per_dimension(max(2, min(size) // 4) if window is None else window, len(size), "window")
    steps = per_dimension(stride, len(size), "stride")
    if any(side > cells for side, cells in zip(sides, size, strict=True)):
        raise SpecError(f"a window of {sides} cells does not fit into an input of {size}")
    toward(network, node, target, 1, batch.dtype)  # refuses a class that is not there
    whole = float(network.forward(batch, until=node)[0][0, target])
    axes = tuple(range(1, batch.ndim - 1))
    instead = np.median(batch[0], axes, keepdims=True) if value is None else np.asarray(value, batch.dtype)
    starts = [range(0, cells - side + 1, step) for cells, side, step in zip(size, sides, steps, strict=True)]
    corners = np.array(np.meshgrid(*starts, indexing="ij")).reshape(len(size), -1).T
    falls, covered = np.zeros(size), np.zeros(size)
    batch_size = items_at_once(network)
    for first in range(0, len(corners), batch_size):
        some = corners[first : first + batch_size]
        places = [tuple(slice(at, at + side) for at, side in zip(corner, sides, strict=True)) for corner in some]
        hidden = np.repeat(batch, len(some), 0)
        for item, place in zip(hidden, places, strict=True):
            item[:, *place] = instead
        scores = network.forward(hidden, until=node)[0][:, target]
        for score, place in zip(scores, places, strict=True):
            falls[place] += whole - float(score)
            covered[place] += 1
    return np.asarray(falls / np.maximum(covered, 1))


def _one(network: Network, x: Any) -> Array:
    item = as_array(x, "item")
    if item.shape != network.input_shape:
        raise SpecError(f"one item of the network has shape {network.input_shape}, not {item.shape}")
    return item[None].astype(item.dtype if item.dtype == np.float64 else np.float32)
