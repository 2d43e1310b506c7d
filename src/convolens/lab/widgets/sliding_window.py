"""The sliding window in a notebook."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy.typing as npt

from convolens.kernels import NamedKernel
from convolens.lab import states
from convolens.lab.pages import module_text
from convolens.lab.records import plain
from convolens.lab.states.numbers import Numbers
from convolens.lab.states.presets import SLIDING_WINDOW
from convolens.lab.widgets.exhibit import Exhibit, example, kernel_numbers, pad_choice
from convolens.spec.borders import Border, parse_border
from convolens.spec.padding import Padding, per_dimension


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
    preset : str, optional
        A worked example of the documentation to begin with; whatever else is given changes it.
    locked, hidden : sequence of str
        Controls that whoever looks at it cannot change, or does not see.

    Raises
    ------
    ConvolensError
        If something does not fit.

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
    _esm = module_text("sliding-window")

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
        state = states.SlidingWindow() if preset is None else example(SLIDING_WINDOW, preset)
        changes: dict[str, Any] = {"locked": list(locked), "hidden": list(hidden)}
        if image is not None:
            changes["input"] = plain(Numbers.of(image, "image"))
        dims = len(changes["input"]["shape"]) if image is not None else state.dims
        if kernel is not None:
            changes["kernel"] = plain(kernel_numbers(kernel, dims))
        if dims != state.dims:
            steps = {"stride": [1] * dims, "dilation": [1] * dims, "output_padding": [0] * dims}
            difference = {"shape": [*[1] * (dims - 1), 3], "data": [-1, 0, 1]}
            changes = {"dims": dims, "kernel": difference, "cell": None, "padding": "valid", **steps, **changes}
        for name, value in (("stride", stride), ("dilation", dilation), ("output_padding", output_padding)):
            if value is not None:
                changes[name] = list(per_dimension(value, dims, name, least=int(name != "output_padding")))
        if padding is not None:
            changes["padding"] = pad_choice(padding, dims)
        if border is not None:
            outside = parse_border(border)
            changes |= {"border": outside.mode, "border_value": outside.value}
        if operation is not None:
            changes["operation"] = operation
        super().__init__(states.SlidingWindow.from_json({**state.to_json(), **changes}))

    @property
    def image(self) -> npt.NDArray[Any]:
        """The input as it stands, edited or not."""
        return self._read().input.array()

    @image.setter
    def image(self, array: npt.ArrayLike) -> None:
        self._change(input=Numbers.of(array, "image"))

    @property
    def kernel(self) -> npt.NDArray[Any]:
        """The kernel as it stands, edited or not."""
        return self._read().kernel.array()

    @kernel.setter
    def kernel(self, kernel: npt.ArrayLike | NamedKernel | str) -> None:
        self._change(kernel=kernel_numbers(kernel, self._read().dims))

    @property
    def output(self) -> npt.NDArray[Any]:
        """What the engine computes of it."""
        return self._read().result()
