"""Filtered pictures: exact sums, the same data type out, no seams, little memory."""

import subprocess
import sys
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray
from scipy import ndimage

from convolens.errors import ConvolensError, DTypeError, SpecError, UnknownNameError
from convolens.images import Image, edge_magnitude, filter_image
from convolens.images.filter import RESPONSES, as_weights, saturate, signed_scale
from convolens.images.tiles import tiles
from convolens.kernels import kernels
from convolens.spec.borders import MODES, parse_border

SCIPY_MODES = {
    "constant": "constant",
    "edge": "nearest",
    "reflect": "mirror",
    "symmetric": "reflect",
    "wrap": "wrap",
}
INTEGERS = [np.uint8, np.int8, np.uint16, np.int16, np.uint32, np.int32]
WIDE = [np.int64, np.uint64]
FLOATS = [np.float16, np.float32, np.float64]


def whole_kernels() -> st.SearchStrategy[NDArray[np.int64]]:
    """Draw kernels of small whole numbers, odd and even, wide and tall."""
    sides = st.tuples(st.integers(1, 5), st.integers(1, 5))
    return arrays.arrays(np.int64, sides, elements=st.integers(-9, 9))


def pictures() -> st.SearchStrategy[NDArray[Any]]:
    """Draw grey and colour pictures of 8 and 16 bits, some smaller than the kernel."""
    shapes = st.one_of(
        st.tuples(st.integers(1, 9), st.integers(1, 9)),
        st.tuples(st.integers(1, 6), st.integers(1, 6), st.just(3)),
    )
    return st.sampled_from([np.uint8, np.uint16, np.int16]).flatmap(lambda dtype: arrays.arrays(dtype, shapes))


@settings(max_examples=60)
@given(picture=pictures(), kernel=whole_kernels(), mode=st.sampled_from(MODES), flip=st.booleans())
def test_agrees_with_scipy_exactly(
    picture: NDArray[Any], kernel: NDArray[np.int64], mode: str, flip: bool
) -> None:
    """Whole numbers give SciPy's int64 sums, and clipping those gives the default response."""
    operation = ndimage.convolve if flip else ndimage.correlate
    channels = picture[..., np.newaxis] if picture.ndim == 2 else picture
    expected = np.dstack(
        [
            operation(channels[..., c].astype(np.int64), kernel, mode=SCIPY_MODES[mode])
            for c in range(channels.shape[2])
        ]
    ).reshape(picture.shape)
    raw = filter_image(picture, kernel, border=mode, flip=flip, response="raw")
    assert raw.dtype == np.int64
    np.testing.assert_array_equal(raw, expected)
    limits = np.iinfo(picture.dtype)
    shown = filter_image(picture, kernel, border=mode, flip=flip)
    assert shown.dtype == picture.dtype
    np.testing.assert_array_equal(shown, expected.clip(limits.min, limits.max))
    absolute = filter_image(picture, kernel, border=mode, flip=flip, response="absolute")
    np.testing.assert_array_equal(absolute, np.abs(expected).clip(limits.min, limits.max))


@pytest.mark.parametrize("dtype", INTEGERS + WIDE + FLOATS)
@pytest.mark.parametrize("response", RESPONSES)
def test_same_shape_and_dtype(dtype: Any, response: Any) -> None:
    """Every data type comes back as it went in, but for raw sums."""
    for shape in [(4, 5), (4, 5, 1), (4, 5, 3)]:
        found = filter_image(np.ones(shape, dtype), [[0.5, -1.0, 0.5]], response=response)
        assert found.shape == shape
        assert found.dtype == (np.float64 if response == "raw" else dtype)


@pytest.mark.parametrize("dtype", INTEGERS)
def test_saturated_never_wrapped(dtype: Any) -> None:
    """Sums past the limits stop there, at both ends."""
    limits = np.iinfo(dtype)
    bright = np.full((3, 3), limits.max, dtype)
    assert (filter_image(bright, [[2]]) == limits.max).all()
    assert (filter_image(bright, [[-2]]) == limits.min).all()


