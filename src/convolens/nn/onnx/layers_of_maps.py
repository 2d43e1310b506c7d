"""How layers that go over maps are written in ONNX's operators: windows, borders, sizes."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from convolens.nn.convolution import Conv, ConvTranspose
from convolens.nn.layer import Layer, Shape, Weights
from convolens.nn.onnx.layers_of_numbers import activated
from convolens.nn.onnx.writer import LayerWriter, Shapes, Writer
from convolens.nn.pooling import AdaptivePool, GlobalPool, Pool
from convolens.nn.reshape import Upsample
from convolens.nn.resize import Pad, Resize
from convolens.ops.arrays import Array
from convolens.spec.borders import parse_border, source_index
from convolens.spec.padding import Pads, per_dimension


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
                f"Reduce{kind}", part(writer, value, axis, i * size // parts, -(-(i + 1) * size // parts)), [axis]
            )
            for i in range(parts)
        ]
        value = writer.put("Concat", *regions, axis=axis)
    return value


def part(writer: Writer, value: str, axis: int, start: int, stop: int, step: int = 1) -> str:
    """Write a part of one axis; a stop below 0 is before the first cell."""
    stop = -(2**63) if stop < 0 else stop
    return writer.put("Slice", value, *(writer.integers([number]) for number in (start, stop, axis, step)))


def _upsample(writer: Writer, layer: Upsample, inputs: Sequence[str], shapes: Shapes, weights: Weights) -> str:
    scales = [1, 1, *(layer.factor,) * (len(shapes[0]) - 1)]
    options = {"mode": "linear"}
    if layer.method == "nearest":
        options = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    return writer.put("Resize", inputs[0], writer.left_out(), writer.single(scales), **options)


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
    return writer.put("Resize", inputs[0], writer.left_out(), writer.single([1, 1, *scales]), **options)


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


MAPS: Mapping[type[Layer], LayerWriter] = {
    AdaptivePool: _adaptive,
    Conv: _conv,
    ConvTranspose: _transposed,
    GlobalPool: _global,
    Pad: _pad,
    Pool: _pool,
    Resize: _resize,
    Upsample: _upsample,
}
