"""Exhibits as notebook widgets: ``convolens.widgets``."""

from __future__ import annotations

import html
import io
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, TypeVar

import anywidget
import numpy as np
import numpy.typing as npt
import traitlets

from convolens.errors import ConvolensError, SpecError, unknown_name
from convolens.images.image import Image
from convolens.images.writing import check_fits, encode_image
from convolens.kernels import NamedKernel, parse_kernel
from convolens.lab import states
from convolens.lab.pages import module_text, static_page
from convolens.lab.session import Session
from convolens.lab.shelves import MemoryShelf
from convolens.lab.states.numbers import Numbers
from convolens.lab.states.presets import BORDERS, CHANNELS, SLIDING_WINDOW
from convolens.spec.borders import Border, parse_border
from convolens.spec.padding import Padding, padding_name, per_dimension

__all__ = ["Borders", "Channels", "Exhibit", "Gallery", "SlidingWindow"]

StateType = TypeVar("StateType", bound=states.State)


class Exhibit(anywidget.AnyWidget):
    """
    What the widgets of all exhibits share.

    Attributes
    ----------
    state : dict
        The exhibit as it stands, as JSON holds it. The page and Python see each other's changes.
    """

    state_class: ClassVar[type[states.State]]
    state = traitlets.Dict().tag(sync=True)

    def __init__(self, state: states.State) -> None:
        super().__init__(state=state.to_json())
        self._session = Session(MemoryShelf())
        self.on_msg(self._on_message)

    @traitlets.validate("state")
    def _check_state(self, proposal: Any) -> Any:
        try:
            return self.state_class.from_json(proposal["value"]).to_json()
        except ConvolensError as error:
            raise traitlets.TraitError(str(error)) from None

    def _on_message(self, _: Any, content: Any, buffers: Sequence[Any]) -> None:
        answer, results = self._session.reply(content, [memoryview(buffer) for buffer in buffers])
        self.send(answer, [bytes(result) for result in results])

    def _change(self, **values: Any) -> None:
        self.state = self.state_class.from_json(self.state).replace(**values).to_json()

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        """Add a static page for viewers that run no widgets: exported HTML, and viewers of notebooks."""
        found = super()._repr_mimebundle_(**kwargs)
        page = html.escape(static_page(self.state_class.exhibit, self.state))
        frame = (
            f'<iframe title="{self.state_class.exhibit}" sandbox="allow-scripts allow-downloads" srcdoc="{page}" '
            'style="width: 100%; height: 40rem; border: 0"></iframe>'
        )
        data, metadata = found if isinstance(found, tuple) else (found or {}, {})
        return {**data, "text/html": frame}, metadata


class SlidingWindow(Exhibit):
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
        state = _preset(preset)
        changes: dict[str, Any] = {"locked": list(locked), "hidden": list(hidden)}
        if image is not None:
            changes["input"] = _numbers(Numbers.of(image, "image"))
        dims = len(changes["input"]["shape"]) if image is not None else state.dims
        if kernel is not None:
            changes["kernel"] = _numbers(_kernel(kernel, dims))
        if dims != state.dims:
            steps = {"stride": [1] * dims, "dilation": [1] * dims, "output_padding": [0] * dims}
            difference = {"shape": [*[1] * (dims - 1), 3], "data": [-1, 0, 1]}
            changes = {"dims": dims, "kernel": difference, "cell": None, "padding": "valid", **steps, **changes}
        for name, value in (("stride", stride), ("dilation", dilation), ("output_padding", output_padding)):
            if value is not None:
                changes[name] = list(per_dimension(value, dims, name, least=int(name != "output_padding")))
        if padding is not None:
            changes["padding"] = _padding(padding, dims)
        if border is not None:
            outside = parse_border(border)
            changes |= {"border": outside.mode, "border_value": outside.value}
        if operation is not None:
            changes["operation"] = operation
        super().__init__(states.SlidingWindow.from_json({**state.to_json(), **changes}))

    @property
    def image(self) -> npt.NDArray[Any]:
        """The input as it stands, edited or not."""
        return self._state().input.array()

    @image.setter
    def image(self, array: npt.ArrayLike) -> None:
        self._change(input=Numbers.of(array, "image"))

    @property
    def kernel(self) -> npt.NDArray[Any]:
        """The kernel as it stands, edited or not."""
        return self._state().kernel.array()

    @kernel.setter
    def kernel(self, kernel: npt.ArrayLike | NamedKernel | str) -> None:
        self._change(kernel=_kernel(kernel, self._state().dims))

    @property
    def output(self) -> npt.NDArray[Any]:
        """What the engine computes of it."""
        return self._state().result()

    def _state(self) -> states.SlidingWindow:
        return states.SlidingWindow.from_json(self.state)


