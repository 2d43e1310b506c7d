"""One browser for all tests of the front end, and a server of its built files under the lab's content policy."""

from __future__ import annotations

import base64
import html
import json
import os
import shutil
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

import convolens

sync_api = pytest.importorskip("playwright.sync_api")

STATIC = Path(convolens.__file__).parent / "lab" / "static"
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run",
]  # fmt: skip
POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'"


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        """Send a page, or a built file."""
        path = urlsplit(self.path).path
        if path.startswith("/static/"):
            self._send((STATIC / Path(path).name).read_bytes(), "text/javascript")
            return
        names = html.escape(json.dumps(sorted(file.stem for file in STATIC.glob("*.js") if file.stem != "page")))
        text = (
            '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>lab</title>'
            '<link rel="icon" href="data:,"></head><body>'
            f'<main id="lab" data-host="server" data-exhibit="{html.escape(path[1:])}" '
            f'data-exhibits="{names}"></main>'
            '<script type="module" src="/static/page.js"></script></body></html>'
        )
        self._send(text.encode(), "text/html")

    def _send(self, content: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Content-Security-Policy", POLICY)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    """Serve the built files, and say where."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Start Chromium once."""
    if CHROMIUM is None:
        pytest.skip("no Chromium here: set CHROMIUM to its path")
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        chromium.close()


class Lab:
    """A page of the lab, with what it said on the console."""

    def __init__(self, page: Any, address: str) -> None:
        self.page = page
        self.address = address
        self.complaints: list[str] = []
        page.set_default_timeout(15_000)
        page.on("console", lambda said: said.type in ("error", "warning") and self.complaints.append(said.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def open(self, exhibit: str, state: dict[str, Any] | None = None) -> None:
        """Open an exhibit by a link that carries the state."""
        packed = base64.urlsafe_b64encode(json.dumps(state or {}).encode()).decode().rstrip("=")
        self.page.goto("about:blank")  # another hash alone would not load the page again
        self.page.goto(f"{self.address}/{exhibit}#j={packed}")
        self.page.wait_for_selector(".lab .lab" if exhibit else ".lab h1")

    def says(self, place: Any, text: str) -> None:
        """Wait until a part of the page says exactly this."""
        sync_api.expect(place).to_have_text(text)

    def cell(self, grid: str, *place: int) -> Any:
        """Return a cell of the grid whose name begins so; of a volume, its slice comes first."""
        *slices, row, column = (0, *place) if len(place) == 1 else place
        grids = self.page.locator(f'[role="grid"][aria-label^="{grid}"]')
        if slices:
            grids = self.page.locator(f'[role="grid"][aria-label^="{grid}"][aria-label$="depth {slices[0]}"]')
        return grids.locator(f'[data-place="{row},{column}"]')

    def number(self, grid: str, *place: int) -> float:
        """Read a cell as a screen reader does."""
        return float(self.cell(grid, *place).get_attribute("aria-label").rpartition(": ")[2].replace("−", "-"))


@pytest.fixture
def lab(browser: Any, address: str) -> Iterator[Lab]:
    """Open a page; it must not complain."""
    context = browser.new_context(reduced_motion="reduce", viewport={"width": 1280, "height": 900})
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    lab = Lab(context.new_page(), address)
    yield lab
    context.close()
    assert lab.complaints == []
