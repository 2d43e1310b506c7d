"""``convolens explain``: output cells of a convolution worked out, as text, LaTeX, JSON or a picture."""

import io
import re
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer

from convolens.cli.arrays import read_input
from convolens.cli.options import FLAG, Border, Overwrite, parse_border_option
from convolens.errors import SpecError
from convolens.explain.step import steps_json
from convolens.explain.text import index_names
from convolens.kernels.tables import Array, numbers_from_text

if TYPE_CHECKING:
    from convolens.explain import Step, Trace

MOST_STEPS = 10_000


class Form(StrEnum):
    """What an explanation can be."""

    text = "text"
    latex = "latex"
    json = "json"
    png = "png"
    svg = "svg"


_SUFFIXES = {".txt": Form.text, ".tex": Form.latex, ".json": Form.json, ".png": Form.png, ".svg": Form.svg}


def explain_command(
    given: Annotated[
        str,
        typer.Argument(
            metavar="INPUT",
            help="Numbers such as '1 2 0; 0 1 2; 2 0 1', a .npy, .csv or .json file, or a photograph.",
        ),
    ],
    kernel: Annotated[
        str,
        typer.Option("--kernel", "-k", help="A name, numbers such as '-1 0 1; -2 0 2; -1 0 1', or a file."),
    ],
    *,
    at: Annotated[
        str | None,
        typer.Option(
            metavar="ROW,COLUMN",
            help="The output cell, in every channel of a colour photograph; 'CHANNEL,ROW,COLUMN' or, with several "
            "kernels, 'KERNEL,ROW,COLUMN' in one.",
        ),
    ] = None,
    every: Annotated[bool, typer.Option("--all", metavar=FLAG, help="Work out every cell of the output.")] = False,
    form: Annotated[
        Form | None,
        typer.Option(
            "--format",
            "-f",
            metavar="FORM",
            help="text, latex, json, png or svg; by default text, or what the output's suffix says.",
        ),
    ] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="File to write to.")] = None,
    bias: Annotated[str | None, typer.Option(help="Number to add, or one for each kernel.")] = None,
    stride: Annotated[str, typer.Option(help="Cells from window to window: 2, or 2,1 by dimension.")] = "1",
    padding: Annotated[
        str, typer.Option(help="Border cells: 1, 1,2 by dimension, 0+1,1+1 before and after, same, valid or full.")
    ] = "0",
    border: Border = "constant",
    dilation: Annotated[str, typer.Option(help="Cells from kernel cell to kernel cell.")] = "1",
    groups: Annotated[int, typer.Option(help="Groups of channels.")] = 1,
    flip: Annotated[
        bool, typer.Option("--flip", metavar=FLAG, help="True convolution: turn the kernel by 180°.")
    ] = False,
    grey: Annotated[bool, typer.Option("--grey", metavar=FLAG, help="Take a photograph's luminance.")] = False,
    overwrite: Overwrite = False,
) -> None:
    """
    Work a convolution out: the window, the kernel, every product, their sum.

    Example: [bold]convolens explain "1 2 0; 0 1 2; 2 0 1" --kernel "-1 0 1; -2 0 2; -1 0 1" --at 0,0[/bold]
    """
    from convolens.explain import explain
    from convolens.images.files import atomic_output, check_output

    form = _form(form, output)
    if every and at is not None:
        raise SpecError(f"--all and --at {at} contradict each other; give one of them")
    if output is not None:
        check_output(output, overwrite=overwrite)
    array, channels_last = read_input(given, grey=grey)
    weights = _kernel(kernel, array, channels_last=channels_last)
    biases = None if bias is None else numbers_from_text(bias, "--bias").ravel()
    if biases is not None and biases.dtype.kind == "f" and array.dtype.kind != "f":
        weights = weights.astype(np.result_type(weights, np.float64))  # whole numbers and a fraction are added
    trace = explain(
        array,
        weights,
        biases,
        stride=_whole(stride, "--stride"),
        padding=_padding(padding),
        border=parse_border_option(border),
        dilation=_whole(dilation, "--dilation"),
        groups=groups,
        flip=flip,
        layout="channels-last" if channels_last else "channels-first",
    )
    parts = _explanation(trace, form, _chosen(trace, at), every=every)
    if output is None:
        for part in parts:
            typer.echo(part)
        return
    with atomic_output(output, overwrite=overwrite) as file:
        for part in parts:
            file.write(part if isinstance(part, bytes) else f"{part}\n".encode())


