"""Kernels from names, text, files and arrays."""

import json
import pickle
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from convolens.errors import ConvolensError, DTypeError, FileError, SpecError, UnknownNameError
from convolens.kernels import kernels, parse_kernel

SOBEL = [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]


@pytest.mark.parametrize(
    "text",
    [
        "-1 0 1; -2 0 2; -1 0 1",
        "-1,0,1;-2,0,2;-1,0,1",
        "-1, 0, 1;\n-2, 0, 2;\n-1, 0, 1;",
        "  -1 0 +1\n  -2 0 2\n  −1 0 1\n",
        "-1\t0  1 ; -2 , 0 2;-1 0 1 ;",
    ],
)
def test_numbers_as_text(text: str) -> None:
    """Rows by ; or line end, cells by space or comma; whole numbers stay whole."""
    kernel = parse_kernel(text)
    assert kernel.name == "custom"
    assert kernel.weights.tolist() == SOBEL
    assert kernel.weights.dtype == np.int64


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1/9 1/9; 1/9 -2/4", [[1 / 9, 1 / 9], [1 / 9, -0.5]]),
        ("1 2.5 1e-3", [[1.0, 2.5, 0.001]]),
        (".5,-.5", [[0.5, -0.5]]),
        ("1/4, 1/2, 1/4", [[0.25, 0.5, 0.25]]),
        ("7", [[7]]),
        ("99999999999999999999", [[1e20]]),
    ],
)
def test_fractions_and_single_rows(text: str, expected: list[list[float]]) -> None:
    """A single row needs no separator; fractions are divided."""
    assert parse_kernel(text).weights.tolist() == expected


def test_names_arrays_and_kernels() -> None:
    """A catalogue name, an array, nested lists, and a kernel as it is."""
    assert parse_kernel("gaussian:sigma=2") == kernels.gaussian(sigma=2)
    assert parse_kernel("Sobel_X") == kernels["sobel-x"]
    assert parse_kernel(np.float32([[1, 2]])).weights.dtype == np.float64
    assert parse_kernel([[True, False]]).weights.tolist() == [[1, 0]]
    assert parse_kernel(kernels["box"]) is not None
    assert parse_kernel(SOBEL).weights.tolist() == SOBEL


def test_files(tmp_path: Path) -> None:
    """All three kinds, by text or path, named by the file's stem."""
    np.save(tmp_path / "a.npy", np.array(SOBEL, dtype=np.int8))
    (tmp_path / "b.csv").write_text("\ufeff-1,0,1\n\n-2, 0 ,2\n-1,0,1\n", encoding="utf-8")
    (tmp_path / "c.json").write_text(json.dumps(SOBEL))
    (tmp_path / "D.JSON").write_text(json.dumps(kernels["sobel-x"].as_dict()))
    for path in sorted(tmp_path.iterdir()):
        for given_as in (path, str(path), f" {path} "):
            kernel = parse_kernel(given_as)
            assert kernel.weights.tolist() == SOBEL
            assert kernel.weights.dtype == np.int64
            assert kernel.name == path.stem
    (tmp_path / "e.json").write_text('[["1/3", 0.5], [1, 2]]')
    assert parse_kernel(tmp_path / "e.json").weights[0, 0] == 1 / 3


