"""JupyterLab and marimo, each with a notebook that shows every exhibit, and with a folder for what they keep."""

import json
import os
import re
import socket
import subprocess
import sys
import textwrap
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

import convolens as cl

NAMES = [name for name in cl.widgets.__all__ if name != "Exhibit"]
PHOTOGRAPH = (np.indices((40, 60)).prod(0) % 251).astype(np.uint8)
MADE = {name: f"cl.widgets.{name}()" for name in NAMES}
MADE["Gallery"] = "cl.widgets.Gallery((np.indices((40, 60)).prod(0) % 251).astype(np.uint8))"
"""How each widget is made; the gallery's has a photograph, which Python knows, too."""
TOKEN = "secret"

CELLS = [
    f"""\
import json
import numpy as np
import convolens as cl
from IPython.display import display
widgets = {{{", ".join(f"{name!r}: {made}" for name, made in MADE.items())}}}
for widget in widgets.values():
    display(widget)""",
    """\
print(json.dumps({name: widget.state for name, widget in widgets.items()}))""",
    """\
widgets["SlidingWindow"].kernel = [[1, 2], [3, 4]]
for widget in widgets.values():
    widget.state = {**widget.state, "hidden": ["code"]}""",
]
"""JupyterLab's cells: show everything, print what Python has, and change it by Python."""

_MARIMO_CELLS = [
    "import json\nimport numpy as np\nimport convolens as cl\nimport marimo as mo",
    *(f"w{i} = mo.ui.anywidget({made})\nw{i}" for i, made in enumerate(MADE.values())),
    f"widgets = dict(zip({NAMES}, [{', '.join(f'w{i}' for i in range(len(NAMES)))}]))",
    """\
def change(_):
    widgets["SlidingWindow"].widget.kernel = [[1, 2], [3, 4]]
    for widget in widgets.values():
        widget.widget.state = {**widget.widget.state, "hidden": ["code"]}
mo.ui.button(label="Change by Python", on_click=change)""",
    """\
states = json.dumps({name: widget.widget.state for name, widget in widgets.items()})
mo.Html(f"<pre id='states'>{states}</pre>")""",
]
"""marimo's: the same; whenever a widget changes, the button is made anew, and then what Python has is printed."""


@contextmanager
def jupyterlab(folder: Path, cells: Sequence[str] = CELLS, keeps_states: bool = False) -> Iterator[str]:
    """Run JupyterLab in its dark theme, and give the address of a notebook, which keeps widgets' states or not."""
    keeps = {
        "HOME": "", "JUPYTER_CONFIG_DIR": "config", "JUPYTER_DATA_DIR": "data", "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTERLAB_SETTINGS_DIR": "settings", "JUPYTERLAB_WORKSPACES_DIR": "workspaces", "IPYTHONDIR": "ipython",
    }  # fmt: skip
    settings = folder / "settings" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True)
    (settings / "themes.jupyterlab-settings").write_text('{"theme": "JupyterLab Dark"}')
    (settings / "notification.jupyterlab-settings").write_text('{"fetchNews": "false", "checkForUpdates": false}')
    widgets = folder / "settings" / "@jupyter-widgets" / "jupyterlab-manager"
    widgets.mkdir(parents=True)
    (widgets / "plugin.jupyterlab-settings").write_text(json.dumps({"saveState": keeps_states}))
    (folder / "work").mkdir()
    (folder / "work" / "lab.ipynb").write_text(json.dumps(notebook(cells)))
    command = [
        "jupyterlab", "--no-browser", "--allow-root", "--ServerApp.port_retries=0", "--ip=127.0.0.1",
        f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={folder / 'work'}",
        "--LabApp.extension_manager=readonly",
    ]  # fmt: skip
    places = {name: str(folder / place) for name, place in keeps.items()}
    with _serving(command, folder, places, "/api") as address:
        yield f"{address}/doc/tree/lab.ipynb?token={TOKEN}"


def notebook(cells: Sequence[str]) -> dict[str, Any]:
    """Write a notebook as Jupyter has it, none of whose cells has run."""
    written = [
        {"cell_type": "code", "id": str(i), "source": text, "metadata": {}, "execution_count": None, "outputs": []}
        for i, text in enumerate(cells)
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return {"cells": written, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}


@contextmanager
def marimo(folder: Path) -> Iterator[str]:
    """Run marimo's editor in its light theme, and give the address of the notebook."""
    file, settings = folder / "lab.py", folder / "marimo" / "marimo.toml"
    file.write_text(_marimo_file())
    settings.parent.mkdir()
    settings.write_text('[runtime]\nauto_instantiate = true\n[display]\ntheme = "light"\n')
    command = [
        "marimo", "-q", "-y", "edit", str(file), "--headless", "--skip-update-check", "--host=127.0.0.1",
        "--token", f"--token-password={TOKEN}",
    ]  # fmt: skip
    keeps = dict.fromkeys(["HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"], str(folder))
    with _serving(command, folder, keeps, "/health") as address:
        yield f"{address}/?access_token={TOKEN}"


def _marimo_file() -> str:
    """Write the cells as marimo does: functions, which take and return the names that others use."""
    names = ["cl", "json", "mo", "np", "widgets", *(f"w{i}" for i in range(len(NAMES)))]
    parts = ["import marimo\n\napp = marimo.App()\n"]
    for cell in _MARIMO_CELLS:
        made = [name for name in names if re.search(rf"^{name} =|\\b(import|as) {name}$", cell, re.MULTILINE)]
        taken = [name for name in names if name not in made and re.search(rf"\\b{name}\\b", cell)]
        body = textwrap.indent(f"{cell}\nreturn ({''.join(f'{name}, ' for name in made)})", "    ")
        parts.append(f"@app.cell\ndef _({', '.join(taken)}):\n{body}\n")
    return "\n\n".join(parts)


@contextmanager
def _serving(command: list[str], folder: Path, keeps: dict[str, str], sign_of_life: str) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", *command, f"--port={port}"], env={**os.environ, **keeps}, cwd=folder,
            stdout=log, stderr=log,
        )  # fmt: skip
        try:
            _wait(address + sign_of_life, server, folder / "log")
            yield address
        finally:
            server.terminate()
            try:
                server.wait(15)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def _wait(address: str, server: "subprocess.Popen[bytes]", log: Path) -> None:
    for _ in range(400):
        try:
            urllib.request.urlopen(address, timeout=5).close()
        except urllib.error.HTTPError as refused:  # somebody is there, who wants the token
            refused.close()
        except OSError:
            if server.poll() is not None:
                break
            time.sleep(0.1)
            continue
        return
    raise RuntimeError(log.read_text())
