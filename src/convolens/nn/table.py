"""A network as a table."""

from typing import TYPE_CHECKING

from convolens.nn.graph import by_node
from convolens.nn.layer import describe
from convolens.nn.receptive import receptive_sizes

if TYPE_CHECKING:
    from convolens.nn.network import Network


def network_table(network: "Network") -> str:
    """Write a line for each node: what it does, its output, parameters, multiply-adds and receptive field."""
    seen = receptive_sizes(network.nodes, network.shapes)
    rows = [("input", "", describe(network.input_shape), "", "", "")]
    total, last, learned = 0, "input", by_node(network.weights)
    for node in network.nodes:
        count = node.layer.multiply_adds(*(network.shapes[source] for source in node.inputs))
        parameters = sum(array.size for array in learned[node.name].values())
        chained = node.inputs == (last,)
        what = str(node.layer) if chained else f"{node.layer} of {', '.join(node.inputs)}"
        shape, field = describe(network.shapes[node.name]), "×".join(map(str, seen[node.name]))
        rows.append((node.name, what, shape, _figure(parameters), _figure(count), field))
        total, last = total + count, node.name
    rows.append(("total", "", "", f"{network.parameters:,}", f"{total:,}", ""))
    head = ("name", "layer", "output", "parameters", "multiply-adds", "receptive field")
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if place in (3, 4) else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in (head, *rows)
    )


def _figure(number: int) -> str:
    return f"{number:,}" if number else ""
