"""Operators that make one number of many: means, sums, norms, extremes and their places."""

from convolens.errors import SpecError
from convolens.nn.function import Function
from convolens.nn.layer import Layer
from convolens.nn.onnx.builder import Builder, Handler, View
from convolens.nn.onnx.graph import Operation
from convolens.nn.pooling import GlobalPool
from convolens.nn.reduce import IndexOf, Reduce, Take


def _along(take: Take, name: str, axes: list[int], build: Builder) -> View:
    """Reduce a value along axes, which stay with one cell each."""
    view = build.view(name)
    along = tuple(sorted(view.axes[axis] for axis in axes))
    layer: Layer = Reduce(take, along)
    if take in ("mean", "max") and len(view.axes) > 2 and along == tuple(range(2, len(view.axes))):
        layer = GlobalPool("mean" if take == "mean" else "max")
    return build.through(layer, view)


def _without(axes: list[int], operation: Operation, view: View, build: Builder) -> View:
    """Leave out axes that have one cell."""
    result = operation.outputs[0]
    build.views[result] = view
    kept = (size for axis, size in enumerate(build.shape(result)) if axis not in axes)
    return build.reshaped(result, tuple(kept))


def _reduce(take: Take, *behind: str) -> Handler:
    """Read what is reduced, and functions of the result."""

    def read(operation: Operation, build: Builder) -> View:
        name = operation.inputs[0]
        axes = build.whole_numbers(operation, 1, "axes")
        if not axes and operation.get("noop_with_empty_axes", 0):
            if take not in ("mean", "sum", "max", "min") or behind:
                raise SpecError("without axes, it would be a function of each number, which is not done")
            return build.view(name)
        axes = [build.axis(name, axis) for axis in axes or range(len(build.shape(name)))]
        result = _along(take, name, axes, build)
        for function in behind:
            result = build.through(Function(function), result)
        return result if operation.get("keepdims", 1) else _without(axes, operation, result, build)

    return read


def _global_lp(operation: Operation, build: Builder) -> View:
    name, power = operation.inputs[0], operation.get("p", 2)
    takes: dict[int, Take] = {1: "l1", 2: "l2"}
    if power not in takes:
        raise SpecError(f"p={power} is not done; 1 and 2 are")
    return _along(takes[power], name, list(range(2, len(build.shape(name)))), build)


def _global_pool(take: Take) -> Handler:
    return lambda operation, build: _along(
        take, operation.inputs[0], list(range(2, len(build.shape(operation.inputs[0])))), build
    )


def _index_of(operation: Operation, build: Builder) -> View:
    name = operation.inputs[0]
    axis, view = build.axis(name, operation.get("axis", 0)), build.view(name)
    layer = IndexOf(
        "max" if operation.kind == "ArgMax" else "min",
        view.axes[axis],
        last=bool(operation.get("select_last_index", 0)),
    )
    result = build.through(layer, view)
    return result if operation.get("keepdims", 1) else _without([axis], operation, result, build)


HANDLERS: dict[str, Handler] = {
    "ArgMax": _index_of,
    "ArgMin": _index_of,
    "GlobalAveragePool": _global_pool("mean"),
    "GlobalLpPool": _global_lp,
    "GlobalMaxPool": _global_pool("max"),
    "ReduceL1": _reduce("l1"),
    "ReduceL2": _reduce("l2"),
    "ReduceLogSum": _reduce("sum", "log"),
    "ReduceLogSumExp": _reduce("log-sum-exp"),
    "ReduceMax": _reduce("max"),
    "ReduceMean": _reduce("mean"),
    "ReduceMin": _reduce("min"),
    "ReduceSum": _reduce("sum"),
    "ReduceSumSquare": _reduce("squares"),
}
