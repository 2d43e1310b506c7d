"""Data to learn from: read, divided, dealt out, changed at random."""

from pathlib import Path

import numpy as np
import pytest
from scipy import ndimage

from convolens.errors import FileError, SpecError, UnknownNameError
from convolens.nn.augment import augment, parse_augmentation, rotated
from convolens.nn.data import Dataset, batches, divide, read_data


def test_digits() -> None:
    """The digits are scikit-learn's, from 0 to 1."""
    datasets = pytest.importorskip("sklearn.datasets")
    wanted, found = datasets.load_digits(), read_data("digits")
    np.testing.assert_array_equal(found.inputs[:, 0] * 16, wanted.images)
    np.testing.assert_array_equal(found.classes, wanted.target)
    assert found.names == tuple("0123456789")


def test_npz(tmp_path: Path) -> None:
    """Maps with or without an axis for channels are read; pickles and files of something else are refused."""
    x, y = np.arange(60, dtype=np.uint8).reshape(5, 3, 4), np.array([0, 2, 1, 0, 2])
    np.savez(tmp_path / "plain.npz", x=x, y=y)
    found = read_data(tmp_path / "plain.npz")
    assert (found.inputs.shape, found.inputs.dtype, found.names) == ((5, 1, 3, 4), np.float32, ("0", "1", "2"))
    np.savez(tmp_path / "floats.npz", x=x, y=y / 2)
    np.savez(tmp_path / "pickled.npz", x=np.array([object()] * 5), y=y)
    np.savez(tmp_path / "other.npz", a=x)
    (tmp_path / "text.npz").write_text("nothing")
    (tmp_path / "cut.npz").write_bytes((tmp_path / "plain.npz").read_bytes()[:200])
    for name in ("pickled", "other", "text", "cut", "missing"):
        with pytest.raises(FileError, match=f"{name}.npz"):
            read_data(tmp_path / f"{name}.npz")
    with pytest.raises(SpecError, match="class numbers"):
        read_data(tmp_path / "floats.npz")
    with pytest.raises(FileError, match="no data of that name"):
        read_data("digit")


def test_parts() -> None:
    """Every item is in one part, every class in its share of each; the numbers to learn from have mean 0."""
    classes = np.repeat([0, 1, 2], [50, 30, 20])
    data = Dataset(np.arange(100, dtype=np.float32).reshape(100, 1), classes, ("a", "b", "c"))
    parts = divide(data, seed=3)
    every = [part.inputs * parts.deviation + parts.mean for part in (parts.training, parts.validation, parts.test)]
    np.testing.assert_allclose(np.sort(np.concatenate(every), axis=None), np.arange(100), atol=1e-4)
    assert [np.bincount(part.classes).tolist() for part in (parts.training, parts.validation, parts.test)] == [
        [35, 21, 14],
        [5, 3, 2],
        [10, 6, 4],
    ]
    assert parts.training.inputs.mean() == pytest.approx(0, abs=1e-6)
    assert not np.array_equal(divide(data, seed=4).test.inputs, parts.test.inputs)
    with pytest.raises(SpecError, match="one class only"):
        divide(data.take(np.arange(10)))
    with pytest.raises(SpecError, match="each needs some"):
        divide(data.take(np.array([0, 60])))


def test_data_that_cannot_be_learned_from() -> None:
    """Items without classes, and numbers that are none, are refused."""
    with pytest.raises(SpecError, match="one class each"):
        Dataset(np.zeros((3, 1)), np.zeros(2, int), ("0",))
    with pytest.raises(SpecError, match="NaN"):
        Dataset(np.array([[1.0], [np.nan]]), np.arange(2), ("0", "1"))


def test_batches() -> None:
    """Every item comes once; a last one by itself joins the batch before."""
    for count, size in ((10, 3), (10, 4), (1, 4), (12, 12), (7, 100)):
        dealt = batches(count, size, np.random.default_rng(0))
        assert sorted(np.concatenate(dealt)) == list(range(count))
        assert count == 1 or min(map(len, dealt)) > 1


def test_augmentation() -> None:
    """Each way does what it says and no more, in one and two dimensions; the batch that is given stays."""
    random = np.random.default_rng(0)
    for size in ((9,), (9, 7)):
        x = np.broadcast_to(np.arange(9.0).reshape(9, *(1,) * (len(size) - 1)), (50, 2, *size)).copy()
        before = x.copy()
        moved = augment(x, parse_augmentation("shift:2"), random)
        steps = moved[:, 0, 4].reshape(50, -1)[:, 0] - 4
        assert set(steps) == {-2, -1, 0, 1, 2}
        wanted = np.clip(np.arange(9) + steps[:, None], 0, 8)
        np.testing.assert_array_equal(moved[:, 1].reshape(50, 9, -1)[:, :, 0], wanted)
        cut = augment(x + 1, parse_augmentation("cutout:3"), random)
        assert ((cut == 0).sum(tuple(range(2, x.ndim))) == 3 ** len(size)).all()
        noisy = augment(x.astype(np.float32), parse_augmentation("noise:0.5"), random) - x
        assert noisy.std() == pytest.approx(0.5, rel=0.1)
        np.testing.assert_array_equal(x, before)
    flipped = augment(x.swapaxes(2, 3), parse_augmentation("flip"), random)
    assert 5 < (flipped[:, 0, 0, 0] == 8).sum() < 45
    assert parse_augmentation("") == {}
    with pytest.raises(SpecError, match="2 sizes or more, but these are 1×9"):
        parse_augmentation("rotate:5", (1, 9))
    with pytest.raises(UnknownNameError, match="shift"):
        parse_augmentation("shiftt:1")
    with pytest.raises(SpecError, match="write, for example"):
        parse_augmentation("shift=1")
    for word, message in (("shift:0.5", "whole cells"), ("cutout:0.9", "whole cells"), ("flip:5", "share")):
        with pytest.raises(SpecError, match=f"{word}.*{message}"):
            parse_augmentation(word)


def test_rotation() -> None:
    """Items are turned about their middle as SciPy turns them, a right angle exactly; the draw is the seed's."""
    random = np.random.default_rng(0)
    x = random.normal(size=(4, 2, 7, 6))
    angles = np.array([0, 12.5, -40, 170])
    for item, angle in zip(zip(x, rotated(x, angles), strict=True), angles, strict=True):
        wanted = ndimage.rotate(item[0], angle, (1, 2), reshape=False, order=1, mode="nearest")
        np.testing.assert_allclose(item[1], wanted, atol=1e-12)
    square = random.normal(size=(1, 1, 2, 5, 5)).astype(np.float32)
    turned = rotated(square, np.array([90.0]))
    assert turned.dtype == np.float32
    np.testing.assert_allclose(turned, np.rot90(square, axes=(-2, -1)), atol=1e-6)
    how = parse_augmentation("shift rotate:15 noise")
    twice = [augment(x, how, np.random.default_rng(3)) for _ in range(2)]
    np.testing.assert_array_equal(twice[0], twice[1])
