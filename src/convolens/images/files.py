"""Files opened with clear errors, and written whole or not at all."""

import errno
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from convolens.errors import FileError

_REASONS = {
    errno.ENOENT: "no such file or folder",
    errno.ENOTDIR: "part of this path is a file, not a folder",
    errno.EISDIR: "is a folder, not a file",
    errno.EACCES: "permission denied",
    errno.EPERM: "permission denied",
    errno.EROFS: "the file system is read-only",
    errno.ENOSPC: "no space left on the disk; nothing was written",
    errno.EDQUOT: "the disk quota is used up; nothing was written",
    errno.EFBIG: "the file would grow past the allowed size; nothing was written",
    errno.ENAMETOOLONG: "the name is too long",
}


def file_error(path: str | os.PathLike[str], error: OSError) -> FileError:
    """
    Say in one line which file failed and why.

    >>> print(file_error("photo.png", FileNotFoundError(2, "No such file or directory")))
    photo.png: no such file or folder
    """
    reason = _REASONS.get(error.errno or 0) or error.strerror or str(error)
    return FileError(f"{os.fspath(path)}: {reason}")


@contextmanager
def open_input(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Open a regular file for reading; a `FileError` says what is wrong with any other."""
    path = Path(path)
    try:
        if path.exists() and not path.is_file():
            kind = "a folder" if path.is_dir() else "a device or pipe"
            raise FileError(f"{path}: is {kind}, not a file")
        file = path.open("rb")
    except FileError:
        raise
    except OSError as error:
        raise file_error(path, error) from error
    with file:
        yield file


def check_output(path: str | os.PathLike[str], *, overwrite: bool = False) -> Path:
    """
    Return the file that a write to ``path`` would put in place, links followed.

    Raises
    ------
    FileError
        If the file exists and ``overwrite`` is false, is not a regular file, or has no folder to lie in.
    """
    refuse_standard_output(path)
    try:
        target = Path(path).resolve()
        if target.exists() and not target.is_file():
            raise FileError(f"{path}: is a folder or device; give the name of a file")
        if target.exists() and not overwrite:
            raise FileError(f"{path}: already exists; choose another name, or allow to replace it (--overwrite)")
        if not target.parent.is_dir():
            raise FileError(f"{path}: there is no folder {target.parent}; create it first")
    except FileError:
        raise
    except (OSError, RuntimeError) as error:
        raise file_error(path, error if isinstance(error, OSError) else OSError(str(error))) from error
    return target


def refuse_standard_output(path: str | os.PathLike[str]) -> None:
    """Refuse ``-``, which stands for standard output elsewhere, rather than make a file or folder of that name."""
    if os.fspath(path) == "-":
        raise FileError("-: standard output is not written to; give a name (./- for a file or folder called -)")


@contextmanager
def atomic_output(path: str | os.PathLike[str], *, overwrite: bool = False) -> Iterator[BinaryIO]:
    """
    Write a file whole or not at all.

    The bytes go to a new file in the same folder, which takes the name ``path`` only after the last of them
    has reached the disk. Whatever goes wrong before that (a full disk, an interrupt, a failing encoder)
    removes the new file and leaves an old one as it was.

    Parameters
    ----------
    path : path
        The file to write. A link is followed.
    overwrite : bool, default False
        Whether an existing file may be replaced; the new one gets its permissions.

    Yields
    ------
    binary file
        Open for writing and reading, and seekable.

    Raises
    ------
    FileError
        If the file exists already, or cannot be written.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with atomic_output(pathlib.Path(folder, "note.txt")) as file:
    ...         _ = file.write(b"whole")
    ...     pathlib.Path(folder, "note.txt").read_bytes()
    b'whole'
    """
    target = check_output(path, overwrite=overwrite)
    partial = target.with_name(f".{target.name[:100]}.{secrets.token_hex(4)}.partial")
    try:
        with _created(partial) as file:
            if target.exists():
                shutil.copymode(target, partial)
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, target)
    except FileError:
        raise
    except OSError as error:
        raise file_error(path, error) from error
    finally:
        partial.unlink(missing_ok=True)


def _created(path: Path) -> BinaryIO:
    # open() rather than tempfile: the finished file gets the permissions that the user's umask asks for.
    try:
        return open(path, "x+b")
    except FileNotFoundError as error:  # the folder is there, but takes no files, as /proc does
        raise OSError(f"no file can be created in {path.parent}") from error
