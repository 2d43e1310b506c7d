"""What a contender is."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from benchmarks.case import Array, Case

MISSING = "missing"

LARGE_KERNEL = 200  # cells from which the frameworks leave their quick paths
TOO_LONG = 1e10
"""Operations from which a direct computation on such a path would take many seconds a call."""


class Unable(Exception):  # noqa: N818 (an answer, not an error)
    """A contender does not take a case; the message says why."""


@dataclass(frozen=True, slots=True)
class Variant:
    """
    One way of solving a case.

    Attributes
    ----------
    label : str
        How, in a word or two.
    call : callable
        What is timed.
    outputs : callable
        Takes what ``call`` returned, gives NumPy arrays with channels first. Not timed.
    """

    label: str
    call: Callable[[], Any]
    outputs: Callable[[Any], list[Array]]


class Contender(Protocol):
    """A module of this package."""

    PACKAGE: str
    """The distribution whose version is reported."""

    def variants(self, case: Case, data: dict[str, Array], threads: int) -> Iterator[Variant]:
        """Yield the ways of solving a case; raise `Unable` if there is none."""


def frameworks_can(case: Case, most: float = TOO_LONG, *, deformable: bool = False) -> None:
    """Refuse what deep-learning frameworks do not do, or not in reasonable time."""
    if case.operation == "filter":
        raise Unable("no image filters")
    if case.network:
        raise Unable("no networks")
    if case.operation == "deformable" and not deformable:
        raise Unable("no deformable convolution")
    if math.prod(case.kernel) >= LARGE_KERNEL and case.operations > most:
        raise Unable("direct: takes many seconds a call")
