"""Folders of images: classes by folder, one size for all, and a list of what is no image."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from convolens.errors import FileError, SpecError
from convolens.nn.data import divide, read_data
from convolens.nn.sources.image_folder import fitted


def picture(path: Path, shape: tuple[int, ...], value: int = 0) -> None:
    """Write a picture of one colour."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full(shape, value, np.uint8)).save(path)


def test_classes_are_folders(tmp_path: Path) -> None:
    """Each folder is a class, in the order of their names; grey becomes colour where something is."""
    picture(tmp_path / "dog" / "a.png", (4, 6), 51)
    picture(tmp_path / "cat" / "deep" / "b.png", (4, 6, 3), 255)
    picture(tmp_path / "cat" / "c.png", (4, 6), 0)
    found = read_data(tmp_path)
    assert (found.names, found.classes.tolist(), found.inputs.shape) == (("cat", "dog"), [0, 0, 1], (3, 3, 4, 6))
    np.testing.assert_array_equal(found.inputs[2], np.float32(0.2))


def test_own_test_part(tmp_path: Path) -> None:
    """Folders called train and test hold the classes, and the latter stays the test part."""
    for part, count in (("train", 10), ("test", 2)):
        for name in ("a", "b"):
            for number in range(count):
                picture(tmp_path / part / name / f"{number}.png", (3, 3))
    assert divide(read_data(tmp_path)).counts == {"training": 18, "validation": 2, "test": 4}
    picture(tmp_path / "test" / "c" / "0.png", (3, 3))
    with pytest.raises(SpecError, match="nothing to learn class 'c'"):
        read_data(tmp_path)


def test_what_is_no_image_is_skipped_and_listed(tmp_path: Path) -> None:
    """Damaged files, empty ones and text are listed with the reason; the others are read."""
    for name in ("a", "b"):
        picture(tmp_path / name / "good.png", (3, 3))
    whole = (tmp_path / "a" / "good.png").read_bytes()
    (tmp_path / "a" / "cut.png").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "b" / "empty.jpg").write_bytes(b"")
    (tmp_path / "b" / "notes.txt").write_text("not a picture")
    (tmp_path / "b" / ".hidden").write_text("not seen")
    found = read_data(tmp_path)
    assert len(found.inputs) == 2
    names = [reason.split(":")[0] for reason in found.skipped]
    assert names == [str(Path("a", "cut.png")), str(Path("b", "empty.jpg")), str(Path("b", "notes.txt"))]


def test_sizes(tmp_path: Path) -> None:
    """Pictures of several sizes are refused without a size, and brought to it with one."""
    picture(tmp_path / "a" / "0.png", (4, 6))
    picture(tmp_path / "b" / "0.png", (8, 5))
    with pytest.raises(SpecError, match=r"0.png is 4 × 6 cells, .*0.png is 8 × 5; .*--size"):
        read_data(tmp_path)
    for fit in ("crop", "stretch"):
        assert read_data(tmp_path, size=(2, 3), fit=fit).inputs.shape == (2, 1, 2, 3)


def test_fitted() -> None:
    """Cropping takes the middle, stretching everything; a cell becomes the mean of what it covers."""
    item = np.zeros((1, 4, 8), np.float32)
    item[..., 2:6], item[..., 6:] = 1, 2
    assert (fitted(item, (4, 4), "crop") == 1).all()
    assert fitted(item, (4, 4), "stretch")[0, 0, 3] > 1
    assert fitted(item, (1, 1), "crop").shape == (1, 1, 1)


def test_folders_without_images(tmp_path: Path) -> None:
    """A folder without folders, and folders without images, are told apart."""
    (tmp_path / "a.png").write_bytes(b"")
    with pytest.raises(FileError, match="put the images of each class"):
        read_data(tmp_path)
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x").write_text("x")
    with pytest.raises(FileError, match="no images in it that can be read; skipped 1, the first a/x"):
        read_data(tmp_path)
