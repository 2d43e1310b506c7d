"""Sources of data: each kind told from the others, read, and refused in one line where it is damaged."""

import bz2
import gzip
import io
import lzma
import pickle
import tarfile
from pathlib import Path

import numpy as np
import pytest

from convolens.errors import ConvolensError, FileError, SpecError, UnknownNameError
from convolens.nn.data import divide, read_data
from convolens.nn.sources.idx import read_idx
from data_files import RANDOM, TYPES, as_idx, mnist_files


def write_all(folder: Path, files: dict[str, bytes]) -> Path:
    """Put files into a new folder."""
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


@pytest.mark.parametrize("kind", TYPES)
def test_idx_types(kind: str, tmp_path: Path) -> None:
    """Numbers of every type come back, from plain and from packed files."""
    array = RANDOM.integers(0, 100, (3, 2)).astype(kind)
    (tmp_path / "plain").write_bytes(as_idx(array))
    (tmp_path / "packed").write_bytes(gzip.compress(as_idx(array)))
    for name in ("plain", "packed"):
        found = read_idx(tmp_path / name)
        assert found.dtype == array.dtype
        np.testing.assert_array_equal(found, array)


def test_idx_folder_keeps_its_test_part(tmp_path: Path) -> None:
    """The four files become data whose test part stays; the file of images alone has none."""
    folder = write_all(tmp_path / "set", mnist_files())
    found = read_data(folder)
    images = read_idx(folder / "t10k-images-idx3-ubyte.gz")
    assert found.test is not None
    np.testing.assert_array_equal(found.test.inputs[:, 0], images.astype(np.float32) / 255)
    assert (found.inputs.shape, found.names) == ((20, 1, 5, 4), ("0", "1", "2"))
    parts = divide(found)
    assert parts.counts == {"training": 17, "validation": 3, "test": 6}
    assert "the test part is the data's own" in str(parts)
    np.testing.assert_allclose(parts.test.inputs * parts.deviation + parts.mean, found.test.inputs, atol=1e-6)
    alone = read_data(folder / "train-images-idx3-ubyte.gz")
    assert alone.test is None
    np.testing.assert_array_equal(alone.inputs, found.inputs)


def test_signals_in_arrays(tmp_path: Path) -> None:
    """Signals keep their channels, or get one; under their own name three axes are no rows and columns."""
    signals, classes = RANDOM.normal(size=(20, 3, 50)), np.arange(20) % 2
    for given, shape in ((signals, (3, 50)), (signals[:, 0], (1, 50))):
        np.savez(tmp_path / "it.npz", signals=given, y=classes, signals_test=given[:4], y_test=classes[:4])
        found = read_data(tmp_path / "it.npz")
        assert found.test is not None
        assert found.inputs.shape[1:] == found.test.inputs.shape[1:] == shape
        np.testing.assert_allclose(found.inputs.reshape(given.shape), given, rtol=1e-6)
    np.savez(tmp_path / "it.npz", signals=signals[..., None], y=classes)
    with pytest.raises(SpecError, match=r"signals must be \(N, C, length\)"):
        read_data(tmp_path / "it.npz")


def test_damaged_idx(tmp_path: Path) -> None:
    """Files cut short, too long, of something else, or without their other half are refused by name."""
    good = as_idx(np.zeros((4, 2, 2), np.uint8))
    liar, liars = b"\0\0\x08\x03" + b"\xff" * 12, b"\0\0\x08\x02\0\x10\0\0\0\x10\0\0"
    for content in (
        b"", good[:3], good[:6], good[:-1], good + b"\0", b"\x89PNG" + good, gzip.compress(good)[:-9],
        liar, gzip.compress(liar), liars, gzip.compress(liars),
    ):  # fmt: skip
        (tmp_path / "images").write_bytes(content)
        with pytest.raises(FileError, match="images: "):
            read_idx(tmp_path / "images")
    files = mnist_files()
    del files["t10k-labels-idx1-ubyte.gz"]
    with pytest.raises(FileError, match="no t10k-labels"):
        read_data(write_all(tmp_path / "half", files))
    files["train-labels-idx1-ubyte.gz"] = as_idx(np.zeros(3, np.uint8))
    with pytest.raises(SpecError, match="20 items, but 3"):
        read_data(write_all(tmp_path / "few", {k: v for k, v in files.items() if "train" in k}))


def records(count: int) -> bytes:
    """Make records as CIFAR-10's binary version has them."""
    table = RANDOM.integers(0, 256, (count, 3073)).astype(np.uint8)
    table[:, 0] = np.arange(count) % 4
    return table.tobytes()


def archive(path: Path, files: dict[str, bytes]) -> Path:
    """Pack files as the archive is packed."""
    with tarfile.open(path, "w:gz") as packed:
        for name, content in files.items():
            member = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
            member.size = len(content)
            packed.addfile(member, io.BytesIO(content))
    return path


