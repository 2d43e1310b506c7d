"""``convolens filter`` from the shell: what it writes, what it refuses, and in which words."""

import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tifffile
from numpy.typing import NDArray

from convolens.cli.main import main
from convolens.images import (
    Image,
    edge_direction,
    edge_magnitude,
    filter_image,
    luminance,
    read_image,
    write_image,
)


@pytest.fixture
def photo() -> NDArray[np.uint8]:
    """Return a small colour picture."""
    return np.random.default_rng(11).integers(0, 256, (12, 15, 3)).astype(np.uint8)


@pytest.fixture
def folder(tmp_path: Path, photo: NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder with a few pictures and other files."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in" / "deep").mkdir(parents=True)
    write_image("a.png", Image(photo))
    for name in ("in/a.png", "in/b.tif", "in/deep/c.webp"):
        write_image(name, Image(photo))
    (tmp_path / "in" / "notes.txt").write_text("not a picture")
    (tmp_path / "in" / ".hidden.png").write_text("not to be touched")
    return tmp_path


def run(*arguments: str) -> int:
    """Run ``convolens filter``."""
    return main(["filter", *arguments])


def one_line(capsys: pytest.CaptureFixture[str]) -> str:
    """Return what stands on stderr, which must be one line and no traceback."""
    error = capsys.readouterr().err
    assert error.startswith("convolens: ")
    assert error.count("\n") == 1
    assert "Traceback" not in error
    return error


def test_one_file(folder: Path, photo: NDArray[np.uint8], capsys: pytest.CaptureFixture[str]) -> None:
    """The result of a file is that of filter_image."""
    assert run("a.png", "-k", "gaussian:sigma=2", "-o", "out.png") == 0
    assert capsys.readouterr() == ("written: out.png\n", "")
    np.testing.assert_array_equal(read_image("out.png").pixels, filter_image(photo, "gaussian:sigma=2"))


@pytest.mark.parametrize(
    "kernel",
    [
        ["-k", "-1 0 1; -2 0 2; -1 0 1"],
        ["--kernel", "-1 0 1; -2 0 2; -1 0 1"],
        ["--kernel=-1 0 1; -2 0 2; -1 0 1"],
        ["-k", "sobel-x"],
        ["-k", "kernel.csv"],
        ["-k", "kernel.npy"],
        ["-k", "kernel.json"],
    ],
)
def test_ways_to_name_a_kernel(folder: Path, photo: NDArray[np.uint8], kernel: list[str]) -> None:
    """Weights that begin with a minus, names and files all give the same sums, exact in .npy."""
    weights = [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]
    Path("kernel.csv").write_text("-1,0,1\n-2,0,2\n-1,0,1\n")
    Path("kernel.json").write_text(str(weights))
    np.save("kernel.npy", weights)
    assert run("a.png", *kernel, "--response", "raw", "-o", "out.npy") == 0
    found = np.load("out.npy")
    assert found.dtype == np.int64
    np.testing.assert_array_equal(found, filter_image(photo, weights, response="raw"))


def test_raw_tiff(folder: Path, photo: NDArray[np.uint8]) -> None:
    """Exact sums fit float32 where they are small, and are kept as float64 otherwise."""
    assert run("a.png", "-k", "laplacian-8", "--response", "raw", "-o", "out.tif") == 0
    expected = filter_image(photo, "laplacian-8", response="raw")
    assert tifffile.imread("out.tif").dtype == np.float32
    np.testing.assert_array_equal(tifffile.imread("out.tif"), expected)
    assert run("a.png", "-k", "1000001", "--response", "raw", "-o", "large.tif") == 0
    assert tifffile.imread("large.tif").dtype == np.float64
    np.testing.assert_array_equal(tifffile.imread("large.tif"), photo.astype(np.int64) * 1000001)


def test_options_reach_the_filter(folder: Path, photo: NDArray[np.uint8]) -> None:
    """Border, flip, response and grey do what they say."""
    kernel = "1 2 -5"
    weights = [[1, 2, -5]]
    assert run("a.png", "-k", kernel, "--border", "wrap", "--flip", "-o", "1.png") == 0
    np.testing.assert_array_equal(
        read_image("1.png").pixels, filter_image(photo, weights, border="wrap", flip=True)
    )
    assert run("a.png", "-k", kernel, "--border", "200", "--response", "signed", "--gain", "4", "-o", "2.png") == 0
    np.testing.assert_array_equal(
        read_image("2.png").pixels, filter_image(photo, weights, border=200, response="signed", gain=4)
    )
    assert run("a.png", "-k", kernel, "--grey", "--response", "absolute", "-o", "3.png") == 0
    grey = luminance(Image(photo)).pixels
    np.testing.assert_array_equal(read_image("3.png").pixels, filter_image(grey, weights, response="absolute"))


