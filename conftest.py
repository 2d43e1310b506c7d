"""What the examples of docstrings and documents may take for granted: ``np`` and ``cl``."""

import numpy as np
import pytest

import convolens as cl


@pytest.fixture(autouse=True)
def _names(doctest_namespace: dict[str, object]) -> None:
    """Put the two modules where examples find them."""
    doctest_namespace.update(np=np, cl=cl)
