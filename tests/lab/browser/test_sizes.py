"""The sizes in a browser: shapes, counts and fields on the screen are those of the library."""

import contextlib
import io
from pathlib import Path
from typing import Any

import pytest
from playwright import sync_api

from convolens.cli.shape_tables import in_bytes, rounded
from convolens.lab.states import Sizes
from convolens.lab.states.presets import SIZES
from convolens.spec.stack_text import parse_stack
from lab.opening import choose, drop

PICTURE = Path(__file__).parents[3] / "docs" / "pictures" / "lab-sizes.png"
MIXED = Sizes(
    stack="3x20x26 conv:8,k3x5,s2,p1 relu dw:k3,same max:2,ceil deconv:6,k4,s2,p1 gap flatten dense:5",
    dtype="float64",
    layer=5,
    cell=(1, 7),
)


def rows(lab: Any) -> list[list[str]]:
    """Read the table of layers, names first."""
    found: list[list[str]] = lab.page.evaluate(
        """() => [...document.querySelectorAll(".lab tbody tr:has([data-layer])")]
            .map((row) => [...row.children].map((cell) => cell.innerText.replace(/\\s+/g, " ").trim()))"""
    )
    return found


def expected(state: Sizes) -> list[list[str]]:
    """Write the same from the library."""
    table = [["Input", " × ".join(map(str, state.result().input_shape)), *[""] * 5]]
    for number, layer in enumerate(state.result().layers, 1):
        field = layer.receptive_field
        counts = [rounded(count) if count else "" for count in (layer.parameters, layer.macs)]
        sizes = [" × ".join(map(str, shape)) for shape in (layer.output_shape, field.size)]
        step = str(field.jump[0]) if len(set(field.jump)) == 1 else " × ".join(map(str, field.jump))
        table.append([f"{number} {layer.name}", sizes[0], *counts, in_bytes(layer.memory), sizes[1], step])
    return table


@pytest.mark.parametrize("state", [MIXED, SIZES["vgg"]], ids=["mixed", "vgg"])
def test_sizes_on_the_screen(lab: Any, state: Sizes) -> None:
    """Every size, count and field is the library's, and a link carries the state."""
    lab.open("sizes", state.to_json())
    assert rows(lab) == expected(state)
    stack = state.result()
    totals = [cell.strip() for cell in lab.page.locator(".lab tfoot td").all_inner_texts()]
    assert totals[1:4] == [f"{stack.parameters:,}", f"{stack.macs:,}", in_bytes(stack.memory)]
    if state.cell is not None:
        part = parse_stack(" ".join(state.stack.split()[: state.layer + 1]))
        (top, bottom), (left, right) = part.sees(state.cell)
        said = f"rows {top} to {bottom}, columns {left} to {right}".replace("-", "−")
        assert said in lab.page.locator(".stage .head").inner_text()


def test_a_cell_is_chosen_in_a_map(lab: Any) -> None:
    """A click and an arrow choose the cell whose field is said and drawn."""
    lab.open("sizes", SIZES["shrinking"].replace(layer=2).to_json())
    chosen = lab.page.locator('.map[aria-pressed="true"]')
    box = chosen.bounding_box()
    chosen.click(position={"x": box["width"] / 2 - 20, "y": box["height"] / 2})
    lead = lab.page.locator(".stage .head")
    assert "rows 1 to 5, columns 0 to 4" in lead.inner_text()
    chosen.press("ArrowRight")
    lab.page.mouse.move(0, 0)
    lab.says(lead.locator("p").first, "5 × 5 cells of the input's 7 × 7: rows 1 to 5, columns 1 to 5.")
    lab.says(
        lab.said,
        "Layer 2, conv:1,k3, row 1, column 1, sees 5 by 5 cells of the input: rows 1 to 5, columns 1 to 5",
    )


def test_mouse(lab: Any) -> None:
    """A row is dragged to another place, and a photograph of one's own is what is seen."""
    lab.open("sizes", {"stack": "1x28x28 conv:8,k5 relu max:2", "layer": 1})
    table = lab.page.locator(".lab tbody tr")
    table.nth(3).locator("td").first.drag_to(table.nth(1).locator("td").first)
    assert lab.page.get_by_role("textbox").input_value() == "1x28x28 max:2 conv:8,k5 relu"
    lab.wait("document.querySelector('.input image') !== null")
    before = lab.page.locator(".input image").get_attribute("href")
    choose(lab.page, "Open yours", PICTURE)
    lab.wait(f"document.querySelector('.input image').getAttribute('href') !== '{before}'")
    assert lab.page.get_by_role("radio", name="Yours").is_checked()
    assert drop(lab.page, "none.png", b"<svg/>")
    alert = lab.page.get_by_role("alert")
    readable = "PNG, JPEG and WebP work in every browser."
    lab.says(alert, f"none.png: the browser cannot read this as a picture. {readable}")
    lab.page.get_by_role("radio", name="Cat").check(force=True)
    assert drop(lab.page, PICTURE.name, PICTURE.read_bytes())
    sync_api.expect(lab.page.get_by_role("radio", name="Yours")).to_be_checked()
    assert alert.count() == 0


