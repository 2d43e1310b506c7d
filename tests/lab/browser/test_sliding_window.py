"""The sliding window in a browser: what stands on the screen is what the library computes."""

import contextlib
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from convolens.lab.states import Numbers, SlidingWindow

_RANDOM = np.random.default_rng(5)


def _digits(*shape: int) -> Numbers:
    return Numbers.of(_RANDOM.integers(-9, 10, shape))


STATES = {
    "strided, dilated, mirrored": SlidingWindow(
        input=_digits(6, 8), kernel=_digits(2, 3), stride=(2, 1), dilation=(1, 2), padding=((2, 1), (0, 3)),
        border="reflect",
    ),
    "convolution with every overlap": SlidingWindow(
        input=_digits(3, 4), kernel=_digits(2, 3), operation="convolution", padding="full", border_value=2
    ),
    "transposed": SlidingWindow(
        input=_digits(3, 2), kernel=_digits(3, 2), operation="transposed", stride=(2, 3), padding=((1, 0), (0, 1)),
        dilation=(1, 2), output_padding=(1, 2),
    ),
    "signal": SlidingWindow(
        dims=1, input=_digits(9), kernel=_digits(4), stride=(2,), dilation=(1,), output_padding=(0,),
        padding="same", border="symmetric", operation="convolution",
    ),
    "volume": SlidingWindow(
        dims=3, input=_digits(3, 4, 5), kernel=_digits(2, 2, 3), stride=(1, 2, 1), dilation=(1, 1, 1),
        output_padding=(0, 0, 0), padding=((1, 0), (0, 1), (1, 1)), border="wrap",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", STATES)
def test_output_on_the_screen(lab: Any, name: str) -> None:
    """Every cell of the output is that of the engine."""
    lab.open("sliding-window", STATES[name].to_json())
    expected = STATES[name].result()
    for place in np.ndindex(expected.shape):
        assert lab.number("Output", *place) == expected[place]


@pytest.mark.parametrize("name", ["strided, dilated, mirrored", "convolution with every overlap", "transposed"])
def test_programs_run_as_shown(lab: Any, name: str) -> None:
    """Each program under "Show the code" runs and prints the output."""
    lab.open("sliding-window", STATES[name].to_json())
    lab.page.get_by_role("button", name="Show the code").click()
    for style in ("NumPy", "im2col", "PyTorch", "SciPy", "Convolens"):
        lab.page.get_by_role("radio", name=style, exact=True).check()
        names: dict[str, Any] = {}
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            exec(lab.page.locator("dialog[open] pre").inner_text(), names)
        np.testing.assert_allclose(names["y"], STATES[name].result(), rtol=1e-12, err_msg=style)
        assert printed.getvalue().startswith("[[")


def test_keyboard_alone(lab: Any) -> None:
    """Cells are reached, changed, pinned and let go without a mouse, and undone."""
    lab.open("sliding-window")
    keyboard = lab.page.keyboard
    lab.cell("Input", 0, 0).focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowDown", "-", "7", "Enter"):
        keyboard.press(key)
    image = SlidingWindow().input.array()
    assert lab.number("Input", 1, 2) == -7
    image[1, 2] = -7
    assert lab.number("Output", 0, 0) == SlidingWindow(input=Numbers.of(image)).result()[0, 0]
    keyboard.press("Control+z")
    assert lab.number("Input", 1, 2) == 60
    lab.cell("Output", 0, 0).focus()
    for key in ("Control+End", "Space"):
        keyboard.press(key)
    assert "output [2, 2] = 320" in lab.page.locator(".worked").inner_text()
    assert "equals 320" in lab.said.inner_text()
    keyboard.press("Home")
    assert "output [2, 2] = 320" in lab.page.locator(".worked").inner_text()  # pinned
    keyboard.press("Escape")
    keyboard.press("ArrowUp")
    assert "output [1, 0] = 240" in lab.page.locator(".worked").inner_text()


def test_what_is_said_goes_with_an_edit(lab: Any) -> None:
    """A pinned cell whose number changes is said with the new one, in a sentence that counts aright."""
    lab.open("sliding-window")
    lab.cell("Input", 0, 0).click()
    lab.says(lab.said, "Input row 0, column 0, 10, goes into 1 output cell")
    for key in ("7", "7", "Enter"):
        lab.page.keyboard.press(key)
    lab.says(lab.said, "Input row 0, column 0, 77, goes into 1 output cell")


def test_large_numbers_keep_their_digits(lab: Any) -> None:
    """Where a cell is worked out, a minus costs no digit; one legend has one number at both ends."""
    lab.open(
        "sliding-window",
        SlidingWindow(input=Numbers.of([[-14815] * 2] * 2), kernel=Numbers.of([[1] * 2] * 2)).to_json(),
    )
    worked = lab.page.locator(".worked")
    assert worked.locator(".matrix").first.inner_text().split() == ["−14815"] * 4 + ["window"]
    ends = lab.page.locator(".legend .ends").first.inner_text().split()
    assert ends == ["−14815", "0", "14815"]
    lab.open(
        "sliding-window",
        SlidingWindow(input=Numbers.of([[1] * 9] * 9), kernel=Numbers.of([[1] * 9] * 9)).to_json(),
    )
    assert worked.inner_text().endswith("1 + … (81 products in all) = 81")


def test_covered_numbers_are_not_told(lab: Any) -> None:
    """Neither pointer nor focus nor a pinned input tells what is covered, until it is stepped to."""
    lab.open("sliding-window", {"covered": True})
    covered = lab.cell("Output", 2, 2)
    told = lab.page.locator(".exhibit")
    for look in (covered.hover, covered.focus, lab.cell("Input", 4, 4).click):
        look()
        assert "320" not in told.inner_text()
        assert covered.inner_text() == "?"
    assert lab.page.locator('[role="gridcell"][aria-label*="320"]').count() == 0
    covered.click()
    assert "output [2, 2] = 320" in lab.page.locator(".worked").inner_text()


def test_a_border_is_not_pinned(lab: Any) -> None:
    """A place where no cell is can be looked at, not pinned."""
    lab.open("sliding-window", {"padding": "same"})
    lab.cell("Input", -1, 0).click()
    lab.says(lab.page.locator(".worked button"), "Pin")
    lab.cell("Input", 0, 0).click()
    lab.says(lab.page.locator(".worked button"), "Unpin")
    lab.says(lab.page.locator(".worked h3"), "input [0, 0] = 10")


def test_uncovered_numbers_stay_so(lab: Any) -> None:
    """What was uncovered before an input cell was pinned stays so, also when the page is loaded again."""
    lab.open("sliding-window", {"covered": True})
    lab.cell("Output", 1, 1).click()
    lab.cell("Input", 4, 4).click()

    def check() -> None:
        lab.says(lab.page.locator(".worked h3"), "input [4, 4] = 250")
        assert [lab.cell("Output", *place).inner_text() for place in ((1, 1), (1, 2))] == ["240", "?"]

    check()
    lab.wait("history.state?.kept?.side === 'input'")  # written a moment later
    lab.page.reload()
    check()
    lab.page.get_by_role("button", name="Step", exact=True).click()
    assert [lab.cell("Output", *place).inner_text() for place in ((1, 1), (1, 2), (2, 0))] == ["240", "240", "?"]


def test_tables_are_pasted_and_copied(lab: Any) -> None:
    """A table of a spreadsheet fills the array from a cell on, as one step; the array is copied as one."""
    lab.open("sliding-window")
    lab.page.evaluate("navigator.clipboard.writeText('1\\t2,5\\t9\\r\\n3\\t4\\t9\\r\\n')")
    lab.cell("Kernel", 1, 1).focus()
    lab.page.keyboard.press("Control+v")
    assert lab.page.get_by_role("alert").inner_text().startswith("4 numbers pasted, 2 left out")
    assert [lab.number("Kernel", *place) for place in ((1, 1), (1, 2), (2, 1), (2, 2))] == [1, 2.5, 3, 4]
    lab.page.keyboard.press("Control+c")
    copied = lab.page.evaluate("navigator.clipboard.readText()")
    assert copied == "-1\t0\t1\n-2\t1\t2.5\n-1\t3\t4"
    lab.page.keyboard.press("Control+z")
    assert [lab.number("Kernel", 1, 1), lab.number("Kernel", 2, 2)] == [0, 1]


def test_numbers_that_are_none(lab: Any) -> None:
    """What cannot be read is refused, and Escape leaves the old number."""
    lab.open("sliding-window")
    lab.cell("Kernel", 1, 1).focus()
    for key in ("Enter", "Control+a", "x", "Enter"):
        lab.page.keyboard.press(key)
    assert lab.page.locator("input.edit").get_attribute("aria-invalid") == "true"
    lab.page.keyboard.press("Escape")
    assert lab.number("Kernel", 1, 1) == 0


def test_numbers_left_behind(lab: Any) -> None:
    """A cell that is left with what is no number keeps its own and says so until something is changed."""
    lab.open("sliding-window")
    said = lab.page.get_by_role("alert")
    lab.cell("Kernel", 1, 1).focus()
    for key in "7abc":
        lab.page.keyboard.press(key)
    lab.cell("Input", 0, 0).click()
    lab.says(said, "Not a number: 0 stays")
    assert lab.number("Kernel", 1, 1) == 0
    lab.page.get_by_role("combobox", name="Border", exact=True).select_option("wrap")
    assert said.count() == 0


def test_refused_sizes(lab: Any) -> None:
    """What a field cannot take leaves the old number and a reason: one at a time, until something is changed."""
    lab.open("sliding-window")
    cells = "65 × 65 would be 4225 cells; an array has up to 4096 here, so at most 64 along this side."
    for name, typed, number, why in (
        ("Input", "0", "5", "At least 1"),
        ("Kernel", "65", "3", cells),
        ("Kernel", "∞", "3", "At most 64"),
        ("Stride", "2.5", "1", "Whole numbers only"),
        ("Dilation", "x", "1", "Not a number: 1 stays"),
    ):
        field = lab.page.get_by_label(f"{name}, All sides", exact=True)
        field.fill(typed)
        field.press("Tab")
        lab.says(lab.page.get_by_role("alert"), why)
        assert field.input_value() == number
    lab.page.get_by_role("button", name="Stride, All sides: more").click()
    assert lab.page.get_by_role("alert").count() == 0
    field.focus()
    assert field.evaluate("field => getComputedStyle(field).outlineStyle") == "none"  # its box has the ring


def test_steps(lab: Any) -> None:
    """Nothing plays by itself; steps go on, back and to the end."""
    lab.open("sliding-window")
    at = lab.page.locator(".player .at")
    lab.page.wait_for_timeout(700)
    assert at.inner_text() == "Step 1 of 9"
    for button, step in (("Step", 2), ("Step", 3), ("Step back", 2), ("To the last step", 9)):
        lab.page.get_by_role("button", name=button, exact=True).click()
        lab.says(at, f"Step {step} of 9")
    lab.page.get_by_role("button", name="Play").click()
    lab.says(at, "Step 2 of 9")
    lab.page.get_by_role("button", name="Pause").click()


def test_impossible_sizes_say_why(lab: Any) -> None:
    """A kernel that does not fit leaves no output but a reason."""
    lab.open("sliding-window", {"kernel": {"shape": [6, 3], "data": [1] * 18}})
    said = lab.page.get_by_role("alert").inner_text()
    assert said.startswith("Along rows the kernel spans 6 cells, but the padded input has 5")
    assert lab.page.locator(".player").count() == 0
    assert lab.page.locator(".formula.wrong .result").all_inner_texts() == ["0"]


def test_link(lab: Any) -> None:
    """A copied link opens the same, with what a teacher locked."""
    lab.open("sliding-window", STATES["convolution with every overlap"].to_json())
    lab.page.get_by_role("button", name="Link", exact=True).click()
    lab.page.locator("summary").click()
    assert "on this computer alone" in lab.page.locator("dialog[open]").inner_text()
    uses = {"Everything": "locked", "Code": "hidden", "Changing the input": "free"}
    for control, use in uses.items():
        lab.page.get_by_role("group", name=control, exact=True).get_by_role("radio", name=use).check()
    assert lab.page.get_by_role("group", name="Everything").locator(":checked").count() == 0
    lab.page.get_by_role("button", name="Copy", exact=True).click()
    lab.says(lab.page.locator("dialog[open] [role=status]"), "Link copied")
    link = lab.page.evaluate("navigator.clipboard.readText()")
    lab.page.goto("about:blank")
    lab.page.goto(link)
    lab.page.wait_for_selector(".lab .lab")
    assert lab.number("Output", 0, 0) == STATES["convolution with every overlap"].result()[0, 0]
    assert lab.page.locator('[role="grid"][aria-label^="Kernel"]').get_attribute("aria-readonly") == "true"
    assert lab.page.locator('[role="grid"][aria-label^="Input"]').get_attribute("aria-readonly") != "true"
    assert lab.page.get_by_role("button", name="Show the code").count() == 0


@pytest.mark.parametrize(("locked", "steps"), [("covered", True), ("player", False)])
def test_a_quiz_that_is_locked(lab: Any, locked: str, *, steps: bool) -> None:
    """Who may step cannot always lift the cover; where steps are locked, as in older links, nobody can."""
    lab.open("sliding-window", {"covered": True, "locked": [locked]})
    assert lab.page.get_by_label("Cover the cells to come").is_disabled()
    assert lab.page.get_by_role("button", name="Step", exact=True).is_enabled() == steps
    lab.page.get_by_role("button", name="Link", exact=True).click()
    lab.page.locator("summary").click()
    cover = lab.page.get_by_role("group", name="Cover the cells to come")
    assert cover.get_by_role("radio", name="locked").is_checked() == (locked == "covered")


def test_files(lab: Any, tmp_path: Path) -> None:
    """Drawing, picture, animation, LaTeX and state are files that can be used."""
    lab.open("sliding-window", {"padding": "same", "cell": [0, 1]})
    lab.page.get_by_role("button", name="Export").click()
    files = {"Drawing": "svg", "Picture": "png", "Animation": "gif", "LaTeX": "tex", "State (JSON)": "json"}
    for button, suffix in files.items():
        with lab.page.expect_download() as download:
            lab.page.get_by_role("button", name=button).click()
        download.value.save_as(tmp_path / f"step.{suffix}")
    with Image.open(tmp_path / "step.gif") as animation:
        assert animation.n_frames == 25  # type: ignore[attr-defined]
    with Image.open(tmp_path / "step.png") as picture:
        picture.load()
    assert "output [0, 1] = " in (tmp_path / "step.svg").read_text()
    assert r"\boxed{0}" in (tmp_path / "step.tex").read_text()
    assert SlidingWindow.from_json((tmp_path / "step.json").read_text()).cell == (0, 1)


def test_shadow_root(lab: Any) -> None:
    """In a shadow root the exhibit brings its styles with it, and leaves nothing behind when it ends."""
    lab.open("")
    styled = lab.page.evaluate(
        """async () => {
            const { default: exhibit } = await import("/static/sliding-window.js");
            const host = document.body.appendChild(document.createElement("div"));
            const root = host.attachShadow({ mode: "open" });
            const el = root.appendChild(document.createElement("div"));
            const heads = document.head.childElementCount;
            const values = { state: { border: "wrap" } };
            const model = { get: (name) => values[name], set: (name, value) => { values[name] = value; },
                            on() {}, off() {}, save_changes() {}, send() {} };
            const end = exhibit.render({ model, el });
            await new Promise(requestAnimationFrame);
            const cell = root.querySelector("[role=gridcell]");
            cell.focus();
            const result = [getComputedStyle(cell).display, document.head.childElementCount - heads,
                            root.activeElement.dataset.lmSuppressShortcuts === "true"];
            end();
            return [...result, el.childElementCount];
        }"""
    )
    assert styled == ["grid", 0, True, 0]


@pytest.mark.parametrize("exhibit", ["", "sliding-window"])
def test_accessible(phone: Any, exhibit: str) -> None:
    """axe-core finds nothing to complain of, in any colours, in the list and in the exhibit."""
    phone.page.set_viewport_size({"width": 1280, "height": 900})
    phone.open(exhibit, {"padding": "same", "border": "reflect", "operation": "convolution"})
    phone.check_accessible()


@pytest.mark.parametrize("width", [320, 768, 1920])
def test_fits(lab: Any, width: int) -> None:
    """Nothing makes the page wider than the screen."""
    lab.page.set_viewport_size({"width": width, "height": 800})
    lab.open("sliding-window", {"padding": "full", "operation": "convolution"})
    assert lab.page.evaluate("document.documentElement.scrollWidth") <= width
