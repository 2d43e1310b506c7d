"""Solving: every answer is right, and no right answer is left out."""

import itertools
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convolens.errors import SpecError
from convolens.spec.geometry import ConvSpec
from convolens.spec.solve import Setting, padding_that_keeps, settings_for


@given(st.integers(1, 15), st.integers(1, 4), st.integers(1, 50))
@settings(max_examples=100)
def test_padding_that_keeps_keeps_every_size(kernel: int, dilation: int, size: int) -> None:
    """Whatever the input's size, it comes out again."""
    pads = padding_that_keeps(kernel, dilation=dilation)
    assert ConvSpec((1, size), (1, 1, kernel), padding=[pads], dilation=dilation).output_size == (size,)
    assert pads[1] - pads[0] in (0, 1)


@given(st.integers(1, 9), st.integers(2, 4), st.integers(1, 50))
@settings(max_examples=100)
def test_with_a_stride_nothing_but_the_steps_is_lost(kernel: int, stride: int, size: int) -> None:
    """With a stride the pads depend on the size, and the output is size / stride, rounded up."""
    pads = padding_that_keeps(kernel, stride=stride, input_size=size)
    assert ConvSpec((1, size), (1, 1, kernel), padding=[pads], stride=stride).output_size == (-(-size // stride),)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"kernel_size": 3, "stride": 2}, r"no padding keeps the size with stride 2.*ceil\(input / 2\)"),
        ({"kernel_size": 0}, "kernel size must be a whole number of at least 1"),
        ({"kernel_size": 3, "stride": 0}, "stride must be"),
        ({"kernel_size": 3, "dilation": 1.5}, "dilation must be"),
        ({"kernel_size": 3, "input_size": 0}, "input size must be"),
    ],
)
def test_what_cannot_be_kept(options: dict[str, Any], message: str) -> None:
    """Each mistake has its own message."""
    with pytest.raises(SpecError, match=message):
        padding_that_keeps(**options)


@given(st.integers(4, 40), st.integers(1, 40))
@settings(max_examples=30)
def test_settings_are_all_that_fit_and_no_others(size: int, wanted: int) -> None:
    """Trying every one of them with a ConvSpec finds the same settings."""
    kernels, strides, paddings, dilations = range(1, 6), range(1, 4), range(3), (1, 2)
    found = settings_for(size, wanted, kernels=kernels, strides=strides, paddings=paddings, dilations=dilations)
    expected = set()
    for kernel, stride, padding, dilation in itertools.product(kernels, strides, paddings, dilations):
        try:
            spec = ConvSpec((1, size), (1, 1, kernel), stride=stride, padding=padding, dilation=dilation)
        except SpecError:
            continue
        if spec.output_size == (wanted,):
            expected.add(Setting(kernel, stride, padding, dilation))
    assert set(found) == expected
    assert len(found) == len(expected)


def test_simplest_first() -> None:
    """Least dilation, then least stride, kernel and padding, whatever the order of what is tried."""
    found = settings_for(28, 14, kernels=[5, 2, 3], dilations=[2, 1])
    assert found == sorted(found, key=lambda s: (s.dilation, s.stride, s.kernel, s.padding))
    assert [str(s) for s in found[:3]] == ["k2,s2,p0", "k3,s2,p1", "k5,s2,p2"]
    assert str(found[-1]).endswith(",d2")


def test_no_padding_beyond_half_the_window_unless_asked() -> None:
    """A padding that reaches further is found only when it is named."""
    assert settings_for(5, 7, kernels=[3]) == []
    assert settings_for(5, 7, kernels=[3], paddings=[2]) == [Setting(3, 1, 2, 1)]


def test_paddings_are_solved_for_and_not_tried() -> None:
    """A huge kernel, or a huge range of pads, takes no longer than a small one."""
    assert settings_for(1, 1, kernels=[999_999_999]) == [
        Setting(999_999_999, s, 499_999_999, 1) for s in range(1, 9)
    ]
    assert settings_for(8, 8, kernels=[5], strides=[1], paddings=range(10**12)) == [Setting(5, 1, 2, 1)]
    assert settings_for(8, 8, kernels=[5], strides=[1], paddings=range(0, 9, 2)) == [Setting(5, 1, 2, 1)]
    assert settings_for(8, 8, paddings=range(0)) == []


def test_nothing_fits() -> None:
    """An impossible wish gives an empty list."""
    assert settings_for(10, 300) == []


def test_a_setting_explains_itself() -> None:
    """It computes its size, and writes the formula."""
    setting = Setting(kernel=3, stride=2, padding=1, dilation=1)
    assert setting.output_size(224) == 112
    assert setting.formula(224) == "(224 + 2·1 − 3) / 2 + 1 = 112.5 → 112"


@pytest.mark.parametrize("options", [{"kernels": [0]}, {"strides": [0]}, {"paddings": [-1]}, {"dilations": [1.5]}])
def test_what_is_tried_must_make_sense(options: dict[str, Any]) -> None:
    """Candidates are whole numbers in their range."""
    with pytest.raises(SpecError, match="must be a whole number"):
        settings_for(8, 8, **options)
    with pytest.raises(SpecError, match="output size must be"):
        settings_for(8, 0)
