"""The adjoints of a convolution: what flows back to its input, and to its weights."""

import math

import numpy as np

from convolens.algorithms.base import Array
from convolens.algorithms.windows import padded_input, tap_view, taps, unpad
from convolens.spec.geometry import ConvSpec


def input_gradient(spec: ConvSpec, weight: Array, grad: Array) -> Array:
    r"""
    Send every output cell's gradient back to the input cells of its window: the transposed convolution.

    .. math:: \partial x[n, c, s\,o + d\,t - p] \mathrel{+}= \sum_k w[k, c, t] \; \partial y[n, k, o]

    Parameters
    ----------
    spec : ConvSpec
        The convolution that goes forward.
    weight : ndarray, shape (K, C / groups, kernel size…)
        Turned already if the spec says ``flip``.
    grad : ndarray, shape (N, K, output size…)
        Gradient with respect to the output.

    Returns
    -------
    ndarray, shape (N, C, input size…)
        Of ``spec.compute_dtype``. What falls on a border's copy of a cell is added to the
        cell; what falls on a constant is lost.
    """
    dtype = spec.compute_dtype
    per_cell = weight.astype(dtype).reshape(spec.groups, -1, *weight.shape[1:2], math.prod(spec.kernel_size))
    rows = np.ascontiguousarray(per_cell.transpose(3, 0, 2, 1))
    padded = np.zeros((spec.batch, spec.in_channels, *spec.padded_size), dtype)
    for n in range(spec.batch):
        columns = grad[n].astype(dtype, copy=False).reshape(spec.groups, rows.shape[-1], -1)
        for index, tap in enumerate(taps(spec)):
            part = rows[index] * columns if rows.shape[-1] == 1 else rows[index] @ columns
            tap_view(spec, padded[n], tap)[...] += part.reshape(spec.in_channels, *spec.output_size)
    return unpad(padded, spec.pads, spec.border)


def weight_gradient(spec: ConvSpec, x: Array, grad: Array) -> Array:
    r"""
    Correlate the input with the output's gradient: one sum over all windows for each kernel cell.

    .. math:: \partial w[k, c, t] = \sum_{n, o} \partial y[n, k, o] \; x[n, c, s\,o + d\,t - p]

    Parameters
    ----------
    spec : ConvSpec
        The convolution that goes forward.
    x : ndarray, shape (N, C, input size…)
        Its input.
    grad : ndarray, shape (N, K, output size…)
        Gradient with respect to its output.

    Returns
    -------
    ndarray, shape (K, C / groups, kernel size…)
        Of ``spec.compute_dtype``, for the turned kernel if the spec says ``flip``.
    """
    dtype = spec.compute_dtype
    padded = padded_input(spec, x)
    total = np.zeros(
        (math.prod(spec.kernel_size), spec.groups, spec.out_channels // spec.groups, spec.weight_shape[1]),
        dtype,
    )
    for n in range(spec.batch):
        rows = grad[n].astype(dtype, copy=False).reshape(spec.groups, total.shape[2], -1)
        for index, tap in enumerate(taps(spec)):
            columns = (
                tap_view(spec, padded[n], tap).astype(dtype, copy=False).reshape(spec.groups, total.shape[3], -1)
            )
            total[index] += rows @ columns.transpose(0, 2, 1)
    return total.transpose(1, 2, 3, 0).reshape(spec.weight_shape)
