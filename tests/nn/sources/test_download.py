"""Data sets by name: fetched once from a server, checked, and read; here from a server of our own."""

import hashlib
import socketserver
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import numpy as np
import pytest

from convolens.errors import FileError
from convolens.nn.data import read_data
from convolens.nn.sources import download
from data_files import mnist_files

pooch = pytest.importorskip("pooch")
FILES = mnist_files()


class Server(BaseHTTPRequestHandler):
    """Give out files from memory, and count how often."""

    asked: list[str] = []  # noqa: RUF012

    def do_GET(self) -> None:
        """Answer with the file of that name."""
        name = self.path.rpartition("/")[2]
        self.asked.append(name)
        self.send_response(200 if name in FILES else 404)
        self.end_headers()
        self.wfile.write(FILES.get(name, b""))

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Start a server, and let data sets be kept in a folder of the test."""
    monkeypatch.setattr(pooch, "os_cache", lambda project: tmp_path / project)
    Server.asked.clear()
    with socketserver.TCPServer(("127.0.0.1", 0), Server) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/sets/"
        server.shutdown()
        thread.join()


def offer(monkeypatch: pytest.MonkeyPatch, address: str, files: dict[str, bytes]) -> None:
    """Take the server's address, and the checksums of some files, for those of MNIST."""
    sums = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    monkeypatch.setitem(download.DOWNLOADS, "mnist", download.Download(address, sums, tuple("abc")))


def test_fetched_once(address: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """All files are fetched at the first call, none at the second; classes have their names."""
    offer(monkeypatch, address, FILES)
    first, second = read_data("mnist"), read_data("mnist")
    assert sorted(Server.asked) == sorted(FILES)
    assert first.names == ("a", "b", "c")
    assert first.test is not None
    assert len(first.test.classes) == 6
    np.testing.assert_array_equal(first.inputs, second.inputs)
    assert {path.name for path in (tmp_path / "convolens" / "mnist").iterdir()} == set(FILES)


def test_refused(address: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A file that is another than was published, missing, or out of reach is told, and nothing of it is kept."""
    offer(monkeypatch, address, FILES | {"train-images-idx3-ubyte.gz": b"another"})
    with pytest.raises(FileError, match=r"train-images.* is not the file that was published"):
        read_data("mnist")
    offer(monkeypatch, address, {"none.gz": b""})
    with pytest.raises(FileError, match=r"none.gz cannot be fetched"):
        read_data("mnist")
    offer(monkeypatch, "http://127.0.0.1:1/", {"none.gz": b""})
    with pytest.raises(FileError, match="give its path"):
        read_data("mnist")
    assert not list(tmp_path.rglob("*.gz"))


def test_checksums_are_whole() -> None:
    """Every file has a SHA-256."""
    for wanted in download.DOWNLOADS.values():
        assert all(len(bytes.fromhex(checksum)) == 32 for checksum in wanted.files.values())
