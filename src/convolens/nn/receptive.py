"""What a cell of a network's map sees of the input, along all ways that lead there."""

import math
from collections.abc import Mapping, Sequence

from convolens.nn.graph import INPUT, Node
from convolens.nn.layer import Shape
from convolens.spec.receptive import Reach

MOST_CELLS = 64  # beside each other, that are looked at where cells see different numbers of inputs

Range = tuple[int, int]
Ways = dict[str, list[tuple[str, tuple[Reach, ...]]]]


def receptive_sizes(nodes: Sequence[Node], shapes: Mapping[str, Shape]) -> dict[str, Shape]:
    """
    Count, for each node and dimension of the input map, the input cells that one of its cells depends on.

    Cells in the border count; where ways lead apart and meet again, so does what lies between. Where cells see
    different numbers of inputs, it is the most. Empty where the input is a vector.
    """
    reaches, sizes = _ways(nodes, shapes)
    dims = len(sizes[INPUT])
    every = {INPUT: (1,) * dims}
    for node in nodes:
        most = (_most_seen(node.name, nodes, reaches, sizes[node.name][d], d) for d in range(dims))
        every[node.name] = tuple(most)
    return every


def input_window(
    nodes: Sequence[Node], shapes: Mapping[str, Shape], name: str, cell: Sequence[int]
) -> tuple[Range, ...]:
    """
    Give the first and last input cell, along each dimension, that a cell of a node's map depends on.

    Those in the border count, so that the first may be below 0 and the last beyond the input. A vector depends on
    what its map did; ``cell`` is empty then, and the window that of the whole.
    """
    reaches, sizes = _ways(nodes, shapes)
    dims = len(sizes[INPUT])
    ranges = [(at, at) for at in cell] if len(cell) else [(0, size - 1) for size in sizes[name]]
    return tuple(_seen(name, nodes, reaches, ranges[d], d) for d in range(dims))


def _ways(nodes: Sequence[Node], shapes: Mapping[str, Shape]) -> tuple[Ways, dict[str, Shape]]:
    """Give for each node from where and how it sees, and the size of the map that is behind its output."""
    sizes = {INPUT: shapes[INPUT][1:]}  # a vector keeps that of its map
    dims = len(sizes[INPUT])
    reaches: Ways = {}
    for node in nodes:
        own = node.layer.reach(*(shapes[source] for source in node.inputs))
        reaches[node.name] = [(source, _reach(own, sizes[source])) for source in node.inputs]
        source = sizes[node.inputs[0]]
        if own is not None and len(own) != dims:
            sizes[node.name] = (1,) * dims
        else:
            sizes[node.name] = shapes[node.name][-dims:] if dims and len(shapes[node.name]) > dims else source
    return reaches, sizes


def _reach(own: tuple[Reach, ...] | None, size: Shape) -> tuple[Reach, ...]:
    if own is None:
        return (Reach(),) * len(size)
    return own if len(own) == len(size) else tuple(map(Reach.everything, size))


def _most_seen(name: str, nodes: Sequence[Node], reaches: Ways, cells: int, dim: int) -> int:
    """Count the cells under the cell that sees most."""
    over = math.lcm(*(way[dim].over for ways in reaches.values() for _, way in ways))
    ranges = (_seen(name, nodes, reaches, (cell, cell), dim) for cell in range(min(cells, over, MOST_CELLS)))
    return max((last - first + 1 for first, last in ranges), default=0)


def _seen(name: str, nodes: Sequence[Node], reaches: Ways, cells: Range, dim: int) -> Range:
    """Follow some cells of a node's map back to the input, along all ways."""
    before = [node.name for node in nodes]
    before = before[: before.index(name) + 1] if name != INPUT else []
    seen: dict[str, Range] = {name: cells}
    for node in reversed(before):
        if node in seen:
            for source, way in reaches[node]:
                first, last = way[dim].sees(*seen[node])
                known = seen.get(source, (first, last))
                seen[source] = min(first, known[0]), max(last, known[1])
    return seen[INPUT]
