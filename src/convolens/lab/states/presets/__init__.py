"""The worked examples of the documentation, each as a state that an exhibit opens with."""

from collections.abc import Mapping

from convolens.lab.states.presets.backwards import BACKWARDS
from convolens.lab.states.presets.borders import BORDERS
from convolens.lab.states.presets.channels import CHANNELS
from convolens.lab.states.presets.gallery import GALLERY
from convolens.lab.states.presets.matrix_view import MATRIX_VIEW
from convolens.lab.states.presets.pooling import POOLING
from convolens.lab.states.presets.signals import SIGNALS
from convolens.lab.states.presets.sizes import SIZES
from convolens.lab.states.presets.sliding_window import SLIDING_WINDOW
from convolens.lab.states.state import State

PRESETS: dict[str, Mapping[str, State]] = {
    "sliding-window": SLIDING_WINDOW,
    "gallery": GALLERY,
    "channels": CHANNELS,
    "sizes": SIZES,
    "pooling": POOLING,
    "borders": BORDERS,
    "matrix-view": MATRIX_VIEW,
    "backwards": BACKWARDS,
    "signals": SIGNALS,
}
"""Of every exhibit, by name; what they are called is in the front end's catalogue of texts."""

__all__ = [
    "BACKWARDS",
    "BORDERS",
    "CHANNELS",
    "GALLERY",
    "MATRIX_VIEW",
    "POOLING",
    "PRESETS",
    "SIGNALS",
    "SIZES",
    "SLIDING_WINDOW",
]
