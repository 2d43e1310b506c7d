"""The worked examples of the borders."""

from typing import Any

import numpy as np

from convolens.lab.states.borders import Borders
from convolens.lab.states.numbers import Numbers
from convolens.lab.states.presets.arrays import landscape
from convolens.lab.states.sliding_window import SOBEL_X

_ROW: dict[str, Any] = {"dims": 1, "kernel": Numbers.of([1, 1, 1])}

BORDERS: dict[str, Borders] = {
    "count": Borders(),
    "row": Borders(**_ROW, input=Numbers.of([1, 2, 3, 4]), pad=(3,)),
    "wide": Borders(**_ROW, input=Numbers.of([1, 2, 3]), pad=(7,)),
    "frame": Borders(input=Numbers.of(np.full((4, 5), 9)), pad=(1, 1)),
    "gradient": Borders(input=Numbers.of(np.tile(np.arange(6) * 10, (4, 1))), kernel=SOBEL_X, pad=(1, 1)),
    "picture": Borders(input=landscape(), pad=(5, 5)),
    "one-cell": Borders(input=Numbers.of([[7]]), kernel=Numbers.of([[1]])),
}
