"""Networks read from ONNX files, against ONNX Runtime."""

import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from convolens.errors import ConvolensError, FileError, SpecError
from convolens.nn import (
    SGD,
    Activation,
    Conv,
    Function,
    GroupNorm,
    LayerNorm,
    Network,
    Slice,
    Training,
    Transpose,
)
from convolens.runtime import compile as compiler
from nn.onnx.architectures import SMALL, random_model

Array = np.ndarray[Any, Any]


@pytest.fixture(autouse=True)
def _without_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let NumPy compute: what is tested here is what is computed, not how, and compiling takes longer."""
    monkeypatch.setattr(compiler, "available", lambda: False)


def exported(make: Callable[[], torch.nn.Module], side: int, path: Path, opset: int, **options: Any) -> str:
    """Write a model in PyTorch as it is commonly done."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch announces that another exporter is to come
        torch.onnx.export(
            random_model(make), (torch.zeros(1, 3, side, side),), path, dynamo=False, opset_version=opset,
            input_names=["x"], **options,
        )  # fmt: skip
    return str(path)


def expected(path: str, x: Array) -> Array:
    """Compute what ONNX Runtime makes of a file."""
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    (result,) = session.run(None, {session.get_inputs()[0].name: x})
    return np.asarray(result)


def layers(network: Network) -> set[type]:
    """Name the layers of a network."""
    return {type(node.layer) for node in network.nodes}


@pytest.mark.parametrize("name", SMALL)
def test_exported_networks(name: str, tmp_path: Path) -> None:
    """A network exported by PyTorch computes what ONNX Runtime computes, and is the same when it is written."""
    make, side = SMALL[name]
    path = exported(make, side, tmp_path / "it.onnx", 17, dynamic_axes={"x": {0: "n"}})
    x = np.random.default_rng(0).normal(size=(2, 3, side, side)).astype(np.float32)
    wanted = expected(path, x)
    network = Network.from_onnx(path)
    for found in (network(x), network.prepare()(x)):
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-5 * abs(wanted).max())
    network.to_onnx(path, overwrite=True)
    np.testing.assert_allclose(expected(path, x), wanted, rtol=1e-4, atol=1e-5 * abs(wanted).max())
    assert [node.layer for node in Network.from_onnx(path).nodes] == [node.layer for node in network.nodes]


@pytest.mark.parametrize("opset", [11, 20])
def test_parts_become_layers(opset: int, tmp_path: Path) -> None:
    """GELU, SiLU, hard-swish, layer and group normalisation are one layer each, however an opset writes them."""
    normal, swish = {Conv, LayerNorm, Activation}, {Conv, Activation}
    for name, wanted in (("convnext-tiny", normal), ("mobilenet-v3", swish), ("shuffle", {GroupNorm, Slice})):
        make, side = SMALL[name]
        path = exported(make, side, tmp_path / f"{name}.onnx", opset)
        network = Network.from_onnx(path)
        assert layers(network) >= wanted
        assert Transpose not in layers(network) or name == "shuffle"
        functions = {node.layer.name for node in network.nodes if isinstance(node.layer, Function)}
        assert not functions
        x = np.random.default_rng(0).normal(size=(1, 3, side, side)).astype(np.float32)
        wanted_result = expected(path, x)
        np.testing.assert_allclose(
            network(x), wanted_result, rtol=1e-4, atol=1e-5 * abs(wanted_result).max(), err_msg=name
        )


def model_of(nodes: list[Any], shape: Any, opset: int, constants: dict[str, Any], path: Path) -> str:
    """Write a graph from ``x`` to ``y``."""
    values = [
        onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, size)
        for name, size in (("x", shape), ("y", None))
    ]
    tensors = [onnx.numpy_helper.from_array(np.asarray(array), name) for name, array in constants.items()]
    graph = onnx.helper.make_graph(nodes, "g", values[:1], values[1:], tensors)
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", opset)], ir_version=9)
    onnx.save(onnx.shape_inference.infer_shapes(model), path)
    return str(path)


def draw(*shape: int) -> Array:
    """Draw a weight, the same for the same shape."""
    return np.random.default_rng(list(shape)).normal(size=shape).astype(np.float32)


def node(kind: str, *inputs: str, outputs: tuple[str, ...] = ("y",), **attributes: Any) -> Any:
    """Make a node from x, or from what is named, to y."""
    return onnx.helper.make_node(kind, inputs or ("x",), outputs, name=f"the {kind}", **attributes)


