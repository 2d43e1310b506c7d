"""``convolens look``: what a network makes of one item, what its filters are, and what it goes by."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from convolens.cli.networks import Deviation, ImageNet, InputShape, Mean, Output, open_network, scaled
from convolens.cli.options import FLAG, Overwrite
from convolens.errors import FileError, SpecError, unknown_name

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from convolens.nn.looking.subject import Subject
    from convolens.ops.arrays import Array

KINDS = ("maps", "filters", "exciting", "saliency")


def look_command(
    source: Annotated[
        Path,
        typer.Argument(metavar="RUN", help="The folder of a run, or a network: a .safetensors or .onnx file."),
    ],
    *,
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="Where the pictures go: a new or empty folder.")],
    image: Annotated[Path | None, typer.Option(metavar="FILE", help="A picture to show to it.")] = None,
    item: Annotated[
        int | None, typer.Option(min=0, metavar="N", help="An item to show to it, of those it was tested on.")
    ] = None,
    only: Annotated[
        str | None, typer.Option(metavar="KINDS", help="Some of maps,filters,exciting,saliency. [default: all]")
    ] = None,
    layer: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Only this layer; may be repeated. [default: all]")
    ] = None,
    target: Annotated[
        str | None,
        typer.Option("--class", metavar="NAME", help="Whose reasons to show. [default: the answer and the truth]"),
    ] = None,
    data: Annotated[
        str | None, typer.Option(metavar="DATA", help="Data for a network from a file: digits, or .npz.")
    ] = None,
    invert: Annotated[
        bool, typer.Option("--invert", metavar=FLAG, help="Let dark and bright of the picture change places.")
    ] = False,
    mean: Mean = None,
    std: Deviation = None,
    imagenet: ImageNet = False,
    input_shape: InputShape = None,
    output: Output = None,
    overwrite: Overwrite = False,
) -> None:
    """
    Look inside a network: what every layer makes of a picture, which kernels its filters are like, what excites
    them, and what parts of the picture its answer goes by.

    Example: [bold]convolens look runs/digits --item 12 --out look[/bold]
    """
    from convolens.images.files import atomic_output, file_error, refuse_standard_output

    refuse_standard_output(out)
    kinds = _kinds(only)
    if image is not None and item is not None:
        raise SpecError("show it one thing at a time: --image or --item")
    if invert and image is None:
        raise SpecError("--invert is for a picture; give it with --image")
    if item is not None and (mean or std or imagenet):
        raise SpecError("--mean, --std and --imagenet are for pictures; items are scaled as in training")
    opened = open_network(source, input_shape, output, data=data, needs_data=True)
    subject = scaled(opened, mean, std, imagenet=imagenet)
    layers = set(layer or ())
    for name in layers:
        if name not in subject.network.shapes:
            raise unknown_name("layer", name, subject.network.shapes)
    shown = None if image is None and item is None else _shown(subject, image, item, target, invert=invert)
    if shown is None and only and kinds & {"maps", "saliency"}:
        raise SpecError("maps and saliency are of something that it is shown; give --image or --item")
    try:
        out.mkdir(parents=True, exist_ok=True)
        if any(out.iterdir()) and not overwrite:
            raise FileError(f"{out}: there is something in it already; choose another folder, or use --overwrite")
    except FileError:
        raise
    except OSError as error:
        raise file_error(out, error) from error
    if shown is not None:
        typer.echo(shown.said)
    for name, figure in _pictures(subject, shown, kinds, layers):
        with atomic_output(out / f"{name}.png", overwrite=overwrite) as file:
            figure.savefig(file, format="png")
        typer.echo(f"written: {out / name}.png")


def _kinds(only: str | None) -> set[str]:
    words = [word.strip() for word in only.split(",")] if only else list(KINDS)
    for word in words:
        if word not in KINDS:
            raise unknown_name("kind of picture", word, KINDS)
    return set(words)


class _Shown:
    """One item, what the network makes of it, and how both are called."""

    def __init__(self, subject: "Subject", x: "Array", name: str, truth: int | None, target: str | None) -> None:
        from convolens.nn.looking.gradients import as_classes, scores_node
        from convolens.nn.looking.maps import percent

        self.x, self.values = x, subject.network.values(x[None])
        self.answer: Array | None = None
        self.targets: list[int] = []
        self.title = self.said = name
        if len(subject.network.output_shape) != 1:
            return
        self.answer = as_classes(self.values[scores_node(subject.network)])[0]
        order = self.answer.argsort()[::-1][:3].tolist()
        found = subject.class_name(order[0])
        self.targets = [order[0]] + ([truth] if truth is not None and truth != order[0] else [])
        if target is not None:
            self.targets = [subject.class_number(target)]
        likely = ", ".join(f"{subject.class_name(one)} ({percent(float(self.answer[one]))})" for one in order)
        known = "" if truth is None else f": is {subject.class_name(truth)},"
        self.title = f"{name}{known or ':'} taken for {found}"
        self.said = f"{name}{known or ':'} taken for {likely}"


def _shown(
    subject: "Subject", image: Path | None, item: int | None, target: str | None, *, invert: bool
) -> _Shown:
    if image is not None:
        return _Shown(subject, subject.picture(image, invert=invert), image.name, None, target)
    assert item is not None
    x, truth = subject.item(item)
    return _Shown(subject, x, f"item {item}", truth, target)


def _pictures(
    subject: "Subject", shown: _Shown | None, kinds: set[str], layers: set[str]
) -> "Iterable[tuple[str, Figure]]":
    """Draw what was asked for, one after the other."""
    from convolens.nn.looking.filters import filter_pages
    from convolens.nn.looking.maps import classes_page, maps_pages, overview
    from convolens.nn.looking.reasons import exciting_pages, saliency_page

    if shown is not None and "maps" in kinds:
        yield "overview", overview(subject, shown.x, shown.values, shown.title, shown.answer)
        yield from maps_pages(subject, shown.values, layers)
        if shown.answer is not None:
            yield "classes", classes_page(subject, shown.x, shown.answer, shown.title)
    if "filters" in kinds:
        yield from filter_pages(subject, layers)
    if "exciting" in kinds:
        yield from exciting_pages(subject, layers)
    if shown is not None and "saliency" in kinds and shown.answer is not None:
        page = saliency_page(subject, shown.x, shown.answer, shown.targets, shown.title)
        if page is not None:
            yield "saliency", page
