"""The largest magnitude: of every type and layout, with NaN and infinity anywhere, in NumPy and compiled."""

from typing import Any

import numpy as np
import pytest

from convolens.ops import magnitude
from convolens.ops.arrays import Array
from convolens.ops.magnitude import BLOCK, LEAST, is_tame, largest_magnitude, magnitude_bound
from convolens.runtime import compile as compiler

OFTEN = 1 << 20  # calls that are worth a compiler


def numbers(dtype: type, size: int) -> Array:
    """Normal numbers."""
    return np.random.default_rng(size).standard_normal(size).astype(dtype)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("size", [1, BLOCK, LEAST, LEAST + 1, LEAST + BLOCK - 1, 3 * LEAST])
def test_finds_the_largest_wherever_it_is(dtype: type, size: int) -> None:
    """First, last and amid, of either sign; infinity above all numbers, NaN above infinity."""
    x = numbers(dtype, size)
    assert largest_magnitude(x, OFTEN) == np.abs(x).max()
    for at in (0, size // 2, size - 1):
        y = x.copy()
        for value in (-100, 101, -np.inf, np.inf):
            y[at] = value
            assert largest_magnitude(y, OFTEN) == abs(value)
        y[size // 3] = -np.nan
        assert np.isnan(largest_magnitude(y, OFTEN))


def test_takes_any_layout() -> None:
    """Contiguous in any order of axes, reversed, with gaps, read-only, empty."""
    x = numbers(np.float32, 2 * LEAST).reshape(2, 64, 32, -1)
    x[1, 3, 4, 5] = -50
    x.flags.writeable = False
    for view in (x, x.transpose(0, 2, 3, 1), x.T, x[::-1], x[:, ::-1], x[1:, :, :, ::5], np.repeat(x, 3, 0)[::2]):
        assert largest_magnitude(view, OFTEN) == np.abs(view).max()
    assert largest_magnitude(x[:0]) == 0


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_no_magnitude_is_above_its_bound(dtype: type) -> None:
    """Neither where squares vanish, nor by what their sum and its root are rounded."""
    for size in (1, 2, 99, LEAST - 1):
        for scale in (1.0, 1e-10, 1e-25, 1e-40):
            x = (scale * np.random.default_rng(size).standard_normal(size)).astype(dtype)
            assert np.abs(x).max() <= magnitude_bound(x) <= 1.1 * np.linalg.norm(x.astype("f8")) + 1e-16
    for number in np.random.default_rng(0).uniform(1, 2, 200).astype(dtype):
        assert number <= magnitude_bound(np.array([number]))


def test_takes_either_byte_order() -> None:
    """A NaN is no number whichever of its bytes comes first."""
    x = numbers(np.float32, LEAST)
    swapped = x.astype(x.dtype.newbyteorder())
    assert largest_magnitude(swapped, OFTEN) == np.abs(x).max()
    swapped[7] = np.nan
    assert np.isnan(largest_magnitude(swapped, OFTEN))


def test_needs_no_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without one NumPy finds the same."""
    x = numbers(np.float32, 2 * LEAST)
    there = largest_magnitude(x, OFTEN)
    monkeypatch.setattr(compiler, "available", lambda: False)
    assert largest_magnitude(x, OFTEN) == there
    x[7] = np.nan
    assert np.isnan(largest_magnitude(x, OFTEN))


@pytest.mark.skipif(not compiler.available(), reason="needs Halide")
def test_is_compiled_where_arrays_are_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small arrays, those with gaps, and a few calls that find no compiled code are left to NumPy."""
    loaded = []
    load = compiler.load
    monkeypatch.setattr(magnitude.compiler, "ready", lambda *a, **k: bool(loaded))
    monkeypatch.setattr(magnitude.compiler, "load", lambda *a, **k: (loaded.append(a), load(*a, **k))[1])
    largest_magnitude(numbers(np.float32, LEAST - 1), OFTEN)
    largest_magnitude(numbers(np.float32, 3 * LEAST)[::2], OFTEN)
    largest_magnitude(numbers(np.float32, LEAST))
    assert not loaded
    largest_magnitude(numbers(np.float32, LEAST), OFTEN)
    largest_magnitude(numbers(np.float32, LEAST))
    assert len(loaded) == 2


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.int64])
@pytest.mark.parametrize("size", [1, 100, LEAST - 1, LEAST])
def test_tame_is_what_stays_finite(dtype: type, size: int) -> None:
    """Numbers whose squares overflow are tame as long as they themselves do not; NaN and infinity never are."""
    x: Array = (100 * numbers(np.float64, 2 * size)).astype(dtype)[::2]
    result: np.dtype[Any] = np.dtype(np.float64 if dtype == np.float64 else np.float32)
    most = float(np.finfo(result).max)
    for view in (x, x.copy(), x.copy().reshape(1, -1, 1).transpose(1, 0, 2)):
        assert is_tame(view, 0.0, 1e6, result)
        assert not is_tame(view, 0.0, most, result) or np.abs(view).max() <= 1
        assert not is_tame(view, 1e3, most / 1e2, result)
        assert not is_tame(view, np.nan, 1.0, result)
    if dtype in (np.float32, np.float64):
        x[size // 2] = most / 8
        assert is_tame(x, 0.0, 4.0, result)
        assert not is_tame(x, 0.0, 16.0, result)
    for wild in (np.inf, -np.inf, np.nan) if result == dtype else ():
        x[size // 2] = wild
        assert not is_tame(x, 0.0, 1.0, result)
