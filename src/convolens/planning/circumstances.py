"""What plans go by beside the spec: compiled code, measured times, the machine's speeds; or none of these."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from convolens.planning.measured import changes
from convolens.runtime import compile as compiler
from convolens.runtime.machine import Machine, known_machine

_steady = ContextVar("steady", default=False)


@contextmanager
def steady() -> Iterator[None]:
    """
    Plan by specs and the kind of processor alone: within, equal calls give equal bits, in later processes too.

    What is compiled already, what was measured, and how fast this very machine is, does not count. Everything
    that is chosen is compiled at once, as for code that runs very often.
    """
    token = _steady.set(True)
    try:
        yield
    finally:
        _steady.reset(token)


def machine_that_counts() -> Machine | None:
    """Return the speeds of this machine, if they were measured and plans may go by them."""
    return None if is_steady() else known_machine()


def is_steady() -> bool:
    """Tell whether plans are to be the same whatever happened before."""
    return _steady.get()


def circumstances() -> tuple[object, ...]:
    """Name all that plans depend on beside the spec; where it is as before, so is the plan."""
    return ("steady",) if is_steady() else (compiler.loaded(), changes(), machine_that_counts())