def _form(form: Form | None, output: Path | None) -> Form:
    if form is None:
        form = Form.text if output is None else _SUFFIXES.get(output.suffix.lower(), Form.text)
    if form in (Form.png, Form.svg) and output is None:
        raise SpecError(f"a picture needs a file: add --output step.{form}")
    return form


def _chosen(trace: "Trace", at: str | None) -> "list[Step]":
    """Work out the cell that was asked for: one, or where each channel is filtered alone, that cell in each."""
    if at is None:
        return []
    cell, (name, *_) = _cell(at), index_names(trace.spec)
    if name == "channel" and len(cell) == trace.spec.dims:
        return [trace[channel, *cell] for channel in range(trace.spec.out_channels)]
    return [trace[cell]]


def _explanation(trace: "Trace", form: Form, chosen: "list[Step]", *, every: bool) -> Iterator[str | bytes]:
    """Give the explanation piece by piece; without a cell, text is an overview and the rest the middle cell."""
    indices = ",".join(index_names(trace.spec)).upper()
    if form in (Form.png, Form.svg):
        count = len(trace) if every else len(chosen)
        if count > 1:
            hint = "" if every else ", or take the luminance of a photograph with --grey"
            raise SpecError(
                f"a picture shows one cell, but there are {count}; say which with --at {indices}{hint}"
            )
        yield picture_bytes(trace, form, chosen[0].index if chosen else None)
        return
    if form == Form.text and not every and not chosen and len(trace) > 1:
        yield f"{trace.overview()}\n\n--at {indices} works out one of the {len(trace)} cells, --all every one"
        return
    if every and len(trace) > MOST_STEPS:
        raise SpecError(
            f"the output has {len(trace)} cells, --all works out at most {MOST_STEPS}; choose some with --at"
        )
    steps = trace if every else chosen or [trace[trace.middle]]
    if form == Form.json:
        yield steps_json(trace.spec, steps) if every or len(chosen) > 1 else next(iter(steps)).json()
        return
    for number, step in enumerate(steps):
        if number:
            yield "" if form == Form.latex else "\n" + "─" * 80 + "\n"
        yield step.text() if form == Form.text else step.latex()


def picture_bytes(trace: "Trace", form: str, cell: tuple[int, ...] | None = None) -> bytes:
    """Draw a cell, by default the middle one; the same cell gives the same bytes."""
    import matplotlib

    drawing = io.BytesIO()
    figure = trace.picture(cell)
    with matplotlib.rc_context({"svg.hashsalt": "convolens"}):
        figure.savefig(drawing, format=str(form), metadata={"Date": None} if form == "svg" else None)
    return drawing.getvalue()


def _kernel(text: str, array: Array, *, channels_last: bool) -> Array:
    """Read a kernel; from a .npy file of any shape, as (kernels, channels, size…) weights have."""
    from convolens.kernels.parse import parse_kernel

    path = Path(text)
    if path.suffix.lower() == ".npy" and path.is_file():
        weights = read_input(text)[0]
        if weights.ndim != 2:
            return weights
    weights = np.asarray(parse_kernel(text))
    signal = array.ndim == 1 and not channels_last
    return weights[0] if signal and len(weights) == 1 else weights


def _numbers(text: str, name: str) -> list[int]:
    try:
        return [int(word) for word in re.split(r"[\s,x×]+", text.strip())]
    except ValueError:
        raise SpecError(f"{name} takes whole numbers with commas between them, not {text!r}") from None


def _whole(text: str, name: str) -> int | tuple[int, ...]:
    numbers = _numbers(text, name)
    return numbers[0] if len(numbers) == 1 else tuple(numbers)


def _cell(text: str) -> tuple[int, ...]:
    return tuple(_numbers(text.strip("[]() "), "--at"))


def _padding(text: str) -> Any:
    if re.fullmatch(r"[a-z-]+", text.strip(), re.IGNORECASE):
        return text
    if "+" not in text:
        return _whole(text, "--padding")
    pairs = [_numbers(pair.replace("+", ","), "--padding") for pair in text.split(",")]
    return [tuple(pair * 2 if len(pair) == 1 else pair) for pair in pairs]
