"""Pooling in a browser: maps, distances and programs on the screen are those of the library."""

import contextlib
import io
import re
from typing import Any

import numpy as np
import pytest

from convolens.lab.states import Numbers, Pooling
from convolens.lab.states.presets import POOLING

_RANDOM = np.random.default_rng(5)
IMAGE = Numbers.of(_RANDOM.integers(-9, 10, (5, 7)))
ROW: dict[str, Any] = {
    "dims": 1, "input": Numbers.of(_RANDOM.integers(-9, 10, 7)), "window": (3,), "dilation": (1,),
    "output_size": (3,), "shift": (-3,), "along": 0,
}  # fmt: skip
MEAN: dict[str, Any] = {"input": IMAGE, "kind": "average", "window": (3, 2), "stride": (2, 3)}
UNEVEN = ((1, 0), (0, 1))

WINDOWS = {
    "max": Pooling(input=IMAGE, window=(3, 2), stride=(2, 1), padding=((1, 1), (1, 1)), dilation=(1, 2)),
    "max, uneven": Pooling(input=IMAGE, window=(2, 3), stride=(3, 3), padding=UNEVEN, ceil_mode=True),
    "mean, ceil": Pooling(**MEAN, padding=((1, 1), (1, 1)), ceil_mode=True, count_include_pad=False),
    "mean, uneven": Pooling(**MEAN, padding=UNEVEN, ceil_mode=True),
    "mean, dilation": Pooling(**MEAN, dilation=(2, 2), border="constant", border_value=-1.5, padding="full"),
    "norm": Pooling(**ROW, kind="lp", p=3, stride=(2,), padding="same"),
    "global norm": Pooling(**ROW, kind="lp", windows="global"),
    "regions": POOLING["adaptive"],
}
SHIFTS = {
    "zeros, moved": Pooling(
        view="shifts", input=IMAGE, window=(2, 3), stride=(2, 2), shift=(3, -4), entering="zeros",
        feature="sobel-x", method="max-blur", measure="moved", along=0,
    ),
    "row": Pooling(**ROW, view="shifts", method="average", feature="sobel-x", measure="changed"),
    "blurred": Pooling(view="shifts", input=IMAGE, method="blur", feature="sobel-y", entering="zeros"),
}  # fmt: skip


def apart(state: Pooling) -> float:
    """Return what the state's measure says of its method and shift."""
    return state.curves()[state.method][state.shift[state.along] + 8]


def shown(grid: Any) -> dict[tuple[int, int], float]:
    """Read all cells of a grid, by their places, as a screen reader does."""
    cells = grid.locator("[data-place]").evaluate_all(
        "cells => cells.map(cell => [cell.dataset.place, cell.getAttribute('aria-label')])"
    )
    found = {}
    for place, said in cells:
        row, column = place.split(",")
        value = said.rpartition(": ")[2].removesuffix(", changed")
        found[int(row), int(column)] = float(value.replace("−", "-"))
    return found


def check_shown(grid: Any, expected: Any) -> None:
    """Every cell of a grid is that of an array, as far as it is written."""
    found = shown(grid)
    rows = np.atleast_2d(expected)
    assert len(found) == rows.size
    for place, value in found.items():
        np.testing.assert_allclose(value, rows[place], rtol=1e-4, atol=1e-9)


@pytest.mark.parametrize("name", ["max", "mean, ceil", "norm"])
def test_output_on_the_screen(lab: Any, name: str) -> None:
    """Every cell of the output is the engine's."""
    lab.open("pooling", WINDOWS[name].to_json())
    check_shown(lab.page.get_by_role("grid", name="Output"), WINDOWS[name].result())


@pytest.mark.parametrize("name", ["zeros, moved", "row"])
def test_shifts_on_the_screen(lab: Any, name: str) -> None:
    """Maps before and after are those that Python shifts, pools and compares."""
    state = SHIFTS[name]
    lab.open("pooling", state.to_json())
    for row, shift in (("Before", (0,) * state.dims), ("After", state.shift)):
        check_shown(lab.page.get_by_label(row).get_by_role("grid").last, state.maps(state.method, shift))
    rows = lab.page.locator("tbody tr").all()
    for values, found in zip(state.curves().values(), rows, strict=True):
        texts = found.locator("td").all_inner_texts()
        wanted = [values[state.shift[state.along] + 8], max(values)]
        assert [float(text) for text in texts] == pytest.approx(wanted, abs=0.00501)


