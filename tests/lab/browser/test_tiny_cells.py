"""Cells too small for numbers, which are drawn: seen, said, gone over, pinned and changed as elements are."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from convolens.lab.states import Numbers, SlidingWindow

_RANDOM = np.random.default_rng(8)
INPUT = _RANDOM.integers(-9, 10, (64, 64))
STATE = SlidingWindow(
    input=Numbers.of(INPUT), kernel=Numbers.of(_RANDOM.integers(-3, 4, (3, 5))), padding="same", border="wrap"
)
STOPS = {
    "light": "b35806 e08214 fdb863 fee0b6 ffffff d8daeb b2abd2 8073ac 5a3d94",
    "dark": "ffb45c d98324 a05e1b 5c3d1d 20222b 3a3560 5e5399 8a7ccb bcb0f5",
}


def scaled(values: npt.NDArray[Any], scheme: str) -> npt.NDArray[Any]:
    """Return the colours of numbers: 64 steps on either side of zero, between nine stops."""
    stops = np.array([list(bytes.fromhex(stop)) for stop in STOPS[scheme].split()], float)
    place = (np.floor(values / abs(values).max() * 64 + 0.5) + 64) / 16
    low = np.minimum(np.floor(place), 7).astype(int)
    colours: npt.NDArray[Any] = np.floor(
        stops[low] + (place - low)[..., None] * (stops[low + 1] - stops[low]) + 0.5
    )
    return colours


PIXELS = """const pixels = (canvas) => {
    const pen = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    Object.assign(pen.canvas, { width: canvas.width, height: canvas.height });
    pen.drawImage(canvas, 0, 0);
    return pen.getImageData(0, 0, canvas.width, canvas.height);
};"""
"""Reads a canvas by the way of a copy: one that is read often is drawn in another way."""


def grid(lab: Any, label: str) -> Any:
    """Return the grid whose name begins so."""
    return lab.page.locator(f'[role="grid"][aria-label^="{label}"]')


def seen(lab: Any, label: str) -> npt.NDArray[Any]:
    """Read the colours in the middle of all cells of a grid."""
    found = grid(lab, label).evaluate(
        "(grid) => {"
        + PIXELS
        + """
            const [rows, columns] = [Number(grid.ariaRowCount), Number(grid.ariaColCount)];
            const { width, height, data } = pixels(grid.querySelector("canvas"));
            const middle = (n, count, size) => Math.floor(((n + 0.5) / count) * size);
            const at = (row, column) => 4 * (middle(row, rows, height) * width + middle(column, columns, width));
            const pixel = (row, column) => [...data.slice(at(row, column), at(row, column) + 3)];
            return Array.from({ length: rows }, (_, r) => Array.from({ length: columns }, (_, c) => pixel(r, c)));
        }"""
    )
    return np.array(found, float)


def middle(lab: Any, label: str, row: int, column: int) -> tuple[float, float]:
    """Return the point in the middle of a cell of a grid, which is scrolled to."""
    grid(lab, label).scroll_into_view_if_needed()
    box = grid(lab, label).locator("canvas").bounding_box()
    count = [int(grid(lab, label).get_attribute(f"aria-{name}count")) for name in ("row", "col")]
    first = [-1, -2] if label == "Input" else [0, 0]
    return (
        box["x"] + (column - first[1] + 0.5) / count[1] * box["width"],
        box["y"] + (row - first[0] + 0.5) / count[0] * box["height"],
    )


def said(lab: Any) -> str:
    """Return the name of what has the focus."""
    return str(lab.page.evaluate("document.activeElement.ariaLabel"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_are_those_of_the_numbers(lab: Any, scheme: str) -> None:
    """Every cell has its number's colour, also once a number or the theme is another."""
    lab.open("sliding-window", STATE.to_json())
    lab.page.emulate_media(color_scheme=scheme)
    lab.wait(f"document.querySelector('.lab .lab').dataset.theme === '{scheme}'")
    np.testing.assert_array_equal(seen(lab, "Output"), scaled(STATE.result(), scheme))
    lab.cell("Kernel", 0, 0).focus()
    for key in ("9", "Enter"):
        lab.page.keyboard.press(key)
    weights = STATE.kernel.array().copy()
    weights[0, 0] = 9
    np.testing.assert_array_equal(
        seen(lab, "Output"), scaled(STATE.replace(kernel=Numbers.of(weights)).result(), scheme)
    )
    inner = seen(lab, "Input")[1:-1, 2:-2]
    np.testing.assert_array_equal(inner, scaled(INPUT, scheme))


