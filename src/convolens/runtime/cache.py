"""
Compiled code on disk: private to the user, written atomically, checked before it is loaded, bounded in size.

An entry is one file, ``<key>-<SHA-256 of its content>.so``, and its content bears the key: so a file that was cut
short, changed or renamed is known for what it is and never loaded. Writers build in a folder of their own and
rename: readers see whole entries or none, and two processes that build the same entry at once both succeed.
"""

import contextlib
import functools
import hashlib
import os
import shutil
import stat
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from convolens.errors import FileError

VARIABLE = "CONVOLENS_CACHE"
MOST_BYTES = 256 << 20
ROOM = 4 << 20  # bytes that a compiler may need beside the entry
_PLACES = ("HOME", "USERPROFILE", "XDG_CACHE_HOME", "LOCALAPPDATA")  # variables that decide where, but for ours
_SUFFIX = ".so"
_BUILDING = ".building-"
_YOUNG, _OLD = 60, 3600  # seconds in which a writer has claimed its folder; after which nobody works in one


@dataclass(frozen=True, slots=True)
class Entry:
    """
    One piece of compiled code.

    Attributes
    ----------
    path : Path
        Its file.
    size : int
        Bytes.
    used : float
        When it was last loaded or written, in seconds since 1970.
    """

    path: Path
    size: int
    used: float

    @property
    def key(self) -> str:
        """What it is for."""
        return self.path.name.rpartition("-")[0]


def folder() -> Path:
    """
    Tell where compiled code is kept.

    ``compiled`` in the folder that the environment variable ``CONVOLENS_CACHE`` names, else in the platform's
    cache folder: ``$XDG_CACHE_HOME/convolens`` or ``~/.cache/convolens``, ``~/Library/Caches/convolens`` on macOS,
    ``%LOCALAPPDATA%\\convolens`` on Windows.
    """
    return _folder(os.environ.get(VARIABLE), *map(os.environ.get, _PLACES))


@functools.lru_cache(maxsize=8)
def _folder(chosen: str | None, *_places: str | None) -> Path:
    if chosen:
        return Path(chosen).expanduser() / "compiled"
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData/Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library/Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "convolens" / "compiled"


