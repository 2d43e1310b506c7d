"""From an ONNX file to a network."""

import os
from collections.abc import Mapping, Sequence

import numpy as np

from convolens.errors import ConvolensError, SpecError, unknown_name
from convolens.nn.network import Network
from convolens.nn.onnx import choosing, moving, normalising, pointwise, reducing, sizing, windows
from convolens.nn.onnx.builder import Builder, Handler
from convolens.nn.onnx.choosing import gives_integers
from convolens.nn.onnx.folding import evaluate
from convolens.nn.onnx.graph import Graph, Operation, read_graph
from convolens.nn.onnx.patterns import Recogniser
from convolens.ops.arrays import Array

HANDLERS: dict[str, Handler] = {
    kind: handler
    for table in (windows, pointwise, normalising, reducing, moving, sizing, choosing)
    for kind, handler in table.HANDLERS.items()
}
SHAPES = {"Reshape": 1, "Expand": 1, "Resize": 3}
"""Inputs that are shapes, whose first number may be the size of the batch."""
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
    folded = _folded(operation, build)
    if folded is not None:
        for name, array, other in zip(operation.outputs, *folded, strict=False):
            build.constants[name] = array
            if other is not array and not np.array_equal(array, other, equal_nan=array.dtype.kind == "f"):
                build.varying[name] = other
        return
    _check_batch(operation, build)
    found = seen.recognised(operation)
    if found.kind not in HANDLERS:
        raise SpecError("this operator is not known")
    are_whole = gives_integers(found, build.integers)
    views = HANDLERS[found.kind](found, build)
    build.views |= dict(zip(operation.outputs, views if isinstance(views, list) else [views], strict=False))
    if are_whole:
        build.integers.update(operation.outputs)


def _output(path: object, graph: Graph, output: str | None) -> str:
    if output is None and len(graph.outputs) > 1:
        raise SpecError(
            f"{path}: has the outputs {', '.join(graph.outputs)}; say which, such as "
            f"output={graph.outputs[0]!r} (--output)"
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


def _folded(operation: Operation, build: Builder) -> tuple[list[Array], list[Array]] | None:
    """Compute what does not depend on the input's numbers, for two sizes of the batch; None where it does."""
    names = [name for name in operation.inputs if name]
    if operation.kind in ("Shape", "Size") and names[0] in build.views:
        sizes = build.shape(names[0])[1:]
        first, other = (_measured(operation, (batch, *sizes)) for batch in (build.batch, build.other_batch))
        return [first], [other]
    if not all(name in build.constants for name in names):
        return None
    if operation.kind == "Expand" and names[1] in build.varying:
        return None  # it is shown to every item, however many there are
    arrays = _computed(operation, build, build.constants)
    if build.varying.keys().isdisjoint(names):
        return arrays, arrays
    return arrays, _computed(operation, build, build.constants | build.varying)


def _measured(operation: Operation, shape: tuple[int, ...]) -> Array:
    sizes = np.array(shape, np.int64)
    if operation.kind == "Size":
        return np.asarray(sizes.prod())
    return sizes[operation.get("start", 0) : operation.get("end")]


def _computed(operation: Operation, build: Builder, constants: Mapping[str, Array]) -> list[Array]:
    arrays = evaluate(operation, [constants[name] if name else None for name in operation.inputs], build.room)
    build.room -= sum(array.size for array in arrays)
    return arrays


def _check_batch(operation: Operation, build: Builder) -> None:
    """Refuse numbers that are others for batches of another size, but for the size of the batch in a shape."""
    for index, name in enumerate(operation.inputs):
        other = build.varying.get(name)
        is_shape = SHAPES.get(operation.kind) == index
        if other is None or (is_shape and np.array_equal(build.constants[name][1:], other[1:])):
            continue
        raise SpecError(
            f"its input {name!r} follows from the size of the batch; export it for batches of one size"
        )
