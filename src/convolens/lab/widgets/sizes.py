"""A stack of layers in a notebook."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from convolens.lab import states
from convolens.lab.widgets.arguments import given
from convolens.lab.widgets.exhibit import Exhibit
from convolens.spec.stack import Stack


class Sizes(Exhibit[states.Sizes]):
    """
    A stack of layers: what each puts out, costs and sees; any layer can be changed, moved, added and removed.

    Parameters
    ----------
    stack : str, optional
        What `convolens.parse_stack` reads, such as ``"3x224x224 conv:64,k7,s2,p3 relu max:3,s2,p1"``; by default
        LeNet-5. One that cannot be is taken, too: the exhibit says where, and why.
    layer : int, optional
        The layer that is looked into: 0 is the input. By default the last one.
    cell : sequence of int, optional
        The cell of its output whose receptive field is drawn; by default the one in the middle.
    dtype : {"float16", "float32", "float64"}, optional
        What a number takes, for the bytes.
    preset, locked, hidden
        As for every exhibit.

    Examples
    --------
    >>> widget = Sizes("1x7x7 3*conv:1,k3")
    >>> widget.stack.output_shape, widget.stack.receptive_field.size
    ((1, 1, 1), (7, 7))
    """

    state_class = states.Sizes

    def __init__(
        self,
        stack: str | None = None,
        *,
        layer: int | None = None,
        cell: Sequence[int] | None = None,
        dtype: str | None = None,
        preset: str | None = None,
        locked: Sequence[str] = (),
        hidden: Sequence[str] = (),
    ) -> None:
        changes: dict[str, Any] = {}
        if stack is not None:
            changes = {"stack": stack, "layer": states.sizes.MOST_LAYERS, "cell": None}
        changes |= given(layer=layer, cell=cell, dtype=dtype)
        super().__init__(changes, preset=preset, locked=locked, hidden=hidden)

    @property
    def text(self) -> str:
        """The stack as it stands, in words."""
        return self._read().stack

    @text.setter
    def text(self, text: str) -> None:
        self._change(stack=text)

    @property
    def stack(self) -> Stack:
        """The stack as it stands, with its shapes and counts; SpecError where it cannot be."""
        return self._read().result()

    @stack.setter
    def stack(self, text: str) -> None:
        self.text = text
