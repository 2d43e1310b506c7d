"""Every exhibit as a widget, in JupyterLab and in marimo: drawn, edited by hand and by Python, and exported."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from nbconvert import HTMLExporter
from playwright import sync_api

import convolens as cl
from lab.notebooks import NAMES, PHOTOGRAPH, jupyterlab, marimo

AXE = Path(__file__).parents[3] / "web" / "node_modules" / "axe-core" / "axe.min.js"
CELLS = {"jupyterlab": ".jp-Cell", "marimo": "[data-cell-id]"}
GRIDS = """root => [...root.querySelectorAll("[role=grid]")].map(grid => [...grid.querySelectorAll("[data-place]")]
    .map(cell => [...cell.dataset.place.split(",").map(Number), cell.getAttribute("aria-label")]))"""
UNCUT = """node => {  // marimo cuts outputs off that are high
    for (let at = node; at; at = at.parentElement ?? at.getRootNode().host) at.style.maxHeight = "none";
}"""
TYPED = 37  # a number that no exhibit begins with


@dataclass
class Home:
    """A notebook that shows every exhibit, with what was said on the console and asked of other machines."""

    name: str
    page: Any
    folder: Path
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.set_default_timeout(30_000)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", self._listen)
        self.page.on("request", self._watch)

    def _listen(self, said: Any) -> None:
        is_marimos = "preloaded using link preload" in said.text  # its own pictures
        if said.type in ("error", "warning") and not is_marimos:
            self.complaints.append(said.text)

    def _watch(self, request: Any) -> None:
        if not request.url.startswith(("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:", "file:")):
            self.complaints.append(request.url)

    @property
    def exhibits(self) -> Any:
        """Each exhibit's element, in the order of their names, in shadow roots or not."""
        return self.page.locator(".lab")

    def exhibit(self, name: str) -> Any:
        """Return the element of the exhibit."""
        return self.exhibits.nth(NAMES.index(name))

    def run(self, number: int) -> Any:
        """Run a cell of JupyterLab, and return what it prints."""
        cell = self.page.locator(".jp-CodeCell").nth(number)
        cell.locator(".cm-content").click()
        sync_api.expect(cell.locator(".cm-content")).to_be_focused()
        self.page.keyboard.press("Control+Enter")
        sync_api.expect(cell.locator(".jp-InputArea-prompt")).to_have_text(f"[{number + 1}]:", timeout=30_000)
        return cell.locator(".jp-OutputArea-output")

    def states(self, edited: list[str]) -> dict[str, Any]:
        """Return the states as Python has them, once these have been edited."""
        printed = self.run(1) if self.name == "jupyterlab" else self.page.locator("#states")
        for _ in range(100):
            found: dict[str, Any] = json.loads(printed.inner_text())
            if all(str(TYPED) in json.dumps(found[name]) for name in edited):
                break
            self.page.wait_for_timeout(100)
        return found

    def change(self) -> None:
        """Let Python change the states."""
        if self.name == "jupyterlab":
            self.run(2)
        else:
            code = self.exhibits.first.get_by_role("button", name="Show the code")
            for _ in range(10):  # the button is made anew after each change, and a click on the one before is lost
                self.page.get_by_role("button", name="Change by Python").click()
                self.page.wait_for_timeout(1000)
                if not code.count():
                    break