def note(name: str, text: str) -> None:
    """
    Keep a text beside the folder of compiled code, whole or not at all.

    Where that is not possible nothing happens: what is noted can be found out again.
    """
    path = folder().with_name(name)
    partial = path.with_name(f"{name}.{os.getpid()}-{threading.get_ident()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)


def noted(name: str) -> str | None:
    """Return a text that :func:`note` kept, if there is one."""
    try:
        return folder().with_name(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def entries() -> list[Entry]:
    """List what is kept, the last used first."""
    found = []
    for path in folder().glob(f"*{_SUFFIX}"):
        with contextlib.suppress(OSError):  # another process may have cleared it meanwhile
            status = path.lstat()
            found.append(Entry(path, status.st_size, status.st_mtime))
    return sorted(found, key=lambda entry: -entry.used)


def size() -> int:
    """Count the bytes of all entries."""
    return sum(entry.size for entry in entries())


def clear() -> int:
    """
    Remove everything that is kept; code that is loaded stays usable.

    Returns
    -------
    int
        The bytes freed.
    """
    freed = 0
    for entry in entries():
        with contextlib.suppress(OSError):
            entry.path.unlink()
            freed += entry.size
    _sweep(folder())
    return freed


def find(key: str) -> Path | None:
    """Return the sound entry for ``key``, or None; unsound ones are removed."""
    for home in (folder(), *_private_folder(make=False)):
        for path in home.glob(f"{key}-*{_SUFFIX}"):
            if _is_sound(home, path, key):
                with contextlib.suppress(OSError):
                    os.utime(path)
                return path
            with contextlib.suppress(OSError):
                path.unlink()
    return None


def keep(key: str, build: Callable[[Path], Path]) -> Path:
    """
    Have something built and keep it.

    Parameters
    ----------
    key : str
        What it is for; letters, digits and underscores.
    build : callable
        Given an empty folder, writes a file there that has the key in it, and returns its path.

    Returns
    -------
    Path
        The entry: in :func:`folder`, or where that cannot be written, in one that lasts as long as the process.

    Raises
    ------
    FileError
        If there is no room anywhere.
    """
    problems = []
    for private in (False, True):
        try:
            return _write(_private_folder(make=True)[0] if private else _own(folder()), key, build)
        except OSError as error:
            problems.append(str(error))
    raise FileError(f"compiled code cannot be written: {'; '.join(problems)}; set {VARIABLE} to a writable folder")


def _write(home: Path, key: str, build: Callable[[Path], Path]) -> Path:
    workplace = Path(tempfile.mkdtemp(prefix=_BUILDING, dir=home))
    claim = None
    try:
        claim = _claimed(workplace)
        room = workplace / "room"
        room.write_bytes(bytes(ROOM))  # find out now: LLVM ends the process when it cannot write
        room.unlink()
        built = build(workplace)
        built.chmod(0o700)
        entry = home / f"{key}-{_digest(built)}{_SUFFIX}"
        built.replace(entry)
    finally:
        shutil.rmtree(workplace, ignore_errors=True)
        if claim is not None:
            os.close(claim)
    _trim(entry)
    return entry


def _own(home: Path) -> Path:
    """Make the folder and keep others out of it; refuse one that belongs to somebody else."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    status = home.lstat()
    if not stat.S_ISDIR(status.st_mode) or not _is_mine(status):
        raise PermissionError(f"{home} is not a folder of this user")
    if stat.S_IMODE(status.st_mode) != 0o700:
        home.chmod(0o700)
    return home


def _private_folder(*, make: bool) -> list[Path]:
    if make or _temporary_folder.cache_info().currsize:
        return [Path(_temporary_folder().name)]
    return []


@functools.cache
def _temporary_folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="convolens-", ignore_cleanup_errors=True)


def _is_sound(home: Path, path: Path, key: str) -> bool:
    """Whether only this user can have written the file, and it is what its name says."""
    try:
        _own(home)
        status = path.lstat()
        writable_by_others = status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
        if not stat.S_ISREG(status.st_mode) or not _is_mine(status) or writable_by_others:
            return False
        content = path.read_bytes()
        return path.stem.rpartition("-")[2] == hashlib.sha256(content).hexdigest() and key.encode() in content
    except OSError:
        return False


def _is_mine(status: os.stat_result) -> bool:
    return not hasattr(os, "getuid") or status.st_uid == os.getuid()


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _trim(newest: Path) -> None:
    """Remove the entries that were not used for longest, until the rest is small enough."""
    total = 0
    for entry in entries():
        total += entry.size
        if total > MOST_BYTES and entry.path != newest:
            with contextlib.suppress(OSError):
                entry.path.unlink()
    _sweep(newest.parent)


def _sweep(home: Path) -> None:
    """Remove the workplaces of writers that were killed: those that nobody claims any more."""
    for workplace in home.glob(f"{_BUILDING}*"):
        with contextlib.suppress(OSError):
            age = time.time() - workplace.lstat().st_mtime
            claim = _claimed(workplace) if age > _YOUNG else None
            if claim is not None:
                os.close(claim)
            if claim is not None or age > _OLD:
                shutil.rmtree(workplace, ignore_errors=True)


def _claimed(workplace: Path) -> int | None:
    """
    Claim a folder until what is returned is closed, or this process ends; None where there are no locks.

    Raises
    ------
    BlockingIOError
        If another has it.
    """
    if sys.platform == "win32":  # nothing is built there
        return None
    import fcntl

    claim = os.open(workplace, os.O_RDONLY)
    try:
        fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(claim)
        if isinstance(error, BlockingIOError):
            raise
        return None  # such as on a file system from afar
    return claim
