"""Operators that move numbers: shapes, axes, parts, repetitions."""

import math

import numpy as np

from convolens.errors import SpecError
from convolens.nn.activation import Dropout
from convolens.nn.axes import Slice, Tile
from convolens.nn.merge import Concat
from convolens.nn.onnx.builder import Builder, Handler, View
from convolens.nn.onnx.graph import Operation

MOST_RUNS = 64
"""Parts that what is gathered is put together from."""


def _same(operation: Operation, build: Builder) -> View:
    return build.view(operation.inputs[0])


def _dropout(operation: Operation, build: Builder) -> View:
    if len(operation.outputs) > 1 and build.uses[operation.outputs[1]]:
        raise SpecError("its mask is asked for, which is not given")
    mode = build.optional(operation, 2, "training_mode")
    if mode is not None and mode.any():
        raise SpecError("it is in training mode; export the network for inference")
    ratio = build.optional(operation, 1, "ratio") if operation.opset >= 12 else operation.get("ratio", 0.5)
    return build.through(Dropout(0.5 if ratio is None else float(ratio)), build.view(operation.inputs[0]))


def _transpose(operation: Operation, build: Builder) -> View:
    view = build.view(operation.inputs[0])
    order = list(operation.get("perm") or range(len(view.axes))[::-1])
    if sorted(order) != list(range(len(view.axes))) or order[0] != 0:
        raise SpecError(f"perm {order} must name every axis once, and leave the batch first")
    return View(view.node, tuple(view.axes[axis] for axis in order))


def _reshape(operation: Operation, build: Builder) -> View:
    name = operation.inputs[0]
    shape, wanted = build.shape(name), list(build.whole_numbers(operation, 1, "shape") or ())
    if not operation.get("allowzero", 0):
        if any(size == 0 and axis >= len(shape) for axis, size in enumerate(wanted)):
            raise SpecError(f"shape {wanted} takes sizes from axes that {shape} has not")
        wanted = [shape[axis] if size == 0 else size for axis, size in enumerate(wanted)]
    if -1 in wanted:
        known = -math.prod(wanted)
        wanted[wanted.index(-1)] = math.prod(shape) // known if known > 0 else 0
    return build.reshaped(name, tuple(wanted))


def _flatten(operation: Operation, build: Builder) -> View:
    name = operation.inputs[0]
    shape, axis = build.shape(name), operation.get("axis", 1)
    axis += len(shape) if axis < 0 else 0
    return build.reshaped(name, (math.prod(shape[:axis]), math.prod(shape[axis:])))


def _squeeze(operation: Operation, build: Builder) -> View:
    name = operation.inputs[0]
    shape, axes = build.shape(name), build.whole_numbers(operation, 1, "axes")
    gone = [a % len(shape) for a in axes] if axes else [a for a, size in enumerate(shape) if size == 1]
    return build.reshaped(name, tuple(size for axis, size in enumerate(shape) if axis not in gone))


def _unsqueeze(operation: Operation, build: Builder) -> View:
    name = operation.inputs[0]
    axes, rest = build.whole_numbers(operation, 1, "axes") or [], list(build.shape(name))
    rank = len(rest) + len(axes)
    new = {axis % rank for axis in axes}
    return build.reshaped(name, tuple(1 if axis in new else rest.pop(0) for axis in range(rank)))


