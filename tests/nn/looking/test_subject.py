"""What is looked at: networks from runs and files, and pictures as a network takes them."""

import json
from pathlib import Path

import numpy as np
import onnx
import pytest

from cases import bright_halves
from convolens.cli.networks import open_network
from convolens.errors import FileError, SpecError
from convolens.images import Image, write_image
from convolens.nn import Network
from convolens.nn.data import read_data
from convolens.nn.looking import gradient_saliency
from convolens.nn.looking.subject import Subject, open_subject
from convolens.nn.run_folder import begin_run
from convolens.nn.train import Settings


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run that is over, of pictures that are bright above or below."""
    text = "conv 3,k3 relu flatten dense 2"
    run = begin_run(tmp_path / "run", bright_halves(tmp_path), text, Settings(epochs=1, batch=16))
    while run.trainer.run():
        pass
    run.save()
    run.finish()
    return run.folder


def test_runs_and_files(run: Path) -> None:
    """A run has data, classes and its first kernels; the file in it is the same network without them."""
    subject, alone = open_subject(run), open_subject(run / "network.safetensors")
    x, truth = subject.item(3)
    np.testing.assert_array_equal(subject.network(x[None]), alone.network(x[None]))
    assert truth in (0, 1)
    assert subject.names == ("0", "1")
    assert set(subject.before) == {"conv1.weight"}
    assert (subject.before["conv1.weight"] != subject.network.weights["conv1.weight"]).any()
    assert subject.bounds == (subject.data.inputs.min(), subject.data.inputs.max())  # type: ignore[union-attr]
    again = open_subject(run / "network.safetensors", data=str(run.parent / "data.npz"))
    np.testing.assert_array_equal(again.item(3)[0], x)
    with pytest.raises(SpecError, match="--data"):
        alone.item(0)
    with pytest.raises(SpecError, match="0 to 7"):
        subject.item(8)


def test_onnx(tmp_path: Path) -> None:
    """A network from an ONNX file is looked at as others are."""
    weight = np.arange(8, dtype=np.float32).reshape(4, 2)
    nodes = [onnx.helper.make_node("Flatten", ["x"], ["v"]), onnx.helper.make_node("Gemm", ["v", "w"], ["y"])]
    shapes = {"x": [1, 1, 2, 2], "y": [1, 2]}
    x, y = (
        onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape) for name, shape in shapes.items()
    )
    graph = onnx.helper.make_graph(nodes, "small", [x], [y], [onnx.numpy_helper.from_array(weight, "w")])
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, tmp_path / "small.onnx")
    network = open_subject(tmp_path / "small.onnx").network
    np.testing.assert_allclose(gradient_saliency(network, np.zeros((1, 2, 2)), 1).ravel(), weight[:, 1])


def test_a_run_whose_data_are_gone(run: Path) -> None:
    """It can still be looked at, with the scale that it knew; asked for an item, it says what is missing."""
    before = open_subject(run)
    (run.parent / "data.npz").unlink()
    subject = open_subject(run)
    assert (subject.mean, subject.deviation, subject.data) == (before.mean, before.deviation, None)
    with pytest.raises(SpecError, match=r"data.npz: no such file"):
        subject.item(0)
    facts = json.loads((run / "config.json").read_text())
    (run / "config.json").write_text(json.dumps({**facts, "mean": None}))
    with pytest.raises(FileError, match=r"data.npz"):
        open_subject(run)


@pytest.mark.parametrize("is_over", [True, False])
def test_a_run_without_its_data(run: Path, is_over: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Data that are not wanted are not read; where they have become others, it is opened without them."""
    if not is_over:
        (run / "network.safetensors").unlink()
    before = open_subject(run)
    random = np.random.default_rng(0)
    np.savez(run.parent / "data.npz", x=random.normal(size=(40, 1, 5, 5)), y=np.arange(40) % 3)
    facts = json.loads((run / "config.json").read_text())
    checksum = read_data(run.parent / "data.npz").checksum
    (run / "config.json").write_text(json.dumps({**facts, "checksum": checksum}))
    subject = open_subject(run)
    assert (subject.data, subject.names, subject.network.nodes) == (None, before.names, before.network.nodes)
    for name, array in before.network.weights.items():
        np.testing.assert_array_equal(subject.network.weights[name], array)
    monkeypatch.setattr("convolens.nn.run_folder.read_data", lambda *_, **__: pytest.fail("read data"))
    assert open_network(run, None).names == before.names


def test_a_run_is_not_touched(run: Path) -> None:
    """What a run that goes on is about to write stays where it is."""
    (run / ".checkpoint.1.partial").write_bytes(b"begun")
    open_subject(run)
    assert (run / ".checkpoint.1.partial").exists()


def test_pictures(tmp_path: Path) -> None:
    """The middle of a picture, or all of it, as images to learn from are sized, on the network's scale."""
    pixels = np.zeros((4, 8), np.uint8)
    pixels[:, 2:4] = [[255, 255], [255, 255], [0, 255], [0, 0]]
    pixels[:, 7] = 255  # is cut off
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        write_image(tmp_path / name / "wide.png", Image(pixels))
    write_image(tmp_path / "wide.png", Image(pixels))
    for fit in ("stretch", "crop"):
        subject = Subject(Network((1, 2, 2)), None, (), mean=0.5, deviation=0.25, fit=fit)
        found = subject.picture(tmp_path / "wide.png")
        seen = (read_data(tmp_path, size=(2, 2), fit=fit).inputs[0] - 0.5) / 0.25
        np.testing.assert_allclose(found, seen, atol=1e-5)
    np.testing.assert_allclose(subject.picture(tmp_path / "wide.png", invert=True), -found, atol=1e-5)
    colour = Subject(Network((3, 4, 8)), None, ())
    np.testing.assert_allclose(colour.picture(tmp_path / "wide.png"), [pixels / 255] * 3, atol=1e-5)
    with pytest.raises(SpecError, match="not pictures"):
        Subject(Network((2, 4, 8)), None, ()).picture(tmp_path / "wide.png")


def test_what_is_no_network(tmp_path: Path) -> None:
    """Folders without a run, other files, and classes that are not there are told in one line."""
    (tmp_path / "notes.txt").write_text("no network")
    for path in (tmp_path / "notes.txt", tmp_path, tmp_path / "none.safetensors"):
        with pytest.raises(FileError):
            open_subject(path)
    subject = Subject(Network.from_text("4 dense 3"), None, ("cat", "dog", "owl"))
    assert [subject.class_number(name) for name in ("dog", "2")] == [1, 2]
    with pytest.raises(SpecError, match="cat, dog, owl"):
        subject.class_number("cow")
