"""ONNX's own backend node tests, read as networks: what is not refused computes what ONNX expects."""

import pkgutil
import warnings
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from convolens.errors import ConvolensError
from convolens.nn import Network
from convolens.nn.onnx.read import HANDLERS
from convolens.runtime import compile as compiler

UNSEEN = {"NormaliseGroups", "Normalise", "Silu"}
"""What several operators are seen as, and no operator of ONNX."""
NOT_OF_ITEMS = {
    "And", "Cast", "CastLike", "Concat", "Equal", "GlobalLpPool", "Max", "Min", "Mish", "Not", "Or", "PRelu",
    "Round", "Sign", "Sum", "Tile", "Where", "Xor",
}  # fmt: skip
"""Whose cases are lists, truth, or have other constants for each item; test_read.py has some."""
OTHERS = "resize_downsample_scales_linear_align_corners", "resize_downsample_scales_cubic_align_corners"
"""Where ONNX divides by a size that is no whole number, and we, as ONNX Runtime, by the one that comes out."""


@pytest.fixture(autouse=True)
def _without_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let NumPy compute, as compiling takes longer."""
    monkeypatch.setattr(compiler, "available", lambda: False)


def cases() -> Iterator[Any]:
    """Generate the cases of one node, of operators that are read, in opsets that are."""
    package = import_module("onnx.backend.test.case.node")
    wanted = {kind.lower() for kind in HANDLERS}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what overflows, for some
        for module in pkgutil.iter_modules(package.__path__):
            if module.name.replace("_", "") in wanted:
                import_module(f"{package.__name__}.{module.name}")
    for case in package._NodeTestCases:
        nodes, (opset, *others) = case.model.graph.node, case.model.opset_import
        if len(nodes) == 1 and nodes[0].op_type in HANDLERS and not others and not case.name.endswith(OTHERS):
            opset.version = min(opset.version, 21)  # the newer ones mean the same, but for types
            yield case


def as_networks(case: Any, path: Path) -> Iterator[tuple[Network, Any, Any]]:
    """Read a case as a network of each of its inputs, where the others are constants."""
    names = [value.name for value in case.model.graph.input]
    for inputs, outputs in case.data_sets:
        if any(np.asarray(array).dtype == object for array in inputs):
            continue
        for place, name in enumerate(names):
            model = onnx.ModelProto()
            model.CopyFrom(case.model)
            for other, array in zip(names, inputs, strict=True):
                if other != name:
                    model.graph.initializer.append(onnx.numpy_helper.from_array(np.asarray(array), other))
            onnx.save(model, path)
            try:
                yield Network.from_onnx(path, output=model.graph.output[0].name), inputs[place], outputs[0]
            except ConvolensError:
                continue


def test_node_cases(tmp_path: Path) -> None:
    """Every case that can be read as a network gives what ONNX expects, and every operator has one."""
    seen = dict.fromkeys(HANDLERS, 0)
    for case in cases():
        for network, given, wanted in as_networks(case, tmp_path / "it.onnx"):
            found = network(given)
            assert found.shape == wanted.shape, case.name
            np.testing.assert_allclose(found, wanted, rtol=1e-3, atol=1e-5, err_msg=case.name)
            seen[case.model.graph.node[0].op_type] += 1
    assert {kind for kind, count in seen.items() if not count} == UNSEEN | NOT_OF_ITEMS
