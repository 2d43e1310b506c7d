"""Every layer: its shapes, and its way back against differences of its way forward."""

from typing import Any

import numpy as np
import pytest

from convolens.nn.activation import Activation, Dropout, PRelu, Softmax
from convolens.nn.arithmetic import OPERATIONS, Arithmetic, WithConstant
from convolens.nn.axes import Reshape, Slice, Tile, Transpose
from convolens.nn.choose import Fixed, Where
from convolens.nn.convolution import Conv, ConvTranspose
from convolens.nn.dense import Dense
from convolens.nn.function import FORMULAS, Function
from convolens.nn.layer import Layer, Shape, Training
from convolens.nn.local_response import LocalResponseNorm
from convolens.nn.memory import channels_innermost, copy_turned, is_channels_last
from convolens.nn.merge import Add, Concat, MatrixProduct, Multiply
from convolens.nn.normalise import BatchNorm, GroupNorm, LayerNorm
from convolens.nn.pooling import AdaptivePool, GlobalPool, Pool
from convolens.nn.reduce import REDUCTIONS, IndexOf, Reduce
from convolens.nn.reshape import Flatten, PixelShuffle, Upsample
from convolens.nn.resize import Pad, Resize
from convolens.ops import channels
from convolens.runtime import compile as compiler
from convolens.runtime.threads import threads

STEP = 1e-6

