"""The channels in a browser: maps, sums and counts on the screen are those of the library."""

import contextlib
import io
from typing import Any

import numpy as np
import pytest

from convolens.lab.states import Channels, Numbers
from convolens.lab.states.presets import CHANNELS

_RANDOM = np.random.default_rng(7)
GROUPED = Channels(
    input=Numbers.of(_RANDOM.integers(-9, 10, (4, 5, 4))),
    weight=Numbers.of(_RANDOM.integers(-4, 5, (12, 3, 2))),
    groups=2,
    bias=(1, -2, 3, 0.5, 0, 7),
    padding="same",
)


def cell(lab: Any, grid: str, row: int, column: int) -> Any:
    """Return a cell of the grid whose name ends so."""
    return lab.page.locator(f'[role="grid"][aria-label$="{grid}"] [data-place="{row},{column}"]')


def number(lab: Any, grid: str, row: int, column: int) -> float:
    """Read a cell as a screen reader does."""
    name = cell(lab, grid, row, column).get_attribute("aria-label")
    return float(name.rpartition(": ")[2].replace("−", "-"))


@pytest.mark.parametrize("state", [GROUPED, CHANNELS["grey"]], ids=["groups", "grey"])
def test_maps_on_the_screen(lab: Any, state: Channels) -> None:
    """Every cell of every map is that of the engine, and a link carries the state."""
    lab.open("channels", state.to_json())
    expected = state.result()
    for map_, row, column in np.ndindex(expected.shape):
        np.testing.assert_allclose(
            number(lab, f", map {map_}", row, column), expected[map_, row, column], rtol=1e-4
        )


def test_programs_run_as_shown(lab: Any) -> None:
    """Each program under "Show the code" runs and gives the maps."""
    lab.open("channels", GROUPED.to_json())
    lab.page.get_by_role("button", name="Show the code").click()
    for style in ("NumPy", "im2col", "PyTorch", "SciPy", "Convolens"):
        lab.page.get_by_role("radio", name=style, exact=True).check()
        names: dict[str, Any] = {}
        with contextlib.redirect_stdout(io.StringIO()):
            exec(lab.page.locator("dialog[open] pre").inner_text(), names)
        np.testing.assert_allclose(names["y"], GROUPED.result(), rtol=1e-12, err_msg=style)


def test_keyboard_alone(lab: Any) -> None:
    """A weight is changed, a cell pinned, groups chosen and counts followed without a mouse."""
    lab.open("channels", CHANNELS["full"].to_json())
    keyboard, worked = lab.page.keyboard, lab.page.locator(".worked")
    cell(lab, "Kernel 0, channel 1", 0, 0).focus()
    for key in ("ArrowRight", "9", "Enter"):
        keyboard.press(key)
    weights = CHANNELS["full"].weights()
    weights[0, 1, 0, 1] = 9
    edited = Channels(input=CHANNELS["full"].input, weight=Numbers.of(weights.reshape(-1, 3, 3)))
    assert number(lab, ", map 0", 0, 0) == edited.result()[0, 0, 0]
    cell(lab, ", map 2", 0, 0).focus()
    for key in ("ArrowDown", "Space"):
        keyboard.press(key)
    expected = str(edited.result()[2, 1, 0]).replace("-", "−")
    assert f"map 2 [1, 0] = {expected}" in worked.inner_text()
    assert lab.said.inner_text().endswith(f"equals {expected}")
    groups = lab.page.get_by_role("group", name="Groups", exact=True)
    groups.get_by_role("radio", name="4", exact=True).press("Space")
    assert lab.page.get_by_label("4 · 1 · 3 · 3 = 36").is_visible()


def test_accessible(phone: Any) -> None:
    """axe-core finds nothing to complain of, and 320 pixels are wide enough."""
    phone.open("channels")
    assert phone.page.evaluate("document.documentElement.scrollWidth") <= 320
    phone.check_accessible()
