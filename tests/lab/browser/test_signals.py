"""The signals in a browser: what stands on the screen and what is saved is what the library computes."""

import contextlib
import io
import os
import wave
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from convolens.lab.states import Signals
from convolens.lab.states.presets import SIGNALS
from convolens.lab.states.signal_kernels import signal_kernel
from lab.opening import choose

STYLES = ("NumPy", "im2col", "SciPy", "PyTorch", "Convolens")
TYPED = (3, -1, 4, 1, -5, 9, 2, 6)


def _table(lab: Any) -> dict[int, list[str]]:
    """Read the table of numbers: place → signal and output."""
    if lab.page.locator("details:not([open]) > summary", has_text="table").count():
        lab.page.get_by_text("The numbers as a table").click()
    lab.page.locator("tr[data-place]").first.wait_for()
    rows = lab.page.locator("tr[data-place]").evaluate_all(
        "rows => rows.map(row => [row.dataset.place, ...[...row.cells].map(cell => cell.innerText)])"
    )
    return {int(place): cells for place, _, *cells in rows}


def _programs(lab: Any) -> dict[str, str]:
    """Read each program under "Show the code"."""
    lab.page.get_by_role("button", name="Show the code").click()
    found = {}
    for style in STYLES:
        lab.page.get_by_role("radio", name=style, exact=True).check()
        found[style] = lab.page.locator("dialog[open] pre").inner_text()
    lab.page.keyboard.press("Escape")
    return found


@pytest.mark.parametrize("operation", ["convolution", "correlation"])
@pytest.mark.parametrize("mode", ["full", "same", "valid"])
def test_outputs_and_programs(lab: Any, operation: Any, mode: Any) -> None:
    """The table has the engine's outputs where they are drawn, and every program computes them."""
    state = Signals(signal=TYPED, kernel=(2, -3, 5, 0.5), operation=operation, mode=mode)
    lab.open("signals", state.to_json())
    expected = state.result()
    first = 0 if mode == "same" else -3 if (operation, mode) == ("correlation", "full") else 0
    first += 3 if (operation, mode) == ("convolution", "valid") else 0
    shown = {place: float(output.replace("−", "-")) for place, (_, output) in _table(lab).items() if output}
    assert shown == {first + i: value for i, value in enumerate(expected.tolist())}
    for style, text in _programs(lab).items():
        names: dict[str, Any] = {}
        with contextlib.redirect_stdout(io.StringIO()):
            exec(text, names)
        np.testing.assert_allclose(names["y"], expected, rtol=1e-12, atol=1e-12, err_msg=style)


def test_echo_is_saved_and_programmed(lab: Any, tmp_path: Path) -> None:
    """A sound through an echo: its files hold what every program makes of them; buttons play only when pressed."""
    lab.open("signals", SIGNALS["echo"].replace(kernel="echo:delay=4000,gain=-0.5,repeats=2").to_json())
    assert lab.page.get_by_role("button", name="Stop").is_disabled()
    saved = {}
    for button in ("Save signal (WAV)", "Save output (WAV)", "Save output (CSV)"):
        with lab.page.expect_download() as waiting:
            lab.page.get_by_role("button", name=button).click()
        waiting.value.save_as(tmp_path / waiting.value.suggested_filename)
    for name in ("signal", "output"):
        with wave.open(str(tmp_path / f"{name}.wav")) as file:
            assert (file.getframerate(), file.getnchannels()) == (16000, 1)
            saved[name] = np.frombuffer(file.readframes(-1), "<i2") / 32768
    echoes = np.zeros(8001)
    echoes[::4000] = 1, -0.5, 0.25
    expected = np.convolve(saved["signal"], echoes)
    np.testing.assert_allclose(saved["output"], expected, atol=1e-4)
    table = np.loadtxt(tmp_path / "output.csv", delimiter=",", skiprows=1)
    np.testing.assert_allclose(table, np.stack([np.arange(len(expected)) / 16000, expected], 1), atol=1e-4)
    here = Path.cwd()
    try:
        os.chdir(tmp_path)
        programs = _programs(lab)
        assert programs.pop("im2col").startswith("# The windows")
        for style, text in programs.items():
            names: dict[str, Any] = {}
            exec(text, names)
            np.testing.assert_allclose(names["y"], expected, atol=1e-9, err_msg=style)
    finally:
        os.chdir(here)
    lab.page.get_by_role("button", name="Play output").click()
    lab.wait("document.querySelector('[aria-pressed=true]') !== null")
    lab.page.get_by_role("button", name="Stop").click()
    lab.wait("document.querySelector('[aria-pressed=true]') === null")