@pytest.mark.parametrize("dtype", WIDE)
def test_wide_integers_are_exact(dtype: Any) -> None:
    """64-bit integers keep every digit as long as sums fit int64, and saturate at the limits of their own type."""
    odd = np.array([[2**53 + 1, 1]], dtype)
    assert filter_image(odd, [[3]]).tolist() == [[3 * (2**53 + 1), 3]]
    assert filter_image(odd, [[-3]]).tolist() == [[0, 0] if dtype is np.uint64 else [-3 * (2**53 + 1), -3]]
    limits = np.iinfo(dtype)
    ends = saturate(np.array([-1e300, 1e300, 2.5]), np.dtype(dtype))
    assert ends.tolist() == [limits.min, limits.max, 2]


def test_masks_count_as_zeros_and_ones() -> None:
    """Booleans are uint8, 0 and 1: a row of ones counts the neighbours that are set."""
    mask = np.array([[True, True, False, True]])
    counts = filter_image(mask, [[1, 1, 1]], border=0)
    assert (counts.tolist(), counts.dtype) == ([[2, 2, 2, 1]], np.uint8)
    assert filter_image(mask, [[1, 1, 1]], border=0, response="raw").tolist() == [[2, 2, 2, 1]]


def test_hand_worked_step() -> None:
    """Rows 0, 0 and 255 under a horizontal difference give 765: kept raw, saturated otherwise."""
    picture = np.array([[0, 0, 0], [7, 7, 7], [255, 255, 255]], np.uint8)
    kernel = [[-1, -1, -1], [0, 0, 0], [1, 1, 1]]
    assert filter_image(picture, kernel, response="raw")[1, 1] == 765
    assert filter_image(picture, kernel)[1, 1] == 255
    assert filter_image(picture[::-1], kernel)[1, 1] == 0
    assert filter_image(picture[::-1], kernel, response="absolute")[1, 1] == 255


def test_halves_go_to_even() -> None:
    """Sums of ½, 1½, 2½ … are rounded to the even neighbour, at 8 and 16 bits."""
    for dtype in (np.uint8, np.uint16):
        odd = np.array([[1, 3, 5, 7, 9]], dtype)
        assert filter_image(odd, [[0.5]]).tolist() == [[0, 2, 2, 4, 4]]
    assert saturate(np.array([-0.5, 254.5, 255.5, -9.0]), np.dtype(np.uint8)).tolist() == [0, 254, 255, 0]


