"""A convolution in training: its result and gradients, each way, under weights that change."""

from typing import Any

import numpy as np
import pytest

from convolens.algorithms import ALGORITHMS
from convolens.ops import adjoint
from convolens.ops.conv import conv2d
from convolens.ops.conv_gradients import conv2d_grad
from convolens.ops.prepared import PreparedConv
from convolens.ops.trained import TrainedConv
from convolens.planning.plan import plan_conv
from convolens.runtime import compile as compiler

STRIDED: dict[str, Any] = {"stride": 2, "padding": 1, "layout": "NHWC"}

# How the gradient of the input is computed: the input, the weights, the options.
WAYS: dict[str, tuple[tuple[int, ...], tuple[int, ...], dict[str, Any]]] = {
    "Taps": ((2, 16, 9, 10), (24, 16, 3, 3), {"padding": 1, "layout": "NCHW"}),
    "Tiled": ((2, 9, 10, 16), (24, 16, 3, 3), STRIDED),
    "Spaced": ((2, 9, 10, 16), (16, 1, 3, 3), STRIDED | {"groups": 16}),
    "Folded": ((2, 16, 9, 10), (24, 16, 3, 3), {"padding": 1, "border": "reflect", "layout": "NCHW"}),
    "Phases": ((2, 9, 10, 16), (24, 16, 3, 3), STRIDED),
}


@pytest.mark.parametrize(("bias", "activation"), [(True, "relu"), (False, "silu")])
@pytest.mark.parametrize("way", WAYS)
def test_follows_weights_that_change(
    way: str, bias: bool, activation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Result and gradients are those of single calls, step after step, at other addresses, and once more."""
    if way in ("Tiled", "Spaced") and not compiler.available():
        pytest.skip("needs Halide")
    at_once = {"Tiled": adjoint.Tiled, "Spaced": adjoint.Spaced}.get(way)
    monkeypatch.setattr(adjoint, "_at_once", lambda *_: at_once)
    if way == "Taps":
        monkeypatch.setattr(adjoint, "_way", lambda spec, weight, *_, **__: adjoint.Taps(spec, weight))
    shape, weight_shape, options = WAYS[way]
    generator = np.random.default_rng(3)
    conv = TrainedConv(shape, np.dtype("f4"), weight_shape, bias=bias, activation=activation, **options)
    steps = [
        [generator.standard_normal(s).astype("f4") for s in (shape, weight_shape, weight_shape[:1])]
        for _ in range(2)
    ]
    for x, weight, numbers in (*steps, steps[0]):
        added = numbers if bias else None
        sums = conv2d(x, weight, added, **options)
        output = conv2d(x, weight, added, activation=activation, **options)
        result, given = conv(x, weight, added)
        np.testing.assert_allclose(result, output, rtol=1e-4, atol=1e-4)
        grad = generator.standard_normal(result.shape).astype("f4")
        found = conv.back(grad, x, weight, given)
        wanted = conv2d_grad(grad, x, weight, activation=activation, output=output, preactivation=sums, **options)
        assert type(conv._adjoint.way).__name__ == way
        for a, b in zip(found, wanted, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-3)
        alone = conv.back(grad, x, weight, given, needs_input=False)
        assert alone.input is None
        np.testing.assert_array_equal(alone.weight, found.weight)


@pytest.mark.skipif(compiler.linker() is None, reason="nothing is linked here")
@pytest.mark.parametrize(
    ("shape", "weight_shape", "algorithm"),
    [
        ((2, 9, 10, 4), (20, 4, 3, 3), "tiled"),
        ((2, 13, 10, 32), (48, 32, 3, 3), "winograd-4"),
        ((2, 9, 10, 32), (32, 1, 3, 3), "depthwise"),
    ],
)
def test_weights_are_taken_in_place(
    shape: tuple[int, ...], weight_shape: tuple[int, ...], algorithm: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the second step on nothing is prepared or run but what is repeated, to the bits of a first step."""
    monkeypatch.setattr(
        PreparedConv, "_choose", lambda self, spec, **_: plan_conv(spec, exact=False, algorithm=algorithm)
    )
    options: dict[str, Any] = {"padding": 1, "layout": "NHWC", "groups": shape[-1] // weight_shape[1]}
    generator = np.random.default_rng(3)

    def new_conv() -> TrainedConv:
        return TrainedConv(shape, np.dtype("f4"), weight_shape, bias=True, activation="relu", **options)

    def step(conv: TrainedConv, x: Any, weight: Any, bias: Any) -> tuple[Any, ...]:
        result, given = conv(x, weight, bias)
        return result, *conv.back(result, x, weight, given)

    steps = [
        [generator.standard_normal(s).astype("f4") for s in (shape, weight_shape, weight_shape[:1])]
        for _ in range(3)
    ]
    wanted = [step(new_conv(), *arrays) for arrays in steps]
    conv = new_conv()
    step(conv, *steps[0])
    monkeypatch.setattr(type(ALGORITHMS[algorithm]), "prepare", None)
    monkeypatch.setattr(type(ALGORITHMS[algorithm]), "run_with", None)
    for arrays, right in zip(steps[1:], wanted[1:], strict=True):
        for a, b in zip(step(conv, *arrays), right, strict=True):
            np.testing.assert_array_equal(a, b)
