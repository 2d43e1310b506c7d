"""Pooling in a notebook."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy.typing as npt

from convolens.lab import states
from convolens.lab.states.numbers import Numbers
from convolens.lab.widgets.arguments import border_fields, given, padding_field, per_axis
from convolens.lab.widgets.exhibit import Exhibit, Held
from convolens.spec.borders import Border
from convolens.spec.padding import Padding


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
    **options
        Other fields of the state: ``p``, ``windows``, ``output_size``, ``ceil_mode``, ``count_include_pad``;
        ``view``, ``shift``, ``entering``, ``feature``, ``method``, ``measure``, ``along``.
    preset, locked, hidden
        As for every exhibit.

    Examples
    --------
    >>> widget = Pooling([[1, 5, 2, 4], [3, 0, 7, 1]], "average", window=2)
    >>> widget.output
    array([[2.25, 3.5 ]])
    """

    state_class = states.Pooling
    image = Held("input", "The input as it stands, edited or not; it can be set.")

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
        state = self._begun(preset)
        pooled = state.input if image is None else Numbers.of(image, "image", dims=2)
        dims = len(pooled.shape)
        changes: dict[str, Any] = {"input": pooled}
        if dims != state.dims:
            plainest = {"window": [2] * dims, "stride": None, "dilation": [1] * dims, "output_size": [2] * dims}
            shifts = {"shift": [0] * (dims - 1) + [1], "along": dims - 1, "feature": "none"}
            changes |= {"dims": dims, "padding": "valid", "cell": None, **plainest, **shifts}
        changes |= per_axis(dims, window=window, stride=stride, dilation=dilation)
        changes |= padding_field(padding, dims) | border_fields(border) | given(kind=kind) | options
        super().__init__(changes, preset=preset, locked=locked, hidden=hidden)

    @property
    def output(self) -> npt.NDArray[Any]:
        """What the engine makes of it."""
        return self._read().result()

    @property
    def curves(self) -> dict[str, list[float]]:
        """How far the maps before and after a shift are apart, for shifts from −8 to 8, by method."""
        return self._read().curves()
