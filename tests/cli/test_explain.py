"""``convolens explain``: every form of input, of kernel and of explanation; nothing half-written."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import typer
from PIL import Image

from convolens.cli.arrays import read_input
from convolens.cli.explain import explain_command
from convolens.cli.failures import exit_code_of
from convolens.errors import SpecError

WINDOW = "1 2 0; 0 1 2; 2 0 1"
SOBEL = "-1 0 1; -2 0 2; -1 0 1"

app = typer.Typer()
app.command(context_settings={"ignore_unknown_options": True})(explain_command)

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command; return its exit code and what it wrote to stdout and stderr."""

    def call(*arguments: object) -> tuple[int, str, str]:
        code = exit_code_of(lambda: app([str(a) for a in arguments], standalone_mode=False))
        return (code, *capsys.readouterr())

    return call


def test_one_cell_is_worked_out(run: Run) -> None:
    """Numbers as text, a kernel that begins with a minus sign, all nine products."""
    code, out, err = run(WINDOW, "--kernel", SOBEL, "--at", "0,0")
    assert (code, err) == (0, "")
    assert out.endswith("-1 + 0 + 0 + 0 + 0 + 4 - 2 + 0 + 1 = 2\n")


@pytest.mark.parametrize("kernel", [SOBEL, "sobel-x"])
def test_an_output_of_one_cell_needs_no_at(run: Run, kernel: str) -> None:
    """There is nothing to choose; named kernels are understood."""
    assert run(WINDOW, "-k", kernel) == run(WINDOW, "-k", kernel, "--at", "0,0")


def test_without_a_cell_the_output_is_shown(run: Run) -> None:
    """With the way to go on."""
    code, out, _ = run("-1 2 3; 4 5 6", "-k", "1 1")
    assert code == 0
    assert "1   5\n9  11" in out
    assert "--at ROW,COLUMN works out one of the 4 cells, --all every one" in out


def test_all_cells_one_after_the_other(run: Run) -> None:
    """A signal under a kernel of one row, as true convolution."""
    code, out, _ = run("1 2 3 4 5", "-k", "1 0 -1", "--flip", "--all")
    assert code == 0
    assert [line for line in out.splitlines() if " = 2" in line] == [
        "-1 + 0 + 3 = 2",
        "-2 + 0 + 4 = 2",
        "-3 + 0 + 5 = 2",
    ]


def test_options_arrive(run: Run) -> None:
    """Stride, padding in pairs, border, dilation, bias, negative cells; JSON tells."""
    arguments = ("--stride", "2,1", "--padding", "0+1,2", "--border", "7", "--dilation", "1,2", "--bias", "-3")
    code, out, _ = run("1 2 3; 4 5 6; 7 8 9", "-k", "1 1; 1 1", *arguments, "--at", "-1,0", "--format", "json")
    assert code == 0
    step = json.loads(out)
    assert step["spec"]["stride"] == [2, 1]
    assert step["spec"]["pads"] == [[0, 1], [2, 2]]
    assert (step["spec"]["border_value"], step["spec"]["dilation"]) == (7, [1, 2])
    assert step["window"] == [[[7, 7], [7, 7]]]
    assert step["cell"] == [1, 0]
    assert step["result"] == sum(np.ravel(step["window"])) - 3


def test_files_of_numbers(run: Run, tmp_path: Path) -> None:
    """The same array from .npy, .csv and .json gives the same explanation; kernels too."""
    image, kernel = np.arange(25).reshape(5, 5), np.array([[1, 2], [3, 4]])
    np.save(tmp_path / "a.npy", image)
    np.savetxt(tmp_path / "a.csv", image, fmt="%d", delimiter=",")
    (tmp_path / "a.json").write_text(json.dumps(image.tolist()))
    np.save(tmp_path / "k.npy", kernel)
    outputs = {
        run(tmp_path / f"a.{kind}", "-k", tmp_path / "k.npy", "--at", "1,2") for kind in ("npy", "csv", "json")
    }
    ((code, out, _),) = outputs
    assert code == 0
    assert "= 111" in out


def test_weights_of_a_network_from_a_file(run: Run, tmp_path: Path) -> None:
    """(K, C, kh, kw) weights go over a (C, H, W) input; the cell names the kernel."""
    np.save(tmp_path / "x.npy", np.ones((2, 4, 4)))
    np.save(tmp_path / "w.npy", np.ones((3, 2, 3, 3)))
    code, out, _ = run(tmp_path / "x.npy", "-k", tmp_path / "w.npy", "--at", "2,0,0", "--bias", "1 2 3")
    assert code == 0
    assert "sum of 2 channels + bias: 9 + 9 + 3 = 21" in out


