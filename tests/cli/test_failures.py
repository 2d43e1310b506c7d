"""Every failure becomes one line and an exit code; mistakes of the program do not hide."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import typer

from convolens.cli.failures import exit_code_of
from convolens.cli.main import main
from convolens.errors import SpecError
from convolens.images import Image, write_image


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (SpecError("two\nlines"), 2, "two lines"),
        (OSError(errno.ENOSPC, "No space left on device"), 2, "standard output: No space left on device"),
        (PermissionError(errno.EACCES, "Permission denied", "x.png"), 2, "x.png: Permission denied"),
        (MemoryError(), 2, "out of memory; ask for less, or close other programs"),
        (MemoryError("8 GiB, x"), 2, "out of memory (8 GiB, x); ask for less, or close other programs"),
        (KeyboardInterrupt(), 130, "interrupted"),
        (typer.Abort(), 130, "interrupted"),
        (typer.BadParameter("Too big."), 2, "invalid value: Too big; see 'convolens --help'"),
    ],
)
def test_one_line_each(error: BaseException, code: int, line: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Known failures give their words and their exit code."""

    def fail() -> None:
        raise error

    assert exit_code_of(fail) == code
    assert capsys.readouterr().err == f"convolens: {line}\n"


def test_success_and_mistakes() -> None:
    """No failure is 0, a command's own code is kept, and a bug in the program shows itself."""
    assert exit_code_of(lambda: None) == 0
    assert exit_code_of(lambda: 2) == 2
    with pytest.raises(ZeroDivisionError):
        exit_code_of(lambda: 1 // 0)


def test_version_help_and_unknown_commands(capsys: pytest.CaptureFixture[str]) -> None:
    """The version is told, help is shown for no arguments, and a wrong command is named."""
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("convolens 0.")
    assert main([]) == 0
    out, err = capsys.readouterr()
    assert "filter" in out
    assert err == ""
    assert main(["filtr"]) == 2
    assert "'filtr'. Did you mean 'filter'? See 'convolens --help'" in capsys.readouterr().err
    assert main(["filter", "a.png", "-k", "box", "--response", "sign", "-o", "o.png"]) == 2
    assert "response': 'sign' is not one of 'clip', 'signed', 'absolute', 'raw'; did you mean 'signed'? See" in (
        capsys.readouterr().err
    )


def shell(command: str) -> subprocess.CompletedProcess[str]:
    """Run a line in bash, with ``convolens`` as this Python's."""
    line = f'set -o pipefail; convolens() {{ "{sys.executable}" -m convolens "$@"; }}; {command}'
    return subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=False)


def test_reader_that_leaves() -> None:
    """A closed pipe is no error to be told of: `convolens … | true` is silent, with the code of a broken pipe."""
    done = shell("convolens kernels --json | true")
    assert done.returncode in (0, 141)
    assert done.stderr == ""


def test_names_that_no_terminal_shows(tmp_path: Path) -> None:
    """A file name that is no text, and a terminal that knows ASCII alone, are no reason to fail."""
    name = os.fsdecode(bytes(tmp_path) + b"/\xff\xe9.png")
    write_image(name, Image(np.zeros((3, 3), np.uint8)))
    command = [sys.executable, "-m", "convolens"]
    environment = os.environ | {"PYTHONIOENCODING": "ascii"}
    for arguments, code in [
        (["filter", name, "-k", "box", "-o", os.fsdecode(bytes(tmp_path) + b"/\xfe.png")], 0),
        (["filter", name, "-k", "box", "-o", name], 2),
        (["kernels"], 0),
    ]:
        done = subprocess.run([*command, *arguments], env=environment, capture_output=True, check=False)
        assert done.returncode == code
        assert b"Traceback" not in done.stderr


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs /dev/full")
def test_output_that_is_full() -> None:
    """Standard output on a full disk is one line and exit code 2."""
    done = shell("convolens kernels > /dev/full")
    assert (done.returncode, done.stderr) == (2, "convolens: standard output: No space left on device\n")
