"""Kernels that are products along three axes, in two compiled walks over a volume."""

import numpy as np
import pytest

from cases import computed, expected, magnitude, random_arrays
from convolens.algorithms import ALGORITHMS, volumes
from convolens.algorithms.separable import separable_rank
from convolens.runtime import compile as compiler
from convolens.runtime.threads import threads
from convolens.spec.geometry import ConvSpec

SEPARABLE = ALGORITHMS["separable"]
SPECS = {
    "one volume": ConvSpec((1, 1, 9, 12, 70), (1, 1, 3, 5, 7), padding="same", border="symmetric"),
    "smallest": ConvSpec((1, 1, 6, 6, 66), (1, 1, 3, 3, 3)),
    "a constant around several": ConvSpec((2, 3, 7, 8, 80), (6, 1, 4, 3, 6), groups=3, padding=3, border=1.5),
    "padding beyond the volume": ConvSpec((1, 1, 4, 5, 70), (1, 1, 5, 3, 1), padding=(9, 7, 2), border="reflect"),
    "channels last": ConvSpec((1, 8, 9, 70, 1), (1, 1, 3, 3, 5), padding=1, border="wrap", layout="NDHWC"),
}

pytestmark = pytest.mark.skipif(not compiler.available(), reason="nothing can be compiled here")


def product(spec: ConvSpec) -> np.ndarray:
    """Draw kernels that are one product each."""
    generator = np.random.default_rng(3)
    kernels, channels, *size = spec.weight_shape
    weight = np.ones(spec.weight_shape)
    for axis, length in enumerate(size, start=2):
        shape = [kernels, channels, 1, 1, 1]
        shape[axis] = length
        weight *= generator.standard_normal(shape)
    return weight.astype(spec.dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
def test_products(spec: ConvSpec, dtype: str) -> None:
    """Tails, borders and a kernel for each channel, within the bound of the error."""
    spec = spec.replace(dtype=dtype, weight_dtype=dtype)
    weight = product(spec)
    spec = spec.replace(weight_rank=separable_rank(weight, spec.compute_dtype))
    assert volumes.takes(spec)
    x, _ = random_arrays(spec)
    error = np.abs(computed(SEPARABLE, spec, x, weight) - expected(spec, x, weight)).max()
    assert error <= SEPARABLE.error_bound(spec) * magnitude(spec, x, weight)


def test_scattered_arrays_are_copied() -> None:
    """Every other cell of a row, in input and output, gives what cells side by side give, with any threads."""
    spec = SPECS["one volume"].replace(weight_rank=1)
    weight, (x, _) = product(spec), random_arrays(spec)
    state, wanted = SEPARABLE.prepare(spec, weight), computed(SEPARABLE, spec, x, weight)
    wide, out = np.repeat(x, 2, axis=-1), np.full((*spec.output_shape[:-1], 2 * spec.output_shape[-1]), 7, x.dtype)
    with threads(3):
        SEPARABLE.run(spec, state, wide[..., ::2], out[..., ::2])
    np.testing.assert_array_equal(out[..., ::2], wanted)
    assert (out[..., 1::2] == 7).all()
