"""Backpropagation in a browser: gradients and kernels on the screen are those of the library."""

import contextlib
import io
from typing import Any

import numpy as np
import pytest

from convolens.lab.states import Backwards, Numbers
from convolens.lab.states.presets import BACKWARDS

TITLES = {"input": "Gradient of the input", "kernel": "Gradient of the kernel", "bias": "Gradient of the bias"}

_RANDOM = np.random.default_rng(5)
DRAWN = Backwards(
    input=Numbers.of(_RANDOM.integers(-9, 10, (6, 7))),
    kernel=Numbers.of(_RANDOM.integers(-4, 5, (3, 2))),
    grad=Numbers.of(_RANDOM.integers(-5, 6, (3, 7))),
    bias=0.5,
    stride=(2, 1),
    dilation=(1, 2),
    pad=(1, 1),
)
MOMENTUM = BACKWARDS["momentum"].replace(steps=30, step=30)


@pytest.mark.parametrize("state", [DRAWN, BACKWARDS["signal"]], ids=["2-D", "1-D"])
def test_gradients_on_the_screen(lab: Any, state: Backwards) -> None:
    """Every cell of every gradient is that of the engine, and a link carries the state."""
    lab.open("backwards", state.to_json())
    for side, gradient in state.gradients().items():
        for place in np.ndindex(gradient.shape or (1,)):
            expected = gradient[place] if gradient.shape else gradient
            assert lab.number(TITLES[side], *place) == pytest.approx(float(expected), rel=1e-4), (side, place)


def test_kernel_on_the_screen(lab: Any) -> None:
    """The kernel after 30 steps and its loss are those of the engine, and so is the largest stable rate."""
    lab.open("backwards", MOMENTUM.to_json())
    kernels, losses = MOMENTUM.learned()
    for place in np.ndindex(3, 3):
        found = lab.cell("Kernel", *place).get_attribute("aria-label").rpartition(": ")[2]
        assert float(found.replace("−", "-")) == pytest.approx(kernels[-1][place], abs=0.0051)
    text = lab.page.locator(".main").inner_text()
    assert f"loss {losses[-1]:.4g}" in text
    assert f"= {MOMENTUM.largest_rate():.4g}" in text


@pytest.mark.parametrize("state", [DRAWN, MOMENTUM], ids=["layer", "descent"])
def test_programs_run_as_shown(lab: Any, state: Backwards) -> None:
    """Each program under "Show the code" runs, and gives the gradients, or the kernel that was learned."""
    lab.open("backwards", state.to_json())
    lab.page.get_by_role("button", name="Show the code").click()
    for style in ("NumPy", "im2col", "PyTorch", "SciPy", "Convolens"):
        lab.page.get_by_role("radio", name=style, exact=True).check()
        names: dict[str, Any] = {}
        with contextlib.redirect_stdout(io.StringIO()):
            exec(lab.page.locator("dialog[open] pre").inner_text(), names)
        if state.part == "layer":
            for name, expected in zip(("dx", "dweight", "dbias"), state.gradients().values(), strict=True):
                np.testing.assert_allclose(names[name], expected, rtol=1e-12, atol=1e-12, err_msg=style)
        else:
            np.testing.assert_allclose(names["weight"], state.learned()[0][-1], rtol=1e-9, atol=1e-9)


def test_keyboard_alone(lab: Any) -> None:
    """What comes back is changed, cells are stepped to and pinned, and a kernel is learned, without a mouse."""
    lab.open("backwards")
    keyboard, worked = lab.page.keyboard, lab.page.locator(".worked")
    lab.cell("Gradient of the output", 0, 0).focus()
    for key in ("ArrowRight", "5", "Enter"):
        keyboard.press(key)
    edited = Backwards(grad=Numbers.of([[1, 5], [0, 2]])).gradients()
    assert lab.number("Gradient of the input", 1, 1) == edited["input"][1, 1] == 1
    lab.cell("Gradient of the kernel", 0, 0).focus()
    for key in ("ArrowRight", "Space"):
        keyboard.press(key)
    assert f"dL/dW [0, 1] = {edited['kernel'][0, 1]}" in worked.inner_text()
    assert "1·2 + 5·0 + 0·1 + 2·2" in worked.inner_text()
    assert lab.said.inner_text().endswith(f"equals {edited['kernel'][0, 1]}")
    lab.page.get_by_role("button", name="Step", exact=True).press("Enter")
    assert "dL/dW [1, 0] =" in worked.inner_text()

    lab.page.get_by_role("radio", name="Gradient descent").press("Space")
    rate = lab.page.get_by_role("spinbutton", name="Learning rate")
    rate.focus()
    for key in ("3", "Enter"):
        keyboard.press(key)
    verdict = lab.page.locator(".verdict")
    assert verdict.inner_text().startswith("Diverges: the rate 3 is above 2.02")
    rate.fill("0.9")
    keyboard.press("Enter")
    assert verdict.inner_text().startswith("Arrives")
    lab.page.get_by_role("button", name="Step", exact=True).press("Enter")
    assert lab.page.locator(".loss h3").inner_text().startswith("After 1 step: loss")
    assert lab.page.locator(".player .at").inner_text() == "Step 1 of 60"


def test_accessible(phone: Any) -> None:
    """axe-core finds nothing to complain of in either part, and 320 pixels are wide enough."""
    phone.open("backwards")
    for part in ("One layer, cell by cell", "Gradient descent"):
        phone.page.get_by_role("radio", name=part).check()
        assert phone.page.evaluate("document.documentElement.scrollWidth") <= 320
        phone.check_accessible()
