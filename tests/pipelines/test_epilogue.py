"""Activations in registers against NumPy's and SciPy's."""

import halide as hl
import numpy as np
import pytest

from convolens.algorithms.compiled import CLAMPS, fused_activation
from convolens.ops.activations import ACTIVATIONS
from convolens.pipelines.epilogue import finish

EXTREMES = np.array([np.nan, np.inf, -np.inf, 0, -0.0, 1e38, -1e38, 1e-38, -100, 100, 88, -88, 6, 0.625], "f4")


@pytest.mark.parametrize("name", [None, *ACTIVATIONS])
def test_float32_as_numpy(name: str | None) -> None:
    """Small, common and large numbers, NaN and infinities: within single precision of the result, or of 1e-38."""
    fused = fused_activation(name, np.dtype("f4"))
    assert fused is not None
    random = np.random.default_rng(5).normal(size=(3, 1000)) * [[1e-3], [1], [30]]
    numbers = np.concatenate([random.astype("f4").ravel(), EXTREMES])
    found = _applied(numbers, *fused)
    with np.errstate(over="ignore", invalid="ignore"):
        wanted = ACTIVATIONS[name](numbers.astype("f8")) if name else numbers.astype("f8")
    finite = np.isfinite(wanted)
    np.testing.assert_array_equal(found[~finite], wanted[~finite].astype("f4"))
    np.testing.assert_allclose(found[finite], wanted[finite], rtol=2e-6, atol=1e-6 if name == "gelu" else 1e-35)


@pytest.mark.parametrize("name", CLAMPS)
def test_float64_of_the_relu_family(name: str | None) -> None:
    """The family of two numbers serves double precision; the smooth ones are left to NumPy there."""
    fused = fused_activation(name, np.dtype("f8"))
    assert fused is not None
    numbers = np.array([-2.5, 0, 3, 7, np.nan, -1, 6, 6.5])
    np.testing.assert_array_equal(_applied(numbers, *fused), ACTIVATIONS[name](numbers) if name else numbers)
    assert fused_activation("gelu", np.dtype("f8")) is None


def _applied(numbers: np.ndarray, activation: str, bounds: tuple[float, float]) -> np.ndarray:
    i, out = hl.Var("i"), hl.Func("out")
    source = hl.ImageParam(hl.Float(8 * numbers.itemsize), 1, "source")
    slope, ceiling = hl.Param(hl.Float(64), "slope"), hl.Param(hl.Float(64), "ceiling")
    out[i] = finish(source[i], activation, slope, ceiling)
    out.vectorize(i, 8)
    result = np.empty_like(numbers)
    out.compile_to_callable([source, slope, ceiling])(numbers, *bounds, result)
    return result
