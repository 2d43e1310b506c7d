"""Pooling in a notebook."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy.typing as npt

from convolens.lab import states
from convolens.lab.pages import module_text
from convolens.lab.records import plain
from convolens.lab.states.numbers import Numbers
from convolens.lab.states.presets import POOLING
from convolens.lab.widgets.exhibit import Exhibit, example, pad_choice
from convolens.spec.borders import Border, parse_border
from convolens.spec.padding import Padding, per_dimension


class Pooling(Exhibit[states.Pooling]):
    """
    What pooling makes of an input, window by window, and what shifts of the input make of that.

    Parameters
    ----------
    image : array_like, optional
        A row or a picture, up to 64 cells a side. By default a worked example.
    kind : {"max", "average", "lp"}, optional
        The largest cell of each window, its mean, or its p-norm.
    window, stride, dilation : int or tuple of int, optional
        As for `convolens.max_pool2d`.
    padding : int, str or tuple, optional
        As for `convolens.max_pool2d`.
    border : str, float or Border, optional
        What lies outside and takes part; by default nothing does.
    preset : str, optional
        An example to begin with; whatever else is given changes it.
    locked, hidden : sequence of str
        Controls that whoever looks at it cannot change, or does not see.
    **options
        Other fields of the state: ``p``, ``windows``, ``output_size``, ``ceil_mode``, ``count_include_pad``;
        ``view``, ``shift``, ``entering``, ``feature``, ``method``, ``measure``, ``along``.

    Raises
    ------
    ConvolensError
        If something does not fit.

    Examples
    --------
    >>> widget = Pooling([[1, 5, 2, 4], [3, 0, 7, 1]], "average", window=2)
    >>> widget.output
    array([[2.25, 3.5 ]])
    """

    state_class = states.Pooling
    _esm = module_text("pooling")

    def __init__(
        self,
        image: npt.ArrayLike | None = None,
        kind: str | None = None,
        *,
        window: int | tuple[int, ...] | None = None,
        stride: int | tuple[int, ...] | None = None,
        dilation: int | tuple[int, ...] | None = None,
        padding: Padding | None = None,
        border: str | float | Border | None = None,
        preset: str | None = None,
        locked: Sequence[str] = (),
        hidden: Sequence[str] = (),
        **options: Any,
    ) -> None:
        state = states.Pooling() if preset is None else example(POOLING, preset)
        changes: dict[str, Any] = {"locked": list(locked), "hidden": list(hidden)}
        if image is not None:
            changes["input"] = plain(Numbers.of(image, "image"))
        dims = len(changes["input"]["shape"]) if image is not None else state.dims
        if dims != state.dims:
            plainest = {"window": [2] * dims, "stride": None, "dilation": [1] * dims, "output_size": [2] * dims}
            shifts = {"shift": [0] * (dims - 1) + [1], "along": dims - 1, "feature": "none"}
            changes |= {"dims": dims, "padding": "valid", "cell": None, **plainest, **shifts}
        for name, value in (("window", window), ("stride", stride), ("dilation", dilation)):
            if value is not None:
                changes[name] = list(per_dimension(value, dims, name))
        if padding is not None:
            changes["padding"] = pad_choice(padding, dims)
        if border is not None:
            outside = parse_border(border)
            changes |= {"border": outside.mode, "border_value": outside.value}
        changes |= {**options, **({} if kind is None else {"kind": kind})}
        super().__init__(states.Pooling.from_json({**state.to_json(), **changes}))

    @property
    def image(self) -> npt.NDArray[Any]:
        """The input as it stands, edited or not."""
        return self._read().input.array()

    @image.setter
    def image(self, array: npt.ArrayLike) -> None:
        self._change(input=Numbers.of(array, "image"))

    @property
    def output(self) -> npt.NDArray[Any]:
        """What the engine makes of it."""
        return self._read().result()

    @property
    def curves(self) -> dict[str, list[float]]:
        """How far the maps before and after a shift are apart, for shifts from −8 to 8, by method."""
        return self._read().curves()
