"""What hosts of widgets do to exhibits: strict policies, views of one model beside each other, shadow roots."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright import sync_api

import convolens as cl

STATIC = Path(cl.__file__).parent / "lab" / "static"
WIDGETS = {name: getattr(cl.widgets, name) for name in cl.widgets.__all__ if name != "Exhibit"}
MODULES = {name: widget.state_class.exhibit for name, widget in WIDGETS.items()}
HOST = "https://notebook.vscode-cdn.net/"
VS_CODE = (
    "default-src 'none'; script-src 'self' https://*.vscode-cdn.net 'unsafe-inline' 'unsafe-eval'; "
    "style-src 'self' https://*.vscode-cdn.net 'unsafe-inline'; "
    "img-src 'self' https://*.vscode-cdn.net https: http: data:; "
    "font-src 'self' https://*.vscode-cdn.net https:; connect-src https:; child-src https: data:;"
)
"""What notebooks of VS Code may do with the setting notebook.experimental.enableCsp."""
STRICTER = "default-src 'none'; script-src 'self'; img-src data:"
"""Neither evaluation, which WebAssembly counts as, nor inline styles."""

SCRIPT = """
/** A widget's model as notebooks have it; every view of it hears of changes. */
class Model extends EventTarget {
    constructor(state) { super(); this.values = { state }; this.heard = new Map(); }
    get(name) { return this.values[name]; }
    set(name, value) { this.values[name] = structuredClone(value); this.changed = name; }
    save_changes() { this.dispatchEvent(new Event(`change:${this.changed}`)); }
    on(event, listener) {
        this.heard.set(listener, () => listener());
        this.addEventListener(event, this.heard.get(listener));
    }
    off(event, listener) { this.removeEventListener(event, this.heard.get(listener)); }
    send() {}
}
const loaded = new Map();
window.made = (state) => new Model(state);
window.show = async (model, module, where) => {
    // As notebooks do, the module is loaded anew for each widget.
    if (!loaded.has(model)) loaded.set(model, await import(`./${module}.js?${loaded.size}`));
    const el = document.createElement("div");
    const place = document.createElement("div");
    (where === "shadow" ? place.attachShadow({ mode: "open" }) : place).append(el);
    document.body.append(place);
    return loaded.get(model).default.render({ model, el });
};
// VS Code takes downloads over from links that are clicked in the page.
window.saved = [];
document.body.addEventListener("click", (event) => {
    const link = event.composedPath().find((node) => node instanceof HTMLAnchorElement);
    if (link?.href.startsWith("blob:")) saved.push(link.download);
});
"""


class Page:
    """A page that hosts widgets under a policy, with what was said on the console."""

    def __init__(self, browser: Any, policy: str) -> None:
        self.context = browser.new_context(reduced_motion="reduce", viewport={"width": 1280, "height": 900})
        self.page = self.context.new_page()
        self.complaints: list[str] = []
        self.page.on(
            "console", lambda said: said.type in ("error", "warning") and self.complaints.append(said.text)
        )
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.files = {
            "": f"<!doctype html><html lang=en><meta charset=utf-8><title>notebook</title>"
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
            '<body data-vscode-theme-kind="vscode-dark"><script type="module" src="host.js"></script></body>',
            "host.js": SCRIPT,
        }
        self.context.route("**/*", self._serve)
        self.page.goto(HOST)

    def _serve(self, route: Any) -> None:
        name = route.request.url.removeprefix(HOST).partition("?")[0]
        text = self.files.get(name) if name in self.files else (STATIC / name).read_text(encoding="utf-8")
        route.fulfill(body=text, content_type="text/javascript" if name else "text/html")

    def show(self, name: str, *places: str, **options: Any) -> list[Any]:
        """Make a widget, show it in each of the places, and return its views' elements."""
        before = self.page.locator(".lab").count()
        self.page.evaluate(
            """async ([state, module, places]) => {
                window.model = made(state);
                window.ends = [];
                for (const place of places) ends.push(await show(model, module, place));
            }""",
            [WIDGETS[name](**options).state, MODULES[name], places],
        )
        return [self.page.locator(".lab").nth(before + number) for number in range(len(places))]


@pytest.fixture
def hosted(browser: Any) -> Iterator[Callable[[str], Page]]:
    """Give a function that opens a page with a policy."""
    opened: list[Page] = []

    def make(policy: str) -> Page:
        opened.append(Page(browser, policy))
        return opened[-1]

    yield make
    for page in opened:
        page.context.close()
        assert [text for text in page.complaints if "Creating a worker from 'blob:" not in text] == []