def test_keyboard_alone(lab: Any) -> None:
    """Layers are chosen, moved, removed, added and padded, and a mistake in the text says where it is."""
    lab.open("sizes", {"stack": "1x28x28 conv:8,k5 relu max:2", "layer": 1})
    page, keyboard = lab.page, lab.page.keyboard
    text = page.get_by_role("textbox")
    page.get_by_role("button", name="Pad like that").press("Enter")
    assert text.input_value() == "1x28x28 conv:8,k5,p2 relu max:2"
    page.locator('[data-layer="1"]').focus()
    keyboard.press("Alt+ArrowDown")
    assert text.input_value() == "1x28x28 relu conv:8,k5,p2 max:2"
    keyboard.press("ArrowDown")
    keyboard.press("Delete")
    assert text.input_value() == "1x28x28 relu conv:8,k5,p2"
    page.get_by_role("button", name="Flatten", exact=True).press("Space")
    page.get_by_role("button", name="Conv", exact=True).press("Space")
    assert text.input_value() == "1x28x28 relu conv:8,k5,p2 flatten conv:6272,k3,same"
    assert "layer 4 'conv:6272,k3,same' at character 35" in page.locator(".problem").inner_text()
    assert [row[1] for row in rows(lab)][2:] == ["8 × 28 × 28", "6272", "cannot be: see above"]
    keyboard.press("Control+z")
    keyboard.press("Control+z")
    assert text.input_value() == "1x28x28 relu conv:8,k5,p2"
    text.focus()
    keyboard.press("End")
    keyboard.type(" 2*(avg:2")
    lab.says(page.locator(".problem mark"), "(")
    assert rows(lab)[2][1] == "8 × 28 × 28"
    keyboard.type(")")
    assert rows(lab)[4][1] == "8 × 7 × 7"


def test_programs_run_as_shown(lab: Any) -> None:
    """Each program under "Show the code" runs and gives the sizes."""
    text = "1x12x12 conv:4,k3,p0+1,reflect tanh max:2 dense:5"
    stack = parse_stack(text)
    lab.open("sizes", {"stack": text})
    lab.page.get_by_role("button", name="Show the code").click()
    shapes, parameters = [], []
    for style in ("PyTorch", "Network (cl.nn)", "Sizes (cl.parse_stack)"):
        lab.page.get_by_role("radio", name=style, exact=True).check()
        names: dict[str, Any] = {}
        with contextlib.redirect_stdout(io.StringIO()):
            exec(lab.page.locator("dialog[open] pre").inner_text(), names)
        found = names.get("y", names.get("x"))
        shapes.append(tuple(found.shape[1:]) if found is not None else names["stack"].output_shape)
        if style == "PyTorch":
            parameters.append(sum(weights.numel() for weights in names["network"].parameters()))
    lab.page.get_by_role("radio", name="NumPy, im2col, SciPy", exact=True).check()
    assert lab.page.locator("dialog[open] pre").inner_text().startswith("# A stack is for libraries")
    assert shapes == [stack.output_shape] * 3
    assert parameters == [stack.parameters]


def test_accessible(phone: Any) -> None:
    """axe-core finds nothing to complain of, and 320 pixels are wide enough."""
    phone.open("sizes")
    phone.page.get_by_role("textbox").fill("1x28x28 conv:8,k5 flatten conv:3,k3")
    assert phone.page.evaluate("document.documentElement.scrollWidth") <= 320
    phone.check_accessible()


def test_a_question_ends_with_its_own_sign(lab: Any) -> None:
    """What is wrong with a stack is a sentence, be it a question at its end."""
    for stack, said in (("1x8x8 relu7", "or 'elu'?"), ("1x8x8 conv:8,k9", "use a smaller kernel.")):
        lab.open("sizes", {"stack": stack})
        assert lab.page.locator(".problem p").first.inner_text().endswith(said)
