"""How layers that work on numbers, alone, in sums or beside others, are written in ONNX's operators."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from convolens.nn.activation import Activation, Dropout, PRelu, Softmax
from convolens.nn.arithmetic import Arithmetic, WithConstant
from convolens.nn.choose import Fixed, Where
from convolens.nn.dense import Dense
from convolens.nn.function import Function
from convolens.nn.layer import Layer, Shape, Weights
from convolens.nn.local_response import LocalResponseNorm
from convolens.nn.merge import Add
from convolens.nn.normalise import BatchNorm, GroupNorm, LayerNorm
from convolens.nn.onnx.writer import LayerWriter, Shapes, Writer
from convolens.nn.reduce import IndexOf, Reduce

ARITHMETIC = {
    "add": "Add", "divide": "Div", "maximum": "Max", "minimum": "Min", "multiply": "Mul", "power": "Pow",
    "subtract": "Sub",
}  # fmt: skip
COMPARISONS = {
    "equal": "Equal", "greater": "Greater", "greater-equal": "GreaterOrEqual", "less": "Less",
    "less-equal": "LessOrEqual",
}  # fmt: skip
FUNCTIONS = {
    "abs": "Abs", "ceil": "Ceil", "cos": "Cos", "erf": "Erf", "exp": "Exp", "floor": "Floor", "log": "Log",
    "negative": "Neg", "reciprocal": "Reciprocal", "round": "Round", "sign": "Sign", "sin": "Sin",
    "softplus": "Softplus", "softsign": "Softsign", "sqrt": "Sqrt",
}  # fmt: skip
SHAPED = {
    "celu": ("Celu", "alpha"), "elu": ("Elu", "alpha"), "hard-sigmoid": ("HardSigmoid", "alpha", "beta"),
    "leaky-relu": ("LeakyRelu", "alpha"), "selu": ("Selu", "alpha", "gamma"),
    "threshold": ("ThresholdedRelu", "alpha"),
}  # fmt: skip
"""Functions whose parameters are attributes, and what these are called."""
REDUCTIONS = {
    "l1": "ReduceL1", "l2": "ReduceL2", "log-sum-exp": "ReduceLogSumExp", "max": "ReduceMax", "mean": "ReduceMean",
    "min": "ReduceMin", "squares": "ReduceSumSquare", "sum": "ReduceSum",
}  # fmt: skip


def activated(writer: Writer, value: str, name: str) -> str:
    """Write an activation."""
    match name:
        case "relu6":
            return writer.put("Clip", value, writer.numbers(0), writer.numbers(6))
        case "leaky-relu":
            return writer.put("LeakyRelu", value, alpha=0.01)
        case "hard-sigmoid":
            return writer.put("HardSigmoid", value, alpha=1 / 6, beta=0.5)
        case "hard-swish" if writer.opset >= 14:
            return writer.put("HardSwish", value)
        case "hard-swish":
            return writer.put("Mul", value, writer.put("HardSigmoid", value, alpha=1 / 6, beta=0.5))
        case "silu":
            return writer.put("Mul", value, writer.put("Sigmoid", value))
        case "gelu" if writer.opset < 20:
            error = writer.put("Erf", writer.put("Div", value, writer.numbers(math.sqrt(2))))
            gated = writer.put("Mul", value, writer.put("Add", error, writer.numbers(1)))
            return writer.put("Mul", gated, writer.numbers(0.5))
        case _:
            return writer.put(name.capitalize(), value)


def _function(writer: Writer, layer: Function, inputs: Sequence[str], shapes: Shapes, weights: Weights) -> str:
    (value,), given = inputs, layer.parameters
    match layer.name:
        case "power":
            return writer.put("Pow", value, writer.numbers(given[0]))
        case "clip":
            return writer.put("Clip", value, *map(writer.numbers, given))
        case "hard-swish":
            return activated(writer, value, layer.name)
        case "mish":
            return writer.put("Mul", value, writer.put("Tanh", writer.put("Softplus", value)))
        case "truncate":
            return writer.put("Mul", writer.put("Sign", value), writer.put("Floor", writer.put("Abs", value)))
        case "gelu-tanh":
            writer.needs(layer, 20)
            return writer.put("Gelu", value, approximate="tanh")
        case name if name in SHAPED:
            if name == "celu":
                writer.needs(layer, 12)
            kind, *called = SHAPED[name]
            return writer.put(kind, value, **dict(zip(called, given, strict=True)))
        case name:
            return writer.put(FUNCTIONS[name], value)


def _prelu(writer: Writer, layer: PRelu, inputs: Sequence[str], shapes: Shapes, weights: Weights) -> str:
    return writer.put(
        "PRelu", *inputs, writer.keep("slope", weights["slope"].reshape(writer.along_channels(shapes[0])))
    )


def _arithmetic(writer: Writer, name: str, *inputs: str) -> str:
    """Write an operation on two values; what compares gives truth, which becomes numbers."""
    if name in ARITHMETIC:
        return writer.put(ARITHMETIC[name], *inputs)
    if name == "unequal":
        return writer.cast(writer.put("Not", writer.put("Equal", *inputs)))
    if writer.opset < 12 and name.endswith("-equal"):
        strict = writer.put(COMPARISONS[name.removesuffix("-equal")], *inputs)
        return writer.cast(writer.put("Or", strict, writer.put("Equal", *inputs)))
    return writer.cast(writer.put(COMPARISONS[name], *inputs))


def _constant(writer: Writer, layer: WithConstant, inputs: Sequence[str], shapes: Shapes, weights: Weights) -> str:
    constant = writer.keep("constant", weights["constant"])
    return _arithmetic(writer, layer.operation, *((constant, *inputs) if layer.first else (*inputs, constant)))


def _fixed(writer: Writer, layer: Fixed, inputs: Sequence[str], shapes: Shapes, weights: Weights) -> str:
    items = writer.put("Slice", writer.put("Shape", *inputs), writer.integers([0]), writer.integers([1]))
    shape = writer.put("Concat", items, writer.integers(layer.shape), axis=0)
    return writer.put("Expand", writer.keep("constant", weights["constant"][np.newaxis]), shape)


def _where(writer: Writer, layer: Where, inputs: Sequence[str], shapes: Shapes, weights: Weights) -> str:
    return writer.put("Where", writer.cast(inputs[0], to_truth=True), *inputs[1:])


def _softmax(writer: Writer, layer: Softmax, inputs: Sequence[str], shapes: Shapes, weights: Weights) -> str:
    """Write it; in old opsets, which take all axes from one on together, with its axis as the last."""
    kind, (value,), last = "LogSoftmax" if layer.logarithm else "Softmax", inputs, len(shapes[0])
    if writer.opset >= 13 or layer.axis == last:
        return writer.put(kind, value, axis=layer.axis)
    order = [axis for axis in range(last + 1) if axis != layer.axis] + [layer.axis]
    value = writer.put(kind, writer.put("Transpose", value, perm=order), axis=last)
    return writer.put("Transpose", value, perm=np.argsort(order).tolist())


def _reduce(writer: Writer, layer: Reduce, inputs: Sequence[str], shapes: Shapes, weights: Weights) -> str:
    return writer.reduce(REDUCTIONS[layer.take], inputs[0], layer.axes, keep=layer.keep)


def _index_of(writer: Writer, layer: IndexOf, inputs: Sequence[str], shapes: Shapes, weights: Weights) -> str:
    if layer.last:
        writer.needs(layer, 12)
    last = int(layer.last) or None
    kind = "ArgMax" if layer.take == "max" else "ArgMin"
    return writer.cast(
        writer.put(kind, *inputs, axis=layer.axis, keepdims=int(layer.keep), select_last_index=last)
    )


def _dropout(writer: Writer, layer: Dropout, inputs: Sequence[str], shapes: Shapes, weights: Weights) -> str:
    if writer.opset < 12:
        return writer.put("Dropout", *inputs, ratio=layer.rate)
    return writer.put("Dropout", *inputs, writer.single(layer.rate))


def _add(writer: Writer, layer: Add, inputs: Sequence[str], shapes: Shapes, weights: Weights) -> str:
    value, *others = inputs
    for other in others:
        value = writer.put("Add", value, other)
    return value


def _dense(writer: Writer, layer: Dense, inputs: Sequence[str], shapes: Shapes, weights: Weights) -> str:
    arrays = [writer.keep(name, weights[name]) for name in ("weight", "bias") if name in weights]
    return writer.put("Gemm", inputs[0], *arrays, transB=1)


def _batch(writer: Writer, layer: BatchNorm, inputs: Sequence[str], shapes: Shapes, weights: Weights) -> str:
    arrays = (writer.keep(name, weights[name]) for name in ("scale", "shift", "mean", "variance"))
    return writer.put("BatchNormalization", inputs[0], *arrays, epsilon=layer.epsilon, momentum=1 - layer.momentum)


def _group(writer: Writer, layer: GroupNorm, inputs: Sequence[str], shapes: Shapes, weights: Weights) -> str:
    if writer.opset >= 21:
        arrays = (writer.keep(name, weights[name]) for name in ("scale", "shift"))
        return writer.put("GroupNormalization", *inputs, *arrays, num_groups=layer.groups, epsilon=layer.epsilon)
    groups = writer.put("Reshape", *inputs, writer.integers([0, layer.groups, -1]))
    ones, zeros = (writer.numbers(np.full(layer.groups, number)) for number in (1, 0))
    normal = writer.put("InstanceNormalization", groups, ones, zeros, epsilon=layer.epsilon)
    return _scaled(writer, writer.put("Reshape", normal, writer.integers([0, *shapes[0]])), shapes[0], weights)


def _scaled(writer: Writer, value: str, shape: Shape, weights: Weights) -> str:
    scale, shift = (writer.keep(n, weights[n].reshape(writer.along_channels(shape))) for n in ("scale", "shift"))
    return writer.put("Add", writer.put("Mul", value, scale), shift)


def _layer_norm(writer: Writer, layer: LayerNorm, inputs: Sequence[str], shapes: Shapes, weights: Weights) -> str:
    if writer.opset >= 17:
        last = list(range(2, len(shapes[0]) + 1))
        value = writer.put("Transpose", *inputs, perm=[0, *last, 1]) if last else inputs[0]
        arrays = (writer.keep(name, weights[name]) for name in ("scale", "shift"))
        value = writer.put("LayerNormalization", value, *arrays, epsilon=layer.epsilon)
        return writer.put("Transpose", value, perm=[0, len(last) + 1, *(a - 1 for a in last)]) if last else value
    centred = writer.put("Sub", inputs[0], writer.reduce("ReduceMean", inputs[0], [1]))
    variance = writer.reduce("ReduceMean", writer.put("Mul", centred, centred), [1])
    deviation = writer.put("Sqrt", writer.put("Add", variance, writer.numbers(layer.epsilon)))
    return _scaled(writer, writer.put("Div", centred, deviation), shapes[0], weights)


def _local_response(
    writer: Writer, layer: LocalResponseNorm, inputs: Sequence[str], shapes: Shapes, weights: Weights
) -> str:
    return writer.put("LRN", *inputs, size=layer.size, alpha=layer.alpha, beta=layer.beta, bias=layer.offset)


NUMBERS: Mapping[type[Layer], LayerWriter] = {
    Activation: lambda writer, layer, inputs, shapes, weights: activated(writer, inputs[0], layer.name),
    Add: _add,
    Arithmetic: lambda writer, layer, inputs, shapes, weights: _arithmetic(writer, layer.operation, *inputs),
    BatchNorm: _batch,
    Dense: _dense,
    Dropout: _dropout,
    Fixed: _fixed,
    Function: _function,
    GroupNorm: _group,
    IndexOf: _index_of,
    LayerNorm: _layer_norm,
    LocalResponseNorm: _local_response,
    PRelu: _prelu,
    Reduce: _reduce,
    Softmax: _softmax,
    Where: _where,
    WithConstant: _constant,
}
