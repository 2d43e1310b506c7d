"""What an algorithm does of an epilogue and what it leaves make the whole, for all of them."""

import numpy as np
import pytest

from cases import SPECS
from convolens.algorithms import ALGORITHMS
from convolens.algorithms.base import Epilogue
from convolens.ops.activations import activate
from convolens.ops.arrays import add_bias, channels_first
from convolens.spec.geometry import ConvSpec

NAMES = ("wide", "wide, channels last", "2-D depthwise", "wide float64", "2-D stride 2", "1-D")
EPILOGUES = ((True, "relu", False), (False, "relu6", True), (True, "leaky-relu", True), (True, "gelu", False))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("algorithm", [name for name in ALGORITHMS if name != "reference"])
@pytest.mark.parametrize(("bias", "activation", "residual"), EPILOGUES)
def test_done_and_left_make_the_whole(
    algorithm: str, name: str, bias: bool, activation: str, residual: bool
) -> None:
    """Bias first, then the residual, then the activation, whoever does which."""
    spec, chosen = SPECS[name], ALGORITHMS[algorithm]
    if reason := chosen.refusal(spec):
        pytest.skip(reason)
    random = np.random.default_rng(7)
    x, weight = random.normal(size=spec.input_shape), random.normal(size=spec.weight_shape)
    epilogue = Epilogue(
        random.normal(size=spec.out_channels) if bias else None,
        activation,
        _channels_first(spec, random.normal(size=spec.output_shape).astype(spec.compute_dtype))
        if residual
        else None,
    )
    expected = _run("reference", spec.replace(dtype="f8", weight_dtype="f8"), x, weight, epilogue)
    found = _run(algorithm, spec, x.astype(spec.dtype), weight.astype(spec.weight_dtype), epilogue)
    scale = np.abs(expected).max()
    np.testing.assert_allclose(found, expected, rtol=0, atol=scale * (1e-12 if found.itemsize == 8 else 2e-5))


def _run(name: str, spec: ConvSpec, x: np.ndarray, weight: np.ndarray, epilogue: Epilogue) -> np.ndarray:
    algorithm = ALGORITHMS[name]
    out = _channels_first(spec, np.full(spec.output_shape, np.nan, spec.compute_dtype))
    left = algorithm.run_with(spec, algorithm.prepare(spec, weight), _channels_first(spec, x), out, epilogue)
    add_bias(out, left.bias)
    if left.residual is not None:
        out += left.residual
    activate(out, left.activation)
    return out


def _channels_first(spec: ConvSpec, array: np.ndarray) -> np.ndarray:
    """View an array of the spec's layout as algorithms take it."""
    return channels_first(array, spec.dims, spec.layout)
