"""A lab that runs in this process, and pages that talk to it over real sockets."""

import http.client
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

from websockets.sync.client import ClientConnection, connect

from convolens.lab.access import Access
from convolens.lab.frames import pack, unpack
from convolens.lab.limits import Limits
from convolens.lab.server import Lab, listen, server_of
from convolens.lab.workers import Pool


@dataclass(frozen=True)
class Reply:
    """What a browser gets."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes


class Page:
    """One page's socket."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    def send(self, content: dict[str, Any], *buffers: bytes) -> None:
        """Send a request."""
        self.socket.send(pack(content, buffers))

    def receive(self, timeout: float = 60) -> tuple[dict[str, Any], list[memoryview]]:
        """Receive an answer."""
        frame = self.socket.recv(timeout)
        assert isinstance(frame, bytes)
        content, buffers = unpack(frame)
        return content, buffers

    def ask(self, content: dict[str, Any], *buffers: bytes) -> dict[str, Any]:
        """Send a request, and return the answer to it."""
        self.send(content, *buffers)
        answer, _ = self.receive()
        return answer

    def open(self, sample: str = "rings") -> str:
        """Open a sample, and return what it is called."""
        answer = self.ask({"kind": "open", "id": 1, "key": "open", "sample": sample, "fit": 16})
        assert answer["kind"] == "opened", answer
        return str(answer["photograph"])


@dataclass(frozen=True)
class Running:
    """A lab that listens."""

    lab: Lab
    port: int

    @property
    def host(self) -> str:
        """What a browser's Host header says."""
        return f"127.0.0.1:{self.port}"

    @property
    def cookie(self) -> str:
        """What a browser's Cookie header says once it was let in."""
        return f"{self.lab.access.cookie}={self.lab.access.secret}"

    def request(
        self, path: str, *, method: str = "GET", body: bytes | None = None, **headers: str | None
    ) -> Reply:
        """Ask for a page as a browser does that was let in; a header of None is left out."""
        given = {"host": self.host, "cookie": self.cookie, **headers}
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)) as connection:
            connection.putrequest(method, path, skip_host=True)
            for name, value in given.items():
                if value is not None:
                    connection.putheader(name.replace("_", "-"), value)
            if body is not None:
                connection.putheader("content-length", str(len(body)))
            connection.endheaders(body)
            with connection.getresponse() as found:
                return Reply(found.status, found.headers, found.read())

    @contextmanager
    def page(self, **headers: str | None) -> Iterator[Page]:
        """Open a socket as a page of this lab does; a header of None is left out."""
        given = {"cookie": self.cookie, **headers}
        origin = given.pop("origin", f"http://{self.host}")
        host = given.pop("host", None)
        extra = {name: value for name, value in given.items() if value is not None}
        if host is not None:
            extra["host"] = host
        with connect(
            f"ws://{self.host}/socket",
            additional_headers=extra,
            origin=origin,  # type: ignore[arg-type]  # Origin is a str by another name
            compression=None,
            max_size=None,
            close_timeout=2,
        ) as socket:
            yield Page(socket)


@contextmanager
def running(limits: Limits | None = None, *, password: str | None = None) -> Iterator[Running]:
    """Run a lab with one process of each kind."""
    limits = limits or Limits()
    taken = listen("127.0.0.1", 0)
    port = taken.getsockname()[1]
    lab = Lab(Access("127.0.0.1", port, password), limits, Pool(limits, quick=1))
    server = server_of(lab)
    thread = threading.Thread(target=server.run, args=([taken],))
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield Running(lab, port)
    finally:
        server.should_exit = True
        thread.join(20)
        assert not thread.is_alive()
