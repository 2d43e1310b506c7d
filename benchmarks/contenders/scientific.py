"""SciPy: `scipy.ndimage` for photographs, `scipy.signal` for one plane or one signal."""

from collections.abc import Callable, Iterator
from typing import Any, Literal

import numpy as np
import scipy.ndimage
import scipy.signal

from benchmarks.case import Array, Case
from benchmarks.contenders.base import TOO_LONG, Unable, Variant
from benchmarks.filters import to_pixels

PACKAGE = "scipy"


def variants(case: Case, data: dict[str, Array], threads: int) -> Iterator[Variant]:
    """Yield the dedicated filter and the general one; for one channel, both ways by FFT and the direct one."""
    if case.operation == "filter":
        for label, call in _filters(case, data["x"]).items():
            yield Variant(label, call, lambda result: [result])
        return
    if not case.single_channel or case.dilation != 1:
        raise Unable("one channel only")
    whole, kernel = data["x"][0, 0], data["weight"][0, 0]
    centred = 2 * case.padding == case.kernel[0] - 1
    mode: Literal["same", "valid"] = "same" if centred else "valid"
    x = whole if centred else np.pad(whole, case.padding)
    turned: Array = np.flip(kernel)
    ways: dict[str, Callable[[], Any]] = {
        "fftconvolve": lambda: scipy.signal.fftconvolve(x, turned, mode=mode),
        "oaconvolve": lambda: scipy.signal.oaconvolve(x, turned, mode=mode),
    }
    if centred and case.operations < TOO_LONG / 2:
        ways["ndimage"] = lambda: scipy.ndimage.correlate(whole, kernel, mode="constant")
    for label, call in ways.items():
        yield Variant(label, call, lambda result: [result[None, None]])


def _filters(case: Case, image: Array) -> dict[str, Callable[[], Any]]:
    chosen, channels = case.filter, image.ndim - 2
    assert chosen is not None
    # Sums that leave the range of integers would wrap: these are taken in float32, and held.
    kind = np.dtype(np.float32) if chosen.negative else image.dtype
    options: dict[str, Any] = {"output": kind, "mode": "mirror"}
    if chosen.kind == "sobel-magnitude":
        return {"sobel": lambda: to_pixels(_magnitude(image, options), image.dtype)}
    if chosen.kind == "sobel-x":
        return {"sobel": lambda: to_pixels(scipy.ndimage.sobel(image, axis=1, **options), image.dtype)}
    if kind == image.dtype:
        options["output"] = np.empty_like(image)
    sides = (chosen.side, chosen.side, *(1,) * channels)
    if chosen.kind == "gaussian":
        sigmas, reach = (chosen.number, chosen.number, *(0,) * channels), (chosen.side // 2,) * 2 + (0,) * channels
        return {"gaussian_filter": lambda: scipy.ndimage.gaussian_filter(image, sigmas, radius=reach, **options)}
    if chosen.kind == "box":
        return {"uniform_filter": lambda: scipy.ndimage.uniform_filter(image, sides, **options)}
    kernel = chosen.weights.astype(np.float64).reshape(sides)
    return {"correlate": lambda: to_pixels(scipy.ndimage.correlate(image, kernel, **options), image.dtype)}


def _magnitude(image: Array, options: dict[str, Any]) -> Array:
    length: Array = np.hypot(*(scipy.ndimage.sobel(image, axis=axis, **options) for axis in (0, 1)))
    length /= 4
    return length
