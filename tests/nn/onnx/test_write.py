"""Networks written into ONNX files: what ONNX Runtime makes of them, and what is read again."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

from convolens.errors import FileError, SpecError
from convolens.nn import Conv, Function, Layer, Network, Pool, Reshape, Slice
from convolens.nn.layer import Shape
from convolens.nn.onnx.layers import WRITERS
from convolens.nn.store import LAYERS
from convolens.runtime import compile as compiler
from nn.test_layers import MAPS, VECTORS

NEEDED = {"celu": 12, "gelu-tanh": 20}


@pytest.fixture(autouse=True)
def _without_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let NumPy compute, as compiling takes longer."""
    monkeypatch.setattr(compiler, "available", lambda: False)


def network_of(layer: Layer, shapes: tuple[Shape, ...]) -> Network:
    """Build a network that ends with a layer; its inputs are parts of one."""
    if len(shapes) == 1:
        network = Network(shapes[0], [layer])
    else:
        sizes = [int(np.prod(shape)) for shape in shapes]
        network, ends = Network((sum(sizes),)), np.cumsum(sizes).tolist()
        parts = [
            network.add(Reshape(shape), network.add(Slice(1, end - size, end), "input"))
            for shape, size, end in zip(shapes, sizes, ends, strict=True)
        ]
        network.add(layer, *parts)
    random = np.random.default_rng(0)
    for arrays in (network.weights, network.statistics):
        for name, array in arrays.items():
            arrays[name] = random.uniform(0.5, 1.5, array.shape).astype(np.float32)
    return network


def test_every_layer_is_written() -> None:
    """The table of what is written has every layer that can be saved."""
    assert set(WRITERS) == set(LAYERS.values())


@pytest.mark.parametrize("opset", [11, 13, 17, 21])
@pytest.mark.parametrize(("layer", "shapes"), MAPS + VECTORS, ids=str)
def test_layers(layer: Layer, shapes: tuple[Shape, ...], opset: int, tmp_path: Path) -> None:
    """A layer written is what ONNX accepts, and computes the same in ONNX Runtime, read again, and prepared."""
    network, path = network_of(layer, shapes), str(tmp_path / "it.onnx")
    least = NEEDED.get(layer.name, 0) if isinstance(layer, Function) else 0
    if opset < least:
        with pytest.raises(SpecError, match=f"needs opset {least}"):
            network.to_onnx(path, opset=opset)
        return
    network.to_onnx(path, opset=opset)
    onnx.checker.check_model(path, full_check=True)
    x = np.random.default_rng(1).uniform(-2, 2, (3, *network.input_shape)).astype(np.float32)
    wanted = network(x)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    np.testing.assert_allclose(session.run(None, {"input": x})[0], wanted, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(Network.from_onnx(path)(x), wanted, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(network.prepare()(x), wanted, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("border", ["wrap", "symmetric", 0.5, "reflect"])
def test_borders(border: str | float, tmp_path: Path) -> None:
    """Borders that ONNX has no word for are written as the cells that they show, however often they go round."""
    conv = Conv(3, 5, stride=2, padding=((4, 9), (2, 0)), border=border, activation="silu")
    network, path = Network((2, 6, 7), [conv, Conv(4, 3, padding=1, border=border)]), str(tmp_path / "it.onnx")
    network.to_onnx(path)
    x = np.random.default_rng(1).normal(size=(2, 2, 6, 7)).astype(np.float32)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    np.testing.assert_allclose(session.run(None, {"input": x})[0], network(x), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(Network.from_onnx(path)(x), network(x), rtol=1e-4, atol=1e-5)


def test_double(tmp_path: Path) -> None:
    """Weights of 64 bits stay so."""
    network = Network.from_text("2x6x7 conv:3,k3 gelu flatten ln dense 4")
    for name, array in network.weights.items():
        network.weights[name] = array + np.float64(np.pi)
    network.to_onnx(tmp_path / "it.onnx")
    again = Network.from_onnx(tmp_path / "it.onnx")
    for name, array in again.weights.items():
        np.testing.assert_array_equal(array, network.weights[name])


def test_files(tmp_path: Path) -> None:
    """A network without layers, files that are there, opsets that are not written, and layers that are too new."""
    path = tmp_path / "it.onnx"
    Network((2, 3)).to_onnx(path)
    assert Network.from_onnx(path).nodes == []
    with pytest.raises(FileError, match="already exists"):
        Network((2, 3)).to_onnx(path)
    for opset in (10, 22):
        with pytest.raises(SpecError, match="opset 11 to 21"):
            Network((2, 3)).to_onnx(path, opset=opset, overwrite=True)
    network = Network((2, 9, 9), [Pool("mean", 2, dilation=2)])
    with pytest.raises(SpecError, match=r"'meanpool1'.*needs opset 19"):
        network.to_onnx(path, overwrite=True)
