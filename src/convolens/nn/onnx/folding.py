"""What does not depend on the input is computed while a file is read."""

from typing import Any

from convolens.errors import SpecError
from convolens.nn.onnx.graph import Operation, import_onnx
from convolens.ops.arrays import Array, quietly

MOST_CELLS = 1 << 28
"""Of an array that is computed; what is larger comes from a damaged file."""


@quietly
def evaluate(operation: Operation, arrays: list[Array | None]) -> list[Array]:
    """
    Compute an operation on arrays, by ONNX's own reference.

    Parameters
    ----------
    operation : Operation
        What to do.
    arrays : list of ndarray or None
        One for each input; None for those that are left out.

    Raises
    ------
    SpecError
        If it cannot be computed.
    """
    onnx = import_onnx()
    from onnx.reference import ReferenceEvaluator

    if operation.kind == "ConstantOfShape" and arrays[0] is not None and arrays[0].prod(dtype=float) > MOST_CELLS:
        raise SpecError(f"an array of shape {arrays[0].tolist()} is too large to be a constant")
    node = onnx.helper.make_node(operation.kind, operation.inputs, operation.outputs)
    for name, value in operation.attributes.items():
        node.attribute.append(onnx.helper.make_attribute(name, value))
    feeds: dict[str, Any] = {
        name: array for name, array in zip(operation.inputs, arrays, strict=True) if array is not None
    }
    values = [
        onnx.helper.make_tensor_value_info(name, onnx.helper.np_dtype_to_tensor_dtype(array.dtype), array.shape)
        for name, array in feeds.items()
    ]
    results = [onnx.ValueInfoProto(name=name) for name in operation.outputs if name]
    graph = onnx.helper.make_graph([node], "constant", values, results)
    opset = onnx.helper.make_opsetid("", operation.opset)
    try:
        found = ReferenceEvaluator(onnx.helper.make_model(graph, opset_imports=[opset])).run(None, feeds)
    except Exception as error:  # the reference raises what it likes
        raise SpecError(f"it cannot be computed on its constants: {error}") from None
    return list(found)