MAP = ("n", 4, 7, 6)
EVEN = np.array([0, 0, 1, 2, 0, 0, 0, 3])
SINGLE: list[tuple[Any, Any, int, dict[str, Any]]] = [
    (node("Conv", "x", "w", auto_pad="SAME_LOWER", strides=[2, 2]), MAP, 11, {"w": draw(3, 4, 4, 3)}),
    (node("Conv", "x", "w", "b", pads=[0, 1, 2, 1], group=2, dilations=[1, 2]), MAP, 11,
     {"w": draw(6, 2, 3, 3), "b": draw(6)}),
    (node("ConvTranspose", "x", "w", "b", strides=[2, 3], pads=[1, 0, 0, 2], output_padding=[1, 2], group=2),
     MAP, 11, {"w": draw(4, 3, 3, 3), "b": draw(6)}),
    (node("ConvTranspose", "x", "w", strides=[2, 2], output_shape=[13, 12]), MAP, 11, {"w": draw(4, 3, 3, 3)}),
    (node("ConvTranspose", "x", "w", strides=[2, 2], auto_pad="SAME_UPPER"), MAP, 11, {"w": draw(4, 3, 3, 3)}),
    (node("MaxPool", kernel_shape=[3, 2], strides=[2, 2], pads=[1, 0, 1, 1], ceil_mode=1), MAP, 11, {}),
    (node("MaxPool", kernel_shape=[2, 2], dilations=[2, 3]), MAP, 12, {}),
    (node("AveragePool", kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1]), MAP, 11, {}),
    (node("AveragePool", kernel_shape=[3, 3], strides=[3, 2], pads=[1, 1, 1, 1], count_include_pad=1),
     MAP, 19, {}),
    (node("AveragePool", kernel_shape=[3, 3], auto_pad="SAME_UPPER", strides=[2, 2]), MAP, 19, {}),
    (node("GlobalMaxPool"), MAP, 11, {}),
    (node("BatchNormalization", "x", "s", "b", "m", "v", epsilon=0.01), MAP, 14,
     {"s": draw(4), "b": draw(4) + 1, "m": draw(4), "v": abs(draw(4)) + 0.1}),
    (node("InstanceNormalization", "x", "s", "b"), MAP, 11, {"s": draw(4), "b": draw(4) + 1}),
    (node("LayerNormalization", "x", "s", "b"), MAP, 17, {"s": draw(6), "b": draw(6) + 1}),
    (node("LayerNormalization", "x", "s", axis=1), MAP, 17, {"s": draw(4, 7, 6)}),
    (node("GroupNormalization", "x", "s", "b", num_groups=2), MAP, 21, {"s": draw(4), "b": draw(4) + 1}),
    (node("Softmax"), ("n", 4, 3, 1), 11, {}),
    (node("Softmax", axis=2), MAP, 11, {}),
    (node("Softmax"), MAP, 13, {}),
    (node("LeakyRelu", alpha=0.2), MAP, 11, {}),
    (node("PRelu", "x", "s"), MAP, 11, {"s": draw(4, 1, 1)}),
    (node("PRelu", "x", "s"), MAP, 16, {"s": draw(1)}),
    (node("Clip", "x", "", "high"), MAP, 11, {"high": np.float32(0.4)}),
    (node("HardSigmoid", alpha=0.3), MAP, 11, {}),
    (node("HardSwish"), MAP, 14, {}),
    (node("Gelu", approximate="tanh"), MAP, 20, {}),
    (node("Gelu"), MAP, 20, {}),
    (node("Elu", alpha=0.7), MAP, 11, {}),
    *((node(kind), MAP, 13, {}) for kind in ("Abs", "Erf", "Exp", "Neg", "Softplus", "Tanh", "Sigmoid")),
    *((node(kind), MAP, 13, {}) for kind in ("Ceil", "Cos", "Floor", "Round", "Sign", "Sin", "Softsign")),
    (node("Mish"), MAP, 18, {}),
    (node("Selu"), MAP, 11, {}),
    (node("Selu", alpha=1.2, gamma=0.9), MAP, 11, {}),
    (node("Celu", alpha=0.7), MAP, 12, {}),
    (node("ThresholdedRelu", alpha=0.3), MAP, 11, {}),
    (node("LogSoftmax"), MAP, 11, {}),
    (node("LogSoftmax", axis=2), MAP, 13, {}),
    (node("LRN", size=3, alpha=0.9, bias=0.4), MAP, 11, {}),
    *((node(f"Reduce{kind}", axes=[1, -1]), MAP, 13, {})
      for kind in ("L1", "L2", "LogSumExp", "Min", "SumSquare")),
    (node("ReduceL2", "x", "a", keepdims=0), MAP, 18, {"a": np.array([2, 3])}),
    (node("GlobalLpPool", p=1), MAP, 11, {}),
    (node("Where", "c", "x", "w"), MAP, 11, {"c": EVEN[:6] > 0, "w": draw(4, 1, 1)}),
    (node("Where", "c", "w", "x"), MAP, 16, {"c": EVEN[:7, None] > 0, "w": np.float32(-np.inf)}),
    (node("Tile", "x", "r"), MAP, 13, {"r": np.array([1, 2, 1, 3])}),
    (node("Expand", "x", "s"), ("n", 4, 1, 3), 13, {"s": np.array([5, 1])}),
    (node("Gather", "x", "i", axis=1), MAP, 13, {"i": np.array([[0, 3], [1, 1]])}),
    (node("Gemm", "x", "w", "b", alpha=0.5, beta=2.0), ("n", 5), 11, {"w": draw(5, 3), "b": draw(1, 3)}),
    (node("Gemm", "x", "w", transB=1), ("n", 5), 13, {"w": draw(3, 5)}),
    (node("MatMul", "x", "w"), ("n", 5), 13, {"w": draw(5, 3)}),
    (node("MatMul", "x", "w"), ("n", 4, 7, 5), 13, {"w": draw(5, 3)}),
    (node("MatMul", "w", "x"), MAP, 13, {"w": draw(5, 7)}),
    (node("Add", "w", "x"), MAP, 13, {"w": draw(1, 4, 1, 1)}),
    (node("Sub", "w", "x"), MAP, 13, {"w": draw(1)}),
    (node("Div", "x", "w"), MAP, 14, {"w": draw(7, 1)}),
    (node("Pow", "x", "w"), MAP, 15, {"w": np.float32(2)}),
    (node("Max", "x", "w", "v"), MAP, 13, {"w": draw(6), "v": np.float32(0.1)}),
    (node("Mul", "x", "x"), MAP, 13, {}),
    (node("Slice", "x", "s", "e", "a", "t"), MAP, 11,
     {"s": np.array([-1, 1]), "e": np.array([-(2**62), 2**62]), "a": np.array([3, -3]), "t": np.array([-2, 2])}),
    (node("Gather", "x", "i", axis=2), MAP, 13, {"i": np.array(-2)}),
    (node("Gather", "x", "i", axis=1), MAP, 13, {"i": np.array([3, 1, 1, -3, 2, 3, 0])}),
    (node("Pad", "x", "p", "v"), MAP, 11, {"p": EVEN, "v": np.float32(-2)}),
    (node("Pad", "x", "p", mode="reflect"), MAP, 13, {"p": EVEN}),
    (node("Pad", "x", "p", mode="edge"), MAP, 13, {"p": EVEN * -1 + 1 * (EVEN == 0) * np.array([0, 0, 1, 1] * 2)}),
    (node("Pad", "x", "p", "", "a", mode="wrap"), MAP, 19, {"p": np.array([2, 1]), "a": np.array([-1])}),
    (node("Reshape", "x", "s"), MAP, 13, {"s": np.array([0, 2, -1, 6])}),
    (node("Flatten"), MAP, 11, {}),
    (node("Flatten", axis=-1), ("n", 1, 5), 13, {}),
    (node("Squeeze", "x", "a"), ("n", 1, 4, 1), 13, {"a": np.array([-1, 1])}),
    (node("Squeeze", axes=[2]), ("n", 4, 1), 11, {}),
    (node("Unsqueeze", "x", "a"), ("n", 4), 13, {"a": np.array([3, 1])}),
    (node("Transpose", perm=[0, 3, 1, 2]), MAP, 13, {}),
    (node("ReduceMean", axes=[-1], keepdims=0), MAP, 11, {}),
    (node("ReduceMean", "x", "a"), MAP, 18, {"a": np.array([2, 3])}),
    (node("ReduceSum", "x", "a"), MAP, 13, {"a": np.array([1])}),
    (node("ReduceMax", axes=[1, 3]), MAP, 13, {}),
    (node("Resize", "x", "", "s", mode="linear"), MAP, 13, {"s": np.array([1, 1, 2, 2], np.float32)}),
    (node("Resize", "x", "", "s", coordinate_transformation_mode="asymmetric", nearest_mode="floor"), MAP, 13,
     {"s": np.array([1, 1, 2, 2], np.float32)}),
    (node("Resize", "x", "", "s", mode="nearest"), MAP, 13, {"s": np.array([1, 1, 1.3, 0.7], np.float32)}),
    (node("Resize", "x", "", "", "s", mode="linear", coordinate_transformation_mode="align_corners"),
     (3, *MAP[1:]), 19, {"s": np.array([3, 4, 13, 3])}),
    (node("Resize", "x", "", "s", mode="cubic", axes=[2, 3], cubic_coeff_a=-0.5), MAP, 18,
     {"s": np.array([1.7, 0.6], np.float32)}),
    (node("DepthToSpace", blocksize=2), ("n", 8, 2, 3), 11, {}),
    (node("DepthToSpace", blocksize=2, mode="CRD"), ("n", 8, 2, 3), 13, {}),
    (node("SpaceToDepth", blocksize=2), ("n", 3, 4, 6), 13, {}),
    (node("Dropout"), MAP, 13, {}),
    (node("Cast", to=1), MAP, 13, {}),
]  # fmt: skip


