"""How each layer is written in ONNX's operators."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from convolens.nn.activation import Activation, Dropout, PRelu, Softmax
from convolens.nn.arithmetic import Arithmetic, WithConstant
from convolens.nn.axes import Reduce, Reshape, Slice, Transpose
from convolens.nn.convolution import Conv, ConvTranspose
from convolens.nn.dense import Dense
from convolens.nn.function import Function
from convolens.nn.layer import Layer, Shape, Weights
from convolens.nn.merge import Add, Concat, MatrixProduct, Multiply
from convolens.nn.normalise import BatchNorm, GroupNorm, LayerNorm
from convolens.nn.onnx.writer import Writer
from convolens.nn.pooling import AdaptivePool, GlobalPool, Pool
from convolens.nn.reshape import Flatten, PixelShuffle, Upsample
from convolens.nn.resize import Pad, Resize
from convolens.ops.arrays import Array
from convolens.spec.borders import parse_border, source_index
from convolens.spec.padding import Pads, per_dimension

Shapes = tuple[Shape, ...]
LayerWriter = Callable[[Writer, Any, Sequence[str], Shapes, Weights], str]

ARITHMETIC = {
    "add": "Add", "divide": "Div", "maximum": "Max", "minimum": "Min", "multiply": "Mul", "power": "Pow",
    "subtract": "Sub",
}  # fmt: skip
FUNCTIONS = {
    "abs": "Abs", "erf": "Erf", "exp": "Exp", "log": "Log", "negative": "Neg", "reciprocal": "Reciprocal",
    "softplus": "Softplus", "sqrt": "Sqrt",
}  # fmt: skip


def _conv(writer: Writer, layer: Conv, inputs: Sequence[str], shapes: Shapes, weights: Weights) -> str:
    spec, weight, value = layer.spec(shapes[0]), weights["weight"], inputs[0]
    pads = spec.pads
    if not (spec.border.mode == "constant" and spec.border.value == 0):
        value = padded(writer, value, shapes[0], ((0, 0), *pads), layer.border)
        pads = ((0, 0),) * spec.dims
    arrays = [writer.keep("weight", _turned(weight) if spec.flip else weight)]
    arrays += [writer.keep("bias", weights["bias"])] if layer.bias else []
    result = writer.put(
        "Conv", value, *arrays, kernel_shape=spec.kernel_size, strides=spec.stride, dilations=spec.dilation,
        group=spec.groups, pads=_ends(pads),
    )  # fmt: skip
    return activated(writer, result, layer.activation) if layer.activation else result


def _transposed(
    writer: Writer, layer: ConvTranspose, inputs: Sequence[str], shapes: Shapes, weights: Weights
) -> str:
    spec, weight = layer.spec(shapes[0]), weights["weight"]
    extra = [
        out + sum(pads) - step * (n - 1) - window
        for out, pads, step, n, window in zip(
            spec.input_size, spec.pads, spec.stride, shapes[0][1:], spec.window_size, strict=True
        )
    ]
    arrays = [writer.keep("weight", _turned(weight) if spec.flip else weight)]
    arrays += [writer.keep("bias", weights["bias"])] if layer.bias else []
    return writer.put(
        "ConvTranspose", inputs[0], *arrays, kernel_shape=spec.kernel_size, strides=spec.stride,
        dilations=spec.dilation, group=spec.groups, pads=_ends(spec.pads), output_padding=extra,
    )  # fmt: skip


def _dense(writer: Writer, layer: Dense, inputs: Sequence[str], shapes: Shapes, weights: Weights) -> str:
    arrays = [writer.keep(name, weights[name]) for name in ("weight", "bias") if name in weights]
    return writer.put("Gemm", inputs[0], *arrays, transB=1)


def _pool(writer: Writer, layer: Pool, inputs: Sequence[str], shapes: Shapes, weights: Weights) -> str:
    """Round up by more cells behind, which count for nothing."""
    spec, value, pads = layer.spec(shapes[0]), inputs[0], layer.spec(shapes[0]).pads
    behind = [
        max(0, step * (n - 1) + window - size - sum(pair))
        for step, n, window, size, pair in zip(
            spec.stride, spec.output_size, spec.window_size, spec.input_size, pads, strict=True
        )
    ]
    options: dict[str, Any] = {"kernel_shape": spec.window, "strides": spec.stride}
    is_mean = layer.take == "mean"
    if set(spec.dilation) != {1}:
        if is_mean:
            writer.needs(layer, 19)
        options["dilations"] = spec.dilation
    if is_mean and layer.count_include_pad and any(behind):
        value = padded(writer, value, shapes[0], ((0, 0), *pads), "constant")
        pads = ((0, 0),) * spec.dims
    elif is_mean:
        options["count_include_pad"] = int(layer.count_include_pad)
    grown = tuple((before, after + more) for (before, after), more in zip(pads, behind, strict=True))
    return writer.put("AveragePool" if is_mean else "MaxPool", value, pads=_ends(grown), **options)


def _global(writer: Writer, layer: GlobalPool, inputs: Sequence[str], shapes: Shapes, weights: Weights) -> str:
    return writer.put("GlobalAveragePool" if layer.take == "mean" else "GlobalMaxPool", *inputs)


def _adaptive(writer: Writer, layer: AdaptivePool, inputs: Sequence[str], shapes: Shapes, weights: Weights) -> str:
    """Write windows of one size where they are; else each region along each axis by itself."""
    sizes = shapes[0][1:]
    wanted = per_dimension(layer.size, len(sizes), "output size")
    kind = "Mean" if layer.take == "mean" else "Max"
    if all(size % parts == 0 for size, parts in zip(sizes, wanted, strict=True)):
        window = [size // parts for size, parts in zip(sizes, wanted, strict=True)]
        return writer.put(
            "AveragePool" if kind == "Mean" else "MaxPool", *inputs, kernel_shape=window, strides=window
        )
    value = inputs[0]
    for axis, (size, parts) in enumerate(zip(sizes, wanted, strict=True), 2):
        regions = [
            writer.reduce(
                f"Reduce{kind}", _part(writer, value, axis, i * size // parts, -(-(i + 1) * size // parts)), [axis]
            )
            for i in range(parts)
        ]
        value = writer.put("Concat", *regions, axis=axis)
    return value


def _part(writer: Writer, value: str, axis: int, start: int, stop: int, step: int = 1) -> str:
    stop = -(2**63) if stop < 0 else stop
    return writer.put("Slice", value, *(writer.integers([number]) for number in (start, stop, axis, step)))


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


def activated(writer: Writer, value: str, name: str) -> str:
    """Write an activation."""
    match name:
        case "relu6":
            return writer.put("Clip", value, writer.numbers(0), writer.numbers(6))
        case "leaky-relu":
            return writer.put("LeakyRelu", value, alpha=0.01)
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
        case "elu" | "leaky-relu":
            return writer.put("Elu" if layer.name == "elu" else "LeakyRelu", value, alpha=given[0])
        case "hard-sigmoid":
            return writer.put("HardSigmoid", value, alpha=given[0], beta=given[1])
        case "hard-swish" if writer.opset >= 14:
            return writer.put("HardSwish", value)
        case "hard-swish":
            return writer.put("Mul", value, writer.put("HardSigmoid", value, alpha=1 / 6, beta=0.5))
        case "gelu-tanh":
            writer.needs(layer, 20)
            return writer.put("Gelu", value, approximate="tanh")
        case _:
            return writer.put(FUNCTIONS[layer.name], value)


def _prelu(writer: Writer, layer: PRelu, inputs: Sequence[str], shapes: Shapes, weights: Weights) -> str:
    return writer.put(
        "PRelu", *inputs, writer.keep("slope", weights["slope"].reshape(writer.along_channels(shapes[0])))
    )


def _constant(writer: Writer, layer: WithConstant, inputs: Sequence[str], shapes: Shapes, weights: Weights) -> str:
    constant = writer.keep("constant", weights["constant"])
    return writer.put(ARITHMETIC[layer.operation], *((constant, *inputs) if layer.first else (*inputs, constant)))


def _add(writer: Writer, layer: Add, inputs: Sequence[str], shapes: Shapes, weights: Weights) -> str:
    value, *others = inputs
    for other in others:
        value = writer.put("Add", value, other)
    return value


def _slice(writer: Writer, layer: Slice, inputs: Sequence[str], shapes: Shapes, weights: Weights) -> str:
    return _part(writer, inputs[0], layer.axis, layer.start, layer.stop, layer.step)


def _upsample(writer: Writer, layer: Upsample, inputs: Sequence[str], shapes: Shapes, weights: Weights) -> str:
    scales = [1, 1, *(layer.factor,) * (len(shapes[0]) - 1)]
    options = {"mode": "linear"}
    if layer.method == "nearest":
        options = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    return writer.put("Resize", inputs[0], "", writer.single(scales), **options)


def _resize(writer: Writer, layer: Resize, inputs: Sequence[str], shapes: Shapes, weights: Weights) -> str:
    options: dict[str, Any] = {
        "mode": layer.method,
        "coordinate_transformation_mode": layer.coordinates.replace("-", "_"),
        "nearest_mode": layer.rounding.replace("-", "_") if layer.method == "nearest" else None,
        "cubic_coeff_a": layer.coefficient if layer.method == "cubic" else None,
    }
    if layer.scales is None and writer.opset >= 18:
        axes = list(range(2, len(shapes[0]) + 1))
        return writer.put("Resize", inputs[0], "", "", writer.integers(layer.size), axes=axes, **options)
    pairs = zip(layer.size, shapes[0][1:], strict=True)
    scales = np.asarray(layer.scales or [after / before for after, before in pairs], np.float32)
    short = np.floor(scales * shapes[0][1:]) < layer.size  # rounding took a cell
    scales = np.where(short, np.nextafter(scales, np.float32(np.inf)), scales)
    return writer.put("Resize", inputs[0], "", writer.single([1, 1, *scales]), **options)


def _pad(writer: Writer, layer: Pad, inputs: Sequence[str], shapes: Shapes, weights: Weights) -> str:
    return padded(writer, inputs[0], shapes[0], layer.pads, layer.border)


def padded(writer: Writer, value: str, shape: Shape, pads: Pads, border: str | float) -> str:
    """Write a border around a map; one that goes round again as the cells that it shows."""
    found = parse_border(border)
    if not any(map(any, pads)):
        return value
    fits = all(max(pair) < size for pair, size in zip(pads, shape, strict=True))
    if found.mode in ("constant", "edge") or (found.mode == "reflect" and fits):
        filling = [writer.numbers(found.value)] if found.mode == "constant" and found.value else []
        return writer.put("Pad", value, writer.integers(_ends(((0, 0), *pads))), *filling, mode=found.mode)
    for axis, ((before, after), size) in enumerate(zip(pads, shape, strict=True), 1):
        if before or after:
            cells = source_index(np.arange(-before, size + after), size, found)
            value = writer.put("Gather", value, writer.integers(cells.tolist()), axis=axis)
    return value


def _turned(weight: Array) -> Array:
    """Turn kernels round."""
    return np.flip(weight, tuple(range(2, weight.ndim)))


def _ends(pads: Pads) -> list[int]:
    """Order pads as ONNX does: all before, then all after."""
    return [pair[side] for side in (0, 1) for pair in pads]


def _put(kind: str, **attributes: Callable[[Any], Any]) -> LayerWriter:
    """Write a layer that is one operator, its attributes read off the layer."""

    def write(writer: Writer, layer: Layer, inputs: Sequence[str], shapes: Shapes, weights: Weights) -> str:
        return writer.put(kind, *inputs, **{name: read(layer) for name, read in attributes.items()})

    return write


WRITERS: dict[type[Layer], LayerWriter] = {
    Activation: lambda writer, layer, inputs, shapes, weights: activated(writer, inputs[0], layer.name),
    AdaptivePool: _adaptive,
    Add: _add,
    Arithmetic: lambda writer, layer, inputs, shapes, weights: writer.put(ARITHMETIC[layer.operation], *inputs),
    BatchNorm: _batch,
    Concat: _put("Concat", axis=lambda layer: layer.axis),
    Conv: _conv,
    ConvTranspose: _transposed,
    Dense: _dense,
    Dropout: lambda writer, layer, inputs, shapes, weights: writer.put(
        "Dropout", *inputs, writer.single(layer.rate)
    ),
    Flatten: _put("Flatten"),
    Function: _function,
    GlobalPool: _global,
    GroupNorm: _group,
    LayerNorm: _layer_norm,
    MatrixProduct: _put("MatMul"),
    Multiply: _put("Mul"),
    PRelu: _prelu,
    Pad: _pad,
    PixelShuffle: _put("DepthToSpace", blocksize=lambda layer: layer.factor, mode=lambda layer: "CRD"),
    Pool: _pool,
    Reduce: lambda writer, layer, inputs, shapes, weights: writer.reduce(
        f"Reduce{layer.take.capitalize()}", inputs[0], layer.axes, keep=layer.keep
    ),
    Reshape: lambda writer, layer, inputs, shapes, weights: writer.put(
        "Reshape", *inputs, writer.integers([0, *layer.shape])
    ),
    Resize: _resize,
    Slice: _slice,
    Softmax: _put("Softmax", axis=lambda layer: layer.axis),
    Transpose: _put("Transpose", perm=lambda layer: [0, *layer.axes]),
    Upsample: _upsample,
    WithConstant: _constant,
}
