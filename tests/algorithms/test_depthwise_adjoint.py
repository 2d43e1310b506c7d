"""The adjoint of strided depthwise convolution by the depthwise loops, against NumPy's."""

import numpy as np
import pytest
from tests.cases import random_array

from convolens.algorithms import depthwise_adjoint
from convolens.algorithms.base import Epilogue
from convolens.algorithms.gradients import input_gradient
from convolens.algorithms.windows import at
from convolens.ops.adjoint import Spaced, prepare_adjoint
from convolens.ops.arrays import channels_first
from convolens.runtime import compile as compiler
from convolens.spec.geometry import ConvSpec

pytestmark = pytest.mark.skipif(not compiler.available(), reason="needs Halide")

SPECS = {
    "channels last": ConvSpec((2, 11, 13, 35), (35, 1, 3, 3), stride=2, padding=1, groups=35, layout="NHWC"),
    "channels last, uneven": ConvSpec(
        (1, 12, 15, 20), (20, 1, 5, 5), stride=(3, 2), dilation=(1, 3), padding=((0, 4), (2, 7)), groups=20,
        layout="NHWC", dtype="f8",
    ),
    "few channels last": ConvSpec((1, 9, 9, 3), (3, 1, 3, 3), stride=2, groups=3, layout="NHWC"),
    "rows": ConvSpec((2, 5, 17, 23), (5, 1, 3, 3), stride=2, padding=1, groups=5),
    "rows, wide pads": ConvSpec((1, 4, 20, 19), (4, 1, 4, 3), stride=(2, 4), padding=(1, 7), groups=4),
    "a signal": ConvSpec((2, 6, 90), (6, 1, 5), stride=3, dilation=2, groups=6),
    "a volume": ConvSpec(
        (1, 6, 7, 8, 17), (17, 1, 3, 2, 3), stride=2, padding=1, groups=17, layout="NDHWC", dtype="f8"
    ),
}  # fmt: skip


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS.keys())
def test_agrees_with_numpy(spec: ConvSpec) -> None:
    """Both layouts, one to three dimensions, cells that no window meets; arrays that lie anyhow, and a bias."""
    assert depthwise_adjoint.refusal(spec) is None
    weight, x = random_array(spec.weight_shape, spec.dtype), random_array(spec.output_shape, spec.dtype, 1)
    bias = random_array((spec.in_channels,), spec.dtype, 2)
    x = channels_first(x, spec.dims, spec.layout)
    wanted = input_gradient(spec, weight, x)
    parts = depthwise_adjoint.prepare(spec, weight)
    tolerance = 30 * np.finfo(spec.dtype).eps * np.abs(wanted).max()
    for step in (1, 2):
        whole = np.full((*spec.input_shape[:-1], step * spec.input_shape[-1] + 2), 7, spec.dtype)
        out = channels_first(whole[..., 1:-1:step], spec.dims, spec.layout)
        shift = None if step == 1 else bias
        depthwise_adjoint.run(spec, parts, np.repeat(x, step, axis=-1)[..., ::step], out, Epilogue(shift))
        added = 0 if shift is None else bias[at[:, *(np.newaxis,) * spec.dims]]
        np.testing.assert_allclose(out, wanted + added, rtol=0, atol=tolerance)
        out[...] = 7
        assert (whole == 7).all()


def test_it_is_chosen_for_layers_of_networks() -> None:
    """Strided layers of MobileNet and EfficientNet go this way; at stride 1 each phase is a convolution anyway."""
    for layout, shape in (("NHWC", (8, 56, 56, 144)), ("NCHW", (8, 144, 56, 56))):
        spec = ConvSpec(shape, (144, 1, 3, 3), stride=2, padding=1, groups=144, layout=layout)
        weight = random_array(spec.weight_shape, spec.dtype)
        assert isinstance(prepare_adjoint(spec, weight, calls=100_000).way, Spaced)
        assert not isinstance(prepare_adjoint(spec.replace(stride=1), weight, calls=100_000).way, Spaced)


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        (ConvSpec((1, 4, 9, 9), (8, 1, 3, 3), stride=2, groups=4), "one kernel"),
        (ConvSpec((1, 4, 9, 9), (4, 1, 3, 3), stride=2, groups=4, padding=1, border="edge"), "border"),
        (ConvSpec((1, 4, 9, 9), (4, 1, 3, 3), stride=(2, 1), groups=4), "zeros between"),
        (ConvSpec((1, 4, 9, 9), (4, 1, 1, 3), stride=2, groups=4), "one tap"),
        (ConvSpec((1, 4, 10, 10), (4, 1, 4, 4), stride=2, groups=4), "alike"),
        (ConvSpec((1, 4, 9, 9), (4, 1, 3, 3), stride=2, groups=4, dtype="i4"), "exact"),
    ],
)
def test_refusals(spec: ConvSpec, reason: str) -> None:
    """What it cannot do is left to other ways, for a reason."""
    assert reason in str(depthwise_adjoint.refusal(spec))
