"""Operators that move numbers: shapes, axes, parts, borders, sizes."""

import math
from typing import Any

import numpy as np

from convolens.errors import SpecError
from convolens.nn.activation import Dropout
from convolens.nn.axes import Reshape, Slice, Transpose
from convolens.nn.merge import Concat
from convolens.nn.onnx.builder import Builder, Handler, View
from convolens.nn.onnx.graph import Operation
from convolens.nn.reshape import PixelShuffle, Upsample
from convolens.nn.resize import Pad, Resize

MOST_RUNS = 64
"""Parts that what is gathered is put together from."""


def _same(operation: Operation, build: Builder) -> View:
    return build.view(operation.inputs[0])


def _cast(operation: Operation, build: Builder) -> View:
    if operation.kind == "Cast" and operation.get("to") not in (
        1,
        10,
        11,
        16,
    ):  # floats, as TensorProto counts them
        raise SpecError("it makes numbers that follow from the input into others than floats")
    return build.view(operation.inputs[0])


def _dropout(operation: Operation, build: Builder) -> View:
    if len(operation.outputs) > 1 and build.uses[operation.outputs[1]]:
        raise SpecError("its mask is asked for, which is not given")
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
    shape, wanted = build.shape(operation.inputs[0]), build.constant(operation, 1, "shape").tolist()
    if np.broadcast_shapes(shape, tuple(wanted)) != shape:
        raise SpecError(f"it would repeat {shape} until it is {wanted}, which is not done")
    return build.view(operation.inputs[0])


def _concat(operation: Operation, build: Builder) -> View:
    axis = build.axis(operation.inputs[0], operation.get("axis"))
    views = [build.view(name) for name in operation.inputs]
    if len(views) == 1:
        return views[0]
    if len({view.axes for view in views}) > 1:
        views = [build.plain_view(build.plain(name)) for name in operation.inputs]
    layer = Concat(views[0].axes[axis])
    return View(build.add(layer, *(view.node for view in views)), views[0].axes)


def _sliced(view: View, axis: int, cells: tuple[int, int, int], size: int, build: Builder) -> View:
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
        view = _sliced(view, build.axis(name, axis), cells, shape[axis], build)
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
    return [_sliced(view, axis, (start, end, 1), size, build) for start, end in parts]


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
    if indices.ndim > 1 or not 0 < len(runs) <= MOST_RUNS:
        raise SpecError(f"its indices must be a number, or at most {MOST_RUNS} runs of numbers equally far apart")
    whole = build.view(name)
    parts = [_sliced(whole, axis, cells, shape[axis], build) for cells in runs]
    if len(parts) > 1:
        return View(build.add(Concat(whole.axes[axis]), *(part.node for part in parts)), whole.axes)
    (view,) = parts
    if indices.ndim:
        return view
    build.views[operation.outputs[0]] = view
    return build.reshaped(operation.outputs[0], shape[:axis] + shape[axis + 1 :])


def _pad(operation: Operation, build: Builder) -> View:
    name, mode = operation.inputs[0], operation.get("mode", "constant")
    shape, view = build.shape(name), build.view(name)
    pads = build.whole_numbers(operation, 1, "pads") or []
    axes = build.whole_numbers(operation, 3, "axes")
    along = range(len(shape)) if axes is None else [axis % len(shape) for axis in axes]
    if mode not in ("constant", "reflect", "edge", "wrap") or len(pads) != 2 * len(along):
        raise SpecError(f"{len(pads)} pads of mode {mode!r} for {len(along)} axes cannot be read")
    pairs = [(0, 0)] * len(shape)
    for axis, pair in zip(along, zip(pads[: len(along)], pads[len(along) :], strict=True), strict=True):
        pairs[view.axes[axis]] = pair
        cells = max(0, -pair[0]), shape[axis] - max(0, -pair[1]), 1
        if min(pair) < 0 and axis:
            view = _sliced(view, axis, cells, shape[axis], build)
    if pairs[0] != (0, 0):
        raise SpecError("it pads the batch, whose items a network keeps apart")
    value = build.optional(operation, 2, "value")
    filling = float(value.reshape(())) if value is not None else 0.0
    border: str | float = filling if mode == "constant" and filling else mode
    grown = tuple((max(0, before), max(0, after)) for before, after in pairs[1:])
    return build.through(Pad(grown, border), view) if any(map(any, grown)) else view


