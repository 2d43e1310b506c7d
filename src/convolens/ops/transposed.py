"""Transposed convolution: the adjoint of convolution, which sends each input cell to a window of the output."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import numpy.typing as npt

from convolens.ops.activations import check_activation, find_activation
from convolens.ops.adjoint import Adjoint, prepare_adjoint
from convolens.ops.arrays import (
    Array,
    as_array,
    channels_first,
    check_bias,
    check_weight_axes,
    deliver,
    quietly,
    result_array,
)
from convolens.ops.dimensions import in_dimensions
from convolens.ops.integers import border_copies, check_sums, largest_sum
from convolens.ops.prepared import MANY, ONE_OFF
from convolens.runtime.replay import Bound
from convolens.spec.borders import Border
from convolens.spec.geometry import ConvSpec
from convolens.spec.layout import FIRST
from convolens.spec.padding import Padding
from convolens.spec.transposed import transposed_spec


def _conv_transpose(
    dims: int,
    x: npt.ArrayLike,
    weight: npt.ArrayLike,
    bias: npt.ArrayLike | None = None,
    *,
    stride: int | tuple[int, ...] = 1,
    padding: Padding = 0,
    output_padding: int | tuple[int, ...] = 0,
    border: str | float | Border = "constant",
    dilation: int | tuple[int, ...] = 1,
    groups: int = 1,
    flip: bool = False,
    layout: str = FIRST,
    activation: str | None = None,
    exact: bool = False,
    out: Array | None = None,
) -> Array:
    r"""
    Transposed convolution in {dimensions}: the adjoint of convolution with the same weights and options.

    .. math:: y[n, k, s\,i + d\,t - p] \mathrel{+}= w[c, k, t] \; x[n, c, i]

    Parameters
    ----------
    x : array_like, shape (N, C, {size}) or (C, {size})
        Input; with ``layout="channels-last"`` the channels come last.
    weight : array_like, shape (C, K / groups, {size})
        The weights of the convolution that goes the other way, from K channels to C.
    bias : array_like, shape (K,), optional
        One number to add for each output channel.
    stride : int or tuple of int, default 1
        Output cells from one window to the next: upsampling by this factor.
    padding : int, tuple, or str, default 0
        Cells cut off the output's sides; ``"same"``: output = input × stride.
    output_padding : int or tuple of int, default 0
        Cells added at the output's end, less than the stride.
    border : str or float, default "constant"
        What becomes of the cells cut off: lost for a constant, else added to the cell that the border shows there.
    dilation, groups, flip, layout, activation, exact, out
        As for :func:`conv2d`.

    Returns
    -------
    ndarray, shape (N, K, {size})
        Of size s (input − 1) − pads + d (k − 1) + 1 + output padding. Dtypes as for :func:`conv2d`.

    Raises
    ------
    SpecError
        If shapes and options do not fit together.

    Notes
    -----
    ``⟨conv(y), x⟩ = ⟨y, conv_transpose(x)⟩`` for all x, y. Each phase of the output, cells
    a stride apart, is an ordinary convolution of the input, planned as such: its error is bounded as there.

    See Also
    --------
    prepare_conv_transpose : to use the same weights many times.

    References
    ----------
    V. Dumoulin, F. Visin, A guide to convolution arithmetic for deep learning, 2016, arXiv:1603.07285, chapter 4.

    Examples
    --------
    >>> conv_transpose1d([[1, 2, 3]], [[[1, 10]]], stride=2)
    array([[ 1, 10,  2, 20,  3, 30]])
    """
    transpose = PreparedConvTranspose(
        weight,
        bias,
        dims,
        stride=stride,
        padding=padding,
        output_padding=output_padding,
        border=border,
        dilation=dilation,
        groups=groups,
        flip=flip,
        layout=layout,
        activation=activation,
        exact=exact,
    )
    return transpose(x, out=out)


class PreparedConvTranspose:
    """A transposed convolution that keeps its weights ready; made by :func:`prepare_conv_transpose`."""

    def __init__(
        self,
        weight: npt.ArrayLike,
        bias: npt.ArrayLike | None,
        dims: int | None,
        *,
        calls: int = ONE_OFF,
        **options: Any,
    ) -> None:
        self.weight = as_array(weight, "weight")
        check_weight_axes(self.weight.shape, dims, "channels, kernels / groups")
        self.bias = None if bias is None else as_array(bias, "bias")
        self.activation = find_activation(options.pop("activation"))
        self.exact = bool(options.pop("exact"))
        self.calls = calls
        self.options = options
        # A cache of a function of the weights, not of self: a cycle would keep them alive.
        prepare = functools.partial(
            _prepare_for, self.weight, self.bias, self.activation, self.exact, calls, self.options
        )
        self._adjoint = functools.lru_cache(maxsize=2)(prepare)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle weights and options; the states are prepared anew."""
        settings = {"activation": self.activation, "exact": self.exact, "calls": self.calls}
        make = functools.partial(PreparedConvTranspose, **(self.options | settings))
        return make, (self.weight, self.bias, None)

    def __repr__(self) -> str:
        return f"PreparedConvTranspose(weight={self.weight.shape} {self.weight.dtype})"

    def spec(self, input_shape: tuple[int, ...], dtype: npt.DTypeLike = np.float32) -> ConvSpec:
        """Return the convolution whose adjoint a call with an input of this shape and dtype is."""
        return _spec(self.weight, self.options, input_shape, dtype)

    @quietly
    def __call__(self, x: npt.ArrayLike, *, out: Array | None = None) -> Array:
        """Convolve ``x`` backward; see :func:`conv_transpose2d` for shapes, dtypes and errors."""
        x = as_array(x, "input")
        return run_adjoint(self._adjoint(x.shape, x.dtype), x, self.weight, out)

    def bound(self, x: Array, out: Array) -> Bound | None:
        """
        Compute ``x`` into ``out``; return what does so again with whatever these arrays hold then.

        None, and nothing done, where it takes more than compiled code.
        """
        prepared = self._adjoint(x.shape, x.dtype)
        layout, dims = prepared.spec.layout, prepared.spec.dims
        return prepared.bound(channels_first(x, dims, layout), channels_first(out, dims, layout))


