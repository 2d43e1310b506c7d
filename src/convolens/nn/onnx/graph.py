"""What an ONNX file holds, read and checked: operations, constants, input and outputs."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from convolens.errors import ConvolensError, FileError, SpecError
from convolens.images.files import file_error, open_input
from convolens.ops.arrays import Array

FIRST_OPSET, LAST_OPSET = 11, 21
FLOATS = (np.float16, np.float32, np.float64)


@dataclass(frozen=True)
class Operation:
    """
    A node of an ONNX graph.

    Attributes
    ----------
    kind : str
        The operator.
    name : str
        The node's, or that of its first output.
    inputs, outputs : tuple of str
        Values by name; an empty name stands for one that is left out.
    attributes : mapping
        As given; what is left out is not there.
    opset : int
        Whose meaning the operator has.
    """

    kind: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any]
    opset: int

    def __str__(self) -> str:
        return f"{self.kind} (node {self.name!r}, opset {self.opset})"

    def get(self, name: str, usual: Any = None) -> Any:
        """Return an attribute, or what it usually is; text as such."""
        value = self.attributes.get(name, usual)
        return value.decode() if isinstance(value, bytes) else value

    def given(self, index: int) -> str | None:
        """Return the name of an input that may be left out."""
        return self.inputs[index] or None if index < len(self.inputs) else None


@dataclass(frozen=True)
class Graph:
    """
    The graph of an ONNX file.

    Attributes
    ----------
    operations : list of Operation
        In an order in which they can be computed.
    constants : dict of str to ndarray
        Initial values.
    input : str
        The only input that has none.
    sizes : tuple of int or None
        Its shape, the batch first; None where any size is taken.
    dtype : dtype
        Its data type.
    outputs : tuple of str
        What comes out.
    """

    operations: list[Operation]
    constants: dict[str, Array]
    input: str
    sizes: tuple[int | None, ...]
    dtype: np.dtype[Any]
    outputs: tuple[str, ...]


def import_onnx() -> Any:
    """Import the package, or say how it is installed."""
    try:
        import onnx
    except ImportError:
        raise ConvolensError("ONNX files need the package onnx: pip install 'convolens[onnx]'") from None
    return onnx


def read_graph(path: str | os.PathLike[str]) -> Graph:
    """
    Read the graph of an ONNX file, its weights in other files included.

    Raises
    ------
    FileError
        If there is no such file, it is damaged, or something else.
    SpecError
        For an opset, an input or a type that is not taken.
    ConvolensError
        If ``onnx`` is not installed.
    """
    onnx = import_onnx()
    with open_input(path) as file:
        data = file.read()
    try:
        model = onnx.load_model_from_string(data)
        opset = _opset(path, model)
        onnx.external_data_helper.load_external_data_for_model(model, str(Path(path).parent))
        for value in model.graph.output:  # whose shapes are not needed, and sometimes missing
            value.type.tensor_type.shape.SetInParent()
        onnx.checker.check_model(model)
        if model.functions:
            model = onnx.inliner.inline_local_functions(model)
        return _graph_of(path, onnx, model, opset)
    except ConvolensError:
        raise
    except OSError as error:
        raise file_error(path, error) from error
    except Exception as error:  # whatever a damaged file leads readers into
        lines = str(error).split("\n")
        reason = next((line for line in lines if line.strip()), type(error).__name__)
        raise FileError(f"{path}: is no ONNX model, or is damaged: {reason}") from None


def _opset(path: object, model: Any) -> int:
    found = {entry.domain or "ai.onnx": entry.version for entry in model.opset_import}
    if "ai.onnx" not in found or not model.graph.output:
        raise FileError(f"{path}: is no ONNX model, or is damaged: it names no operators' version, or no output")
    opset = int(found["ai.onnx"])
    if not FIRST_OPSET <= opset <= LAST_OPSET:
        raise SpecError(
            f"{path}: is of opset {opset}, but {FIRST_OPSET} to {LAST_OPSET} can be read; "
            "export it again, or use onnx.version_converter"
        )
    return opset


def _shortest(value: Any) -> Any:
    """Write a number of single precision in as few digits as it was meant: 0.1, not 0.10000000149."""
    return float(str(np.float32(value))) if isinstance(value, float) else value


def _graph_of(path: object, onnx: Any, model: Any, opset: int) -> Graph:
    graph = model.graph
    if graph.sparse_initializer:
        raise SpecError(f"{path}: has sparse weights, which cannot be read; write them as plain ones")
    constants = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in graph.initializer}
    inputs = [value for value in graph.input if value.name not in constants]
    if len(inputs) != 1:
        names = ", ".join(value.name for value in inputs) or "none"
        raise SpecError(f"{path}: a network takes one input, but this one has {names}")
    tensor = inputs[0].type.tensor_type
    dtype = onnx.helper.tensor_dtype_to_np_dtype(tensor.elem_type)
    if dtype not in FLOATS:
        raise SpecError(f"{path}: input {inputs[0].name!r} must be of floats, not {dtype}")
    operations = []
    for node in graph.node:
        name = node.name or (node.output[0] if node.output else node.op_type)
        if node.domain not in ("", "ai.onnx"):
            raise SpecError(
                f"{path}: operator {node.op_type} of {node.domain} (node {name!r}, opset {opset}) is unknown"
            )
        attributes = {a.name: _shortest(onnx.helper.get_attribute_value(a)) for a in node.attribute}
        if node.op_type == "Constant" and "value" in attributes:
            constants[node.output[0]] = onnx.numpy_helper.to_array(attributes["value"])
            continue
        outputs = tuple(node.output)
        operations.append(Operation(node.op_type, name, tuple(node.input), outputs, attributes, opset))
    sizes = tuple(d.dim_value if d.HasField("dim_value") and d.dim_value > 0 else None for d in tensor.shape.dim)
    outputs = tuple(value.name for value in graph.output)
    return Graph(operations, constants, inputs[0].name, sizes, np.dtype(dtype), outputs)
