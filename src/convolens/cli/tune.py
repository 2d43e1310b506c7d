"""``convolens tune``: measure the algorithms that may serve each convolution of a stack; remember the fastest."""

import json
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from convolens.cli.options import FLAG
from convolens.cli.shape import ValueType
from convolens.errors import SpecError
from convolens.planning.plan import Plan, format_time, plan_conv
from convolens.planning.tune import tune_conv
from convolens.runtime.threads import thread_count
from convolens.spec.geometry import ConvSpec
from convolens.spec.stack_text import parse_stack


def tune_command(
    stack: Annotated[
        list[str],
        typer.Argument(help="Input and layers, such as '64x56x56 conv:64,k3,p1 relu conv:128,k3,s2,p1'."),
    ],
    *,
    batch: Annotated[int, typer.Option(min=1, metavar="N", help="Items at a time.")] = 1,
    channels_last: Annotated[
        bool, typer.Option("--channels-last", metavar=FLAG, help="Arrays are (N, H, W, C), not (N, C, H, W).")
    ] = False,
    dtype: Annotated[
        ValueType, typer.Option(metavar="DTYPE", help="Data type of the values: float16, float32 or float64.")
    ] = ValueType.float32,
    as_json: Annotated[bool, typer.Option("--json", metavar=FLAG, help="Print JSON instead.")] = False,
) -> None:
    """
    Measure every convolution of a stack with the algorithms that may serve it; later plans go by the times.

    How to write a stack is told by `convolens shape --help` and in the documentation.
    """
    layers = [
        (layer.name, _spec(layer.spec, batch, channels_last))
        for layer in parse_stack(" ".join(stack), dtype=dtype.value).layers
        if layer.kind == "conv" and isinstance(layer.spec, ConvSpec)
    ]
    if not layers:
        raise SpecError("there is no convolution in this stack; name one, such as conv:64,k3,p1")
    console = Console(stderr=True)
    tuned = [
        (name, plan_conv(spec), tune_conv(spec))
        for name, spec in track(layers, "Measuring", console=console, transient=True, disable=as_json)
    ]
    if as_json:
        typer.echo(json.dumps([_as_json(*layer) for layer in tuned], indent=2))
    else:
        Console(highlight=False).print(_table(tuned))


def _spec(spec: ConvSpec, batch: int, channels_last: bool) -> ConvSpec:
    channels, *size = spec.input_shape
    shape = (batch, *size, channels) if channels_last else (batch, channels, *size)
    return spec.replace(
        input_shape=shape, layout="channels-last" if channels_last else "channels-first", bias=False
    )


def _table(tuned: list[tuple[str, Plan, Plan]]) -> Table:
    table = Table("layer", "predicted choice", "measured choice", "time", "gain", box=None, header_style="bold")
    for column in table.columns[3:]:
        column.justify = "right"
    for name, before, after in tuned:
        names = before.chosen.algorithm, after.chosen.algorithm
        table.add_row(name, *names, format_time(after.chosen.best_known), f"{_gain(before, after):.2f}×")
    return table


def _gain(before: Plan, after: Plan) -> float:
    """Return how many times faster than the predicted choice the measured one is."""
    times = {estimate.algorithm: estimate.best_known for estimate in after.estimates}
    return times[before.chosen.algorithm] / after.chosen.best_known


def _as_json(name: str, before: Plan, after: Plan) -> dict[str, Any]:
    return {
        "layer": name,
        "predicted": before.chosen.algorithm,
        "chosen": after.chosen.algorithm,
        "threads": thread_count(),
        "seconds": {e.algorithm: e.measured for e in after.estimates if e.measured is not None},
    }
