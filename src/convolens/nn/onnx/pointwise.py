"""Operators that work on each number by itself: activations, functions, arithmetic."""

import math
from typing import Any

import numpy as np

from convolens.errors import SpecError
from convolens.nn.activation import Activation, PRelu
from convolens.nn.arithmetic import Arithmetic, WithConstant
from convolens.nn.function import Function
from convolens.nn.layer import Layer
from convolens.nn.merge import Add, Multiply
from convolens.nn.onnx.builder import Builder, Handler, View
from convolens.nn.onnx.graph import Operation
from convolens.ops.arrays import Array

OPERATIONS = {
    "Add": "add", "And": "multiply", "Div": "divide", "Equal": "equal", "Greater": "greater",
    "GreaterOrEqual": "greater-equal", "Less": "less", "LessOrEqual": "less-equal", "Max": "maximum",
    "Min": "minimum", "Mul": "multiply", "Or": "maximum", "Pow": "power", "Sub": "subtract", "Sum": "add",
    "Xor": "unequal",
}  # fmt: skip

STANDARD = {"leaky-relu": (0.01,), "hard-sigmoid": (1 / 6, 0.5)}
"""What functions are told that are activations."""


def _layer(layer: Layer) -> Handler:
    return lambda operation, build: build.through(layer, build.view(operation.inputs[0]))


def _with_attributes(name: str, **usual: float) -> Handler:
    """Read a function whose parameters are attributes."""

    def read(operation: Operation, build: Builder) -> View:
        given = tuple(float(operation.get(key, value)) for key, value in usual.items())
        is_usual = name in STANDARD and np.allclose(given, STANDARD[name], rtol=1e-6, atol=0)
        layer: Layer = Activation(name) if is_usual else Function(name, given)
        return build.through(layer, build.view(operation.inputs[0]))

    return read


def _clip(operation: Operation, build: Builder) -> View:
    low, high = (
        usual if array is None else float(array.reshape(()))
        for usual, array in (
            (-math.inf, build.optional(operation, 1, "lower end")),
            (math.inf, build.optional(operation, 2, "upper end")),
        )
    )
    known = {(0.0, 6.0): "relu6", (0.0, math.inf): "relu"}.get((low, high))
    view = build.view(operation.inputs[0])
    if known:
        return build.through(Activation(known), view)
    if math.isfinite(low) and math.isfinite(high):
        return build.through(Function("clip", (low, high)), view)
    for end, name in ((low, "maximum"), (high, "minimum")):
        if math.isfinite(end):
            view = build.through(WithConstant(name, learned=False), view, constant=np.array(end))
    return view


def _gelu(operation: Operation, build: Builder) -> View:
    layer = Function("gelu-tanh") if operation.get("approximate") == "tanh" else Activation("gelu")
    return build.through(layer, build.view(operation.inputs[0]))


def _prelu(operation: Operation, build: Builder) -> View:
    node, slope = build.plain(operation.inputs[0]), build.constant(operation, 1, "slope")
    channels, *sizes = build.network.shapes[node]
    if slope.size == channels and slope.shape in (
        (channels, *(1,) * len(sizes)),
        (1, channels, *(1,) * len(sizes)),
    ):
        slope = slope.reshape(-1)
    elif slope.size != 1:
        raise SpecError(f"its slope {slope.shape} must be one number, or one for each of {channels} channels")
    return build.plain_view(build.add(PRelu(), node, slope=np.broadcast_to(slope.reshape(-1), channels)))


def _arithmetic(operation: Operation, build: Builder) -> View:
    """Read an operation on two values; of more, one after the other."""
    if len(operation.inputs) == 1:
        return build.view(operation.inputs[0])
    first, *others = operation.inputs
    if len(others) > 1 and first in build.constants:
        first, others = others[-1], [first, *others[:-1]]
    for number, other in enumerate(others):
        result = _two(OPERATIONS[operation.kind], first, other, build)
        first = f"{operation.outputs[0]} after {number + 1}"
        build.views[first] = result
    return result