class Borders(Exhibit):
    """
    A picture with every border side by side, and what the same kernel makes of each.

    Parameters
    ----------
    image : array_like, optional
        A row of up to 32 cells, or a picture of up to 16 cells a side. By default 1 to 12.
    kernel : array_like, str or NamedKernel, optional
        Weights of as many dimensions, or what `convolens.parse_kernel` understands. By default ones.
    pad : int or tuple of int, optional
        Cells of border on either side, up to 8 in a picture and 32 in a row; there may be more than cells.
    value : float, optional
        The number outside with the border "constant".
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
    >>> widget = Borders([1, 2, 3], [1, 0, 0], pad=1)
    >>> {name: output.tolist() for name, output in widget.outputs.items()}  # doctest: +NORMALIZE_WHITESPACE
    {'none': [1], 'constant': [0, 1, 2], 'edge': [1, 1, 2], 'reflect': [2, 1, 2], 'symmetric': [1, 1, 2],
     'wrap': [3, 1, 2]}
    """

    state_class = states.Borders
    _esm = module_text("borders")

    def __init__(
        self,
        image: npt.ArrayLike | None = None,
        kernel: npt.ArrayLike | NamedKernel | str | None = None,
        *,
        pad: int | tuple[int, ...] | None = None,
        value: float | None = None,
        preset: str | None = None,
        locked: Sequence[str] = (),
        hidden: Sequence[str] = (),
    ) -> None:
        state = states.Borders() if preset is None else _example(BORDERS, preset)
        changes: dict[str, Any] = {"locked": list(locked), "hidden": list(hidden)}
        if image is not None:
            changes["input"] = _numbers(Numbers.of(image, "image"))
        dims = len(changes["input"]["shape"]) if image is not None else state.dims
        if dims != state.dims:
            changes |= {"dims": dims, "kernel": _numbers(Numbers.of(np.ones((3,) * dims, np.int64))), "cell": None}
            changes["pad"] = [2] * dims
        if kernel is not None:
            changes["kernel"] = _numbers(_kernel(kernel, dims))
        if pad is not None:
            changes["pad"] = list(per_dimension(pad, dims, "pad", least=0))
        if value is not None:
            changes["border_value"] = value
        super().__init__(states.Borders.from_json({**state.to_json(), **changes}))

    @property
    def image(self) -> npt.NDArray[Any]:
        """The picture as it stands, edited or not."""
        return self._state().input.array()

    @property
    def kernel(self) -> npt.NDArray[Any]:
        """The kernel as it stands, edited or not."""
        return self._state().kernel.array()

    @property
    def outputs(self) -> dict[str, npt.NDArray[Any]]:
        """What the engine computes with every border, and without one as "none"."""
        return self._state().results()

    def _state(self) -> states.Borders:
        return states.Borders.from_json(self.state)


class Channels(Exhibit):
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
        state = states.Channels() if preset is None else _example(CHANNELS, preset)
        changes: dict[str, Any] = {"locked": list(locked), "hidden": list(hidden)}
        if image is not None:
            changes["input"] = _numbers(Numbers.of(image, "image"))
        if weight is not None:
            changes["weight"] = _numbers(_slices(weight))
        if bias is not None:
            changes["bias"] = np.asarray(bias).tolist()
        changes |= {name: value for name, value in (("groups", groups), ("padding", padding)) if value is not None}
        super().__init__(states.Channels.from_json({**state.to_json(), **changes}))

    @property
    def image(self) -> npt.NDArray[Any]:
        """The input as it stands, (channels, rows, columns)."""
        return self._state().input.array()

    @property
    def weight(self) -> npt.NDArray[Any]:
        """The weights as they stand, (kernels, channels / groups, rows, columns)."""
        return self._state().weights()

    @weight.setter
    def weight(self, weight: npt.ArrayLike) -> None:
        self._change(weight=_slices(weight))

    @property
    def output(self) -> npt.NDArray[Any]:
        """The maps that the engine computes."""
        return self._state().result()

    def _state(self) -> states.Channels:
        return states.Channels.from_json(self.state)


