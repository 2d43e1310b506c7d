"""The specification of one pooling: what its windows cover, and every shape and count that follows."""

import math
from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from convolens.errors import DTypeError, SpecError
from convolens.spec.borders import Border, border_value, parse_border
from convolens.spec.layout import FIRST, join_shape, parse_layout, split_shape
from convolens.spec.padding import Padding, Pads, per_dimension, resolve_padding


@dataclass(frozen=True, init=False)
class PoolSpec:
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

    input_shape: tuple[int, ...]
    window: tuple[int, ...]
    stride: tuple[int, ...]
    pads: Pads
    dilation: tuple[int, ...]
    ceil_mode: bool
    border: Border | None
    layout: str
    dtype: np.dtype[Any]

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
        def fix(**values: Any) -> None:
            for name, value in values.items():
                object.__setattr__(self, name, value)

        shape = tuple(input_shape)
        dims = np.size(window) if np.ndim(window) else len(shape) - 2
        if dims < 1 or len(shape) not in (dims + 1, dims + 2):
            raise SpecError(
                f"input {shape} and window {window!r} do not fit: for n dimensions the input has n + 1 or "
                "n + 2 axes and the window n numbers; one number will do where the input has a batch axis"
            )
        fix(
            input_shape=shape,
            window=per_dimension(window, dims, "window"),
            stride=per_dimension(window if stride is None else stride, dims, "stride"),
            dilation=per_dimension(dilation, dims, "dilation"),
            ceil_mode=bool(ceil_mode),
            border=None if border is None else parse_border(border),
            layout=parse_layout(layout, dims),
            dtype=np.dtype(dtype),
        )
        self._check_types()
        if any(n < 1 for n in (self.channels, *self.input_size)):
            raise SpecError(
                f"input {shape} ({self.layout}): every axis but the batch must have at least one element"
            )
        fix(pads=resolve_padding(padding, self.input_size, self.window_size, self.stride))
        self._check_windows()

    def _check_types(self) -> None:
        if self.dtype.kind not in "biuf" or (self.dtype.kind == "f" and self.dtype.itemsize > 8):
            raise DTypeError(f"cannot pool {self.dtype}; use bool, an integer type, float16, float32 or float64")
        if self.border is None or self.dtype.kind == "f":
            return
        value = border_value(self.border, np.dtype(np.int64))
        limits = np.iinfo(self.dtype) if self.dtype.kind in "iu" else None
        lowest, highest = (limits.min, limits.max) if limits else (0, 1)
        if not lowest <= value <= highest:
            raise SpecError(
                f"border value {value!r} does not fit {self.dtype}, which goes from {lowest} to {highest}; "
                "use another border or convert the input"
            )

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
        early = (start for start in range(-before, min(0, last + 1), step))
        skipped = (s for s in early if -(s // apart) >= cells or s % apart >= size)
        return next(skipped, last if last >= size else None)

    def replace(self, **changes: Any) -> Self:
        """Return the same spec with some of its constructor's options changed."""
        options = {f.name: getattr(self, f.name) for f in fields(self)}
        if "layout" in changes and "input_shape" not in changes:
            parts = split_shape(self.input_shape, self.dims, self.layout)
            options["input_shape"] = join_shape(*parts, parse_layout(changes["layout"], self.dims))
        return type(self)(**({"padding": options.pop("pads")} | options | changes))

    @property
    def dims(self) -> int:
        """Number of spatial dimensions: 1 for signals, 2 for images, 3 for volumes."""
        return len(self.window)

    @property
    def batch(self) -> int:
        """Number of items N; 1 without a batch axis."""
        batch = split_shape(self.input_shape, self.dims, self.layout)[0]
        return 1 if batch is None else batch

    @property
    def channels(self) -> int:
        """Channels of the input, and of the output: each is pooled by itself."""
        return split_shape(self.input_shape, self.dims, self.layout)[1]

    @property
    def input_size(self) -> tuple[int, ...]:
        """Spatial size of the input."""
        return split_shape(self.input_shape, self.dims, self.layout)[2]

    @property
    def window_size(self) -> tuple[int, ...]:
        """Cells that a window spans with its dilation: d (w − 1) + 1."""
        return tuple(d * (w - 1) + 1 for d, w in zip(self.dilation, self.window, strict=True))

    @property
    def receptive_field(self) -> tuple[int, ...]:
        """Input cells along each dimension that one output cell depends on: the window's span."""
        return self.window_size

    @property
    def padded_size(self) -> tuple[int, ...]:
        """Spatial size of the input with its pads."""
        return tuple(size + sum(pads) for size, pads in zip(self.input_size, self.pads, strict=True))

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
    def output_shape(self) -> tuple[int, ...]:
        """Shape of the output, in the input's layout, with a batch axis if the input has one."""
        batch = split_shape(self.input_shape, self.dims, self.layout)[0]
        return join_shape(batch, self.channels, self.output_size, self.layout)

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
