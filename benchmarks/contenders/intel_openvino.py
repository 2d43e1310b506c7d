"""OpenVINO: a compiled model of one operation, one stream, tuned for latency."""

from collections.abc import Iterator

import numpy as np
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
    frameworks_can(case)
    if case.operation == "gradients":
        raise Unable("no gradients")
    if case.dtype != "float32":
        raise Unable(f"{case.dtype} is computed in float32")
    yield _variant(case, data, threads, is_last=False)
    if case.channels_last:
        yield _variant(case, data, threads, is_last=True)


def _variant(case: Case, data: dict[str, Array], threads: int, *, is_last: bool) -> Variant:
    model = _pool(case) if case.pools else _model(case, data["weight"])
    x = data["x"]
    if is_last:
        model, x = _with_channels_last(model, case.dims), last(x, case.dims)
    compiled = openvino.Core().compile_model(model, "CPU", SETTINGS | {"INFERENCE_NUM_THREADS": threads})
    request = compiled.create_infer_request()
    request.set_input_tensor(openvino.Tensor(x))

    def outputs(_: object) -> list[Array]:
        y: Array = request.get_output_tensor().data
        return [first(y, case.dims) if is_last else y]

    return Variant("channels-last" if is_last else "channels-first", request.infer, outputs)


def _model(case: Case, weight: Array) -> openvino.Model:
    x = operations.parameter(list(case.shape), np.dtype(case.dtype).type)
    steps, pads, dilations = ([n] * case.dims for n in (case.stride, case.padding, case.dilation))
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


def _pool(case: Case) -> openvino.Model:
    x = operations.parameter(list(case.shape), np.dtype(case.dtype).type)
    steps, pads, dilations = ([n] * case.dims for n in (case.stride, case.padding, case.dilation))
    if case.operation == "max-pool":
        node = operations.max_pool(x, steps, dilations, pads, pads, list(case.kernel))
    else:
        node = operations.avg_pool(x, steps, pads, pads, list(case.kernel), exclude_pad=False)
    return openvino.Model([node.output(0)], [x], "one")


def _with_channels_last(model: openvino.Model, dims: int) -> openvino.Model:
    """Give the model's input and output another layout; the compiler decides what that costs."""
    outside, inside = (openvino.Layout(text) for text in (f"N{SIZES[dims]}C", f"NC{SIZES[dims]}"))
    processor = PrePostProcessor(model)
    for end in (processor.input(), processor.output()):
        end.tensor().set_layout(outside)
        end.model().set_layout(inside)
    return processor.build()
