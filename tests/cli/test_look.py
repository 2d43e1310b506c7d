"""``convolens look``: pictures of a network's inside, and what does not fit told in one line."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from convolens.cli.main import main
from convolens.images import Image, write_image
from convolens.nn import Network
from convolens.runtime import compile as compiler


@pytest.fixture(autouse=True)
def _without_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let NumPy compute: what is tested here is what is drawn, and compiling takes longer."""
    monkeypatch.setattr(compiler, "available", lambda: False)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A network of many layers, data for it, and a picture."""
    text = "3x12x12 conv 5,k3,same bn relu a=max 2 conv 5,k3,same add:a dropout:0.5 flatten dense 50 relu dense 3"
    Network.from_text(text).save(tmp_path / "network.safetensors")
    random = np.random.default_rng(0)
    np.savez(tmp_path / "data.npz", x=random.uniform(size=(30, 3, 12, 12)), y=np.arange(30) % 3)
    write_image(tmp_path / "photo.png", Image(random.integers(0, 255, (20, 30, 3)).astype(np.uint8)))
    return tmp_path


def test_pictures_of_everything(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One picture a layer that does something, an overview, and the reasons; said is what it is taken for."""
    source, out = files / "network.safetensors", files / "look"
    options = ["--item", "2", "--data", str(files / "data.npz"), "--out", str(out)]
    assert main(["look", str(source), *options, "--layer", "conv1", "--layer", "dense2"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("item 2: is 2, taken for ")
    names = {path.stem for path in out.iterdir()}
    assert names == {
        "overview", "classes", "maps-01-conv1", "maps-11-dense2", "filters-conv1", "exciting-conv1",
        "exciting-dense2", "saliency",
    }  # fmt: skip
    for path in out.iterdir():
        with Pillow.open(path) as picture:
            assert picture.format == "PNG"
            assert min(picture.size) > 300
            assert max(picture.size) < 4000


def test_a_photograph(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A picture from a file is shown to it; long vectors and sums of branches have pages of their own."""
    out = files / "look"
    options = ["--image", str(files / "photo.png"), "--only", "maps", "--out", str(out)]
    assert main(["look", str(files / "network.safetensors"), *options]) == 0
    assert capsys.readouterr().out.startswith("photo.png: taken for ")
    names = {path.stem for path in out.iterdir()}
    assert {"maps-06-add1", "maps-08-flatten1", "maps-09-dense1"} <= names
    assert "maps-07-dropout1" not in names


def test_scaled_colours(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A picture is shifted and scaled as ``run`` does it; items of data are already."""
    source, options = str(files / "network.safetensors"), ["--image", str(files / "photo.png"), "--imagenet"]
    assert (
        main(["look", source, *options, "--only", "maps", "--layer", "relu1", "--out", str(files / "look")]) == 0
    )
    looked = capsys.readouterr().out.split("taken for ")[1].split()[0]
    assert main(["run", source, *options, "--top", "1"]) == 0
    assert capsys.readouterr().out.split()[0] == looked
    given = ["--item", "2", "--data", str(files / "data.npz"), "--mean", "0.5", "--out", str(files / "more")]
    assert main(["look", source, *given]) == 2
    assert "items are scaled as in training" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["1x6x6x6 conv 3,k3 flatten dense 2", "5 dense 2"])
def test_volumes_and_vectors(text: str, tmp_path: Path) -> None:
    """What is no picture has pages, too: of volumes the middle plane."""
    network = Network.from_text(text)
    network.save(tmp_path / "network.safetensors")
    random = np.random.default_rng(0)
    np.savez(tmp_path / "data.npz", x=random.normal(size=(20, *network.input_shape)), y=np.arange(20) % 2)
    options = ["--item", "0", "--data", str(tmp_path / "data.npz"), "--out", str(tmp_path / "look")]
    assert main(["look", str(tmp_path / "network.safetensors"), *options]) == 0
    assert (tmp_path / "look" / "overview.png").exists()
    assert not (tmp_path / "look" / "saliency.png").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--image", "photo.png", "--item", "1"], "--image or --item"),
        (["--only", "map"], "did you mean 'maps'"),
        (["--only", "maps"], "give --image or --item"),
        (["--layer", "conv3"], "did you mean 'conv"),
        (["--item", "1"], "--data"),
        (["--item", "1", "--invert"], "--invert is for a picture"),
        (["--image", "photo.png", "--class", "3"], "there is no class '3'; there are 0 to 2"),
        (["--image", "none.png"], "none.png: no such file"),
    ],
)
def test_mistakes(
    options: list[str],
    message: str,
    files: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One line says what is wrong, and no folder is made."""
    monkeypatch.chdir(files)
    assert main(["look", "network.safetensors", "--out", "look", *options]) == 2
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1
    assert not (files / "look").exists()


def test_a_folder_that_is_not_empty(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is written among other things, unless that is asked for."""
    options = [
        "look",
        str(files / "network.safetensors"),
        "--only",
        "filters",
        "--layer",
        "conv1",
        "--out",
        str(files),
    ]
    assert main(options) == 2
    assert "something in it already" in capsys.readouterr().err
    assert main([*options, "--overwrite"]) == 0
    assert (files / "filters-conv1.png").exists()
