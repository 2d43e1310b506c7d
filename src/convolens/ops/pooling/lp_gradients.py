"""Gradients of Lp pooling with sliding windows."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from convolens.ops.arrays import Array, as_array, channels_first, check_gradient
from convolens.ops.dimensions import in_dimensions
from convolens.ops.pooling.arrays import BorderOption, Sizes, finish, float_dtype
from convolens.ops.pooling.lp import magnitudes, norm, scaled_sums
from convolens.ops.pooling.windows import AxisWindows, along, axis_windows, extend, extend_adjoint
from convolens.spec.layout import FIRST
from convolens.spec.padding import Padding, per_dimension
from convolens.spec.pooling import PoolSpec


def _lp_pool_grad(
    dims: int,
    grad_output: npt.ArrayLike,
    x: npt.ArrayLike,
    window: Sizes,
    p: float = 2,
    *,
    stride: Sizes | None = None,
    padding: Padding = 0,
    dilation: Sizes = 1,
    ceil_mode: bool = False,
    border: BorderOption = None,
    layout: str = FIRST,
    out: Array | None = None,
) -> Array:
    r"""
    Bring a gradient back through Lp pooling in {dimensions}.

    .. math:: \frac{\partial y}{\partial x} = \mathrm{sign}(x) \left( \frac{|x|}{y} \right)^{p - 1}

    Parameters
    ----------
    grad_output : array_like
        Gradient with respect to the norms, of their shape.
    x : array_like
        The input that was pooled.
    window, p, stride, padding, dilation, ceil_mode, border, layout
        As for :func:`lp_pool2d`.
    out : ndarray, optional
        Array of the result's shape and dtype to write into.

    Returns
    -------
    ndarray
        Gradient with respect to ``x``. Where the norm has a corner it is a subgradient: 0 where all of a
        window is 0; with p = 1, 0 where a cell is 0; with p = ∞, shared by equal cells.

    Examples
    --------
    >>> lp_pool1d_grad([[1.0, 1.0]], [[3.0, -4.0, 1.0, 0.0]], 2, p=1)
    array([[ 1., -1.,  1.,  0.]])
    >>> lp_pool2d_grad([[[10.0]]], [[[3.0, 0.0], [0.0, -4.0]]], 2)
    array([[[ 6.,  0.],
            [ 0., -8.]]])
    """
    grad_output, x = as_array(grad_output, "grad_output"), as_array(x, "input")
    spec = PoolSpec(
        x.shape,
        per_dimension(window, dims, "window"),
        stride=stride,
        padding=padding,
        dilation=dilation,
        ceil_mode=ceil_mode,
        border=border,
        layout=layout,
        dtype=x.dtype,
    )
    check_gradient(grad_output, spec.output_shape)
    axes = axis_windows(spec)
    stages = [magnitudes(spec, x, p)]
    for axis, windows in axes[:-1]:
        stages.append(norm(stages[-1], axis, windows, p))
    planes = channels_first(grad_output, dims, spec.layout)
    for (axis, windows), stage in zip(reversed(axes), reversed(stages), strict=True):
        planes = _norm_grad(planes, stage, axis, windows, p)
    planes *= np.sign(extend(spec, channels_first(x, dims, spec.layout)), dtype=planes.dtype)
    dtype = float_dtype(np.result_type(grad_output, x))
    return finish(extend_adjoint(spec, planes), spec.input_shape, dtype, spec.layout, out)


def _norm_grad(grad_output: Array, planes: Array, axis: int, windows: AxisWindows, p: float) -> Array:
    """Bring a gradient back through the p-norms of magnitudes along one axis."""
    scale, sums = scaled_sums(planes, axis, windows, p)
    factor = grad_output * np.power(sums, 1 / p - 1, out=np.zeros_like(sums), where=sums != 0)
    spread = np.zeros(planes.shape, factor.dtype)
    for target, source in windows.steps():
        ratio = planes[along(axis, source)] / scale[along(axis, target)]
        spread[along(axis, source)] += factor[along(axis, target)] * ratio ** (p - 1)
    return spread


lp_pool1d_grad, lp_pool2d_grad, lp_pool3d_grad = in_dimensions("lp_pool{}d_grad", _lp_pool_grad)
