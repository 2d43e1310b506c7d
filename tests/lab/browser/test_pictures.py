"""Every page on a screen and on a phone, with pictures for people to look at in build/screenshots."""

from pathlib import Path
from typing import Any

import pytest

from convolens.lab.states import STATES


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
