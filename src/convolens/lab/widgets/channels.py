"""Channels, and the kernels that see them, in a notebook."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy.typing as npt

from convolens.lab import states
from convolens.lab.states.numbers import Numbers
from convolens.lab.widgets.arguments import given, slices
from convolens.lab.widgets.exhibit import Exhibit, Held
from convolens.spec.padding import whole_number

AXES = {4: "(kernels, channels / groups, rows, columns)"}


class Channels(Exhibit[states.Channels]):
    """
    An image of several channels, the kernels that see them, and a map for each kernel; any number can be edited.

    Parameters
    ----------
    image : array_like, optional
        (channels, rows, columns), up to 8 channels of 16 × 16 cells. By default red, green and blue.
    weight : array_like, optional
        (kernels, channels / groups, rows, columns), up to 8 kernels of 5 × 5 cells.
    bias : array_like, optional
        One number a kernel.
    groups : int, optional
        As for `convolens.conv2d`: 1 for kernels that see every channel, as many as channels for depthwise.
    padding : {"valid", "same"}, optional
        No border, or zeros around that keep the size.
    preset, locked, hidden
        As for every exhibit.

    Examples
    --------
    >>> widget = Channels([[[1]], [[2]], [[3]]], [[[[1]], [[10]], [[100]]]])
    >>> widget.output
    array([[[321]]])
    """

    state_class = states.Channels
    image = Held("input", "The input as it stands, (channels, rows, columns); it can be set.")
    weight = Held(
        "weight",
        "The weights as they stand, (kernels, channels / groups, rows, columns); they can be set.",
        lambda weight, state: slices(weight, AXES, channels=state.input.shape[0], groups=state.groups),
        states.Channels.weights,
    )

    def __init__(
        self,
        image: npt.ArrayLike | None = None,
        weight: npt.ArrayLike | None = None,
        bias: npt.ArrayLike | None = None,
        *,
        groups: int | None = None,
        padding: str | None = None,
        preset: str | None = None,
        locked: Sequence[str] = (),
        hidden: Sequence[str] = (),
    ) -> None:
        state = self._begun(preset)
        channels = state.input if image is None else Numbers.of(image, "image")
        changes: dict[str, Any] = {"input": channels}
        changes |= given(groups=groups, padding=padding)
        if weight is not None:
            split = state.groups if groups is None else whole_number(groups, "groups", 1)
            changes["weight"] = slices(weight, AXES, channels=channels.shape[0], groups=split)
        if bias is not None:
            changes["bias"] = Numbers.of(bias, "bias", dims=1).data
        super().__init__(changes, preset=preset, locked=locked, hidden=hidden)

    @property
    def output(self) -> npt.NDArray[Any]:
        """The maps that the engine computes."""
        return self._read().result()
