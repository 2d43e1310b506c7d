"""``convolens run``: what a network makes of a picture: its classes, or a map."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from convolens.cli.networks import Deviation, ImageNet, InputShape, Mean, Output, open_network, scaled
from convolens.cli.options import Overwrite
from convolens.errors import FileError, SpecError

if TYPE_CHECKING:
    from convolens.ops.arrays import Array

MOST_CLASSES = 1 << 16
"""Above, numbers of a map are none of classes."""


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
    mean: Mean = None,
    std: Deviation = None,
    imagenet: ImageNet = False,
    input_shape: InputShape = None,
    output: Output = None,
    overwrite: Overwrite = False,
) -> None:
    """
    Show a picture to a network; print the classes that it takes it for, or write the map that it makes.

    A map of several channels becomes a .png with a colour for the largest at each cell, one of class numbers with
    a colour for each; one of a single channel, from black at its least to white at its most.

    Example: [bold]convolens run resnet18.onnx --image photo.jpg --imagenet[/bold]
    """
    subject = scaled(open_network(network, input_shape, output), mean, std, imagenet=imagenet)
    result = subject.network.prepare()(subject.picture(image)[None])[0]
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
    if ending != ".png" or result.ndim not in (2, 3):
        raise FileError(f"{path}: results go into .npy files, maps of two dimensions into .png files, too")
    if result.ndim == 3 and len(result) > 1:
        result = result.argmax(0)
    if result.ndim == 2 and (result == result.round()).all() and 0 <= result.min() <= result.max() < MOST_CLASSES:
        pixels = colours(int(result.max()) + 1)[result.astype(int)]
    else:
        plane, low, high = result.reshape(result.shape[-2:]), float(result.min()), float(result.max())
        pixels = ((plane - low) * (255 / (high - low or 1))).round().astype(np.uint8)
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
