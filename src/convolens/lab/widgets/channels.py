"""Channels, and the kernels that see them, in a notebook."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy.typing as npt

from convolens.errors import SpecError
from convolens.lab import states
from convolens.lab.pages import module_text
from convolens.lab.records import plain
from convolens.lab.states.numbers import Numbers
from convolens.lab.states.presets import CHANNELS
from convolens.lab.widgets.exhibit import Exhibit, example
from convolens.ops.arrays import as_array


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
    preset : str, optional
        An example to begin with; whatever else is given changes it.
    locked, hidden : sequence of str
        Controls that whoever looks at it cannot change, or does not see.

    Raises
    ------
    ConvolensError
        If something does not fit.

    Examples
    --------
    >>> widget = Channels([[[1]], [[2]], [[3]]], [[[[1]], [[10]], [[100]]]])
    >>> widget.output
    array([[[321]]])
    """

    state_class = states.Channels
    _esm = module_text("channels")

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
        state = states.Channels() if preset is None else example(CHANNELS, preset)
        changes: dict[str, Any] = {"locked": list(locked), "hidden": list(hidden)}
        if image is not None:
            changes["input"] = plain(Numbers.of(image, "image"))
        if weight is not None:
            changes["weight"] = plain(_slices(weight))
        if bias is not None:
            changes["bias"] = as_array(bias, "bias").tolist()
        changes |= {name: value for name, value in (("groups", groups), ("padding", padding)) if value is not None}
        super().__init__(states.Channels.from_json({**state.to_json(), **changes}))

    @property
    def image(self) -> npt.NDArray[Any]:
        """The input as it stands, (channels, rows, columns)."""
        return self._read().input.array()

    @property
    def weight(self) -> npt.NDArray[Any]:
        """The weights as they stand, (kernels, channels / groups, rows, columns)."""
        return self._read().weights()

    @weight.setter
    def weight(self, weight: npt.ArrayLike) -> None:
        self._change(weight=_slices(weight))

    @property
    def output(self) -> npt.NDArray[Any]:
        """The maps that the engine computes."""
        return self._read().result()


def _slices(weight: npt.ArrayLike) -> Numbers:
    """Lay the slices of all kernels after each other."""
    found = as_array(weight, "weight")
    if found.ndim != 4:
        raise SpecError(f"weight must be (kernels, channels / groups, rows, columns), found shape {found.shape}")
    return Numbers.of(found.reshape(-1, *found.shape[2:]), "weight")
