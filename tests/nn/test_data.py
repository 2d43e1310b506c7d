"""Data to learn from: read, divided, dealt out, changed at random."""

from pathlib import Path

import numpy as np
import pytest
from scipy import ndimage

from convolens.errors import FileError, SpecError, UnknownNameError
from convolens.nn.augment import augment, parse_augmentation, warped
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
    ones, zeros = np.ones(4), np.zeros(4)
    for item, angle in zip(zip(x, warped(x, angles, ones, zeros, zeros), strict=True), angles, strict=True):
        wanted = ndimage.rotate(item[0], angle, (1, 2), reshape=False, order=1, mode="nearest")
        np.testing.assert_allclose(item[1], wanted, atol=1e-12)
    square = random.normal(size=(1, 1, 2, 5, 5)).astype(np.float32)
    turned = warped(square, np.array([90.0]), ones[:1], zeros[:1], zeros[:1])
    assert turned.dtype == np.float32
    np.testing.assert_allclose(turned, np.rot90(square, axes=(-2, -1)), atol=1e-6)
    how = parse_augmentation("shift rotate:15 noise")
    twice = [augment(x, how, np.random.default_rng(3)) for _ in range(2)]
    np.testing.assert_array_equal(twice[0], twice[1])


def test_zooming_and_moving_between_cells() -> None:
    """Items are moved, turned and enlarged as SciPy maps places, within the limits that are given."""
    random = np.random.default_rng(0)
    x = random.normal(size=(1, 1, 7, 6))
    turn, zoom, move = np.deg2rad(20), 1.3, np.array([0.4, -1.2])
    matrix = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]]) / zoom
    middle = np.array([3, 2.5])
    wanted = ndimage.affine_transform(x[0, 0], matrix, middle - matrix @ (middle + move), order=1, mode="nearest")
    numbers = (np.array([number]) for number in (20, zoom, *move))
    np.testing.assert_allclose(warped(x, *numbers)[0, 0], wanted, atol=1e-12)
    slope = np.broadcast_to(np.arange(9.0), (200, 1, 9, 9))
    moved = augment(slope, parse_augmentation("move:0.4"), random)[:, 0, 4, 4] - 4
    assert -0.4 <= moved.min() < -0.3 < 0.3 < moved.max() <= 0.4
    zoomed = augment(slope, parse_augmentation("zoom:0.2"), random)[:, 0, 4]
    steps = zoomed[:, 5] - zoomed[:, 4]
    assert 1 / 1.2 <= steps.min() < 0.9 < 1.1 < steps.max() <= 1 / 0.8
    for word in ("zoom:0.95", "move:1 zoom:7"):
        with pytest.raises(SpecError, match=r"zoom takes a share from 0 to 0\.9"):
            parse_augmentation(word)
