"""One browser and one lab for all tests of the front end."""

from __future__ import annotations

import base64
import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright import sync_api

from lab.running import Running, running

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
AXE = Path(__file__).parents[3] / "web" / "node_modules" / "axe-core" / "axe.min.js"
COLOURS = [("light", "none"), ("dark", "none"), ("light", "active")]
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run", "--use-fake-device-for-media-stream",
]  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Try once more what failed in a browser, which may paint later than any wait; the summary lists it."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.fixture(scope="session")
def pictures() -> Path:
    """Return the folder for pictures of what the tests see, for people to look at."""
    folder = Path(__file__).parents[3] / "build" / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def served() -> Iterator[Running]:
    """Run one lab for all."""
    with running() as found:
        yield found


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Start Chromium once."""
    if CHROMIUM is None:
        pytest.fail("Chromium is needed here: apt-get install chromium, or set CHROMIUM to its path")
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        chromium.close()


class Lab:
    """A page of the lab, with what it said on the console."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.complaints: list[str] = []
        page.set_default_timeout(15_000)
        page.on("console", lambda said: said.type in ("error", "warning") and self.complaints.append(said.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def open(self, exhibit: str, state: dict[str, Any] | None = None) -> None:
        """Open an exhibit by a link that carries the state."""
        packed = base64.urlsafe_b64encode(json.dumps(state or {}).encode()).decode().rstrip("=")
        self.page.goto("about:blank")  # another hash alone would not load the page again
        self.page.goto(f"/{exhibit}#j={packed}")
        self.page.wait_for_selector(".lab .lab" if exhibit else ".lab h1")

    def show(self, exhibit: str, state: dict[str, Any]) -> None:
        """Draw the exhibit that is open anew with a state, as a notebook does: sooner than a page of its own."""
        self.page.evaluate(
            """async ([exhibit, state]) => {
                const module = await import(new URL(`static/${exhibit}.js`, location.href).href);
                const place = document.querySelector(".lab .lab").parentElement;
                place.replaceChildren();
                const nothing = () => {};
                const get = (name) => (name === "state" ? state : undefined);
                const silent = { set: nothing, save_changes: nothing, on: nothing, off: nothing, send: nothing };
                module.default.render({ model: { get, ...silent }, el: place });
            }""",
            [exhibit, state],
        )

    def wait(self, expression: str) -> None:
        """Wait until an expression is true on the page, whose policy forbids `wait_for_function` to evaluate."""
        for _ in range(150):
            if self.page.evaluate(expression):
                return
            self.page.wait_for_timeout(100)
        pytest.fail(f"not true within 15 s: {expression}")

    def says(self, place: Any, text: str) -> None:
        """Wait until a part of the page says exactly this."""
        sync_api.expect(place).to_have_text(text)

    @property
    def said(self) -> Any:
        """Locate what the exhibit said last to those who cannot see it, which is not what its toolbar said."""
        return self.page.locator('[aria-live="polite"]:not([role="group"] *)')

    def check_accessible(self) -> None:
        """
        axe-core must find nothing to complain of, in light, dark and forced colours.

        But that a cell's name has more digits than its text: the name says what there was no room for.
        """
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(AXE.read_text())
        for scheme, forced in COLOURS:
            self.page.emulate_media(color_scheme=scheme, forced_colors=forced)
            self.wait(
                f"matchMedia('(prefers-color-scheme: {scheme}) and (forced-colors: {forced})').matches"
                f" && [...document.querySelectorAll('.lab')].every((lab) => lab.dataset.theme === '{scheme}')"
            )
            found = self.page.evaluate(
                """() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))
                    .then(() => axe.run())
                    .then(({ violations: found }) => found.flatMap(({ id, nodes }) => nodes
                        .filter(({ html }) => id !== "label-content-name-mismatch" || !html.includes("gridcell"))
                        .slice(0, 1).map(({ html }) => [id, html])))"""
            )
            assert found == [], (scheme, forced)

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
def open_context(browser: Any, served: Running) -> Iterator[Callable[..., Any]]:
    """Give a function that opens a browser's context which the lab lets in; paths are the lab's."""
    address = f"http://{served.host}"
    name, secret = served.cookie.split("=")
    opened: list[Any] = []

    def open(**options: Any) -> Any:
        opened.append(browser.new_context(base_url=address, **options))
        opened[-1].add_cookies([{"name": name, "value": secret, "url": address}])
        return opened[-1]

    yield open
    for context in opened:
        context.close()


@pytest.fixture
def lab(open_context: Callable[..., Any]) -> Iterator[Lab]:
    """Open a page; it must not complain."""
    context = open_context(reduced_motion="reduce", viewport={"width": 1280, "height": 900})
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    lab = Lab(context.new_page())
    yield lab
    assert lab.complaints == []


@pytest.fixture
def phone(open_context: Callable[..., Any]) -> Iterator[Lab]:
    """Open a page of 320 pixels whose policy lets axe-core in; it must not complain."""
    if not AXE.exists():
        pytest.skip("axe-core is not installed: npm ci in web/")
    context = open_context(reduced_motion="reduce", bypass_csp=True, viewport={"width": 320, "height": 900})
    phone = Lab(context.new_page())
    yield phone
    assert phone.complaints == []
