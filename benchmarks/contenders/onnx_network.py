"""Whole networks as ONNX models of the same layers and weights."""

import onnx

from convolens.nn import Network
from convolens.nn.onnx.write import onnx_model as described


def onnx_model(network: Network, batch: int) -> onnx.ModelProto:
    """Describe a network for batches of one size; its input is called x, its output y."""
    model = described(network)
    ends = (model.graph.input[0], "x"), (model.graph.output[0], "y")
    names = {end.name: name for end, name in ends}
    for node in model.graph.node:
        node.input[:] = [names.get(name, name) for name in node.input]
        node.output[:] = [names.get(name, name) for name in node.output]
    for end, name in ends:
        end.name = name
        end.type.tensor_type.shape.dim[0].dim_value = batch
    return model