def adjoint(spec: ConvSpec, x: Array, weight: Array, out: Array | None = None, *, calls: int = ONE_OFF) -> Array:
    """Run the adjoint of the convolution ``spec`` on ``x``, an array of its output's shape."""
    return run_adjoint(_prepare(weight, None, None, False, calls, spec), x, weight, out)


def run_adjoint(prepared: Adjoint, x: Array, weight: Array, out: Array | None = None) -> Array:
    """Run a prepared adjoint on ``x``, an array of the shape of the convolution's output."""
    spec, bias = prepared.spec, prepared.bias
    if spec.compute_dtype.kind != "f":
        check_sums(f"{x.dtype} input and {weight.dtype} weight", x, _weights(spec, weight), bias=bias)
    arrays = [array for array in (x, weight, bias) if array is not None]
    result = result_array(spec.input_shape, spec.result_dtype, out, spec.compute_dtype, *arrays)
    prepared(channels_first(x, spec.dims, spec.layout), channels_first(result, spec.dims, spec.layout))
    return deliver(result, spec.result_dtype, out)


def _prepare(
    weight: Array, bias: Array | None, activation: str | None, exact: bool, calls: int, spec: ConvSpec
) -> Adjoint:
    check_bias(bias, spec.in_channels)
    check_activation(activation, spec.result_dtype)
    return prepare_adjoint(spec, turn(spec, weight), bias, activation, exact=exact, calls=calls)


def _prepare_for(
    weight: Array,
    bias: Array | None,
    activation: str | None,
    exact: bool,
    calls: int,
    options: dict[str, Any],
    shape: tuple[int, ...],
    dtype: np.dtype[Any],
) -> Adjoint:
    return _prepare(weight, bias, activation, exact, calls, _spec(weight, options, shape, dtype))


def _spec(weight: Array, options: dict[str, Any], shape: tuple[int, ...], dtype: npt.DTypeLike) -> ConvSpec:
    return transposed_spec(shape, weight.shape, dtype=dtype, weight_dtype=weight.dtype, **options)


def _weights(spec: ConvSpec, weight: Array) -> float:
    """The largest sum of magnitudes of weights that one cell takes, over the copies that a border makes of it."""
    grouped = weight.reshape(spec.groups, -1, *weight.shape[1:])
    return border_copies(spec) * largest_sum(grouped, (1, *range(3, grouped.ndim)))


def turn(spec: ConvSpec, weight: Array) -> Array:
    """Turn the kernels by 180° if the spec says so: from its weights to those of a correlation, and back."""
    axes: Any = tuple(range(2, weight.ndim))
    return np.flip(weight, axes) if spec.flip else weight


def prepare_conv_transpose(
    weight: npt.ArrayLike,
    bias: npt.ArrayLike | None = None,
    *,
    stride: int | tuple[int, ...] = 1,
    padding: Padding = 0,
    output_padding: int | tuple[int, ...] = 0,
    border: str | float | Border = "constant",
    dilation: int | tuple[int, ...] = 1,
    groups: int = 1,
    flip: bool = False,
    layout: str = FIRST,
    activation: str | None = None,
    exact: bool = False,
) -> PreparedConvTranspose:
    """
    Prepare a transposed convolution whose weights stay, so that work on them is paid once.

    Parameters
    ----------
    weight : array_like, shape (C, K / groups, kernel size…)
        The weights of the convolution that goes the other way, in one, two, three or more dimensions.
    bias : array_like, shape (K,), optional
        One number for each output channel.
    stride, padding, output_padding, border, dilation, groups, flip, layout, activation, exact
        As for :func:`conv_transpose2d`.

    Returns
    -------
    PreparedConvTranspose
        Call it with an input.

    Notes
    -----
    The weights are not copied; changing them afterwards leads to undefined results.

    Examples
    --------
    >>> upsample = prepare_conv_transpose(np.ones((1, 1, 2, 2), np.float32), stride=2)
    >>> upsample(np.float32([[[1, 2]]]))
    array([[[1., 1., 2., 2.],
            [1., 1., 2., 2.]]], dtype=float32)
    """
    return PreparedConvTranspose(
        weight,
        bias,
        None,
        calls=MANY,
        stride=stride,
        padding=padding,
        output_padding=output_padding,
        border=border,
        dilation=dilation,
        groups=groups,
        flip=flip,
        layout=layout,
        activation=activation,
        exact=exact,
    )


conv_transpose1d, conv_transpose2d, conv_transpose3d = in_dimensions("conv_transpose{}d", _conv_transpose)
