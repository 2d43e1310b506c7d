"""Subnormal numbers: zeros within compiled loops, and untouched outside of them."""

import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from convolens.ops.prepared import prepare_conv
from convolens.runtime import compile as compiler
from convolens.runtime.threads import threads

TINY = np.float32(1e-40)


@pytest.mark.skipif(compiler.linker() is None, reason="nothing is linked here")
@pytest.mark.parametrize("count", [1, 2])
def test_subnormal_numbers_count_as_zero(count: int) -> None:
    """Those of the input and those that come out, whichever thread computes; normal numbers beside them stay."""
    weight = np.full((16, 16, 3, 3), 1, "f4")
    x = np.full((1, 16, 64, 64), TINY)
    x[:, :, 20] = 1
    with threads(count):
        for algorithm in ("tiled", "winograd-2"):
            result = prepare_conv(weight, algorithm=algorithm)(x)
            assert not result[:, :, 30:].any()
            assert (result[:, :, 18:21] == 3 * 16).all()
        small = prepare_conv(weight * np.float32(1e-25), algorithm="tiled")(x * np.float32(1e-20))
    assert not small.any()


def test_numbers_outside_stay_as_they_are() -> None:
    """NumPy in the same thread multiplies subnormal numbers after a call as before."""
    prepare_conv(np.ones((16, 16, 3, 3), "f4"), algorithm="tiled")(np.ones((1, 16, 32, 32), "f4"))
    assert np.all(np.full(100, TINY) * np.float32(2) > 0)


@pytest.mark.skipif(compiler.linker() is None, reason="nothing is linked here")
@pytest.mark.parametrize("count", [2, 5])
def test_loops_that_meet_do_not_wait_for_each_other(count: int) -> None:
    """Several Python threads at once: one has the workers, the others go alone; all results are right."""
    prepared = prepare_conv(np.ones((16, 16, 3, 3), "f4"), padding=1, algorithm="tiled")
    images = [np.full((1, 16, 64, 64), i, "f4") for i in range(12)]
    with threads(count), ThreadPoolExecutor(4) as callers:
        for i, result in enumerate(callers.map(prepared, images)):
            assert (result[:, :, 1:-1, 1:-1] == i * 9 * 16).all()


@pytest.mark.skipif(compiler.linker() is None, reason="nothing is linked here")
def test_workers_come_back_after_they_slept_or_were_sent_home() -> None:
    """Loops with pauses between them, and with other numbers of threads."""
    prepared = prepare_conv(np.ones((16, 16, 3, 3), "f4"), padding=1, algorithm="tiled")
    image = np.ones((1, 16, 64, 64), "f4")
    wanted = prepared(image)
    for count in (3, 1, 2, 4, 2):
        with threads(count):
            for pause in (0, 2e-3, 0):
                time.sleep(pause)
                np.testing.assert_array_equal(prepared(image), wanted)