def test_edges(folder: Path, photo: NDArray[np.uint8]) -> None:
    """Magnitude goes to a picture, direction to exact numbers."""
    assert run("a.png", "--edges", "scharr", "-o", "m.png") == 0
    np.testing.assert_array_equal(read_image("m.png").pixels, edge_magnitude(photo, operator="scharr"))
    assert run("a.png", "--edges", "prewitt", "--direction", "-o", "d.tif") == 0
    np.testing.assert_array_equal(read_image("d.tif").pixels, edge_direction(photo, operator="prewitt"))
    assert run("a.png", "--edges", "sobel", "--response", "raw", "-o", "r.npy") == 0
    np.testing.assert_array_equal(np.load("r.npy"), edge_magnitude(photo, raw=True))


def written(folder: Path) -> list[str]:
    """List the files of a folder, with those in its folders, hidden ones too."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_folders_and_patterns(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Folders, their folders, patterns and other formats; what is no picture by its name is passed by."""
    assert run("in", "-k", "box", "-o", "out1") == 0
    assert written(folder / "out1") == ["a.png", "b.tif"]
    assert run("in", "-r", "-k", "box", "-o", "out2/", "--format", "png") == 0
    assert written(folder / "out2") == ["a.png", "b.png", "deep/c.png"]
    assert run("in/**/*.[tw]*", "a.png", "-k", "box", "-o", "out3") == 2
    assert written(folder / "out3") == ["a.png", "b.tif", "c.webp"]
    assert "3 of 4 written to out3" in capsys.readouterr().out


def test_one_file_named_twice_is_done_once(folder: Path) -> None:
    """The same file by two routes is one input."""
    assert run("a.png", "./a.png", "*.png", "-k", "box", "-o", "out") == 0
    assert written(folder / "out") == ["a.png"]


def test_brackets_in_a_name_are_no_pattern(folder: Path, photo: NDArray[np.uint8]) -> None:
    """A file that exists is that file, whatever signs its name holds."""
    write_image("a[1].png", Image(photo))
    assert run("a[1].png", "-k", "box", "-o", "out.png") == 0