def test_photographs_channel_by_channel(run: Run, tmp_path: Path) -> None:
    """A colour photograph has a kernel index for its channel; a grey one has none."""
    pixels = np.zeros((6, 7, 3), np.uint8)
    pixels[..., 1] = 200
    Image.fromarray(pixels).save(tmp_path / "colour.png")
    Image.fromarray(pixels[..., 1]).save(tmp_path / "grey.png")
    assert "= 1800" in run(tmp_path / "colour.png", "-k", "1 1 1; 1 1 1; 1 1 1", "--at", "1,0,0")[1]
    assert "= 1800" in run(tmp_path / "grey.png", "-k", "1 1 1; 1 1 1; 1 1 1", "--at", "0,0")[1]


def test_a_cell_of_a_colour_photograph(run: Run, tmp_path: Path) -> None:
    """ROW,COLUMN is worked out in every channel; a picture shows one of them, or the luminance."""
    photo = tmp_path / "colour.png"
    Image.fromarray(np.full((6, 7, 3), [10, 20, 30], np.uint8)).save(photo)
    asked = (photo, "-k", "1 1; 1 1")
    assert "--at CHANNEL,ROW,COLUMN works out one of the 90 cells" in run(*asked)[1]
    code, out, _ = run(*asked, "--at", "1,2")
    assert code == 0
    assert [line for line in out.splitlines() if line.startswith("output")] == [
        f"output [{channel}, 1, 2] of 3×5×6, kernel 2×2, cross-correlation, groups 3" for channel in range(3)
    ]
    steps = json.loads(run(*asked, "--at", "1,2", "-f", "json")[1])["steps"]
    assert [step["result"] for step in steps] == [40, 80, 120]
    code, _, err = run(*asked, "--at", "1,2", "-o", tmp_path / "s.png")
    assert code == 2
    assert "say which with --at CHANNEL,ROW,COLUMN, or take the luminance of a photograph with --grey" in err
    assert run(*asked, "--at", "1,2", "--grey", "-o", tmp_path / "s.png") == (0, "", "")
    assert run(*asked, "--at", "2,1,2", "-o", tmp_path / "t.png") == (0, "", "")
    assert "= 76" in run(*asked, "--at", "1,2", "--grey")[1]


def test_a_fraction_may_be_added_to_whole_numbers(run: Run) -> None:
    """The sum is then a float."""
    assert run("1 2 3", "-k", "1 1", "--at", "0", "--bias", "0.5")[1].endswith("sum + bias: 3 + 0.5 = 3.5\n")


