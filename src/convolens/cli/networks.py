"""Networks that commands are given: ONNX files, our own, and runs; and how pictures are brought to them."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from convolens.cli.options import FLAG
from convolens.errors import SpecError

if TYPE_CHECKING:
    from convolens.nn.looking.subject import Subject
    from convolens.ops.arrays import Array

ENDINGS = (".onnx", ".safetensors")
IMAGENET = "0.485,0.456,0.406", "0.229,0.224,0.225"
"""Mean and deviation of the colours of photographs that most networks were trained with."""

InputShape = Annotated[
    str | None,
    typer.Option(metavar="CxHxW", help="Shape of an item, where an ONNX file leaves it open: 3x224x224."),
]
Output = Annotated[
    str | None,
    typer.Option("--output", metavar="NAME", help="Which output of an ONNX file is wanted, where it has several."),
]
Mean = Annotated[
    str | None,
    typer.Option(metavar="NUMBERS", help="Taken off numbers from 0 to 1, one for all or each colour."),
]
Deviation = Annotated[str | None, typer.Option("--std", metavar="NUMBERS", help="What they are divided by then.")]
ImageNet = Annotated[
    bool, typer.Option("--imagenet", metavar=FLAG, help=f"--mean {IMAGENET[0]} --std {IMAGENET[1]}")
]


def is_network(given: str) -> bool:
    """Tell whether an argument names a network in a file, or the folder of a run."""
    path = Path(given)
    return path.suffix.lower() in ENDINGS or path.is_dir()


def open_network(
    path: Path,
    input_shape: str | None = None,
    output: str | None = None,
    *,
    data: str | None = None,
    needs_data: bool = False,
) -> "Subject":
    """Open a network, with what is known about it; shape and output are for ONNX files alone."""
    from convolens.nn.looking.subject import open_subject

    left_open = {"input_shape": input_shape and _shape(input_shape), "output": output}
    chosen = {name: value for name, value in left_open.items() if value is not None}
    if chosen and path.suffix.lower() != ".onnx":
        raise SpecError(
            f"{path}: knows the shape of its items and its output; leave --input-shape and --output out"
        )
    return open_subject(path, data=data, needs_data=needs_data, **chosen)


def _shape(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(size) for size in text.lower().replace("×", "x").split("x"))
    except ValueError:
        raise SpecError(f"--input-shape takes sizes such as 3x224x224, not {text!r}") from None


def scaled(subject: "Subject", mean: str | None, deviation: str | None, *, imagenet: bool) -> "Subject":
    """Let pictures be shifted and scaled as options say, if they do."""
    if imagenet and (mean or deviation):
        raise SpecError("--imagenet is a mean and a deviation; give it, or --mean and --std")
    if imagenet:
        mean, deviation = IMAGENET
    if mean is None and deviation is None:
        return subject
    channels = subject.network.input_shape[0]
    return replace(
        subject, mean=_each(mean or "0", channels, "--mean"), deviation=_each(deviation or "1", channels, "--std")
    )


def _each(text: str, channels: int, option: str) -> "Array":
    """Read one number, or one for each channel, as a column of numbers."""
    import numpy as np

    try:
        numbers = np.array([float(word) for word in text.split(",")], np.float32)
    except ValueError:
        numbers = np.zeros(0, np.float32)
    if (
        len(numbers) not in (1, channels)
        or not np.isfinite(numbers).all()
        or (option == "--std" and not numbers.all())
    ):
        raise SpecError(f"{option} takes one number or {channels}, such as 0.5 or 0.485,0.456,0.406, not {text!r}")
    return numbers.reshape(-1, 1, 1)