def test_batch_goes_on(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Files that fail are listed at the end; the others are done; the exit code is 2; no half file stays."""
    Path("text.png").write_text("no picture")
    Path("cut.png").write_bytes(Path("a.png").read_bytes()[:300])
    Path("empty.png").write_bytes(b"")
    assert (
        run("text.png", "a.png", "missing.png", "cut.png", "empty.png", "in/b.tif", "-k", "box", "-o", "out") == 2
    )
    out, err = capsys.readouterr()
    assert out == "2 of 6 written to out\n"
    lines = err.splitlines()
    assert [line.split(":")[1].strip() for line in lines] == ["text.png", "missing.png", "cut.png", "empty.png"]
    assert all(line.startswith("convolens: ") for line in lines)
    assert written(folder / "out") == ["a.png", "b.tif"]


def test_files_of_one_name_stand_in_each_others_way_alone(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """None of those that would become one file is done, in whatever order they come; the others are."""
    assert run("a.png", "in/b.tif", "in/a.png", "-k", "box", "-o", "out") == 2
    out, err = capsys.readouterr()
    assert out == "1 of 3 written to out\n"
    assert err.splitlines() == [
        "convolens: a.png: would become out/a.png, as in/a.png would; filter them apart",
        "convolens: in/a.png: would become out/a.png, as a.png would; filter them apart",
    ]
    assert written(folder / "out") == ["b.tif"]


def test_input_is_never_overwritten_unasked(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Input as output, existing outputs and links to the input are refused, and replaced when asked for."""
    before = Path("a.png").read_bytes()
    Path("link.png").symlink_to("a.png")
    for output in ("a.png", "./a.png", "link.png", "."):
        assert run("a.png", "-k", "box", "-o", output) == 2
        assert "already exists" in one_line(capsys)
        assert Path("a.png").read_bytes() == before
    assert run("a.png", "-k", "box", "-o", "a.png", "--overwrite") == 0
    assert Path("a.png").read_bytes() != before


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["a.png", "-k", "box"], "missing option '--output'"),
        (["-k", "box", "-o", "o.png"], "missing argument 'IN...'"),
        (["a.png", "-o", "o.png"], "give either --kernel or --edges"),
        (["a.png", "-k", "box", "--edges", "sobel", "-o", "o.png"], "give either --kernel or --edges"),
        (["a.png", "-k", "box", "--direction", "-o", "o.tif"], "--direction belongs to --edges"),
        (["a.png", "--edges", "sobel", "--response", "signed", "-o", "o.png"], "has no sign"),
        (["a.png", "--edges", "sobel", "--direction", "-o", "o.png"], "cannot hold exact numbers"),
        (["a.png", "-k", "box", "--response", "raw", "-o", "o.png"], "cannot hold exact numbers"),
        (["a.png", "-k", "box", "--response", "sign", "-o", "o.png"], "'signed'"),
        (["a.png", "-k", "box", "--gain", "4", "-o", "o.png"], "--response signed"),
        (["a.png", "-k", "gausian", "-o", "o.png"], "did you mean 'gaussian'"),
        (["a.png", "-k", "1 2; 3", "-o", "o.png"], "row 2 has 1"),
        (["a.png", "-k", "no.csv", "-o", "o.png"], "no.csv: no such file"),
        (["a.png", "-k", "box", "--border", "reflct", "-o", "o.png"], "did you mean 'reflect'"),
        (["a.png", "-k", "box", "--border", "nan", "-o", "o.png"], "is finite"),
        (["a.png", "-k", "box", "-o", "o.gif"], "ends in '.gif'"),
        (["a.png", "-k", "box", "-o", "no/o.png"], "there is no folder"),
        (["a.png", "-k", "box", "-o", "/dev/null"], "is not a folder"),
        (["a.png", "-k", "box", "-o", "/proc/o.png"], "/proc/o.png: "),
        (["a.png", "-k", "box", "-o", "o.png", "--max-pixels", "9"], "the limit is 9"),
        (["a.png", "-k", "box", "-o", "o.png", "--max-pixels", "0"], "--max-pixels"),
        (["a.png", "in/b.tif", "-k", "box", "-o", "o.png"], "is one file, but there are 2 inputs"),
        (["a.png", "-k", "box", "-o", "-"], "-: standard output is not written to"),
        (["a.png", "-k", "box", "-o", "in/notes.txt/"], "in/notes.txt/: is a file, not a folder"),
        (["a.png", "-k", "box", "-o", "/proc/o.png"], "/proc/o.png: no file can be created in /proc"),
        (["*.jpg", "-k", "box", "-o", "o"], "no file matches"),
        (["in/deep/../../empty", "-k", "box", "-o", "o"], "no such file"),
        (["hollow", "-k", "box", "-o", "o"], "no pictures"),
        (["a.png", "-k", "box", "-o", "o.jpg", "--sharp"], "no such option"),
    ],
)
def test_refusals(folder: Path, arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Each mistake gives one line that names it, exit code 2, and no file."""
    (folder / "hollow").mkdir()
    before = written(folder)
    assert run(*arguments) == 2
    assert words.lower() in one_line(capsys).lower()
    assert written(folder) == before


INTERRUPTIBLE = """
import signal
import sys
from convolens.cli.main import main
from convolens.images import picture
def announced(*arguments):
    print("filtering", flush=True)
    return fused_filter(*arguments)
fused_filter, picture.fused_filter = picture.fused_filter, announced
signal.signal(signal.SIGINT, signal.default_int_handler)  # shells have what runs in the background ignore it
sys.exit(main(sys.argv[1:]))
"""


def test_interrupt(folder: Path) -> None:
    """Ctrl-C in the midst of filtering ends it with exit code 130, one line, and no half-written file."""
    write_image("big.png", Image(np.zeros((5000, 5000, 3), np.uint8)))
    before = written(folder)
    arguments = ["filter", "big.png", "-k", "gaussian:sigma=40", "-o", "out.png"]
    command = [sys.executable, "-c", INTERRUPTIBLE, *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "filtering\n"
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=60)
    assert (process.returncode, error) == (130, "convolens: interrupted\n")
    assert written(folder) == before
