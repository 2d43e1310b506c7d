"""Options that several commands share."""

from typing import Annotated

import typer

from convolens.spec.borders import parse_border

FLAG = ""
"""The metavar of an option that takes no value."""

Border = Annotated[
    str,
    typer.Option(
        metavar="BORDER",
        help="What lies outside: constant, edge, reflect, symmetric, wrap, or a number: a constant of that value.",
    ),
]
Overwrite = Annotated[
    bool, typer.Option("--overwrite", metavar=FLAG, help="Replace files that exist, even the input.")
]
MaxPixels = Annotated[
    int | None,
    typer.Option(min=1, help="Accept pictures of up to this many pixels; by default 500 million."),
]


def parse_border_option(text: str) -> str | float:
    """
    Return a border's name checked, or the number that the text is.

    >>> parse_border_option("Reflect"), parse_border_option("128"), parse_border_option("0.5")
    ('reflect', 128, 0.5)
    """
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return parse_border(text).mode
