"""The adjoints, on every named spec: ⟨A x, y⟩ = ⟨x, Aᵀ y⟩."""

import numpy as np
import pytest

from cases import SPECS, expected, random_array, random_arrays
from convolens.algorithms.gradients import input_gradient, weight_gradient
from convolens.ops.arrays import channels_first
from convolens.ops.transposed import turn
from convolens.spec.geometry import ConvSpec

LINEAR = {
    name: spec.replace(dtype="f8", weight_dtype="f8", border=0 if spec.border.value else spec.border)
    for name, spec in SPECS.items()
    if "-D" in name
}


@pytest.mark.parametrize("spec", LINEAR.values(), ids=LINEAR.keys())
def test_gradients_are_adjoint_to_the_definition(spec: ConvSpec) -> None:
    """Both gradients of ⟨conv(x, w), y⟩, with respect to x and to w, reproduce its value."""
    x, weight = random_arrays(spec)
    y = random_array(spec.output_shape, spec.dtype, 7)
    value = np.vdot(expected(spec, x, weight), y)
    first, grad = (channels_first(a, spec.dims, spec.layout) for a in (x, y))
    turned = turn(spec, weight)
    to_input, to_weight = input_gradient(spec, turned, grad), weight_gradient(spec, first, grad)
    assert (to_input.shape, to_weight.shape) == (first.shape, weight.shape)
    assert np.vdot(to_input, first) == pytest.approx(value, abs=1e-8)
    assert np.vdot(to_weight, turned) == pytest.approx(value, abs=1e-8)
