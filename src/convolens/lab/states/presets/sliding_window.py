"""The worked examples of the sliding window."""

from typing import Any

import numpy as np

from convolens.lab.states.numbers import Numbers
from convolens.lab.states.presets.arrays import BOX
from convolens.lab.states.sliding_window import SOBEL_X, SlidingWindow

_EDGE = Numbers.of([[-1, -1, -1], [0, 0, 0], [1, 1, 1]])
_SIGNAL: dict[str, Any] = {
    "dims": 1,
    "input": Numbers.of([1, 2, 3, 4, 5]),
    "kernel": Numbers.of([1, 0, -1]),
    "stride": (1,),
    "dilation": (1,),
    "output_padding": (0,),
}
_ONES = Numbers.of(np.ones((7, 7), np.int64))

SLIDING_WINDOW: dict[str, SlidingWindow] = {
    "ramp": SlidingWindow(),
    "edge": SlidingWindow(input=Numbers.of([[0, 0, 0], [17, 17, 17], [255, 255, 255]]), kernel=_EDGE),
    "one-window": SlidingWindow(input=Numbers.of([[1, 2, 0], [0, 1, 2], [2, 0, 1]])),
    "vertical-edge": SlidingWindow(input=Numbers.of([[1, 1, 1, 0, 0]] * 3), kernel=Numbers.of([[1, 0, -1]] * 3)),
    "signal": SlidingWindow(**_SIGNAL),
    "signal-convolution": SlidingWindow(**_SIGNAL, operation="convolution"),
    "same-size": SlidingWindow(input=_ONES, kernel=BOX, padding="same"),
    "stride": SlidingWindow(input=_ONES, kernel=BOX, stride=(2, 2)),
    "dilation": SlidingWindow(input=_ONES, kernel=BOX, dilation=(2, 2)),
    "borders": SlidingWindow(kernel=SOBEL_X, padding="same", border="reflect"),
    "full-convolution": SlidingWindow(
        input=Numbers.of([[1, 2, 3], [4, 5, 6]]),
        kernel=Numbers.of([[1, 0], [2, -1]]),
        operation="convolution",
        padding="full",
    ),
    "transposed": SlidingWindow(
        input=Numbers.of([[1, 2], [3, 4]]), kernel=BOX, operation="transposed", stride=(2, 2)
    ),
    "volume": SlidingWindow(
        dims=3,
        input=Numbers.of(np.arange(4 * 5 * 5).reshape(4, 5, 5) % 7),
        kernel=Numbers.of(np.ones((2, 3, 3), np.int64)),
        stride=(1, 1, 1),
        dilation=(1, 1, 1),
        output_padding=(0, 0, 0),
    ),
}