REFUSED: list[tuple[Any, dict[str, Any], str]] = [
    (node("Conv", "x", "x"), {}, "must be a constant, but follows from the input"),
    (node("Reshape", "x", "s"), {"s": np.array([-1])}, r"would turn \(N, 4, 7, 6\) into"),
    (node("Flatten", axis=2), {}, "batch must stay the first axis"),
    (node("Transpose", perm=[1, 0, 2, 3]), {}, "leave the batch first"),
    (node("ReduceMean"), {}, "works along the batch"),
    (node("ReduceMean", axes=[1, 2, 3], keepdims=0), {}, r"would turn \(N, 1, 1, 1\) into \(N\)"),
    (node("Concat", "x", "w", axis=1), {"w": draw(1, 4, 7, 6)}, "is a constant"),
    (node("Unsqueeze", axes=[0]), {}, "batch must stay the first axis"),
    (node("Unique", axis=1), {}, "operator is not known"),
    (node("Gather", "x", "i", axis=1), {"i": np.array([0, 2, 1, 3] * 40)}, "equally far apart"),
    (node("ArgMax"), {}, "works along the batch"),
    (node("Cast", to=3), {}, "others than floats, int32, int64 or bool"),
    (node("Dropout", "x", "r", "t"), {"r": np.float32(0.5), "t": np.array(True)}, "in training mode"),
    (node("Tile", "x", "r"), {"r": np.array([2, 1, 1, 1])}, "and 1 for the batch"),
    (node("Expand", "x", "s"), {"s": np.array([3, 1, 4, 7, 6])}, "batch must stay as it is"),
    (node("Where", "w", "x", "x"), {"w": np.zeros((2, 1, 1, 1), bool)}, "not the same for every item"),
    (node("GlobalLpPool", p=3), {}, "p=3 is not done"),
    (node("Conv", "x", "w"), {"w": draw(3, 3, 3, 3)}, "channels"),
    (node("DepthToSpace", blocksize=0), {}, "it is damaged"),
    (node("Resize", "x", "r", "s"), {"r": draw(0), "s": np.array([1, 1, np.inf, 1], np.float32)}, "infinity"),
]


