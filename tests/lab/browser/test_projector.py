"""Wide windows: cells and their numbers are read from afar, and nothing sticks out of any window."""

from __future__ import annotations

from typing import Any

import pytest

EXHIBITS = {
    "sliding-window": ("sliding-window", {}, "Input"),
    "pooling": ("pooling", {}, "Input"),
    "shifts": ("pooling", {"view": "shifts"}, "Input"),
    "borders": ("borders", {}, "edge, "),
    "channels": ("channels", {}, "Input"),
}
ARRAYS = ".array, .grids, .map"


@pytest.mark.parametrize("name", EXHIBITS)
def test_cells_grow_with_the_window(lab: Any, name: str) -> None:
    """Cells and numbers are larger on a projector; neither the page nor an array needs scrolling sideways."""
    exhibit, state, grid = EXHIBITS[name]
    lab.open(exhibit, state)
    sizes = {}
    for width in (320, 1280, 1920, 2560):
        lab.page.set_viewport_size({"width": width, "height": 9 * width // 16})
        lab.page.evaluate("new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))")
        for place in (lab.page.locator("html"), *lab.page.locator(ARRAYS).all()):
            assert place.evaluate("({ scrollWidth, clientWidth }) => scrollWidth <= clientWidth"), width
        cell = lab.cell(grid, 0, 0).first
        sizes[width] = cell.evaluate("(cell) => [cell.offsetWidth, parseFloat(getComputedStyle(cell).fontSize)]")
    for narrow, wide in ((1280, 1920), (1920, 2560)):
        assert all(small < large for small, large in zip(sizes[narrow], sizes[wide], strict=True))
    assert sizes[1920][0] > 1.25 * sizes[1280][0]
