"""Draw the pictures of docs/explain.md, explain-*.png and explain-signal.svg."""

from pathlib import Path

import numpy as np
from skimage import data

import convolens as cl
from convolens.cli.explain import picture_bytes

HERE = Path(__file__).parent
WIDE = 10 * np.outer(np.arange(1, 6), np.arange(1, 6))


def main() -> None:
    """Write the pictures beside this script."""
    sobel = cl.kernels["sobel-x"]
    photograph = cl.explain(data.camera(), sobel, padding="same", border="reflect", cell=(200, 175))
    border = cl.explain(WIDE, sobel, padding=1, border="reflect", flip=True, cell=(0, 3))
    random = np.random.default_rng(7)
    channels = cl.explain(
        random.integers(0, 10, (3, 5, 5)), random.integers(-2, 3, (2, 3, 3, 3)), [4, -7], padding=1, cell=(1, 0, 2)
    )
    signal = cl.explain([1, 2, 3, 4, 5], [1, 0, -1], flip=True, padding=1, cell=0)
    for name, trace in (("photograph.png", photograph), ("border.png", border), ("channels.png", channels)):
        (HERE / f"explain-{name}").write_bytes(picture_bytes(trace, "png"))
    (HERE / "explain-signal.svg").write_bytes(picture_bytes(signal, "svg"))


if __name__ == "__main__":
    main()
