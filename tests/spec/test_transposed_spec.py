"""The specification of transposed convolution, against PyTorch's shapes and the convolution that goes back."""

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from convolens.errors import SpecError
from convolens.spec.transposed import transposed_spec


@given(
    size=st.integers(1, 12),
    kernel=st.integers(1, 5),
    stride=st.integers(1, 4),
    dilation=st.integers(1, 3),
    data=st.data(),
)
@settings(max_examples=100)
def test_size_is_that_of_pytorch(size: int, kernel: int, stride: int, dilation: int, data: st.DataObject) -> None:
    """The output has PyTorch's size, and the convolution that goes back gives the input's."""
    padding = data.draw(st.integers(0, dilation * (kernel - 1) // 2))
    extra = data.draw(st.integers(0, stride - 1))
    spec = transposed_spec(
        (1, 2, size), (2, 3, kernel), stride=stride, padding=padding, output_padding=extra, dilation=dilation
    )
    with torch.device("meta"):
        layer = torch.nn.ConvTranspose1d(2, 3, kernel, stride, padding, extra, dilation=dilation)
        expected = layer(torch.empty(1, 2, size)).shape
    assert spec.input_shape == tuple(expected)
    assert spec.output_shape == (1, 2, size)


@pytest.mark.parametrize(("kernel", "stride"), [(3, 1), (4, 2), (3, 2), (2, 3), (1, 2), (5, 3)])
def test_same_multiplies_the_size_by_the_stride(kernel: int, stride: int) -> None:
    """The counterpart of what "same" means for convolution."""
    spec = transposed_spec((1, 7), (1, 1, kernel), stride=stride, padding="same")
    assert spec.input_size == (7 * stride,)
    assert spec == transposed_spec((1, 7), (1, 1, kernel), stride=stride, padding=" SAME ")


def test_channels_last_and_groups() -> None:
    """Channels come from the weight's second axis and the groups, wherever they stand."""
    spec = transposed_spec((2, 5, 6, 8), (8, 3, 3, 3), groups=2, layout="NHWC")
    assert spec.input_shape == (2, 7, 8, 6)
    assert spec.output_shape == (2, 5, 6, 8)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"input_shape": (8,)}, "do not fit: for n dimensions the weight is"),
        ({"input_shape": (7, 5, 5)}, r"has 7 channels, but the weight \(8, 4, 3, 3\) takes 8"),
        ({"output_padding": 1}, "output_padding must be less than the stride, but 1 is not less than 1"),
        ({"stride": 0}, "stride must be"),
        ({"padding": 4}, r"cuts off all of the output, whose size would be \(-1, -1\)"),
        ({"groups": 3}, "groups=3"),
    ],
)
def test_mistakes(changes: dict[str, Any], message: str) -> None:
    """Each has its own message."""
    with pytest.raises(SpecError, match=message):
        transposed_spec(**({"input_shape": (8, 5, 5), "weight_shape": (8, 4, 3, 3)} | changes))
