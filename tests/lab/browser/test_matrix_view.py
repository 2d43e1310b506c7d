"""The matrix view in a browser: matrices on the screen are those of the library, and the engine times a layer."""

import contextlib
import io
import os
import re
import signal
from typing import Any

import numpy as np
import pytest

import convolens as cl
from convolens.lab.states import MatrixView, Numbers
from convolens.lab.states.matrix_view import Layer
from lab.running import Running

_RANDOM = np.random.default_rng(11)


def _digits(*shape: int) -> Numbers:
    return Numbers.of(_RANDOM.integers(-9, 10, shape))


STATES = {
    "strided, dilated, mirrored": MatrixView(
        input=_digits(2, 4, 5), weight=_digits(4, 2, 2), stride=2, dilation=2, padding="same", border="reflect",
        operation="convolution",
    ),
    "signal": MatrixView(input=_digits(2, 6), weight=_digits(4, 3), padding="full", stride=2),
    "tiles": MatrixView(input=_digits(2, 5, 4), weight=_digits(4, 3, 3), padding="same", operation="convolution"),
}  # fmt: skip


NAMES = """(grid) => {
    const rows = [...grid.querySelectorAll('[role="row"]')];
    const named = (cell) => cell.getAttribute("aria-label");
    if (!grid.querySelector("canvas")) return rows.map((row) => [...row.children].map(named));
    const press = (key, ctrlKey = false) =>
        document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key, ctrlKey, bubbles: true }));
    rows.find((row) => !row.hidden).firstElementChild.focus();
    press("Home", true);
    return Array.from({ length: Number(grid.ariaRowCount) }, () => {
        const names = Array.from({ length: Number(grid.ariaColCount) }, () => {
            const name = named(document.activeElement);
            press("ArrowRight");
            return name;
        });
        press("Home");
        press("ArrowDown");
        return names;
    });
}"""
"""Gives the names of all cells of a grid; those that are drawn are gone over by keys."""


def numbers(lab: Any, grid: str) -> np.ndarray[Any, Any]:
    """Read the grid whose name begins so, as a screen reader does."""
    found = lab.page.locator(f'[role="grid"][aria-label^="{grid}"]').evaluate(NAMES)
    return np.array([[float(name.rpartition(": ")[2].replace("−", "-")) for name in row] for row in found])


@pytest.mark.parametrize("name", STATES)
def test_matrices_on_the_screen(lab: Any, name: str) -> None:
    """Every entry of A, Aᵀ and the columns is the library's, and a link carries the state."""
    state = STATES[name]
    lab.open("matrix-view", state.to_json())
    np.testing.assert_array_equal(numbers(lab, "Matrix A, "), state.matrix())
    np.testing.assert_array_equal(numbers(lab, "Output as a vector").ravel(), state.result().ravel())
    lab.page.get_by_role("checkbox", name="Transposed").check()
    np.testing.assert_array_equal(numbers(lab, "Matrix A transposed"), state.matrix().T)
    back = numbers(lab, "Way back as a vector").ravel()
    np.testing.assert_array_equal(back, state.matrix().T @ state.result().ravel())
    lab.page.get_by_role("radio", name="im2col").check()
    border = 0 if state.border == "constant" else state.border
    x, size = state.input.array(), state.weight.shape[1:]
    options: dict[str, Any] = {"stride": state.stride, "dilation": state.dilation, "padding": state.padding}
    np.testing.assert_array_equal(numbers(lab, "Windows as columns"), cl.unfold(x, size, border=border, **options))


@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize("name", STATES)
def test_programs_run_as_shown(lab: Any, name: str, transposed: bool) -> None:
    """Each program under "Show the code" runs and gives the output, the way back and any matrix."""
    state = STATES[name].replace(transposed=transposed)
    lab.open("matrix-view", state.to_json())
    lab.page.get_by_role("button", name="Show the code").click()
    ran = []
    for style in ("NumPy", "im2col", "SciPy Toeplitz", "Winograd", "SciPy FFT", "PyTorch", "Convolens"):
        lab.page.get_by_role("dialog").get_by_role("radio", name=style, exact=True).check()
        text = lab.page.locator("dialog[open] pre").inner_text()
        if re.fullmatch(r"# .*\s*", text):
            continue
        ran.append(style)
        names: dict[str, Any] = {}
        with contextlib.redirect_stdout(io.StringIO()):
            exec(text, names)
        y = names["y"].detach() if style == "PyTorch" else names["y"]
        np.testing.assert_allclose(y, state.result(), atol=1e-10, err_msg=style)
        if transposed:
            back = state.matrix().T @ state.result().ravel()
            np.testing.assert_allclose(np.ravel(names["back"]), back, atol=1e-10, err_msg=style)
        if style == "SciPy Toeplitz":
            np.testing.assert_array_equal(names["A"], state.matrix())
    assert len(ran) == (5 if transposed else 7 if name == "tiles" else 6)