MAPS: list[tuple[Layer, tuple[Shape, ...]]] = [
    (Conv(4, 3, padding=1), ((3, 7, 6),)),
    (Conv(4, (3, 5), stride=2, padding="same", border="reflect", activation="relu"), ((3, 9, 8),)),
    (Conv(6, 3, groups=3, dilation=2, bias=False, activation="tanh"), ((3, 9, 8),)),
    (Conv(6, 3, groups=0, padding=1, activation="silu"), ((3, 5, 6),)),
    (Conv(2, 3, activation="gelu"), ((3, 8),)),
    (Conv(2, 3, stride=2), ((2, 5, 6, 5),)),
    (ConvTranspose(3, 2, stride=2), ((4, 3, 5),)),
    (ConvTranspose(4, 3, stride=2, padding=1, output_padding=1, groups=2, bias=False), ((4, 5, 4),)),
    (Conv(3, 3, padding=1, flip=True), ((1, 6, 7),)),
    (ConvTranspose(2, 3, stride=2), ((3, 6),)),
    (ConvTranspose(2, 3, stride=(1, 2, 2), flip=True), ((2, 3, 3, 2),)),
    *(
        (Activation(name), ((3, 4, 5),))
        for name in (
            "relu",
            "relu6",
            "leaky-relu",
            "sigmoid",
            "tanh",
            "silu",
            "gelu",
            "hard-sigmoid",
            "hard-swish",
        )
    ),
    (PRelu(), ((3, 4, 5),)),
    (Softmax(), ((5, 2, 3),)),
    (Dropout(0.3), ((3, 4, 5),)),
    (BatchNorm(), ((3, 4, 5),)),
    (GroupNorm(2), ((4, 3, 5),)),
    (LayerNorm(), ((4, 3, 5),)),
    (Pool("max", 2), ((3, 5, 6),)),
    (Pool("max", 3, stride=2, padding=1, ceil_mode=True), ((3, 7, 6),)),
    (Pool("mean", 3, stride=2, padding=1, count_include_pad=False), ((3, 7, 6),)),
    (Pool("mean", 2), ((2, 8),)),
    (AdaptivePool((2, 3)), ((3, 5, 7),)),
    (AdaptivePool((2, 3), "max"), ((3, 5, 7),)),
    (GlobalPool("mean"), ((3, 5, 7),)),
    (GlobalPool("max"), ((3, 5, 7),)),
    (Upsample(2), ((3, 4, 5),)),
    (Upsample(3, "bilinear"), ((3, 4, 1),)),
    (PixelShuffle(2), ((8, 2, 3),)),
    (Flatten(), ((3, 4, 5),)),
    (Add(), ((3, 4, 5),) * 3),
    (Multiply(), ((3, 4, 5),) * 2),
    (Multiply(), ((3, 4, 5), (3, 1, 1))),
    (Concat(), ((3, 4, 5), (2, 4, 5))),
    (Concat(3), ((3, 4, 5), (3, 4, 2))),
    (Softmax(2), ((3, 4, 5),)),
    (MatrixProduct(), ((2, 4, 5), (2, 5, 3))),
    *(
        (Function(name, (0.3, 0.6, 0.2)[: len(formula.parameters)]), ((3, 4, 5),))
        for name, formula in FORMULAS.items()
        if name not in ("sqrt", "log", "power")  # of what is above 0 alone
    ),
    (Function("power", (3.0,)), ((3, 4, 5),)),
    *((Arithmetic(name), ((3, 4, 5), (1, 4, 1))) for name in OPERATIONS if name != "power"),
    (WithConstant("multiply", (3, 1, 1)), ((3, 4, 5),)),
    (WithConstant("add", (4, 5)), ((3, 1, 5),)),
    (WithConstant("divide", (3, 1, 1), first=True), ((3, 4, 5),)),
    (WithConstant("subtract", (), learned=False), ((3, 4, 5),)),
    (WithConstant("greater", (3, 1, 1), learned=False, first=True), ((3, 4, 5),)),
    (Transpose((2, 3, 1)), ((3, 4, 5),)),
    (Reshape((6, 10)), ((3, 4, 5),)),
    (Slice(1, 1, 3), ((3, 4, 5),)),
    (Slice(3, 4, -1, -2), ((3, 4, 5),)),
    (Tile((2, 1, 3)), ((3, 4, 2),)),
    *((Reduce(name, (1, 3)), ((3, 4, 5),)) for name in REDUCTIONS),
    (Reduce("mean", (1,)), ((3, 4, 5),)),
    (Reduce("sum", (1, 3), keep=False), ((3, 4, 5),)),
    (Reduce("max", (2, 3)), ((3, 4, 5),)),
    (IndexOf("max"), ((3, 4, 5),)),
    (IndexOf("min", 3, keep=False), ((3, 4, 5),)),
    (Where(), ((3, 4, 5), (3, 1, 5), (1, 4, 1))),
    (Fixed((2, 3, 4)), ((3, 4, 5),)),
    (LocalResponseNorm(3, 0.5, 0.6, 2.0), ((6, 3, 2),)),
    (LocalResponseNorm(5), ((2, 3, 2),)),
    (Softmax(2, logarithm=True), ((3, 4, 5),)),
    (Pad(((0, 0), (2, 1), (0, 3)), 1.5), ((3, 4, 5),)),
    (Pad(((1, 0), (6, 1), (0, 3)), "reflect"), ((3, 4, 5),)),
    (Resize((7, 3)), ((3, 4, 5),)),
    (Resize((7, 5), "cubic", "align-corners"), ((3, 4, 5),)),
    (Resize((8, 7), "nearest", "asymmetric", "floor"), ((3, 4, 5),)),
]
VECTORS: list[tuple[Layer, tuple[Shape, ...]]] = [
    (Dense(4), ((6,),)),
    (Dense(4, bias=False), ((6,),)),
    (Softmax(), ((6,),)),
    (Softmax(logarithm=True), ((6,),)),
    (BatchNorm(), ((6,),)),
    (LayerNorm(), ((6,),)),
    (GroupNorm(3), ((6,),)),
    (PRelu(), ((6,),)),
    (Activation("relu"), ((6,),)),
    (Concat(), ((6,), (2,))),
]


