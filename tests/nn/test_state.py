"""Weights from PyTorch: by order, by name, from files; what does not fit."""

from pathlib import Path

import numpy as np
import pytest

from convolens.errors import FileError, SpecError, UnknownNameError
from convolens.nn import Network

torch = pytest.importorskip("torch")

TEXT = "2x8x8 conv 4,k3 bn relu prelu deconv:3,k2,s2 max 2 flatten dense 5"


def peer() -> "torch.nn.Sequential":
    """The same layers, with running means that are not those it began with."""
    layers = torch.nn
    network = layers.Sequential(
        layers.Conv2d(2, 4, 3), layers.BatchNorm2d(4), layers.ReLU(), layers.PReLU(4),
        layers.ConvTranspose2d(4, 3, 2, stride=2), layers.MaxPool2d(2), layers.Flatten(), layers.Linear(108, 5),
    )  # fmt: skip
    network(torch.randn(3, 2, 8, 8))
    return network.eval()


def check_same(network: Network, module: "torch.nn.Sequential") -> None:
    """Both give the same for a batch."""
    x = np.random.default_rng(0).standard_normal((3, 2, 8, 8), np.float32)
    with torch.no_grad():
        wanted = module(torch.tensor(x)).numpy()
    np.testing.assert_allclose(network(x), wanted, rtol=1e-4, atol=1e-5)


def test_by_order_and_back() -> None:
    """The same outputs; what is given back, PyTorch takes."""
    network, module = Network.from_text(TEXT), peer()
    network.load_state(module.state_dict())
    check_same(network, module)
    other = peer()
    names = [name for name in other.state_dict() if not name.endswith("num_batches_tracked")]
    other.load_state_dict(dict(zip(names, map(torch.tensor, network.state().values()), strict=True)), strict=False)
    check_same(network, other)
    again = Network.from_text(TEXT, seed=7)
    again.load_state(network.state())
    check_same(again, module)


def test_from_files(tmp_path: Path) -> None:
    """Safetensors by name, or by shape; pickles are refused, and the error says what to do."""
    from safetensors.torch import save_file

    network, module = Network.from_text(TEXT), peer()
    path = tmp_path / "weights.safetensors"
    save_file(module.state_dict(), path)
    names = {"conv1": "0", "batchnorm1": "1", "prelu1": "3", "convtranspose1": "4", "dense1": "7"}
    for given in (names, {"dense1": "7"}, None):
        network = Network.from_text(TEXT)
        network.load_state(path, names=given)
        check_same(network, module)
    torch.save(module.state_dict(), tmp_path / "weights.pt")
    with pytest.raises(FileError, match=r"nothing is ever unpickled.*save_file"):
        network.load_state(tmp_path / "weights.pt")
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(FileError, match="damaged"):
        network.load_state(path)


def test_what_does_not_fit() -> None:
    """Layers, shapes and names that differ; nothing is changed then."""
    network, state = Network.from_text(TEXT), dict(peer().state_dict())
    before = network.state()
    with pytest.raises(SpecError, match=r"5 nodes with weights.*4 modules.*dense1 ← —"):
        network.load_state({name: array for name, array in state.items() if name[0] != "3"})
    with pytest.raises(SpecError, match=r"0\.weight of the state is \(4, 2, 1, 3\)"):
        network.load_state(state | {"0.weight": np.ones((4, 2, 1, 3))})
    with pytest.raises(SpecError, match="'dense1' holds weight, bias, but '7' of the state holds weight"):
        network.load_state({name: array for name, array in state.items() if name != "7.bias"})
    with pytest.raises(UnknownNameError, match="conv1"):
        network.load_state(state, names={"conv": "0"})
    for name, array in network.state().items():
        np.testing.assert_array_equal(array, before[name])
