"""Exhibits as notebook widgets: ``convolens.widgets``."""

from convolens.lab.widgets.backwards import Backwards
from convolens.lab.widgets.borders import Borders
from convolens.lab.widgets.channels import Channels
from convolens.lab.widgets.exhibit import Exhibit
from convolens.lab.widgets.gallery import Gallery
from convolens.lab.widgets.matrix_view import MatrixView
from convolens.lab.widgets.pooling import Pooling
from convolens.lab.widgets.signals import Signals
from convolens.lab.widgets.sizes import Sizes
from convolens.lab.widgets.sliding_window import SlidingWindow

__all__ = [
    "Backwards",
    "Borders",
    "Channels",
    "Exhibit",
    "Gallery",
    "MatrixView",
    "Pooling",
    "Signals",
    "Sizes",
    "SlidingWindow",
]
