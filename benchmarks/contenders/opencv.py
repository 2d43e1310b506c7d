"""OpenCV: its filters for photographs, and `filter2D`, which turns to the DFT for large kernels."""

from collections.abc import Callable, Iterator
from typing import Any

import cv2
import numpy as np

from benchmarks.case import Array, Case
from benchmarks.contenders.base import Unable, Variant

PACKAGE = "opencv-python-headless"


def variants(case: Case, data: dict[str, Array], threads: int) -> Iterator[Variant]:
    """Yield the dedicated function, the separable one and the general one, as far as they apply."""
    cv2.setNumThreads(threads)
    if case.operation == "filter":
        for label, call in _filters(case, data["x"]).items():
            yield Variant(label, call, lambda result: [result])
        return
    if not case.single_channel or case.dims != 2 or case.dilation != 1 or 2 * case.padding != case.kernel[0] - 1:
        raise Unable("one plane only")
    plane, kernel, out = data["x"][0, 0], data["weight"][0, 0], np.empty(case.size, case.dtype)
    yield Variant(
        "filter2D",
        lambda: cv2.filter2D(plane, -1, kernel, dst=out, borderType=cv2.BORDER_CONSTANT),
        lambda result: [result[None, None]],
    )


def _filters(case: Case, image: Array) -> dict[str, Callable[[], Any]]:
    chosen = case.filter
    assert chosen is not None
    border, out = cv2.BORDER_REFLECT_101, np.empty_like(image)
    kernel, side = chosen.weights.astype(np.float32), (chosen.side, chosen.side)
    if chosen.kind == "sobel-magnitude":
        return {"Sobel": _magnitude(image, border)}
    ways: dict[str, Callable[[], Any]] = {
        "filter2D": lambda: cv2.filter2D(image, -1, kernel, dst=out, borderType=border)
    }
    if chosen.profiles:
        column, row = (profile.astype(np.float32) for profile in chosen.profiles)
        ways["sepFilter2D"] = lambda: cv2.sepFilter2D(image, -1, row, column, dst=out, borderType=border)
    if chosen.kind == "gaussian":
        ways["GaussianBlur"] = lambda: cv2.GaussianBlur(image, side, chosen.number, dst=out, borderType=border)
    if chosen.kind == "box":
        ways["blur"] = lambda: cv2.blur(image, side, dst=out, borderType=border)
    if chosen.kind == "sobel-x":
        depth = {"uint8": cv2.CV_8U, "uint16": cv2.CV_16U, "float32": cv2.CV_32F}[case.dtype]
        ways["Sobel"] = lambda: cv2.Sobel(image, depth, 1, 0, dst=out, ksize=3, borderType=border)
    return ways


def _magnitude(image: Array, border: int) -> Callable[[], Any]:
    across, down, length = (np.empty(image.shape, np.float32) for _ in range(3))
    out = np.empty_like(image)

    def call() -> Any:
        for order, gradient in (((1, 0), across), ((0, 1), down)):
            cv2.Sobel(image, cv2.CV_32F, *order, dst=gradient, ksize=3, scale=0.25, borderType=border)
        cv2.magnitude(across, down, length)
        if image.dtype == np.uint8:
            return cv2.convertScaleAbs(length, out)
        return length if image.dtype.kind == "f" else np.rint(length).astype(image.dtype)

    return call
