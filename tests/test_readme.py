"""README and the guides say what the commands print, and what they link to is there."""

import re
import shlex
from pathlib import Path

import pytest

from convolens.cli.main import main

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def shown_commands() -> list[tuple[str, str]]:
    """Find README's console blocks of one command with its output."""
    blocks = re.findall(r"```console\n\$ (convolens .*)\n((?:[^$`].*\n|\n)+)```", (ROOT / "README.md").read_text())
    return [(command, output) for command, output in blocks]


def test_readme_shows_commands() -> None:
    """The pattern finds what README shows, so that the test below tests something."""
    assert [shlex.split(command)[1] for command, _ in shown_commands()] == ["explain", "shape"]


@pytest.mark.parametrize(("command", "output"), shown_commands(), ids=lambda text: text.split()[1])
def test_shown_output(
    command: str, output: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A command that README shows prints what README says."""
    monkeypatch.setenv("COLUMNS", "80")
    assert main(shlex.split(command)[1:]) == 0
    printed = [line.rstrip() for line in capsys.readouterr().out.rstrip("\n").splitlines()]
    assert printed == output.rstrip("\n").splitlines()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links(page: Path) -> None:
    """Every relative link and picture of a page is in the repository."""
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text())
    missing = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert not missing
