"""Numbers that examples of several exhibits have in common."""

import numpy as np

from convolens.lab.states.numbers import Numbers

BOX = Numbers.of(np.ones((3, 3), np.int64))


def landscape() -> Numbers:
    """Draw a sun above a slope: no edge is even, and nothing is its own mirror image."""
    rows, columns = np.mgrid[:12, :14]
    sun = 9 * np.exp(-((rows - 3) ** 2 + (columns - 9) ** 2) / 6)
    slope = np.where(rows > 5 + columns / 4, 8 - columns / 3, 1)
    return Numbers.of(np.rint(np.maximum(sun, slope)).astype(np.int64))