def test_keyboard_alone(lab: Any) -> None:
    """Cells of output, matrix and kernel are gone over, kept and changed, and all that belongs to them is said."""
    lab.open("matrix-view")
    keyboard, said = lab.page.keyboard, lab.page.locator(".said")
    lab.cell("Output, 1 × 2 × 2", 0, 0).focus()
    keyboard.press("ArrowDown")
    lab.says(said, "output [1, 0] is row 2 of A times x")
    assert lab.page.locator('[role="grid"][aria-label^="Matrix A"] ~ .over .mark').count() == 9
    lab.cell("Matrix A, 4", 0, 0).focus()
    for key in ("ArrowDown", "End", "Space"):
        keyboard.press(key)
    lab.says(said, "A[1, 15] = 0: input [3, 3] is not under the window of output [0, 1]")
    keyboard.press("Home")
    lab.says(said, "A[1, 15] = 0: input [3, 3] is not under the window of output [0, 1]")  # kept
    keyboard.press("Escape")
    keyboard.press("ArrowRight")
    lab.says(said, "A[1, 1] = weight [0, 0] = 1: output [0, 1] sees input [0, 1] through it")
    lab.cell("Kernel", 0, 0).focus()
    for key in ("-", "4", "Enter"):
        keyboard.press(key)
    assert lab.number("Matrix A, 4", 3, 5) == -4
    lab.page.get_by_role("radio", name="Winograd tile").press("Space")
    assert "16 products instead of 36" in lab.page.locator(".tile").inner_text()
    lab.page.get_by_role("radio", name="FFT").press("Space")
    lab.cell("product |Y|", 0, 0).focus()
    assert "frequency [−2, −2]" in lab.page.locator(".numbers").inner_text()


@pytest.mark.parametrize("width", [390, 1280])
def test_signs_stand_beside_their_arrays(lab: Any, width: int) -> None:
    """Where arrays break into lines, a sign goes with the array after it."""
    lab.page.set_viewport_size({"width": width, "height": 900})
    lab.open("matrix-view", MatrixView(input=_digits(3, 8, 8), weight=_digits(9, 5, 5)).to_json())
    for sign, name in (("⋆", "Kernel"), ("=", "Output")):
        mark = lab.page.get_by_text(sign, exact=True).first.bounding_box()
        array = lab.page.get_by_role("region", name=name, exact=True).bounding_box()
        assert mark["y"] == array["y"]
        assert 0 <= array["x"] - mark["x"] - mark["width"] < 20


def test_cells_grow_with_the_screen(lab: Any) -> None:
    """On a projector cells are larger than on a desk, and nothing scrolls."""
    sizes = []
    for width in (1280, 1920):
        lab.page.set_viewport_size({"width": width, "height": 1080})
        lab.open("matrix-view")
        sizes.append(lab.cell("Kernel", 0, 0).bounding_box()["width"])
        assert lab.page.locator(".product").evaluate("product => product.scrollWidth - product.clientWidth") <= 0
    assert sizes[1] > 1.5 * sizes[0]


def test_the_engine_times_a_layer(lab: Any) -> None:
    """The button asks the engine, and what it measures and refuses is shown."""
    lab.open("matrix-view", MatrixView(layer=Layer(2, 3, 16, 16)).to_json())
    times = lab.page.get_by_role("region", name="Measured on this machine")
    times.get_by_role("button", name="Measure").click()
    times.get_by_role("rowheader", name="im2col").wait_for(timeout=60_000)
    assert times.get_by_text("chosen by the planner").count() == 1
    times.get_by_text("Algorithms that cannot do this layer").click()
    assert "winograd-4: it needs 16 channels" in times.inner_text()


WATCH = """(section) => {
    window.seen = [];
    const said = document.querySelector('[aria-live="polite"]:not([role="group"] *)');
    const look = () => {
        const times = [...section.querySelectorAll('td[data-head="Measured"]')].map((cell) => cell.textContent);
        const known = times.filter((time) => time.endsWith("s")).length;
        const [button, progress] = section.querySelectorAll("button, .ask p");
        window.seen.push([progress.textContent, said.textContent, button.disabled, known, times.length]);
    };
    const changes = new MutationObserver(look);
    const all = { childList: true, subtree: true, characterData: true };
    for (const part of [section, said]) changes.observe(part, all);
}"""
"""At each change, keeps what is shown and said, whether the button is off, and how many times are known."""