def _resize(operation: Operation, build: Builder) -> View:
    name, rank = operation.inputs[0], len(build.shape(operation.inputs[0]))
    scales, sizes = build.optional(operation, 2, "scales"), build.optional(operation, 3, "sizes")
    refused = {"antialias": 0, "exclude_outside": 0, "keep_aspect_ratio_policy": "stretch"}
    for key, usual in refused.items():
        if operation.get(key, usual) != usual:
            raise SpecError(f"{key}={operation.get(key)!r} is not done")
    axes = [axis % rank for axis in operation.get("axes") or range(rank)]
    before = build.shape(name)
    factors, after = [1.0] * rank, list(before)
    for place, axis in enumerate(axes):
        if sizes is not None and sizes.size:
            after[axis] = int(sizes[place])
            factors[axis] = after[axis] / before[axis]
        elif scales is not None and scales.size:
            factors[axis] = float(scales[place])
            after[axis] = math.floor(before[axis] * factors[axis])
        else:
            raise SpecError("it has neither scales nor sizes")
    if after[:2] != list(before[:2]):
        raise SpecError("it changes the size of the batch or of the channels")
    coordinates = operation.get("coordinate_transformation_mode", "half_pixel").replace("_", "-")
    rounding = operation.get("nearest_mode", "round_prefer_floor").replace("_", "-")
    options: dict[str, Any] = {"coordinates": coordinates, "rounding": rounding}
    given = tuple(factors[2:])
    if any(f * n != m for f, n, m in zip(given, before[2:], after[2:], strict=True)):
        options["scales"] = given
    method = operation.get("mode", "nearest")
    if method == "cubic":
        options["coefficient"] = operation.get("cubic_coeff_a", -0.75)
    layer = Resize(tuple(after[2:]), method, **options)
    return build.put(_as_upsampling(layer, before[2:]) or layer, name)


def _as_upsampling(layer: Resize, sizes: tuple[int, ...]) -> Upsample | None:
    """Write a change of size as upsampling by a whole factor, where it is that."""
    factor = layer.size[0] // sizes[0]
    if layer.scales is not None or layer.size != tuple(factor * size for size in sizes) or factor < 1:
        return None
    if layer.method == "linear":
        return Upsample(factor, "bilinear") if layer.coordinates.endswith("half-pixel") else None
    if layer.method == "nearest" and layer.shows_each_cell_equally(sizes):
        return Upsample(factor)
    return None


def _depth_to_space(operation: Operation, build: Builder) -> View:
    factor, node = operation.get("blocksize"), build.plain(operation.inputs[0])
    channels, *size = build.network.shapes[node]
    if operation.get("mode", "DCR") == "DCR" and channels % factor**2 == 0:
        node = build.add(Reshape((factor**2, channels // factor**2, *size)), node)
        node = build.add(Transpose((2, 1, 3, 4)), node)
        node = build.add(Reshape((channels, *size)), node)
    return build.plain_view(build.add(PixelShuffle(factor), node))


def _space_to_depth(operation: Operation, build: Builder) -> View:
    factor, node = operation.get("blocksize"), build.plain(operation.inputs[0])
    channels, height, width = build.network.shapes[node]
    parts = channels, height // factor, factor, width // factor, factor
    node = build.add(Transpose((3, 5, 1, 2, 4)), build.add(Reshape(parts), node))
    return build.plain_view(build.add(Reshape((channels * factor**2, parts[1], parts[3])), node))


HANDLERS: dict[str, Handler] = {
    "Cast": _cast,
    "CastLike": _cast,
    "Concat": _concat,
    "DepthToSpace": _depth_to_space,
    "Dropout": _dropout,
    "Expand": _expand,
    "Flatten": _flatten,
    "Gather": _gather,
    "Identity": _same,
    "Pad": _pad,
    "Reshape": _reshape,
    "Resize": _resize,
    "Slice": _slice,
    "SpaceToDepth": _space_to_depth,
    "Split": _split,
    "Squeeze": _squeeze,
    "Transpose": _transpose,
    "Unsqueeze": _unsqueeze,
}
