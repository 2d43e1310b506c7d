"""Golden vectors of the kernels that signals are filtered with, and of the exhibit's outputs."""

from __future__ import annotations

from typing import Any

from convolens.errors import ConvolensError
from convolens.lab.states import Signals
from convolens.lab.states.signal_kernels import KERNELS, signal_kernel

Case = dict[str, Any]

TEXTS = [
    *(name for name in KERNELS if name != "reverb"),
    *("moving-average:size=1", "gaussian:sigma=0.3", "gaussian:sigma=1.7", "hann:size=1", "hann:size=4"),
    *("exponential:decay=0,size=3", "gaussian-slope:sigma=0.7", "echo:delay=3,gain=-0.5,repeats=2"),
    *("reverb:size=2,seed=999", "reverb:size=12,wet=0.5,seed=7"),
    *("gaussain", "echo:gain=2", "hann:size=2.5", "hann:sigma=2", "gaussian:sigma="),
]
SIGNAL = (3, -1, 4, 1, -5, 9, 2)


def texts() -> list[Case]:
    """Kernels as text, and which do not exist."""
    return [{"given": {"text": text}} for text in TEXTS]


def weights_of(case: Case) -> Case:
    """Give the weights; nothing where there is no such kernel."""
    try:
        return {"weights": signal_kernel(case["given"]["text"]).tolist()}
    except ConvolensError:
        return {"weights": None}


def exhibits() -> list[Case]:
    """Every operation and mode, with kernels of odd and even length, and one that is longer than the signal."""
    return [
        {"given": {"signal": list(SIGNAL), "kernel": kernel, "operation": operation, "mode": mode}}
        for operation in ("convolution", "correlation")
        for mode in ("full", "same", "valid")
        for kernel in ([2, -3, 5], [1, 10], [1, 0, -2, 4], [1, 2, 3, 4, 5, 6, 7, 8, 9])
        if mode != "valid" or len(kernel) < len(SIGNAL)
    ]


def output_of(case: Case) -> Case:
    """Give what the engine computes."""
    return {"output": Signals.from_json(case["given"]).result().tolist()}


FILES = {"signal-kernels": (texts, weights_of), "signal-outputs": (exhibits, output_of)}
