"""Operators that slide windows or multiply by matrices: convolutions, pooling, matrix products."""

from typing import Any, Literal

import numpy as np

from convolens.errors import SpecError
from convolens.nn.convolution import Conv, ConvTranspose
from convolens.nn.dense import Dense
from convolens.nn.merge import MatrixProduct
from convolens.nn.onnx.builder import Builder, Handler, View
from convolens.nn.onnx.graph import Operation
from convolens.nn.pooling import Pool
from convolens.nn.resize import Pad
from convolens.ops.arrays import Array
from convolens.spec.padding import Padding
from convolens.spec.transposed import transposed_spec

AUTOMATIC = {"SAME_UPPER": "same", "SAME_LOWER": "same-lower", "VALID": "valid"}


def _sizes(operation: Operation, name: str, dims: int, usual: int = 1) -> Any:
    """Read one number a dimension, as one number where all are the same."""
    values = tuple(operation.get(name) or (usual,) * dims)
    if len(values) != dims:
        raise SpecError(f"{name} {list(values)} should be {dims} numbers")
    return values[0] if len(set(values)) == 1 else values


def _padding(operation: Operation, dims: int) -> Padding:
    """Read the padding: none, a name, or numbers, as few as will do."""
    name = operation.get("auto_pad", "NOTSET")
    if name != "NOTSET":
        if name not in AUTOMATIC:
            raise SpecError(f"auto_pad {name!r} is unknown")
        return AUTOMATIC[name]
    pads = list(operation.get("pads") or (0,) * 2 * dims)
    if len(pads) != 2 * dims:
        raise SpecError(f"pads {pads} should be {2 * dims} numbers")
    return _few(tuple(zip(pads[:dims], pads[dims:], strict=True)))


def _few(pairs: tuple[tuple[int, int], ...]) -> Padding:
    if any(before != after for before, after in pairs):
        return pairs
    sides = tuple(before for before, _ in pairs)
    return sides[0] if len(set(sides)) == 1 else sides


def _weight_and_bias(operation: Operation, build: Builder) -> dict[str, Array]:
    weight, bias = build.constant(operation, 1, "weight"), build.optional(operation, 2, "bias")
    if not 3 <= weight.ndim <= 5 or weight.ndim != len(build.shape(operation.inputs[0])):
        raise SpecError(f"its weight {weight.shape} does not fit its input {build.shape(operation.inputs[0])}")
    return {"weight": weight} | ({} if bias is None else {"bias": bias})


def _conv(operation: Operation, build: Builder) -> View:
    arrays = _weight_and_bias(operation, build)
    kernels, _, *size = arrays["weight"].shape
    dims, node = len(size), build.plain(operation.inputs[0])
    padding, border, before = _padding(operation, dims), "constant", build.layer(node)
    if isinstance(before, Pad) and padding in (0, "valid") and before.pads[0] == (0, 0):
        (maker,) = (found for found in build.network.nodes if found.name == node)
        node, padding, border = maker.inputs[0], _few(before.pads[1:]), before.border  # type: ignore[assignment]
    layer = Conv(
        kernels, size[0] if len(set(size)) == 1 else tuple(size), stride=_sizes(operation, "strides", dims),
        padding=padding, border=border, dilation=_sizes(operation, "dilations", dims),
        groups=operation.get("group", 1), bias="bias" in arrays,
    )  # fmt: skip
    return build.plain_view(build.add(layer, node, **arrays))


def _transposed(operation: Operation, build: Builder) -> View:
    arrays = _weight_and_bias(operation, build)
    _, kernels, *size = arrays["weight"].shape
    dims, groups = len(size), operation.get("group", 1)
    stride, dilation = _sizes(operation, "strides", dims), _sizes(operation, "dilations", dims)
    extra = _sizes(operation, "output_padding", dims, 0)
    options = {"stride": stride, "dilation": dilation, "groups": groups, "output_padding": extra}
    padding: Padding
    if operation.get("output_shape") or operation.get("auto_pad", "NOTSET").startswith("SAME"):
        padding = _few(_cut(operation, build, arrays["weight"].shape, options))
    else:
        padding = _padding(operation, dims)
    layer = ConvTranspose(
        kernels * groups, size[0] if len(set(size)) == 1 else tuple(size), stride=stride, padding=padding,
        output_padding=extra, dilation=dilation, groups=groups, bias="bias" in arrays,
    )  # fmt: skip
    return build.put(layer, operation.inputs[0], **arrays)