@pytest.mark.parametrize("size", [2, 4, 8])
def test_averages_that_end_in_one_half(size: int) -> None:
    """Averages over 4, 16 and 64 pixels that lie half-way are rounded to even, not where noise pushes them."""
    picture = np.random.default_rng(4).integers(0, 256, (60, 60)).astype(np.uint8)
    sums = ndimage.correlate(picture.astype(np.int64), np.ones((size, size), np.int64), mode="mirror")
    assert (sums % size**2 == size**2 // 2).any()
    np.testing.assert_array_equal(filter_image(picture, f"box:size={size}"), np.rint(sums / size**2))


@settings(max_examples=40)
@given(
    picture=arrays.arrays(np.uint16, (4, 5)),
    kernel=arrays.arrays(np.float64, (3, 3), elements=st.integers(-64, 64).map(lambda n: n / 32)),
)
def test_fractions_are_rounded_correctly(picture: NDArray[np.uint16], kernel: NDArray[np.float64]) -> None:
    """For weights that are binary fractions, each pixel is the exact sum rounded once."""
    padded = np.pad(picture, 1, mode="reflect")
    found = filter_image(picture, kernel)
    for row, column in np.ndindex(picture.shape):
        window = padded[row : row + 3, column : column + 3]
        total = sum(Fraction(float(w)) * int(p) for w, p in zip(kernel.ravel(), window.ravel(), strict=True))
        assert found[row, column] == min(max(round(Fraction(total)), 0), 65535)


@pytest.mark.parametrize("name", [name for name in kernels if not kernels[name].signed])
def test_even_area_keeps_its_brightness(name: str) -> None:
    """A kernel whose weights sum to one leaves an even area exactly as it is."""
    if kernels[name].sum == pytest.approx(1):
        for value in (1, 127, 255):
            assert (filter_image(np.full((9, 9), value, np.uint8), name) == value).all()
    else:
        assert name == "emboss"


def test_signed_response() -> None:
    """Zero is the middle grey, and the strongest possible responses just reach both ends."""
    picture = np.array([[0, 255, 255, 0, 0]], np.uint8)
    assert filter_image(picture, [[-1, 0, 1]], border="edge", response="signed").tolist() == [
        [255, 255, 1, 1, 128]
    ]
    deep = picture.astype(np.uint16) * 257
    assert filter_image(deep, [[-1, 0, 1]], border="edge", response="signed").tolist() == [
        [65535, 65535, 1, 1, 32768]
    ]
    real = picture / 255.0
    assert filter_image(real, [[-1, 0, 1]], border="edge", response="signed").tolist() == [[1, 1, 0, 0, 0.5]]
    small = picture.astype(np.int16)
    assert filter_image(small, [[-4, 0, 4]], border="edge", response="signed").tolist() == [
        [255, 255, -255, -255, 0]
    ]
    half = filter_image(picture // 2, [[-1, 0, 1]], border="edge", response="signed", gain=4)
    assert half.tolist() == [[255, 255, 0, 0, 128]]
    half = filter_image(real / 8, [[-1, 0, 1]], border="edge", response="signed", gain=4)
    assert half.tolist() == [[0.75, 0.75, 0.25, 0.25, 0.5]]
    assert signed_scale(np.zeros((1, 1), np.int64), np.dtype(np.float32)) == (0.5, 0.5)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("name", ["sobel-x", "laplacian-8", "gabor", "box", "sharpen"])
def test_signed_never_saturates(dtype: Any, name: str) -> None:
    """Whatever the picture, a signed response stays within 1 … M, as its scale promises."""
    weights = np.asarray(kernels[name])
    side = weights.shape[0]
    worst = np.where(np.pad(weights, side) > 0, np.iinfo(dtype).max, 0).astype(dtype)
    middle, scale = signed_scale(as_weights(name), np.dtype(dtype))
    raw = filter_image(worst, name, response="raw")
    reached = middle + scale * raw
    assert reached.max() <= np.iinfo(dtype).max + 1e-6
    assert reached.min() >= 1 - 1e-6


def test_floats_are_left_alone() -> None:
    """Floating-point pictures are neither rounded nor held within limits; NaN stays where its window is."""
    picture = np.zeros((5, 5), np.float32)
    picture[2, 2] = np.nan
    found = filter_image(picture, [[0.0, 3.0]])
    assert np.isnan(found).sum() in (1, 2)
    assert filter_image(np.full((2, 2), 0.75, np.float32), [[-2.0]]).tolist() == [[-1.5, -1.5]] * 2
    assert np.isinf(filter_image(np.full((1, 1), 60000, np.float16), [[2]])).all()


def test_alpha_is_untouched(rgb: NDArray[np.uint8]) -> None:
    """The last of 2 or 4 channels is alpha: it stays, and colours are filtered as without it."""
    alpha = rgb[..., ::-1].sum(axis=2).astype(np.uint8)
    for pixels in (rgb, rgb[..., 0]):
        expected = filter_image(pixels, "gaussian")
        found = filter_image(np.dstack([pixels, alpha]), "gaussian")
        np.testing.assert_array_equal(found, np.dstack([expected, alpha]))
        assert filter_image(np.dstack([pixels, alpha]), "gaussian", response="raw").shape == pixels.shape
        picture = filter_image(Image(pixels, alpha=alpha, icc_profile=b"p"), "gaussian")
        np.testing.assert_array_equal(picture.pixels, expected)
        np.testing.assert_array_equal(picture.alpha, alpha)
        assert np.shares_memory(picture.channels(), picture.alpha)
        assert picture.icc_profile == b"p"
    assert filter_image(Image(rgb, alpha=alpha), "sobel-x", response="raw").alpha is None


def test_input_is_not_changed(rgb: NDArray[np.uint8]) -> None:
    """Read-only, reversed and big-endian input is taken as it is."""
    expected = filter_image(rgb, "sobel-x")
    frozen = rgb.copy()
    frozen.setflags(write=False)
    np.testing.assert_array_equal(filter_image(frozen, "sobel-x"), expected)
    swapped = rgb.astype(">u2")
    np.testing.assert_array_equal(
        filter_image(swapped, "sobel-x", response="raw"), filter_image(rgb, "sobel-x", response="raw")
    )
    mirrored = np.asarray(kernels["sobel-x"])[:, ::-1]
    np.testing.assert_array_equal(filter_image(rgb[:, ::-1], mirrored), expected[:, ::-1])


@pytest.mark.parametrize("mode", [*MODES, 9])
@pytest.mark.parametrize("flip", [False, True])
@pytest.mark.parametrize("shape", [(3, 3), (4, 2), (1, 7), (9, 1), (15, 15)])
def test_no_seams(mode: Any, flip: bool, shape: tuple[int, int]) -> None:
    """However small the tiles, also smaller than the kernel, the result is that of one tile."""
    generator = np.random.default_rng(1)
    picture = generator.integers(0, 256, (23, 19, 2)).astype(np.uint8)
    kernel = generator.integers(-5, 6, shape)
    results = []
    for side in (1000, 7, 2):
        result = np.zeros(picture.shape, np.int64)
        touched = np.zeros(picture.shape, int)
        for tile in tiles(picture, [kernel], border=parse_border(mode), flip=flip, side=side):
            result[tile.cells] = tile.responses[0]
            touched[tile.cells] += 1
        assert touched.min() == 1
        results.append(result)
    np.testing.assert_array_equal(results[0], results[1])
    np.testing.assert_array_equal(results[0], results[2])


@given(
    st.tuples(st.integers(1, 40), st.integers(1, 40)),
    st.tuples(st.integers(1, 9), st.integers(1, 9)),
    st.integers(1, 12),
)
@settings(max_examples=50)
def test_all_tiles_have_one_shape(shape: tuple[int, int], kernel: tuple[int, int], side: int) -> None:
    """One shape needs one transform of the kernel; the tiles take no more room than a square, and cover all."""
    touched = np.zeros(shape, int)
    zeros = np.zeros(kernel, np.int64)
    found = list(tiles(np.zeros(shape, np.uint8), [zeros], border=parse_border("edge"), side=side))
    for tile in found:
        touched[tile.cells] += 1
    assert touched.min() == 1
    ((rows, columns),) = {tile.responses.shape[1:] for tile in found}
    assert (rows + kernel[0]) * (columns + kernel[1]) <= (side + kernel[0]) * (side + kernel[1])


def test_no_seams_in_a_large_picture() -> None:
    """A picture of several tiles agrees with SciPy, which knows no tiles."""
    picture = np.random.default_rng(2).integers(0, 65536, (1500, 1100)).astype(np.uint16)
    kernel = np.asarray(kernels.gaussian(sigma=3))
    expected = ndimage.correlate(picture.astype(np.float64), kernel, mode="wrap")
    found = filter_image(picture, kernel, border="wrap")
    assert np.abs(found - expected).max() <= 0.5 + 1e-6


def test_large_kernels_do_not_overflow() -> None:
    """Sums of 32-bit pixels are exact as long as int64 holds them, and refused beyond."""
    picture = np.full((2, 2), 2**32 - 1, np.uint32)
    assert filter_image(picture, [[2**30]], response="raw").tolist() == [[(2**32 - 1) * 2**30] * 2] * 2
    with pytest.raises(DTypeError, match="can pass 2⁶³"):
        filter_image(picture, [[2**31, 2**31]])


@pytest.mark.parametrize(
    ("picture", "kernel", "options", "kind", "words"),
    [
        (np.zeros(4), [[1]], {}, SpecError, r"\(4,\)"),
        (np.zeros((2, 0)), [[1]], {}, SpecError, r"\(2, 0\)"),
        (np.zeros((1, 2, 3, 4)), [[1]], {}, SpecError, "stack"),
        (np.zeros((2, 2), complex), [[1]], {}, DTypeError, "complex"),
        (np.zeros((2, 2), object), [[1]], {}, DTypeError, "object"),
        (np.full((2, 2), 2**62), [[1, 1]], {}, DTypeError, "can pass"),
        (np.full((2, 2), 2**64 - 1, np.uint64), [[1]], {}, DTypeError, "can pass"),
        (np.array([["a"]]), [[1]], {}, DTypeError, "<U1"),
        ("a.png", "box", {}, DTypeError, r"use read_image\('a.png'\)"),
        (np.zeros((2, 2)), kernels.gaussian, {}, SpecError, r"call it: gaussian\(sigma=1\)"),
        (np.zeros((2, 2)), kernels.sobel_x, {}, SpecError, r"call it: sobel_x\(\)"),
        (np.zeros((2, 2)), [1, 2], {}, SpecError, "2 dimensions"),
        (np.zeros((2, 2)), np.ones((3, 3, 3)), {}, SpecError, "2 dimensions"),
        (np.zeros((2, 2)), [[np.nan]], {}, SpecError, "finite"),
        (np.zeros((2, 2)), [[]], {}, SpecError, "empty"),
        (np.zeros((2, 2)), [[1j]], {}, DTypeError, "real"),
        (np.zeros((2, 2)), "soble-x", {}, UnknownNameError, "sobel-x"),
        (np.zeros((2, 2)), [[1]], {"border": "reflct"}, UnknownNameError, "reflect"),
        (np.zeros((2, 2)), [[1]], {"response": "sign"}, UnknownNameError, "signed"),
        (np.zeros((2, 2)), [[1]], {"gain": 2}, SpecError, "response is 'clip'"),
        (np.zeros((2, 2)), [[1]], {"gain": 0, "response": "signed"}, SpecError, "above 0"),
        (np.zeros((2, 2)), [[1]], {"gain": "4", "response": "signed"}, SpecError, "above 0"),
        (np.zeros((2, 2)), [[1]], {"gain": 10**400, "response": "signed"}, SpecError, "at most"),
        (np.zeros((2, 2), np.uint8), [[1, 1]], {"border": np.inf}, SpecError, "finite"),
        (np.zeros((2, 2), np.uint8), [[1, 1]], {"border": np.nan}, SpecError, "finite"),
    ],
)
def test_refusals(picture: Any, kernel: Any, options: Any, kind: type[ConvolensError], words: str) -> None:
    """What cannot be filtered is refused with the reason."""
    with pytest.raises(kind, match=words):
        filter_image(picture, kernel, **options)


def test_fractional_border_under_whole_numbers() -> None:
    """A constant border of one half counts as one half, also where pixels and weights are whole."""
    assert filter_image(np.array([[3]], np.uint8), [[1, 1, 1]], border=0.5, response="raw").tolist() == [[4.0]]


MEMORY = """
import numpy as np
import scipy.fft
from convolens.images import filter_image
def peak():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024
picture = np.empty({shape}, np.uint8)
picture[:] = 77
kernel = {kernel}
filter_image(picture[:64, :64], "gaussian:sigma=3")  # whatever is loaded once
before = peak()
result = filter_image(picture, kernel)
assert result.shape == picture.shape and result[0, 0] == 77
print(peak() - before - result.nbytes / 2**20)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads the peak from /proc")
@pytest.mark.parametrize(
    ("shape", "kernel", "most"),
    [
        ((10_000, 10_000), "'box'", 200),
        ((100, 1_000_000), "'gaussian:sigma=1'", 200),
        ((6000, 6000), "'box:size=41'", 200),
        ((5000, 5000), "'gaussian:sigma=100'", 200),
        ((2048, 2048), "np.eye(601) / 601", 400),
        ((100, 100_000), "np.eye(601) / 601", 400),
        ((2048, 2048), "np.eye(2047) / 2047", 600),
    ],
)
def test_memory(shape: tuple[int, int], kernel: str, most: int) -> None:
    """100 megapixels, square or in a strip, need little beyond input and output; it is the kernel that counts."""
    script = MEMORY.format(shape=shape, kernel=kernel)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert float(done.stdout) < most


@pytest.mark.parametrize("response", ["clip", "signed", "absolute", "raw"])
def test_out_takes_the_result(response: Any) -> None:
    """The result lies in ``out``: grey and with alpha, rows apart, and where it is the picture itself."""
    for shape in ((30, 40), (30, 40, 1), (30, 40, 3), (30, 40, 4)):
        pixels = np.random.default_rng(3).integers(0, 256, shape, np.uint8)
        expected = filter_image(pixels, "sharpen", response=response)
        room = np.zeros((60, *expected.shape[1:]), expected.dtype)
        for out in (room[:30], room[::2], room[::-2]):
            assert filter_image(pixels, "sharpen", response=response, out=out) is out
            np.testing.assert_array_equal(out, expected)
        if expected.dtype == pixels.dtype:
            filter_image(pixels, "sharpen", response=response, out=pixels)
            np.testing.assert_array_equal(pixels, expected)


def test_out_must_be_like_the_result() -> None:
    """Another shape or type, a list, or a place for the pixels of an `Image` are refused."""
    pixels = np.zeros((8, 9), np.uint8)
    for out in (np.zeros((9, 8), np.uint8), np.zeros((8, 9), np.int64), pixels.tolist()):
        with pytest.raises(SpecError, match="out must be a writeable array of uint8"):
            filter_image(pixels, "sharpen", out=out)
    with pytest.raises(SpecError, match="takes the result of an array"):
        edge_magnitude(Image(pixels), out=pixels.copy())  # type: ignore[call-overload]
