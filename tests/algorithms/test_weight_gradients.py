"""The gradient with respect to the weights: every algorithm against the one in NumPy, in float64."""

from typing import Any

import numpy as np
import pytest

from cases import SPECS, random_array
from convolens.algorithms import compiled, weight_gradient_tiled
from convolens.algorithms.weight_gradients import WeightGradient
from convolens.ops.arrays import channels_first
from convolens.planning.gradients import WEIGHT_GRADIENTS, plan_weight_gradient
from convolens.runtime import compile as compiler
from convolens.runtime.cpu import CPU
from convolens.runtime.threads import threads
from convolens.spec.geometry import ConvSpec

TAPS = WEIGHT_GRADIENTS["taps"]
BORDERS = ("constant", "edge", "reflect", "symmetric", "wrap", 2.5)

# Few pipelines: 16 and 64 kernels of float32, channels whole vectors, more and fewer.
LAYERS: dict[str, ConvSpec] = {
    "3 × 3": ConvSpec((2, 32, 13, 9), (64, 32, 3, 3), padding=1),
    "3 × 3, channels last": ConvSpec((3, 14, 18, 32), (64, 32, 3, 3), padding=1, layout="NHWC"),
    "more kernels than a panel": ConvSpec((1, 9, 10, 16), (75, 16, 3, 3), padding=1, layout="NHWC"),
    "odd channels": ConvSpec((2, 9, 10, 21), (64, 21, 3, 3), padding=1, layout="NHWC"),
    "groups": ConvSpec((2, 11, 6, 48), (192, 16, 3, 3), padding=1, groups=3, layout="NHWC"),
    "few kernels": ConvSpec((2, 20, 8, 7), (5, 20, 3, 3), padding=1),
    "first layer": ConvSpec((2, 37, 41, 3), (64, 3, 7, 7), stride=2, padding=3, layout="NHWC"),
    "pointwise": ConvSpec((2, 7, 9, 24), (64, 24, 1, 1), layout="NHWC"),
    "strided": ConvSpec((2, 16, 15, 20), (64, 16, 3, 3), stride=(2, 3), padding=((0, 2), (1, 0))),
    "dilated": ConvSpec((1, 15, 20, 16), (64, 16, 3, 2), dilation=(3, 2), padding=2, layout="NHWC"),
    "kernel column": ConvSpec((2, 20, 9, 16), (64, 16, 3, 1), padding=1, layout="NHWC"),
    "long rows": ConvSpec((2, 500, 20), (64, 20, 5), padding=2, layout="NWC"),
    "many rows": ConvSpec((1, 130, 33, 17), (64, 17, 2, 2), layout="NHWC"),
    "tiles beyond the images": ConvSpec((7, 17, 17, 32), (64, 32, 3, 3), padding=1, border=2.5, layout="NHWC"),
    "volumes": ConvSpec((2, 5, 6, 7, 8), (64, 8, 3, 2, 3), stride=(2, 1, 1), padding=1, layout="NDHWC"),
    "channels in parts, tiles in shares": ConvSpec((9, 25, 21, 80), (64, 80, 3, 3), padding=1, layout="NHWC"),
    "many channels, first": ConvSpec((2, 96, 12, 14), (64, 96, 3, 3), padding=(0, 1)),
    "without pixels to spare": ConvSpec((1, 1, 1, 16), (64, 16, 3, 3), padding=1, layout="NHWC"),
    "one channel": ConvSpec((3, 14, 13, 1), (20, 1, 3, 3), layout="NHWC"),
    "one channel, channels first": ConvSpec((2, 1, 9, 11), (16, 1, 3, 3), padding=1),
    "rows of the kernel in parts": ConvSpec(
        (2, 12, 17, 3), (35, 3, 4, 3), padding=2, stride=(2, 1), layout="NHWC"
    ),
    "few channels, many bands": ConvSpec((2, 301, 200, 1), (16, 1, 3, 3), dilation=(2, 3), layout="NHWC"),
    "signals of two channels": ConvSpec((3, 50, 2), (16, 2, 5), padding=2, stride=2, layout="NWC"),
    "depthwise": ConvSpec((3, 40, 21, 70), (70, 1, 3, 3), padding=1, groups=70, layout="NHWC"),
    "depthwise, channels first": ConvSpec((3, 70, 40, 21), (70, 1, 3, 3), padding=1, groups=70),
    "depthwise 5 × 5, strided": ConvSpec((2, 19, 22, 35), (35, 1, 5, 5), stride=2, groups=35, layout="NHWC"),
    "depthwise 7 × 7": ConvSpec((1, 90, 17, 40), (40, 1, 7, 7), padding=3, groups=40, layout="NHWC"),
    "depthwise, dilated": ConvSpec((2, 20, 20, 33), (33, 1, 3, 3), dilation=2, groups=33, layout="NHWC"),
    "depthwise, two kernels a channel": ConvSpec((2, 9, 8, 18), (36, 1, 3, 3), groups=18, layout="NHWC"),
    "depthwise volumes": ConvSpec((2, 5, 6, 7, 33), (33, 1, 2, 3, 3), padding=1, groups=33, layout="NDHWC"),
    "depthwise signals": ConvSpec((2, 60, 33), (33, 1, 31), padding=15, groups=33, layout="NWC"),
}


def serving(spec: ConvSpec) -> list[WeightGradient]:
    """List the compiled algorithms that take a spec."""
    return [a for a in WEIGHT_GRADIENTS.values() if a is not TAPS and not a.refusal(spec)]


