"""``convolens run``, and ``convolens shape`` of networks in files."""

import json
from pathlib import Path

import numpy as np
import onnx
import pytest

from convolens.cli.main import main
from convolens.images import Image, read_image, write_image
from convolens.nn import IndexOf, Network
from convolens.nn.looking.subject import open_subject
from convolens.runtime import compile as compiler


@pytest.fixture(autouse=True)
def _without_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let NumPy compute, as compiling takes longer."""
    monkeypatch.setattr(compiler, "available", lambda: False)


@pytest.fixture
def photo(tmp_path: Path) -> str:
    """Give a picture larger than what networks take."""
    pixels = np.random.default_rng(0).integers(0, 256, (40, 30, 3), np.uint8)
    write_image(tmp_path / "photo.png", Image(pixels))
    return str(tmp_path / "photo.png")


@pytest.mark.parametrize("ending", ["onnx", "safetensors"])
def test_classes(ending: str, photo: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The likeliest classes first, by the names in a file, as the picture shifted and scaled leads to them."""
    network, path = Network.from_text("3x12x12 conv 4,k3 relu gap flatten dense 3"), tmp_path / f"it.{ending}"
    (network.to_onnx if ending == "onnx" else network.save)(path)
    (tmp_path / "names").write_text("cat\ndog\n\nbird\n")
    options = ["--labels", str(tmp_path / "names"), "--top", "2", "--imagenet", "--out", str(tmp_path / "it.npy")]
    assert main(["run", str(path), "--image", photo, *options]) == 0
    said = capsys.readouterr().out.splitlines()
    mean, std = (np.reshape(n, (3, 1, 1)) for n in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))
    wanted = network(((open_subject(path).picture(photo) - mean) / std)[None].astype(np.float32))[0]
    np.testing.assert_allclose(np.load(tmp_path / "it.npy"), wanted, rtol=1e-4)
    assert said[0].startswith("written")
    assert [line.split()[0] for line in said[1:]] == [
        ("cat", "dog", "bird")[i] for i in wanted.argsort()[::-1][:2]
    ]
    assert all(line.endswith(" %") for line in said[1:])


def test_maps(photo: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A map becomes numbers, or a picture: a colour for each class, or grey."""
    for kernels, shape in ((3, (12, 12, 3)), (1, (12, 12))):
        network, path = Network.from_text(f"3x12x12 conv {kernels},k3,same"), tmp_path / f"{kernels}.onnx"
        network.to_onnx(path)
        assert main(["run", str(path), "--image", photo]) == 2
        assert f"a map of {kernels}×12×12; say where" in capsys.readouterr().err
        target = tmp_path / f"{kernels}.png"
        assert main(["run", str(path), "--image", photo, "--out", str(target)]) == 0
        found = network(open_subject(path).picture(photo)[None])[0]
        pixels = read_image(target).pixels
        assert pixels.shape == shape
        if kernels == 1:
            assert (pixels.min(), pixels.max(), pixels.argmax()) == (0, 255, found.argmax())
        else:
            black = (pixels == 0).all(-1)
            np.testing.assert_array_equal(black, found.argmax(0) == 0)


def test_maps_of_class_numbers(photo: str, tmp_path: Path) -> None:
    """A network that ends with the place of the largest channel gives the picture that all channels give."""
    network, path = Network.from_text("3x12x12 conv 3,k3,same"), tmp_path / "it.safetensors"
    network.weights["conv1.weight"] -= network.weights["conv1.weight"].mean((1, 2, 3), keepdims=True)  # edges
    pictures = []
    for name in ("channels", "classes"):
        network.save(path, overwrite=True)
        assert main(["run", str(path), "--image", photo, "--out", str(tmp_path / f"{name}.png")]) == 0
        pictures.append(read_image(tmp_path / f"{name}.png").pixels)
        network.add(IndexOf("max", keep=False))
    assert len(np.unique(pictures[0].reshape(-1, 3), axis=0)) > 1
    np.testing.assert_array_equal(*pictures)


def test_one_of_several_outputs(photo: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where an ONNX file has several outputs, one is chosen by its name; other files have one."""
    network, path = Network.from_text("3x12x12 conv 2,k3 relu gap flatten dense 3"), tmp_path / "it.onnx"
    network.to_onnx(path)
    model = onnx.load(path)
    model.graph.output.append(onnx.helper.make_tensor_value_info("relu1", onnx.TensorProto.FLOAT, None))
    onnx.save(model, path)
    options = ["run", str(path), "--image", photo, "--out", str(tmp_path / "it.npy")]
    assert main(options) == 2
    assert "has the outputs dense1, relu1; say which" in capsys.readouterr().err
    assert main([*options, "--output", "relu1"]) == 0
    assert np.load(tmp_path / "it.npy").shape == (2, 10, 10)
    assert main(["shape", str(path), "--no-measure", "--output", "relu1"]) == 0
    assert "dense" not in capsys.readouterr().out


def test_bad_options(photo: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What does not fit is told in one line."""
    path = tmp_path / "it.safetensors"
    Network.from_text("3x12x12 gap flatten dense 3").save(path)
    (tmp_path / "names").write_text("cat\n")
    for options, message in (
        (["--mean", "1,2"], "--mean takes one number or 3"),
        (["--std", "0"], "--std takes one number or 3"),
        (["--imagenet", "--std", "1"], "--imagenet is a mean and a deviation"),
        (["--labels", str(tmp_path / "names")], "names 1 classes, but the network has 3"),
        (["--out", str(tmp_path / "it.png")], "maps of two dimensions"),
        (["--input-shape", "3x12x12"], "knows the shape of its items"),
        (["--output", "dense1"], "leave --input-shape and --output out"),
    ):
        assert main(["run", str(path), "--image", photo, *options]) == 2
        assert message in capsys.readouterr().err


def test_shape_of_networks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A row for each layer, what it costs, and how long it takes; as JSON, too."""
    path = tmp_path / "it.onnx"
    Network.from_text("3x12x12 conv 4,k3,s2 relu gap flatten dense 3").to_onnx(path)
    assert main(["shape", str(path)]) == 0
    said = capsys.readouterr().out
    row = next(line.split() for line in said.splitlines() if line.split()[:1] == ["conv1"])
    assert row[1:8] == ["3,", "s2,", "relu", "4×5×5", "112", "2,700", "2.52"]
    assert "112" in said
    assert "2,712 multiply-adds" in said
    assert "prepared" in said
    assert main(["shape", str(path), "--json", "--no-measure", "--input-shape", "3x12x12"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["parameters"], found["macs"], found["seconds"]) == (127, 2712, None)
    assert [layer["name"] for layer in found["layers"]] == ["conv1", "globalpool1", "flatten1", "dense1"]
    assert main(["shape", str(path), "--input-shape", "3x9x9"]) == 2
    assert "not (3, 9, 9)" in capsys.readouterr().err
