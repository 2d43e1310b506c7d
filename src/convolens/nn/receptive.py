"""What a cell of a network's map sees of the input, along all ways that lead there."""

import math
from collections.abc import Mapping, Sequence

from convolens.nn.graph import INPUT, Node
from convolens.nn.layer import Shape
from convolens.spec.receptive import Reach

MOST_CELLS = 64  # beside each other, that are looked at where cells see different numbers of inputs

Range = tuple[int, int]


def receptive_sizes(nodes: Sequence[Node], shapes: Mapping[str, Shape]) -> dict[str, Shape]:
    """
    Count, for each node and dimension of the input map, the input cells that one of its cells depends on.

    Cells in the border count; where ways lead apart and meet again, so does what lies between. Where cells see
    different numbers of inputs, it is the most. Empty where the input is a vector.
    """
    sizes = {INPUT: shapes[INPUT][1:]}  # of the map behind each output; a vector keeps that of its map
    reaches: dict[str, list[tuple[str, tuple[Reach, ...]]]] = {}
    for node in nodes:
        own = node.layer.reach(*(shapes[source] for source in node.inputs))
        reaches[node.name] = [(source, _reach(own, sizes[source])) for source in node.inputs]
        source = sizes[node.inputs[0]]
        sizes[node.name] = (1,) * len(source) if own == () else shapes[node.name][1:] or source
    dims = len(sizes[INPUT])
    every = {INPUT: (1,) * dims}
    for node in nodes:
        most = (_most_seen(node.name, nodes, reaches, sizes[node.name][d], d) for d in range(dims))
        every[node.name] = tuple(most)
    return every


def _reach(own: tuple[Reach, ...] | None, size: Shape) -> tuple[Reach, ...]:
    if own is None:
        return (Reach(),) * len(size)
    return own or tuple(map(Reach.everything, size))


def _most_seen(
    name: str,
    nodes: Sequence[Node],
    reaches: Mapping[str, list[tuple[str, tuple[Reach, ...]]]],
    cells: int,
    dim: int,
) -> int:
    """Count the cells under the cell that sees most."""
    over = math.lcm(*(way[dim].over for ways in reaches.values() for _, way in ways))
    before = [node.name for node in nodes]
    before = before[: before.index(name) + 1][::-1]
    most = 0
    for cell in range(min(cells, over, MOST_CELLS)):
        seen: dict[str, Range] = {name: (cell, cell)}
        for node in before:
            if node in seen:
                for source, way in reaches[node]:
                    first, last = way[dim].sees(*seen[node])
                    known = seen.get(source, (first, last))
                    seen[source] = min(first, known[0]), max(last, known[1])
        first, last = seen[INPUT]
        most = max(most, last - first + 1)
    return most
