"""The borders in a browser: what stands on the screen is what the library computes."""

import contextlib
import io
from typing import Any

import numpy as np
import pytest

from convolens.lab.states import Borders, Numbers

MODES = ("constant", "edge", "reflect", "symmetric", "wrap")

_RANDOM = np.random.default_rng(6)


def _digits(*shape: int) -> Numbers:
    return Numbers.of(_RANDOM.integers(-9, 10, shape))


STATES = {
    "picture": Borders(input=_digits(4, 5), kernel=_digits(3, 2), pad=(2, 3), border_value=-4),
    "narrow": Borders(input=_digits(6, 5), kernel=_digits(5, 3), pad=(1, 1), border_value=7),
    "row, wide border": Borders(dims=1, input=_digits(4), kernel=_digits(3), pad=(9,), border_value=2.5),
}


@pytest.mark.parametrize("name", STATES)
def test_arrays_on_the_screen(lab: Any, name: str) -> None:
    """Every cell of every padded picture is NumPy's, every output the engine's."""
    state = STATES[name]
    lab.open("borders", state.to_json())
    before = [(taps - 1) // 2 for taps in state.kernel.shape]
    results = state.results()
    for mode in (*MODES, "none"):
        title = "no padding" if mode == "none" else mode
        pad = [0] * state.dims if mode == "none" else list(state.pad)
        options: dict[str, Any] = {"constant_values": state.border_value} if mode == "constant" else {}
        image = state.input.array().astype(float)
        padded = np.pad(image, [(cells,) * 2 for cells in pad], "edge" if mode == "none" else mode, **options)
        for array, first, label in (
            (padded, [-cells for cells in pad], f"{title}, padded"),
            (results[mode], [b - cells for b, cells in zip(before, pad, strict=True)], f"{title}, output"),
        ):
            shown = lab.page.locator(f'[role="grid"][aria-label^="{label}"] [data-place]').evaluate_all(
                "cells => cells.map(cell => [cell.dataset.place, cell.getAttribute('aria-label')])"
            )
            assert len(shown) == array.size
            for place, said in shown:
                at = tuple(int(n) for n in place.split(","))[-state.dims :]
                value = float(said.partition(": ")[2].partition(",")[0].replace("−", "-"))
                assert value == array[tuple(n - start for n, start in zip(at, first, strict=True))]


def test_programs_run_as_shown(lab: Any) -> None:
    """Each program under "Show the code" runs, with every border that its library has."""
    wide = {"symmetric", "reflect", "wrap"}
    for name, missing in (("picture", {"symmetric"}), ("narrow", {"symmetric"}), ("row, wide border", wide)):
        lab.open("borders", STATES[name].to_json())
        lab.page.get_by_role("button", name="Show the code").click()
        for style in ("NumPy", "im2col", "PyTorch", "SciPy", "OpenCV", "Convolens"):
            lab.page.get_by_role("radio", name=style, exact=True).check()
            names: dict[str, Any] = {}
            with contextlib.redirect_stdout(io.StringIO()):
                exec(lab.page.locator("dialog[open] pre").inner_text(), names)
            assert set(names["outputs"]) == set(MODES) - (missing if style == "PyTorch" else set())
            for mode, found in names["outputs"].items():
                expected = STATES[name].results()[mode]
                np.testing.assert_allclose(found, expected, rtol=1e-12, err_msg=f"{style}, {mode}")


def test_keyboard_alone(lab: Any) -> None:
    """Arrow keys say what a place shows in every border; it is kept, let go, and numbers are changed."""
    lab.open("borders")
    keyboard = lab.page.keyboard
    lab.cell("wrap, padded", 0, 0).focus()
    keyboard.press("ArrowUp")
    said = lab.said
    assert "edge: shows [0, 0] = 1; reflect: shows [1, 0] = 5; symmetric: shows [0, 0] = 1" in said.inner_text()
    keyboard.press("Space")
    lab.cell("edge, output", 0, 0).focus()
    assert "= 39" in said.inner_text()
    lab.page.get_by_role("button", name="Link", exact=True).focus()
    assert "Cell [−1, 0]" in lab.page.locator(".where").inner_text()  # kept
    lab.cell("reflect, padded", 1, 0).focus()
    for key in ("Escape", "-", "3", "Enter"):
        keyboard.press(key)
    assert lab.number("edge, padded", 1, 0) == -3
    assert "−3, shows row 1" in lab.cell("reflect, padded", -1, 0).get_attribute("aria-label")
    keyboard.press("Control+z")
    assert lab.number("edge, padded", 1, 0) == 5


def test_link(lab: Any) -> None:
    """A copied link opens the same."""
    lab.open("borders", STATES["picture"].to_json())
    lab.page.get_by_role("button", name="Link", exact=True).click()
    lab.page.get_by_role("button", name="Copy", exact=True).click()
    lab.says(lab.page.locator("dialog[open] [role=status]"), "Link copied")
    link = lab.page.evaluate("navigator.clipboard.readText()")
    lab.page.goto("about:blank")
    lab.page.goto(link)
    lab.page.wait_for_selector(".lab .lab")
    assert lab.number("wrap, output", 0, 0) == STATES["picture"].results()["wrap"][1, 3]


def test_accessible(phone: Any) -> None:
    """axe-core finds nothing to complain of, and nothing is wider than a small screen."""
    phone.open("borders", {"cell": [-1, -2], "pad": [4, 2]})
    phone.page.wait_for_function("document.documentElement.scrollWidth <= 320")
    phone.page.set_viewport_size({"width": 1280, "height": 900})
    phone.check_accessible()
