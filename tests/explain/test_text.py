"""Explanations as text are aligned, complete, and no wider than the terminal."""

import re

import numpy as np
import pytest

from convolens.explain import explain

SOBEL = [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]


def test_a_step_reads_as_a_person_would_write_it() -> None:
    """Window × kernel = products, all nine of them, and their sum."""
    image = 10 * np.outer(np.arange(1, 6), np.arange(1, 6))
    assert explain(image, SOBEL)[0, 0].text().splitlines() == [
        "output [0, 0] of 3×3, kernel 3×3, cross-correlation",
        "",
        "window         kernel       products",
        "10  20  30     -1  0  1     -10  0   30",
        "20  40  60  ×  -2  0  2  =  -40  0  120",
        "30  60  90     -1  0  1     -30  0   90",
        "",
        "-10 + 0 + 30 - 40 + 0 + 120 - 30 + 0 + 90 = 160",
    ]


def test_border_cells_stand_in_brackets_with_a_legend() -> None:
    """Exactly the cells outside the image are marked, and the legend names the border."""
    step = explain([[1, 2], [3, 4]], SOBEL, padding=1, border=-7)[0, 0]
    text = step.text()
    assert text.count("[-7]") == step.border.sum() == 5
    assert "[-7] [-7] [-7]" in text
    assert "[ ] border cell, outside the image: constant -7" in text
    assert "[ ]" not in explain(np.ones((3, 3)), SOBEL)[0, 0].text()


def test_true_convolution_shows_the_kernel_and_the_turned_kernel() -> None:
    """Both stand there, an arrow between them, and the window is multiplied by the turned one."""
    lines = explain([1, 2, 3], [1, 0, -1], flip=True)[0].text().splitlines()
    assert "1  0  -1  →  -1  0  1" in lines
    assert any(line.startswith("1  2  3  ×  -1  0  1") for line in lines)


@pytest.mark.parametrize("size", [3, 5])
@pytest.mark.parametrize("kind", ["small integers", "long integers", "floats", "tiny and huge floats"])
@pytest.mark.parametrize("flip", [False, True])
def test_text_fits_80_columns_whatever_the_numbers(size: int, kind: str, flip: bool) -> None:
    """Matrices go below one another, or into a list, rather than past the right margin."""
    random = np.random.default_rng(size)
    draw = {
        "small integers": lambda: random.integers(-255, 256, (size, size)),
        "long integers": lambda: random.integers(-(10**6), 10**6, (size, size)) * 97,
        "floats": lambda: random.standard_normal((size, size)),
        "tiny and huge floats": lambda: (
            random.standard_normal((size, size)) * 10.0 ** random.integers(-9, 9, (size, size))
        ),
    }[kind]
    step = explain(draw(), draw(), padding=1, flip=flip)[0, 0]
    lines = step.text().splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[0].startswith("output [0, 0]")
    if "integers" in kind:
        numbers = set(re.findall(r"-?\d+", step.text().replace("- ", "-")))
        assert {str(value) for value in step.products.ravel()} <= numbers
        assert str(step.result) in numbers


def test_matrices_below_one_another_are_parted() -> None:
    """Where they do not fit side by side, an empty line stands before each but the first."""
    lines = explain(np.full((7, 7), 1000), np.ones((7, 7), int))[0, 0].text().splitlines()
    for title in ("kernel", "products"):
        assert lines[lines.index(title) - 1] == ""
    assert lines.index("kernel") == lines.index("window") + 9 or lines.index("window") == lines.index("kernel") + 9


def test_reprs_are_one_short_line() -> None:
    """Neither a trace nor a step shows its arrays in a debugger's list of names."""
    trace = explain(np.ones((3, 9, 9), int), np.ones((3, 3), int))
    assert repr(trace) == "<Trace of output 3×7×7, kernel 3×3, cross-correlation, groups 3>"
    assert repr(trace[1, 0, 0]) == "<Step output [1, 0, 0] of 3×7×7 = 9>"
    assert str(trace).endswith("trace[channel, row, column] works out one of the 147 cells; iterate for all")


def test_channels_are_summed_one_by_one_and_the_bias_is_added() -> None:
    """Each channel has its own matrices and sum; the last line adds them up."""
    image = np.arange(18).reshape(2, 3, 3)
    step = explain(image, np.stack([SOBEL, np.ones((3, 3), int)])[None], [100])[0, 0]
    lines = step.text().splitlines()
    assert "channel 0" in lines
    assert "channel 1" in lines
    assert lines[-1] == "sum of 2 channels + bias: 8 + 117 + 100 = 225"
    assert any(line.startswith("channel 1: 9 + 10 + 11") and line.endswith("= 117") for line in lines)


def test_many_channels_and_large_kernels_have_short_forms() -> None:
    """Sums a channel, or a kernel row, in place of matrices; they still add up to the result."""
    step = explain(np.ones((64, 3, 3), int), np.ones((1, 64, 3, 3), int))[0, 0]
    assert "channel 63: sum of 3×3 products 9" in step.text()
    assert "sum of 64 channels: 576" in step.text()
    step = explain(np.ones((20, 20), int), np.ones((11, 11), int), padding=5)[0, 0]
    assert " kernel row  0: 11 products, 11 on the border, sum 0" in step.text()
    assert " kernel row 10: 11 products, 5 on the border, sum 6" in step.text()
    assert step.text().splitlines()[-3] == "sum: 36"


def test_rounded_numbers_are_said_to_be_rounded() -> None:
    """The note stands there when digits are left out, and not otherwise."""
    assert "rounded" in explain([1 / 3, 2], [1.0, 1])[0].text()
    assert "rounded" not in explain([0.5, 2], [1.0, 1])[0].text()


def test_a_trace_prints_the_output_and_how_to_go_on() -> None:
    """All of a small output, the corners of a large one."""
    text = str(explain(np.arange(25).reshape(5, 5), np.ones((3, 3), int)))
    assert " 54   63   72" in text
    assert text.endswith("trace[row, column] works out one of the 9 cells; iterate for all")
    text = str(explain(np.arange(2500.0).reshape(2, 25, 50) / 7, np.ones((9, 2, 3, 3))))
    assert "kernel 3" in text
    assert "kernel 4" not in text
    assert "… and 5 more" in text
    assert "trace[kernel, row, column]" in text
    assert max(map(len, text.splitlines())) <= 80
    volume = str(explain(np.ones((3, 3, 3), int), np.ones((2, 2, 2), int)))
    assert "depth 1\n8  8" in volume


def test_options_are_named_when_they_are_used() -> None:
    """Stride, dilation, pads, border, groups and flip; nothing else."""
    trace = explain(
        np.ones((4, 9, 9)),
        np.ones((2, 2, 3, 2)),
        stride=(2, 1),
        dilation=2,
        padding=((1, 0), (2, 2)),
        border="wrap",
        groups=2,
        flip=True,
    )
    asked = " ".join(trace[0, 0, 0].text().split("\n\n")[0].split())
    assert asked == (
        "output [0, 0, 0] of 2×3×11, kernel 3×2, convolution, stride 2×1, dilation 2, pads 1+0 by 2+2, "
        "border wrap, groups 2"
    )
