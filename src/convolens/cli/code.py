"""``convolens code``: one convolution layer as programs that run as they are printed."""

from enum import StrEnum
from typing import Annotated

import numpy as np
import typer

from convolens.errors import DTypeError, SpecError
from convolens.explain.code import STYLES, code
from convolens.spec.geometry import ConvSpec
from convolens.spec.stack_text import parse_stack


class Style(StrEnum):
    """What a layer can be written for."""

    numpy = "numpy"
    im2col = "im2col"
    pytorch = "pytorch"
    scipy = "scipy"
    convolens = "convolens"
    all = "all"


def code_command(
    layer: Annotated[
        list[str], typer.Argument(help="Input and one convolution, such as '3x224x224 conv:64,k7,s2,p3'.")
    ],
    *,
    style: Annotated[
        Style,
        typer.Option("--as", metavar="STYLE", help=f"For which library: {', '.join(STYLES)} or all."),
    ] = Style.all,
    dtype: Annotated[
        str, typer.Option(help="Data type of input and weights, such as float32 or uint8.")
    ] = "float32",
) -> None:
    """
    Write one convolution layer as programs: NumPy loops, im2col, PyTorch, SciPy, Convolens.

    Example: [bold]convolens code 3x224x224 conv:64,k7,s2,p3 --as pytorch[/bold]
    """
    spec = _layer_spec(" ".join(layer), dtype)
    if style != "all":
        typer.echo(code(spec, str(style)))
        return
    for number, name in enumerate(STYLES):
        typer.echo(f"{'' if not number else chr(10)}# {name}\n")
        typer.echo(code(spec, name))


def _layer_spec(text: str, dtype: str) -> ConvSpec:
    try:
        kind = np.dtype(dtype)
    except TypeError:
        raise DTypeError(
            f"unknown data type {dtype!r}; use float32, float64, float16, or an integer type"
        ) from None
    layers = parse_stack(text, dtype=kind).layers
    if len(layers) != 1 or not isinstance(layers[0].spec, ConvSpec) or layers[0].kind != "conv":
        found = " ".join(layer.name for layer in layers) or "no layer"
        raise SpecError(f"code is for one convolution layer, such as '3x224x224 conv:64,k7,s2,p3', not {found!r}")
    spec = layers[0].spec
    _ = spec.result_dtype
    return spec
