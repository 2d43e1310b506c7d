"""Every page on a screen and on a phone, with pictures for people to look at in build/screenshots."""

from pathlib import Path
from typing import Any

import pytest

from convolens.lab.states import STATES

VIEWS: dict[str, list[dict[str, Any]]] = {  # beside those that exhibits begin with
    "sliding-window": [{"padding": "same", "border": "reflect", "operation": "convolution"}],
    "gallery": [{"view": "all"}, {"measure": "direction"}],
    "pooling": [{"view": "shifts"}],
    "matrix-view": [{"view": "im2col"}, {"view": "winograd"}, {"view": "fft"}],
    "backwards": [{"part": "descent"}],
}
SMALL = """() => [..."a, button, input, select, summary, textarea, [role=slider]".split(", ")]
    .flatMap((kind) => [...document.querySelectorAll(`.lab ${kind}`)])
    .filter((node) => !node.closest(".unseen"))
    .map((node) => [node.closest("label") ?? node, node])
    .map(([target, node]) => [target.getBoundingClientRect(), node.ariaLabel || node.textContent || node.id])
    .filter(([{ width, height }]) => width && height && Math.min(width, height) < 24)
    .map(([{ width, height }, name]) => `${name}: ${width} × ${height}`)"""


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (360, "dark")])
def test_pages(lab: Any, pictures: Path, width: int, scheme: str) -> None:
    """Each page has its title, and nothing is wider than the screen."""
    lab.page.emulate_media(color_scheme=scheme)
    lab.page.set_viewport_size({"width": width, "height": 900})
    for name in ("", *STATES):
        lab.open(name)
        lab.page.wait_for_timeout(200)  # until what is drawn by a worker is there
        assert lab.page.title() == " · ".join(
            filter(None, [name and lab.page.locator("h1").inner_text(), "Convolens lab"])
        )
        assert lab.page.evaluate("document.documentElement.scrollWidth") <= width, name
        lab.page.screenshot(path=pictures / f"page-{name or 'list'}-{width}-{scheme}.png", full_page=True)


def test_phones(lab: Any) -> None:
    """At 320 pixels no view of any exhibit is wider than the screen, and whatever is pressed has 24 pixels."""
    lab.page.set_viewport_size({"width": 320, "height": 640})
    for name in ("", *STATES):
        lab.open(name)
        for view in ({}, *VIEWS.get(name, [])):
            if view:
                lab.show(name, view)
            assert lab.page.evaluate("document.documentElement.scrollWidth") <= 320, (name, view)
            assert lab.page.evaluate(SMALL) == [], (name, view)
