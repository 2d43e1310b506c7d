"""From an ONNX file to a network."""

import os
from collections.abc import Sequence

import numpy as np

from convolens.errors import ConvolensError, SpecError, unknown_name
from convolens.nn.network import Network
from convolens.nn.onnx import moving, normalising, pointwise, windows
from convolens.nn.onnx.builder import Builder, Handler
from convolens.nn.onnx.folding import evaluate
from convolens.nn.onnx.graph import Graph, Operation, read_graph
from convolens.nn.onnx.patterns import Recogniser
from convolens.ops.arrays import Array

HANDLERS: dict[str, Handler] = windows.HANDLERS | pointwise.HANDLERS | normalising.HANDLERS | moving.HANDLERS
DRAWN = ("RandomNormal", "RandomUniform", "RandomNormalLike", "RandomUniformLike", "Bernoulli", "Multinomial")
MISTAKES = (
    ArithmeticError,
    AttributeError,
    ConvolensError,
    LookupError,
    MemoryError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""What comes of reading a file that is damaged, or means something else than was thought."""


def read_network(
    path: str | os.PathLike[str], input_shape: Sequence[int] | None = None, output: str | None = None
) -> Network:
    """Read a network from an ONNX file; see :meth:`Network.from_onnx`."""
    graph = read_graph(path)
    wanted = _output(path, graph, output)
    build = Builder(graph, _input_shape(path, graph, input_shape))
    seen = Recogniser(build.constants, build.shape)
    for operation in _needed(graph, wanted):
        try:
            _read(operation, build, seen)
        except MISTAKES as error:
            known = next((known for known in build.refused.values() if known is error), None)
            reason = error if isinstance(error, ConvolensError) else f"it is damaged ({error})"
            refusal = known or SpecError(f"{path}: {operation} cannot be read: {reason}")
            build.refused |= dict.fromkeys(operation.outputs, refusal)
    if wanted in build.constants:
        raise SpecError(f"{path}: output {wanted!r} does not depend on the input")
    return build.finished(wanted)


def _read(operation: Operation, build: Builder, seen: Recogniser) -> None:
    """Compute an operation, or turn it into layers."""
    arrays = _computed(operation, build)
    if arrays is not None:
        build.constants |= dict(zip(operation.outputs, arrays, strict=False))
        return
    found = seen.recognised(operation)
    if found.kind not in HANDLERS:
        raise SpecError("this operator is not known")
    views = HANDLERS[found.kind](found, build)
    build.views |= dict(zip(operation.outputs, views if isinstance(views, list) else [views], strict=False))


def _output(path: object, graph: Graph, output: str | None) -> str:
    if output is None and len(graph.outputs) > 1:
        raise SpecError(
            f"{path}: has the outputs {', '.join(graph.outputs)}; say which, output={graph.outputs[0]!r}"
        )
    if output is not None and output not in graph.outputs:
        raise unknown_name("output", output, graph.outputs)
    return output or graph.outputs[0]


def _input_shape(path: object, graph: Graph, given: Sequence[int] | None) -> tuple[int, ...]:
    """Join what the file says of an item's shape with what is asked for."""
    declared = graph.sizes[1:]
    if given is None:
        if not declared or None in declared:
            shape = ", ".join("?" if size is None else str(size) for size in graph.sizes)
            raise SpecError(
                f"{path}: the shape of its input is ({shape}); say that of an item, such as (3, 224, 224)"
            )
        return tuple(size for size in declared if size is not None)
    if len(given) != len(declared) or any(d not in (None, g) for d, g in zip(declared, given, strict=True)):
        raise SpecError(f"{path}: takes items of the shape {declared}, not {tuple(given)}")
    return tuple(given)


def _needed(graph: Graph, wanted: str) -> list[Operation]:
    """Give the operations that an output follows from."""
    names, found = {wanted}, list[Operation]()
    for operation in reversed(graph.operations):
        if not names.isdisjoint(operation.outputs):
            names.update(operation.inputs)
            found.append(operation)
    return found[::-1]


def _computed(operation: Operation, build: Builder) -> list[Array] | None:
    """Compute what does not depend on the input; None where it does."""
    inputs = [name for name in operation.inputs if name]
    if operation.kind == "Shape" and inputs[0] in build.views:
        shape = np.array(build.shape(inputs[0]), np.int64)
        return [shape[operation.get("start", 0) : operation.get("end")]]
    if operation.kind == "Size" and inputs[0] in build.views:
        return [np.array(np.prod(build.shape(inputs[0])), np.int64)]
    if operation.kind in DRAWN or not all(name in build.constants for name in inputs):
        return None
    return evaluate(operation, [build.constants[name] if name else None for name in operation.inputs])
