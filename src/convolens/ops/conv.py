"""Convolution in one, two and three dimensions, as deep learning means it."""

from __future__ import annotations

import numpy.typing as npt

from convolens.ops.arrays import Array
from convolens.ops.prepared import PreparedConv
from convolens.spec.borders import Border
from convolens.spec.padding import Padding


def conv1d(
    x: npt.ArrayLike,
    weight: npt.ArrayLike,
    bias: npt.ArrayLike | None = None,
    *,
    stride: int | tuple[int, ...] = 1,
    padding: Padding = 0,
    border: str | float | Border = "constant",
    dilation: int | tuple[int, ...] = 1,
    groups: int = 1,
    flip: bool = False,
    layout: str = "NCW",
    activation: str | None = None,
    exact: bool = False,
    algorithm: str = "auto",
    out: Array | None = None,
) -> Array:
    """
    Convolve signals with a set of kernels; :func:`conv2d` in one dimension.

    Parameters
    ----------
    x : array_like, shape (N, C, W) or (C, W)
        Signals; with ``layout="NWC"`` the channels come last.
    weight : array_like, shape (K, C / groups, kernel length)
        K kernels, in this order of axes whatever the layout.
    bias : array_like, shape (K,), optional
        One number to add for each kernel.
    stride, padding, border, dilation, groups, flip, layout, activation, exact, algorithm, out
        As for :func:`conv2d`.

    Returns
    -------
    ndarray, shape (N, K, output length)
        In the input's layout, without N if the input has none.

    Raises
    ------
    SpecError, DTypeError, UnknownNameError
        As :func:`conv2d`.

    Examples
    --------
    >>> conv1d([[1, 2, 3, 4, 5]], [[[1, 0, -1]]])
    array([[-2, -2, -2]])
    >>> conv1d([[1, 2, 3, 4, 5]], [[[1, 0, -1]]], flip=True)
    array([[2, 2, 2]])
    """
    conv = PreparedConv(
        weight,
        bias,
        1,
        stride=stride,
        padding=padding,
        border=border,
        dilation=dilation,
        groups=groups,
        flip=flip,
        layout=layout,
        activation=activation,
        exact=exact,
        algorithm=algorithm,
    )
    return conv(x, out=out)


