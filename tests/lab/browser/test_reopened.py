"""Notebooks that are opened again without their kernel, run again, and executed without a browser."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbconvert import HTMLExporter
from nbconvert.preprocessors import ExecutePreprocessor
from playwright import sync_api

from lab.notebooks import jupyterlab, notebook

CELLS = [
    """\
import numpy as np
import convolens as cl
window = cl.widgets.SlidingWindow([[1, 2, 0], [0, 1, 2], [2, 0, 1]], [[1, 1], [1, 1]])
window""",
    """\
signals = cl.widgets.Signals(np.arange(2000), "difference")
signals""",
    "print(window.kernel.tolist(), signals.state['operation'])",
]


class Notebook:
    """JupyterLab with the notebook, whose widgets' states are saved with it."""

    def __init__(self, browser: Any, address: str, file: Path) -> None:
        self.address = address
        self.file = file
        self.context = browser.new_context(viewport={"width": 1280, "height": 3000})  # so that no cell is left out
        self.open()

    def open(self) -> None:
        """Open the notebook, with a kernel that has run nothing."""
        for page in self.context.pages:
            page.close()
        self.page = self.context.new_page()
        self.page.set_default_timeout(30_000)
        self.page.goto(self.address)
        self.page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()

    def choose(self, menu: str, command: str) -> None:
        """Choose what a menu has for a command."""
        self.page.get_by_role("menuitem", name=menu, exact=True).click()
        self.page.locator(f'[data-command="{menu.lower()}menu:{command}"]').click()

    def close(self) -> None:
        """Save the notebook, wherever the focus is, and end its kernel."""
        with self.page.expect_response(
            lambda answer: answer.request.method == "PUT" and "lab.ipynb" in answer.url
        ):
            self.page.keyboard.press("Control+s")
        self.choose("Kernel", "shutdown")
        self.page.get_by_text("No Kernel |").wait_for()

    def shown(self, number: int) -> Any:
        """Return what a cell shows."""
        return self.page.locator(".jp-CodeCell").nth(number).locator(".jp-OutputArea-output")

    def shows(self, grid: str, *numbers: int) -> None:
        """Wait until a grid of the sliding window holds these numbers."""
        cells = self.shown(0).get_by_role("grid", name=grid).locator("[data-place]")
        sync_api.expect(cells).to_have_text(list(map(str, numbers)), timeout=30_000)

    def type(self, place: str, number: int) -> None:
        """Type a number into the kernel of the sliding window."""
        self.shown(0).get_by_role("grid", name="Kernel").locator(f'[data-place="{place}"]').focus()
        for key in (*str(number), "Enter"):
            self.page.keyboard.press(key)


@pytest.fixture(scope="module")
def opened(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Notebook]:
    """Run the notebook, edit both widgets by hand, and save it."""
    folder = tmp_path_factory.mktemp("reopened")
    with jupyterlab(folder, CELLS, keeps_states=True) as address:
        found = Notebook(browser, address, folder / "work" / "lab.ipynb")
        found.choose("Run", "run-all")
        found.type("0,0", 37)
        found.shown(1).get_by_role("radio", name="Correlation").check(force=True)
        found.close()
        yield found
        found.context.close()


def test_without_its_kernel(opened: Notebook) -> None:
    """What was saved is shown as it was edited, the long signal too, and works with no Python behind it."""
    opened.open()
    for _ in range(5):  # JupyterLab may draw outputs before it has read the states
        sync_api.expect(opened.shown(1)).not_to_have_text("Loading widget...")
        if not opened.page.get_by_text("model not found").count():
            break
        opened.page.reload()
    opened.shows("Kernel", 37, 1, 1, 1)
    opened.shows("Output", 40, 77, 3, 40)
    assert opened.shown(1).get_by_role("radio", name="Correlation").is_checked()
    sync_api.expect(opened.shown(1).locator(".strips h3").last).to_have_text("Output 2001 samples")
    opened.type("1,1", 5)
    opened.shows("Output", 44, 85, 3, 44)


def test_run_again(opened: Notebook) -> None:
    """After a restart everything begins anew, and what is typed is Python's again."""
    opened.choose("Run", "restart-and-run-all")
    opened.page.get_by_role("button", name="Confirm Kernel Restart").click()
    opened.shows("Kernel", 1, 1, 1, 1)
    sync_api.expect(opened.shown(2)).to_have_text("[[1, 1], [1, 1]] convolution\n")
    opened.type("0,0", 37)
    opened.page.locator(".jp-CodeCell .cm-content").last.click()
    opened.page.keyboard.press("Control+Enter")
    sync_api.expect(opened.shown(2)).to_have_text("[[37, 1], [1, 1]] convolution\n")


def test_not_trusted(opened: Notebook) -> None:
    """A notebook from somebody else, which JupyterLab shows without frames and widgets, says what to do."""
    opened.close()
    content = json.loads(opened.file.read_text())
    content["cells"][2]["outputs"][0]["text"] = "another"  # so that it is not the one that was signed
    opened.file.write_text(json.dumps(content))
    opened.open()
    for cell, name in enumerate(["sliding-window", "signals"]):
        said = f"The exhibit {name} of Convolens: run this cell to see it."
        sync_api.expect(opened.shown(cell)).to_have_text(said)


def test_executed(browser: Any, tmp_path: Path) -> None:
    """Executed with no browser, and exported for use with no network, it shows what stood when each cell ran."""
    cells = [CELLS[0], "window.kernel = [[1, 2], [3, 44]]\nwindow"]
    executed = nbformat.from_dict(notebook(cells))
    ExecutePreprocessor().preprocess(executed)
    exporter = HTMLExporter(
        config={"ClearMetadataPreprocessor": {"enabled": True}}, mathjax_url="", require_js_url=""
    )
    text, _ = exporter.from_notebook_node(executed)
    (tmp_path / "lab.html").write_text(text, encoding="utf-8")
    page = browser.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto((tmp_path / "lab.html").as_uri())
    for frame, expected in enumerate([["1", "1", "1", "1"], ["1", "2", "3", "44"]]):
        kernel = page.frame_locator("iframe").nth(frame).get_by_role("grid", name="Kernel")
        sync_api.expect(kernel.locator("[data-place]")).to_have_text(expected)
    assert [url for url in asked if not url.startswith(("file:", "blob:", "data:"))] == []
    page.close()
