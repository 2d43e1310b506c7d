"""What does not depend on the input is computed while a file is read."""

import math
from typing import Any

from convolens.errors import SpecError
from convolens.nn.onnx.graph import Operation, import_onnx
from convolens.ops.arrays import Array, quietly

FOLDED = {
    "Abs", "Add", "And", "ArgMax", "ArgMin", "Cast", "CastLike", "Ceil", "Clip", "Concat", "Constant",
    "ConstantOfShape", "Cos", "CumSum", "DequantizeLinear", "Div", "Equal", "Erf", "Exp", "Expand", "EyeLike",
    "Flatten", "Floor", "Gather", "GatherElements", "GatherND", "Gemm", "Greater", "GreaterOrEqual", "Identity",
    "IsInf", "IsNaN", "Less", "LessOrEqual", "Log", "MatMul", "Max", "Mean", "Min", "Mod", "Mul", "Neg", "NonZero",
    "Not", "Or", "Pad", "Pow", "QuantizeLinear", "Range", "Reciprocal", "ReduceL1", "ReduceL2", "ReduceMax",
    "ReduceMean", "ReduceMin", "ReduceProd", "ReduceSum", "ReduceSumSquare", "Relu", "Reshape", "Round",
    "ScatterElements", "ScatterND", "Shape", "Sigmoid", "Sign", "Sin", "Size", "Slice", "Softmax", "Split", "Sqrt",
    "Squeeze", "Sub", "Sum", "Tanh", "Tile", "Transpose", "Trilu", "Unsqueeze", "Where", "Xor",
}  # fmt: skip
"""Operators that are computed: none draws numbers, holds a graph of its own, or takes long for each cell."""

MOST_SHAPE = 1024
"""Numbers of a constant that may say how large the result of an operation is."""


def evaluate(operation: Operation, arrays: list[Array | None], most: int) -> list[Array]:
    """
    Compute an operation on arrays, by ONNX's own reference.

    Parameters
    ----------
    operation : Operation
        What to do.
    arrays : list of ndarray or None
        One for each input; None for those that are left out.
    most : int
        Cells that the results may have.

    Raises
    ------
    SpecError
        If it cannot be computed, or its results would be too large; this is known before they are there.
    """
    if operation.kind not in FOLDED:
        raise SpecError("this operator is not computed on constants")
    onnx = import_onnx()
    feeds = {name: array for name, array in zip(operation.inputs, arrays, strict=True) if array is not None}
    model = _model(onnx, operation, feeds)
    cells = _cells(onnx, model, sum(array.size for array in feeds.values()))
    if cells > most:
        raise SpecError(f"its results would have {cells:,} cells, which is too much for constants")
    return _run(model, feeds)


def _model(onnx: Any, operation: Operation, feeds: dict[str, Array]) -> Any:
    """Write an operation as a model; constants that may be sizes are part of it."""
    helper = onnx.helper
    node = helper.make_node(operation.kind, operation.inputs, operation.outputs)
    for name, value in operation.attributes.items():
        node.attribute.append(helper.make_attribute(name, value))
    values = [
        helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(array.dtype), array.shape)
        for name, array in feeds.items()
    ]
    small = [
        onnx.numpy_helper.from_array(array, name) for name, array in feeds.items() if array.size <= MOST_SHAPE
    ]
    results = [onnx.ValueInfoProto(name=name) for name in operation.outputs if name]
    graph = helper.make_graph([node], "constant", values, results, small)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", operation.opset)])


def _cells(onnx: Any, model: Any, given: int) -> int:
    """Count the cells of a model's results; where a size depends on numbers, it is at most that of all inputs."""
    count = 0
    for result in onnx.shape_inference.infer_shapes(model).graph.output:
        if not result.type.tensor_type.HasField("shape"):
            raise SpecError("how large its result is cannot be told")
        sizes = result.type.tensor_type.shape.dim
        count += math.prod(size.dim_value if size.HasField("dim_value") else given for size in sizes)
    return count


@quietly
def _run(model: Any, feeds: dict[str, Any]) -> list[Array]:
    from onnx.reference import ReferenceEvaluator

    try:
        return list(ReferenceEvaluator(model).run(None, feeds))
    except Exception as error:  # the reference raises what it likes
        raise SpecError(f"it cannot be computed on its constants: {error}") from None