def conv2d(
    x: npt.ArrayLike,
    weight: npt.ArrayLike,
    bias: npt.ArrayLike | None = None,
    *,
    stride: int | tuple[int, ...] = 1,
    padding: Padding = 0,
    border: str | float | Border = "constant",
    dilation: int | tuple[int, ...] = 1,
    groups: int = 1,
    flip: bool = False,
    layout: str = "NCHW",
    activation: str | None = None,
    exact: bool = False,
    algorithm: str = "auto",
    out: Array | None = None,
) -> Array:
    r"""
    Convolve images with a set of kernels.

    .. math:: y[n, k, r, c] = b[k] + \sum_{i, u, v} w[k, i, u, v] \;
              x[n, gC/G + i, \; s_r r + d_r u - p_r, \; s_c c + d_c v - p_c],

    where :math:`g` is the group of kernel :math:`k`: cross-correlation, as deep learning calls convolution.

    Parameters
    ----------
    x : array_like, shape (N, C, H, W) or (C, H, W)
        Images; with ``layout="NHWC"`` (N, H, W, C) or (H, W, C). Any strides, read-only or not.
    weight : array_like, shape (K, C / groups, kernel height, kernel width)
        K kernels, in this order of axes whatever the layout.
    bias : array_like, shape (K,), optional
        One number to add for each kernel.
    stride : int or (int, int), default 1
        Cells from one window to the next, in rows and columns.
    padding : int, tuple, or str, default 0
        Cells of border around the image: one number for all sides, one for rows and one for columns, or a pair
        (before, after) for each; or ``"valid"`` (none), ``"same"`` (output = ceil(input / stride); an odd cell
        goes after, with ``"same-lower"`` before), ``"full"`` (every window that touches the image).
    border : str or float, default "constant"
        What lies outside: ``constant`` (zeros), ``edge``, ``reflect``, ``symmetric`` or ``wrap``, as
        :func:`numpy.pad` names them, synonyms of other libraries, or a number: a constant border of that value.
    dilation : int or (int, int), default 1
        Cells from one kernel cell to the next.
    groups : int, default 1
        Groups that channels and kernels are split into; as many as channels makes it depthwise.
    flip : bool, default False
        Turn the kernels by 180° first: convolution in the mathematical sense.
    layout : str, default "NCHW"
        Or "NHWC".
    activation : str, optional
        Applied to the result: relu, relu6, leaky-relu (slope 0.01), sigmoid, tanh, silu, gelu (exact),
        hard-sigmoid (slope 1/6) or hard-swish.
    exact : bool, default False
        Allow only algorithms whose error is that of the plain sum.
    algorithm : str, default "auto"
        Name of the algorithm to use instead of the planner's choice; see :func:`plan_conv`.
    out : ndarray, optional
        Array of the result's shape and dtype to write into; it may overlap the input.

    Returns
    -------
    ndarray, shape (N, K, output height, output width)
        In the input's layout, without N if the input has none. Integers give int64, summed exactly; float16 is
        computed in float32 and rounded once; otherwise NumPy's promotion of input and weight decides.

    Raises
    ------
    SpecError
        If shapes and options do not fit, or sums of integers could pass int64.
    DTypeError
        If an array is complex or not of numbers.
    UnknownNameError
        For an unknown border, padding, layout, activation or algorithm; the nearest names are offered.

    See Also
    --------
    prepare_conv : to use the same weights many times, and to see the plan.
    correlate, convolve : one channel, any number of dimensions.

    Notes
    -----
    The error of each algorithm is bounded beside max \|x\| · Σ \|w\|; ``print(prepare_conv(weight).plan(shape))``
    shows the bounds. By default it is at most 1000 roundings, or that of a plain sum; with ``exact=True`` that of
    a plain sum. NaN and infinity stay in the windows that hold them.

    References
    ----------
    V. Dumoulin, F. Visin, A guide to convolution arithmetic for deep learning, 2016, arXiv:1603.07285.

    Examples
    --------
    >>> image = np.array([[1, 2, 0], [0, 1, 2], [2, 0, 1]])
    >>> sobel_x = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
    >>> conv2d(image[None], sobel_x[None, None])
    array([[[2]]])
    """
    conv = PreparedConv(
        weight,
        bias,
        2,
        stride=stride,
        padding=padding,
        border=border,
        dilation=dilation,
        groups=groups,
        flip=flip,
        layout=layout,
        activation=activation,
        exact=exact,
        algorithm=algorithm,
    )
    return conv(x, out=out)


def conv3d(
    x: npt.ArrayLike,
    weight: npt.ArrayLike,
    bias: npt.ArrayLike | None = None,
    *,
    stride: int | tuple[int, ...] = 1,
    padding: Padding = 0,
    border: str | float | Border = "constant",
    dilation: int | tuple[int, ...] = 1,
    groups: int = 1,
    flip: bool = False,
    layout: str = "NCDHW",
    activation: str | None = None,
    exact: bool = False,
    algorithm: str = "auto",
    out: Array | None = None,
) -> Array:
    """
    Convolve volumes with a set of kernels; :func:`conv2d` in three dimensions.

    Parameters
    ----------
    x : array_like, shape (N, C, D, H, W) or (C, D, H, W)
        Volumes; with ``layout="NDHWC"`` the channels come last.
    weight : array_like, shape (K, C / groups, kernel depth, height, width)
        K kernels, in this order of axes whatever the layout.
    bias : array_like, shape (K,), optional
        One number to add for each kernel.
    stride, padding, border, dilation, groups, flip, layout, activation, exact, algorithm, out
        As for :func:`conv2d`.

    Returns
    -------
    ndarray, shape (N, K, output depth, height, width)
        In the input's layout, without N if the input has none.

    Raises
    ------
    SpecError, DTypeError, UnknownNameError
        As :func:`conv2d`.

    Examples
    --------
    >>> conv3d(np.ones((1, 3, 3, 3)), np.ones((1, 1, 2, 2, 2)), stride=(2, 1, 1)).tolist()
    [[[[8.0, 8.0], [8.0, 8.0]]]]
    """
    conv = PreparedConv(
        weight,
        bias,
        3,
        stride=stride,
        padding=padding,
        border=border,
        dilation=dilation,
        groups=groups,
        flip=flip,
        layout=layout,
        activation=activation,
        exact=exact,
        algorithm=algorithm,
    )
    return conv(x, out=out)
