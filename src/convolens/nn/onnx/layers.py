"""How each layer is written in ONNX's operators: the table of all, and those that are one operator."""

from collections.abc import Callable, Sequence
from typing import Any

from convolens.nn.axes import Reshape, Slice, Tile, Transpose
from convolens.nn.layer import Layer, Weights
from convolens.nn.merge import Concat, MatrixProduct, Multiply
from convolens.nn.onnx.layers_of_maps import MAPS, part
from convolens.nn.onnx.layers_of_numbers import NUMBERS
from convolens.nn.onnx.writer import LayerWriter, Shapes, Writer
from convolens.nn.reshape import Flatten, PixelShuffle


def _slice(writer: Writer, layer: Slice, inputs: Sequence[str], shapes: Shapes, weights: Weights) -> str:
    return part(writer, inputs[0], layer.axis, layer.start, layer.stop, layer.step)


def _put(kind: str, **attributes: Callable[[Any], Any]) -> LayerWriter:
    """Write a layer that is one operator, its attributes read off the layer."""

    def write(writer: Writer, layer: Layer, inputs: Sequence[str], shapes: Shapes, weights: Weights) -> str:
        return writer.put(kind, *inputs, **{name: read(layer) for name, read in attributes.items()})

    return write


WRITERS: dict[type[Layer], LayerWriter] = {
    **MAPS,
    **NUMBERS,
    Concat: _put("Concat", axis=lambda layer: layer.axis),
    Flatten: _put("Flatten"),
    MatrixProduct: _put("MatMul"),
    Multiply: _put("Mul"),
    PixelShuffle: _put("DepthToSpace", blocksize=lambda layer: layer.factor, mode=lambda layer: "CRD"),
    Reshape: lambda writer, layer, inputs, shapes, weights: writer.put(
        "Reshape", *inputs, writer.integers([0, *layer.shape])
    ),
    Slice: _slice,
    Tile: lambda writer, layer, inputs, shapes, weights: writer.put(
        "Tile", *inputs, writer.integers([1, *layer.times])
    ),
    Transpose: _put("Transpose", perm=lambda layer: [0, *layer.axes]),
}
