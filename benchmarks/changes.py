"""What `benchmarks.edits` does to exhibits, as they are first seen and at their largest."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import cycle

import numpy as np
import PIL.Image
from playwright.sync_api import Page

from convolens.lab.photographs import open_sample
from convolens.lab.states import (
    Backwards,
    Borders,
    Channels,
    Gallery,
    MatrixView,
    Numbers,
    Pooling,
    Signals,
    Sizes,
    SlidingWindow,
    State,
)
from convolens.lab.states.presets.sizes import SIZES

_RANDOM = np.random.default_rng(0)

Events = Iterator[Callable[[], None]]


NOTHING = """() => {
    document.body.textContent = 0;
    addEventListener("keydown", () => { document.body.textContent = 1 - document.body.textContent; });
}"""
"""Makes of a page one that has nothing but a number."""


@dataclass(frozen=True)
class Change:
    """
    Something done to an exhibit again and again.

    Attributes
    ----------
    what : str
        In words.
    state : State or None
        Of the exhibit; None is a page that has nothing but a number.
    events : callable
        Takes a page, prepares it, and yields what makes one event after the other, each prepared as well.
    value : str
        A JavaScript expression that has another value once the change stands, and null while it is computed.
    event : str
        The event's name.
    """

    what: str
    state: State | None
    events: Callable[[Page], Events]
    value: str
    event: str = "keydown"

    @property
    def exhibit(self) -> str:
        """The exhibit's name."""
        return "" if self.state is None else self.state.exhibit


def _grid(label: str) -> str:
    return f'[role="grid"][aria-label^="{label}"]'


def _text(selector: str) -> str:
    return f"document.querySelector({json.dumps(selector)}).textContent"


def typed(what: str, state: State | None, grid: str, *, value: str = "", place: str = "0,0") -> Change:
    """Type one number after the other into a cell."""
    selector = f'{_grid(grid)} [data-place="{place}"]'

    def events(page: Page) -> Events:
        page.locator(selector).first.focus()
        page.keyboard.press("9")
        page.keyboard.press("Enter")  # so that the next is another number, whatever it was
        page.wait_for_timeout(500)
        for digit in cycle("123456789"):
            page.keyboard.press(digit)
            yield partial(page.keyboard.press, "Enter")

    return Change(what, state, events, value or f"document.querySelector({json.dumps(selector)}).ariaLabel")


def pointed(what: str, state: State | None, selector: str, count: int, value: str) -> Change:
    """Point at one place after the other along the middle of an element, as of a grid of so many columns."""

    def events(page: Page) -> Events:
        element = page.locator(selector).first
        element.scroll_into_view_if_needed()
        box = element.bounding_box()
        assert box is not None
        middle = box["y"] + box["height"] / 2 + 8  # beside a gap between rows that may be there
        for i in cycle(range(count)):
            yield partial(page.mouse.move, box["x"] + (i + 0.5) / count * box["width"], middle)

    return Change(what, state, events, _text(value), "pointermove")


def turned(
    what: str, state: State | None, setting: str, value: str, keys: tuple[str, str] = ("ArrowUp", "ArrowDown")
) -> Change:
    """Move a setting to and fro by keys."""

    def events(page: Page) -> Events:
        page.locator(setting).first.focus()
        for key in cycle(keys):
            yield partial(page.keyboard.press, key)

    return Change(what, state, events, value)


def opened(change: Change) -> Change:
    """Do the same to a photograph of a megapixel from a file."""

    def events(page: Page) -> Events:
        file = io.BytesIO()
        PIL.Image.fromarray(np.tile(open_sample("astronaut"), (2, 2, 1))).save(file, "PNG", compress_level=1)
        with page.expect_file_chooser() as chooser:
            page.get_by_role("button", name="Open yours").click()
        chooser.value.set_files({"name": "megapixel.png", "mimeType": "image/png", "buffer": file.getvalue()})
        page.locator(".picture canvas[width='1024']").first.wait_for()
        page.wait_for_timeout(500)
        return change.events(page)

    return Change(change.what, change.state, events, change.value, change.event)


def digits(*shape: int) -> Numbers:
    """Draw whole numbers from −9 to 9."""
    return Numbers.of(_RANDOM.integers(-9, 10, shape))


_LARGE = SlidingWindow(input=digits(64, 64), kernel=digits(3, 3))
_WIDE = SlidingWindow(input=digits(64, 64), kernel=digits(9, 9), padding="same")
_BORDERS = Borders(input=digits(16, 16), kernel=digits(3, 3), pad=(8, 8))
_POOLING = Pooling(input=digits(64, 64))
_SHIFTS = Pooling(input=digits(64, 64), view="shifts")
_CHANNELS = Channels(input=digits(8, 16, 16), weight=digits(64, 5, 5), padding="same")
_MATRIX = MatrixView(input=digits(1, 8, 8), weight=digits(1, 3, 3), padding="same")
_COLUMNS = MatrixView(input=digits(3, 8, 8), weight=digits(9, 3, 3), padding="full", view="im2col")
_SPECTRA = MatrixView(input=digits(3, 8, 8), weight=digits(9, 5, 5), padding="full", view="fft")
_BACKWARDS = Backwards(input=digits(12, 12), kernel=digits(5, 5), grad=digits(12, 12), pad=(4, 4))
_DESCENT = Backwards(
    part="descent", picture=digits(16, 16), target=digits(5, 5), start=digits(5, 5), steps=500, rate=1e-4
)
_SIGNAL = Signals(
    signal=tuple(_RANDOM.normal(size=512).round(2).tolist()),
    kernel=tuple(_RANDOM.normal(size=128).round(2).tolist()),
)
_FULL = SlidingWindow(input=digits(64, 64), kernel=digits(64, 64), padding="full")
_WORKED = ".worked"
_SETTING = ".editor .row:nth-of-type(3) input"
_NOW = "document.querySelector('.number input').ariaValueNow"