@pytest.mark.parametrize(("one", "constants", "message"), REFUSED, ids=[r[2] for r in REFUSED])
def test_refusals(one: Any, constants: dict[str, Any], message: str, tmp_path: Path) -> None:
    """What a network cannot do is refused in one line that names operator, node and opset."""
    path = model_of([one], MAP, 12, constants, tmp_path / "it.onnx")
    with pytest.raises(SpecError, match=message) as refused:
        Network.from_onnx(path)
    assert f"{one.op_type} (node 'the {one.op_type}', opset 12)" in str(refused.value)
    assert "\n" not in str(refused.value)


CHOICES: dict[str, list[Any]] = {
    "classes": [node("ArgMax", axis=1, keepdims=0, outputs=("i",)), node("Cast", "i", to=1)],
    "last of several": [
        node("Floor", outputs=("f",)),
        node("ArgMin", "f", axis=3, select_last_index=1, outputs=("i",)),
        node("Cast", "i", to=1),
    ],
    "whole numbers": [
        node("Cast", to=7, outputs=("i",)),
        node("Equal", "i", "1", outputs=("c",)),
        node("Cast", "c", to=1),
    ],
    "larger and not far": [
        node("Greater", "x", "w", outputs=("c",)),
        node("LessOrEqual", "x", "2", outputs=("d",)),
        node("Or", "c", "d", outputs=("e",)),
        node("And", "e", "c", outputs=("f",)),
        node("Not", "f", outputs=("g",)),
        node("Where", "g", "x", "w"),
    ],
    "the larger": [
        node("Neg", outputs=("m",)),
        node("GreaterOrEqual", "m", "x", outputs=("c",)),
        node("Cast", "x", to=9, outputs=("d",)),
        node("Xor", "c", "d", outputs=("e",)),
        node("Where", "e", "m", "x"),
    ],
}


