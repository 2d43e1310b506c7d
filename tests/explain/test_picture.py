"""Pictures show the numbers that the step holds, mark the border, and are drawn the same every time."""

import io
from collections import Counter

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from convolens.explain import explain
from convolens.explain.canvas import SIGNED, signed_colours
from convolens.explain.numbers import number

SOBEL = [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]


def words(figure: Figure) -> Counter[str]:
    """Count the texts of a picture, with the minus of the keyboard."""
    return Counter(text.get_text().replace("−", "-") for text in figure.axes[0].texts)


def test_every_number_of_a_small_step_is_there() -> None:
    """Input, window, kernel, products, sum, and output."""
    trace = explain(10 * np.outer(np.arange(1, 6), np.arange(1, 6)), SOBEL, cell=(2, 1))
    (step,) = trace
    shown = words(trace.picture())
    wanted = Counter()
    for values in (trace.input, step.window, step.weights, step.products, trace.output, [step.result]):
        wanted.update(number(value) for value in np.ravel(values))
    assert not wanted - shown
    assert "output [2, 1] = 320" in shown
    assert "-60 + 0 + 120 - 160 + 0 + 320 - 100 + 0 + 200 = 320" in shown


@pytest.mark.parametrize("padding", [0, 1, 2])
def test_border_cells_are_hatched_and_named(padding: int) -> None:
    """Those of the image's border, those of the window, and the legend's."""
    trace = explain(np.ones((4, 4), int), SOBEL, padding=padding, border="wrap", cell=(0, 0))
    figure = trace.picture()
    hatched = [patch for patch in figure.axes[0].patches if isinstance(patch, Rectangle) and patch.get_hatch()]
    border = (4 + 2 * padding) ** 2 - 16
    assert len(hatched) == border + trace[0, 0].border.sum() + bool(padding)
    assert ("outside the image: wrap" in words(figure)) == bool(padding)


def test_channels_bias_and_result_are_shown() -> None:
    """A row for each channel up to four, the others as one number."""
    trace = explain(np.ones((6, 5, 5), int), np.ones((2, 6, 3, 3), int), [7, 8], cell=(1, 0, 0))
    shown = words(trace.picture())
    assert shown["channel 3"] == 1
    assert "channel 4" not in shown
    assert {"2 more", "18", "bias", "result", "62"} <= set(shown)


@pytest.mark.parametrize(
    ("image", "kernel"),
    [((9,), (3,)), ((4, 5, 6), (2, 2, 2)), ((60, 80), (3, 3)), ((40, 50), (11, 15)), ((1, 400), (1, 3))],
)
def test_every_shape_can_be_drawn(image: tuple[int, ...], kernel: tuple[int, ...]) -> None:
    """Signals, volumes, photographs, large kernels; dilated, at a corner, into the border."""
    random = np.random.default_rng(0)
    trace = explain(random.integers(0, 256, image).astype(np.uint8), random.standard_normal(kernel), padding=1)
    for cell in (trace.middle, (0,) * len(image)):
        figure = trace.picture(cell)
        figure.savefig(io.BytesIO(), format="png", dpi=40)
        assert "kernel" in words(figure)


def test_signs_stand_in_cells_too_small_for_numbers() -> None:
    """Sign is never told by colour alone."""
    kernel = np.ones((15, 15))
    kernel[:, :7] = -1
    kernel[:, 7] = 0
    shown = words(explain(np.ones((40, 40)), kernel).picture())
    assert shown["-"] >= 2 * 105
    assert shown["+"] >= 2 * 105


def test_zero_is_white_and_signs_are_orange_and_blue() -> None:
    """The scale is centred on zero however lopsided the values are."""
    negative, zero, positive = signed_colours(np.array([-1.0, 0.0, 9.0]))
    np.testing.assert_allclose(zero[:3], 1, atol=0.02)
    assert negative[0] > negative[2]
    assert positive[2] > positive[0]
    assert SIGNED(0.5)[:3] == pytest.approx((1, 1, 1), abs=0.02)


def test_numbers_that_are_not_finite_can_be_drawn() -> None:
    """NaN and infinity are written into their cells."""
    trace = explain([np.nan, np.inf, -1.0, 2.0], [1.0, 2.0], cell=1)
    shown = words(trace.picture())
    assert {"nan", "inf"} <= set(shown)


def test_notebooks_get_a_drawing() -> None:
    """As SVG, of the middle cell."""
    drawing = explain([1, 2, 3, 4], [1, 1])._repr_svg_()
    assert "<svg" in drawing
    assert drawing.rstrip().endswith("</svg>")


def test_cells_too_small_to_read_bear_no_signs() -> None:
    """A kernel of 15 × 15 shows signs, one of 29 × 29 colours alone."""
    for side, signs in ((15, 15 * 15), (29, 0)):
        trace = explain(np.ones((40, 40), int), -np.ones((side, side), int))
        words = [text.get_text() for text in trace.picture((0, 0)).axes[0].texts]
        assert words.count("−") >= 2 * signs
        assert (words.count("−") > 100) == bool(signs)