CHANGES = (
    turned("nothing but a number", None, "body", _text("body")),
    typed("number of the input", SlidingWindow(), "Input"),
    pointed("pointer over the output", SlidingWindow(), _grid("Output"), 3, _WORKED),
    typed("number of the input, 64 × 64", _LARGE, "Input"),
    typed("number of the kernel, 3 × 3 over 64 × 64", _LARGE, "Kernel"),
    pointed("pointer over the output, 62 × 62", _LARGE, _grid("Output"), 62, _WORKED),
    typed("number of the kernel, 9 × 9 over 64 × 64", _WIDE, "Kernel"),
    pointed("pointer over the output, 9 × 9 over 64 × 64", _WIDE, _grid("Output"), 64, _WORKED),
    typed("number of the kernel, 64 × 64 over 64 × 64, full", _FULL, "Kernel"),
    typed("number of the kernel", Gallery(), "Kernel", value="window.pictures"),
    turned("sigma", Gallery(kernel="gaussian:sigma=2"), ".slider input", "window.pictures"),
    opened(typed("number of the kernel, 1 megapixel", Gallery(), "Kernel", value="window.pictures")),
    opened(
        typed(
            "the same, 5 × 5 in colour",
            Gallery(kernel=digits(5, 5), channels="each"),
            "Kernel",
            value="window.pictures",
        )
    ),
    opened(turned("sigma, 1 megapixel", Gallery(kernel="gaussian:sigma=2"), ".slider input", "window.pictures")),
    typed("number of the input", Channels(), "Input"),
    pointed("pointer over a map", Channels(), _grid("Maps"), 3, _WORKED),
    typed("number of the input, 8 channels of 16 × 16", _CHANNELS, "Input"),
    pointed("pointer over a map, 8 channels of 16 × 16", _CHANNELS, _grid("Maps"), 16, _WORKED),
    turned("size of a kernel, LeNet-5", Sizes(layer=1), _SETTING, _text(".main")),
    turned(
        "size of a kernel, VGG-16",
        Sizes(stack=SIZES["vgg"].stack, layer=1, picture="cat"),
        _SETTING,
        _text(".main"),
    ),
    pointed("pointer over a map, LeNet-5", Sizes(), ".map.own .front", 5, ".stage"),
    pointed("pointer over a map, VGG-16", SIZES["vgg"], ".map.own .front", 14, ".stage"),
    typed("number of the input", Pooling(), "Input"),
    typed("number of the input, 64 × 64", _POOLING, "Input"),
    pointed("pointer over the output, 32 × 32", _POOLING, _grid("Output"), 32, _WORKED),
    typed("number of the input, shifted", Pooling(view="shifts"), "Input"),
    typed("number of the input, 64 × 64, shifted", _SHIFTS, "Input"),
    typed("number of the picture", Borders(), "constant, padded"),
    typed("number of the picture, 6 × 32 × 32", _BORDERS, "constant, padded"),
    typed("number of the kernel, 6 × 32 × 32", _BORDERS, "Kernel"),
    pointed("pointer over a picture, 6 × 32 × 32", _BORDERS, _grid("constant, padded"), 32, ".where"),
    typed("number of the input", MatrixView(), "Input"),
    typed("number of the input, matrix of 64 × 64", _MATRIX, "Input"),
    typed("number of the kernel, matrix of 64 × 64", _MATRIX, "Kernel"),
    pointed("pointer over the output, matrix of 64 × 64", _MATRIX, _grid("Output"), 8, _WORKED),
    typed("number of the kernel, im2col of 27 × 100", _COLUMNS, "Kernel"),
    typed("number of the kernel, FFT of 3 channels", _SPECTRA, "Kernel"),
    typed("number of the input", Backwards(), "Input"),
    typed("number of the kernel, 5 × 5 over 20 × 20", _BACKWARDS, "Kernel"),
    pointed("pointer over dL/dX, 12 × 12", _BACKWARDS, _grid("Gradient of the input"), 12, _WORKED),
    typed("number of the target, 500 steps", _DESCENT, "Target"),
    turned("sample of the signal", Signals(), ".drawable", "document.querySelector('.drawable').ariaValueText"),
    turned(
        "sample of the signal, 512 under 128 weights",
        _SIGNAL,
        ".drawable",
        "document.querySelector('.drawable').ariaValueText",
    ),
    turned("step, 512 under 128 weights", _SIGNAL, ".scrub", _text(_WORKED), ("ArrowLeft", "ArrowRight")),
    turned(
        "moving average of a sound, 2 s",
        Signals(signal="chirp", kernel="moving-average:size=8"),
        "aside .number input",
        "document.querySelector(\".strips[aria-busy='false'] .output .line\")?.getAttribute('d')",
    ),
)
