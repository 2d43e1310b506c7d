"""``convolens demo``: a contact sheet, a time for each kernel, and a pixel worked out by hand that is right."""

import re
import sys
from pathlib import Path

import numpy as np
import pytest

from convolens.cli.demo import sample_photo
from convolens.cli.main import main
from convolens.images import Image, filter_image, luminance, read_image, write_image
from convolens.images.sheet import contact_sheet
from convolens.kernels import kernels


def test_sample_photograph(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """On the sample photograph what is printed and written can be recomputed; a second run replaces it."""
    monkeypatch.chdir(tmp_path)
    for _ in range(2):
        assert main(["demo"]) == 0
    photo = sample_photo()
    assert photo.pixels.shape == (512, 512, 3)
    np.testing.assert_array_equal(read_image("demo/contact-sheet.png").pixels, contact_sheet(photo).pixels)
    assert [path.name for path in Path("demo").iterdir()] == ["contact-sheet.png"]
    out = capsys.readouterr().out
    for name in kernels:
        assert re.search(rf"{name} +│ +\d+ × \d+ │ +\d+ │ +\d+\.\d │", out)
    cell = re.search(r"sobel-x at row (\d+), column (\d+)", out)
    assert cell is not None
    row, column = (int(number) for number in cell.groups())
    sums = filter_image(luminance(photo).pixels, "sobel-x", response="raw")
    assert f"= {sums[row, column]}\n" in out
    assert f"The filtered picture holds {sums[row, column]} there." in out


def test_own_photograph(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Any photograph will do, also a tiny grey one, and it is never replaced by its own sheet."""
    monkeypatch.chdir(tmp_path)
    write_image("a.png", Image(np.arange(12, dtype=np.uint8).reshape(3, 4)))
    assert main(["demo", "--image", "a.png", "-o", "."]) == 0
    sheet = Path("contact-sheet.png").read_bytes()
    assert main(["demo", "--image", "contact-sheet.png", "-o", "."]) == 2
    assert Path("contact-sheet.png").read_bytes() == sheet


def test_without_scikit_image(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where scikit-image is missing, one line says how to get it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "skimage", None)
    assert main(["demo"]) == 2
    assert "pip install 'convolens[samples]', or give --image FILE" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