@pytest.mark.parametrize("nodes", CHOICES.values(), ids=CHOICES)
def test_choices(nodes: list[Any], tmp_path: Path) -> None:
    """What is compared, chosen and counted is what ONNX Runtime gives, prepared and written again, too."""
    every = {"w": np.float32(0.3) * np.ones((4, 1, 1), np.float32), "1": np.array(1), "2": np.float32(2)}
    used = {name for one in nodes for name in one.input}
    for number, one in enumerate(nodes):
        one.name = f"{one.op_type} {number}"  # of which ONNX Runtime wants no two the same
    path = model_of(nodes, MAP, 13, {n: a for n, a in every.items() if n in used}, tmp_path / "it.onnx")
    x = draw(3, *MAP[1:]) * 2
    wanted, network = expected(path, x), Network.from_onnx(path)
    network.to_onnx(tmp_path / "again.onnx")
    for found in (network(x), network.prepare()(x), expected(str(tmp_path / "again.onnx"), x)):
        np.testing.assert_array_equal(found, wanted)


def test_integers_are_not_divided(tmp_path: Path) -> None:
    """What integers would come out otherwise of than floats is refused."""
    nodes = [node("ArgMax", axis=1, outputs=("i",)), node("Div", "i", "2")]
    path = model_of(nodes, MAP, 13, {"2": np.array(2)}, tmp_path / "it.onnx")
    with pytest.raises(SpecError, match=r"Div \(node 'the Div', opset 13\).*'i' is of integers"):
        Network.from_onnx(path)


def test_one_number_of_a_vector(tmp_path: Path) -> None:
    """Where only the batch would be left, what was gathered does not go on with an axis too many."""
    path = model_of([node("Gather", "x", "i", axis=1)], ("n", 4), 13, {"i": np.array(2)}, tmp_path / "it.onnx")
    with pytest.raises(SpecError, match=r"would turn \(N, 1\) into \(N\)"):
        Network.from_onnx(path)


LARGE = {"big": np.array([1 << 14, 1 << 14]), "0": np.array(0), "1": np.array(1), "end": np.array(10**12)}
TOO_LARGE: dict[str, tuple[list[Any], str]] = {
    "range": ([node("Range", "0", "end", "1", outputs=("c",))], "1,000,000,000,000 cells"),
    "expand": ([node("Expand", "1", "big", outputs=("c",))], "268,435,456 cells"),
    "tile": ([node("Tile", "row", "big", outputs=("c",))], "268,435,456 cells"),
    "pad": ([node("Pad", "row", "pads", outputs=("c",))], "cells"),
    "filled": ([node("ConstantOfShape", "big", outputs=("c",))], "268,435,456 cells"),
    "resize": ([node("Resize", "row", "", "", "big", outputs=("c",))], "not computed on constants"),
    "doubled": (
        [node("Concat", *(f"row{i or ''}",) * 2, axis=1, outputs=(f"row{i + 1}",)) for i in range(23)]
        + [node("Concat", "row23", "row23", axis=1, outputs=("c",))],
        "cells",
    ),
}