def arrays(spec: ConvSpec) -> tuple[Any, Any]:
    """Draw input and gradient, channels first."""
    drawn = (random_array(shape, spec.compute_dtype, seed) for seed, shape in
             enumerate((spec.input_shape, spec.output_shape)))  # fmt: skip
    x, grad = (channels_first(a, spec.dims, spec.layout) for a in drawn)
    return x, grad


def check(spec: ConvSpec, algorithm: WeightGradient, x: Any, grad: Any) -> None:
    """Compare with float64, within the algorithm's bound."""
    found = algorithm.run(spec, x, grad)
    wanted = TAPS.run(spec.replace(dtype="f8", weight_dtype="f8"), x.astype("f8"), grad.astype("f8"))
    largest = max(float(np.abs(x).max()), abs(spec.border.value))
    scale = largest * float(np.abs(grad).sum(axis=(0, *range(2, grad.ndim))).max())
    assert (found.shape, found.dtype) == (spec.weight_shape, spec.compute_dtype)
    np.testing.assert_allclose(found, wanted, rtol=0, atol=algorithm.error_bound(spec) * scale)


needs_compiler = pytest.mark.skipif(not compiler.available(), reason="nothing can be compiled here")


@needs_compiler
@pytest.mark.parametrize("spec", LAYERS.values(), ids=LAYERS.keys())
def test_agrees_with_float64(spec: ConvSpec) -> None:
    """Every kind of layer, by every algorithm that takes it."""
    assert serving(spec)
    for algorithm in serving(spec):
        check(spec, algorithm, *arrays(spec))


@needs_compiler
@pytest.mark.parametrize("name", [name for name, spec in SPECS.items() if spec.batch and spec.border.value == 0])
def test_named_specs(name: str) -> None:
    """The specs that all algorithms meet, as far as they are taken."""
    spec = SPECS[name]
    for algorithm in serving(spec):
        check(spec, algorithm, *arrays(spec))


@needs_compiler
@pytest.mark.parametrize("border", BORDERS)
@pytest.mark.parametrize(
    "name",
    ["3 × 3, channels last", "strided", "one channel", "depthwise", "depthwise, channels first"],
)
def test_borders(border: Any, name: str) -> None:
    """Every border, uneven and wider than the window."""
    spec = LAYERS[name].replace(border=border, padding=((4, 1), (0, 5)))
    for algorithm in serving(spec):
        check(spec, algorithm, *arrays(spec))


@needs_compiler
@pytest.mark.parametrize("name", ["3 × 3, channels last", "one channel", "depthwise"])
def test_float64(name: str) -> None:
    """Both types that sums are taken in."""
    spec = LAYERS[name].replace(dtype="f8", weight_dtype="f8")
    for algorithm in serving(spec):
        check(spec, algorithm, *arrays(spec))


@needs_compiler
@pytest.mark.parametrize("name", ["3 × 3, channels last", "one channel", "depthwise"])
def test_any_strides(name: str) -> None:
    """Arrays may lie in memory as they like, each in its way."""
    spec = LAYERS[name]
    x, grad = arrays(spec)
    stepped = np.full((*x.shape[:3], 2 * x.shape[3]), np.nan, x.dtype)[..., ::2]
    stepped[...] = x
    reversed_ = np.ascontiguousarray(grad[..., ::-1])[..., ::-1]
    for algorithm in serving(spec):
        check(spec, algorithm, stepped, reversed_)
        check(spec, algorithm, x, reversed_)


@needs_compiler
@pytest.mark.parametrize(
    "name",
    [
        "3 × 3",
        "channels in parts, tiles in shares",
        "first layer",
        "one channel",
        "depthwise",
        "depthwise, channels first",
    ],
)
def test_threads_do_not_change_the_sums(name: str) -> None:
    """Bit for bit."""
    spec = LAYERS[name]
    for algorithm in serving(spec):
        found = []
        for count in (1, 2, 5):
            with threads(count):
                found.append(algorithm.run(spec, *arrays(spec)))
        np.testing.assert_array_equal(found[0], found[1])
        np.testing.assert_array_equal(found[0], found[2])


@needs_compiler
def test_numbers_beyond_the_last_block_do_not_spread() -> None:
    """A NaN meets only the taps whose windows hold it."""
    spec = ConvSpec((1, 6, 5, 16), (64, 16, 2, 2), layout="NHWC")
    x, grad = arrays(spec)
    x[0, 3, 0, 0] = np.nan
    found = WEIGHT_GRADIENTS["tiled"].run(spec, x, grad)
    assert np.isnan(found[:, 3, 0, 0]).all()
    found[:, 3, 0, 0] = 0
    assert np.isfinite(found).all()


def test_plans_print_their_alternatives() -> None:
    """The choice is named, with why the others were not taken."""
    plan = plan_weight_gradient(LAYERS["pointwise"].replace(dtype="i4", weight_dtype="i4"))
    assert plan.algorithm is TAPS
    assert "→ taps" in str(plan)
    assert "would not be exact" in str(plan)


@pytest.mark.parametrize("kernels", [2, 5, 9])
@pytest.mark.parametrize("features", [("avx2",), ()])
def test_narrower_vectors(kernels: int, features: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    """Processors whose registers hold two or four numbers take other register tiles."""
    for module in (compiled, weight_gradient_tiled):
        monkeypatch.setattr(module, "cpu", lambda: CPU("", "x86_64", "", features))
    spec = ConvSpec((2, 5, 9 + len(features), 8), (kernels, 5, 3, 3), padding=1, dtype="f8", weight_dtype="f8")
    check(spec, WEIGHT_GRADIENTS["tiled"], *arrays(spec))
