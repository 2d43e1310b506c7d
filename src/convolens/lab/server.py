"""The lab as a server: pages, built files, and one WebSocket for every page that is open."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import shutil
import signal
import socket
import tempfile
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp
from starlette.websockets import WebSocket, WebSocketDisconnect

from convolens.errors import FileError
from convolens.lab.access import SIGN_IN, Access, Guard
from convolens.lab.clients import Client
from convolens.lab.limits import Limits
from convolens.lab.pages import built_files, missing_page, served_page, sign_in_page
from convolens.lab.states import STATES
from convolens.lab.workers import Pool

PORT = 8600
_SPARE = 1 << 16  # bytes of a frame beside the file that it brings
_LONGEST_FORM = 4096
_PATIENCE = 1.0  # seconds that a wrong password costs, one after the other
_UNREAD = 60_000  # milliseconds that a page may leave unread what was sent to it
_FAREWELL = 2  # seconds that connections have to close when the server ends
_FULL = 1013  # "try again later"
_UNWELCOME = 1008


class Lab:
    """
    The application.

    Parameters
    ----------
    access : Access
        Who may come in.
    limits : Limits
        How much each may ask for.
    pool : Pool, optional
        Who does the work; by default one made for the machine.
    """

    def __init__(self, access: Access, limits: Limits, pool: Pool | None = None) -> None:
        self.access, self.limits = access, limits
        self.pool = pool or Pool(limits)
        self._root: Path | None = None
        self._clients: set[Client] = set()
        self._signing_in = asyncio.Lock()

    def application(self) -> ASGIApp:
        """Return it as ASGI wants it, guarded."""
        routes = [
            Route("/", self._index),
            *(Route(f"/{name}", self._exhibit) for name in STATES),
            *(Route(f"/{name}/", self._without_slash) for name in STATES),
            Route("/static/{name}", self._static),
            Route(SIGN_IN, self._sign_in, methods=["GET", "POST"]),
            WebSocketRoute("/socket", self._socket),
        ]
        missing = {404: self._missing}
        application = Starlette(routes=routes, lifespan=self._lifespan, exception_handlers=missing)
        application.router.redirect_slashes = False  # its address would be whole, with the request's Host
        return Guard(application, self.access)

    @contextlib.asynccontextmanager
    async def _lifespan(self, _: Any) -> AsyncIterator[None]:
        self._root = Path(tempfile.mkdtemp(prefix="convolens-lab-"))
        self.pool.start()
        try:
            yield
        finally:
            await asyncio.to_thread(self.pool.close)
            shutil.rmtree(self._root, ignore_errors=True)

    async def _index(self, _: Request) -> Response:
        return HTMLResponse(served_page())

    async def _exhibit(self, request: Request) -> Response:
        return HTMLResponse(served_page(request.url.path.strip("/")))

    async def _without_slash(self, request: Request) -> Response:
        query = request.url.query and f"?{request.url.query}"
        return RedirectResponse(request.url.path.rstrip("/") + query)

    async def _missing(self, _: Request, __: Exception) -> Response:
        return HTMLResponse(missing_page(), 404)

    async def _static(self, request: Request) -> Response:
        file = built_files().get(request.path_params["name"])
        if file is None:
            return PlainTextResponse("There is no such file.\n", 404)
        if request.headers.get("if-none-match") == file.tag:
            return Response(status_code=304, headers={"etag": file.tag})
        return Response(file.content, media_type=file.media_type, headers={"etag": file.tag})

    async def _sign_in(self, request: Request) -> Response:
        if request.method != "POST":
            return HTMLResponse(sign_in_page())
        body = b""
        async for part in request.stream():
            body += part
            if len(body) > _LONGEST_FORM:
                return PlainTextResponse("That is no password.\n", 413)
        password = parse_qs(body.decode("utf-8", "replace")).get("password", [""])[0]
        async with self._signing_in:  # one guess after the other, whoever guesses
            if self.access.takes_password(password):
                return self.access.let_in("/")
            await asyncio.sleep(_PATIENCE)
        return HTMLResponse(sign_in_page(wrong=True), 403)

    async def _socket(self, socket: WebSocket) -> None:
        await socket.accept()
        if len(self._clients) >= self.limits.clients:
            await socket.close(_FULL, "the lab is full")
            return
        folder = Path(tempfile.mkdtemp(dir=self._root))

        async def send(frame: bytes) -> None:
            with contextlib.suppress(WebSocketDisconnect, RuntimeError):  # it may go while it is being answered
                await socket.send_bytes(frame)

        client = Client(folder, self.pool, self.limits, send, self._has_room)
        self._clients.add(client)
        try:
            while (message := await socket.receive())["type"] == "websocket.receive":
                if not await client.take(message.get("bytes") or (message.get("text") or "").encode()):
                    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
                        await socket.close(_UNWELCOME, "too many requests")
                    break
        finally:
            self._clients.discard(client)
            await client.end()

    def _has_room(self) -> bool:
        """Whether the photographs of all clients leave room for one more."""
        assert self._root is not None
        used = 0
        for path in self._root.glob("*/*"):
            with contextlib.suppress(FileNotFoundError):  # it may go meanwhile
                used += path.stat().st_size
        return used < self.limits.all_bytes


def listen(host: str, port: int) -> socket.socket:
    """
    Take a port.

    Raises
    ------
    FileError
        If it is in use, or there is no such host; one line says what to do.
    """
    if not host:  # to sockets that is every network
        raise FileError("the host is empty; name one, such as 127.0.0.1, or 0.0.0.0 for every network")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    taken = socket.socket(family, socket.SOCK_STREAM)
    try:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if hasattr(socket, "TCP_USER_TIMEOUT"):  # else who never reads keeps what waits for it in memory
            taken.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNREAD)
        taken.bind((host, port))
        taken.listen()  # at once: of two that start together, one is to hear of it
    except (OSError, OverflowError) as error:
        taken.close()
        number = getattr(error, "errno", None)
        if number == errno.EADDRINUSE:
            why = f"port {port} of {host} is in use; choose another with --port, or any free one with --port 0"
        elif number == errno.EACCES:
            why = f"port {port} may not be opened by you; choose one above 1023 with --port"
        else:
            why = f"cannot listen at {host}, port {port}: {getattr(error, 'strerror', None) or error}"
        raise FileError(why) from error
    return taken


def serve(
    host: str,
    port: int,
    *,
    limits: Limits,
    password: str | None = None,
    started: Callable[[str], None] = lambda _: None,
) -> None:
    """
    Run the lab until a signal ends it.

    Parameters
    ----------
    host, port
        Where it listens; port 0 is any free one.
    limits : Limits
        How much each client may ask for.
    password : str, optional
        What opens it, beside the token in the link.
    started : function
        Called with that link once it listens.

    Raises
    ------
    FileError
        If it cannot listen there.
    """
    taken = listen(host, port)
    port = taken.getsockname()[1]
    access = Access(host, port, password)
    shown = "localhost" if host in ("127.0.0.1", "0.0.0.0", "::") else f"[{host}]" if ":" in host else host
    link = f"http://{shown}:{port}/?token={access.token}"
    with _quiet_ending():
        asyncio.run(_serve(server_of(Lab(access, limits)), taken, lambda: started(link)))


def server_of(lab: Lab) -> uvicorn.Server:
    """Return the server that runs an application: bounded frames, connections and farewells."""
    return uvicorn.Server(
        uvicorn.Config(
            lab.application(),
            log_config=None,
            log_level="warning",
            server_header=False,
            lifespan="on",
            ws="websockets-sansio",
            ws_max_size=lab.limits.upload_bytes + _SPARE,
            ws_per_message_deflate=False,  # pictures gain nothing, and deflated frames may unfold without end
            limit_concurrency=4 * lab.limits.clients,
            timeout_keep_alive=10,
            timeout_graceful_shutdown=_FAREWELL,
        )
    )


async def _serve(server: uvicorn.Server, taken: socket.socket, started: Callable[[], None]) -> None:
    async def tell() -> None:
        while not server.started and not server.should_exit:
            await asyncio.sleep(0.01)
        if server.started:
            threading.Thread(target=started, daemon=True).start()  # a browser may stay until it is closed

    telling = asyncio.create_task(tell())
    await server.serve([taken])
    telling.cancel()


@contextlib.contextmanager
def _quiet_ending() -> Any:
    """The server raises the signal that ended it once more, when all is closed: that then says nothing new."""
    handled = {number: signal.signal(number, lambda *_: None) for number in (signal.SIGINT, signal.SIGTERM)}
    hang_up = getattr(signal, "SIGHUP", None)
    if hang_up is not None and signal.getsignal(hang_up) is signal.SIG_DFL:  # else nohup lets it go on
        handled[hang_up] = signal.signal(hang_up, lambda *_: signal.raise_signal(signal.SIGTERM))
    try:
        yield
    finally:
        for number, handler in handled.items():
            signal.signal(number, handler)
