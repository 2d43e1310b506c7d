"""Numbers as text and in files: every form gives the same array, and what is no number is named."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from convolens.errors import FileError, SpecError
from convolens.kernels.tables import numbers_from_text, read_numbers


def test_every_form_gives_the_same(tmp_path: Path) -> None:
    """Text, .npy, .csv, and .json with or without a name for the weights."""
    array = np.array([[1, -2, 3], [4, 5, 6]])
    np.save(tmp_path / "a.npy", array)
    (tmp_path / "a.csv").write_text("1,−2,+3\n\n4, 5 ,6\n", encoding="utf-8")
    (tmp_path / "a.json").write_text(json.dumps(array.tolist()))
    (tmp_path / "b.JSON").write_text(json.dumps({"weights": [["1", -2, "3"], [4, 5, 6]]}))
    for found in [*map(read_numbers, sorted(tmp_path.iterdir())), numbers_from_text("1 -2 3; 4,5,6", "text")]:
        assert found.dtype == np.int64
        np.testing.assert_array_equal(found, array)


@given(arrays(np.int64, array_shapes(max_dims=4, max_side=3)))
def test_json_of_any_depth(array: np.ndarray) -> None:
    """Every int64 and every shape comes back."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.json")
        path.write_text(json.dumps(array.tolist()))
        found = read_numbers(path)
    assert found.dtype == np.int64
    np.testing.assert_array_equal(found, array)


@given(st.integers(-(2**80), 2**80))
@example(2**63 - 1)
@example(2**63)
@example(-(2**63))
@example(-(2**63) - 1)
def test_whole_numbers_are_exact_as_far_as_int64_goes(value: int) -> None:
    """Beyond it they are the nearest float64, never a Python object."""
    found = numbers_from_text(f"{value}", "text")
    assert found.dtype == (np.int64 if -(2**63) <= value < 2**63 else np.float64)
    assert found.tolist() == [[value if found.dtype == np.int64 else float(value)]]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("[[1, 2], [3]]", "row 2 has 1 cells, but row 1 has 2"),
        ("[[1, 2], 3]", "row 2 has no list, but row 1 has 2 cells"),
        ("[[[1, 2], [3, 4]], [[1, 2]]]", "row 2 has 1×2 cells, but row 1 has 2×2"),
        ("[[1, true]]", "row 1 holds 'true'"),
        ("[[1], [null]]", "row 2 holds 'null'"),
        ('[[1, {"a": 2}]]', "which is not a number"),
        ("[[1, 2, 3, 4]]", "at most 3 a side"),
        ("[[1], [2], [3], [4]]", "at most 3 a side"),
        ("[]", "is empty"),
        ("7", "must hold lists of numbers"),
    ],
)
def test_json_that_holds_no_array(tmp_path: Path, content: str, words: str) -> None:
    """One line that names the file and the row."""
    path = tmp_path / "a.json"
    path.write_text(content)
    with pytest.raises(SpecError) as caught:
        read_numbers(path, longest=3)
    assert words in str(caught.value)
    assert str(path) in str(caught.value)


def test_files_without_an_end_are_refused(tmp_path: Path) -> None:
    """A device or a folder under the name of a table is not read."""
    (tmp_path / "zero.csv").symlink_to("/dev/zero")
    (tmp_path / "folder.json").mkdir()
    for name in ("zero.csv", "folder.json"):
        with pytest.raises(FileError, match=f"{name}: is a folder or device"):
            read_numbers(tmp_path / name)
