"""One connected page: its requests wait by key, newer ones take the place of older ones, each is answered."""

from __future__ import annotations

import asyncio
import contextlib
import re
import shutil
import time
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from convolens.errors import ConvolensError, ImageError, SpecError
from convolens.lab.frames import Buffer, pack, unpack
from convolens.lab.headers import claimed_pixels
from convolens.lab.limits import Limits
from convolens.lab.messages import (
    Answer,
    Close,
    Download,
    Filter,
    Open,
    Replaced,
    Request,
    Times,
    Work,
    read_request,
    to_json,
)
from convolens.lab.session import MISTAKE, failure
from convolens.lab.states.numbers import Numbers
from convolens.lab.workers import Lane, Pool, WorkerError

HEAVY_PIXELS = 4_000_000
HEAVY_PRODUCTS = 2_000_000_000
HEAVY_SIDE = 64

_SAID = {
    "died": "the process that worked on this ended unexpectedly; another takes its place: try again",
    "too-long": "this took longer than {:g} seconds and was broken off; ask for less",
}


@dataclass(frozen=True)
class _Waiting:
    """A request as it came: it is read when its turn comes, as most of a slider's never do."""

    content: dict[str, Any]
    buffers: list[memoryview]

    @property
    def size(self) -> int:
        """Bytes of files that it brings."""
        return sum(buffer.nbytes for buffer in self.buffers)


class Bucket:
    """Lets requests through as fast as they are allowed on average, and some at once."""

    def __init__(self, a_second: float, most: int) -> None:
        self._a_second, self._most = a_second, most
        self._left, self._last = float(most), time.monotonic()

    def take(self) -> bool:
        """Take one, if there is one left."""
        now = time.monotonic()
        self._left = min(self._most, self._left + (now - self._last) * self._a_second)
        self._last = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


class Client:
    """
    A page, from its first frame to its last.

    Parameters
    ----------
    folder : Path
        Its own, for its photographs; removed when it goes.
    pool : Pool
        Who does its work.
    limits : Limits
        How much it may ask for.
    send : function
        Sends a frame to it; waits where it does not read.
    has_room : function
        Whether the lab takes another photograph from anybody.
    """

    def __init__(
        self,
        folder: Path,
        pool: Pool,
        limits: Limits,
        send: Callable[[bytes], Awaitable[None]],
        has_room: Callable[[], bool],
    ) -> None:
        self._folder, self._pool, self._limits = folder, pool, limits
        self._send, self._has_room = send, has_room
        self._bucket = Bucket(limits.requests_a_second, limits.most_requests)
        self._patience = Bucket(limits.requests_a_second, limits.most_requests)  # refusals until it is sent away
        self._waiting: dict[str, _Waiting] = {}
        self._running: dict[str, asyncio.Task[None]] = {}
        self._pixels: dict[str, int] = {}
        self._held = 0  # bytes of files that wait
        self._over = False

    async def take(self, frame: Buffer) -> bool:
        """Take a frame in; False if this page had better be sent away."""
        if not self._bucket.take():
            await self._refuse(frame, "too many requests at once; wait a moment", "too-many")
            return self._patience.take()
        content: Any = None
        try:
            content, buffers = unpack(frame, self._limits.message_bytes)
            _check_envelope(content)
        except ConvolensError as error:
            await self._answer(failure(content, str(error)))
            return True
        newer, key = _Waiting(content, buffers), content["key"]
        older = self._waiting.get(key)
        held = self._held - (older.size if older else 0) + newer.size
        if held > self._limits.upload_bytes:
            await self._answer(failure(content, "send one file after the other", "too-many"))
        elif older is None and len(self._waiting) >= self._limits.waiting:
            await self._answer(failure(content, "too many requests wait; use fewer keys", "too-many"))
        else:
            self._held = held
            self._waiting[key] = newer
            if older is not None:
                await self._answer(Replaced(id=older.content["id"], by=content["id"]))
            self._begin()
        return True

    async def end(self) -> None:
        """Forget everything: the page has gone."""
        self._over = True
        self._waiting.clear()
        for task in self._running.values():
            task.cancel()
        await asyncio.gather(*self._running.values(), return_exceptions=True)
        await asyncio.to_thread(_remove, self._folder)

    async def _refuse(self, frame: Buffer, message: str, reason: str) -> None:
        try:
            content, _ = unpack(frame, self._limits.message_bytes)
        except ConvolensError:
            content = None
        await self._answer(failure(content, message, reason))

    async def _answer(self, answer: Answer) -> None:
        await self._send(pack(to_json(answer)))

    def _begin(self) -> None:
        """Let what waits longest stand in line, each key once, as long as not too much does."""
        for key in list(self._waiting):
            if self._over or len(self._running) >= self._limits.at_once:
                return
            if key not in self._running:
                self._running[key] = asyncio.create_task(self._work(key))

    async def _work(self, key: str) -> None:
        """Stand in line, and have the newest request of a key done."""
        try:
            reply = None
            while reply is None:
                reply = await self._next_reply(key)
            await self._send(reply)
        finally:
            del self._running[key]
            self._begin()

    async def _next_reply(self, key: str) -> bytes | None:
        """Wait for a place in the lane of a key's request; None if a newer one needs another lane."""
        try:
            _, lane = self._read(self._waiting[key])
            async with self._pool.place(lane):
                request, newest = self._read(self._waiting[key])
                return await self._reply(request, self._taken(key), lane) if newest == lane else None
        except ConvolensError as error:
            return pack(to_json(failure(self._taken(key).content, str(error))))

    def _read(self, waiting: _Waiting) -> tuple[Request, Lane]:
        try:
            request = read_request(waiting.content)
        except ConvolensError:
            raise
        except Exception as error:  # a mistake of the program: unanswered, it would be read again for ever
            traceback.print_exc()
            raise SpecError(MISTAKE) from error
        if isinstance(request, Open) and not self._has_room():
            raise ImageError("the lab is full; let others close photographs, and try again")
        return request, lane_of(request, waiting.buffers, self._pixels)

    def _taken(self, key: str) -> _Waiting:
        waiting = self._waiting.pop(key)
        self._held -= waiting.size
        return waiting

    async def _reply(self, request: Request, waiting: _Waiting, lane: Lane) -> bytes:
        job = pack({"folder": str(self._folder), "request": waiting.content}, waiting.buffers)
        try:
            reply = await self._pool.run(lane, job)
        except WorkerError as error:
            message = _SAID[error.reason].format(self._limits.seconds)
            return pack(to_json(failure(waiting.content, message, error.reason)))
        if isinstance(request, (Open, Close)):
            self._note(reply)
        return reply

    def _note(self, reply: bytes) -> None:
        """Remember how large a photograph is that was opened."""
        content, _ = unpack(reply)
        if content["kind"] == "opened":
            self._pixels[content["photograph"]] = content["region"]["rows"] * content["region"]["columns"]
            for name in content["dropped"]:
                self._pixels.pop(name, None)
        elif content["kind"] == "closed":
            self._pixels.pop(content["photograph"], None)