@pytest.mark.parametrize(("nodes", "message"), TOO_LARGE.values(), ids=TOO_LARGE)
def test_constants_that_would_be_too_large(nodes: list[Any], message: str, tmp_path: Path) -> None:
    """Sizes are looked at before anything is computed."""
    constants = LARGE | {"row": draw(1, 1), "pads": np.array([0, 0, 1 << 14, 1 << 14])}
    used = {name for one in nodes for name in one.input}
    constants = {name: array for name, array in constants.items() if name in used}
    path = model_of([*nodes, node("Add", "x", "c")], MAP, 13, constants, tmp_path / "it.onnx")
    with pytest.raises(SpecError, match=message):
        Network.from_onnx(path)


def test_loops_are_not_run(tmp_path: Path) -> None:
    """However often they would go round: what holds a graph of its own is not computed."""
    info, floats = onnx.helper.make_tensor_value_info, onnx.TensorProto.FLOAT
    body = onnx.helper.make_graph(
        [node("Identity", "go", outputs=("on",)), node("Identity", "a", outputs=("b",))], "body",
        [info("i", onnx.TensorProto.INT64, []), info("go", onnx.TensorProto.BOOL, []), info("a", floats, [1])],
        [info("on", onnx.TensorProto.BOOL, []), info("b", floats, [1])],
    )  # fmt: skip
    loop = node("Loop", "count", "go", "w", outputs=("c",), body=body)
    constants = {"count": np.array(1 << 40), "go": np.array(True), "w": draw(1)}
    path = model_of([loop, node("Add", "x", "c")], MAP, 13, constants, tmp_path / "it.onnx")
    with pytest.raises(SpecError, match=r"Loop .* not computed on constants"):
        Network.from_onnx(path)


def test_squares_of_squares(tmp_path: Path) -> None:
    """A product of 2 ** 60 factors is read as the sixty products that it is."""
    nodes = [node("Mul", *(f"x{i or ''}",) * 2, outputs=(f"x{i + 1}" if i < 59 else "y",)) for i in range(60)]
    network = Network.from_onnx(model_of(nodes, MAP, 13, {}, tmp_path / "it.onnx"))
    assert len(network.nodes) == 60


@pytest.mark.parametrize("shape", [(), (1,), (1, 1), (1, 1, 1), (1, 1, 3), (3,)])
def test_biases_of_products(shape: tuple[int, ...], tmp_path: Path) -> None:
    """What is added to a matrix product gives what ONNX Runtime gives, or is refused where axes come in."""
    nodes = [node("MatMul", "x", "w", outputs=("p",)), node("Add", "p", "b")]
    constants = {"w": draw(5, shape[-1] if shape else 1), "b": np.full(shape, 0.5, np.float32)}
    path = model_of(nodes, ("n", 5), 13, constants, tmp_path / "it.onnx")
    if len(shape) > 2:
        with pytest.raises(SpecError, match="does not leave the batch"):
            Network.from_onnx(path)
        return
    x = draw(4, 5)
    np.testing.assert_allclose(Network.from_onnx(path)(x), expected(path, x), rtol=1e-5, atol=1e-6)


def test_networks_that_were_read_learn(tmp_path: Path) -> None:
    """All that was read can be written, and belongs to one node, also where the file has it once for several."""
    nodes = [
        node("Conv", "x", "w", outputs=("a",)),
        node("BatchNormalization", "a", *"sbmv", outputs=("c",)),
        node("Conv", "c", "w"),
    ]
    constants = {"w": draw(2, 2, 1, 1), **{name: draw(2) for name in "sbm"}, "v": np.ones(2, np.float32)}
    network = Network.from_onnx(model_of(nodes, (1, 2, 4, 4), 17, constants, tmp_path / "it.onnx"))
    arrays = [*network.weights.values(), *network.statistics.values()]
    assert all(array.flags.writeable for array in arrays)
    assert not any(np.shares_memory(a, b) for i, a in enumerate(arrays) for b in arrays[:i])
    given, tape = network.forward(draw(3, 2, 4, 4), training=Training(np.random.default_rng(0)))
    SGD().step(network.weights, network.backward(tape, given)[0])