@given(weights=arrays(np.float64, st.tuples(st.integers(1, 4), st.integers(1, 4)), elements=st.floats(-1e6, 1e6)))
def test_text_brings_back_the_weights(weights: np.ndarray) -> None:
    """What is written with repr is read to the last bit."""
    text = "; ".join(" ".join(map(repr, row)) for row in weights.tolist())
    np.testing.assert_array_equal(parse_kernel(text).weights, weights)


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        ("", SpecError, "the kernel is empty"),
        (" ; ", SpecError, "kernel text is empty"),
        ("1 2; 3", SpecError, "row 2 has 1 cells, but row 1 has 2"),
        ("1 2; 3 x", SpecError, "row 2 holds 'x', which is not a number"),
        ("1 x", SpecError, "row 1 holds 'x'"),
        ("1,,2", SpecError, "row 1 holds ''"),
        ("1 2,", SpecError, "row 1 holds ''"),
        ("1/0 2", SpecError, "row 1 divides by zero: '1/0'"),
        ("nan 1", SpecError, "not a finite number"),
        ("1 inf", SpecError, "not a finite number"),
        ("1e999", SpecError, "not a finite number"),
        ("soble-x", UnknownNameError, "did you mean 'sobel-x'"),
        ("gaussian:sigm=2", UnknownNameError, "it takes sigma=1"),
        ("missing.npy", FileError, "missing.npy: no such file"),
        ("a/b/sobel", FileError, "must be one of .npy, .csv, .json, found no suffix"),
        ("kernel.txt", FileError, "must be one of .npy, .csv, .json, found .txt"),
        ("a\0b.csv", FileError, "cannot read"),
        ("x" * 5000, UnknownNameError, "unknown kernel"),
        ("x" * 5000 + ".csv", FileError, "cannot read"),
        (" ".join(["1"] * 3000), SpecError, "at most 2047 a side"),
    ],
)
def test_text_that_is_no_kernel(text: str, error: type[ConvolensError], words: str) -> None:
    """Each is refused in one line."""
    with pytest.raises(error) as caught:
        parse_kernel(text)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("name", "content", "error", "words"),
    [
        ("k.npy", b"", FileError, "cannot read numbers from this .npy file"),
        ("k.npy", b"PK\x03\x04nonsense", FileError, "cannot read numbers from this .npy file"),
        ("k.csv", b"1,2\n3\n", SpecError, "row 2 has 1 cells"),
        ("k.csv", b"\n \n", SpecError, "is empty"),
        ("k.csv", b"\xff\xfe\x00", FileError, "cannot read numbers from this .csv file"),
        ("k.csv", b"a,b\n1,2\n", SpecError, "row 1 holds 'a'"),
        ("k.csv", b'"' + b"1" * 200_000, FileError, "field larger than field limit"),
        ("k.json", b"{", FileError, "cannot read numbers from this .json file"),
        ("k.json", b"[" * 100_000, FileError, "cannot read numbers from this .json file"),
        ("k.json", b"[1, 2]", SpecError, "2 dimensions"),
        ("k.json", b'{"kernel": [[1]]}', SpecError, "must hold lists of numbers"),
        ("k.json", b"[]", SpecError, "is empty"),
        ("k.json", b"[[]]", SpecError, "is empty"),
        ("k.json", b"[[true]]", SpecError, "holds 'true'"),
        ("k.json", b"[[[1, 2]]]", SpecError, "2 dimensions"),
        ("k.json", b"[[NaN]]", SpecError, "not a finite number"),
        ("k.txt", b"1 2", FileError, "must be one of .npy, .csv, .json, found .txt"),
    ],
)
def test_files_that_are_no_kernel(
    tmp_path: Path, name: str, content: bytes, error: type[ConvolensError], words: str
) -> None:
    """Each is refused in one line that names the file."""
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(error) as caught:
        parse_kernel(path)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("array", "error", "words"),
    [
        (np.zeros(3), SpecError, "found shape (3,)"),
        (np.zeros((1, 1, 3, 3)), SpecError, "found shape (1, 1, 3, 3)"),
        (np.zeros((2, 2), complex), DTypeError, "dtype complex128"),
        (np.zeros((1, 5000)), SpecError, "shape (1, 5000) has a side over 2047"),
    ],
)
def test_arrays_in_files_that_are_no_kernel(
    tmp_path: Path, array: np.ndarray, error: type[ConvolensError], words: str
) -> None:
    """A .npy file is held to the same rules as an array."""
    np.save(tmp_path / "k.npy", array)
    with pytest.raises(error) as caught:
        parse_kernel(tmp_path / "k.npy")
    assert words in str(caught.value)


class _Trap:
    """Unpickling this would write a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return Path.touch, (self.path,)


def test_nothing_is_unpickled(tmp_path: Path) -> None:
    """Objects in a .npy file, or a pickle under that name, are refused without being run."""
    trap = np.empty((1, 1), dtype=object)
    trap[0, 0] = _Trap(tmp_path / "sprung")
    np.save(tmp_path / "objects.npy", trap, allow_pickle=True)
    (tmp_path / "pickle.npy").write_bytes(pickle.dumps(_Trap(tmp_path / "sprung")))
    for name in ("objects.npy", "pickle.npy"):
        with pytest.raises(FileError):
            parse_kernel(tmp_path / name)
    assert not (tmp_path / "sprung").exists()


def test_a_directory_is_no_kernel(tmp_path: Path) -> None:
    """A folder called k.json is refused as a file that cannot be read."""
    (tmp_path / "k.json").mkdir()
    with pytest.raises(FileError, match="is a folder"):
        parse_kernel(tmp_path / "k.json")
