"""The worked examples of the matrix view."""

from typing import Any

import numpy as np

from convolens.lab.states.matrix_view import Layer, MatrixView
from convolens.lab.states.numbers import Numbers

_TENT: dict[str, Any] = {
    "input": Numbers.of([[0, 0, 4, 8, 4, 0, 0, 2]]), "weight": Numbers.of([[1, 2, 1]]), "padding": "same",
}  # fmt: skip
_SOBEL: dict[str, Any] = {
    "input": Numbers.of([[[0, 0, 1, 1, 1]] * 5]), "weight": Numbers.of([[[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]]),
}  # fmt: skip
_TWO: dict[str, Any] = {
    "input": Numbers.of(np.arange(18).reshape(2, 3, 3)),
    "weight": Numbers.of(np.arange(16).reshape(4, 2, 2) % 5 - 1),
}

MATRIX_VIEW: dict[str, MatrixView] = {
    "sixteen": MatrixView(),
    "signal": MatrixView(input=Numbers.of([[1, 2, 3, 4, 5]]), weight=Numbers.of([[1, 0, -1]])),
    "band": MatrixView(**_TENT),
    "circulant": MatrixView(**_TENT, border="wrap"),
    "blocks": MatrixView(**_SOBEL, padding="same"),
    "stride": MatrixView(**_SOBEL, stride=2),
    "transposed": MatrixView(
        input=Numbers.of([[[1, 0, 2, 0], [0, 1, 0, 0], [0, 0, 0, 3], [1, 0, 0, 0]]]),
        weight=Numbers.of([[[1, 2], [3, 4]]]),
        stride=2,
        transposed=True,
    ),
    "columns": MatrixView(view="im2col"),
    "channels": MatrixView(**_TWO, view="im2col"),
    "tile": MatrixView(
        view="winograd",
        input=Numbers.of([[[3, 1, 4, 1], [5, 9, 2, 6], [5, 3, 5, 8], [9, 7, 9, 3]]]),
        weight=Numbers.of([[[2, 1, 0], [1, 4, 1], [0, 1, 2]]]),
    ),
    "tile-1d": MatrixView(
        view="winograd", input=Numbers.of([[1, 2, 3, 4, 5, 6]]), weight=Numbers.of([[1, 2, 4]]), layer=None
    ),
    "spectra": MatrixView(**_TENT | {"padding": "valid"}, view="fft", layer=None),
    "spectra-2d": MatrixView(**_SOBEL | {"padding": "full"}, view="fft", layer=Layer(1, 1, 512, 512, 31)),
}
