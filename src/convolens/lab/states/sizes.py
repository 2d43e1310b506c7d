"""Exhibit 4: a stack of layers, what each of them costs, and what a cell of it sees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

from convolens.lab.records import Within
from convolens.lab.states.state import State
from convolens.spec.stack import Stack
from convolens.spec.stack_text import parse_stack

LENET = "1x32x32 conv:6,k5 tanh avg:2 conv:16,k5 tanh avg:2 flatten dense:120 tanh dense:84 tanh dense:10"
MOST_LAYERS = 100
LONGEST = 4000
"""Characters of a stack."""


@dataclass(frozen=True, kw_only=True)
class Sizes(State):
    """
    A stack of layers in words, the layer that is looked into, and the cell whose field is traced.

    Attributes
    ----------
    stack : str
        The input's shape and the layers, as for `convolens.parse_stack`. It may be one that cannot be: the exhibit
        then says where, and why.
    dtype : {"float16", "float32", "float64"}
        What a number takes, for the bytes.
    layer : int
        The layer that is looked into: 0 is the input, 1 the first.
    cell : tuple of int or None
        The cell of its output that is traced back; None is the one in the middle.
    picture : {"digit", "cat", "shapes", "rings", "own", "none"}
        What the input is drawn with; "own" is the viewer's, and no part of the state.

    Notes
    -----
    Up to 100 layers are shown, whatever the text.
    """

    exhibit: ClassVar[str] = "sizes"
    controls: ClassVar[tuple[str, ...]] = (
        "preset", "text", "layers", "cell", "picture", "dtype", "worked", "connected", "code", "export", "link",
        "undo",
    )  # fmt: skip

    stack: Annotated[str, Within(0, LONGEST)] = LENET
    dtype: Literal["float16", "float32", "float64"] = "float32"
    layer: Annotated[int, Within(0, MOST_LAYERS)] = 6
    cell: Annotated[tuple[Annotated[int, Within(0, 1 << 30)], ...], Within(1, 3)] | None = None
    picture: Literal["digit", "cat", "shapes", "rings", "own", "none"] = "digit"

    def result(self) -> Stack:
        """
        Read the stack.

        Raises
        ------
        SpecError, UnknownNameError
            If it cannot be read, or a layer does not fit.
        """
        return parse_stack(self.stack, dtype=self.dtype)
