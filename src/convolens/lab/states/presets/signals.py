"""The worked examples of the signals."""

import numpy as np
import numpy.typing as npt

from convolens.lab.states.signal_kernels import noise
from convolens.lab.states.signals import Signals

_NOTCH = (0, 1, 3, -2, -3, 2, 1)


def _rounded(values: npt.NDArray[np.float64]) -> tuple[float, ...]:
    return tuple(np.round(values, 2).tolist())


def _noisy_sine() -> tuple[float, ...]:
    return _rounded(np.sin(2 * np.pi * np.arange(96) / 48) + 0.4 * noise(96, 3))


def _noisy_step() -> tuple[float, ...]:
    return _rounded((np.arange(64) >= 32) + 0.25 * noise(64, 5))


def _hidden() -> tuple[float, ...]:
    """Hide a pattern in noise, at 30 and, half as strong, at 70."""
    signal = 1.6 * noise(96, 11)
    for place, strength in ((30, 1.0), (70, 0.5)):
        signal[place : place + len(_NOTCH)] += strength * np.array(_NOTCH)
    return _rounded(signal)


SIGNALS: dict[str, Signals] = {
    "pulse": Signals(),
    "boxes": Signals(signal=(0,) * 6 + (1,) * 8 + (0,) * 6, kernel=(1,) * 8),
    "average": Signals(signal=_noisy_sine(), kernel="moving-average:size=9", mode="same"),
    "edge": Signals(
        signal=(0,) * 8 + (1,) * 8 + (0,) * 8, kernel="difference", operation="correlation", mode="same"
    ),
    "noisy-edge": Signals(
        signal=_noisy_step(), kernel="gaussian-slope:sigma=3", operation="correlation", mode="same"
    ),
    "pattern": Signals(signal=_hidden(), kernel=_NOTCH, operation="correlation", mode="valid"),
    "numbers": Signals(signal=(1, 2, 3), kernel=(0, 1, 0.5)),
    "correlated": Signals(signal=(1, 2, 3, 4, 5), kernel=(1, 0, -1), operation="correlation", mode="valid"),
    "convolved": Signals(signal=(1, 2, 3, 4, 5), kernel=(1, 0, -1), mode="valid"),
    "echo": Signals(signal="pluck", kernel="echo:delay=5600,gain=0.6,repeats=3"),
    "reverb": Signals(signal="drums", kernel="reverb"),
    "muffled": Signals(signal="chirp", kernel="moving-average:size=8"),
}
