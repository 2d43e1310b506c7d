"""Worked examples of values, as teaching material has them; docs/worked-examples.md shows the same ones."""

import numpy as np
import pytest

import convolens as cl
from convolens.explain import explain

SOBEL_X = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
RAMP = 10 * np.outer(np.arange(1, 6), np.arange(1, 6))
"""I[r][c] = 10 (r + 1) (c + 1)."""


@pytest.mark.parametrize("middle", [0, 17, 255])
def test_an_edge_from_black_to_white(middle: int) -> None:
    """Rows 0, any, 255 give 3 · 255 = 765: the middle row does not count."""
    kernel = np.array([[-1, -1, -1], [0, 0, 0], [1, 1, 1]])
    patch = np.repeat(np.array([[0], [middle], [255]], np.uint8), 3, axis=1)
    (step,) = explain(patch, kernel)
    assert step.result == 765
    assert step.products.tolist() == [[[0, 0, 0], [0, 0, 0], [255, 255, 255]]]


@pytest.mark.parametrize("value", [0, 1, 128, 255])
def test_a_uniform_patch_gives_nothing(value: int) -> None:
    """The weights add up to zero."""
    kernel = np.array([[-1, -1, -1], [0, 0, 0], [1, 1, 1]])
    assert explain(np.full((3, 3), value, np.uint8), kernel)[0, 0].result == 0


def test_correlation_and_convolution_differ_by_the_turned_kernel() -> None:
    """[1, 2, 3, 4, 5] with [1, 0, −1]: −2, −2, −2 and +2, +2, +2."""
    signal, kernel = [1, 2, 3, 4, 5], [1, 0, -1]
    assert cl.correlate(signal, kernel, padding="valid").tolist() == [-2, -2, -2]
    assert cl.convolve(signal, kernel, padding="valid").tolist() == [2, 2, 2]
    assert [step.result for step in explain(signal, kernel)] == [-2, -2, -2]
    assert [step.result for step in explain(signal, kernel, flip=True)] == [2, 2, 2]


def test_ten_cells_and_a_kernel_of_four_leave_seven() -> None:
    """10 − 4 + 1."""
    assert explain(np.ones(10), np.ones(4)).output.shape == (7,)


def test_one_window_under_sobel() -> None:
    """−1 + 0 + 0 + 0 + 0 + 4 − 2 + 0 + 1 = 2."""
    (step,) = explain([[1, 2, 0], [0, 1, 2], [2, 0, 1]], SOBEL_X)
    assert step.products.ravel().tolist() == [-1, 0, 0, 0, 0, 4, -2, 0, 1]
    assert step.result == 2
    assert step.text().endswith("-1 + 0 + 0 + 0 + 0 + 4 - 2 + 0 + 1 = 2")


def test_a_ramp_under_sobel_is_constant_along_rows_only() -> None:
    """Rows of 160, 240, 320; all nine products of each."""
    trace = explain(RAMP, SOBEL_X)
    assert trace.output.tolist() == [[160] * 3, [240] * 3, [320] * 3]
    assert trace[0, 0].products.tolist() == [[[-10, 0, 30], [-40, 0, 120], [-30, 0, 90]]]
    assert trace[1, 1].products.tolist() == [[[-40, 0, 80], [-120, 0, 240], [-80, 0, 160]]]
    assert "-10 + 0 + 30 - 40 + 0 + 120 - 30 + 0 + 90 = 160" in trace[0, 0].text()


def test_a_vertical_edge_under_columns_of_one_zero_minus_one() -> None:
    """Rows 1 1 1 0 0 give 0, 3, 3."""
    image, kernel = np.tile([1, 1, 1, 0, 0], (3, 1)), np.tile([1, 0, -1], (3, 1))
    assert explain(image, kernel).output.tolist() == [[0, 3, 3]]


def test_an_image_shrinks_and_keeps_its_size() -> None:
    """7×7 with 3×3: 5×5, with stride 2 3×3; three times without padding 1×1; with padding 7×7 for ever."""
    image, kernel = np.ones((7, 7)), np.ones((3, 3))
    assert cl.correlate(image, kernel, padding="valid").shape == (5, 5)
    assert explain(image, kernel, stride=2).output.shape == (3, 3)
    shrinking = keeping = image
    for _ in range(3):
        shrinking = cl.correlate(shrinking, kernel, padding="valid")
        keeping = cl.correlate(keeping, kernel, padding="same")
    assert (shrinking.shape, keeping.shape) == ((1, 1), (7, 7))


@pytest.mark.parametrize("filters", [1, 8, 32])
def test_filters_on_a_digit(filters: int) -> None:
    """So k filters of 3×3 on 28×28 without padding: 26×26×k."""
    output = cl.conv2d(np.ones((28, 28, 1)), np.ones((filters, 1, 3, 3)), layout="NHWC")
    assert output.shape == (26, 26, filters)


def test_convolution_commutes_and_correlation_does_not() -> None:
    """With all overlaps a * b = b * a; correlation comes out mirrored; for a symmetric kernel the two agree."""
    random = np.random.default_rng(0)
    a, b = random.integers(-9, 10, (4, 5)), random.integers(-9, 10, (3, 2))
    full = {"padding": "full", "border": "constant"}
    np.testing.assert_array_equal(cl.convolve(a, b, **full), cl.convolve(b, a, **full))
    forth, back = cl.correlate(a, b, **full), cl.correlate(b, a, **full)
    assert (forth != back).any()
    np.testing.assert_array_equal(forth, back[::-1, ::-1])
    symmetric = np.array([[1, 2, 1], [2, 4, 2], [1, 2, 1]])
    np.testing.assert_array_equal(cl.convolve(a, symmetric), cl.correlate(a, symmetric))


def test_a_box_lets_waves_through_that_a_gaussian_stops() -> None:
    """
    The box's response is zero at the wave of 9 cells and rises again, to 0.23; the Gaussian's only falls.

    Both have the same variance along a row: (9² − 1) / 12 = 2.58².
    """
    wave = np.cos(2 * np.pi * np.arange(900) / 6.25)
    box, gaussian = np.asarray(cl.kernels.box(9)), np.asarray(cl.kernels.gaussian(sigma=2.58, size=21))
    assert np.abs(cl.correlate(wave, box.sum(0), border="wrap")).max() == pytest.approx(0.226, abs=0.002)
    assert np.abs(cl.correlate(wave, gaussian.sum(0), border="wrap")).max() == pytest.approx(0.035, abs=0.002)
    ninth = np.cos(2 * np.pi * np.arange(900) / 9)
    assert np.abs(cl.correlate(ninth, box.sum(0), border="wrap")).max() < 1e-12
