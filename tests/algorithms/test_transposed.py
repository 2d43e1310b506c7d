"""The compiled transposed convolution, against NumPy's loop over the taps."""

from typing import Any

import numpy as np
import pytest

import convolens as cl
from convolens.algorithms.base import Epilogue
from convolens.algorithms.gradients import input_gradient
from convolens.algorithms.transposed import TransposedTiled
from convolens.ops.adjoint import Phases, Tiled, prepare_adjoint
from convolens.runtime import compile as compiler
from convolens.spec.geometry import ConvSpec

ALGORITHM = TransposedTiled()
LAST: dict[str, Any] = {"layout": "channels-last"}

SPECS = {
    "kernel-is-stride": ConvSpec((2, 10, 14, 17), (10, 17, 2, 2), stride=2, **LAST),
    "kernel-is-stride-short": ConvSpec((1, 5, 3, 40), (70, 40, 2, 2), stride=2, **LAST),
    "overlap": ConvSpec((1, 22, 30, 33), (6, 33, 4, 4), stride=2, padding=1, **LAST),
    "overlap-first": ConvSpec((2, 33, 22, 30), (6, 33, 4, 4), stride=2, padding=1),
    "ragged": ConvSpec((1, 11, 23, 5), (4, 5, 3, 5), stride=(2, 3), padding=((1, 2), (3, 0)), **LAST),
    "ragged-first": ConvSpec((1, 5, 11, 23), (4, 5, 3, 4), stride=2, padding=((1, 2), (2, 0))),
    "dilated": ConvSpec((1, 9, 31, 20), (7, 20, 3, 3), stride=(1, 2), dilation=(2, 3), **LAST),
    "groups": ConvSpec((1, 18, 16, 6), (8, 3, 4, 4), stride=2, padding=1, groups=2, **LAST),
    "groups-first": ConvSpec((1, 6, 18, 16), (8, 3, 4, 4), stride=2, padding=1, groups=2),
    "depthwise": ConvSpec((2, 18, 30, 21), (21, 1, 4, 4), stride=2, padding=1, groups=21, **LAST),
    "depthwise-first": ConvSpec((2, 21, 18, 30), (21, 1, 4, 4), stride=2, padding=1, groups=21),
    "signal": ConvSpec((2, 20, 203), (9, 20, 4), stride=2),
    "signal-last": ConvSpec((2, 203, 20), (9, 20, 16), stride=8, padding=4, **LAST),
    "volume": ConvSpec((1, 5, 7, 8, 9), (4, 9, 3, 2, 3), stride=2, padding=(1, 0, 1), **LAST),
    "volume-first": ConvSpec((1, 9, 5, 7, 8), (4, 9, 3, 2, 4), stride=2, padding=(1, 0, 1)),
    "f8": ConvSpec((1, 14, 18, 9), (5, 9, 4, 2), stride=2, dtype="f8", **LAST),
}


def arrays(spec: ConvSpec) -> tuple[Any, Any, Any]:
    """Return what flows back, weights, and bias."""
    rng = np.random.default_rng(5)
    shapes = (spec.batch, spec.out_channels, *spec.output_size), spec.weight_shape, (spec.in_channels,)
    grad, weight, bias = (rng.standard_normal(shape).astype(spec.dtype) for shape in shapes)
    return grad, weight, bias


def guarded(spec: ConvSpec, scattered: bool = False) -> tuple[Any, Any]:
    """Return an array, and in it a view like the result, channels first, its cells in memory as the spec says."""
    last = spec.layout == "channels-last"
    order = (0, *range(2, spec.dims + 2), 1) if last else tuple(range(spec.dims + 2))
    shape = [(spec.batch, spec.in_channels, *spec.input_size)[axis] for axis in order]
    step = 2 if scattered else 1
    whole = np.full([*(n + 4 for n in shape[:-1]), step * shape[-1] + 4], 7, spec.dtype)
    inside = whole[tuple(slice(2, 2 + n) for n in shape[:-1])][..., 2 : 2 + step * shape[-1] : step]
    return whole, inside.transpose(np.argsort(order))


