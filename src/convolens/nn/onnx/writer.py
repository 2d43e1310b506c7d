"""The graph that is written: nodes and constants, one after the other."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from convolens.errors import SpecError
from convolens.nn.layer import Layer, Shape, Weights
from convolens.nn.onnx.graph import import_onnx
from convolens.ops.arrays import Array

Shapes = tuple[Shape, ...]


class Writer:
    """
    An ONNX graph in the making.

    Parameters
    ----------
    opset : int
        Of the operators.
    dtype : dtype
        Of numbers that are no integers.

    Attributes
    ----------
    nodes, constants : list
        As ONNX keeps them.
    node : str
        The network's node that is being written; what is written for it is called by it.
    """

    def __init__(self, opset: int, dtype: np.dtype[Any]) -> None:
        self.opset, self.dtype = opset, dtype
        self.onnx = import_onnx()
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self.node = ""

    def begin(self, node: str) -> None:
        """Begin with a node of the network."""
        self.node = node
        self._first = len(self.nodes)

    def finish(self, value: str) -> None:
        """Call what a node of the network computes by its name."""
        if len(self.nodes) > self._first and self.nodes[-1].output[0] == value:
            self.nodes[-1].output[0] = self.node
        else:
            self.nodes.append(self.onnx.helper.make_node("Identity", [value], [self.node], self.node))

    def put(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """Write an operation; return the value that it computes."""
        name = f"{self.node}/{len(self.nodes) - self._first}"
        given = {key: value for key, value in attributes.items() if value is not None}
        self.nodes.append(self.onnx.helper.make_node(kind, inputs, [name], name, **given))
        return name

    def keep(self, name: str, array: Array) -> str:
        """Write a weight of the network under its name, after the node's."""
        name = f"{self.node}.{name}"
        whole = np.asarray(array, self.dtype, order="C")
        self.constants.append(self.onnx.numpy_helper.from_array(whole, name))
        return name

    def numbers(self, values: Any) -> str:
        """Write numbers that are no integers."""
        return self._constant(np.asarray(values, self.dtype))

    def single(self, values: Any) -> str:
        """Write numbers that are of single precision whatever the network is of."""
        return self._constant(np.asarray(values, np.float32))

    def integers(self, values: Sequence[int]) -> str:
        """Write integers."""
        return self._constant(np.asarray(values, np.int64))

    def _constant(self, array: Array) -> str:
        name = f"{self.node}/constant{len(self.constants)}"
        self.constants.append(self.onnx.numpy_helper.from_array(array, name))
        return name

    def reduce(self, kind: str, value: str, axes: Sequence[int], *, keep: bool = True) -> str:
        """Write a mean, sum or maximum along axes, as the opset has it."""
        if self.opset >= (13 if kind == "ReduceSum" else 18):
            return self.put(kind, value, self.integers(axes), keepdims=int(keep))
        return self.put(kind, value, axes=list(axes), keepdims=int(keep))

    def cast(self, value: str, *, to_truth: bool = False) -> str:
        """Write that a value becomes numbers of the network's type, or truth."""
        kind = np.dtype(bool) if to_truth else self.dtype
        return self.put("Cast", value, to=self.onnx.helper.np_dtype_to_tensor_dtype(kind))

    def left_out(self) -> str:
        """Leave out an input that old opsets want to be there, with nothing in it."""
        return "" if self.opset >= 13 else self.single([])

    def needs(self, layer: Layer, opset: int) -> None:
        """Refuse a layer that an older opset cannot say."""
        if self.opset < opset:
            raise SpecError(
                f"{self.node!r}, {layer}, needs opset {opset}, not {self.opset}; ask for opset={opset}"
            )

    def along_channels(self, shape: Shape) -> tuple[int, ...]:
        """Give the shape of one number a channel, so that it meets the channels of items of a shape."""
        return (-1, *(1,) * (len(shape) - 1))


LayerWriter = Callable[[Writer, Any, Sequence[str], Shapes, Weights], str]
"""Writes a layer that takes values of some shapes, with its weights; returns the value that it computes."""
