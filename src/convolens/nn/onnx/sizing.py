"""Operators that change the size of maps: borders, interpolation, cells out of channels and back."""

import math
from typing import Any

from convolens.errors import SpecError
from convolens.nn.axes import Reshape, Transpose
from convolens.nn.onnx.builder import Builder, Handler, View
from convolens.nn.onnx.graph import Operation
from convolens.nn.onnx.moving import sliced
from convolens.nn.reshape import PixelShuffle, Upsample
from convolens.nn.resize import Pad, Resize


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
            view = sliced(view, axis, cells, shape[axis], build)
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
    "DepthToSpace": _depth_to_space,
    "Pad": _pad,
    "Resize": _resize,
    "SpaceToDepth": _space_to_depth,
}
