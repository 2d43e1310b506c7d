"""Networks in files: layers as JSON, weights as arrays."""

import os
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from convolens.errors import ConvolensError, FileError, SpecError, unknown_name
from convolens.nn.activation import Activation, Dropout, PRelu, Softmax
from convolens.nn.arithmetic import Arithmetic, WithConstant
from convolens.nn.arrays_file import read_arrays, write_arrays
from convolens.nn.axes import Reshape, Slice, Tile, Transpose
from convolens.nn.choose import Fixed, Where
from convolens.nn.convolution import Conv, ConvTranspose
from convolens.nn.dense import Dense
from convolens.nn.function import Function
from convolens.nn.graph import by_node
from convolens.nn.layer import Layer
from convolens.nn.local_response import LocalResponseNorm
from convolens.nn.merge import Add, Concat, MatrixProduct, Multiply
from convolens.nn.network import Network
from convolens.nn.normalise import BatchNorm, GroupNorm, LayerNorm
from convolens.nn.pooling import AdaptivePool, GlobalPool, Pool
from convolens.nn.reduce import IndexOf, Reduce
from convolens.nn.reshape import Flatten, PixelShuffle, Upsample
from convolens.nn.resize import Pad, Resize
from convolens.nn.typed import MALFORMED, check_types
from convolens.ops.arrays import Array

KIND = "network"
LAYERS: dict[str, type[Layer]] = {
    layer.__name__: layer
    for layer in (
        Activation, AdaptivePool, Add, Arithmetic, BatchNorm, Concat, Conv, ConvTranspose, Dense, Dropout, Fixed,
        Flatten, Function, GlobalPool, GroupNorm, IndexOf, LayerNorm, LocalResponseNorm, MatrixProduct, Multiply,
        PRelu, Pad, PixelShuffle, Pool, Reduce, Reshape, Resize, Slice, Softmax, Tile, Transpose, Upsample, Where,
        WithConstant,
    )
}  # fmt: skip


def save_network(network: Network, path: str | os.PathLike[str], *, overwrite: bool = False) -> None:
    """Write a network into a file; see :meth:`Network.save`."""
    arrays = network.weights | network.statistics
    write_arrays(path, arrays, {"kind": KIND, **network_facts(network)}, overwrite=overwrite)


def load_network(path: str | os.PathLike[str]) -> Network:
    """Read a network from a file; see :meth:`Network.load`."""
    arrays, facts = read_arrays(path, KIND)
    try:
        return network_from(facts, arrays)
    except (ConvolensError, *MALFORMED) as error:
        raise FileError(f"{path}: holds no network that can be built: {error}") from None


def network_facts(network: Network) -> dict[str, Any]:
    """Describe a network without its weights, as JSON can hold it."""
    return {
        "input_shape": network.input_shape,
        "seed": network.seed,
        "nodes": [
            {
                "name": node.name,
                "layer": type(node.layer).__name__,
                "options": {field.name: getattr(node.layer, field.name) for field in fields(node.layer)},
                "inputs": node.inputs,
            }
            for node in network.nodes
        ],
    }


def network_from(facts: Mapping[str, Any], arrays: Mapping[str, Array] | None = None) -> Network:
    """
    Build the network that was described.

    Parameters
    ----------
    facts : mapping
        As :func:`network_facts` gives them.
    arrays : mapping of str to ndarray, optional
        All weights and statistics; by default they are drawn.

    Raises
    ------
    SpecError
        If a layer cannot be; or an array is missing, too many, or of another shape or type.
    """
    network = Network(facts["input_shape"], seed=int(facts["seed"]))
    held = by_node({name: array.copy() for name, array in (arrays or {}).items()})
    for node in facts["nodes"]:
        if node["layer"] not in LAYERS:
            raise unknown_name("layer", node["layer"], LAYERS)
        options = {name: _in_tuples(value) for name, value in node["options"].items()}
        check_types(LAYERS[node["layer"]], options)
        weights = None if arrays is None else held.pop(node["name"], {})
        network.add(LAYERS[node["layer"]](**options), *node["inputs"], name=node["name"], weights=weights)
    if held:
        raise SpecError(f"there are weights of {next(iter(held))!r}, but no such node")
    return network


def _in_tuples(value: Any) -> Any:
    return tuple(map(_in_tuples, value)) if isinstance(value, list) else value
