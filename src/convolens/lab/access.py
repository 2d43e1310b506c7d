"""Who may come in: the right Host, the right Origin, and a token, a cookie or a password."""

from __future__ import annotations

import hmac
import ipaddress
import secrets
import socket
from collections.abc import Mapping
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SIGN_IN = "/sign-in"
_WEEK = 7 * 24 * 3600
_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self' 'wasm-unsafe-eval'",  # the loops over photographs are WebAssembly
        "style-src 'self'",
        "img-src 'self' blob: data:",
        "media-src 'self' blob: data:",
        "connect-src 'self'",
        "worker-src 'self' blob:",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)
HEADERS = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",  # with no-referrer, forms would be sent from the origin "null"
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(self), geolocation=(), microphone=(), payment=(), usb=()",
    "cache-control": "no-cache",
}
"""Of every answer."""


def is_loopback(host: str) -> bool:
    """
    Whether a host is this machine and no other can reach it.

    >>> is_loopback("localhost"), is_loopback("127.0.0.1"), is_loopback("0.0.0.0"), is_loopback("::1")
    (True, True, False, True)
    """
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Access:
    """
    The rules of one server.

    Parameters
    ----------
    host, port
        Where it listens.
    password : str, optional
        What opens it, beside the token.

    Attributes
    ----------
    token : str
        What opens it in a link; made anew for every server.
    """

    def __init__(self, host: str, port: int, password: str | None = None) -> None:
        self.token = secrets.token_urlsafe(24)
        self.cookie = f"convolens-lab-{port}"  # cookies of one host are shared by all its ports
        self.secret = secrets.token_urlsafe(24)
        self.password = password
        self._loopback = is_loopback(host)
        self._names = {"localhost", host.lower()}
        if not self._loopback:
            self._names |= {socket.gethostname().lower(), socket.getfqdn().lower()}

    def allows_host(self, header: str | None) -> bool:
        """
        Whether a Host header names this server.

        A page of a stranger whose name was made to lead here (DNS rebinding) sends the stranger's name: so names
        must be known. An address cannot be such a name, and may be any, but on a loopback a loopback.
        """
        name = _host_name(header)
        if name is None:
            return False
        if name in self._names:
            return True
        try:
            address = ipaddress.ip_address(name)
        except ValueError:
            return False
        return address.is_loopback if self._loopback else True

    def allows_origin(self, origin: str | None, host: str | None) -> bool:
        """Whether a request comes from a page of this server; browsers say so wherever it matters."""
        if origin is None or host is None:
            return False
        try:
            parts = urlsplit(origin)
        except ValueError:
            return False
        return parts.scheme in ("http", "https") and parts.netloc.lower() == host.lower()

    def knows(self, cookies: Mapping[str, str]) -> bool:
        """Whether a browser has been let in before."""
        return _equal(cookies.get(self.cookie, ""), self.secret)

    def takes_token(self, token: str) -> bool:
        """Whether a link's token is the right one."""
        return _equal(token, self.token)

    def takes_password(self, password: str) -> bool:
        """Whether a password is the right one."""
        return self.password is not None and _equal(password, self.password)

    def let_in(self, target: str) -> Response:
        """Send a browser on to a page, with a cookie in place of what it was let in by."""
        response = RedirectResponse(target, 303)
        response.set_cookie(self.cookie, self.secret, max_age=_WEEK, httponly=True, samesite="lax", path="/")
        return response


class Guard:
    """Stands before the application: refuses, or lets pass and puts the headers on every answer."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app, self._access = app, access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer what is refused, and hand on the rest."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        refusal = self._refusal(HTTPConnection(scope), scope)
        if refusal is None:
            await self._app(scope, receive, send_with_headers)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})  # before it is accepted: 403
        else:
            await refusal(scope, receive, send_with_headers)

    def _refusal(self, request: HTTPConnection, scope: Scope) -> Response | None:
        access, host = self._access, request.headers.get("host")
        if not access.allows_host(host):
            return PlainTextResponse(f"This lab is not at {host!r}.\n", 421)
        origin = request.headers.get("origin")
        is_read = scope["type"] == "http" and scope["method"] in ("GET", "HEAD")
        if not is_read and not access.allows_origin(origin, host):
            return PlainTextResponse("This lab answers its own pages alone.\n", 403)
        if scope["path"] == SIGN_IN and access.password is not None:
            return None
        token = request.query_params.get("token")
        if is_read and token is not None and access.takes_token(token):
            return access.let_in("/" + scope["path"].lstrip("/"))
        if access.knows(request.cookies):
            return None
        if access.password is not None and is_read:
            return RedirectResponse(SIGN_IN, 303)
        wrong = "That token is not this lab's" if token is not None else "A token is needed"
        return PlainTextResponse(
            f"{wrong}: open the link that `convolens lab` printed, with ?token=… in it.\n", 403
        )


def _host_name(header: str | None) -> str | None:
    """
    Take the port off a Host header; None where it is none.

    >>> _host_name("LocalHost:8600"), _host_name("[::1]:80"), _host_name("a@b"), _host_name("")
    ('localhost', '::1', None, None)
    """
    if not header or "@" in header or "/" in header:
        return None
    try:
        parts = urlsplit(f"//{header}")
        _ = parts.port
    except ValueError:
        return None
    return parts.hostname.rstrip(".") if parts.hostname else None


def _equal(found: str, right: str) -> bool:
    return hmac.compare_digest(found.encode("utf-8", "surrogateescape"), right.encode("utf-8", "surrogateescape"))
