"""Signals of one dimension in a notebook."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import traitlets

from convolens.errors import SpecError
from convolens.lab import states
from convolens.lab.pages import module_text
from convolens.lab.states.presets import SIGNALS
from convolens.lab.states.signals import MOST_SAMPLES, MOST_WEIGHTS
from convolens.lab.widgets.exhibit import Exhibit, example
from convolens.ops.arrays import as_array

Samples = npt.NDArray[np.float64]
LONGEST = 1_500_000  # samples that the page takes


class Signals(Exhibit[states.Signals]):
    """
    A signal under a kernel of one dimension: the kernel slides under it, and what comes out is seen and heard.

    Parameters
    ----------
    signal : array_like or str, optional
        Samples, drawn one by one up to 512, as an outline beyond; or a sound: "pluck", "drums", "chirp", "click".
    kernel : array_like or str, optional
        Weights, or a text such as ``"gaussian:sigma=2"``, ``"moving-average:size=5"``, ``"echo:delay=4000"``.
    rate : float, optional
        Samples a second; from 8000 on, signals can be played.
    operation : {"convolution", "correlation"}, optional
    mode : {"full", "same", "valid"}, optional
    preset : str, optional
        An example to begin with; whatever else is given changes it.
    locked, hidden : sequence of str
        Controls that whoever looks at it cannot change, or does not see.

    Raises
    ------
    ConvolensError
        If something does not fit.

    Examples
    --------
    >>> Signals([1, 2, 3], [0, 1, 0.5]).output
    array([0. , 1. , 2.5, 4. , 1.5])
    """

    state_class = states.Signals
    _esm = module_text("signals")
    samples = traitlets.Bytes().tag(sync=True)
    weights = traitlets.Bytes().tag(sync=True)

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
        state = states.Signals() if preset is None else example(SIGNALS, preset)
        changes: dict[str, Any] = {"locked": list(locked), "hidden": list(hidden)}
        given = {"rate": rate, "operation": operation, "mode": mode}
        changes |= {name: value for name, value in given.items() if value is not None}
        buffers = {}
        most = {"signal": MOST_SAMPLES, "kernel": MOST_WEIGHTS}
        for name, trait, value in (("signal", "samples", signal), ("kernel", "weights", kernel)):
            if value is None or isinstance(value, str):
                changes |= {} if value is None else {name: value}
                continue
            found = _row(value, name)
            changes[name] = found.tolist() if found.size <= most[name] else "own"
            if found.size > most[name]:
                buffers[trait] = found.astype("<f8").tobytes()
        super().__init__(states.Signals.from_json({**state.to_json(), "step": None, **changes}))
        for trait, content in buffers.items():
            setattr(self, trait, content)

    @property
    def signal(self) -> Samples:
        """The samples as they stand, edited or not."""
        return self._own("samples") if self._read().signal == "own" else self._read().samples()

    @property
    def kernel(self) -> Samples:
        """The weights as they stand, edited or not."""
        return self._own("weights") if self._read().kernel == "own" else self._read().weights()

    @property
    def output(self) -> Samples:
        """What the engine computes."""
        return self._read().result(self.signal, self.kernel)

    def _own(self, trait: str) -> Samples:
        content: bytes = getattr(self, trait)
        if not content:
            raise SpecError(f"the {trait} were loaded in the browser, and Python does not have them")
        return np.frombuffer(content, "<f8")


def _row(values: npt.ArrayLike, name: str) -> Samples:
    """Take samples in."""
    found = as_array(values, name)
    if found.ndim != 1 or not 1 <= found.size <= LONGEST:
        raise SpecError(f"{name} must have one dimension of 1 to {LONGEST} numbers, found shape {found.shape}")
    if not np.isfinite(found).all():
        raise SpecError(f"{name} holds NaN or infinity; every sample must be a finite number")
    return found.astype(np.float64)