def test_maps_of_shifts_fit(lab: Any) -> None:
    """Whatever the width, no map of those side by side is cut off or sticks out."""
    lab.open("pooling", {"view": "shifts", "feature": "sobel-x"})
    for width in (400, 600, 900, 1280, 1920, 2560):
        lab.page.set_viewport_size({"width": width, "height": 900})
        lab.wait(
            """(() => {
                const { right } = document.querySelector(".pairs").getBoundingClientRect();
                const whole = (map) => map.scrollWidth <= map.clientWidth;
                const inside = (map) => map.getBoundingClientRect().right <= right + 1;
                return [...document.querySelectorAll(".pairs .map")].every((map) => whole(map) && inside(map));
            })()"""
        )


def test_programs_run_as_shown(lab: Any) -> None:
    """Each program under "Show the code" runs, and gives the output, or the maps and how far they are apart."""
    lab.open("pooling")
    for name, state in {**WINDOWS, **SHIFTS}.items():
        lab.show("pooling", state.to_json())
        lab.page.get_by_role("button", name="Show the code").click()
        for style in ("NumPy", "im2col", "PyTorch", "SciPy", "Convolens"):
            lab.page.get_by_role("radio", name=style, exact=True).check()
            text = lab.page.locator("dialog[open] pre").inner_text()
            if name == "regions" and style in ("im2col", "SciPy"):
                assert re.fullmatch(r"# .* as under NumPy\.\s*", text)
                assert lab.page.get_by_text("Runs as it stands").count() == 0
                continue
            names: dict[str, Any] = {}
            with contextlib.redirect_stdout(io.StringIO()):
                exec(text, names)
            if state.view == "windows":
                np.testing.assert_allclose(names["y"], state.result(), rtol=1e-12, err_msg=f"{style}, {name}")
                continue
            after = state.maps(state.method, state.shift)
            np.testing.assert_allclose(names["after"], after, rtol=1e-12, atol=1e-12, err_msg=f"{style}, {name}")
            assert names["apart"] == pytest.approx(apart(state), abs=1e-12), (style, name)


def test_keyboard_alone(lab: Any) -> None:
    """A step is taken, a cell pinned, a number changed, the input shifted, and a link opens the same."""
    lab.open("pooling")
    keyboard, said = lab.page.keyboard, lab.said
    lab.page.get_by_role("button", name="Step", exact=True).press("Enter")
    lab.says(said, "Output row 0, column 1: max(2, 4, 1, 2) equals 4")
    lab.cell("Output", 0, 1).focus()
    for key in ("ArrowDown", "Space"):
        keyboard.press(key)
    assert "max(9, 1, 4, 8) = 9" in lab.page.locator(".worked").inner_text()
    lab.cell("Input", 2, 2).focus()
    for key in ("-", "3", "Enter"):
        keyboard.press(key)
    assert lab.number("Output", 1, 1) == 8
    lab.page.get_by_role("radio", name="Windows").focus()
    keyboard.press("ArrowRight")
    slider = lab.page.get_by_role("slider", name="Right")
    slider.focus()
    keyboard.press("ArrowLeft")
    keyboard.press("ArrowLeft")
    state = Pooling(view="shifts", input=Numbers.of([[1, 3, 2, 4], [5, 6, 1, 2], [7, 2, -3, 1], [0, 1, 4, 8]]))
    state = state.replace(shift=(0, -1))
    changed = (state.maps("max", (0, 0)) != state.maps("max", (0, -1))).sum()
    lab.says(said, f"Shift 0, −1. Maximum of 2 × 2: {apart(state):.2f} apart, {changed} of 4 cells changed")
    lab.page.get_by_role("slider", name="Down").press("ArrowUp")  # the keys go where the input goes
    assert lab.page.get_by_role("slider", name="Down").input_value() == "-1"
    lab.page.get_by_role("button", name="Link", exact=True).press("Enter")
    lab.page.get_by_role("button", name="Copy", exact=True).press("Enter")
    lab.says(lab.page.locator("dialog[open] [role=status]"), "Link copied")
    link = lab.page.evaluate("navigator.clipboard.readText()")
    lab.page.goto("about:blank")
    lab.page.goto(link)
    lab.page.wait_for_selector(".lab .lab")
    assert lab.page.get_by_role("slider", name="Right").input_value() == "-1"


@pytest.mark.parametrize(
    "state", [{"padding": "same"}, {"view": "shifts", "feature": "sobel-x"}], ids=["windows", "shifts"]
)
def test_accessible(phone: Any, state: dict[str, Any]) -> None:
    """axe-core finds nothing to complain of, and 320 pixels are wide enough, in both views."""
    phone.open("pooling", state)
    assert phone.page.evaluate("document.documentElement.scrollWidth") <= 320
    phone.check_accessible()