@pytest.fixture(scope="module", params=["jupyterlab", "marimo"])
def home(request: pytest.FixtureRequest, browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """Open the notebook, and run it; the system's colours are not those of the notebook."""
    folder = tmp_path_factory.mktemp(request.param)
    server, scheme = {"jupyterlab": (jupyterlab, "light"), "marimo": (marimo, "dark")}[request.param]
    with server(folder) as address:
        context = browser.new_context(
            viewport={"width": 1280, "height": 900}, color_scheme=scheme, reduced_motion="reduce"
        )
        found = Home(request.param, context.new_page(), folder)
        found.page.goto(address)
        if found.name == "jupyterlab":
            found.page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
            found.run(0)
        for i in range(len(NAMES)):
            found.exhibits.nth(i).get_by_role("group", name="Edit and share").first.wait_for()
        yield found
        context.close()


def drawn(exhibit: Any) -> list[Any]:
    """Read every grid of numbers, as a screen reader does."""
    grids = []
    for cells in exhibit.evaluate(GRIDS):
        rows = sorted({row for row, _, _ in cells})
        values = [(row, column, said.rpartition(": ")[2].replace("−", "-")) for row, column, said in cells]
        try:
            grids.append([[float(said) for row, _, said in sorted(values) if row == r] for r in rows])
        except ValueError:  # cells that hold something else
            continue
    return grids


def tabled(exhibit: Any) -> list[Any]:
    """Read the last column of a table of numbers, which signals have in place of grids."""
    table = exhibit.locator("details", has_text="The numbers as a table")
    if not table.count():
        return []
    if table.get_attribute("open") is None:
        table.locator("summary").click()
    table.locator("tr[data-place]").first.wait_for()
    said = table.locator("tr[data-place] td:last-child").all_inner_texts()
    return [[[float(text.replace("−", "-")) for text in said if text]]]


def results(name: str) -> list[Any]:
    """Return each matrix that the widget computes, where it says which."""
    widget = getattr(cl.widgets, name)()
    found = getattr(widget, "outputs", None) or {"": getattr(widget, "output", [])}
    arrays = map(np.atleast_2d, found.values() if isinstance(found, dict) else found)
    return [matrix for array in arrays if array.size for matrix in array.reshape(-1, *array.shape[-2:])]


def check_photograph(exhibit: Any) -> None:
    """Compare every pixel before and after the kernel."""
    exhibit.locator('.picture canvas[role="img"]').wait_for()
    result, photograph = exhibit.evaluate(
        """root => [...root.querySelectorAll(".picture canvas")].map(canvas =>
            [...canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data])"""
    )
    for shown, expected in [
        (photograph, PHOTOGRAPH),
        (result, cl.filter_image(PHOTOGRAPH, "sobel-x", border="reflect", response="signed", gain=4)),
    ]:
        colours = np.reshape(shown, (*PHOTOGRAPH.shape, 4))[..., :3]
        np.testing.assert_array_equal(colours, np.broadcast_to(expected[..., np.newaxis], colours.shape))


def check_layers(exhibit: Any) -> None:
    """Compare the table of layers, and what they add up to."""
    rows = exhibit.evaluate(
        """root => [...root.querySelectorAll("tbody tr:has([data-layer]), tfoot tr")]
            .map(row => [...row.children].map(cell => cell.innerText.trim()))"""
    )
    stack = cl.widgets.Sizes().stack
    shown = [(row[1], row[5]) for row in rows[1:-1]]
    shapes = [(layer.output_shape, layer.receptive_field.size) for layer in stack.layers]
    assert shown == [tuple(" × ".join(map(str, shape)) for shape in both) for both in shapes]
    assert rows[-1][2:4] == [f"{stack.parameters:,}", f"{stack.macs:,}"]


def check_numbers(exhibit: Any, name: str) -> None:
    """Find each matrix of results among the grids and tables."""
    if name == "Gallery":
        check_photograph(exhibit)
    if name == "Sizes":
        check_layers(exhibit)
    shown = [*drawn(exhibit), *tabled(exhibit)]
    grids = [np.array(grid) for grid in shown if len({len(row) for row in grid}) == 1]
    for expected in results(name):
        alike = [grid for grid in grids if grid.shape == expected.shape]
        assert any(np.allclose(grid, expected, rtol=1e-3, atol=1e-3) for grid in alike), (name, expected)


def test_numbers_on_the_screen(home: Home, pictures: Path) -> None:
    """Every exhibit is drawn, in the notebook's colours, and what it computes is what Python computes."""
    home.page.set_viewport_size({"width": 1280, "height": 3000})  # as high as an exhibit, for its picture
    for name in NAMES:
        exhibit = home.exhibit(name)
        assert exhibit.get_attribute("data-theme") == ("dark" if home.name == "jupyterlab" else "light")
        assert exhibit.evaluate("node => node.getRootNode() instanceof ShadowRoot") == (home.name == "marimo")
        assert exhibit.evaluate("node => node.scrollWidth <= node.clientWidth")
        check_numbers(exhibit, name)
        exhibit.evaluate(UNCUT)
        exhibit.screenshot(path=pictures / f"{home.name}-{name}.png")
    home.page.set_viewport_size({"width": 1280, "height": 900})


def test_keys_stay(home: Home) -> None:
    """Keys that the notebook has commands for do nothing to it while the focus is in an exhibit."""
    keyboard, cells = home.page.keyboard, home.page.locator(CELLS[home.name])
    before = cells.count()
    exhibit = home.exhibit("SlidingWindow")
    grid = exhibit.locator('[role="grid"][aria-label^="Kernel"]')
    grid.locator('[data-place="0,0"]').focus()
    for key in ("ArrowDown", "a", "b", "x", "d", "d", "m", "z", "Shift+M", "ArrowDown", "ArrowRight"):
        keyboard.press(key)
    assert grid.locator('[data-place="2,1"]').evaluate("node => node.getRootNode().activeElement === node")
    exhibit.get_by_role("combobox").first.focus()
    for key in ("a", "d", "d", "b"):
        keyboard.press(key)
    keyboard.press("Control+z")
    assert cells.count() == before


def test_two_ways(home: Home) -> None:
    """A number typed into each exhibit is Python's, and what Python changes is on the screen."""
    edited = []
    for name in NAMES:
        grid = home.exhibit(name).locator('[role="grid"][aria-readonly="false"] [data-place="0,0"]').first
        if grid.count():
            grid.focus()
            for key in (*str(TYPED), "Enter"):
                home.page.keyboard.press(key)
            edited.append(name)
    assert {"SlidingWindow", "Channels", "Borders"} <= set(edited)
    home.page.wait_for_timeout(500)
    states = home.states(edited)
    for name in edited:
        usual = getattr(cl.widgets, name)().state
        changed = [value for key, value in states[name].items() if value != usual[key]]
        assert str(TYPED) in json.dumps(changed), name
    home.change()
    for name in NAMES:
        sync_api.expect(home.exhibit(name).get_by_role("button", name="Show the code")).to_have_count(0)
    kernel = home.exhibit("SlidingWindow").get_by_role("grid", name="Kernel, 2 × 2", exact=True)
    sync_api.expect(kernel).to_have_count(1)


def test_accessible(home: Home) -> None:
    """axe-core finds nothing to complain of in what is ours, among all that is the notebook's."""
    if not AXE.exists():
        pytest.skip("axe-core is not installed: npm ci in web/")
    home.page.evaluate(AXE.read_text())
    for name in NAMES:
        found = home.exhibit(name).evaluate(
            """node => axe.run(node, { resultTypes: ["violations"] })
                .then(({ violations }) => violations.map(({ id, nodes }) => [id, nodes[0].html]))"""
        )
        assert found == [], name


def test_exported(home: Home, browser: Any) -> None:
    """A notebook saved and exported shows every exhibit with no Python behind it."""
    if home.name == "marimo":
        pytest.skip("marimo's exported pages load marimo from the network")
    home.page.locator(".jp-CodeCell .cm-content").first.click()
    home.page.keyboard.press("Control+s")
    home.page.wait_for_timeout(1000)
    exporter = HTMLExporter(mathjax_url="", require_js_url="", jquery_url="")
    text, _ = exporter.from_filename(str(home.folder / "work" / "lab.ipynb"))
    file = home.folder / "lab.html"
    file.write_text(text, encoding="utf-8")
    context = browser.new_context()
    page = Home("exported", context.new_page(), home.folder)
    page.page.goto(file.as_uri())
    for number, name in enumerate(NAMES):
        exhibit = page.page.frame_locator("iframe").nth(number).locator(".lab .lab")
        exhibit.get_by_role("group", name="Edit and share").first.wait_for()
        check_numbers(exhibit, name)
    context.close()
    assert page.complaints == []


def test_no_complaints(home: Home) -> None:
    """Nothing was said on the console in all that, and nothing asked of another machine."""
    assert home.complaints == []
