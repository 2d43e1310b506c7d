"""``convolens shape``: what every layer of a stack puts out, costs and sees, with the numbers in the formulae."""

import json
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from convolens.cli.networks import InputShape, Output, is_network
from convolens.cli.options import FLAG
from convolens.cli.shape_network import measured
from convolens.cli.shape_tables import dense_table, formula_table, layer_table, settings_table, totals
from convolens.errors import SpecError
from convolens.spec.formula import layer_formulas
from convolens.spec.solve import padding_that_keeps, settings_for
from convolens.spec.stack import Layer, Stack
from convolens.spec.stack_options import read_options
from convolens.spec.stack_text import parse_stack


class ValueType(StrEnum):
    """Data types that a network's values commonly have."""

    float16 = "float16"
    float32 = "float32"
    float64 = "float64"


def shape_command(
    stack: Annotated[
        list[str] | None,
        typer.Argument(
            help="Input and layers, such as '3x224x224 conv:64,k7,s2,p3 relu max:3,s2,p1'; or a network: an .onnx "
            "or .safetensors file, or the folder of a run."
        ),
    ] = None,
    *,
    formulas: Annotated[
        bool | None,
        typer.Option("--formulas/--no-formulas", metavar=FLAG, help="Put the numbers into the formulae."),
    ] = None,
    dense: Annotated[
        bool, typer.Option("--dense", metavar=FLAG, help="Compare with fully connected layers.")
    ] = False,
    keep: Annotated[
        str | None, typer.Option(metavar="KERNEL", help="Which padding keeps the size? '7', or '7,d2'.")
    ] = None,
    solve: Annotated[
        str | None,
        typer.Option(
            metavar="IN:OUT", help="Which settings turn IN cells into OUT? '224:112', or '224:112,k3,s2'."
        ),
    ] = None,
    dtype: Annotated[
        ValueType | None,
        typer.Option(
            metavar="DTYPE", help="Data type of the values: float16, float32 or float64. [default: float32]"
        ),
    ] = None,
    input_shape: InputShape = None,
    output: Output = None,
    measure: Annotated[
        bool | None,
        typer.Option("--measure/--no-measure", metavar=FLAG, help="Measure the layers of a network's file."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", metavar=FLAG, help="Print JSON instead.")] = False,
) -> None:
    """
    Show the shape, parameters, multiply-adds, memory and receptive field of every layer of a stack.

    Of a network in a file, the time of every layer in place of the receptive field, measured on this machine.
    """
    if not (stack or keep or solve):
        raise SpecError("give a stack, such as '3x224x224 conv:64,k7,s2,p3', or one of --keep and --solve")
    console = Console(highlight=False, markup=False, quiet=as_json)
    answers: dict[str, Any] = {}
    if stack and len(stack) == 1 and is_network(stack[0]):
        _refuse("a network's file", dense=dense or None, formulas=formulas, dtype=dtype)
        found = measured(Path(stack[0]), input_shape, output, measure=measure is not False)
        _print(console, found.table())
        _print(console, found.totals())
        answers |= found.as_json()
    elif stack:
        _refuse("a stack in words", input_shape=input_shape, output=output, measure=measure)
        layers = parse_stack(" ".join(stack), dtype=(dtype or ValueType.float32).value)
        _print_stack(console, layers, formulas=formulas is not False, dense=dense)
        answers |= _stack_as_json(layers)
    if keep:
        answers["keep"] = _keep(console, keep)
    if solve:
        answers["solve"] = _solve(console, solve)
    if as_json:
        typer.echo(json.dumps(answers, indent=2, ensure_ascii=False))


def _refuse(of: str, **options: object) -> None:
    """Refuse options that say nothing about what is described."""
    for name, value in options.items():
        if value is not None:
            no = "no-" if value is False else ""
            raise SpecError(f"--{no}{name.replace('_', '-')} says nothing about {of}; leave it out")


def _print_stack(console: Console, stack: Stack, *, formulas: bool, dense: bool) -> None:
    _print(console, layer_table(stack))
    _print(console, totals(stack))
    if formulas and any(map(layer_formulas, stack.layers)):
        _print(console, "", formula_table(stack))
    if dense:
        _print(console, "", dense_table(stack))


def _print(console: Console, *parts: Table | str) -> None:
    """Print parts one below the other, in a file or pipe without the blanks that fill tables up."""
    if console.quiet or console.is_terminal:
        console.print(*parts, sep="\n")
        return
    with console.capture() as captured:
        console.print(*parts, sep="\n")
    typer.echo("\n".join(line.rstrip() for line in captured.get().splitlines()))


def _keep(console: Console, text: str) -> dict[str, Any]:
    """Answer which padding keeps the size, for every size: the formula is written with n."""
    options = read_options(text.split(","), "main", "kernel", "dilation")
    kernel = options.get("main", options.get("kernel"))
    dilation = options.get("dilation", 1)
    if not isinstance(kernel, int) or not isinstance(dilation, int):
        raise SpecError(f"--keep takes one kernel size, such as 7 or 7,d2, not {text!r}")
    before, after = padding_that_keeps(kernel, dilation=dilation)
    window = f"{kernel}" if dilation == 1 else f"{dilation}·({kernel} − 1) − 1"
    sides = f"p{before}" if before == after else f"p{before}+{after}"
    console.print(f"{sides} keeps the size: n + {before} + {after} − {window} + 1 = n")
    return {"kernel": kernel, "dilation": dilation, "padding": [before, after]}


def _solve(console: Console, text: str) -> list[dict[str, Any]]:
    sizes, *words = text.split(",")
    try:
        given, wanted = (int(size) for size in sizes.split(":"))
    except ValueError:
        raise SpecError(f"--solve takes two sizes, such as 224:112 or 224:112,k3,s2, not {text!r}") from None
    options = read_options(words, "kernel", "stride", "padding", "dilation")
    for key, value in options.items():
        if not isinstance(value, int):
            raise SpecError(f"--solve takes one number for the {key}, as it solves one dimension, not {value!r}")
    # settings_for takes what to try in the plural.
    settings = settings_for(given, wanted, **{f"{key}s": [value] for key, value in options.items()})
    if not settings:
        raise SpecError(
            f"nothing turns {given} cells into {wanted} among kernels of 1 to 11, strides of 1 to 8, no dilation "
            "and padding of up to half the window; ask for others, such as --solve 224:14,k16,s16"
        )
    _print(console, settings_table(settings, given))
    return [asdict(setting) | {"formula": setting.formula(given)} for setting in settings]


def _stack_as_json(stack: Stack) -> dict[str, Any]:
    return {
        "input_shape": stack.input_shape,
        "output_shape": stack.output_shape,
        "dtype": stack.dtype.name,
        "parameters": stack.parameters,
        "macs": stack.macs,
        "memory": stack.memory,
        "fully_connected_weights": stack.fully_connected_weights,
        "layers": [_layer_as_json(layer) for layer in stack.layers],
    }


def _layer_as_json(layer: Layer) -> dict[str, Any]:
    seen = layer.receptive_field
    return {
        "name": layer.name,
        "kind": layer.kind,
        "input_shape": layer.input_shape,
        "output_shape": layer.output_shape,
        "parameters": layer.parameters,
        "macs": layer.macs,
        "memory": layer.memory,
        "fully_connected_weights": layer.fully_connected_weights,
        "receptive_field": {
            "size": seen.size,
            "jump": [float(jump) for jump in seen.jump],
            "start": seen.start,
        },
        "formulas": layer_formulas(layer),
    }