class Gallery(Exhibit):
    """
    A photograph under a kernel: before and after, every named kernel at once, any pixel worked out.

    Parameters
    ----------
    photograph : array_like, shape (H, W) or (H, W, 3), uint8, optional
        What is looked at; a sample by default.
    kernel : array_like, NamedKernel or str, default "sobel-x"
        Weights of two dimensions, or a name with its parameters, as in ``"gaussian:sigma=2"``.
    locked, hidden : sequence of str
        Controls that whoever looks at it cannot change, or does not see.
    **options
        Other fields of the state: ``view``, ``measure``, ``channels``, ``display``, ``flip``, ``border``.

    Raises
    ------
    ConvolensError
        If something does not fit.

    Examples
    --------
    >>> widget = Gallery(np.zeros((4, 6), np.uint8), "gaussian:sigma=2", display="clip")
    >>> widget.kernel.shape
    (13, 13)
    """

    state_class = states.Gallery
    _esm = module_text("gallery")
    picture = traitlets.Bytes().tag(sync=True)

    def __init__(
        self,
        photograph: npt.ArrayLike | None = None,
        kernel: npt.ArrayLike | NamedKernel | str = "sobel-x",
        *,
        locked: Sequence[str] = (),
        hidden: Sequence[str] = (),
        **options: Any,
    ) -> None:
        changes: dict[str, Any] = {"locked": list(locked), "hidden": list(hidden), **options}
        changes["kernel"] = _named(kernel)
        if photograph is not None:
            changes["photograph"] = "own"
        super().__init__(states.Gallery.from_json(changes))
        if photograph is not None:
            self.picture = _png(photograph)

    @property
    def kernel(self) -> npt.NDArray[Any]:
        """The weights as they stand, edited or not."""
        found = states.Gallery.from_json(self.state).kernel
        return parse_kernel(found).weights if isinstance(found, str) else found.array()

    @kernel.setter
    def kernel(self, kernel: npt.ArrayLike | NamedKernel | str) -> None:
        self.state = {**self.state, "kernel": _named(kernel)}


def _named(kernel: npt.ArrayLike | NamedKernel | str) -> Any:
    """Write a kernel of the catalogue as its text, and any other as numbers."""
    if isinstance(kernel, str):
        parse_kernel(kernel)
        return kernel
    weights = kernel.weights if isinstance(kernel, NamedKernel) else np.atleast_2d(np.asarray(kernel))
    return _numbers(Numbers.of(weights, "kernel"))


def _png(photograph: npt.ArrayLike) -> bytes:
    """Write a photograph as a PNG file for the browser."""
    image = Image(np.asarray(photograph))
    check_fits("picture.png", image, "PNG")
    file = io.BytesIO()
    encode_image(file, image, "PNG")
    return file.getvalue()


def _preset(name: str | None) -> states.SlidingWindow:
    return states.SlidingWindow() if name is None else _example(SLIDING_WINDOW, name)


def _example(examples: Mapping[str, StateType], name: str) -> StateType:
    if name not in examples:
        raise unknown_name("preset", name, examples)
    return examples[name]


def _kernel(kernel: npt.ArrayLike | NamedKernel | str, dims: int) -> Numbers:
    if isinstance(kernel, (str, NamedKernel)):
        weights = parse_kernel(kernel).weights
        return Numbers.of(weights[0] if dims == 1 and len(weights) == 1 else weights, "kernel")
    return Numbers.of(np.asarray(kernel), "kernel")


def _slices(weight: npt.ArrayLike) -> Numbers:
    """Lay the slices of all kernels after each other."""
    found = np.asarray(weight)
    if found.ndim != 4:
        raise SpecError(f"weight must be (kernels, channels / groups, rows, columns), found shape {found.shape}")
    return Numbers.of(found.reshape(-1, *found.shape[2:]), "weight")


def _numbers(numbers: Numbers) -> dict[str, Any]:
    return {"shape": list(numbers.shape), "data": list(numbers.data)}


def _padding(padding: Padding, dims: int) -> Any:
    name = padding_name(padding)
    if name is not None:
        return "same" if name == "same-upper" else name
    from convolens.spec.padding import resolve_padding

    pads = resolve_padding(padding, (1,) * dims, (1,) * dims, (1,) * dims)
    return [list(pair) for pair in pads]
