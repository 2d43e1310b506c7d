"""Formulae with numbers: what is written must be true."""

import math
import re
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convolens.spec.formula import layer_formulas, size_formulas, transposed_formulas, window_formula
from convolens.spec.geometry import ConvSpec
from convolens.spec.pooling import PoolSpec
from convolens.spec.stack_text import parse_stack
from convolens.spec.transposed import transposed_spec


def worked_out(formula: str) -> Fraction:
    """Compute the left side of a written formula."""
    left = formula.split("=")[0].replace("·", "*").replace("−", "-")
    return Fraction(eval(re.sub(r"(\d+)", r"Fraction(\1)", left), {"Fraction": Fraction}))


@given(
    st.integers(20, 300),
    st.integers(1, 7),
    st.integers(0, 4),
    st.integers(0, 4),
    st.integers(1, 4),
    st.integers(1, 3),
)
@settings(max_examples=150)
def test_the_left_side_gives_the_right_side(
    size: int, kernel: int, before: int, after: int, stride: int, dilation: int
) -> None:
    """Worked out as it stands, and rounded down, the formula gives the spec's size."""
    spec = ConvSpec((1, size), (1, 1, kernel), stride=stride, padding=[(before, after)], dilation=dilation)
    (formula,) = size_formulas(spec)
    exact = worked_out(formula)
    assert math.floor(exact) == spec.output_size[0] == int(formula.split()[-1])
    assert ("→" in formula) == (exact.denominator > 1)


@given(st.integers(1, 40), st.integers(1, 5), st.integers(1, 4), st.data())
@settings(max_examples=100)
def test_the_formula_of_a_transposed_convolution(size: int, kernel: int, stride: int, data: st.DataObject) -> None:
    """Worked out as it stands, it gives the size."""
    extra = data.draw(st.integers(0, stride - 1))
    padding = data.draw(st.integers(0, (kernel - 1) // 2))
    spec = transposed_spec((1, size), (1, 1, kernel), stride=stride, padding=padding, output_padding=extra)
    (formula,) = transposed_formulas(spec)
    assert worked_out(formula) == spec.input_size[0] == int(formula.split()[-1])


def test_rounding_is_shown() -> None:
    """The quotient as it is, and what becomes of it."""
    assert window_formula(224, 7, pads=(3, 3), stride=2) == "(224 + 2·3 − 7) / 2 + 1 = 112.5 → 112"
    assert window_formula(224, 7, pads=(3, 3), stride=2, ceil=True).endswith("= 112.5 → 113")
    assert window_formula(10, 3, stride=3) == "(10 − 3) / 3 + 1 = 3.333 → 3"
    assert window_formula(5002, 1, stride=5000) == "(5002 − 1) / 5000 + 1 = 10001/5000 → 2"


def test_factors_are_grouped_as_their_products() -> None:
    """Commas stand between thousands on both sides, whatever the layer."""
    for stack, formula in {
        "1024x4x4 conv:1024,k1,g2": "1,024·1,024/2·1·1 + 1,024 = 525,312",
        "1024x4x4 transposed:8,k1": "1,024·8·1·1 + 8 = 8,200",
        "4096 dense:1000": "4,096 · 1,000 + 1,000 = 4,097,000",
        "1024x4x4 bn": "2·1,024 = 2,048",
    }.items():
        assert layer_formulas(parse_stack(stack).layers[0])["parameters"] == formula


def test_a_window_that_would_start_past_the_input_is_explained() -> None:
    """With ``ceil_mode`` the size is then one less than the rounded quotient."""
    spec = PoolSpec((1, 5), (2,), stride=3, padding=1, ceil_mode=True)
    (formula,) = size_formulas(spec)
    assert spec.output_size == (2,)
    assert formula == "(5 + 2·1 − 2) / 3 + 1 = 2.667 → 3 → 2 (the last window would start past the input)"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "8x14x14 conv:4,k3x5,g2,nobias",
            {
                "size": "14 − 3 + 1 = 12; 14 − 5 + 1 = 10",
                "parameters": "4·8/2·3·5 = 240",
                "multiply-adds": "4·8/2·3·5 · 12·10 = 28,800",
            },
        ),
        (
            "8x14x14 deconv:4,k4,s2,p1",
            {
                "size": "(14 − 1)·2 − 2·1 + 4 = 28",
                "parameters": "8·4·4·4 + 4 = 516",
                "multiply-adds": "8·4·4·4 · 14·14 = 100,352",
            },
        ),
        (
            "8x7x7 dense:10",
            {"parameters": "8·7·7 · 10 + 10 = 3,930", "multiply-adds": "8·7·7 · 10 = 3,920"},
        ),
        ("8x7x7 bn", {"parameters": "2·8 = 16", "multiply-adds": "8·7·7 = 392"}),
        ("8x7x7 gap", {"size": "7 cells in one window"}),
        ("8x7x7 relu", {}),
        ("8x7x7 flatten", {}),
    ],
)
def test_formulas_of_a_layer(text: str, expected: dict[str, str]) -> None:
    """Every kind of layer writes what there is to work out, and only that."""
    assert layer_formulas(parse_stack(text).layers[0]) == expected
