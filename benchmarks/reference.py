"""What the answer is: sums in float64, tap by tap with nothing but NumPy; by SciPy for images and long kernels."""

import itertools
import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import scipy.ndimage
import scipy.signal

from benchmarks.case import Array, Case
from benchmarks.filters import to_pixels
from benchmarks.networks import in_double

FEW_TAPS = 1000  # from here on, sums in float64 by FFT: their error of 1e-15 does not count against float32


def solve(case: Case, data: dict[str, Array]) -> list[Array]:
    """Return the outputs of a case, channels first, in float64 or the image's data type."""
    if case.operation == "filter":
        return [_filter(case, data["x"])]
    if case.network:
        return [in_double(case.whole)(data["x"].astype(np.float64))]
    if case.pools:
        return [_pool(case, data["x"].astype(np.float64))]
    x, weight = (data[name].astype(np.float64) for name in ("x", "weight"))
    if case.operation == "deformable":
        return [_deform(case, x, weight, data)]
    if case.operation == "transposed":
        return [_scatter(case, x, weight, case.output_size)]
    if case.operation == "gradients":
        grad = data["grad"].astype(np.float64)
        return [_scatter(case, grad, weight, case.size), _grad_weight(case, x, grad)]
    return [_gather_by_fft(case, x, weight) if math.prod(case.kernel) > FEW_TAPS else _gather(case, x, weight)]


def error(outputs: list[Array], answers: list[Array]) -> float:
    """Return the largest error of all arrays: beside the largest output or, for integers, in levels."""
    worst = 0.0
    for output, answer in zip(outputs, answers, strict=True):
        if output.shape != answer.shape:
            return math.inf
        largest = 1.0 if answer.dtype.kind == "u" else float(np.abs(answer).max()) or 1.0
        difference = float(np.abs(np.subtract(output, answer, dtype=np.float64)).max())
        worst = max(worst, math.inf if math.isnan(difference) else difference / largest)
    return worst


def tolerance(case: Case) -> float:
    """Return the error from which an answer counts as wrong. SciPy truncates twice where others round."""
    return {"float32": 1e-3, "float64": 1e-10}.get(case.dtype, 2.0)


def _taps(case: Case, steps: tuple[int, ...]) -> Iterator[tuple[tuple[int, ...], tuple[slice, ...]]]:
    """Yield every tap, and where in the padded array it meets each of ``steps`` window positions."""
    s, d = case.stride, case.dilation
    for tap in itertools.product(*map(range, case.kernel)):
        yield tap, tuple(slice(t * d, t * d + s * (n - 1) + 1, s) for t, n in zip(tap, steps, strict=True))


def _last(*index: Any) -> tuple[Any, ...]:
    """Return an index of the last axes."""
    return (..., *index)


def _padded(case: Case, x: Array) -> Array:
    return np.pad(x, [(0, 0)] * 2 + [(case.padding, case.padding)] * case.dims)


