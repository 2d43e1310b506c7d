"""The sliding window in a notebook."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy.typing as npt

from convolens.kernels import NamedKernel
from convolens.lab import states
from convolens.lab.states.numbers import Numbers
from convolens.lab.widgets.arguments import (
    border_fields,
    given,
    kernel_numbers,
    kernel_of,
    padding_field,
    per_axis,
)
from convolens.lab.widgets.exhibit import Exhibit, Held
from convolens.spec.borders import Border
from convolens.spec.padding import Padding


class SlidingWindow(Exhibit[states.SlidingWindow]):
    """
    A kernel slides over an input, and every product and sum is seen; any number can be edited.

    Parameters
    ----------
    image : array_like, optional
        The input, of one to three dimensions, up to 64 cells a side and 4096 in all. By default a ramp.
    kernel : array_like, str or NamedKernel, optional
        Weights of as many dimensions, or what `convolens.parse_kernel` understands. By default sobel-x, or
        a difference of neighbours where the input has not two dimensions.
    stride, dilation, output_padding : int or tuple of int
        As for `convolens.conv2d` and `convolens.conv_transpose2d`.
    padding : str, int, tuple or pairs, default "valid"
        As for `convolens.conv2d`.
    border : str, number or Border, default "constant"
        What lies outside.
    operation : {"correlation", "convolution", "transposed"}
        What is done.
    preset, locked, hidden
        As for every exhibit.

    Examples
    --------
    >>> widget = SlidingWindow([[1, 2, 0], [0, 1, 2], [2, 0, 1]], "sobel-x")
    >>> widget.output
    array([[2]])
    >>> widget.kernel = [[0, 1], [1, 0]]
    >>> widget.state["kernel"]
    {'shape': [2, 2], 'data': [0, 1, 1, 0]}
    """

    state_class = states.SlidingWindow
    image = Held("input", "The input as it stands, edited or not; it can be set.")
    kernel = Held("kernel", "The kernel as it stands, edited or not; it can be set.", kernel_of)

    def __init__(
        self,
        image: npt.ArrayLike | None = None,
        kernel: npt.ArrayLike | NamedKernel | str | None = None,
        *,
        stride: int | tuple[int, ...] | None = None,
        dilation: int | tuple[int, ...] | None = None,
        output_padding: int | tuple[int, ...] | None = None,
        padding: Padding | None = None,
        border: str | float | Border | None = None,
        operation: str | None = None,
        preset: str | None = None,
        locked: Sequence[str] = (),
        hidden: Sequence[str] = (),
    ) -> None:
        state = self._begun(preset)
        slid = state.input if image is None else Numbers.of(image, "image")
        dims = len(slid.shape)
        changes: dict[str, Any] = {"input": slid}
        if dims != state.dims:
            steps = {"stride": [1] * dims, "dilation": [1] * dims, "output_padding": [0] * dims}
            difference = {"shape": [*[1] * (dims - 1), 3], "data": [-1, 0, 1]}
            changes |= {"dims": dims, "kernel": difference, "cell": None, "padding": "valid", **steps}
        if kernel is not None:
            changes["kernel"] = kernel_numbers(kernel, dims)
        changes |= per_axis(dims, stride=stride, dilation=dilation, output_padding=output_padding)
        changes |= padding_field(padding, dims) | border_fields(border) | given(operation=operation)
        super().__init__(changes, preset=preset, locked=locked, hidden=hidden)

    @property
    def output(self) -> npt.NDArray[Any]:
        """What the engine computes of it."""
        return self._read().result()
