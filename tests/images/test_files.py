"""Files are written whole or not at all, and every failure says what to do."""

import errno
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from convolens.errors import FileError
from convolens.images.files import atomic_output, check_output, file_error, open_input


def names(folder: Path) -> list[str]:
    """List a folder, hidden files included."""
    return sorted(os.listdir(folder))


def test_written_whole(tmp_path: Path) -> None:
    """The bytes arrive under the right name, with the permissions of the umask, and nothing else stays."""
    with atomic_output(tmp_path / "a.bin") as file:
        file.write(b"abc")
        assert "a.bin" not in names(tmp_path)
    assert (tmp_path / "a.bin").read_bytes() == b"abc"
    assert names(tmp_path) == ["a.bin"]
    mask = os.umask(0)
    os.umask(mask)
    assert (tmp_path / "a.bin").stat().st_mode & 0o777 == 0o666 & ~mask


@pytest.mark.parametrize("failure", [ValueError("encoder"), KeyboardInterrupt(), MemoryError()])
def test_failure_leaves_nothing(tmp_path: Path, failure: BaseException) -> None:
    """An encoder that fails, or an interrupt, leaves the old file as it was and no new one."""
    target = tmp_path / "a.bin"
    target.write_bytes(b"old")

    def write_half() -> None:
        with atomic_output(target, overwrite=True) as file:
            file.write(b"half of the new")
            raise failure

    with pytest.raises(type(failure)):
        write_half()
    assert target.read_bytes() == b"old"
    assert names(tmp_path) == ["a.bin"]


def test_disk_fills_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk noticed only when the data are forced out is told as such, and leaves nothing."""

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with (
        pytest.raises(FileError, match=r"a\.bin: no space left on the disk"),
        atomic_output(tmp_path / "a.bin") as file,
    ):
        file.write(b"abc")
    assert names(tmp_path) == []


def test_file_size_limit_for_real(tmp_path: Path) -> None:
    """In a process that may write 64 kB, a larger picture fails with one clear error, and nothing is left."""
    script = """
import resource, signal, sys
import numpy as np
from convolens.images import Image, write_image
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
noise = np.random.default_rng(0).integers(0, 256, (400, 400, 3)).astype(np.uint8)
resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, 1 << 16))
for ending in ("png", "tif", "jpg", "webp"):
    try:
        write_image(f"{sys.argv[1]}/noise.{ending}", Image(noise))
    except Exception as error:
        print(type(error).__name__, "past the allowed size" in str(error))
try:
    write_image(f"{sys.argv[1]}/deep.png", Image(noise.astype(np.uint16) * 257))
except Exception as error:
    print(type(error).__name__, "past the allowed size" in str(error))
"""
    assert hasattr(resource, "RLIMIT_FSIZE")
    assert hasattr(signal, "SIGXFSZ")
    done = subprocess.run([sys.executable, "-c", script, tmp_path], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["FileError True"] * 5
    assert names(tmp_path) == []


def test_existing_file_is_kept(tmp_path: Path) -> None:
    """Without leave to overwrite, an existing file is refused before anything is written."""
    target = tmp_path / "a.bin"
    target.write_bytes(b"old")
    with pytest.raises(FileError, match="already exists"), atomic_output(target):
        raise AssertionError("the block must not run")
    assert target.read_bytes() == b"old"


def test_permissions_are_kept(tmp_path: Path) -> None:
    """A private file stays private when it is replaced, also while the new one is written."""
    target = tmp_path / "a.bin"
    target.write_bytes(b"old")
    target.chmod(0o600)
    with atomic_output(target, overwrite=True) as file:
        file.write(b"new")
        (partial,) = set(names(tmp_path)) - {"a.bin"}
        assert (tmp_path / partial).stat().st_mode & 0o777 == 0o600
    assert target.read_bytes() == b"new"
    assert target.stat().st_mode & 0o777 == 0o600


def test_link_is_followed(tmp_path: Path) -> None:
    """Writing to a link changes the file it points to, and the link stays a link."""
    (tmp_path / "real.bin").write_bytes(b"old")
    (tmp_path / "link.bin").symlink_to("real.bin")
    with atomic_output(tmp_path / "link.bin", overwrite=True) as file:
        file.write(b"new")
    assert (tmp_path / "real.bin").read_bytes() == b"new"
    assert (tmp_path / "link.bin").is_symlink()


def test_outputs_that_cannot_be(tmp_path: Path) -> None:
    """A folder, a device, a missing folder and a file used as a folder are told apart."""
    (tmp_path / "file").write_bytes(b"")
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    for path, reason in [
        (tmp_path, "is a folder or device"),
        (Path("/dev/null"), "is a folder or device"),
        (tmp_path / "no" / "a.png", "there is no folder"),
        (tmp_path / "file" / "a.png", "there is no folder|is a file"),
        (loop, "loop|symbolic"),
        (tmp_path / ("x" * 300), "too long"),
    ]:
        with pytest.raises(FileError, match=reason):
            check_output(path)


def test_inputs_that_cannot_be(tmp_path: Path) -> None:
    """A missing file, a folder and a device each get their own words."""
    for path, reason in [
        (tmp_path / "no.png", "no such file"),
        (tmp_path, "is a folder"),
        (Path("/dev/zero"), "is a device or pipe"),
        (tmp_path / ("x" * 300), "too long"),
    ]:
        with pytest.raises(FileError, match=reason), open_input(path):
            pass


def test_unknown_reasons_pass_through() -> None:
    """An error number without words of ours keeps the system's."""
    assert str(file_error("a", OSError(errno.EIO, "Input/output error"))) == "a: Input/output error"
    assert str(file_error("a", OSError("odd"))) == "a: odd"
