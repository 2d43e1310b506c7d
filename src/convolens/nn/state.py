"""Weights from PyTorch's state dicts, and back: the same arrays under other names."""

import os
import re
from collections.abc import Mapping
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

import numpy as np

from convolens.errors import SpecError, unknown_name
from convolens.nn.activation import PRelu
from convolens.nn.arrays_file import read_plain_arrays
from convolens.nn.normalise import BatchNorm, GroupNorm, LayerNorm
from convolens.ops.arrays import Array, as_array

if TYPE_CHECKING:
    from convolens.nn.network import Network

State = Mapping[str, Any]

_NORM = {"scale": "weight", "shift": "bias", "mean": "running_mean", "variance": "running_var"}
_PARTS: dict[type, dict[str, str]] = {
    BatchNorm: _NORM, GroupNorm: _NORM, LayerNorm: _NORM, PRelu: {"slope": "weight"},
}  # fmt: skip
_COUNTED = "num_batches_tracked"  # which PyTorch keeps beside running means, and nothing here needs


def network_state(network: "Network") -> dict[str, Array]:
    """Give copies of a network's arrays; see :meth:`Network.state`."""
    arrays = network.weights | network.statistics
    return {
        f"{node}.{theirs}": arrays[f"{node}.{ours}"].copy()
        for node, parts in _parts(network).items()
        for theirs, ours in parts.items()
    }


def load_state(
    network: "Network", source: State | str | os.PathLike[str], names: Mapping[str, str] | None = None
) -> None:
    """Take weights and running means from a state; see :meth:`Network.load_state`."""
    parts, arrays = _parts(network), network.weights | network.statistics
    if isinstance(source, Mapping):
        modules = _modules(source)
    else:
        shapes = {
            node: {p: arrays[f"{node}.{ours}"].shape for p, ours in mine.items()} for node, mine in parts.items()
        }
        modules = _in_order(_modules(read_plain_arrays(source)), shapes, names or {})
    wanted = _paired(parts, modules, names or {})
    found: dict[str, Array] = {}
    for node, module in wanted.items():
        mine, theirs = parts[node], modules[module]
        if mine.keys() != theirs.keys():
            raise SpecError(
                f"node {node!r} holds {', '.join(mine)}, but {module!r} of the state holds {', '.join(theirs)}"
            )
        for part, ours in mine.items():
            key, array = f"{node}.{ours}", _floats(theirs[part], f"{module}.{part}")
            if array.shape != arrays[key].shape:
                raise SpecError(
                    f"{module}.{part} of the state is {array.shape}, but {part} of node {node!r} is "
                    f"{arrays[key].shape}; the networks differ there, or names= has to say which is which"
                )
            found[key] = array
    for key, array in found.items():
        (network.weights if key in network.weights else network.statistics)[key] = array


def _parts(network: "Network") -> dict[str, dict[str, str]]:
    """Name what each node keeps as PyTorch does, and as we do, in PyTorch's order."""
    found: dict[str, dict[str, str]] = {}
    layers = {node.name: type(node.layer) for node in network.nodes}
    for key in network.weights | network.statistics:
        node, _, part = key.partition(".")
        found.setdefault(node, {})[_PARTS.get(layers[node], {}).get(part, part)] = part
    return {node: found[node] for node in layers if node in found}


def _modules(state: State) -> dict[str, dict[str, Any]]:
    """Sort a state's arrays by the modules that they belong to, in their order."""
    found: dict[str, dict[str, Any]] = {}
    for name, array in state.items():
        module, _, part = name.rpartition(".")
        if part != _COUNTED:
            found.setdefault(module, {})[part] = array
    return found


def _in_order(
    modules: dict[str, dict[str, Array]], shapes: Mapping[str, Mapping[str, Any]], names: Mapping[str, str]
) -> dict[str, dict[str, Array]]:
    """Order the modules of a file, which sorts them by name: for each node the first that has its shapes."""
    left = sorted(
        modules, key=lambda name: [part.zfill(9) if part.isdigit() else part for part in re.split(r"(\d+)", name)]
    )
    order = []
    for node, wanted in shapes.items():
        fits = [
            m for m in left if {p: a.shape for p, a in modules[m].items()} == wanted and m not in names.values()
        ]
        chosen = names.get(node) or next(iter(fits), None)
        if chosen in left:
            left.remove(chosen)
            order.append(chosen)
    return {name: modules[name] for name in order + left}


def _paired(parts: Mapping[str, Any], modules: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, str]:
    """Tell from which module each node takes its arrays: as named, alike where all are, else in their order."""
    for node, module in names.items():
        if node not in parts:
            raise unknown_name("node with weights", node, parts)
        if module not in modules:
            raise unknown_name("module of the state", module, modules)
    if not names and parts.keys() == modules.keys():
        return {node: node for node in parts}
    nodes = [node for node in parts if node not in names]
    rest = [module for module in modules if module not in names.values()]
    if len(nodes) != len(rest):
        pairs = zip_longest(nodes, rest, fillvalue="—")
        raise SpecError(
            f"the network has {len(parts)} nodes with weights, but the state has {len(modules)} modules: "
            + ", ".join(f"{node} ← {module}" for node, module in pairs)
        )
    return dict(names) | dict(zip(nodes, rest, strict=True))


def _floats(array: Any, name: str) -> Array:
    """Copy numbers as floats of 32 or 64 bits."""
    if hasattr(array, "detach"):  # a tensor that gradients flow to does not become an array by itself
        array = array.detach().cpu()
    numbers = as_array(array, name)
    return numbers.astype(numbers.dtype if numbers.dtype in (np.float32, np.float64) else np.float32, copy=True)