def drawn(layer: Layer, shapes: tuple[Shape, ...], last: bool) -> tuple[dict[str, Any], list[Any]]:
    """Draw weights and inputs in float64, three items of each."""
    random = np.random.default_rng(1)
    weights = {name: random.normal(size=a.shape) for name, a in layer.initial(random, *shapes).items()}
    weights |= {name: a.astype(float) for name, a in layer.statistics(*shapes).items()}
    inputs = [random.normal(size=(3, *shape)) for shape in shapes]
    return weights, [channels_innermost(x) if last else x for x in inputs]


@pytest.mark.parametrize("last", [False, True], ids=["channels-first", "channels-last"])
@pytest.mark.parametrize(("layer", "shapes"), MAPS, ids=str)
def test_gradients_of_maps(layer: Layer, shapes: tuple[Shape, ...], last: bool) -> None:
    """What a layer says of its derivatives is what small steps of its inputs and weights show."""
    check(layer, shapes, last)


@pytest.mark.parametrize(("layer", "shapes"), VECTORS, ids=str)
def test_gradients_of_vectors(layer: Layer, shapes: tuple[Shape, ...]) -> None:
    """The same for layers that take vectors."""
    check(layer, shapes, last=False)


def check(layer: Layer, shapes: tuple[Shape, ...], last: bool) -> None:
    """Compare the derivative along a random direction, of each array by itself."""
    weights, inputs = drawn(layer, shapes, last)
    learned = set(layer.initial(np.random.default_rng(0), *shapes))
    kept = {name: weights[name].copy() for name in weights}

    def loss(weights: dict[str, Any], inputs: list[Any]) -> tuple[Any, Any]:
        statistics = {name: kept[name].copy() for name in kept if name not in learned}
        return layer.forward(weights | statistics, *inputs, training=Training(np.random.default_rng(5)))

    result, saved = loss(weights, inputs)
    assert result.shape == (3, *layer.output_shape(*shapes))
    grad = np.random.default_rng(2).normal(size=result.shape)
    given = channels_innermost(grad) if last and grad.ndim > 2 else grad
    found = layer.backward(weights, saved, given)
    assert set(found.weights) == learned
    assert layer.backward(weights, saved, given, needs_input=False).weights.keys() == learned
    for index, gradient in enumerate(found.inputs):
        assert gradient is not None
        assert gradient.shape == inputs[index].shape
        towards = np.random.default_rng(3).normal(size=gradient.shape)
        sides = [
            (
                loss(weights, [*inputs[:index], inputs[index] + step * towards, *inputs[index + 1 :]])[0] * grad
            ).sum()
            for step in (STEP, -STEP)
        ]
        assert (gradient * towards).sum() == pytest.approx((sides[0] - sides[1]) / (2 * STEP), rel=1e-5, abs=1e-6)
    for name, gradient in found.weights.items():
        assert gradient.shape == weights[name].shape
        towards = np.random.default_rng(4).normal(size=gradient.shape)
        sides = [
            (loss(weights | {name: weights[name] + step * towards}, inputs)[0] * grad).sum()
            for step in (STEP, -STEP)
        ]
        assert (gradient * towards).sum() == pytest.approx((sides[0] - sides[1]) / (2 * STEP), rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("name", ["sqrt", "log", "power"])
def test_functions_of_numbers_above_zero(name: str) -> None:
    """The slope of a function that knows no negative numbers is what small steps show."""
    x = np.linspace(0.5, 3, 7)[None]
    layer = Function(name, (0.4,) if name == "power" else ())
    _, saved = layer.forward({}, x)
    (found,) = layer.backward({}, saved, np.ones_like(x)).inputs
    steps = [layer.forward({}, x + step)[0] for step in (STEP, -STEP)]
    np.testing.assert_allclose(found, (steps[0] - steps[1]) / (2 * STEP), rtol=1e-6)


def test_powers_of_two_maps() -> None:
    """The derivatives of a power by its base and by its exponent."""
    layer, inputs = Arithmetic("power"), (np.linspace(0.5, 3, 6).reshape(1, 2, 3), np.full((1, 1, 3), 1.7))
    result, saved = layer.forward({}, *inputs)
    base, exponent = layer.backward({}, saved, np.ones_like(result)).inputs
    np.testing.assert_allclose(base, 1.7 * inputs[0] ** 0.7)
    np.testing.assert_allclose(exponent, (inputs[0] ** 1.7 * np.log(inputs[0])).sum(1, keepdims=True))


def test_even_windows_of_channels() -> None:
    """Of an even number of channels one more comes behind than before, as ONNX says; on the way back before."""
    layer, x = LocalResponseNorm(4, 0.5, 0.6, 2.0), np.random.default_rng(0).normal(size=(2, 6, 3))
    sums = [np.square(x[:, max(0, c - 1) : c + 3]).sum(1) for c in range(6)]
    np.testing.assert_allclose(layer.forward({}, x)[0], x / (2 + 0.125 * np.stack(sums, 1)) ** 0.6)
    check(layer, ((6, 3),), last=False)


def test_where_sends_back_what_was_chosen() -> None:
    """What flows goes to the map that a number came from, and nothing to the condition; 0 alone is not true."""
    condition = np.array([[[1.0, 0.0], [-2.0, 0.0]]])
    first, second = np.full((1, 2, 2), 3.0), np.array([[[5.0, 7.0]]])
    result, saved = Where().forward({}, condition, first, second)
    assert result.tolist() == [[[3, 7], [3, 7]]]
    backs = Where().backward({}, saved, np.array([[[1.0, 2.0], [3.0, 4.0]]])).inputs
    assert [back.tolist() for back in backs if back is not None] == [
        [[[0, 0], [0, 0]]],
        [[[1, 0], [3, 0]]],
        [[[0, 6]]],
    ]


@pytest.mark.skipif(not compiler.available(), reason="needs Halide")
@pytest.mark.parametrize("shape", [(5, 24, 13, 11), (3, 128, 40), (300, 16)], ids=str)
@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_compiled_batch_normalisation(shape: tuple[int, ...], dtype: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Output, running means and gradients are those of NumPy, whatever the mean, and the same on any threads."""
    random, layer = np.random.default_rng(0), BatchNorm()
    kept = layer.initial(random, shape[1:]) | layer.statistics(shape[1:])
    kept = {name: random.normal(size=array.shape).astype(dtype) for name, array in kept.items()}
    x, grad = (channels_innermost((random.normal(size=shape) + mean).astype(dtype)) for mean in (30, 0))

    def found(count: int) -> list[Any]:
        weights = {name: array.copy() for name, array in kept.items()}
        with threads(count):
            result, saved = layer.forward(weights, x, training=Training(random))
            gradients = layer.backward(weights, saved, grad)
        return [result, *gradients.inputs, *gradients.weights.values(), *weights.values()]

    assert channels.takes(x)
    first, again = found(1), found(3)
    monkeypatch.setattr(channels, "takes", lambda x: False)
    for one, two, wanted in zip(first, again, found(1), strict=True):
        np.testing.assert_array_equal(one, two)
        assert one.dtype == wanted.dtype
        np.testing.assert_allclose(
            one, wanted, rtol=0, atol=(3e-5 if dtype == "f4" else 1e-12) * np.abs(wanted).max()
        )


@pytest.mark.skipif(not compiler.available(), reason="needs Halide")
@pytest.mark.parametrize("shape", [(3, 33, 7, 9), (2, 3, 65, 64), (1, 100, 41)], ids=str)
def test_maps_are_turned(shape: tuple[int, ...]) -> None:
    """Copies with the channels on the other side, by compiled loops, hold the same numbers; others by NumPy."""
    random = np.random.default_rng(0)
    for dtype in ("f4", "f8"):
        first = random.normal(size=shape).astype(dtype)
        last = channels_innermost(first, often=True)
        assert is_channels_last(last)
        np.testing.assert_array_equal(last, first)
        for source in (last, first, first[:, ::-1]):
            target = np.zeros_like(first)
            copy_turned(source, target)
            np.testing.assert_array_equal(target, source)
