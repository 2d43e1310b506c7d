"""``convolens sheet`` from the shell."""

from pathlib import Path

import numpy as np
import pytest

from convolens.cli.main import main
from convolens.images import Image, read_image, write_image
from convolens.images.sheet import contact_sheet


@pytest.fixture(autouse=True)
def photo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Image:
    """Work in a folder with one photograph."""
    monkeypatch.chdir(tmp_path)
    picture = Image(np.random.default_rng(12).integers(0, 256, (40, 60, 3)).astype(np.uint8))
    write_image("a.png", picture)
    return picture


def test_named_and_given_kernels(photo: Image) -> None:
    """Names in a list and kernels in any form stand side by side, in this order."""
    names = "box, gaussian:sigma=1,size=5,sobel-x"
    arguments = ["sheet", "a.png", "-o", "s.png", "--kernels", names, "-k", "-1 1", "--border", "wrap"]
    assert main([*arguments, "--tile", "60", "--columns", "2"]) == 0
    expected = contact_sheet(
        photo, ["box", "gaussian:sigma=1,size=5", "sobel-x", "-1 1"], border="wrap", tile=60, columns=2
    )
    np.testing.assert_array_equal(read_image("s.png").pixels, expected.pixels)


def test_whole_catalogue(photo: Image) -> None:
    """Without names, the whole catalogue is shown."""
    assert main(["sheet", "a.png", "-o", "s.png"]) == 0
    np.testing.assert_array_equal(read_image("s.png").pixels, contact_sheet(photo).pixels)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["a.png", "-o", "a.png"], "already exists"),
        (["b.png", "-o", "s.png"], "no such file"),
        (["a.png", "-o", "s.npy"], "ends in '.npy'"),
        (["a.png", "-o", "s.png", "--kernels", "box,soble-x"], "did you mean 'sobel-x'"),
        (["a.png", "-o", "s.png", "--kernels", ""], "unknown kernel|empty"),
        (["a.png", "-o", "s.png", "--tile", "5"], "--tile"),
        (["a.png", "-o", "s.png", "--border", "odd"], "unknown border"),
    ],
)
def test_refusals(arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Each mistake is one line, exit code 2, and no file."""
    assert main(["sheet", *arguments]) == 2
    error = capsys.readouterr().err
    assert any(word in error for word in words.split("|"))
    assert error.count("\n") == 1
    assert sorted(path.name for path in Path().iterdir()) == ["a.png"]
