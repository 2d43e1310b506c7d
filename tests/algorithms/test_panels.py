"""How work is laid out: register tiles, chunks and tasks that cover everything, whatever the machine."""

import numpy as np
import pytest

from convolens.algorithms.compiled import aligned
from convolens.algorithms.panels import LEAST_RUN, MOST_TERMS, Panels
from convolens.spec.geometry import ConvSpec


def _spec(channels: int, kernels: int, size: int, height: int, width: int, **options: object) -> ConvSpec:
    weight = (kernels, channels, size, size)
    return ConvSpec((2, height, width, channels), weight, layout="NHWC", padding=size // 2, **options)


@pytest.mark.parametrize("kernels", [1, 16, 24, 48, 64, 65, 144])
def test_panels_hold_every_kernel_once(kernels: int) -> None:
    """In their order, then zeros."""
    panels = Panels.of(_spec(3, kernels, 3, 9, 9))
    weight = np.arange(kernels * 27, dtype=np.float32).reshape(kernels, 3, 3, 3) + 1
    packed = panels.pack(weight)
    assert packed.shape == (panels.count, 1, 1, 3, 1, 9, panels.width)
    rows = packed.reshape(panels.count, 3, 9, panels.width).transpose(0, 3, 1, 2).reshape(-1, 3, 9)
    np.testing.assert_array_equal(rows[:kernels], weight.transpose(0, 2, 3, 1).reshape(kernels, 3, 9))
    assert not rows[kernels:].any()


@pytest.mark.parametrize("channels", [1, 32, 100, 227, 256, 331, 2048, 4096])
def test_long_sums_go_in_equal_chunks(channels: int) -> None:
    """Short ones, and those whose channels have no good divisor, in one."""
    for size in (1, 3):
        chunks = Panels.of(_spec(channels, 8, size, 9, 9)).chunks
        assert channels % chunks == 0
        if channels * size**2 <= MOST_TERMS or channels in (227, 331):
            assert chunks == 1
        else:
            assert LEAST_RUN <= channels // chunks < channels


@pytest.mark.parametrize("threads", [1, 2, 7, 64])
@pytest.mark.parametrize(("channels", "kernels", "size"), [(3, 64, 3), (64, 64, 1), (512, 512, 3), (16, 24, 5)])
@pytest.mark.parametrize(("height", "width"), [(1, 1), (7, 7), (1, 5000), (300, 9), (56, 56)])
def test_tasks_are_never_empty(
    channels: int, kernels: int, size: int, height: int, width: int, threads: int
) -> None:
    """A task has at least one tile, row and panel; a small call is a single one."""
    panels = Panels.of(_spec(channels, kernels, size, height, width))
    tiles, rows, count = panels.tasks(threads)
    _, all_rows, cells = panels.output
    assert 1 <= tiles <= -(-cells // panels.pixels)
    assert 1 <= rows <= all_rows
    assert 1 <= count <= panels.count
    if threads == 1:
        assert count == panels.count


def test_what_is_a_matrix() -> None:
    """Windows of one cell side by side: enough for a tile, and sums in one go."""
    assert Panels.of(_spec(16, 24, 1, 7, 7)).is_matrix
    assert not Panels.of(_spec(16, 24, 3, 7, 7)).is_matrix
    assert not Panels.of(_spec(16, 24, 1, 7, 7, stride=2)).is_matrix
    assert not Panels.of(_spec(2 * MOST_TERMS, 24, 1, 7, 7)).is_matrix
    panels = Panels.of(_spec(16, 24, 1, 1, 1))
    assert panels.is_product
    assert not panels.is_matrix


def test_copies_begin_at_a_line_of_the_cache() -> None:
    """Whatever their size."""
    for size in (1, 7, 4097):
        copy = aligned(np.arange(size, dtype=np.float32))
        assert copy.ctypes.data % 64 == 0
        np.testing.assert_array_equal(copy, np.arange(size))