def _grouped(case: Case, x: Array) -> Array:
    return x.reshape(x.shape[0], case.groups, x.shape[1] // case.groups, -1)


def _matrix(case: Case, weight: Array, tap: tuple[int, ...]) -> Array:
    matrix: Array = weight[_last(*tap)].reshape(case.groups, weight.shape[0] // case.groups, weight.shape[1])
    return matrix


def _gather(case: Case, x: Array, weight: Array) -> Array:
    padded = _padded(case, x)
    total = np.zeros(case.output_shape)
    for tap, cells in _taps(case, case.output_size):
        view = _grouped(case, padded[_last(*cells)])
        total += np.matmul(_matrix(case, weight, tap), view).reshape(total.shape)
    return total


def _pool(case: Case, x: Array) -> Array:
    largest = case.operation == "max-pool"
    outside = -np.inf if largest else 0.0
    padded = np.pad(x, [(0, 0)] * 2 + [(case.padding, case.padding)] * case.dims, constant_values=outside)
    total = np.full(case.output_shape, outside)
    for _, cells in _taps(case, case.output_size):
        (np.maximum if largest else np.add)(total, padded[_last(*cells)], out=total)
    return total if largest else total / math.prod(case.kernel)


def _deform(case: Case, x: Array, weight: Array, data: dict[str, Array]) -> Array:
    """Interpolate at every kernel cell's points, with zeros outside, then sum."""
    rows, columns = case.output_size
    points = (case.shape[0], case.offset_groups, *case.kernel)
    offset = data["offset"].astype(np.float64).reshape(*points, 2, rows, columns)
    mask = data["mask"].astype(np.float64).reshape(*points, rows, columns)
    images = x.reshape(*points[:2], -1, *case.size)
    per_group = case.weight[1]
    total = np.zeros((case.shape[0], case.groups, case.weight[0] // case.groups, rows, columns))
    for u, v in np.ndindex(*case.kernel):
        starts = (np.arange(n) * case.stride - case.padding for n in (rows, columns))
        down, right = np.meshgrid(*starts, indexing="ij")
        down = down + u * case.dilation + offset[:, :, u, v, 0]
        right = right + v * case.dilation + offset[:, :, u, v, 1]
        values = _between(images, down, right) * mask[:, :, None, u, v]
        values = values.reshape(case.shape[0], case.groups, per_group, rows, columns)
        matrix = weight[:, :, u, v].reshape(case.groups, -1, per_group)
        total += np.einsum("gkc,ngcyx->ngkyx", matrix, values)
    return total.reshape(case.output_shape)


def _between(images: Array, down: Array, right: Array) -> Array:
    """Interpolate images (N, groups, C, H, W) at points (N, groups, rows, columns)."""
    height, width = images.shape[3:]
    upper, left = np.floor(down).astype(int), np.floor(right).astype(int)
    item, group = (axis[..., None, None] for axis in np.ix_(*map(np.arange, images.shape[:2])))
    total: Array = np.zeros((*down.shape, images.shape[2]))
    for row, column in itertools.product((upper, upper + 1), (left, left + 1)):
        inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
        share = inside * (1 - np.abs(down - row)) * (1 - np.abs(right - column))
        cells = images[item, group, :, row.clip(0, height - 1), column.clip(0, width - 1)]
        total += share[..., None] * cells
    return np.moveaxis(total, -1, 2)


def _scatter(case: Case, x: Array, weight: Array, size: tuple[int, ...]) -> Array:
    """Send each cell of ``x`` to its window: transposed convolution, or gradient to the input."""
    p = case.padding
    padded: Array = np.zeros((x.shape[0], weight.shape[1] * case.groups, *(n + 2 * p for n in size)))
    for tap, cells in _taps(case, x.shape[2:]):
        view = padded[_last(*cells)]
        view += np.matmul(_matrix(case, weight, tap).swapaxes(1, 2), _grouped(case, x)).reshape(view.shape)
    inside = tuple(slice(p, p + n) for n in size)
    result: Array = padded[_last(*inside)]
    return result


def _grad_weight(case: Case, x: Array, grad: Array) -> Array:
    padded, grads = _padded(case, x), _grouped(case, grad)
    total: Array = np.zeros(case.weight)
    for tap, cells in _taps(case, case.output_size):
        view = _grouped(case, padded[_last(*cells)])
        products = np.matmul(grads, view.swapaxes(2, 3)).sum(axis=0)
        total[_last(*tap)] = products.reshape(case.weight[:2])
    return total


def _gather_by_fft(case: Case, x: Array, weight: Array) -> Array:
    assert case.stride == case.dilation == 1
    padded = _padded(case, x)
    turned = np.flip(weight, tuple(range(2, weight.ndim)))
    total = np.zeros(case.output_shape)
    per_group = weight.shape[0] // case.groups
    for n, k, c in np.ndindex(x.shape[0], *weight.shape[:2]):
        channel = k // per_group * weight.shape[1] + c
        total[n, k] += scipy.signal.fftconvolve(padded[n, channel], turned[k, c], mode="valid")
    return total


def _filter(case: Case, image: Array) -> Array:
    chosen = case.filter
    assert chosen is not None
    x = image.astype(np.float64)
    if chosen.profiles is None:
        kernel = chosen.weights.reshape(chosen.side, chosen.side, *(1,) * (x.ndim - 2))
        return to_pixels(scipy.ndimage.correlate(x, kernel.astype(np.float64), mode="mirror"), case.dtype)
    result = _passes(x, *chosen.profiles)
    if chosen.kind == "sobel-magnitude":
        result = np.hypot(result, _passes(x, *chosen.profiles[::-1])) / 4
    return to_pixels(result, case.dtype)


def _passes(x: Array, column: Array, row: Array) -> Array:
    down = scipy.ndimage.correlate1d(x, column, axis=0, mode="mirror")
    across: Array = scipy.ndimage.correlate1d(down, row, axis=1, mode="mirror")
    return across
