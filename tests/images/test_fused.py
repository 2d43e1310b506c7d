"""The compiled way from pixels to pixels against the way through tiles: borders, types, kernels and layouts."""

import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import ndimage

from convolens.errors import DTypeError
from convolens.images import Image, edge_magnitude, filter_image, fused, picture
from convolens.images.fused import fused_filter
from convolens.images.sums import MOST_DOUBT
from convolens.runtime import compile as compiler
from convolens.runtime.threads import threads
from convolens.spec.borders import MODES

pytestmark = pytest.mark.skipif(not compiler.available(), reason="nothing can be compiled here")

WHOLE = np.array([[0, -1, 0], [-1, 5, -1], [0, -1, 2]])
HEAVY = np.array([[-90, 300, 7, 1], [0, 1, -70, -1]])
RANDOM = np.random.default_rng(1).standard_normal((3, 3))
BELL = np.outer(*(np.exp(-((np.arange(n) - n // 2) ** 2) / 3.4) / 2.3 for n in (5, 6)))
KERNELS = {"whole": WHOLE, "heavy": HEAVY, "random": RANDOM, "bell": BELL, "box": np.full((5, 7), 1 / 35)}


@pytest.fixture(autouse=True)
def _always_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fused, "WORTH_COMPILING", 0)


def drawn(shape: tuple[int, ...], dtype: str) -> NDArray[Any]:
    """Draw pixels of the whole range."""
    generator = np.random.default_rng(2)
    if dtype == "float32":
        return generator.standard_normal(shape, np.float32)
    return generator.integers(0, np.iinfo(dtype).max, shape, dtype, endpoint=True)


def both(monkeypatch: pytest.MonkeyPatch, call: Any) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the result of the compiled way, which must be taken, and that of tiles."""
    taken = []

    def watched(*arguments: Any) -> NDArray[Any] | None:
        taken.append(fused_filter(*arguments))
        return taken[-1]

    monkeypatch.setattr(picture, "fused_filter", watched)
    found = call()
    assert taken[0] is not None
    monkeypatch.setattr(picture, "fused_filter", lambda *_: None)
    return found, call()


@pytest.mark.parametrize("dtype", fused.DTYPES)
@pytest.mark.parametrize("name", KERNELS)
@pytest.mark.parametrize("border", [*MODES, 9])
def test_agrees_with_tiles(monkeypatch: pytest.MonkeyPatch, dtype: str, name: str, border: Any) -> None:
    """Sizes that fill no whole tile or task, grey and colour, turned and not, on any number of threads."""
    kernel = KERNELS[name]
    for shape, flip, count in (
        ((5, 131), False, 1),
        ((41, 109), True, 2),
        ((37, 45, 3), True, 5),
        ((9, 600), False, 2),
    ):
        pixels = drawn(shape, dtype)

        def call(pixels: Any = pixels, flip: bool = flip) -> NDArray[Any]:
            return filter_image(pixels, kernel, border=border, flip=flip, exact=dtype != "float32")

        with threads(count):
            found, expected = both(monkeypatch, call)
        assert found.dtype == expected.dtype
        tolerance = 1e-5 * np.abs(kernel).sum() if dtype == "float32" else 0
        np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance)


@pytest.mark.parametrize("dtype", fused.DTYPES)
@pytest.mark.parametrize("border", [*MODES, 9])
def test_boxes_agree(monkeypatch: pytest.MonkeyPatch, dtype: str, border: Any) -> None:
    """Low, wide and large boxes over pictures of several tasks: grey, colour, turned, on any number of threads."""
    for shape, size, flip, count in (
        ((41, 279), (5, 5), False, 1),
        ((70, 143), (13, 31), True, 2),
        ((330, 190, 3), (33, 50), True, 3),
        ((64, 5000), (20, 1), False, 2),
        ((90, 300, 2), (1, 45), False, 2),
    ):
        pixels, kernel = drawn(shape, dtype), np.full(size, 1 / math.prod(size))

        def call(pixels: Any = pixels, kernel: Any = kernel, flip: bool = flip) -> NDArray[Any]:
            return filter_image(pixels, kernel, border=border, flip=flip)

        with threads(count):
            found, expected = both(monkeypatch, call)
        # In float64 a weight like 1 / 20 is not quite one, so that there a tie may fall to the other side.
        tolerance = 1e-5 if dtype == "float32" else 1 - math.prod(size) % 2
        np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance)


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
@pytest.mark.parametrize("side", [4, 6, 7, 10, 15, 16, 31, 34, 36])
def test_means_are_rounded_correctly(dtype: str, side: int) -> None:
    """Every quotient is the nearest integer, the even one of two, in every type of sums."""
    pixels = drawn((150, 400), dtype)
    totals = ndimage.correlate(pixels.astype(np.int64), np.ones((side, side), np.int64), mode="mirror")
    below, rest = np.divmod(totals, side**2)
    expected = below + (2 * rest + (below & 1) > side**2)
    np.testing.assert_array_equal(filter_image(pixels, np.full((side, side), 1 / side**2)), expected)


@pytest.mark.parametrize("name", ["box", "even box", "bell", "random"])
def test_floats_do_not_depend_on_threads(name: str) -> None:
    """Two tasks that write one cell must write the same bits, whichever is the last."""
    boxes = {"box": np.full((15, 15), 1 / 225), "even box": np.full((40, 6), 1 / 240)}
    pixels = drawn((1203, 1607, 3), "float32")
    results = []
    for count in (1, 2, 4, 8, 2, 4):
        with threads(count):
            results.append(filter_image(pixels, (KERNELS | boxes)[name]))
    for result in results[1:]:
        np.testing.assert_array_equal(result, results[0], strict=True)


def test_weights_of_a_box_need_not_add_up_to_one() -> None:
    """Plain sums saturate; negative, odd and fractional weights give what they give without compiled code."""
    pixels = drawn((90, 300), "uint8") // 16
    totals = ndimage.correlate(pixels.astype(np.int64), np.ones((6, 9), np.int64), mode="mirror")
    for weight in (1, 2, -1, math.pi / 10, 1 / 7, 1 / 1000):
        expected = np.clip(np.rint(totals * weight), 0, 255)
        np.testing.assert_array_equal(filter_image(pixels, np.full((6, 9), weight), exact=True), expected)


@pytest.mark.parametrize("dtype", fused.DTYPES)
@pytest.mark.parametrize("operator", ["sobel", "scharr", "prewitt"])
def test_magnitudes_agree(monkeypatch: pytest.MonkeyPatch, dtype: str, operator: Any) -> None:
    """The root of the sum of squares, with every smoothing; of floats also where their squares overflow."""
    pixels = drawn((23, 71), dtype) * (np.float32(1e25) if dtype == "float32" else 1)
    found, expected = both(monkeypatch, lambda: edge_magnitude(pixels.astype(dtype), operator=operator))
    if dtype == "float32":
        np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-14 * expected.max())
    else:
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("absolute", [False, True])
def test_signs(monkeypatch: pytest.MonkeyPatch, absolute: bool) -> None:
    """Negative sums are held at zero, or lose their sign, in every type of sums and both pipelines."""
    response: Any = "absolute" if absolute else "clip"
    for kernel in (-WHOLE, -HEAVY, -RANDOM, -BELL, np.full((5, 5), -1)):
        pixels = drawn((40, 110), "uint8")

        def call(kernel: Any = kernel, pixels: Any = pixels) -> NDArray[Any]:
            return filter_image(pixels, kernel, response=response, exact=True)

        np.testing.assert_array_equal(*both(monkeypatch, call))


def test_ties_go_to_even() -> None:
    """Averages over powers of two that end in one half are rounded to even, whatever the pipeline."""
    for dtype in ("uint8", "uint16"):
        for size in (2, 4, 8):
            pixels = drawn((60, 80), dtype)
            totals = ndimage.correlate(pixels.astype(np.int64), np.ones((size, size), np.int64), mode="mirror")
            expected = np.rint(totals / size**2)
            np.testing.assert_array_equal(filter_image(pixels, np.full((size, size), 1 / size**2)), expected)


def test_default_is_off_by_one_near_the_middle_alone() -> None:
    """In float32, 8-bit results differ from those in float64 only where sums lie within 0.01 of the middle."""
    pixels = drawn((300, 400), "uint8")
    found, exact = (filter_image(pixels, BELL, exact=exact).astype(int) for exact in (False, True))
    sums = filter_image(pixels, BELL, response="raw")
    differs = found != exact
    assert (np.abs(found - exact) <= 1).all()
    assert (np.abs(sums - np.floor(sums) - 0.5)[differs] < MOST_DOUBT).all()


def test_layouts_and_alpha(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows apart, alpha behind the colours, and pictures with alpha of their own give what dense arrays give."""
    pixels = drawn((40, 60, 4), "uint8")
    expected = filter_image(pixels.copy(), WHOLE)
    np.testing.assert_array_equal(expected[..., 3], pixels[..., 3])
    wide = np.pad(pixels, ((0, 0), (5, 6), (0, 0)))[:, 5:-6]
    found, _ = both(monkeypatch, lambda: filter_image(wide, WHOLE))
    np.testing.assert_array_equal(found, expected)
    monkeypatch.setattr(picture, "fused_filter", fused_filter)
    for other in (np.asfortranarray(pixels), pixels[::-1][::-1], np.repeat(pixels, 2, 1)[:, ::2]):
        np.testing.assert_array_equal(filter_image(other, WHOLE), expected)
    for alpha in (pixels[..., 3], pixels[..., 3].copy()):
        shown = filter_image(Image(pixels[..., :3], alpha=alpha), WHOLE)
        np.testing.assert_array_equal(shown.channels(), expected)
        assert np.shares_memory(shown.channels(), shown.alpha)


def test_nan_stays_in_its_window(monkeypatch: pytest.MonkeyPatch) -> None:
    """One NaN or infinity shows in the windows that hold it, in all pipelines, as in plain sums."""
    for value in (np.nan, np.inf):
        pixels = drawn((40, 90), "float32")
        pixels[11, 50] = value
        for kernel in (RANDOM, BELL, np.full((15, 9), 1 / 135)):

            def call(kernel: Any = kernel, pixels: Any = pixels) -> NDArray[Any]:
                return filter_image(pixels, kernel)

            found, expected = both(monkeypatch, call)
            np.testing.assert_array_equal(np.isfinite(found), np.isfinite(expected))


def test_small_pictures_do_not_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """Below the size from which compiling pays, a pipeline is used only where it is there already."""
    monkeypatch.setattr(fused, "WORTH_COMPILING", 1 << 19)
    monkeypatch.setattr(compiler, "ready", lambda *_, **__: False)
    monkeypatch.setattr(compiler, "load", lambda *_, **__: pytest.fail("compiled"))
    filter_image(drawn((33, 77), "uint8"), WHOLE, border=1)


def test_whole_weights_beyond_float64_go_another_way() -> None:
    """Sums that float64 cannot hold are exact or refused, as for small pictures; never rounded."""
    image = np.random.default_rng(0).integers(0, 256, (1024, 1024), dtype=np.uint8)
    telescope = np.array([[2**52, 1, 0, 0, -(2**52)]])
    with pytest.raises(DTypeError):
        filter_image(image, np.full((64, 64), 2**52))
    small = image[:40, :40]
    wanted = filter_image(small, telescope)
    np.testing.assert_array_equal(filter_image(image, telescope)[:40, :30], wanted[:, :30])


@pytest.mark.parametrize("level", [1e-36, 1.0, 3e37])
def test_boxes_neither_lose_small_numbers_nor_overflow(level: float) -> None:
    """The mean of equal numbers is that number, however far it is from 1."""
    found = filter_image(np.full((200, 300), level, np.float32), np.full((31, 31), 1 / 961))
    np.testing.assert_allclose(found, np.float32(level), rtol=1e-6)


def test_weights_of_a_box_may_be_next_to_nothing() -> None:
    """Its sums are no whole multiples of anything, and round to zero."""
    assert not filter_image(np.full((200, 300), 200, np.uint8), np.full((5, 5), 1e-310)).any()


def test_heavy_weights() -> None:
    """Weights near the end of their range are no whole multiples of anything either, and saturate."""
    found = filter_image(np.full((200, 300), 200, np.uint8), [[0, 0], [0, 1.7e302]])
    assert found.min() == 255
