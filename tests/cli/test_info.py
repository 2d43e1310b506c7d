"""``convolens info`` and ``convolens cache``: what they show is true of this machine."""

import json
import shutil
from pathlib import Path

import pytest

import convolens as cl
from convolens.cli.main import main
from convolens.runtime import cache
from convolens.runtime import compile as compiler


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep compiled code in a folder of the test's."""
    monkeypatch.setenv("CONVOLENS_CACHE", str(tmp_path))
    return tmp_path


def test_info_as_json(own_cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The facts are those of this process: version, threads, folder; speeds are positive."""
    with cl.threads(1):
        assert main(["info", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["version"], facts["threads"]) == (cl.__version__, 1)
    assert facts["cache"]["folder"] == str(own_cache / "compiled")
    assert min(facts["machine"]["float32"] + facts["machine"]["bandwidth"]) > 1e8


def test_info_as_text(own_cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each fact is one line, and a missing compiler is said with its remedy."""
    assert main(["info"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("  ")[0] for line in lines][:2] == ["convolens", "processor"]
    assert any(str(own_cache) in line for line in lines)


def test_info_without_halide(
    own_cache: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without Halide the command works and hints at how to get it."""
    monkeypatch.setattr(compiler, "_halide_module", lambda: None)
    assert main(["info"]) == 0
    assert "pip install halide" in capsys.readouterr().out


def test_info_with_a_linker_that_fails(
    own_cache: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says that compiled code is not kept, and why."""
    if not compiler.available():
        pytest.skip("nothing is compiled here")
    monkeypatch.setattr(compiler, "linker", lambda: shutil.which("false"))
    main(["info"])
    assert "compiled code is not kept: " in capsys.readouterr().out


def test_cache_lists_and_clears(own_cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is kept is summed up by kind; clearing frees it, and the next list is empty."""

    def build(folder: Path) -> Path:
        (folder / "code").write_bytes(bytes(2_000_000))
        return folder / "code"

    for key in ("direct_1", "direct_2", "peak_1"):
        cache.keep(key, build)
    assert main(["cache"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:3] for line in lines[:2]] == [["direct", "2", "4.0"], ["peak", "1", "2.0"]]
    assert main(["cache", "--clear"]) == 0
    assert capsys.readouterr().out.startswith("6.0 MB freed")
    assert main(["cache"]) == 0
    assert capsys.readouterr().out.startswith("0.0 MB")