def test_keys_say_each_cell(lab: Any) -> None:
    """Keys go from cell to cell; each is another element that has the focus, with its name and where it stands."""
    lab.open("sliding-window", STATE.to_json())
    assert grid(lab, "Output").get_attribute("aria-rowcount") == "64"
    grid(lab, "Output").locator('[tabindex="0"]').locator("visible=true").focus()
    place, result = [0, 0], STATE.result()
    lab.page.evaluate("window.last = document.activeElement")
    for key, by in (
        ("ArrowRight", (0, 1)), ("ArrowDown", (1, 0)), ("PageDown", (5, 0)), ("End", (0, 62)),
        ("ArrowLeft", (0, -1)), ("Control+End", (57, 1)), ("Home", (0, -63)),
        ("ArrowUp", (-1, 0)), ("Control+Home", (-62, 0)),
    ):  # fmt: skip
        lab.page.keyboard.press(key)
        place = [place[0] + by[0], place[1] + by[1]]
        value = str(result[tuple(place)]).replace("-", "−")
        assert said(lab) == f"Output row {place[0]}, column {place[1]}: {value}"
        now, before, row, column = lab.page.evaluate(
            """() => {
                const [now, before] = [document.activeElement, window.last];
                window.last = now;
                return [now === before, before.checkVisibility(), now.parentNode.ariaRowIndex, now.ariaColIndex];
            }"""
        )
        assert (now, before, int(row), int(column)) == (False, False, place[0] + 1, place[1] + 1)
    lab.page.keyboard.press("ArrowLeft")  # leads nowhere, so nothing is said again
    assert lab.page.evaluate("document.activeElement === window.last")
    assert grid(lab, "Output").get_by_role("gridcell").count() == 1


def test_pointer_looks_and_pins(lab: Any) -> None:
    """A cell under the pointer is worked out, one that is clicked stays, until it is clicked again."""
    lab.open("sliding-window", STATE.to_json())
    worked, result = lab.page.locator(".worked"), STATE.result()

    def works_out(row: int, column: int) -> None:
        value = str(result[row, column]).replace("-", "−")
        lab.says(worked.locator("h2, h3").first, f"output [{row}, {column}] = {value}")

    lab.page.mouse.move(*middle(lab, "Output", 40, 21))
    works_out(40, 21)
    lab.page.mouse.move(2, 2)
    works_out(0, 0)
    lab.page.mouse.click(*middle(lab, "Output", 63, 63))
    lab.page.mouse.move(*middle(lab, "Output", 5, 5))
    works_out(63, 63)
    assert said(lab).startswith("Output row 63, column 63")
    assert lab.page.evaluate("document.activeElement.ariaSelected") == "true"
    lab.page.mouse.click(*middle(lab, "Output", 63, 63))
    lab.page.mouse.move(*middle(lab, "Output", 5, 5))
    works_out(5, 5)


def test_touch_pins(lab: Any, open_context: Any) -> None:
    """A cell that is touched stays, on a screen with two pixels for each."""
    context = open_context(has_touch=True, device_scale_factor=2, viewport={"width": 1280, "height": 900})
    lab = type(lab)(context.new_page())
    lab.open("sliding-window", STATE.to_json())
    canvas = grid(lab, "Output").locator("canvas")
    assert canvas.get_attribute("width") == str(2 * round(canvas.bounding_box()["width"]))
    lab.page.touchscreen.tap(*middle(lab, "Output", 30, 7))
    value = str(STATE.result()[30, 7]).replace("-", "−")
    assert f"output [30, 7] = {value}" in lab.page.locator(".worked").inner_text()
    assert lab.page.get_by_role("button", name="Unpin").count() == 1
    np.testing.assert_array_equal(seen(lab, "Output"), scaled(STATE.result(), "light"))


