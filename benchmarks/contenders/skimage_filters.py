"""scikit-image: Gaussian and Sobel, which give floating point whatever the image."""

from collections.abc import Iterator

import numpy as np
from skimage.filters import gaussian, sobel

from benchmarks.case import Array, Case
from benchmarks.contenders.base import Unable, Variant

PACKAGE = "scikit-image"


def variants(case: Case, data: dict[str, Array], threads: int) -> Iterator[Variant]:
    """Yield the filter of that name."""
    chosen, image = case.filter, data["x"]
    if chosen is None or chosen.kind not in ("gaussian", "sobel-magnitude"):
        raise Unable("no such filter" if chosen else "image filters only")
    if chosen.kind == "gaussian":
        channel = -1 if image.ndim == 3 else None
        reach = chosen.side // 2 / chosen.number

        def blur() -> Array:
            result: Array = gaussian(
                image, chosen.number, mode="mirror", preserve_range=True, truncate=reach, channel_axis=channel
            )
            return result

        yield Variant("gaussian", blur, lambda result: [result])
        return
    floats = image.astype(np.float32)  # its own conversion would scale integers to 0…1

    def edges() -> Array:
        result: Array = sobel(floats, mode="mirror")
        return result

    # It averages both squared gradients: √½ of the magnitude.
    yield Variant(
        "sobel",
        edges,
        lambda result: [
            np.minimum(
                result * np.sqrt(2), np.iinfo(case.dtype).max if np.dtype(case.dtype).kind == "u" else np.inf
            )
        ],
    )
