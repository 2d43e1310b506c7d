"""The HTML of the lab, and the built files of its front end."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from convolens.errors import FileError, unknown_name
from convolens.lab.states import STATES

_MEDIA = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".woff2": "font/woff2",
}
_STATIC_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'sha256-{}' 'wasm-unsafe-eval' blob:",
        "img-src blob: data:",
        "media-src blob: data:",
        "connect-src blob: data:",
        "worker-src blob:",
        "form-action 'none'",
        "base-uri 'none'",
    ]
)


@dataclass(frozen=True)
class BuiltFile:
    """A file of the front end, as it is served."""

    content: bytes
    media_type: str
    tag: str


@cache
def built_files() -> dict[str, BuiltFile]:
    """Return the built front end by file name: the only files that are ever served."""
    found = {}
    folder = files("convolens.lab") / "static"
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name) if folder.is_dir() else ():
        media_type = _MEDIA.get("." + entry.name.rpartition(".")[2])
        if media_type and entry.is_file():
            content = entry.read_bytes()
            found[entry.name] = BuiltFile(content, media_type, f'"{hashlib.sha256(content).hexdigest()[:32]}"')
    return found


def module_text(name: str) -> str:
    """
    Return the text of a built module: an exhibit's, or ``page``.

    Raises
    ------
    FileError
        If it has not been built.
    """
    found = built_files().get(f"{name}.js")
    if found is None:
        raise FileError(
            f"{name}.js: the front end is not built; in a checkout, run `npm ci && npm run build` in web/"
        )
    return found.content.decode()


def served_page(exhibit: str = "") -> str:
    """Return the page of an exhibit, or the one that lists them, as the server sends it."""
    script = '<script type="module" src="static/page.js"></script>'
    return _page(exhibit, host="server", policy="", data={}, scripts=script)


def static_page(
    exhibit: str = "", state: Mapping[str, Any] | None = None, buffers: Mapping[str, bytes] | None = None
) -> str:
    """
    Return a page that holds all it needs, and works from a file.

    Parameters
    ----------
    exhibit : str
        Its name; empty for the page that lists them.
    state : mapping, optional
        What the exhibit opens with, as JSON holds it.
    buffers : mapping, optional
        What a widget hands over beside it, by name.

    Raises
    ------
    UnknownNameError
        If there is no such exhibit.
    FileError
        If the front end has not been built.
    """
    if exhibit and exhibit not in STATES:
        raise unknown_name("exhibit", exhibit, STATES)
    script = _inside_html(module_text("page"))
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = f'<meta http-equiv="Content-Security-Policy" content="{_STATIC_POLICY.format(digest)}">\n'
    module = ""
    if exhibit:
        # Modules do not load from file://, so the page makes one of this text.
        module = f'<script type="text/plain" id="module">{_inside_html(module_text(exhibit))}</script>\n'
    scripts = f'{module}<script type="module">{script}</script>'
    data = {} if state is None else {"state": json.dumps(state)}
    if buffers:
        texts = {name: base64.b64encode(content).decode() for name, content in buffers.items()}
        data["buffers"] = json.dumps(texts)
    return _page(exhibit, host="static", policy=policy, data=data, scripts=scripts)


def _inside_html(script: str) -> str:
    """Write what would end or change a script element in other signs that mean the same inside of strings."""
    script = script.replace("\r", "").replace("<!--", "\\x3C!--")
    return re.sub(r"<(?=/?script)", r"\\x3C", script, flags=re.IGNORECASE)


def _page(
    exhibit: str, *, host: Literal["server", "static"], policy: str, data: Mapping[str, str], scripts: str
) -> str:
    # Until the page's script puts the title of the message catalogue.
    title = " · ".join(filter(None, [exhibit.replace("-", " ").capitalize(), "Convolens lab"]))
    all_data = {"host": host, "exhibit": exhibit, "exhibits": json.dumps(list(STATES)), **data}
    attributes = " ".join(f'data-{name}="{html.escape(value)}"' for name, value in all_data.items())
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
{policy}<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>{html.escape(title)}</title>
</head>
<body>
<main id="lab" {attributes}></main>
<noscript>The exhibits are drawn by the browser: allow scripts on this page.</noscript>
{scripts}
</body>
</html>
"""


def sign_in_page(wrong: bool = False) -> str:
    """Return the form that asks for the password."""
    said = "<p role=alert>That was not it.</p>\n" if wrong else ""
    return _plain_page(
        "Sign in",
        f"""{said}<form method="post">
<p><label>Password
<input type="password" name="password" autocomplete="current-password" required autofocus></label></p>
<p><button>Sign in</button></p>
</form>""",
    )


def missing_page() -> str:
    """Return what is said where there is no page."""
    return _plain_page("Not found", '<p>There is no such page. <a href="/">All exhibits</a></p>')


def _plain_page(title: str, content: str) -> str:
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>{title} · Convolens lab</title>
</head>
<body>
<main>
<h1>Convolens lab</h1>
{content}
</main>
</body>
</html>
"""
