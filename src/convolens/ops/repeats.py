"""Calls of a prepared convolution that are made again without the Python between, on arrays like earlier ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from convolens.ops.arrays import Array
from convolens.planning.plan import Plan
from convolens.runtime.memory import empty
from convolens.runtime.replay import Recording, Replay
from convolens.runtime.threads import thread_count
from convolens.spec.geometry import ConvSpec

MOST_REPLAYS = 4  # calls that can be repeated; each holds prepared weights


class Repeats:
    """What was called, by how its arrays lie in memory, each with the plan that it went by."""

    def __init__(self) -> None:
        self._replays: dict[tuple[Any, ...], tuple[Replay, Plan]] = {}

    def again(
        self, x: npt.ArrayLike, out: Array | None, is_tame: Callable[[Array, ConvSpec], bool]
    ) -> Array | None:
        """
        Repeat a call that was made with arrays like these; None if there was none that can be repeated.

        ``is_tame`` tells whether an algorithm that is no plain sum may serve the numbers of an input.
        """
        if type(x) is not np.ndarray or (
            out is not None and (type(out) is not np.ndarray or not out.flags.writeable)
        ):
            return None
        remembered = self._replays.get(_outlines(x, out))
        if remembered is None:
            return None
        replay, plan = remembered
        if not plan.algorithm.plain_sum and not is_tame(x, plan.spec):
            return None
        result = empty(plan.output_shape, plan.spec.result_dtype) if out is None else out
        return result if replay(x, result) else None

    def keep(self, recording: Recording, plan: Plan, x: Array, result: Array, out: Array | None) -> None:
        """Keep what was called, if it can be repeated with other arrays like these."""
        whole = result is out or (out is None and result.dtype == plan.spec.result_dtype)
        if whole and result.size and (replay := recording.replay(x, result)):
            if len(self._replays) >= MOST_REPLAYS:
                self._replays.clear()
            self._replays[_outlines(x, out)] = replay, plan

    def forget(self) -> None:
        """Let all of them go, with the weights that they hold."""
        self._replays = {}


def _outlines(x: Array, out: Array | None) -> tuple[Any, ...]:
    """Tell how arrays lie in memory, and for how many threads the work on them is cut."""
    if out is None:
        return thread_count(), x.shape, x.strides, x.dtype
    return thread_count(), x.shape, x.strides, x.dtype, out.shape, out.strides, out.dtype