def _cut(
    operation: Operation, build: Builder, weight: tuple[int, ...], options: dict[str, Any]
) -> tuple[tuple[int, int], ...]:
    """Find what is cut off a transposed convolution's output so that it has the size that is asked for."""
    shape = build.shape(operation.inputs[0])
    whole = transposed_spec(shape, weight, **options).input_shape[2:]
    steps = options["stride"] if isinstance(options["stride"], tuple) else (options["stride"],) * len(whole)
    wanted = operation.get("output_shape") or [n * s for n, s in zip(shape[2:], steps, strict=True)]
    totals = [now - size for now, size in zip(whole, wanted[-len(whole) :], strict=True)]
    if min(totals) < 0:
        raise SpecError(f"its output would have to be larger than {whole}, which is all that there is")
    upper = operation.get("auto_pad", "NOTSET") == "SAME_UPPER"
    return tuple((t // 2, t - t // 2) if upper else (t - t // 2, t // 2) for t in totals)


def _pool(take: Literal["max", "mean"]) -> Handler:
    def read(operation: Operation, build: Builder) -> View:
        dims = len(build.shape(operation.inputs[0])) - 2
        if len(operation.outputs) > 1 and build.uses[operation.outputs[1]]:
            raise SpecError("the indices of its maxima are asked for, which are not given")
        if "kernel_shape" not in operation.attributes:
            raise SpecError("its kernel_shape is missing")
        layer = Pool(
            take, _sizes(operation, "kernel_shape", dims), stride=_sizes(operation, "strides", dims),
            padding=_padding(operation, dims), dilation=_sizes(operation, "dilations", dims),
            ceil_mode=bool(operation.get("ceil_mode", 0)),
            count_include_pad=take == "max" or bool(operation.get("count_include_pad", 0)),
        )  # fmt: skip
        if layer.window == layer.stride == 1 and layer.padding == 0:
            return build.view(operation.inputs[0])
        return build.put(layer, operation.inputs[0])

    return read


def _gemm(operation: Operation, build: Builder) -> View:
    weight, bias = build.constant(operation, 1, "weight"), build.optional(operation, 2, "bias")
    if operation.get("transA", 0) or len(build.shape(operation.inputs[0])) != 2 or weight.ndim != 2:
        raise SpecError("it must multiply a batch of vectors by a matrix")
    weight = weight if operation.get("transB", 0) else weight.T
    scale, share = operation.get("alpha", 1.0), operation.get("beta", 1.0)
    arrays = {"weight": weight if scale == 1 else weight * scale}
    if bias is not None:
        if bias.size not in (1, len(weight)) or bias.size != bias.shape[-1:].count(bias.size) * bias.size:
            raise SpecError(f"its bias {bias.shape} must be one number for each of {len(weight)} outputs")
        arrays["bias"] = np.broadcast_to(bias.reshape(-1) * share, len(weight))
    return build.put(Dense(len(weight), bias="bias" in arrays), operation.inputs[0], **arrays)


def _matrix_product(operation: Operation, build: Builder) -> View:
    first, second = operation.inputs[:2]
    if first in build.views and second in build.views:
        if len(build.shape(first)) == 2:
            raise SpecError("it multiplies items of the batch by each other, which a network keeps apart")
        return build.plain_view(build.add(MatrixProduct(), build.plain(first), build.plain(second)))
    is_left = first in build.constants
    name, index = (second, 0) if is_left else (first, 1)
    matrix, rank = build.constant(operation, index, "matrix"), len(build.shape(name))
    while matrix.ndim > 2 and len(matrix) == 1:
        matrix = matrix[0]
    if matrix.ndim != 2 or (is_left and rank == 2):
        raise SpecError(f"it must multiply by one matrix, not by {matrix.shape}, and leave the batch")
    bias = build.optional(operation, 2, "bias")  # of a product and a sum that were seen as one
    arrays = {"weight": matrix if is_left else matrix.T} | ({} if bias is None else {"bias": bias.reshape(-1)})
    outputs, has_bias = len(arrays["weight"]), bias is not None
    if rank == 2:
        return build.put(Dense(outputs, bias=has_bias), name, **arrays)
    arrays["weight"] = arrays["weight"].reshape(*arrays["weight"].shape, *(1,) * (rank - 2))
    view = build.with_channels(name, rank - 2 if is_left else rank - 1)
    return build.through(Conv(outputs, 1, bias=has_bias), view, **arrays)


HANDLERS: dict[str, Handler] = {
    "AveragePool": _pool("mean"),
    "Conv": _conv,
    "ConvTranspose": _transposed,
    "Gemm": _gemm,
    "MatMul": _matrix_product,
    "MaxPool": _pool("max"),
}