def test_cifar(tmp_path: Path) -> None:
    """The folder and the archive are the same data: planes in their order, names, a test part."""
    files = {"data_batch_1.bin": records(8), "data_batch_2.bin": records(4), "test_batch.bin": records(4)}
    folder = write_all(tmp_path / "folder", files | {"batches.meta.txt": b"airplane\n"})
    found, packed = read_data(folder), read_data(archive(tmp_path / "set.tar.gz", files))
    assert (found.inputs.shape, found.names) == ((12, 3, 32, 32), ("airplane", "automobile", "bird", "cat"))
    red = np.frombuffer(files["data_batch_1.bin"], np.uint8)[3074 : 3074 + 1024].reshape(32, 32)
    np.testing.assert_array_equal(found.inputs[1, 0], red.astype(np.float32) / 255, strict=False)
    assert found.test is not None
    assert len(found.test.classes) == 4
    assert found.checksum == packed.checksum


def test_damaged_cifar(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The version for Python is never read; cut files and classes out of range are refused."""
    pickled = {"data_batch_1": pickle.dumps({"data": [1]}), "test_batch": b""}
    for source in (write_all(tmp_path / "python", pickled), archive(tmp_path / "python.tar.gz", pickled)):
        with pytest.raises(FileError, match="take the binary version"):
            read_data(source)
    wrong = bytearray(records(3))
    wrong[3073] = 10
    for name, content, message in (
        ("cut", records(2)[:-1], "whole number"),
        ("range", bytes(wrong), "record 2 .* class 10, out of range"),
    ):
        with pytest.raises(FileError, match=message):
            read_data(write_all(tmp_path / name, {"data_batch_1.bin": content}))
    (tmp_path / "none.tar.gz").write_bytes(b"nothing")
    with pytest.raises(FileError, match="is no archive"):
        read_data(tmp_path / "none.tar.gz")
    with pytest.raises(FileError, match="no data_batch_1"):
        read_data(archive(tmp_path / "empty.tar.gz", {"other": b""}))
    whole = gzip.decompress(archive(tmp_path / "whole.tar.gz", {"data_batch_1.bin": records(600)}).read_bytes())
    for name, pack in (("xz", lzma.compress), ("bz2", bz2.compress)):
        packed = bytearray(pack(whole))
        packed[-(len(packed) // 4) : -100] = bytes(len(packed) // 4 - 100)  # what comes before is good
        (tmp_path / f"{name}.tar").write_bytes(packed)
        with pytest.raises(FileError, match=f"{name}.tar: is no archive"):
            read_data(tmp_path / f"{name}.tar")
    monkeypatch.setattr("convolens.nn.sources.cifar._MOST", 6000)
    with pytest.raises(FileError, match="more than 6000 bytes"):
        read_data(archive(tmp_path / "large.tar.gz", {"data_batch_1.bin": records(2)}))


def test_numbers_of_classes(tmp_path: Path) -> None:
    """Numbers that no item has are left out; those below 0, or for the test alone, are refused."""
    x = np.zeros((4, 2, 2))
    np.savez(tmp_path / "gaps.npz", x=x, y=[7, 3, 3, 7], x_test=x[:1], y_test=[7])
    found = read_data(tmp_path / "gaps.npz")
    assert (found.names, found.classes.tolist()) == (("3", "7"), [1, 0, 0, 1])
    assert found.test is not None
    assert found.test.classes.tolist() == [1]
    np.savez(tmp_path / "below.npz", x=x, y=[0, -1, 0, 0])
    with pytest.raises(SpecError, match=r"below.npz.*the smallest -1"):
        read_data(tmp_path / "below.npz")
    np.savez(tmp_path / "test.npz", x=x, y=[0, 1, 0, 1], x_test=x[:1], y_test=[2])
    with pytest.raises(SpecError, match="test part has class 2"):
        read_data(tmp_path / "test.npz")
    np.savez(tmp_path / "number.npz", x=3, y=np.arange(3))
    with pytest.raises(SpecError, match=r"number.npz: items must be .*not \(\)"):
        read_data(tmp_path / "number.npz")
    with (tmp_path / "array.npz").open("wb") as file:
        np.save(file, x)
    with pytest.raises(FileError, match=r"array.npz: cannot be read"):
        read_data(tmp_path / "array.npz")
    np.savez(tmp_path / "none.npz", x=x[:0], y=np.zeros(0, int))
    with pytest.raises(SpecError, match="no items"):
        divide(read_data(tmp_path / "none.npz"))


def test_sources_that_are_none(tmp_path: Path) -> None:
    """Unknown names, pickles and other files are refused, and sizes for what has one."""
    (tmp_path / "model.pkl").write_bytes(pickle.dumps([1]))
    (tmp_path / "text.txt").write_text("x")
    for name, message in (("model.pkl", "unpickled"), ("text.txt", "neither"), ("none", "no such file")):
        with pytest.raises(FileError, match=message):
            read_data(tmp_path / name)
    with pytest.raises(SpecError, match="only folders of images"):
        read_data("digits", size=(8, 8))
    with pytest.raises(UnknownNameError, match="crop"):
        read_data(tmp_path, fit="crops")
    assert issubclass(FileError, ConvolensError)
