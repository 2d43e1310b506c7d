"""The homes of an exhibit: the server's page, a static file, and the page that stands in for a widget."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright import sync_api

import convolens as cl
from convolens.lab.export import export_site
from convolens.lab.pages import static_page
from convolens.lab.states import STATES, SlidingWindow
from convolens.lab.states.numbers import Numbers
from lab.opening import choose, drop
from lab.running import Running

EXPECTED = SlidingWindow().result().tolist()
HELLO = """async () => {
    const socket = new WebSocket(new URL("socket", location.href.replace(/^http/, "ws")));
    socket.binaryType = "arraybuffer";
    const text = new TextEncoder().encode('{"kind":"hello","id":7,"key":"hello"}');
    const frame = new Uint8Array([text.length, 0, 0, 0, ...text]);
    const answer = await new Promise((resolve, reject) => {
        socket.onopen = () => socket.send(frame);
        socket.onmessage = ({ data }) => resolve(data);
        socket.onerror = () => reject(new Error("refused"));
    });
    const length = new DataView(answer).getUint32(0, true);
    return JSON.parse(new TextDecoder().decode(new Uint8Array(answer, 4, length)));
}"""


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """Open a page that must not complain."""
    context = browser.new_context()
    page, complaints = context.new_page(), list[str]()
    page.on("console", lambda said: said.type in ("error", "warning") and complaints.append(said.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert complaints == []


def output(frame: Any) -> list[list[float]]:
    """Read the output from the screen, as a screen reader does."""
    cells = frame.locator('[role="grid"][aria-label^="Output"] [data-place]')
    cells.first.wait_for()
    found: dict[tuple[int, ...], float] = {}
    for cell in cells.all():
        place = tuple(map(int, cell.get_attribute("data-place").split(",")))
        found[place] = float(cell.get_attribute("aria-label").rpartition(": ")[2].replace("−", "-"))
    rows = max(row for row, _ in found) + 1
    return [[value for (at, _), value in sorted(found.items()) if at == row] for row in range(rows)]


def test_the_server(page: Any, served: Running) -> None:
    """The printed link opens the list, the list opens the exhibit, and the page's socket is let in."""
    page.goto(f"http://{served.host}/?token={served.lab.access.token}")
    assert "token" not in page.url
    page.get_by_role("link", name="Sliding window").first.click()
    page.wait_for_url("**/sliding-window")
    assert output(page) == EXPECTED
    answer = page.evaluate(HELLO)
    assert (answer["kind"], answer["id"]) == ("welcome", 7)


