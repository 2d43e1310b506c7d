"""Every window, product and sum of a convolution, as values, text, LaTeX, JSON and pictures; and as programs."""

from convolens.explain.cell import Plane
from convolens.explain.code import STYLES, code
from convolens.explain.step import Step
from convolens.explain.trace import Trace, explain

__all__ = ["STYLES", "Plane", "Step", "Trace", "code", "explain"]
