"""Networks in files: whole, checked, refused where damaged."""

import pickle
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from convolens.errors import FileError
from convolens.nn import Network
from convolens.nn.arrays_file import write_arrays

TEXT = (
    "2x9x9 a=conv:4,k3x5,p0+1x2,reflect bn relu max:2,s1 "
    "conv:4,k3,same prelu add:maxpool1 dropout:0.1 flatten dense 3"
)


@pytest.fixture
def network() -> Network:
    """A network with options of every type, whose statistics are not those it began with."""
    found = Network.from_text(TEXT, seed=5)
    found.statistics["batchnorm1.mean"] += 0.25
    return found


def test_comes_back_as_it_went(network: Network, tmp_path: Path) -> None:
    """Layers, options, inputs, weights, statistics and seed are those that were saved."""
    path = tmp_path / "network.safetensors"
    network.save(path)
    found = Network.load(path)
    assert str(found) == str(network)
    assert (found.nodes, found.seed) == (network.nodes, network.seed)
    for mine, theirs in ((network.weights, found.weights), (network.statistics, found.statistics)):
        assert mine.keys() == theirs.keys()
        for name in mine:
            np.testing.assert_array_equal(mine[name], theirs[name])
            assert theirs[name].flags.writeable
    with pytest.raises(FileError, match="already exists"):
        network.save(path)
    network.save(path, overwrite=True)
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_other_programs_read_the_weights(network: Network, tmp_path: Path) -> None:
    """The file is plain safetensors."""
    from safetensors.numpy import load_file

    network.save(tmp_path / "network.safetensors")
    weights = load_file(tmp_path / "network.safetensors")
    np.testing.assert_array_equal(weights["a.weight"], network.weights["a.weight"])


def test_damaged_files(network: Network, tmp_path: Path) -> None:
    """Cut short, changed anywhere, empty or something else: one line that names the file."""
    path = tmp_path / "network.safetensors"
    network.save(path)
    data = path.read_bytes()
    random = np.random.default_rng(0)
    header = int.from_bytes(data[:8], "little")
    for case in range(60):
        broken = bytearray(data[: random.integers(0, len(data))] if case % 2 else data)
        for place in random.integers(0, min(header + 8, len(broken)), 3) if broken and not case % 2 else ():
            broken[place] = random.integers(0, 256)
        path.write_bytes(broken)
        try:
            Network.load(path)
            refused = None  # a change that a network may have, such as another seed
        except FileError as error:
            refused = str(error)
        if refused is None:
            assert len(broken) == len(data)
        else:
            assert str(path) in refused
            assert "\n" not in refused
    for content, message in (
        (b"", "damaged"),
        (b"{}" * 100, "damaged"),
        (pickle.dumps({"weight": 1}), "nothing is ever unpickled"),
        (b"PK\x03\x04", "nothing is ever unpickled"),
    ):
        path.write_bytes(content)
        with pytest.raises(FileError, match=message):
            Network.load(path)


def test_sizes_are_not_believed(network: Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Weights are not drawn to be thrown away, and layers of terabytes or JSON without an end are refused."""
    path = tmp_path / "network.safetensors"
    network.save(path)
    monkeypatch.setattr("numpy.random.default_rng", lambda _seed: pytest.fail("drew something"))
    Network.load(path)
    dense = {"layer": "Dense", "options": {"features": 10**6}, "inputs": []}
    facts = {
        "kind": "network", "input_shape": [10**6], "seed": 0,
        "nodes": [{"name": "a", **dense}, {"name": "b", **dense}],
    }  # fmt: skip
    for nodes in (facts["nodes"], [{**dense, "name": "a", "options": {"features": 10**15}}]):
        write_arrays(path, {}, facts | {"nodes": nodes}, overwrite=True)
        with pytest.raises(FileError, match="no network that can be built"):
            Network.load(path)
    text = "[" * 10**5
    save_file({}, path, {"convolens": text})
    with pytest.raises(FileError, match="damaged"):
        Network.load(path)


def test_files_of_something_else(network: Network, tmp_path: Path) -> None:
    """Weights without layers, other things of ours, arrays too few, too many or of other shapes are refused."""
    save_file(network.weights, tmp_path / "bare")
    with pytest.raises(FileError, match="nothing from Convolens"):
        Network.load(tmp_path / "bare")
    write_arrays(tmp_path / "other", {}, {"kind": "checkpoint"})
    with pytest.raises(FileError, match="holds a checkpoint, not a network"):
        Network.load(tmp_path / "other")
    good = network.weights["a.bias"]
    for wrong, message in ((None, "missing"), (good[:2], "floats"), (good.astype(np.int32), "floats")):
        network.weights["a.bias"] = wrong
        if wrong is None:
            del network.weights["a.bias"]
        network.save(tmp_path / "wrong", overwrite=True)
        with pytest.raises(FileError, match=f"a.bias.*{message}"):
            Network.load(tmp_path / "wrong")
    with pytest.raises(FileError, match="no such file"):
        Network.load(tmp_path / "none")