def test_times_come_one_by_one(lab: Any) -> None:
    """Each is shown as soon as it is known, what is measured now is shown and said; at last they are sorted."""
    lab.open("matrix-view", MatrixView(layer=Layer(2, 3, 16, 16)).to_json())
    times = lab.page.get_by_role("region", name="Measured on this machine")
    times.evaluate(WATCH)
    times.get_by_role("button", name="Measure").click()
    times.get_by_text("in turn …").wait_for(timeout=60_000)
    times.get_by_text("Runs every algorithm").wait_for(timeout=60_000)
    seen = lab.page.evaluate("seen")
    count = seen[-1][-1]
    assert count >= 5
    shown = list(dict.fromkeys(progress for progress, *_ in seen))
    said = list(dict.fromkeys(words for _, words, *_ in seen))
    first, *steps, turns, last = shown
    assert (first, last[:20]) == ("Measuring …", "Runs every algorithm")
    assert turns.endswith(f" of {count} in turn …")
    assert [step for step in said if step.startswith("Measuring")] == [*steps, turns]
    assert said[-1].startswith("Fastest: ")
    assert all(off == (progress != last) for progress, _, off, *_ in seen)
    known = {progress: times for progress, *_, times, _ in seen}
    assert [known[step] for step in (*steps, turns)] == list(range(count + 1))
    for place, step in enumerate(steps):
        assert re.fullmatch(rf"Measuring [\w-]+, {place + 1} of {count} …", step)
    places = times.locator("tbody .dot").evaluate_all("(dots) => dots.map((dot) => parseFloat(dot.style.left))")
    assert len(places) == count
    assert places == sorted(places)
    lab.page.set_viewport_size({"width": 720, "height": 900})  # the table scrolls, the page does not
    assert lab.page.evaluate("document.documentElement.scrollWidth") <= 720


def test_another_layer_breaks_the_measuring_off(lab: Any) -> None:
    """Nothing more is asked for, what is known is said to be of another layer, and the button measures anew."""
    asked: list[bytes] = []
    lab.page.on(
        "websocket",
        lambda socket: socket.on("framesent", lambda frame: b'"kind":"times"' in frame and asked.append(frame)),
    )
    lab.open("matrix-view", MatrixView(layer=Layer(2, 3, 16, 16)).to_json())
    times = lab.page.get_by_role("region", name="Measured on this machine")
    times.get_by_role("button", name="Measure").click()
    times.locator("tbody .dot").first.wait_for(timeout=60_000)
    rows = lab.page.get_by_role("group", name="Layer").get_by_role("spinbutton", name="Rows")
    rows.fill("24")
    rows.press("Enter")
    times.get_by_text("These are of another layer").wait_for()
    assert times.get_by_text("Runs every algorithm").count() == 1
    assert times.get_by_role("cell", name="…").count() == 0
    before, known = len(asked), times.locator("tbody .dot").count()
    lab.page.wait_for_timeout(2500)  # longer than all that was asked for may take
    assert (len(asked), times.locator("tbody .dot").count()) == (before, known)
    times.get_by_role("button", name="Measure").click()
    times.get_by_text("in turn …").wait_for(timeout=60_000)
    assert times.get_by_text("These are of another layer").count() == 0


def test_a_worker_that_dies_while_it_measures(lab: Any, served: Running) -> None:
    """An alert says so, what was known stays, and the button measures anew."""
    lab.open("matrix-view", MatrixView(layer=Layer(2, 3, 16, 16)).to_json())
    times = lab.page.get_by_role("region", name="Measured on this machine")
    times.get_by_role("button", name="Measure").click()
    times.get_by_text("in turn …").wait_for(timeout=60_000)
    (worker,) = served.lab.pool.workers["slow"]
    assert worker.pid is not None
    os.kill(worker.pid, signal.SIGKILL)
    assert "ended unexpectedly" in times.get_by_role("alert").inner_text()
    assert times.locator("tbody .dot").count() >= 5
    times.get_by_role("button", name="Measure").click()
    times.get_by_text("in turn …").wait_for(timeout=60_000)
    assert times.get_by_role("alert").count() == 0


def test_accessible(phone: Any) -> None:
    """axe-core finds nothing to complain of in any of the views, and 320 pixels are wide enough."""
    phone.open("matrix-view")
    for view in ("Toeplitz matrix", "im2col", "Winograd tile", "FFT"):
        phone.page.get_by_role("radio", name=view).check()
        assert phone.page.evaluate("document.documentElement.scrollWidth") <= 320
        phone.check_accessible()
    times = phone.page.get_by_role("region", name="Measured on this machine")
    times.get_by_role("button", name="Measure").click()
    times.locator("tbody .dot").first.wait_for(timeout=60_000)
    assert phone.page.evaluate("document.documentElement.scrollWidth") <= 320
    phone.check_accessible()
