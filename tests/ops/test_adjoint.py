"""How an adjoint is run: what is recorded of a call serves the next one alone where it can."""

import numpy as np
import pytest

from convolens.algorithms.gradients import input_gradient
from convolens.ops.adjoint import Tiled
from convolens.runtime import compile as compiler
from convolens.spec.geometry import ConvSpec

pytestmark = pytest.mark.skipif(not compiler.available(), reason="needs Halide")
generator = np.random.default_rng(6)


@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
def test_repeated_calls_take_the_arrays_that_they_are_given(layout: str) -> None:
    """At other addresses, and with other strides."""
    shape = (2, 12, 10, 16) if layout == "NHWC" else (2, 16, 12, 10)
    spec = ConvSpec(shape, (24, 16, 4, 4), stride=2, padding=1, layout=layout)
    weight = generator.standard_normal(spec.weight_shape).astype("f4")
    bias = generator.standard_normal(16).astype("f4")
    way = Tiled(spec, weight, bias, "relu")
    for start in (0, 0, 1, 1, 0):
        x = np.zeros((2, 24, 6 + start, 5 + start), "f4")[:, :, start:, start:]
        x[...] = generator.standard_normal(x.shape)
        out = np.full((2, 16, 12, 10), np.nan, "f4")
        if layout == "NHWC":
            x, out = (np.moveaxis(np.moveaxis(a, 1, -1).copy(), -1, 1) for a in (x, out))
        way(x, out)
        wanted = np.maximum(input_gradient(spec, weight, x) + bias[:, None, None], 0)
        np.testing.assert_allclose(out, wanted, rtol=1e-4, atol=1e-4)
        assert way.last is not None
