"""Operators that compare and choose: truth is 1 and 0, and whole numbers are floats like all others."""

from collections.abc import Collection

import numpy as np

from convolens.errors import SpecError
from convolens.nn.arithmetic import WithConstant
from convolens.nn.choose import Where
from convolens.nn.function import Function
from convolens.nn.onnx.builder import Builder, Handler, View
from convolens.nn.onnx.graph import FLOATS as WIDTHS
from convolens.nn.onnx.graph import Operation

FLOATS, TRUTH, WHOLE = (1, 10, 11, 16), 9, (6, 7)
"""Types as TensorProto counts them: floats of any width; bool; int32 and int64."""

COMPARED = {"Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual"}
CALCULATED = {
    "Abs", "Add", "Clip", "Concat", "Expand", "Flatten", "Gather", "Identity", "Max", "Min", "Mul", "Neg", "Pad",
    "ReduceMax", "ReduceMin", "ReduceSum", "Reshape", "Sign", "Slice", "Split", "Squeeze", "Sub", "Sum", "Tile",
    "Transpose", "Unsqueeze", "Where",
}  # fmt: skip
"""Operators that make the same of whole numbers as of floats: these again."""


def gives_integers(operation: Operation, integers: Collection[str]) -> bool:
    """
    Tell whether what comes out is of an integer type in ONNX, by which of the values are.

    Raises
    ------
    SpecError
        If the operator makes something else of integers than of floats, such as a quotient.
    """
    if operation.kind in ("ArgMax", "ArgMin") or (operation.kind == "Cast" and operation.get("to") in WHOLE):
        return True
    name = next((name for name in operation.inputs if name in integers), None)
    if name is None or operation.kind in COMPARED or operation.kind == "Cast":
        return False
    if operation.kind not in CALCULATED:
        raise SpecError(f"its input {name!r} is of integers, with which it is not done; cast them to floats")
    return True


def _cast(operation: Operation, build: Builder) -> View:
    view, kind = build.view(operation.inputs[0]), operation.get("to")
    if kind in FLOATS:
        return view
    if kind == TRUTH:
        return _beside_zero("unequal", view, build)
    if kind in WHOLE:
        return build.through(Function("truncate"), view)
    raise SpecError("it makes numbers that follow from the input into others than floats, int32, int64 or bool")


def _cast_like(operation: Operation, build: Builder) -> View:
    view, like = build.view(operation.inputs[0]), operation.inputs[1]
    if like in build.integers or (like in build.constants and build.constants[like].dtype not in WIDTHS):
        raise SpecError("it makes numbers that follow from the input into others than floats")
    return view


def _beside_zero(comparison: str, view: View, build: Builder) -> View:
    return build.through(WithConstant(comparison, learned=False), view, constant=np.array(0))


def _not(operation: Operation, build: Builder) -> View:
    return _beside_zero("equal", build.view(operation.inputs[0]), build)


def _where(operation: Operation, build: Builder) -> View:
    rank = max(len(build.shape(name)) for name in operation.inputs)
    return build.plain_view(build.add(Where(), *(build.kept(name, rank) for name in operation.inputs)))


HANDLERS: dict[str, Handler] = {
    "Cast": _cast,
    "CastLike": _cast_like,
    "Not": _not,
    "Where": _where,
}
