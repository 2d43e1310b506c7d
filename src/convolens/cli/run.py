"""``convolens run``: what a network makes of a picture: its classes, or a map."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from convolens.cli.networks import InputShape, open_network
from convolens.cli.options import FLAG, Overwrite
from convolens.errors import FileError, SpecError

if TYPE_CHECKING:
    from convolens.nn.looking.subject import Subject
    from convolens.ops.arrays import Array

IMAGENET = "0.485,0.456,0.406", "0.229,0.224,0.225"
"""Mean and deviation of the colours of photographs that most networks were trained with."""


def run_command(
    network: Annotated[
        Path, typer.Argument(metavar="NETWORK", help="An .onnx or .safetensors file, or the folder of a run.")
    ],
    *,
    image: Annotated[
        Path,
        typer.Option(metavar="FILE", help="The picture; brought to their size as in training, else its middle."),
    ],
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where the result goes: .npy, or .png for a map.")
    ] = None,
    top: Annotated[int, typer.Option(min=1, metavar="N", help="How many classes to print.")] = 5,
    labels: Annotated[Path | None, typer.Option(metavar="FILE", help="Names of the classes, one a line.")] = None,
    mean: Annotated[
        str | None,
        typer.Option(metavar="NUMBERS", help="Taken off numbers from 0 to 1, one for all or each colour."),
    ] = None,
    std: Annotated[str | None, typer.Option(metavar="NUMBERS", help="What they are divided by then.")] = None,
    imagenet: Annotated[
        bool, typer.Option("--imagenet", metavar=FLAG, help=f"--mean {IMAGENET[0]} --std {IMAGENET[1]}")
    ] = False,
    input_shape: InputShape = None,
    overwrite: Overwrite = False,
) -> None:
    """
    Show a picture to a network; print the classes that it takes it for, or write the map that it makes.

    A map of several channels becomes a .png with a colour for the largest at each cell; one of a single channel,
    from black at its least to white at its most.

    Example: [bold]convolens run resnet18.onnx --image photo.jpg --imagenet[/bold]
    """
    if imagenet and (mean or std):
        raise SpecError("--imagenet is a mean and a deviation; give it, or --mean and --std")
    subject = open_network(network, input_shape)
    if imagenet:
        mean, std = IMAGENET
    result = subject.network.prepare()(_seen(subject, image, mean, std)[None])[0]
    scores = result.reshape(-1) if all(size == 1 for size in result.shape[1:]) else None
    if scores is None and out is None:
        sizes = "×".join(map(str, result.shape))
        raise SpecError(f"the network makes a map of {sizes}; say where it goes, --out map.npy or map.png")
    names = subject.names if labels is None else _names(labels, len(result))
    if out is not None:
        _write(out, result, overwrite=overwrite)
        typer.echo(f"written: {out}")
    if scores is not None:
        for line in _ranking(scores, names, top):
            typer.echo(line)


def _seen(subject: "Subject", image: Path, mean: str | None, std: str | None) -> "Array":
    """Read the picture as the network is to see it."""
    if mean is None and std is None:
        return subject.picture(image)
    pixels = replace(subject, mean=0.0, deviation=1.0).picture(image)
    channels = len(pixels)
    return (pixels - _each(mean or "0", channels, "--mean")) / _each(std or "1", channels, "--std")


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


def _names(path: Path, count: int) -> tuple[str, ...]:
    from convolens.images.files import open_input

    with open_input(path) as file:
        data = file.read()
    try:
        names = tuple(line.strip() for line in data.decode().splitlines() if line.strip())
    except UnicodeDecodeError:
        raise FileError(f"{path}: is no text; write the name of a class on each line") from None
    if len(names) != count:
        raise FileError(f"{path}: names {len(names)} classes, but the network has {count}")
    return names


def _ranking(scores: "Array", names: tuple[str, ...], top: int) -> list[str]:
    """Write the likeliest classes; what are no probabilities yet become them by softmax."""
    from convolens.nn.looking.gradients import as_classes
    from convolens.nn.looking.maps import percent

    is_probable = scores.min() >= 0 and abs(float(scores.sum()) - 1) < 1e-3
    likely = scores if is_probable else as_classes(scores[None])[0]
    order = likely.argsort(kind="stable")[::-1][:top].tolist()
    known = [names[one] if one < len(names) else str(one) for one in order]
    width = max(map(len, known))
    return [f"{name:<{width}}  {percent(float(likely[one]))}" for name, one in zip(known, order, strict=True)]


def _write(path: Path, result: "Array", *, overwrite: bool) -> None:
    import numpy as np

    from convolens.images import Image, write_image
    from convolens.images.files import atomic_output

    ending = path.suffix.lower()
    if ending == ".npy":
        with atomic_output(path, overwrite=overwrite) as file:
            np.save(file, np.ascontiguousarray(result), allow_pickle=False)
        return
    if ending != ".png" or result.ndim != 3:
        raise FileError(f"{path}: results go into .npy files, maps of two dimensions into .png files, too")
    if len(result) == 1:
        low, high = float(result.min()), float(result.max())
        pixels = ((result[0] - low) * (255 / (high - low or 1))).round().astype(np.uint8)
    else:
        pixels = colours(len(result))[result.argmax(0)]
    write_image(path, Image(pixels), overwrite=overwrite)


def colours(count: int) -> "Array":
    """
    Give each class a colour, the first black, others around the circle of hues so that neighbours differ.

    >>> colours(3).tolist()
    [[0, 0, 0], [242, 61, 61], [61, 114, 242]]
    """
    import colorsys

    import numpy as np

    hues = (0.61803398875 * number % 1 for number in range(count - 1))
    shares = np.array([(0, 0, 0), *(colorsys.hsv_to_rgb(hue, 0.75, 0.95) for hue in hues)])
    return (shares * 255).round().astype(np.uint8)
