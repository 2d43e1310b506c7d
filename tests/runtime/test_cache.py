"""The cache's folder, its entries' permissions and its bound."""

import os
import stat
from pathlib import Path

import pytest

from convolens.errors import FileError
from convolens.runtime import cache


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep entries in a folder of the test."""
    monkeypatch.setenv("CONVOLENS_CACHE", str(tmp_path))
    return tmp_path / "compiled"


def _keep(key: str, content: bytes) -> Path:
    def build(folder: Path) -> Path:
        path = folder / "built"
        path.write_bytes(content)
        return path

    return cache.keep(key, build)


def test_what_is_kept_is_found(home: Path) -> None:
    """An entry is found by its key alone, in a folder that is the user's alone."""
    assert cache.find("a") is None
    path = _keep("a", b"code of a")
    assert cache.find("a") == path
    assert path.read_bytes() == b"code of a"
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert cache.find("b") is None


def test_list_size_and_clear(home: Path) -> None:
    """What the command line shows and removes."""
    _keep("a", b"12345")
    _keep("b", b"123")
    dead = home / ".building-dead"
    dead.mkdir()
    os.utime(dead, (0, 0))
    assert {entry.key: entry.size for entry in cache.entries()} == {"a": 5, "b": 3}
    assert cache.size() == 8
    assert cache.clear() == 8
    assert list(home.iterdir()) == []


def test_a_renamed_entry_is_not_loaded(home: Path) -> None:
    """What was kept for one key is not taken for another's, whatever its name says."""
    path = _keep("a", b"code of a")
    other = path.with_name(path.name.replace("a-", "b-", 1))
    path.rename(other)
    assert cache.find("b") is None
    assert not other.exists()


def test_who_still_builds_keeps_the_workplace(home: Path) -> None:
    """Clearing beside a build takes nothing away from it, however long it takes."""

    def build(folder: Path) -> Path:
        os.utime(folder, (0, 0))
        _keep("b", b"code of b")
        cache.clear()
        path = folder / "built"
        path.write_bytes(b"code of a")
        return path

    assert cache.keep("a", build) == cache.find("a")


def test_folder_open_to_others_is_closed(home: Path) -> None:
    """A folder that others may enter becomes private when it is used."""
    home.mkdir(mode=0o777)
    home.chmod(0o777)
    _keep("a", b"code of a")
    assert stat.S_IMODE(home.stat().st_mode) == 0o700


@pytest.mark.parametrize("mode", [0o720, 0o702])
def test_entry_writable_by_others_is_not_loaded(home: Path, mode: int) -> None:
    """What others could have written is removed."""
    path = _keep("a", b"code of a")
    path.chmod(mode)
    assert cache.find("a") is None
    assert not path.exists()


def test_entry_of_another_user_is_not_loaded(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What belongs to somebody else is not ours to run."""
    path = _keep("a", b"code of a")
    me = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: me + 1)
    assert cache.find("a") is None
    monkeypatch.setattr(os, "getuid", lambda: me)
    assert _keep("a", b"code of a") == path


def test_link_is_not_loaded(home: Path, tmp_path: Path) -> None:
    """An entry is a file, not a way to one."""
    path = _keep("a", b"code of a")
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    assert cache.find("a") is None


def test_least_recently_used_go_first(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Past the bound, the entries that were not used for longest are removed, never the newest."""
    monkeypatch.setattr(cache, "MOST_BYTES", 250)
    for age, key in ((300, "a"), (200, "b")):
        path = _keep(key, key.encode() * 100)
        os.utime(path, (path.stat().st_mtime - age,) * 2)
    assert cache.find("a") is not None  # used: now b is the oldest
    _keep("c", b"c" * 100)
    assert {entry.key for entry in cache.entries()} == {"a", "c"}
    _keep("d", b"d" * 300)
    assert {entry.key for entry in cache.entries()} == {"d"}


def test_failed_build_leaves_nothing(home: Path) -> None:
    """An error in building comes through, and its workplace goes."""

    def build(folder: Path) -> Path:
        (folder / "half").write_bytes(b"half")
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        cache.keep("a", build)
    assert list(home.iterdir()) == []


def test_no_room_anywhere(home: Path) -> None:
    """When nothing can be written, the error says what to set."""

    def build(folder: Path) -> Path:
        raise OSError("no space left")

    with pytest.raises(FileError, match="CONVOLENS_CACHE"):
        cache.keep("a", build)


def test_folder_follows_the_platform(monkeypatch: pytest.MonkeyPatch) -> None:
    """XDG_CACHE_HOME is heeded where CONVOLENS_CACHE is not set."""
    monkeypatch.delenv("CONVOLENS_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    monkeypatch.setattr("sys.platform", "linux")
    assert cache.folder() == Path("/somewhere/convolens/compiled")
