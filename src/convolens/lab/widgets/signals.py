"""Signals of one dimension in a notebook."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from convolens.errors import SpecError
from convolens.lab import states
from convolens.lab.states.signals import MOST_SAMPLES, MOST_WEIGHTS
from convolens.lab.widgets.arguments import given
from convolens.lab.widgets.exhibit import BytesTrait, Exhibit
from convolens.ops.arrays import as_array

Samples = npt.NDArray[np.float64]
LONGEST = 1_500_000  # samples that the page takes
MOST = {"signal": MOST_SAMPLES, "kernel": MOST_WEIGHTS}  # that the state holds; more travel beside it
TRAITS = {"signal": "samples", "kernel": "weights"}


class Signals(Exhibit[states.Signals]):
    """
    A signal under a kernel of one dimension: the kernel slides under it, and what comes out is seen and heard.

    Parameters
    ----------
    signal : array_like or str, optional
        Samples, drawn one by one up to 512, as an outline beyond until one zooms in; or a sound: "pluck", "drums",
        "chirp", "click".
    kernel : array_like or str, optional
        Weights, or a text such as ``"gaussian:sigma=2"``, ``"moving-average:size=5"``, ``"echo:delay=4000"``.
    rate : float, optional
        Samples a second; from 8000 on, signals can be played.
    operation : {"convolution", "correlation"}, optional
    mode : {"full", "same", "valid"}, optional
    preset, locked, hidden
        As for every exhibit.

    Examples
    --------
    >>> Signals([1, 2, 3], [0, 1, 0.5]).output
    array([0. , 1. , 2.5, 4. , 1.5])
    """

    state_class = states.Signals
    samples = BytesTrait().tag(sync=True, size=8, content="8 a sample")
    weights = BytesTrait().tag(sync=True, size=8, content="8 a weight")

    def __init__(
        self,
        signal: npt.ArrayLike | str | None = None,
        kernel: npt.ArrayLike | str | None = None,
        *,
        rate: float | None = None,
        operation: str | None = None,
        mode: str | None = None,
        preset: str | None = None,
        locked: Sequence[str] = (),
        hidden: Sequence[str] = (),
    ) -> None:
        changes: dict[str, Any] = {"step": None} | given(rate=rate, operation=operation, mode=mode)
        buffers = {}
        for name, value in given(signal=signal, kernel=kernel).items():
            changes[name], beside = _taken(value, name)
            if beside is not None:
                buffers[TRAITS[name]] = beside.astype("<f8").tobytes()
        super().__init__(changes, preset=preset, locked=locked, hidden=hidden, **buffers)

    @property
    def signal(self) -> Samples:
        """The samples as they stand, edited or not."""
        return self._own("samples") if self._read().signal == "own" else self._read().samples()

    @signal.setter
    def signal(self, signal: npt.ArrayLike | str) -> None:
        self._set("signal", signal)

    @property
    def kernel(self) -> Samples:
        """The weights as they stand, edited or not."""
        return self._own("weights") if self._read().kernel == "own" else self._read().weights()

    @kernel.setter
    def kernel(self, kernel: npt.ArrayLike | str) -> None:
        self._set("kernel", kernel)

    @property
    def output(self) -> Samples:
        """What the engine computes."""
        return self._read().result(self.signal, self.kernel)

    def _set(self, name: str, value: npt.ArrayLike | str) -> None:
        found, beside = _taken(value, name)
        if beside is not None:
            raise SpecError(
                f"{name} can become up to {MOST[name]} numbers, found {beside.size}; make a new Signals of them"
            )
        self._change(**{name: found}, step=None, span=None)

    def _own(self, trait: str) -> Samples:
        content: bytes = getattr(self, trait)
        if not content:
            raise SpecError(f"the {trait} were loaded in the browser, and Python does not have them")
        return np.frombuffer(content, "<f8")


def _taken(value: npt.ArrayLike | str, name: str) -> tuple[Samples | str, Samples | None]:
    """Take a text or numbers in: what the state holds, and numbers that have to travel beside it."""
    if isinstance(value, str):
        return value, None
    found = as_array(value, name)
    if found.ndim != 1 or not 1 <= found.size <= LONGEST:
        raise SpecError(f"{name} must have one dimension of 1 to {LONGEST} numbers, found shape {found.shape}")
    if not np.isfinite(found).all():
        raise SpecError(f"{name} holds NaN or infinity; every sample must be a finite number")
    row = found.astype(np.float64)
    return ("own", row) if row.size > MOST[name] else (row, None)