def test_the_size_of_the_batch_is_no_number(tmp_path: Path) -> None:
    """Where a file leaves it open, items cannot go by it; other sizes may be numbers, and it may lead a shape."""
    for index, opened in ((0, True), (0, False), (2, True)):
        nodes = [
            node("Shape", "x", outputs=("s",)),
            node("Gather", "s", "i", outputs=("n",)),
            node("Cast", "n", to=1, outputs=("f",)),
            node("Div", "x", "f", outputs=("d",)),
            node("Gather", "s", "0", outputs=("first",)),
            node("Concat", "first", "rest", axis=0, outputs=("shape",)),
            node("Reshape", "d", "shape"),
        ]
        nodes[4].name = "another"
        constants = {"i": np.array([index]), "0": np.array([0]), "rest": np.array([2, -1])}
        path = model_of(nodes, MAP if opened else (3, *MAP[1:]), 13, constants, tmp_path / "it.onnx")
        if index == 0 and opened:
            with pytest.raises(SpecError, match=r"Div .*'f' follows from the size of the batch"):
                Network.from_onnx(path)
        else:
            x = draw(3, *MAP[1:])
            np.testing.assert_allclose(Network.from_onnx(path)(x), expected(path, x), rtol=1e-6)


def test_other_opsets_and_domains(tmp_path: Path) -> None:
    """Opsets that are too old or too new, and operators of others, are refused."""
    for opset in (10, 22):
        path = model_of([node("Relu")], MAP, opset, {}, tmp_path / "it.onnx")
        with pytest.raises(SpecError, match=f"opset {opset}, but 11 to 21 can be read"):
            Network.from_onnx(path)
    model = onnx.load(model_of([node("Relu")], MAP, 17, {}, tmp_path / "it.onnx"))
    model.graph.node[0].domain = "com.microsoft"
    model.opset_import.append(onnx.helper.make_opsetid("com.microsoft", 1))
    onnx.save(model, tmp_path / "it.onnx")
    with pytest.raises(SpecError, match=r"operator Relu of com\.microsoft"):
        Network.from_onnx(tmp_path / "it.onnx")


def test_changes_of_strides(tmp_path: Path) -> None:
    """All numbers in a list, and each taken in its place, as PyTorch writes a change of strides, is nothing."""
    constants = {"all": np.array([-1]), "places": np.arange(24).reshape(1, 2, 3, 4)}
    nodes = [node("Reshape", "x", "all", outputs=("list",)), node("Gather", "list", "places")]
    path = tmp_path / "it.onnx"
    assert Network.from_onnx(model_of(nodes, (1, 2, 3, 4), 17, constants, path)).nodes == []
    constants["places"] = constants["places"][..., ::-1].copy()
    with pytest.raises(SpecError, match=r"Reshape .*batch must stay the first axis"):
        Network.from_onnx(model_of(nodes, (1, 2, 3, 4), 17, constants, path))


def test_open_sizes_and_several_outputs(tmp_path: Path) -> None:
    """Where the file leaves something open, it is asked for."""
    nodes = [node("Relu"), node("Neg", outputs=("z",))]
    path = tmp_path / "it.onnx"
    model = onnx.load(model_of(nodes, ("n", 3, "h", "w"), 17, {}, path))
    model.graph.output.append(onnx.helper.make_tensor_value_info("z", onnx.TensorProto.FLOAT, None))
    onnx.save(model, path)
    for options, message in (
        ({}, "outputs y, z; say which"),
        ({"output": "z"}, r"\(\?, 3, \?, \?\)"),
        ({"output": "z", "input_shape": (4, 5, 5)}, "not \\(4, 5, 5\\)"),
        ({"output": "a", "input_shape": (3, 5, 5)}, "unknown output"),
    ):
        with pytest.raises(ConvolensError, match=message):
            Network.from_onnx(path, **options)
    network = Network.from_onnx(path, output="z", input_shape=(3, 5, 5))
    assert [node.name for node in network.nodes] == ["negative1"]