def wanted(spec: ConvSpec, grad: Any, weight: Any, bias: Any) -> Any:
    """Return the answer with relu, in float64."""
    total = input_gradient(spec.replace(dtype="f8", weight_dtype="f8"), weight, grad)
    return np.maximum(total + bias.reshape(-1, *(1,) * spec.dims), 0)


@pytest.mark.skipif(not compiler.available(), reason="needs Halide")
@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("scattered", [False, True], ids=["", "scattered"])
@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS.keys())
def test_agrees_with_the_loop_over_taps(spec: ConvSpec, scattered: bool, threads: int) -> None:
    """With bias and activation, whatever lies around the result, which stays as it was."""
    grad, weight, bias = arrays(spec)
    grad = np.repeat(grad, 2, axis=-1)[..., ::2] if scattered else grad
    whole, out = guarded(spec, scattered)
    with cl.threads(threads):
        state = ALGORITHM.prepare(spec, weight)
        left = ALGORITHM.run_with(spec, state, grad, out, Epilogue(bias, "relu"))
    assert (left.bias, left.activation) == (None, None)
    answer = wanted(spec, grad, weight, bias)
    largest = np.abs(grad).max() * np.abs(weight).sum(axis=(0, *range(2, weight.ndim))).max() + np.abs(bias).max()
    assert np.abs(out - answer).max() <= ALGORITHM.error_bound(spec) * largest
    out[...] = 7
    assert (whole == 7).all()


@pytest.mark.skipif(not compiler.available(), reason="needs Halide")
@pytest.mark.parametrize("layout", ["channels-first", "channels-last"])
def test_nan_stays_in_its_windows(layout: str) -> None:
    """Cells that no tap sends it to, zeros around the image included, stay finite."""
    spec = SPECS["overlap" if layout == "channels-last" else "overlap-first"]
    grad, weight, _ = arrays(spec)
    grad[0, 1, 4, 5] = np.nan
    out = guarded(spec)[1]
    ALGORITHM.run(spec, ALGORITHM.prepare(spec, weight), grad, out)
    stays = np.isnan(input_gradient(spec, weight, grad))
    assert 0 < stays.sum() < stays.size / 2
    np.testing.assert_array_equal(np.isnan(out), stays)


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        (ConvSpec((1, 4, 9), (4, 4, 2), stride=2, dtype="i4"), "integers"),
        (ConvSpec((1, 4, 9, 2, 2, 2), (4, 4, 1, 1, 1, 1)), "3 dimensions"),
        (ConvSpec((1, 8, 9), (4, 2, 2), stride=2, groups=4), "one kernel each"),
        (ConvSpec((1, 4, 9), (4, 4, 3), padding=1, border="edge"), "border"),
        (ConvSpec((1, 4, 9), (4, 4, 2), stride=3), "one tap at least"),
        (ConvSpec((1, 4, 9), (4, 4, 3), stride=2), "as many taps"),
        (ConvSpec((1, 4, 1), (4, 4, 2), stride=2, padding=1), "whole phases"),
    ],
)  # fmt: skip
def test_refusals(spec: ConvSpec, says: str) -> None:
    """What it does not take, it says."""
    assert says in str(ALGORITHM.refusal(spec))


@pytest.mark.skipif(not compiler.available(), reason="needs Halide")
def test_choice() -> None:
    """Strided layers take all phases at once; at stride 1 there is one phase, an ordinary convolution."""
    rng = np.random.default_rng(0)
    strided = ConvSpec((1, 64, 64, 32), (64, 32, 4, 4), stride=2, padding=1, **LAST)
    plain = ConvSpec((1, 64, 64, 32), (64, 32, 3, 3), padding=1, **LAST)
    for spec, way in ((strided, Tiled), (plain, Phases)):
        weight = rng.standard_normal(spec.weight_shape).astype("f4")
        assert isinstance(prepare_adjoint(spec, weight, calls=100_000).way, way)
