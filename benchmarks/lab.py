"""
The lab under load: many pages drag a slider at once, each on a photograph of its own.

``python -m benchmarks.lab`` starts a lab in a process of its own and opens pages by real sockets. Every page drags
the width of a Gaussian, 30 changes a second; a newer change replaces an older one that still waits. Printed are
the milliseconds from sending a change to receiving its picture, and whether every request was answered. With
``--heavy`` one more page has a photograph of 100 megapixels filtered over and over meanwhile.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import http.client
import io
import os
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import PIL.Image
from websockets.asyncio.client import ClientConnection, connect

from convolens.lab.frames import pack, unpack
from convolens.runtime.cpu import available_cores

CHANGES_A_SECOND = 30
PATIENCE = 20  # seconds after which what is not answered counts as lost
BASE: dict[str, Any] = {"kind": "filter", "key": "kernel", "kernel": "", "fit": 1024}


@dataclass
class Page:
    """What one page saw."""

    milliseconds: list[float] = field(default_factory=list)
    sent: int = 0
    replaced: int = 0
    failed: int = 0

    @property
    def lost(self) -> int:
        """Requests that were never answered."""
        return self.sent - len(self.milliseconds) - self.replaced - self.failed


@contextlib.contextmanager
def started_lab() -> Iterator[tuple[int, str]]:
    """Start a lab, and give its port and the cookie that opens it."""
    command = [sys.executable, "-m", "convolens", "lab", "--port", "0", "--no-browser"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        link = process.stdout.readline().split()[-1]
        port = int(link.split(":")[2].split("/")[0])
        try:
            with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port)) as connection:
                connection.request("GET", "/" + link.split("/", 3)[3])
                cookie = connection.getresponse().headers["set-cookie"].partition(";")[0]
            yield port, cookie
        finally:
            process.send_signal(signal.SIGTERM)


def opened_socket(port: int, cookie: str) -> connect:
    """Open a socket as a page of the lab does."""
    host = f"127.0.0.1:{port}"
    headers = {"cookie": cookie, "origin": f"http://{host}"}
    return connect(f"ws://{host}/socket", additional_headers=headers, compression=None, max_size=None)


async def ask(socket: ClientConnection, content: dict[str, Any], *buffers: bytes) -> dict[str, Any]:
    """Send a request and wait for its answer."""
    await socket.send(pack(content, buffers))
    answer: dict[str, Any] = unpack(await socket.recv(decode=False))[0]
    if answer["kind"] == "failure":
        raise RuntimeError(answer["message"])
    return answer


async def drag(socket: ClientConnection, sample: str, seconds: float, begin: asyncio.Event, page: Page) -> None:
    """Open a sample; once all are ready, change its kernel for some seconds, and take every answer."""
    opened = await ask(socket, {"kind": "open", "id": 0, "key": "open", "sample": sample})
    request = {**BASE, "photograph": opened["photograph"]}
    await ask(socket, {**request, "id": 0, "kernel": "gaussian"})
    await begin.wait()
    times: dict[int, float] = {}

    async def receive() -> None:
        while True:
            answer, _ = unpack(await socket.recv(decode=False))
            if answer["kind"] == "picture":
                page.milliseconds.append((time.perf_counter() - times[answer["id"]]) * 1e3)
            elif answer["kind"] == "replaced":
                page.replaced += 1
            else:
                page.failed += 1

    receiving = asyncio.create_task(receive())
    start = time.perf_counter()
    while time.perf_counter() - start < seconds:
        page.sent += 1
        times[page.sent] = time.perf_counter()
        width = 0.5 + page.sent % 50 / 20
        await socket.send(pack({**request, "id": page.sent, "kernel": f"gaussian:sigma={width:.2f}"}))
        await asyncio.sleep(start + page.sent / CHANGES_A_SECOND - time.perf_counter())
    while page.lost and time.perf_counter() - start < seconds + PATIENCE:
        await asyncio.sleep(0.01)
    receiving.cancel()


async def filter_heavily(socket: ClientConnection, begin: asyncio.Event) -> list[float]:
    """Open a photograph of 100 megapixels and filter it until this is broken off; return the seconds of each."""
    file = io.BytesIO()
    row = np.random.default_rng(0).integers(0, 256, (2, 10_000)).astype(np.uint8)
    PIL.Image.fromarray(np.tile(row, (5000, 1))).save(file, "PNG", compress_level=1)
    taken: list[float] = []
    opened = await ask(socket, {"kind": "open", "id": 1, "key": "open"}, file.getvalue())
    await begin.wait()
    with contextlib.suppress(asyncio.CancelledError):
        while True:
            start = time.perf_counter()
            await ask(socket, {**BASE, "id": 2, "photograph": opened["photograph"], "kernel": "sharpen"})
            taken.append(time.perf_counter() - start)
    return taken


async def measure(port: int, cookie: str, clients: int, seconds: float, sample: str, heavy: bool) -> None:
    """Let the pages drag, and print what they saw."""
    pages, begin = [Page() for _ in range(clients)], asyncio.Event()
    async with contextlib.AsyncExitStack() as stack:
        sockets = [await stack.enter_async_context(opened_socket(port, cookie)) for _ in pages]
        burden = None
        if heavy:
            socket = await stack.enter_async_context(opened_socket(port, cookie))
            burden = asyncio.create_task(filter_heavily(socket, begin))
        dragging = [
            asyncio.create_task(drag(socket, sample, seconds, begin, page))
            for socket, page in zip(sockets, pages, strict=True)
        ]
        await asyncio.sleep(3 + 4 * heavy)
        begin.set()
        await asyncio.gather(*dragging)
        if burden is not None:
            burden.cancel()
            taken = await burden
            print(f"100 megapixels meanwhile: {len(taken)} pictures, {statistics.median(taken):.1f} s each")
    report(pages, seconds, sample)


def report(pages: list[Page], seconds: float, sample: str) -> None:
    """Print the table."""
    found = sorted(time for page in pages for time in page.milliseconds)
    of_pages = [len(page.milliseconds) / seconds for page in pages]
    rows = {
        "pages": len(pages),
        "photograph": sample,
        "cores": available_cores(),
        "changes sent": sum(page.sent for page in pages),
        "pictures": len(found),
        "replaced by newer ones": sum(page.replaced for page in pages),
        "failed": sum(page.failed for page in pages),
        "lost": sum(page.lost for page in pages),
        "median ms": f"{statistics.median(found):.0f}",
        "95 % within ms": f"{found[int(0.95 * len(found))]:.0f}",
        "slowest ms": f"{found[-1]:.0f}",
        "pictures a second, worst page": f"{min(of_pages):.1f}",
    }
    width = max(map(len, rows))
    for name, value in rows.items():
        print(f"{name:<{width}}  {value}")


def main() -> None:
    """Read the command line and measure."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.lab", description=__doc__.strip().splitlines()[0])
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--sample", default="astronaut")
    parser.add_argument("--heavy", action="store_true", help="one more page has 100 megapixels filtered meanwhile")
    given = parser.parse_args()
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    with started_lab() as (port, cookie):
        asyncio.run(measure(port, cookie, given.clients, given.seconds, given.sample, given.heavy))


if __name__ == "__main__":
    main()
