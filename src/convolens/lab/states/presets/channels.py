"""The worked examples of the channels."""

from typing import Any

import numpy as np

from convolens.lab.states.channels import Channels
from convolens.lab.states.numbers import Numbers

_STRIPES = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [1, 1, 1]]).T
_FOUR: dict[str, Any] = {"input": Numbers.of((np.arange(100) ** 2 // 3 % 10).reshape(4, 5, 5))}


def _slices(*shape: int) -> Numbers:
    return Numbers.of((np.arange(np.prod(shape)) * 5 % 7 - 3).reshape(shape))


CHANNELS: dict[str, Channels] = {
    "rgb": Channels(),
    "grey": Channels(
        input=Numbers.of(_STRIPES[:, np.newaxis] * np.array([255, 128, 64])[:, np.newaxis]),
        weight=Numbers.of([[[0.299]], [[0.587]], [[0.114]]]),
    ),
    "red-edge": Channels(
        input=Numbers.of([[[0, 0, 0, 9, 9, 9]] * 5, [[5] * 6] * 2 + [[0] * 6] * 3, [[3] * 6] * 5]),
        weight=Numbers.of([[[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], [[0] * 3] * 3, [[0] * 3] * 3]),
    ),
    "many": Channels(weight=_slices(12, 3, 3), bias=(0, 10, -10, 5)),
    "full": Channels(**_FOUR, weight=_slices(16, 3, 3)),
    "groups": Channels(**_FOUR, weight=_slices(8, 3, 3), groups=2),
    "depthwise": Channels(**_FOUR, weight=_slices(4, 3, 3), groups=4),
    "pointwise": Channels(**_FOUR, weight=_slices(16, 1, 1)),
}
