"""Operators that normalise: by batch, groups, channels, and softmax."""

import numpy as np

from convolens.errors import SpecError
from convolens.nn.activation import Softmax
from convolens.nn.arithmetic import WithConstant
from convolens.nn.axes import Reshape
from convolens.nn.local_response import LocalResponseNorm
from convolens.nn.normalise import BatchNorm, GroupNorm, LayerNorm
from convolens.nn.onnx.builder import Builder, Handler, View
from convolens.nn.onnx.graph import Operation


def _batch(operation: Operation, build: Builder) -> View:
    if operation.get("training_mode", 0):
        raise SpecError("it is in training mode; export the network for inference")
    names = "scale", "shift", "mean", "variance"
    arrays = {name: build.constant(operation, index, name) for index, name in enumerate(names, 1)}
    layer = BatchNorm(
        momentum=round(1 - operation.get("momentum", 0.9), 6), epsilon=operation.get("epsilon", 1e-5)
    )
    return build.put(layer, operation.inputs[0], **arrays)


def _instance(operation: Operation, build: Builder) -> View:
    scale, shift = build.constant(operation, 1, "scale"), build.constant(operation, 2, "shift")
    layer = GroupNorm(build.shape(operation.inputs[0])[1], operation.get("epsilon", 1e-5))
    return build.put(layer, operation.inputs[0], scale=scale, shift=shift)


def _group(operation: Operation, build: Builder) -> View:
    arrays = {name: build.constant(operation, index, name) for index, name in ((1, "scale"), (2, "shift"))}
    groups, channels = operation.get("num_groups", 1), build.shape(operation.inputs[0])[1]
    if operation.opset < 21:  # one number a group
        arrays = {name: np.repeat(array, channels // max(1, groups)) for name, array in arrays.items()}
    return build.put(GroupNorm(groups, operation.get("epsilon", 1e-5)), operation.inputs[0], **arrays)


def _bare_groups(operation: Operation, build: Builder) -> View:
    """Read group normalisation whose scale and shift may follow."""
    ones = np.ones(build.shape(operation.inputs[0])[1])
    layer = GroupNorm(operation.get("num_groups"), operation.get("epsilon"))
    view = build.put(layer, operation.inputs[0], scale=ones, shift=ones * 0)
    build.bare[view.node] = {"scale", "shift"}
    return view


def _bare_layer(operation: Operation, build: Builder) -> View:
    """Read layer normalisation whose scale and shift may follow."""
    name = operation.inputs[0]
    axis = build.axis(name, operation.get("axis"))
    ones = np.ones(build.shape(name)[axis])
    layer = LayerNorm(operation.get("epsilon"))
    view = build.through(layer, build.with_channels(name, axis), scale=ones, shift=ones * 0)
    build.bare[view.node] = {"scale", "shift"}
    return view


def _layer(operation: Operation, build: Builder) -> View:
    name, shape = operation.inputs[0], build.shape(operation.inputs[0])
    scale, shift = build.constant(operation, 1, "scale"), build.optional(operation, 2, "shift")
    axis, epsilon = build.axis(name, operation.get("axis", -1)), operation.get("epsilon", 1e-5)
    normal = shape[axis:]
    if scale.shape != normal or (shift is not None and shift.shape != normal):
        raise SpecError(f"its scale {scale.shape} and shift should be of the shape {normal} that it normalises")
    if axis == len(shape) - 1:
        zeros = np.zeros(normal) if shift is None else shift
        return build.through(LayerNorm(epsilon), build.with_channels(name, axis), scale=scale, shift=zeros)
    if axis != 1:
        raise SpecError(
            f"it normalises the axes from {axis} on of {shape}; it must be the last, or all but the batch"
        )
    ones = np.ones(shape[1])
    view = build.put(GroupNorm(1, epsilon), name, scale=ones, shift=ones * 0)
    view = build.through(WithConstant("multiply", normal), view, constant=scale)
    return view if shift is None else build.through(WithConstant("add", normal), view, constant=shift)


def _softmax(operation: Operation, build: Builder) -> View:
    name, shape = operation.inputs[0], build.shape(operation.inputs[0])
    is_old = operation.opset < 13  # the axes from one on, together
    axis = build.axis(name, operation.get("axis", 1 if is_old else -1))
    logarithm = operation.kind == "LogSoftmax"
    if not is_old or np.prod(shape[axis + 1 :]) == 1:
        view = build.view(name)
        return build.through(Softmax(view.axes[axis], logarithm), view)
    before, after = int(np.prod(shape[1:axis])), int(np.prod(shape[axis:]))
    flat = build.put(Reshape((before, after)), name)
    result = build.add(Softmax(2, logarithm), flat.node)
    return build.plain_view(build.add(Reshape(shape[1:]), result))


def _local_response(operation: Operation, build: Builder) -> View:
    usual = {"alpha": 1e-4, "beta": 0.75, "bias": 1.0}
    numbers = (float(operation.get(name, number)) for name, number in usual.items())
    return build.put(LocalResponseNorm(operation.get("size"), *numbers), operation.inputs[0])


HANDLERS: dict[str, Handler] = {
    "BatchNormalization": _batch,
    "GroupNormalization": _group,
    "InstanceNormalization": _instance,
    "LRN": _local_response,
    "LayerNormalization": _layer,
    "LogSoftmax": _softmax,
    "Normalise": _bare_layer,
    "NormaliseGroups": _bare_groups,
    "Softmax": _softmax,
}
