"""Tables that are larger than the array into which they are pasted."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

LARGER = [
    ("sliding-window", {}, "Kernel", (4, 5), (4, 5), "Make it 4 × 5"),
    ("sliding-window", {}, "Input", (66, 5), (64, 5), "Make it 64 × 5, the largest"),
    (
        "sliding-window",
        {"input": {"shape": [4], "data": [1, 2, 3, 4]}},
        "Input",
        (20, 2),
        (1, 40),
        "Make it 40 long",
    ),
    ("pooling", {}, "Input", (5, 6), (5, 6), "Make it 5 × 6"),
    ("pooling", {"view": "shifts"}, "Input", (6, 6), (6, 6), "Make it 6 × 6"),
    ("borders", {}, "edge, ", (6, 5), (6, 5), "Make it 6 × 5"),
    ("borders", {}, "Kernel", (4, 4), (4, 4), "Make it 4 × 4"),
    ("channels", {}, "Input", (6, 7), (6, 7), "Make it 3 × 6 × 7"),
    ("channels", {}, "Kernel", (4, 6), (4, 5), "Make it 4 × 5, the largest"),
    ("matrix-view", {}, "Input", (5, 9), (5, 8), "Make it 1 × 5 × 8, the largest"),
    ("matrix-view", {}, "Kernel", (4, 4), (4, 4), "Make it 1 × 1 × 4 × 4"),
    ("backwards", {}, "Input", (4, 4), (4, 4), "Make it 4 × 4"),
    ("gallery", {}, "Kernel", (4, 5), (4, 5), "Make it 4 × 5"),
]


def table(rows: int, columns: int) -> str:
    """Return a table that counts from 1, as a spreadsheet copies it."""
    return "\n".join(
        "\t".join(str(row * columns + column + 1) for column in range(columns)) for row in range(rows)
    )


@pytest.mark.parametrize(("exhibit", "state", "name", "size", "kept", "offer"), LARGER)
def test_a_larger_table_is_offered_room(
    lab: Any,
    exhibit: str,
    state: dict[str, Any],
    name: str,
    size: tuple[int, int],
    kept: tuple[int, int],
    offer: str,
) -> None:
    """By the keyboard alone the array grows to the table, or to the largest, in one step that undo takes back."""
    lab.open(exhibit, state)
    grid = lab.page.locator(f'[role="grid"][aria-readonly="false"][aria-label^="{name}"]').first
    text = table(*size)
    lab.page.evaluate("(text) => navigator.clipboard.writeText(text)", text)
    grid.locator('[data-place="0,0"]').focus()
    lab.page.keyboard.press("Control+v")
    said = lab.page.get_by_role("alert")
    expect(said).to_contain_text("left out")
    part = names(grid)
    lab.page.keyboard.press("Tab")
    button = said.get_by_role("button", name=offer, exact=True)
    expect(button).to_be_focused()
    lab.page.keyboard.press("Enter")
    expect(said).to_contain_text(f"{kept[0] * kept[1]} numbers pasted")
    expect(said.get_by_role("button")).to_have_count(0)
    expect(grid.locator(":focus")).to_have_count(1)
    lab.page.keyboard.press("Control+c")
    lines = [line.split("\t") for line in text.split("\n")]
    whole = lines if kept[0] > 1 else [text.split()]
    copied = "\n".join("\t".join(line[: kept[1]]) for line in whole[: kept[0]])
    assert lab.page.evaluate("navigator.clipboard.readText()") == copied
    lab.page.keyboard.press("Control+z")
    assert names(grid) == part


def names(grid: Any) -> list[str]:
    """Return what a screen reader says of each cell."""
    said: list[str] = grid.get_by_role("gridcell").evaluate_all("(cells) => cells.map((cell) => cell.ariaLabel)")
    return said


@pytest.mark.parametrize("taught", ["locked", "hidden"])
def test_no_offer_where_a_teacher_set_the_size(lab: Any, taught: str) -> None:
    """Only those who may change the size of an array are offered to."""
    lab.open("sliding-window", {taught: ["size"]})
    lab.page.evaluate("(text) => navigator.clipboard.writeText(text)", table(4, 4))
    lab.cell("Kernel", 0, 0).focus()
    lab.page.keyboard.press("Control+v")
    said = lab.page.get_by_role("alert")
    expect(said).to_contain_text("7 left out")
    assert said.get_by_role("button").count() == 0


def test_the_offer_goes_with_what_it_is_about(lab: Any) -> None:
    """A click takes it; the next key in the array, or a change elsewhere, takes it away."""
    lab.open("sliding-window")
    lab.page.evaluate("(text) => navigator.clipboard.writeText(text)", table(4, 4))
    offer = lab.page.get_by_role("button", name="Make it 4 × 4")
    for end in ("key", "change"):
        lab.cell("Kernel", 0, 0).focus()
        lab.page.keyboard.press("Control+v")
        expect(offer).to_have_count(1)
        if end == "key":
            lab.page.keyboard.press("ArrowDown")
        else:
            lab.page.get_by_role("button", name="Undo").click()
        expect(offer).to_have_count(0)
    lab.cell("Kernel", 0, 0).focus()
    lab.page.keyboard.press("Control+v")
    offer.click()
    expect(lab.cell("Kernel", 3, 3)).to_have_text("16")
    expect(lab.cell("Kernel", 0, 0)).to_be_focused()
