"""What exhibits export: drawings, pictures, animations and LaTeX, of their usual state or of another view."""

import random
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image, ImageChops

FORMATS = {"Drawing": "svg", "Picture": "png", "Animation": "gif", "LaTeX": "tex"}
SHOWN: dict[str, tuple[str, dict[str, Any], int]] = {
    "gallery": ("gallery", {"photograph": "shapes"}, 21),
    "channels": ("channels", {}, 9),
    "sizes": ("sizes", {}, 5),
    "borders": ("borders", {"dims": 1, "input": {"shape": [3], "data": [1, 2, 3]}, "pad": [2]}, 4),
    "learning": ("backwards", {"part": "descent", "steps": 3}, 4),
}


@pytest.mark.parametrize("name", SHOWN)
def test_files(lab: Any, tmp_path: Path, name: str) -> None:
    """The drawing is XML, the picture twice its size, the animation steps in its scale, the LaTeX is closed."""
    exhibit, state, steps = SHOWN[name]
    lab.open(exhibit, state)
    lab.page.wait_for_timeout(600)  # photographs are filtered
    lab.page.get_by_role("button", name="Export", exact=True).click()
    for button, suffix in FORMATS.items():
        with lab.page.expect_download(timeout=60_000) as download:
            lab.page.locator("dialog[open]").get_by_role("button", name=button).click()
        download.value.save_as(tmp_path / f"file.{suffix}")
    drawing = ElementTree.parse(tmp_path / "file.svg").getroot()
    words = [text for element in drawing.iter() for text in [element.text or "", *element.attrib.values()]]
    assert not [text for text in words if len(text) < 1000 and re.search("NaN|undefined|Infinity", text)]
    width, height = (int(drawing.attrib[side]) for side in ("width", "height"))
    with Image.open(tmp_path / "file.png") as picture:
        assert picture.size == (2 * width, 2 * height)
    with Image.open(tmp_path / "file.gif") as animation:
        assert animation.n_frames == steps  # type: ignore[attr-defined]
        first = animation.convert("RGB").tobytes()
        animation.seek(steps // 2)
        assert animation.convert("RGB").tobytes() != first
    tex = (tmp_path / "file.tex").read_text("utf-8")
    opened: list[str] = []
    for verb, environment, brace in re.findall(r"\\(?:(begin|end)\{(\w+\*?)\}|.)|([{}])", tex):
        if verb == "begin" or brace == "{":
            opened.append(environment)
        elif verb or brace:
            assert opened.pop() == environment
    assert opened == []
    assert len(tex) > 30


LARGE = {"shape": [64, 64], "data": random.Random(0).choices(range(10), k=4096)}


def test_long_animations(lab: Any) -> None:
    """A long one leaves the page its turns; Cancel breaks it off, and so does closing the sheet."""
    lab.open("sliding-window", {"input": LARGE})
    sheet, status = lab.page.locator("dialog[open]"), lab.page.locator("dialog[open] [role=status]")
    export = lab.page.get_by_role("button", name="Export", exact=True)
    saved: list[Any] = []
    lab.page.on("download", lambda found: saved.append(found))
    export.click()
    animation, cancel = (sheet.get_by_role("button", name=name) for name in ("Animation", "Cancel"))
    assert sheet.get_by_text("144 of the 3844 steps, evenly spread").count() == 1
    animation.click()
    for doing in ("Drawing", "Writing"):
        said = f"/^{doing} step ([2-9]|..+) of 144/"
        lab.wait(f"{said}.test(document.querySelector('dialog[open] [role=status]').textContent)")
    assert cancel.evaluate("button => button === document.activeElement")
    assert sheet.get_by_role("button", name="Drawing").is_disabled()
    cancel.click()
    lab.says(status, "")
    animation.click()
    lab.wait("/step [1-9]/.test(document.querySelector('dialog[open] [role=status]').textContent)")
    lab.page.keyboard.press("Escape")
    export.click()
    lab.says(status, "")
    lab.says(animation, "Animation (GIF)")
    with lab.page.expect_download() as download:
        sheet.get_by_role("button", name="Drawing").click()
    assert [found.suggested_filename for found in saved] == [download.value.suggested_filename]


def test_steps_of_long_animations(lab: Any, tmp_path: Path) -> None:
    """Of more steps than an animation has, those that it has go on to the last: the last column of the output."""
    lab.open("sliding-window", {"input": {"shape": [15, 15], "data": LARGE["data"][:225]}})
    lab.page.get_by_role("button", name="Export", exact=True).click()
    with lab.page.expect_download(timeout=60_000) as download:
        lab.page.locator("dialog[open]").get_by_role("button", name="Animation").click()
    download.value.save_as(tmp_path / "file.gif")
    with Image.open(tmp_path / "file.gif") as animation:
        assert animation.n_frames == 144  # type: ignore[attr-defined]
        width, height = animation.size
        right = (width * 9 // 10, 0, width, height)
        first = animation.convert("RGB").crop(right)
        animation.seek(143)
        found = ImageChops.difference(first, animation.convert("RGB").crop(right))
        assert np.asarray(found).max() > 128  # a frame around a cell, not colours that were taken anew
