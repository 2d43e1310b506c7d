"""States of exhibits: one frozen dataclass each."""

from collections.abc import Mapping
from typing import Any

from convolens.errors import SpecError, unknown_name
from convolens.lab.records import parse_json
from convolens.lab.states.backwards import Backwards
from convolens.lab.states.borders import Borders
from convolens.lab.states.channels import Channels
from convolens.lab.states.gallery import Gallery
from convolens.lab.states.matrix_view import MatrixView
from convolens.lab.states.numbers import Numbers
from convolens.lab.states.pooling import Pooling
from convolens.lab.states.signals import Signals
from convolens.lab.states.sizes import Sizes
from convolens.lab.states.sliding_window import SlidingWindow
from convolens.lab.states.state import State

STATES: dict[str, type[State]] = {
    state.exhibit: state
    for state in (SlidingWindow, Gallery, Channels, Sizes, Pooling, Borders, MatrixView, Backwards, Signals)
}
"""The state of every exhibit, in the order in which the page lists them."""

__all__ = [
    "STATES",
    "Backwards",
    "Borders",
    "Channels",
    "Gallery",
    "MatrixView",
    "Numbers",
    "Pooling",
    "Signals",
    "Sizes",
    "SlidingWindow",
    "State",
    "read_state",
]


def read_state(found: Any) -> State:
    """
    Read the state of whichever exhibit it names.

    Raises
    ------
    SpecError, UnknownNameError
        If it is none, or of no exhibit that there is.

    Examples
    --------
    >>> read_state('{"exhibit": "sliding-window", "border": "wrap"}').border
    'wrap'
    """
    if isinstance(found, (str, bytes)):
        found = parse_json(found, "the state")
    exhibit = found.get("exhibit") if isinstance(found, Mapping) else None
    if not isinstance(exhibit, str):
        raise SpecError("the state must be a JSON object with the field 'exhibit'")
    if exhibit not in STATES:
        raise unknown_name("exhibit", exhibit, STATES)
    return STATES[exhibit].from_json(found)