def test_a_strict_policy(hosted: Callable[[str], Page]) -> None:
    """Where VS Code forbids pictures and workers from blobs, everything is there, and can be saved."""
    host = hosted(VS_CODE)
    for name in WIDGETS:
        (exhibit,) = host.show(name, "light")
        exhibit.get_by_role("group", name="Edit and share").first.wait_for()
        assert exhibit.get_attribute("data-theme") == "dark"
        exhibit.get_by_role("button", name="Export", exact=True).click()
        sheet = exhibit.get_by_role("dialog")
        sheet.get_by_role("button", name="Picture (PNG)").click()
        sync_api.expect(sheet.get_by_role("button", name="Picture (PNG)")).to_be_enabled(timeout=30_000)
        assert host.page.evaluate("saved.pop()") == f"{MODULES[name]}.png"
        host.page.keyboard.press("Escape")
        host.page.evaluate("ends[0]()")


def test_without_workers(hosted: Callable[[str], Page]) -> None:
    """Nor are they needed for photographs and long signals, where WebAssembly is forbidden, too."""
    host = hosted(STRICTER)
    (gallery,) = host.show("Gallery", "light", kernel="identity", channels="each", display="clip")
    gallery.locator('.picture canvas[role="img"]').wait_for()
    assert gallery.evaluate(
        """root => {
            const canvases = [...root.querySelectorAll(".picture canvas")];
            const [result, before] = canvases.map((canvas) => canvas.toDataURL());
            return result === before;
        }"""
    )
    (signals,) = host.show("Signals", "light", preset="echo")
    sync_api.expect(signals.get_by_role("button", name="Play").nth(1)).to_be_enabled()  # there is an output


def test_another_array_while_a_number_is_typed(hosted: Callable[[str], Page]) -> None:
    """What Python sets takes the place of what is edited, and the editor of a cell that is gone goes."""
    host = hosted(VS_CODE)
    (exhibit,) = host.show("SlidingWindow", "light")
    exhibit.locator('[role="grid"][aria-label^="Kernel"] [data-place="2,2"]').focus()
    host.page.keyboard.press("Enter")
    exhibit.locator("input.edit").wait_for()
    host.page.evaluate(
        """() => {
            model.set("state", { ...model.get("state"), kernel: { shape: [2, 2], data: [1, 2, 3, 4] } });
            model.save_changes();
        }"""
    )
    exhibit.get_by_role("grid", name="Output, 4 × 4").wait_for()
    assert exhibit.locator('[role="grid"][aria-label^="Kernel"] [data-place]').all_inner_texts() == list("1234")
    assert exhibit.locator("input.edit").count() == 0


IDS = """() => [document, ...[...document.querySelectorAll("*")].flatMap(({ shadowRoot }) => shadowRoot ?? [])]
    .flatMap((root) => [...root.querySelectorAll("[id]")].map(({ id }) => id))"""


def shown(view: Any) -> list[str]:
    """Read what a view shows, without what it said last."""
    said = {line for text in view.locator(".unseen").all_inner_texts() for line in text.splitlines()}
    return [line for line in view.inner_text().splitlines() if line and line not in said]


@pytest.mark.parametrize("name", WIDGETS)
def test_views_beside_each_other(hosted: Callable[[str], Page], name: str) -> None:
    """Views of one widget show one state, in light and shadow; another widget has its own, and no id is twice."""
    host = hosted(VS_CODE)
    (other,) = host.show(name, "light")
    views = host.show(name, "light", "light", "shadow")
    for view in (other, *views):
        view.get_by_role("group", name="Edit and share").first.wait_for()
    host.page.wait_for_timeout(300)
    before = shown(other)
    assert all(shown(view) == before for view in views)
    checked = other.locator("input:checked").count()
    views[0].locator("input[type=radio]:not(:checked)").first.click(force=True)
    host.page.wait_for_timeout(300)
    after = shown(views[0])
    assert after != before
    assert [shown(view) for view in (*views[1:], other)] == [after, after, before]
    assert other.locator("input:checked").count() == checked
    ids = host.page.evaluate(IDS)
    assert len(ids) == len(set(ids))
    host.page.evaluate("ends[1]()")
    views[1].get_by_role("button", name="Reset").click()
    host.page.wait_for_timeout(300)
    assert shown(views[0]) == shown(views[1]) == before
