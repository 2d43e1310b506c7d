"""Planes as blocks of one size: nothing is left out, and little is covered twice."""

import numpy as np
import pytest

from convolens.algorithms.blocks import Blocks, apart, overlapping


@pytest.mark.parametrize("least", [1, 4, 48])
def test_parts_cover_the_whole(least: int) -> None:
    """Without a gap, to the last cell, and no longer than asked where any length will do."""
    for length in range(least, 300):
        for most in (1, 7, 64, 1000):
            parts = overlapping(length, most, least=least, halo=5)
            assert (parts.count - 1) * parts.step + parts.size == length
            assert least <= parts.step <= parts.size
            assert parts.size <= (most if least == 1 else 2 * max(most, least) - 1)


def test_parts_that_lie_apart_cover_every_cell_once() -> None:
    """Also where the length is no multiple of any size."""
    for length in range(1, 200):
        for most in (1, 7, 64, 1000):
            covered = np.zeros(length, int)
            start = 0
            for parts in apart(length, most):
                assert parts.size <= min(most, length)
                for i in range(parts.count):
                    covered[start + i * parts.step :][: parts.size] += 1
                start += parts.count * parts.step
            assert start == length
            assert (covered == 1).all()


def test_blocks_are_views() -> None:
    """Each block shows its cells of the plane, also where the rows are apart."""
    planes = np.arange(2 * 11 * 30).reshape(2, 11, 30)[:, :, :23]
    blocks = Blocks(overlapping(11, 4, least=2, halo=1), overlapping(23, 9, least=5, halo=1))
    view = blocks.of(planes)
    for strip in range(blocks.rows.count):
        for block in range(blocks.cells.count):
            top, left = strip * blocks.rows.step, block * blocks.cells.step
            wanted = planes[:, top : top + blocks.rows.size, left : left + blocks.cells.size]
            np.testing.assert_array_equal(view[:, strip, block], wanted)
    assert np.shares_memory(view, planes)