def _expand(operation: Operation, build: Builder) -> View:
    name, result = operation.inputs[0], operation.outputs[0]
    wanted = tuple(build.constant(operation, 1, "shape").tolist())
    is_fixed = name in build.constants  # and shown to as many items as there are
    build.views[result] = build.plain_view(build.kept(name, len(wanted))) if is_fixed else build.view(name)
    shape = build.shape(result)
    sizes = np.broadcast_shapes(shape, wanted)
    if len(sizes) != len(shape) or sizes[0] != shape[0]:
        raise SpecError(f"it would repeat {shape} until it is {wanted}, but the batch must stay as it is")
    times = [after // before for before, after in zip(shape, sizes, strict=True)]
    return _repeated(build.views[result], times, build)


def _tile(operation: Operation, build: Builder) -> View:
    name, times = operation.inputs[0], build.whole_numbers(operation, 1, "repeats") or []
    if len(times) != len(build.shape(name)) or times[0] != 1 or min(times) < 1:
        raise SpecError(
            f"its repeats {times} must be one or more for each axis of {build.shape(name)}, and 1 for the batch"
        )
    return _repeated(build.view(name), times, build)


def _repeated(view: View, times: list[int], build: Builder) -> View:
    """Repeat a value so many times along each of its axes."""
    if set(times) == {1}:
        return view
    own = (times[view.axes.index(axis)] for axis in range(1, len(view.axes)))
    return build.through(Tile(tuple(own)), view)


def _concat(operation: Operation, build: Builder) -> View:
    axis = build.axis(operation.inputs[0], operation.get("axis"))
    views = [build.view(name) for name in operation.inputs]
    if len(views) == 1:
        return views[0]
    if len({view.axes for view in views}) > 1:
        views = [build.plain_view(build.plain(name)) for name in operation.inputs]
    layer = Concat(views[0].axes[axis])
    return View(build.add(layer, *(view.node for view in views)), views[0].axes)


def sliced(view: View, axis: int, cells: tuple[int, int, int], size: int, build: Builder) -> View:
    """Take the cells from a start to a stop, in steps, of an axis of so many."""
    if cells == (0, size, 1):
        return view
    return build.through(Slice(view.axes[axis], *cells), view)


def _slice(operation: Operation, build: Builder) -> View:
    name = operation.inputs[0]
    starts, ends, axes, steps = (
        build.whole_numbers(operation, index, key)
        for index, key in enumerate(("starts", "ends", "axes", "steps"), 1)
    )
    if starts is None or ends is None or len(starts) != len(ends):
        raise SpecError("its starts and ends must be as many")
    shape, view = build.shape(name), build.view(name)
    for place, (start, end) in enumerate(zip(starts, ends, strict=True)):
        axis, step = axes[place] if axes else place, steps[place] if steps else 1
        if not -len(shape) <= axis < len(shape) or not step:
            raise SpecError(f"axis {axis} with step {step} is none of {shape}")
        cells = slice(start, end, step).indices(shape[axis])
        if axis % len(shape) == 0 and cells == (0, shape[0], 1):
            continue
        view = sliced(view, build.axis(name, axis), cells, shape[axis], build)
    return view


def _split(operation: Operation, build: Builder) -> list[View]:
    name, view = operation.inputs[0], build.view(operation.inputs[0])
    axis = build.axis(name, operation.get("axis", 0))
    size, count = build.shape(name)[axis], len(operation.outputs)
    each = -(-size // count)
    sizes = build.whole_numbers(operation, 1, "split") or [min(each, size - each * i) for i in range(count)]
    if len(sizes) != count or sum(sizes) != size or min(sizes) < 1:
        raise SpecError(f"sizes {sizes} are no {count} parts of {size}")
    ends = np.cumsum(sizes).tolist()
    parts = zip([0, *ends], ends, strict=False)
    return [sliced(view, axis, (start, end, 1), size, build) for start, end in parts]


def _runs(indices: list[int]) -> list[tuple[int, int, int]]:
    """
    Write indices as parts with a start, a stop and a step each.

    >>> _runs([1, 0, 0, 1, 2, 2])
    [(1, -1, -1), (0, 3, 1), (2, 3, 1)]
    """
    runs = list[tuple[int, int, int]]()
    first = 0
    while first < len(indices):
        last, step = first, 1
        if first + 1 < len(indices) and indices[first + 1] != indices[first]:
            step = indices[first + 1] - indices[first]
        while last + 1 < len(indices) and indices[last + 1] - indices[last] == step:
            last += 1
        runs.append((indices[first], max(-1, indices[last] + step), step))
        first = last + 1
    return runs


def _gather(operation: Operation, build: Builder) -> View:
    name, indices = operation.inputs[0], build.constant(operation, 1, "indices")
    axis, shape = build.axis(name, operation.get("axis", 0)), build.shape(name)
    runs = _runs((indices.reshape(-1) % shape[axis]).tolist())
    if not 0 < len(runs) <= MOST_RUNS:
        raise SpecError(f"its indices must be at most {MOST_RUNS} runs of numbers equally far apart")
    whole = build.view(name)
    parts = [sliced(whole, axis, cells, shape[axis], build) for cells in runs]
    view = parts[0]
    if len(parts) > 1:
        view = View(build.add(Concat(whole.axes[axis]), *(part.node for part in parts)), whole.axes)
    if indices.ndim == 1:
        return view
    build.views[operation.outputs[0]] = view
    return build.reshaped(operation.outputs[0], shape[:axis] + indices.shape + shape[axis + 1 :])


HANDLERS: dict[str, Handler] = {
    "Concat": _concat,
    "Dropout": _dropout,
    "Expand": _expand,
    "Flatten": _flatten,
    "Gather": _gather,
    "Identity": _same,
    "Reshape": _reshape,
    "Slice": _slice,
    "Split": _split,
    "Squeeze": _squeeze,
    "Tile": _tile,
    "Transpose": _transpose,
    "Unsqueeze": _unsqueeze,
}
