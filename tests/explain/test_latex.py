"""Explanations as LaTeX are well-formed: every environment closed, every row as long, every border cell boxed."""

import re

import numpy as np
import pytest

from convolens.explain import Step, explain

STEPS = {
    "plain": explain(np.arange(9).reshape(3, 3) - 4, [[1, 0], [0, -1]])[0, 0],
    "border, flip": explain(np.arange(9).reshape(3, 3), np.arange(9).reshape(3, 3), padding=1, flip=True)[0, 0],
    "channels, bias": explain(np.ones((2, 3, 3)) / 3, np.ones((4, 2, 3, 3)), [0.5, 0, 0, -1e-12])[3, 0, 0],
    "volume": explain(np.ones((3, 3, 3)), np.ones((2, 2, 2)), padding=1, border=-1)[0, 0, 0],
    "wide": explain(np.ones(30), np.ones(15))[2],
    "not finite": explain([np.nan, np.inf, 1e-300], [1.0, -1.0, 2.0])[0],
}


@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS)
def test_environments_and_braces_are_balanced(step: Step) -> None:
    """What begins ends, in order."""
    source = step.latex()
    opened = []
    for what, name in re.findall(r"\\(begin|end)\{(\w+\*?)\}", source):
        if what == "begin":
            opened.append(name)
        else:
            assert opened.pop() == name
    assert not opened
    assert source.count("{") == source.count("}")
    assert source.count(r"\[") == source.count(r"\]")
    assert source.isascii()


@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS)
def test_matrices_have_the_window_s_shape(step: Step) -> None:
    """Rows and columns are as many as the window has, and amsmath is told where it would not allow as many."""
    source = step.latex()
    matrices = re.findall(r"\\begin\{bmatrix\}\n(.*?)\n\\end\{bmatrix\}", source, re.DOTALL)
    assert len(matrices) == len(step.planes) * (5 if step.spec.flip else 3)
    rows, columns = step.planes[0].window.shape
    for matrix in matrices:
        assert [row.count("&") + 1 for row in matrix.split(r" \\")] == [columns] * rows
    assert (r"\setcounter{MaxMatrixCols}" in source) == (columns > 10)


@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS)
def test_border_cells_are_boxed(step: Step) -> None:
    """One box for each cell outside the image, in each channel."""
    assert step.latex().count(r"\boxed") == step.border.sum() * len(step.channels)


def test_the_sum_is_written_out() -> None:
    """Signs become operators, powers of ten are set as such."""
    assert r"s &= 4 + 0 + 0 - 0 \\" not in STEPS["plain"].latex()
    assert "s &= -4 + 0 + 0 + 0 \\\\\n&= -4" in STEPS["plain"].latex()
    assert "y_{0, 0} &= -4" in STEPS["plain"].latex()
    assert r"\times 10^{-12}" in STEPS["channels, bias"].latex()
    assert r"\infty" in STEPS["not finite"].latex()
