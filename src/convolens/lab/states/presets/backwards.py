"""The worked examples of Backwards."""

from typing import Any

import numpy as np

from convolens.lab.states.backwards import Backwards
from convolens.lab.states.numbers import Numbers
from convolens.lab.states.presets.arrays import BOX, landscape
from convolens.lab.states.sliding_window import SOBEL_X

_DESCENT: dict[str, Any] = {"part": "descent"}
_SMOOTH = Numbers.of((np.array(landscape().data).reshape(12, 14) / 9).round(2))

_GRADIENT = Numbers.of((np.arange(25).reshape(5, 5) * 3 % 7) - 3)

BACKWARDS: dict[str, Backwards] = {
    "by-hand": Backwards(),
    "every-overlap": Backwards(
        input=Numbers.of(np.arange(1, 26).reshape(5, 5) % 7),
        kernel=SOBEL_X,
        grad=Numbers.of([[0, 0, 0], [0, 1, 0], [0, 0, 0]]),
        cell=(2, 3),
    ),
    "same-size": Backwards(
        input=Numbers.of(np.arange(25).reshape(5, 5) % 4), kernel=SOBEL_X, pad=(1, 1), grad=_GRADIENT, cell=(1, 1)
    ),
    "stride": Backwards(
        input=Numbers.of(np.arange(49).reshape(7, 7) % 5),
        kernel=BOX,
        stride=(2, 2),
        grad=Numbers.of([[1, 2, 3], [4, 5, 6], [7, 8, 9]]),
        cell=(2, 2),
    ),
    "dilation": Backwards(
        input=Numbers.of(np.arange(49).reshape(7, 7) % 5),
        kernel=SOBEL_X,
        dilation=(2, 2),
        grad=Numbers.of([[1, 0, 0], [0, 2, 0], [0, 0, 3]]),
        side="kernel",
    ),
    "signal": Backwards(
        dims=1,
        input=Numbers.of([1, 2, 3, 4, 5]),
        kernel=Numbers.of([1, 0, -1]),
        grad=Numbers.of([1, 10, 100]),
        stride=(1,),
        dilation=(1,),
        pad=(0,),
    ),
    "sobel": Backwards(**_DESCENT),
    "sobel-picture": Backwards(**_DESCENT, picture=_SMOOTH, rate=0.4, steps=500),
    "momentum": Backwards(**_DESCENT, picture=_SMOOTH, rate=0.4, momentum=0.9, steps=200),
    "too-large": Backwards(**_DESCENT, rate=2.2),
    "even": Backwards(
        **_DESCENT,
        picture=Numbers.of(np.full((12, 12), 0.5)),
        target=Numbers.of([[1, 2, 1], [2, 4, 2], [1, 2, 1]]),
        rate=0.2,
        steps=20,
    ),
}