def test_pages_of_strangers(browser: Any, served: Running) -> None:
    """A page of another origin opens no socket, though the browser has the cookie."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"http://{served.host}/?token={served.lab.access.token}")
    page.goto("about:blank")
    address = f"ws://{served.host}/socket"
    opened = page.evaluate(
        """(address) => new Promise((resolve) => {
            const socket = new WebSocket(address);
            socket.onopen = () => resolve(true);
            socket.onerror = () => resolve(false);
        })""",
        address,
    )
    assert not opened
    context.close()


def test_a_static_site(page: Any, tmp_path: Path) -> None:
    """Exported pages work from files: the list, the exhibit behind it, and a link with a warning."""
    index = export_site(tmp_path / "site")[0]
    page.goto(index.as_uri())
    page.get_by_role("link", name="Sliding window").first.click()
    page.wait_for_url("**/sliding-window.html")
    assert output(page) == EXPECTED
    page.get_by_role("button", name="Link").click()
    assert "on this computer alone" in page.locator("dialog[open]").inner_text()


def test_what_was_done_stays(page: Any, tmp_path: Path) -> None:
    """Reload and Back find an exhibit as it was left; Reset and a new visit begin anew."""
    export_site(tmp_path / "site")
    exhibit = (tmp_path / "site" / "sliding-window.html").as_uri()
    page.goto(exhibit)
    kernel = page.locator('[role="grid"][aria-label^="Kernel"] [data-place]')
    kernel.first.click()
    for key in ("7", "Enter"):
        page.keyboard.press(key)
    edited = output(page)
    assert edited != EXPECTED
    while not page.evaluate("history.state?.kept != null"):  # the page's policy forbids what waits in it
        page.wait_for_timeout(50)
    page.reload()
    assert output(page) == edited
    page.get_by_role("link", name="Convolens").first.click()
    page.wait_for_url("**/index.html")
    page.go_back()
    page.wait_for_url("**/sliding-window.html")
    assert output(page) == edited
    page.get_by_role("button", name="Reset").click()
    assert output(page) == EXPECTED
    page.goto("about:blank")
    page.goto(exhibit)
    assert output(page) == EXPECTED


def test_a_theme_is_chosen(page: Any, tmp_path: Path) -> None:
    """The theme that the address asks for holds until another is chosen, which a reload and other pages keep."""
    export_site(tmp_path / "site")
    exhibit = (tmp_path / "site" / "sliding-window.html").as_uri()
    theme = page.locator("html")
    page.goto(exhibit + "?theme=dark#j=e30")
    assert theme.get_attribute("data-theme") == "dark"
    page.get_by_text("Light", exact=True).click()
    assert theme.get_attribute("data-theme") == "light"
    page.reload()
    page.wait_for_selector(".lab .lab")
    assert theme.get_attribute("data-theme") == "light"
    assert page.url == exhibit + "#j=e30"
    page.goto(exhibit + "?theme=dark")
    assert theme.get_attribute("data-theme") == "dark"


@pytest.mark.parametrize("name", STATES)
def test_what_is_not_understood(lab: Any, tmp_path: Path, name: str) -> None:
    """A link or file with fields that nobody understands says which, and one that Python wrote says nothing."""
    lab.open(name, {"version": 2, "hiden": ["code"]})
    alert = lab.page.get_by_role("alert")
    lab.page.wait_for_timeout(300)  # a socket that opens takes nothing back
    lab.says(alert, "Not understood in this link: version, hiden. Defaults stand in for that.")
    state = STATES[name]().to_json()
    file = tmp_path / f"{name}.html"
    file.write_text(static_page(name, {**state, "locked": ["code", 1]}))
    lab.page.goto(file.as_uri())
    lab.says(alert, "Not understood in this file: locked. Defaults stand in for that.")
    file.write_text(static_page(name, state))
    lab.page.reload()
    lab.page.get_by_role("group", name="Edit and share").wait_for()
    assert alert.count() == 0


OPEN = "Open a state"


@pytest.mark.parametrize("home", ["server", "static"])
def test_a_state_from_a_file(page: Any, served: Running, tmp_path: Path, home: str) -> None:
    """What "State (JSON)" wrote is opened from the list and from any exhibit, and takes the page to its own."""
    export_site(tmp_path / "site")
    start = f"http://{served.host}/?token={served.lab.access.token}"
    page.goto(start if home == "server" else (tmp_path / "site/index.html").as_uri())
    state = SlidingWindow(padding="same", operation="convolution")
    file = tmp_path / "lesson.json"
    file.write_text(json.dumps(state.to_json()))
    choose(page, OPEN, file)
    page.wait_for_url("**/sliding-window*#file:*")
    assert output(page) == state.result().tolist()
    assert page.get_by_role("alert").count() == 0
    page.locator('[role="grid"][aria-label^="Kernel"] [data-place]').first.click()
    for key in ("7", "Enter"):
        page.keyboard.press(key)
    assert output(page) != state.result().tolist()
    with page.expect_event("load"):
        choose(page, OPEN, file)  # the same once more
    assert output(page) == state.result().tolist()
    page.goto(page.url.partition("#")[0].replace("sliding-window", "gallery"))
    page.get_by_role("group", name="Edit and share").wait_for()
    text = json.dumps({**state.to_json(), "stridee": 2})
    assert drop(page, "lesson.json", text.encode())  # the gallery takes no such files
    page.wait_for_url("**/sliding-window*#file:*")
    assert output(page) == state.result().tolist()
    said = "Not understood in this file: stridee. Defaults stand in for that."
    assert page.get_by_role("alert").inner_text() == said


def test_files_that_are_no_states(lab: Any, tmp_path: Path) -> None:
    """One sentence says what a file is not, and no more happens; the narrowest page has room for the button."""
    lab.page.set_viewport_size({"width": 320, "height": 600})
    lab.open("borders", {})
    file = tmp_path / "other.json"
    for text in ("", "[1, 2]", '{"exhibit": "cat"}', '{"exhibit": "../borders"}'):
        file.write_text(text)
        choose(lab.page, OPEN, file)
        said = "“other.json” has no state of an exhibit: Export, “State (JSON)” writes one."
        lab.says(lab.page.get_by_role("alert"), said)
    file.write_text(json.dumps({"exhibit": "borders", "more": " " * 4_000_000}))
    choose(lab.page, OPEN, file)
    lab.says(
        lab.page.get_by_role("alert"),
        "other.json has 4.1 MB; files of up to 1 MB are opened here.",
    )
    assert drop(lab.page, "cat.png", b"a photograph, which this exhibit does not take")
    said = "“cat.png” has no state of an exhibit: Export, “State (JSON)” writes one."
    lab.says(lab.page.get_by_role("alert"), said)
    assert lab.page.url.endswith("#j=e30")
    assert lab.page.evaluate("document.documentElement.scrollWidth") == 320


def test_a_state_beyond_any_link(page: Any, tmp_path: Path) -> None:
    """Where nothing deflates links, the largest state is too much for one; its file is opened and kept."""
    page.add_init_script("delete window.CompressionStream")
    numbers = np.random.default_rng(0).standard_normal((2, 64, 64)) * 1e-200
    state = SlidingWindow(input=Numbers.of(numbers[0], "input"), kernel=Numbers.of(numbers[1], "kernel"))
    file = tmp_path / "largest.json"
    file.write_text(json.dumps(state.to_json()))
    page.goto(export_site(tmp_path / "site")[0].as_uri())
    choose(page, OPEN, file)
    page.wait_for_url("**/sliding-window.html#file:*")
    convolution = page.get_by_role("radio", name="Convolution", exact=True)
    sheet = page.locator("dialog[open]")

    def exported() -> Any:
        page.get_by_role("button", name="Export", exact=True).click()
        with page.expect_download() as download:
            sheet.get_by_role("button", name="State (JSON)").click()
        page.keyboard.press("Escape")
        return json.loads(download.value.path().read_text())

    page.reload()
    assert exported() == state.to_json()
    page.get_by_role("button", name="Link", exact=True).click()
    said = "Too much for a link: Export, “State (JSON)” writes it to a file, and “Open a state” opens that."
    sync_api.expect(sheet.get_by_role("status").first).to_have_text(said)
    assert sheet.get_by_role("button", name="Copy").is_disabled()
    assert sheet.get_by_role("textbox").input_value() == ""
    page.keyboard.press("Escape")
    convolution.check(force=True)
    while not page.evaluate("history.state?.kept != null"):
        page.wait_for_timeout(50)
    page.reload()
    sync_api.expect(convolution).to_be_checked()
    assert exported() == {**state.to_json(), "operation": "convolution"}
    assert page.get_by_role("alert").count() == 0


def test_a_frame_in_a_book(page: Any, tmp_path: Path) -> None:
    """A page of any book shows an exhibit of the site, alone, by a link with its state and the book's colours."""
    export_site(tmp_path / "site")
    state = SlidingWindow(padding="same", operation="convolution")
    packed = base64.urlsafe_b64encode(json.dumps(state.to_json()).encode()).decode().rstrip("=")
    book = tmp_path / "book.html"
    book.write_text(
        f'<!doctype html><title>book</title><iframe src="site/sliding-window.html?theme=dark#j={packed}"></iframe>'
    )
    page.goto(book.as_uri())
    frame = page.frame_locator("iframe")
    assert output(frame) == state.result().tolist()
    assert frame.locator("html").get_attribute("data-theme") == "dark"
    assert frame.locator(".home").count() == 0
    page.goto((tmp_path / "site/sliding-window.html").as_uri())
    assert output(page) == EXPECTED
    assert page.locator(".home").count() == 1
    assert page.locator("html").get_attribute("data-theme") is None


def test_what_stands_in_for_a_widget(page: Any, tmp_path: Path) -> None:
    """Exported HTML shows the exhibit in the state that it had."""
    widget = cl.widgets.SlidingWindow([[1, 2, 0], [0, 1, 2], [2, 0, 1]], padding="same")
    data, _ = widget._repr_mimebundle_()
    file = tmp_path / "notebook.html"
    file.write_text(f"<!doctype html><title>notebook</title>{data['text/html']}", encoding="utf-8")
    page.goto(file.as_uri())
    frame = page.frame_locator("iframe")
    assert output(frame) == widget.output.tolist()
