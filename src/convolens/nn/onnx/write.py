"""From a network to an ONNX file."""

import os
from typing import TYPE_CHECKING

import numpy as np

from convolens.errors import SpecError
from convolens.images.files import atomic_output, check_output
from convolens.nn.graph import INPUT, needed_for
from convolens.nn.onnx.graph import FIRST_OPSET, LAST_OPSET
from convolens.nn.onnx.layers import WRITERS
from convolens.nn.onnx.writer import Writer

if TYPE_CHECKING:
    import onnx

    from convolens.nn.network import Network

MOST_BYTES = 2**31 - 1
"""That ONNX can keep in one file."""


def write_network(
    network: "Network", path: str | os.PathLike[str], *, opset: int = 17, overwrite: bool = False
) -> None:
    """Write a network into an ONNX file; see :meth:`Network.to_onnx`."""
    check_output(path, overwrite=overwrite)
    model = onnx_model(network, opset)
    with atomic_output(path, overwrite=overwrite) as file:
        file.write(model.SerializeToString())


def onnx_model(network: "Network", opset: int = 17) -> "onnx.ModelProto":
    """Describe a network as ONNX does; the batch has any size."""
    if not FIRST_OPSET <= opset <= LAST_OPSET:
        raise SpecError(f"networks are written in opset {FIRST_OPSET} to {LAST_OPSET}, not {opset}")
    arrays, held = [*network.weights.values(), *network.statistics.values()], network.held()
    if sum(array.nbytes for array in arrays) > MOST_BYTES:
        raise SpecError("the weights are more than the 2 GiB that an ONNX file can hold; save it as safetensors")
    is_double = any(array.dtype == np.float64 for array in arrays)
    writer = Writer(opset, np.dtype(np.float64 if is_double else np.float32))
    for node in needed_for(network.nodes, network.last):
        writer.begin(node.name)
        shapes = tuple(network.shapes[source] for source in node.inputs)
        writer.finish(WRITERS[type(node.layer)](writer, node.layer, node.inputs, shapes, held[node.name]))
    output = network.last
    if not network.nodes:
        output = "output"
        writer.begin(output)
        writer.finish(INPUT)
    helper = writer.onnx.helper
    kind = helper.np_dtype_to_tensor_dtype(writer.dtype)
    values = [
        helper.make_tensor_value_info(name, kind, ("N", *shape))
        for name, shape in ((INPUT, network.input_shape), (output, network.output_shape))
    ]
    graph = helper.make_graph(writer.nodes, "network", values[:1], values[1:], writer.constants)
    opsets = [helper.make_opsetid("", opset)]
    version = helper.find_min_ir_version_for(opsets)
    model: onnx.ModelProto = helper.make_model(
        graph, opset_imports=opsets, ir_version=version, producer_name="convolens"
    )
    return model
