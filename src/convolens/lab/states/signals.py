"""Exhibit 9: a signal and a kernel of one dimension, seen and heard."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from convolens.errors import SpecError, unknown_name
from convolens.lab.records import Within
from convolens.lab.states.signal_kernels import signal_kernel
from convolens.lab.states.state import State

MOST_SAMPLES = 512
"""Of a signal that is drawn sample by sample, and travels in a link."""

MOST_WEIGHTS = 128
"""Of a kernel that does."""

SOUNDS = ("pluck", "drums", "chirp", "click")
"""What the page makes; Python does not have their samples."""

Sample = Annotated[float, Within(-1e9, 1e9)]
Place = Annotated[float, Within(-1e7, 1e7)]
PULSE = (0,) * 8 + (1,) * 12 + (0,) * 12


@dataclass(frozen=True, kw_only=True)
class Signals(State):
    """
    A signal, a kernel, and what one makes of the other.

    Attributes
    ----------
    signal : tuple of float or str
        Up to 512 samples; or a sound by its name: "pluck", "drums", "chirp", "click", or "own", which is the
        viewer's and no part of the state.
    kernel : tuple of float or str
        Up to 128 weights; or a text as `signal_kernel` reads it, or "own".
    rate : float or None
        Samples a second of numbers; None where they are not of time. Sounds have their own.
    operation : {"convolution", "correlation"}
        Convolution turns the kernel.
    mode : {"full", "same", "valid"}
        Every overlap, as many samples as the signal has, or only where the kernel lies on the signal wholly.
    step : int or None
        The sample of the output that is worked out.
    span : tuple of float or None
        From where to where of the axis is seen, in samples; None for all of it.
    fit : bool
        Whether the heights of long signals fit the part that is seen.
    decibels : bool
        Whether the frequency response is drawn in decibels.
    part : {"all", "tenth", "hundredth"}
        Which of the lowest frequencies are seen.
    """

    exhibit: ClassVar[str] = "signals"
    controls: ClassVar[tuple[str, ...]] = (
        "preset", "signal", "kernel", "rate", "operation", "mode", "player", "zoom", "sound", "response", "values",
        "code", "export", "link", "undo",
    )  # fmt: skip

    signal: Annotated[tuple[Sample, ...], Within(1, MOST_SAMPLES)] | Annotated[str, Within(1, 64)] = PULSE
    kernel: Annotated[tuple[Sample, ...], Within(1, MOST_WEIGHTS)] | Annotated[str, Within(1, 200)] = "exponential"
    rate: Annotated[float, Within(1e-9, 1e12)] | None = None
    operation: Literal["convolution", "correlation"] = "convolution"
    mode: Literal["full", "same", "valid"] = "full"
    step: Annotated[int, Within(0, 1 << 20)] | None = None
    span: Annotated[tuple[Place, ...], Within(2, 2)] | None = None
    fit: bool = False
    decibels: bool = False
    part: Literal["all", "tenth", "hundredth"] = "all"

    def __post_init__(self) -> None:
        super().__post_init__()
        if isinstance(self.signal, str) and self.signal not in (*SOUNDS, "own"):
            raise unknown_name("sound", self.signal, SOUNDS)
        if self.span is not None and not self.span[0] < self.span[1]:
            raise SpecError(f"state.span must rise, from where to where is seen, found {list(self.span)}")
        if isinstance(self.kernel, str) and self.kernel != "own":
            signal_kernel(self.kernel)

    def weights(self) -> npt.NDArray[np.float64]:
        """
        Return the weights of the kernel.

        Raises
        ------
        SpecError
            If they are the viewer's.
        """
        if self.kernel == "own":
            raise SpecError("the kernel was loaded in the browser, and is not in the state; give it, too")
        return signal_kernel(self.kernel) if isinstance(self.kernel, str) else np.array(self.kernel, np.float64)

    def samples(self) -> npt.NDArray[np.float64]:
        """
        Return the samples of the signal.

        Raises
        ------
        SpecError
            If it is a sound, whose samples are in the browser.
        """
        if isinstance(self.signal, str):
            raise SpecError(
                f"the samples of the sound {self.signal!r} are in the browser, not in the state; "
                "save it there as WAV, and read that"
            )
        return np.array(self.signal, np.float64)

    def result(
        self, samples: npt.NDArray[np.float64] | None = None, weights: npt.NDArray[np.float64] | None = None
    ) -> npt.NDArray[np.float64]:
        """
        Compute the output with the engine; outside of the signal there are zeros.

        Parameters
        ----------
        samples, weights : ndarray, optional
            Those that are not in the state.

        Raises
        ------
        SpecError
            If samples or weights are not known, or the kernel is too long for mode "valid".
        """
        from convolens.ops import correlate

        run = getattr(correlate, "convolve" if self.operation == "convolution" else "correlate")
        pair = self.samples() if samples is None else samples, self.weights() if weights is None else weights
        found: npt.NDArray[np.float64] = run(*pair, padding=self.mode, border=0)
        return found