def test_files(lab: Any) -> None:
    """Tables and sounds are opened and travel in the link where they are short; others say what is wrong."""
    lab.open("signals")

    def give(name: str, content: bytes) -> None:
        choose(lab.page, "Open CSV or WAV", {"name": name, "mimeType": "text/csv", "buffer": content})

    give("bad.csv", b"time,value\n0,1\n0.5,two\n")
    lab.says(lab.page.get_by_role("alert"), "bad.csv: line 3: “two” is not a number.")
    give("good.csv", b"time,value\n0,1\n0.5,2\n1,-4\n")

    def holds(samples: str) -> None:
        lab.wait(f"document.querySelector('aside section:last-child textarea').value === '{samples}'")

    holds("1 2 -4")
    assert lab.page.get_by_role("spinbutton", name="Samples a second").input_value() == "2"
    give("noise.wav", b"RIFF" + bytes(100))
    lab.says(lab.page.get_by_role("alert"), "noise.wav: this is neither a table of numbers (CSV) nor a WAV file.")
    give("two.csv", "time;left;right\n0;1,5;4\n0,1;2,5;\n0,2;3;6\n".encode("utf-16"))
    holds("1.5 2.5 3")
    lab.page.get_by_label("Column of two.csv").select_option("right")
    lab.says(lab.page.get_by_role("alert"), "two.csv: line 3: a number is missing.")
    lab.page.get_by_role("radio", name="Correlation").check(force=True)
    assert lab.page.get_by_role("alert").count() == 0
    assert lab.page.get_by_label("Column of two.csv").locator(":checked").inner_text() == "left"
    give("commas.csv", b"1,5\n2,7\n3,25\n")
    holds("5 7 25")
    how = "2 columns of numbers: column “1” was read as times, column “2” is shown."
    lab.says(lab.page.locator(".head p.small"), how)
    lab.page.get_by_label("Column of commas.csv").select_option("one column with decimal commas")
    holds("1.5 2.7 3.25")
    sound = io.BytesIO()
    with wave.open(sound, "wb") as file:
        file.setparams((2, 2, 8000, 0, "NONE", ""))
        file.writeframes(np.tile(np.int16([8192, -16384]), 1000).tobytes())
    give("cut.wav", sound.getvalue()[: 44 + 40])
    breaks = "The file breaks off: 10 of its 1000 samples are there, and were taken."
    said = lab.said
    lab.says(said, f"{breaks} 2 channels were mixed to one: their mean.")
    lab.page.get_by_role("combobox", name="Kernel").select_option("Gaussian")
    lab.page.get_by_label("Channel of cut.wav").select_option("right")
    lab.says(said, breaks)
    holds(" ".join(["-0.5"] * 10))
    rows = "\n".join(str(value) for value in range(600))
    give("long.csv", rows.encode())
    lab.says(lab.page.locator(".strips h3").first, "Signal 600 samples")
    lab.page.get_by_text("The numbers as a table").click()
    lab.says(lab.page.locator("tbody tr").first.locator("td").nth(1), "599")


def test_zoom(lab: Any) -> None:
    """Keys, wheel and drag show a part of a sound, down to single samples, whose numbers stand in the table."""
    lab.open("signals", {"signal": "click", "kernel": "reverb"})
    part = lab.page.get_by_role("slider", name="Part that is seen")
    part.focus()
    for key in ("+", "ArrowRight", "ArrowUp", "Home"):
        lab.page.keyboard.press(key)
    assert part.get_attribute("aria-valuetext") == "0 to 0.4 seconds"
    box = lab.page.locator(".strips .plot").first.bounding_box()
    mouse = lab.page.mouse
    at = box["x"] + 46 + (box["width"] - 62) * 0.125  # where the first click is
    mouse.move(at, box["y"] + 30)
    lab.page.keyboard.down("Control")
    for _ in range(3):
        shown = part.get_attribute("aria-valuetext")
        mouse.wheel(0, -300)
        lab.wait(f"document.querySelector('.zoom [role=slider]').ariaValueText !== '{shown}'")
    lab.page.keyboard.up("Control")
    lab.wait("document.querySelectorAll('.strips[aria-busy=false] .dots').length === 3")
    found = _table(lab)
    expected = signal_kernel("reverb")
    assert 98 <= len(found) <= 102
    assert found[800] == ["1", "1"]
    for place, (_, output) in found.items():
        value = expected[place - 800] if place >= 800 else 0
        assert float(output.replace("−", "-")) == pytest.approx(value, abs=1e-4)
    before = min(found)
    mouse.move(at, box["y"] + 30)
    mouse.down()
    mouse.move(at + 200, box["y"] + 30)
    mouse.up()
    assert min(_table(lab)) < before - 5
    lab.page.get_by_role("button", name="Show all").click()
    assert part.get_attribute("aria-valuetext") == "0 to 1.6 seconds"


