"""Whole networks as ONNX models of the same layers and weights."""

from collections.abc import Callable
from typing import Any

import onnx
from onnx import TensorProto, helper, numpy_helper

from convolens import nn
from convolens.nn.graph import INPUT
from convolens.spec.padding import per_dimension

OPERATORS = {"relu": "Relu", "relu6": "Clip"}


def _convolution(layer: nn.Conv, channels: int) -> dict[str, Any]:
    size = per_dimension(layer.size, 2, "kernel size")
    pads = (size[0] // 2 if layer.padding == "same" else layer.padding,) * 4
    return {"strides": (layer.stride,) * 2, "pads": pads, "group": layer.groups or channels}


def _pool(layer: nn.Pool, channels: int) -> dict[str, Any]:
    sides = {"kernel_shape": (layer.window,) * 2, "strides": (layer.stride or layer.window,) * 2}
    return sides | {"pads": (layer.padding,) * 4}


LAYERS: dict[type[nn.Layer], tuple[str, tuple[str, ...], Callable[[Any, int], dict[str, Any]]]] = {
    nn.Add: ("Add", (), lambda layer, channels: {}),
    nn.BatchNorm: (
        "BatchNormalization",
        ("scale", "shift", "mean", "variance"),
        lambda layer, channels: {"epsilon": layer.epsilon},
    ),
    nn.Concat: ("Concat", (), lambda layer, channels: {"axis": 1}),
    nn.Conv: ("Conv", ("weight", "bias"), _convolution),
    nn.ConvTranspose: (
        "ConvTranspose",
        ("weight", "bias"),
        lambda layer, channels: {"strides": (layer.stride,) * 2},
    ),
    nn.Dense: ("Gemm", ("weight", "bias"), lambda layer, channels: {"transB": 1}),
    nn.Flatten: ("Flatten", (), lambda layer, channels: {}),
    nn.GlobalPool: ("GlobalAveragePool", (), lambda layer, channels: {}),
    nn.Pool: ("MaxPool", (), _pool),
}


def onnx_model(network: nn.Network, batch: int) -> onnx.ModelProto:
    """Write a network of 2-D layers; its input is called x, its output y."""
    held = network.weights | network.statistics
    arrays, nodes, called = (
        [numpy_helper.from_array(array, name) for name, array in held.items()],
        [],
        {INPUT: "x"},
    )
    for node in network.nodes:
        called[node.name] = "y" if node.name == network.last else node.name
        inputs, channels = [called[source] for source in node.inputs], network.shapes[node.inputs[0]][0]
        if isinstance(node.layer, nn.Activation):
            limits = ["zero", "six"] if node.layer.name == "relu6" else []
            nodes.append(helper.make_node(OPERATORS[node.layer.name], [*inputs, *limits], [called[node.name]]))
            continue
        operator, parts, options = LAYERS[type(node.layer)]
        inputs += [f"{node.name}.{part}" for part in parts if f"{node.name}.{part}" in held]
        nodes.append(helper.make_node(operator, inputs, [called[node.name]], **options(node.layer, channels)))
    for name, limit in (("zero", 0.0), ("six", 6.0)):
        arrays.append(helper.make_tensor(name, TensorProto.FLOAT, [], [limit]))
    ends = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, (batch, *shape))
        for name, shape in (("x", network.input_shape), ("y", network.output_shape))
    ]
    graph = helper.make_graph(nodes, "network", ends[:1], ends[1:], arrays)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