@pytest.mark.parametrize(
    ("name", "start"),
    [("s.png", b"\x89PNG"), ("s.svg", b"<?xml"), ("s.tex", b"\\["), ("s.json", b"{"), ("s.txt", b"output")],
)
def test_files_are_written_by_their_suffix_and_never_over_another(
    run: Run, tmp_path: Path, name: str, start: bytes
) -> None:
    """The suffix says the form; an old file stays unless --overwrite is given; the bytes are the same again."""
    path = tmp_path / name
    assert run(WINDOW, "-k", SOBEL, "-o", path) == (0, "", "")
    written = path.read_bytes()
    assert written.startswith(start)
    code, _, err = run(WINDOW, "-k", SOBEL, "-o", path)
    assert code == 2
    assert "already exists" in err
    assert run(WINDOW, "-k", SOBEL, "-o", path, "--overwrite")[0] == 0
    assert path.read_bytes() == written
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("1 2; 3", "-k", "1"), "row 2 has 1 cells, but row 1 has 2"),
        (("1 2 3", "-k", "1 1", "--at", "7"), "output has no cell (7,): column 7 is not in 0…1"),
        (("1 2 3", "-k", "1 1", "--at", "x"), "--at takes whole numbers"),
        (("1 2 3", "-k", "1 1", "--all", "--at", "0"), "contradict"),
        (("1 2 3", "-k", "1 1", "--stride", "nan"), "--stride takes whole numbers"),
        (("1 2 3", "-k", "1 1", "--stride", "0"), "stride must be a whole number of at least 1"),
        (("1 2 3", "-k", "1 1", "--border", "reflct"), "did you mean 'reflect'"),
        (("1 2 3", "-k", "1 1 1 1"), "kernel larger than the padded input"),
        (("1 2 3", "-k", "sobl"), "did you mean 'sobel"),
        (("1 2 3", "-k", "1 1", "-f", "png"), "a picture needs a file"),
        (("1 2 3", "-k", "1 1", "-f", "svg", "-o", "x.svg", "--all"), "a picture shows one cell"),
        (("1 2 1e", "-k", "1 1"), "not a number"),
        (("", "-k", "1"), "the input is empty"),
        (("1 2 x", "-k", "1"), "'1 2 x' is neither numbers"),
        (("nan 1 2 3", "-k", "1"), "is neither numbers"),
        (("1 2 3", "-k", "sobel-x"), "signal of 1 dimension"),
        (("1 2 3", "-k", "1", "--grey"), "--grey is for photographs"),
        (("1 2 3", "-k", "1", "-o", "-"), "-: standard output is not written to"),
        (("missing.npy", "-k", "1"), "missing.npy: no such file"),
        (("missing.png", "-k", "1"), "missing.png: no such file"),
        (("1 2 3", "-k", "1 1", "-o", "no/such/folder/a.png"), "there is no folder"),
        (("1 2 3", "-k", "1 1", "--bias", "x"), "--bias: row 1 holds 'x', which is not a number"),
        (("1 2 3", "-k", "1 1", "--padding", "1" + 26 * "0"), "pad less"),
        (("1 2 3", "-k", "1 1", "--padding", "1" + 26 * "0", "--border", "edge", "--at", "0"), "pad less"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], message: str
) -> None:
    """Nothing on stdout, no traceback, no file."""
    monkeypatch.chdir(tmp_path)
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_all_of_a_large_output_is_refused(run: Run, tmp_path: Path) -> None:
    """A million explanations help nobody."""
    np.save(tmp_path / "x.npy", np.zeros((1000, 1000), np.uint8))
    code, out, err = run(tmp_path / "x.npy", "-k", "1 1", "--all")
    assert (code, out) == (2, "")
    assert "at most 10000" in err


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.npy", b"not numpy"),
        ("a.npy", b""),
        ("a.json", b"{]"),
        ("a.json", b'"word"'),
        ("a.json", b"[[1, 2], [3]]"),
        ("a.csv", b"\xff\xfe\x00"),
        ("a.csv", b""),
        ("a.csv", b"a,b"),
        ("a.png", b"not an image"),
    ],
)
def test_broken_files_are_named(run: Run, tmp_path: Path, name: str, content: bytes) -> None:
    """One line that says which file and what is wrong."""
    (tmp_path / name).write_bytes(content)
    code, out, err = run(tmp_path / name, "-k", "1")
    assert (code, out) == (2, "")
    assert name in err
    assert err.count("\n") == 1


def test_python_objects_are_not_unpickled(run: Run, tmp_path: Path) -> None:
    """A .npy file may hold anything; only numbers are read."""
    np.save(tmp_path / "a.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    code, _, err = run(tmp_path / "a.npy", "-k", "1")
    assert code == 2
    assert "cannot read numbers from this .npy file" in err


def test_input_and_kernel_are_read_alike(run: Run) -> None:
    """Fractions and numbers beyond int64 mean the same on both sides."""
    code, out, _ = run("1/2 1; 1 1", "-k", "1/2 1; 1 1", "--at", "0,0")
    assert (code, out.splitlines()[-1]) == (0, "0.250 + 1.000 + 1.000 + 1.000 = 3.25")
    assert read_input(str(2**70))[0].tolist() == [2.0**70]
    code, out, _ = run("0.5", "-k", "1", "--bias", 2**70, "-f", "json")
    assert (code, json.loads(out)["result"]) == (0, 2.0**70)


def test_whole_numbers_stay_whole() -> None:
    """Text without a decimal point gives integers, with one floats; a typographic minus is a minus."""
    assert read_input("1 −2; 3, 4")[0].tolist() == [[1, -2], [3, 4]]
    assert read_input("1 2 3")[0].dtype.kind == "i"
    assert read_input("1 2.5 3e2")[0].tolist() == [1, 2.5, 300]
    with pytest.raises(SpecError, match="row 2 has 3 cells, but row 1 has 2"):
        read_input("1 2; 1 2 3")