def test_keyboard_alone(lab: Any) -> None:
    """Samples are drawn, typed and stepped through without a mouse, and undone."""
    lab.open("signals", Signals(signal=TYPED, kernel=(1, 0, -1), mode="valid").to_json())
    keyboard = lab.page.keyboard
    drawing = lab.page.get_by_role("slider", name="Signal, 8 samples")
    drawing.focus()
    for key in ("ArrowRight", "ArrowRight", "PageUp"):
        keyboard.press(key)
    assert drawing.get_attribute("aria-valuetext") == "sample 2: 5"
    assert _table(lab)[2] == ["5", "2"]
    keyboard.press("Control+z")
    typed = lab.page.get_by_label("The weights as text")
    typed.fill("1, x")
    typed.blur()
    lab.says(lab.page.get_by_role("alert"), "Number 2, “x”, cannot be read; nothing was changed.")
    typed.fill("1,5 2")
    typed.blur()
    how = "part numbers with spaces or semicolons, and write decimals with a point"
    lab.says(lab.page.get_by_role("alert"), f"“1,5” may be one number or several: {how}; nothing was changed.")
    typed.fill("2 -1")
    typed.blur()
    typed.fill("?")
    typed.blur()
    lab.says(lab.page.get_by_role("alert"), "Number 1, “?”, cannot be read; nothing was changed.")
    lab.page.get_by_role("button", name="Undo", exact=True).press("Enter")
    assert (typed.input_value(), lab.page.get_by_role("alert").count()) == ("1 0 -1", 0)
    lab.page.get_by_role("button", name="Redo", exact=True).press("Enter")
    expected = np.convolve(TYPED, [2, -1], "valid")
    assert [float(output.replace("−", "-")) for _, output in _table(lab).values() if output] == expected.tolist()
    lab.page.get_by_role("slider", name="Go to step").focus()
    keyboard.press("Home")
    lab.says(lab.page.locator(".worked"), "Output at 1 = 3·(−1) + (−1)·2 = −5")
    keyboard.press("ArrowRight")
    lab.says(lab.said, "Output at 2: −1·(−1) + 4·2 equals 9")


def test_a_sum_has_a_product_of_every_weight(lab: Any) -> None:
    """Also those that are 0; where there are too many to be written, their count is the kernel's."""
    lab.open(
        "signals", Signals(signal=(1, 2, 3), kernel=(1, 0, -1), operation="correlation", mode="valid").to_json()
    )
    lab.says(lab.page.locator(".worked"), "Output at 0 = 1·1 + 2·0 + 3·(−1) = −2")
    lab.open("signals", Signals(signal=(0, 0, 1), kernel=(0,) + (1,) * 18).to_json())
    lab.page.get_by_role("button", name="To the first step").click()
    lab.says(lab.page.locator(".worked"), "Output at 0 = the sum of 19 products = 0")


def test_drawing_and_link(lab: Any) -> None:
    """A stroke of the pointer changes all samples it passes, as one step, and a link carries it."""
    lab.open("signals", Signals(signal=(0,) * 20, kernel=(1,)).to_json())
    box = lab.page.get_by_role("slider", name="Signal, 20 samples").bounding_box()
    mouse = lab.page.mouse
    mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 20)
    mouse.down()
    mouse.move(box["x"] + 0.7 * box["width"], box["y"] + 20)
    mouse.up()
    samples = lab.page.get_by_label("The samples as text")
    drawn = samples.input_value().split()
    assert drawn[0] == drawn[-1] == "0"
    assert 5 <= len(set(range(20)) - {i for i, value in enumerate(drawn) if value == "0"}) <= 12
    lab.page.get_by_role("button", name="Link", exact=True).click()
    lab.page.get_by_role("button", name="Copy", exact=True).click()
    lab.says(lab.page.locator("dialog[open] [role=status]"), "Link copied")
    link = lab.page.evaluate("navigator.clipboard.readText()")
    lab.page.keyboard.press("Escape")
    lab.page.get_by_role("button", name="Undo", exact=True).click()
    assert set(samples.input_value().split()) == {"0"}
    lab.page.goto("about:blank")
    lab.page.goto(link)
    lab.page.wait_for_selector(".lab .lab")
    assert samples.input_value().split() == drawn


ECHO_NEAR = {"signal": "drums", "kernel": "echo:delay=4000", "span": [0, 99]}


@pytest.mark.parametrize("state", [{"kernel": [1, -1]}, ECHO_NEAR])
def test_accessible(phone: Any, state: dict[str, Any]) -> None:
    """axe-core finds nothing to complain of, short or long, and nothing is wider than a small screen."""
    phone.open("signals", state)
    phone.page.get_by_text("The numbers as a table").click()
    phone.page.wait_for_function("document.documentElement.scrollWidth <= 320")
    phone.page.set_viewport_size({"width": 1280, "height": 900})
    phone.check_accessible()
