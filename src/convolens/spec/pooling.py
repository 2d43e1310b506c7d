"""The specification of one pooling: what its windows cover, and every shape and count that follows."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from convolens.errors import SpecError
from convolens.spec.borders import Border, border_value, parse_border
from convolens.spec.dtypes import number_dtype
from convolens.spec.layout import FIRST, parse_layout
from convolens.spec.padding import Padding, per_dimension, resolve_padding, whole_shape
from convolens.spec.sliding import SlidingSpec


@dataclass(frozen=True, init=False)
class PoolSpec(SlidingSpec):
    r"""
    What is asked of one pooling: the windows that slide over each channel by itself; no arrays.

    With stride :math:`s`, dilation :math:`d`, window :math:`w` and pads :math:`p`, along each dimension,

    .. math::

        output = \left\lfloor \frac{input + p_{before} + p_{after} - d (w - 1) - 1}{s} \right\rfloor + 1.

    With ``ceil_mode`` the quotient is rounded up: a last window may stick out behind, unless it would start
    behind the input.

    Parameters
    ----------
    input_shape : tuple of int
        (N, C, \*size), or (N, \*size, C) with ``layout="channels-last"``; the batch axis N may be left out.
    window : int or tuple of int
        Cells of the window, one number a dimension. A single number stands for all dimensions of an input
        that has a batch axis.
    stride : int or tuple of int, optional
        Step from window to window; by default the window, so that windows neither overlap nor leave gaps.
    padding : int, tuple of int, tuple of pairs, or str, default 0
        See :func:`~convolens.spec.padding.resolve_padding`.
    dilation : int or tuple of int, default 1
        Step from cell to cell within a window.
    ceil_mode : bool, default False
        Round the output size up instead of down.
    border : str, float or Border, optional
        What lies outside and takes part; see :func:`~convolens.spec.borders.parse_border`. By default nothing
        does: windows are pooled over those of their cells that lie in the input.
    layout : str, default "channels-first"
        Or "channels-last"; also "NCHW", "NHWC" and their like.
    dtype : dtype, default float32
        Data type of the input.

    Raises
    ------
    SpecError
        If shape and options do not fit together. Without a border every window must meet the input, as there
        is nothing to pool in a window that lies wholly in the pads.
    DTypeError
        For a data type that is not bool, an integer, or a float of at most 64 bits.

    Examples
    --------
    >>> PoolSpec((1, 64, 112, 112), 3, stride=2, padding=1).output_shape
    (1, 64, 56, 56)
    >>> spec = PoolSpec((1, 1, 6), 3, stride=2)
    >>> spec.output_size, spec.replace(ceil_mode=True).output_size
    ((2,), (3,))
    """

    window: tuple[int, ...]
    ceil_mode: bool
    border: Border | None

    def __init__(
        self,
        input_shape: tuple[int, ...],
        window: int | tuple[int, ...],
        *,
        stride: int | tuple[int, ...] | None = None,
        padding: Padding = 0,
        dilation: int | tuple[int, ...] = 1,
        ceil_mode: bool = False,
        border: str | float | Border | None = None,
        layout: str = FIRST,
        dtype: npt.DTypeLike = np.float32,
    ) -> None:
        shape = whole_shape(input_shape, "input shape")
        single = not hasattr(window, "__len__") or getattr(window, "shape", None) == ()
        dims = len(shape) - 2 if single else len(window)  # type: ignore[arg-type]
        if dims < 1 or len(shape) not in (dims + 1, dims + 2):
            raise SpecError(
                f"input {shape} and window {window!r} do not fit: for n dimensions the input has n + 1 or "
                "n + 2 axes and the window n numbers; one number will do where the input has a batch axis"
            )
        self._fix(
            input_shape=shape,
            window=per_dimension(window, dims, "window"),
            stride=per_dimension(window if stride is None else stride, dims, "stride"),
            dilation=per_dimension(dilation, dims, "dilation"),
            ceil_mode=bool(ceil_mode),
            border=None if border is None else parse_border(border),
            layout=parse_layout(layout, dims),
            dtype=number_dtype(dtype, "input"),
        )
        if self.border is not None:
            border_value(self.border, self.dtype)
        if any(n < 1 for n in (self.in_channels, *self.input_size)):
            raise SpecError(
                f"input {shape} ({self.layout}): every axis but the batch must have at least one element"
            )
        self._fix(pads=resolve_padding(padding, self.input_size, self.window_size, self.stride))
        self._check_extents()
        self._check_windows()

    def _check_windows(self) -> None:
        for axis, outputs in enumerate(self.output_size):
            size, pads, span = self.input_size[axis], self.pads[axis], self.window_size[axis]
            if outputs < 1:
                raise SpecError(
                    f"window larger than the padded input: along dimension {axis} the window spans {span} "
                    f"cells ({self.window[axis]} at dilation {self.dilation[axis]}), the input has {size} + "
                    f"{sum(pads)} pads = {size + sum(pads)}; pad more or use a smaller window"
                )
            start = None if self.border else self._first_outside(axis)
            if start is not None:
                raise SpecError(
                    f"the window from {start} to {start + span - 1} along dimension {axis} lies wholly "
                    f"outside the input's {size} cells, so there is nothing to pool in it (pads {pads}, "
                    f"window {self.window[axis]} at dilation {self.dilation[axis]}); pad less or set border"
                )

    def _first_outside(self, axis: int) -> int | None:
        """Find where a window starts that has no cell in the input: before, around or behind it."""
        size, before, step = self.input_size[axis], self.pads[axis][0], self.stride[axis]
        cells, apart, outputs = self.window[axis], self.dilation[axis], self.output_size[axis]
        last = (outputs - 1) * step - before
        if -(-before // apart) >= cells and before:
            return -before
        # Only cells that are further apart than the input is long can step over it.
        early = range(-before, min(0, last + 1), step) if apart > size else range(0)
        return next((s for s in early if s % apart >= size), last if last >= size else None)

    @property
    def dims(self) -> int:
        """Number of spatial dimensions: 1 for signals, 2 for images, 3 for volumes."""
        return len(self.window)

    @property
    def out_channels(self) -> int:
        """Channels of the output: those of the input, each pooled by itself."""
        return self.in_channels

    @property
    def window_size(self) -> tuple[int, ...]:
        """Cells that a window spans with its dilation: d (w − 1) + 1."""
        return tuple(d * (w - 1) + 1 for d, w in zip(self.dilation, self.window, strict=True))

    @property
    def output_size(self) -> tuple[int, ...]:
        """Spatial size of the output."""
        return tuple(map(self._outputs, range(self.dims)))

    def _outputs(self, axis: int) -> int:
        step, room = self.stride[axis], self.padded_size[axis] - self.window_size[axis]
        if not self.ceil_mode:
            return room // step + 1
        starts_within = (self.input_size[axis] + self.pads[axis][0] - 1) // step + 1
        return min(-(-room // step) + 1, starts_within)

    @property
    def parameters(self) -> int:
        """Pooling learns nothing: 0."""
        return 0

    @property
    def macs(self) -> int:
        """Comparisons or additions by the definition: one for each window cell at each output cell."""
        return math.prod(self.output_shape) * math.prod(self.window)

    @property
    def memory(self) -> int:
        """Bytes of input and output, both of the input's data type."""
        return (math.prod(self.input_shape) + math.prod(self.output_shape)) * self.dtype.itemsize
