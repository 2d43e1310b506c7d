"""ONNX Runtime: a graph of one node, optimised, with inputs and outputs bound to memory."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import onnx
import onnxruntime
from onnx import helper, numpy_helper

from benchmarks.case import Array, Case
from benchmarks.contenders.base import Unable, Variant, frameworks_can
from benchmarks.contenders.onnx_network import onnx_model

PACKAGE = "onnxruntime"


def variants(case: Case, data: dict[str, Array], threads: int) -> Iterator[Variant]:
    """Yield the session, channels first: its one layout outside."""
    if not case.network:
        frameworks_can(case, deformable=True)
    if case.operation == "gradients":
        raise Unable("no gradients")
    if case.dtype != "float32":
        raise Unable(f"no convolution in {case.dtype}")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(
        _model(case, data).SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    binding = session.io_binding()
    y = onnxruntime.OrtValue.ortvalue_from_numpy(np.empty(case.output_shape, case.dtype))
    for name in _inputs(case):
        binding.bind_ortvalue_input(name, onnxruntime.OrtValue.ortvalue_from_numpy(data[name]))
    binding.bind_ortvalue_output("y", y)
    yield Variant("bound", lambda: session.run_with_iobinding(binding), lambda _: [y.numpy()])


def _inputs(case: Case) -> list[str]:
    return ["x", "offset", "mask"] if case.operation == "deformable" else ["x"]


def _model(case: Case, data: dict[str, Array]) -> onnx.ModelProto:
    if case.network:
        return onnx_model(case.whole, case.shape[0])
    kind = helper.np_dtype_to_tensor_dtype(np.dtype(case.dtype))
    graph = helper.make_graph(
        [_node(case)],
        "one",
        [helper.make_tensor_value_info(name, kind, data[name].shape) for name in _inputs(case)],
        [helper.make_tensor_value_info("y", kind, case.output_shape)],
        [] if case.pools else [numpy_helper.from_array(data["weight"], "weight")],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)


def _node(case: Case) -> onnx.NodeProto:
    kind = {
        "transposed": "ConvTranspose",
        "deformable": "DeformConv",
        "max-pool": "MaxPool",
        "avg-pool": "AveragePool",
    }
    if case.pools_all:
        return helper.make_node(f"Global{kind[case.operation]}", ["x"], ["y"])
    options: dict[str, Any] = {
        "kernel_shape": case.kernel,
        "strides": [case.stride] * case.dims,
        "pads": [case.padding] * (2 * case.dims),
        "dilations": [case.dilation] * case.dims,
    }
    options |= {"count_include_pad": 1} if case.operation == "avg-pool" else {}
    if not case.pools:
        options |= {"group": case.groups}
    inputs = ["x"] if case.pools else ["x", "weight"]
    if case.operation == "deformable":
        inputs += ["offset", "", "mask"]
        options["offset_group"] = case.offset_groups
    return helper.make_node(kind.get(case.operation, "Conv"), inputs, ["y"], **options)
