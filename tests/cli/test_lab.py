"""``convolens lab``: what goes wrong is one line; a static site is written."""

import socket
from pathlib import Path

import pytest

from convolens.cli.lab import PASSWORD
from convolens.cli.main import main
from convolens.lab.states import STATES


def test_export(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The site is written, told of, and not overwritten unasked."""
    monkeypatch.chdir(tmp_path)
    assert main(["lab", "--export", "site"]) == 0
    assert capsys.readouterr().out == f"written: site/index.html, and {len(STATES)} more beside it\n"
    assert main(["lab", "--export", "site"]) == 2
    assert "there is something in it already" in capsys.readouterr().err
    assert main(["lab", "--export", "site", "--overwrite"]) == 0


def test_one_line_for_what_goes_wrong(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A port in use, a host that is not there, and a short password."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert main(["lab", "--port", port, "--no-browser"]) == 2
    assert main(["lab", "--host", "no.such.host.invalid", "--no-browser"]) == 2
    monkeypatch.setenv(PASSWORD, "short")
    assert main(["lab", "--password", "--no-browser"]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 3
    assert f"port {port} of 127.0.0.1 is in use; choose another with --port" in lines[0]
    assert "cannot listen at no.such.host.invalid" in lines[1]
    assert "the password must have at least 8 characters" in lines[2]