def _remove(folder: Path) -> None:
    """Remove a folder that a process may still write to: under another name it finds it no more."""
    gone = folder.with_name(f"{folder.name}-gone")
    with contextlib.suppress(FileNotFoundError):  # the lab has ended
        shutil.rmtree(folder.rename(gone), ignore_errors=True)


def _check_envelope(content: Any) -> None:
    """Check what is needed of a request before it is read."""
    found = content if isinstance(content, dict) else {}
    if type(found.get("id")) is not int or not isinstance(found.get("key"), str):
        raise SpecError("a request is a JSON object with a whole number 'id', a text 'key' and a 'kind'")


def lane_of(request: Request, buffers: list[memoryview], pixels: dict[str, int]) -> Lane:
    """
    Tell who works on a request: what takes long must not stand before sliders.

    Parameters
    ----------
    request : Request
        What is asked.
    buffers : list of memoryview
        What came with it.
    pixels : dict
        How many pixels each open photograph has.
    """
    match request:
        case Open():
            heavy = any(claimed_pixels(buffer) > HEAVY_PIXELS for buffer in buffers)
        case Times():
            heavy = True
        case Work():
            heavy = _is_heavy(request, pixels.get(request.photograph, 0))
        case _:
            heavy = False
    return "slow" if heavy else "quick"


def _is_heavy(request: Work, pixels: int) -> bool:
    seen = pixels
    if request.region is not None and request.channels == "each" and not isinstance(request, Download):
        seen = min(pixels, request.region.rows * request.region.columns)
    if seen > HEAVY_PIXELS:
        return True
    kernel = request.kernel if isinstance(request, Filter) else None
    if isinstance(kernel, Numbers):
        return len(kernel.data) * seen > HEAVY_PRODUCTS
    sides = re.findall(r"(?:sigma|size|length)\s*=\s*(\d{1,9})", kernel or "")
    return any(int(side) > HEAVY_SIDE for side in sides)