def test_numbers_change_in_place(lab: Any) -> None:
    """A second click edits where the cell is; keys write, delete, paste and copy; a border's cell stays."""
    lab.open("sliding-window", STATE.to_json())
    keyboard = lab.page.keyboard
    for _ in range(2):
        lab.page.mouse.click(*middle(lab, "Input", 20, 30))
    box, point = lab.page.locator("input.edit").bounding_box(), middle(lab, "Input", 20, 30)
    assert 0 <= point[0] - box["x"] < 8
    assert 0 <= point[1] - box["y"] < 8
    for key in ("Control+a", "-", "8", "Tab", "Delete"):
        keyboard.press(key)
    assert said(lab) == "Input row 20, column 31: 0"
    keyboard.press("ArrowLeft")
    assert said(lab) == "Input row 20, column 30: −8"
    changed = INPUT.copy()
    changed[20, 30:32] = [-8, 0]
    np.testing.assert_array_equal(
        seen(lab, "Output"), scaled(STATE.replace(input=Numbers.of(changed)).result(), "light")
    )
    lab.page.evaluate("navigator.clipboard.writeText('1\\t2\\n3\\t4')")
    keyboard.press("Control+v")
    changed[20:22, 30:32] = [[1, 2], [3, 4]]
    told = lab.page.get_by_role("alert")
    assert told.inner_text().startswith("4 numbers pasted")
    body = grid(lab, "Input").bounding_box()
    assert told.bounding_box()["y"] >= body["y"] + body["height"]
    keyboard.press("Control+c")
    copied = lab.page.evaluate("navigator.clipboard.readText()")
    assert [[int(number) for number in row.split("\t")] for row in copied.split("\n")] == changed.tolist()
    keyboard.press("Control+Home")
    assert said(lab).startswith("Border row minus 1, column minus 2")
    keyboard.press("5")
    assert lab.page.locator("input.edit").count() == 0


def test_hatched_and_dotted(lab: Any) -> None:
    """What lies in the border is hatched, what is no number is dotted, and all else is even."""
    numbers = INPUT.astype(float)
    numbers[10, 10] = np.nan
    state = STATE.replace(input=Numbers.of(numbers), padding=((4, 4), (4, 4)), border="constant", border_value=3)
    lab.open("sliding-window", state.to_json())
    counts = grid(lab, "Input").evaluate(
        "(grid) => {"
        + PIXELS
        + """
            const { width, data } = pixels(grid.querySelector("canvas"));
            const cell = width / 72;
            const colours = (row, column) => new Set(Array.from({ length: cell * cell }, (_, i) => {
                const [x, y] = [(column + 4) * cell + (i % cell), (row + 4) * cell + Math.floor(i / cell)];
                const at = 4 * (y * width + x);
                return data.slice(at, at + 3).join();
            })).size;
            return [[-4, -4], [30, -1], [64, 30], [10, 10], [10, 11], [63, 63]].map((place) => colours(...place));
        }"""
    )
    assert [count > 1 for count in counts] == [True, True, True, True, False, False]


def test_large_arrays_are_drawn(lab: Any) -> None:
    """Every overlap of 64 × 64 and 64 × 64 is drawn; volumes that are too large are refused in a sentence."""
    ones = Numbers.of(np.ones((64, 64), int))
    state = SlidingWindow(input=ones, kernel=ones, padding="full")
    lab.open("sliding-window", state.to_json())
    assert grid(lab, "Input").get_attribute("aria-colcount") == "190"
    np.testing.assert_array_equal(seen(lab, "Output"), scaled(state.result(), "light"))
    lab.open("sliding-window", {"dims": 3})
    for axis in ("Rows", "Columns"):
        lab.page.get_by_label(f"Input, {axis}", exact=True).fill("64")
        lab.page.get_by_label(f"Input, {axis}", exact=True).press("Enter")
    asked, _, possible = lab.page.get_by_role("alert").inner_text().partition(" would be ")
    depth, rows, columns = (int(size) for size in asked.split(" × "))
    assert [rows, columns] == [64, 64]
    most = 4096 // (depth * rows)
    assert possible == f"{depth * 4096} cells; an array has up to 4096 here, so at most {most} along this side."


def test_accessible(phone: Any) -> None:
    """axe-core finds nothing to complain of."""
    phone.page.set_viewport_size({"width": 1280, "height": 900})
    phone.open("sliding-window", STATE.to_json())
    phone.check_accessible()
