"""OpenVINO: a compiled model of one operation, one stream, tuned for latency."""

from collections.abc import Iterator

import openvino
import openvino.opset13 as operations
from openvino.preprocess import PrePostProcessor

from benchmarks.case import Array, Case, first, last
from benchmarks.contenders.base import Unable, Variant, frameworks_can

PACKAGE = "openvino"
SETTINGS = {"PERFORMANCE_HINT": "LATENCY", "NUM_STREAMS": 1, "INFERENCE_PRECISION_HINT": "f32"}
SIZES = {1: "W", 2: "HW", 3: "DHW"}


def variants(case: Case, data: dict[str, Array], threads: int) -> Iterator[Variant]:
    """Yield channels-first, and channels-last where the case leaves the choice."""
    if not case.network:
        frameworks_can(case, deformable=True)
    if case.operation == "gradients":
        raise Unable("no gradients")
    if case.dtype != "float32":
        raise Unable(f"{case.dtype} is computed in float32")
    yield _variant(case, data, threads, is_last=False)
    if case.channels_last and case.operation != "deformable":
        yield _variant(case, data, threads, is_last=True)


def _variant(case: Case, data: dict[str, Array], threads: int, *, is_last: bool) -> Variant:
    model, inputs = _pool(case, data) if case.pools else _model(case, data), [data["x"]]
    if is_last:
        model, inputs = _with_channels_last(model, case.dims), [last(data["x"], case.dims)]
    elif case.operation == "deformable":
        inputs += [data["offset"], data["mask"]]
    compiled = openvino.Core().compile_model(model, "CPU", SETTINGS | {"INFERENCE_NUM_THREADS": threads})
    request = compiled.create_infer_request()
    for i, array in enumerate(inputs):
        request.set_input_tensor(i, openvino.Tensor(array))

    def outputs(_: object) -> list[Array]:
        y: Array = request.get_output_tensor().data
        return [first(y, case.dims) if is_last else y]

    return Variant("channels-last" if is_last else "channels-first", request.infer, outputs)


def _model(case: Case, data: dict[str, Array]) -> openvino.Model:
    if case.network:
        return _network(case)
    x, weight = _parameter(data["x"]), data["weight"]
    steps, pads, dilations = ([n] * case.dims for n in (case.stride, case.padding, case.dilation))
    if case.operation == "deformable":
        offset, mask = _parameter(data["offset"]), _parameter(data["mask"])
        node = operations.deformable_convolution(
            x, offset, operations.constant(weight), steps, pads, pads, dilations, mask=mask, group=case.groups,
            deformable_group=case.offset_groups, bilinear_interpolation_pad=True,
        )  # fmt: skip
        return openvino.Model([node], [x, offset, mask], "one")
    if case.groups > 1:
        weight = weight.reshape(case.groups, weight.shape[0] // case.groups, *weight.shape[1:])
    grouped, backward = (
        "group_" if case.groups > 1 else "",
        "_backprop_data" if case.operation == "transposed" else "",
    )
    operation = getattr(operations, f"{grouped}convolution{backward}")
    kernel = operations.constant(weight)
    node = operation(x, kernel, strides=steps, pads_begin=pads, pads_end=pads, dilations=dilations)
    return openvino.Model([node], [x], "one")


def _pool(case: Case, data: dict[str, Array]) -> openvino.Model:
    x = _parameter(data["x"])
    steps, pads, dilations = ([n] * case.dims for n in (case.stride, case.padding, case.dilation))
    if case.operation == "max-pool":
        node = operations.max_pool(x, steps, dilations, pads, pads, list(case.kernel))
    else:
        node = operations.avg_pool(x, steps, pads, pads, list(case.kernel), exclude_pad=False)
    return openvino.Model([node.output(0)], [x], "one")


def _network(case: Case) -> openvino.Model:
    from benchmarks.contenders.onnx_network import onnx_model

    return openvino.Core().read_model(onnx_model(case.whole, case.shape[0]).SerializeToString())


def _parameter(array: Array) -> openvino.Node:
    return operations.parameter(list(array.shape), array.dtype.type)


def _with_channels_last(model: openvino.Model, dims: int) -> openvino.Model:
    """Give the model's input and output another layout; the compiler decides what that costs."""
    outside, inside = (openvino.Layout(text) for text in (f"N{SIZES[dims]}C", f"NC{SIZES[dims]}"))
    processor = PrePostProcessor(model)
    for end in (processor.input(), processor.output()):
        end.tensor().set_layout(outside)
        end.model().set_layout(inside)
    return processor.build()
