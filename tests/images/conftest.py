"""Pictures that the tests of this folder share."""

import numpy as np
import pytest
from numpy.typing import NDArray


@pytest.fixture
def rgb() -> NDArray[np.uint8]:
    """Return a small colour picture without any symmetry."""
    return np.random.default_rng(7).integers(0, 256, (11, 17, 3)).astype(np.uint8)
