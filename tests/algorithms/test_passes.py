"""Separable kernels on planes, in the compiled walk that takes columns and rows at once."""

import numpy as np
import pytest

from cases import computed, expected, magnitude, random_arrays
from convolens.algorithms import ALGORITHMS, passes
from convolens.algorithms.separable import separable_rank
from convolens.runtime import compile as compiler
from convolens.runtime.threads import threads
from convolens.spec.geometry import ConvSpec

SEPARABLE = ALGORITHMS["separable"]
SPECS = {
    "plane": ConvSpec((1, 1, 37, 71), (1, 1, 9, 5), padding="same", border="symmetric"),
    "smallest": ConvSpec((1, 1, 6, 66), (1, 1, 3, 3)),
    "batch of several channels, each twice": ConvSpec(
        (2, 3, 12, 80), (6, 1, 5, 6), groups=3, padding=2, border=1.5
    ),
    "padding beyond the image": ConvSpec((1, 1, 4, 70), (1, 1, 7, 5), padding=(11, 3), border="reflect"),
    "tasks in both directions": ConvSpec((1, 1, 300, 2100), (1, 1, 5, 7), padding="same", border="wrap"),
}

pytestmark = pytest.mark.skipif(not compiler.available(), reason="nothing can be compiled here")


def of_rank(spec: ConvSpec, rank: int) -> np.ndarray:
    """Draw kernels that are sums of so many products."""
    generator = np.random.default_rng(rank)
    kernels, channels, height, width = spec.weight_shape
    columns, rows = ((kernels, channels, height, rank), (kernels, channels, rank, width))
    return (generator.standard_normal(columns) @ generator.standard_normal(rows)).astype(spec.dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("rank", [1, 2])
@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)
def test_sums_of_products(spec: ConvSpec, rank: int, dtype: str) -> None:
    """Tails, borders, terms and kernels for each channel, within the bound of the error."""
    spec = spec.replace(dtype=dtype, weight_dtype=dtype)
    weight = of_rank(spec, rank)
    spec = spec.replace(weight_rank=separable_rank(weight, spec.compute_dtype))
    assert spec.weight_rank == rank
    assert passes.takes(spec)
    x, _ = random_arrays(spec)
    error = np.abs(computed(SEPARABLE, spec, x, weight) - expected(spec, x, weight)).max()
    assert error <= SEPARABLE.error_bound(spec) * magnitude(spec, x, weight)


def test_scattered_arrays_are_copied() -> None:
    """Every other cell of a row, in input and output, gives what cells side by side give."""
    spec = SPECS["plane"].replace(weight_rank=1)
    weight, (x, _) = of_rank(spec, 1), random_arrays(spec)
    state, wanted = SEPARABLE.prepare(spec, weight), computed(SEPARABLE, spec, x, weight)
    wide, out = np.repeat(x, 2, axis=-1), np.full((*spec.output_shape[:-1], 2 * spec.output_shape[-1]), 7, x.dtype)
    SEPARABLE.run(spec, state, wide[..., ::2], out[..., ::2])
    np.testing.assert_array_equal(out[..., ::2], wanted)
    assert (out[..., 1::2] == 7).all()


def test_result_does_not_depend_on_threads() -> None:
    """To the last bit."""
    spec = SPECS["tasks in both directions"]
    weight, (x, _) = of_rank(spec, 1), random_arrays(spec)
    with threads(1):
        wanted = computed(SEPARABLE, spec, x, weight)
    with threads(3):
        np.testing.assert_array_equal(computed(SEPARABLE, spec, x, weight), wanted)


@pytest.mark.parametrize(
    "spec",
    [
        ConvSpec((1, 1, 37, 71), (1, 1, 9, 5), stride=2),
        ConvSpec((1, 1, 37, 71), (1, 1, 9, 5), dilation=2),
        ConvSpec((1, 2, 37, 71), (1, 2, 9, 5)),
        ConvSpec((1, 1, 11, 71), (1, 1, 9, 5)),
        ConvSpec((1, 1, 37, 8), (1, 1, 9, 5)),
        ConvSpec((1, 37, 71, 2), (2, 1, 9, 5), groups=2, layout="channels-last"),
    ],
    ids=["strided", "dilated", "several channels", "few rows", "few columns", "scattered"],
)
def test_everything_else_goes_through_numpy(spec: ConvSpec) -> None:
    """What the pipeline does not take is computed all the same."""
    assert not passes.takes(spec)
    weight, (x, _) = of_rank(spec, 1), random_arrays(spec)
    error = np.abs(computed(SEPARABLE, spec, x, weight) - expected(spec, x, weight)).max()
    assert error <= SEPARABLE.error_bound(spec) * magnitude(spec, x, weight)
