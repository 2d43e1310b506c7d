"""Networks that commands are given: ONNX files, our own, and runs."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from convolens.errors import SpecError

if TYPE_CHECKING:
    from convolens.nn.looking.subject import Subject

ENDINGS = (".onnx", ".safetensors")

InputShape = Annotated[
    str | None,
    typer.Option(metavar="CxHxW", help="Shape of an item, where an ONNX file leaves it open: 3x224x224."),
]


def is_network(given: str) -> bool:
    """Tell whether an argument names a network in a file, or the folder of a run."""
    path = Path(given)
    return path.suffix.lower() in ENDINGS or path.is_dir()


def open_network(path: Path, input_shape: str | None) -> "Subject":
    """Open a network, with what is known about it; ``input_shape`` as text is for ONNX files alone."""
    from convolens.nn.looking.subject import Subject, open_subject
    from convolens.nn.network import Network

    if input_shape is None:
        return open_subject(path, needs_data=False)
    if path.suffix.lower() != ".onnx":
        raise SpecError(f"{path}: knows the shape of its items; leave --input-shape out")
    try:
        shape = tuple(int(size) for size in input_shape.lower().replace("×", "x").split("x"))
    except ValueError:
        raise SpecError(f"--input-shape takes sizes such as 3x224x224, not {input_shape!r}") from None
    return Subject(Network.from_onnx(path, input_shape=shape), None, ())
