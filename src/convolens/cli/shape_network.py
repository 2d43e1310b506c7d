"""``convolens shape`` of a network from a file: what each layer puts out, costs and takes."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from convolens.cli.networks import open_network
from convolens.cli.shape_tables import in_bytes, plain_table, rounded, times

if TYPE_CHECKING:
    from convolens.nn.layer import Layer
    from convolens.nn.network import Network
    from convolens.nn.timing import LayerCost


@dataclass(frozen=True)
class Measured:
    """A network's layers and, if they were measured, their times beside the machine's peak."""

    network: "Network"
    costs: "list[LayerCost]"
    threads: int
    peak: float | None
    seconds: float | None

    def share(self, multiply_adds: int, seconds: float | None) -> float | None:
        """Give the share of the peak that a number of multiply-adds in some time is."""
        if not multiply_adds or not seconds or not self.peak:
            return None
        return 2 * multiply_adds / seconds / self.peak

    @property
    def macs(self) -> int:
        """Count the multiply-adds for one item."""
        return sum(cost.multiply_adds for cost in self.costs)

    def table(self) -> Table:
        """Make the table of layers."""
        table = plain_table("layer", "with", "output", "parameters", "mult-adds", "memory", "time", "of peak")
        for column in range(3, 8):
            table.columns[column].justify = "right"
            table.columns[column].no_wrap = True
        table.add_row("input", "", times(self.network.input_shape))
        for cost in self.costs:
            counts = (rounded(n) if n else "" for n in (cost.parameters, cost.multiply_adds))
            share = self.share(cost.multiply_adds, cost.seconds)
            table.add_row(
                cost.node.holder, Text(brief(cost.node.layer)), times(cost.shape), *counts, in_bytes(cost.memory),
                "" if cost.seconds is None else in_seconds(cost.seconds), "" if share is None else f"{share:.0%}",
            )  # fmt: skip
        return table

    def totals(self) -> str:
        """Write what the network costs as a whole."""
        arrays = (self.network.weights | self.network.statistics).values()
        memory = sum(array.nbytes for array in arrays)
        lines = [
            f"{self.network.parameters:,} parameters ({in_bytes(memory)} with what is kept beside them)",
            f"{self.macs:,} multiply-adds for one item",
        ]
        if self.seconds is not None:
            threads = "1 thread" if self.threads == 1 else f"{self.threads} threads"
            share = self.share(self.macs, self.seconds)
            peak = "" if share is None else f", {share:.0%} of the peak"
            apart = sum(cost.seconds or 0 for cost in self.costs)
            lines.append(
                f"{in_seconds(self.seconds)} for one item, prepared, {threads}{peak}; "
                f"its layers one by one {in_seconds(apart)}"
            )
        return "\n".join(lines)

    def as_json(self) -> dict[str, Any]:
        """Give all of it as JSON can hold it."""
        return {
            "input_shape": self.network.input_shape,
            "output_shape": self.network.output_shape,
            "parameters": self.network.parameters,
            "macs": self.macs,
            "threads": self.threads,
            "peak": self.peak,
            "seconds": self.seconds,
            "layers": [
                {
                    "name": cost.node.holder,
                    "layer": str(cost.node.layer),
                    "inputs": cost.node.inputs,
                    "output_shape": cost.shape,
                    "parameters": cost.parameters,
                    "macs": cost.multiply_adds,
                    "memory": cost.memory,
                    "seconds": cost.seconds,
                    "share_of_peak": self.share(cost.multiply_adds, cost.seconds),
                }
                for cost in self.costs
            ],
        }


def brief(layer: "Layer") -> str:
    """
    Write what windows and activation a layer has; its name says the rest.

    >>> from convolens.nn import Add, Conv
    >>> brief(Conv(64, 3, stride=2, groups=4, activation="relu")), brief(Add())
    ('3, s2, g4, relu', '')
    """
    words = []
    for option, sign in (("size", ""), ("window", ""), ("stride", "s"), ("dilation", "d"), ("groups", "g")):
        value = getattr(layer, option, None)
        if value is not None and (not sign or value != 1):
            words.append(f"{sign}{times(value) if isinstance(value, tuple) else value}")
    words += [activation] if (activation := getattr(layer, "activation", None)) else []
    return ", ".join(words)


def measured(path: Path, input_shape: str | None, output: str | None, *, measure: bool) -> Measured:
    """Read a network, count, and run its layers if that is wanted."""
    from convolens.nn.timing import layer_costs, random_items, shortest
    from convolens.runtime.machine import machine
    from convolens.runtime.threads import thread_count

    network = open_network(path, input_shape, output).network
    costs, threads = layer_costs(network, measure=measure), thread_count()
    if not measure:
        return Measured(network, costs, threads, None, None)
    one, every = machine().float32
    prepared, items = network.prepare(), random_items(network, 1)
    return Measured(network, costs, threads, one if threads == 1 else every, shortest(lambda: prepared(items)))


def in_seconds(seconds: float) -> str:
    """
    Write a time in three digits.

    >>> in_seconds(0.0123), in_seconds(0.00000456), in_seconds(2)
    ('12.3 ms', '4.56 µs', '2.00 s')
    """
    scale, unit = next(((s, u) for s, u in ((1, "s"), (1e-3, "ms")) if seconds >= s), (1e-6, "µs"))
    number = seconds / scale
    return f"{number:.{0 if number >= 100 else 1 if number >= 10 else 2}f} {unit}"