def _two(name: str, first: str, second: str, build: Builder) -> View:
    if first in build.constants:
        return _with_constant(name, second, build.constants[first], build, first=True)
    if second in build.constants:
        return _with_constant(name, first, build.constants[second], build, first=False)
    if len(build.shape(first)) != len(build.shape(second)):
        raise SpecError(
            f"it joins {build.shape(first)} and {build.shape(second)}, which would set items of the batch "
            "against other axes"
        )
    views = build.view(first), build.view(second)
    if views[0].axes != views[1].axes:
        views = build.plain_view(build.plain(first)), build.plain_view(build.plain(second))
    shapes = [build.network.shapes[view.node] for view in views]
    nodes = [view.node for view in views]
    one_cell = [shape == (shape[0], *(1,) * (len(shape) - 1)) for shape in shapes]
    layer: Layer = Arithmetic(name)
    if shapes[0] == shapes[1] and name in ("add", "multiply"):
        layer = Add() if name == "add" else Multiply()
    elif name == "multiply" and shapes[0][0] == shapes[1][0] and any(one_cell):
        layer, nodes = Multiply(), nodes if one_cell[1] else nodes[::-1]
    return View(build.add(layer, *nodes), views[0].axes)


def _with_constant(name: str, value: str, array: Array, build: Builder, *, first: bool) -> View:
    view, rank = build.view(value), len(build.shape(value))
    if array.ndim == rank and len(array) == 1:
        array = array[0]
    if array.ndim >= rank:
        raise SpecError(f"its constant {array.shape} does not leave the batch of {build.shape(value)} as it is")
    item = array.reshape((1,) * (rank - array.ndim) + array.shape).transpose(np.argsort(view.axes))[0]
    shape = build.network.shapes[view.node]
    if item.size == 1:
        if not first and item.item() == (0 if name in ("add", "subtract") else 1) and name in NEUTRAL:
            return view
        if name == "power" and not first:
            return build.through(Function("power", (float(item.item()),)), view)
        item = item.reshape(())
    elif (
        build.uses[value] == 1
        and item.shape == (shape[0], *(1,) * (len(shape) - 1))
        and _absorbed(name, view.node, item.reshape(-1), build)
    ):
        return view
    while item.ndim and len(item) == 1:
        item = item[0]
    learned = item.size > 1 and array.dtype.kind == "f" and name in LEARNED
    layer = WithConstant(name, item.shape, learned=learned, first=first and name not in SYMMETRIC)
    return build.through(layer, view, constant=item)


NEUTRAL = ("add", "subtract", "multiply", "divide", "power")
LEARNED = (*NEUTRAL, "maximum", "minimum")
SYMMETRIC = ("add", "multiply", "maximum", "minimum", "equal", "unequal")


def _absorbed(name: str, node: str, numbers: Any, build: Builder) -> bool:
    """Give a normalisation the scale or the shift behind it, where it waits for that."""
    part = {"multiply": "scale", "add": "shift"}.get(name)
    waiting = build.bare.get(node, set())
    if part not in waiting:
        return False
    build.network.weights[f"{node}.{part}"] = np.asarray(numbers, build.dtype)
    build.bare[node] = {"shift"} if part == "scale" else set()
    return True


HANDLERS: dict[str, Handler] = {
    **dict.fromkeys(OPERATIONS, _arithmetic),
    **{kind: _layer(Activation(kind.lower())) for kind in ("Relu", "Sigmoid", "Silu", "Tanh")},
    **{
        kind: _layer(Function(kind.lower()))
        for kind in (
            "Abs", "Ceil", "Cos", "Erf", "Exp", "Floor", "Log", "Mish", "Reciprocal", "Round", "Sign", "Sin",
            "Softplus", "Softsign", "Sqrt",
        )
    },
    "Neg": _layer(Function("negative")),
    "Celu": _with_attributes("celu", alpha=1.0),
    "HardSwish": _layer(Activation("hard-swish")),
    "Clip": _clip,
    "Elu": _with_attributes("elu", alpha=1.0),
    "Gelu": _gelu,
    "HardSigmoid": _with_attributes("hard-sigmoid", alpha=0.2, beta=0.5),
    "LeakyRelu": _with_attributes("leaky-relu", alpha=0.01),
    "PRelu": _prelu,
    "Selu": _with_attributes("selu", alpha=1.6732631921768188, gamma=1.0507010221481323),
    "ThresholdedRelu": _with_attributes("threshold", alpha=1.0),
}  # fmt: skip