def test_other_types_and_files_beside(tmp_path: Path) -> None:
    """Weights of 16 bits are read as float32, those of 64 stay, and those in a file beside are found."""
    weight = draw(2, 4, 3, 3)
    for dtype, kept in ((np.float16, np.float32), (np.float64, np.float64)):
        one = onnx.TensorProto.FLOAT16 if dtype == np.float16 else onnx.TensorProto.DOUBLE
        path = model_of([node("Conv", "x", "w")], MAP, 17, {"w": weight.astype(dtype)}, tmp_path / "it.onnx")
        model = onnx.load(path)
        for value in (*model.graph.input, *model.graph.output):
            value.type.tensor_type.elem_type = one
        onnx.save(model, path)
        found = Network.from_onnx(path).weights["conv1.weight"]
        assert found.dtype == kept
        np.testing.assert_array_equal(found, weight.astype(dtype))
    path = model_of([node("Conv", "x", "w")], MAP, 17, {"w": draw(40, 4, 3, 3)}, tmp_path / "it.onnx")
    onnx.save(onnx.load(path), path, save_as_external_data=True, location="weights", size_threshold=0)
    np.testing.assert_array_equal(Network.from_onnx(path).weights["conv1.weight"], draw(40, 4, 3, 3))
    (tmp_path / "weights").unlink()
    with pytest.raises(FileError, match=r"it\.onnx"):
        Network.from_onnx(path)


def test_files_elsewhere_are_not_read(tmp_path: Path) -> None:
    """Weights lie in the model's own folder: not above it, at an absolute path or behind a link."""
    folder = tmp_path / "model"
    folder.mkdir()
    path = model_of([node("Conv", "x", "w")], MAP, 17, {"w": draw(40, 4, 3, 3)}, folder / "it.onnx")
    onnx.save(onnx.load(path), path, save_as_external_data=True, location="weights", size_threshold=0)
    secret = tmp_path / "secret"
    (folder / "weights").rename(secret)
    (folder / "link").symlink_to(secret)
    model = onnx.load(path, load_external_data=False)
    for place in ("../secret", str(secret), "link"):
        (entry,) = (entry for entry in model.graph.initializer[0].external_data if entry.key == "location")
        entry.value = place
        Path(path).write_bytes(model.SerializeToString())
        with pytest.raises(FileError, match=r"it\.onnx: is no ONNX model, or is damaged: .*") as refused:
            Network.from_onnx(path)
        assert "\n" not in str(refused.value)


def test_outputs_that_are_left_out(tmp_path: Path) -> None:
    """Indices of maxima that have no name are not asked for, though other operations leave inputs out."""
    nodes = [
        node("MaxPool", kernel_shape=[2, 2], outputs=("p", "")),
        node("Clip", "p", "", "high"),
    ]
    path = model_of(nodes, MAP, 13, {"high": np.float32(0.4)}, tmp_path / "it.onnx")
    x = draw(2, *MAP[1:])
    np.testing.assert_allclose(Network.from_onnx(path)(x), expected(path, x))


def test_damaged_files(tmp_path: Path) -> None:
    """Cut short, changed anywhere, or something else: one line that names the file, or a network."""
    constants = {"w": draw(4, 4, 3, 3), "s": np.array([0, -1])}
    nodes = [node("Conv", "x", "w", outputs=("a",)), node("Reshape", "a", "s")]
    path = Path(model_of(nodes, MAP, 17, constants, tmp_path / "it.onnx"))
    data, random = path.read_bytes(), np.random.default_rng(0)
    refused = list[str]()
    for case in range(150):
        broken = bytearray(data[: random.integers(0, len(data))] if case % 3 == 0 else data)
        for place in random.integers(0, max(1, len(broken)), 3) if broken else ():
            broken[place] = random.integers(0, 256)
        path.write_bytes(broken)
        try:
            Network.from_onnx(path)
        except ConvolensError as error:
            refused.append(str(error))
    assert len(refused) > 50
    assert all(str(path) in message and "\n" not in message for message in refused)
    with pytest.raises(FileError, match="no such file"):
        Network.from_onnx(tmp_path / "none")


def test_without_the_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where onnx is not installed, the message says how it is."""
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ConvolensError, match=r"pip install 'convolens\[onnx\]'"):
        Network.from_onnx(tmp_path / "it.onnx")


@pytest.mark.parametrize(("one", "shape", "opset", "constants"), SINGLE, ids=[s[0].op_type for s in SINGLE])
def test_operators(one: Any, shape: Any, opset: int, constants: dict[str, Any], tmp_path: Path) -> None:
    """An operator computes what ONNX Runtime computes, with the attributes that it may have."""
    path = model_of([one], shape, opset, constants, tmp_path / "it.onnx")
    x = draw(3, *shape[1:])
    wanted = expected(path, x)
    found = Network.from_onnx(path)(x)
    assert found.shape == wanted.shape
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-5)
