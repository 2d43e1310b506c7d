"""Golden vectors without arrays: sizes, formulae, refusals, borders, stacks of layers, counts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from convolens.algorithms.spectrum import fft_operations, fft_size
from convolens.errors import ConvolensError
from convolens.spec.borders import MODES, SYNONYMS, Border, parse_border, source_index
from convolens.spec.formula import layer_formulas, size_formulas, transposed_formulas, window_formula
from convolens.spec.geometry import ConvSpec
from convolens.spec.pooling import PoolSpec
from convolens.spec.solve import padding_that_keeps, settings_for
from convolens.spec.stack_text import parse_stack
from convolens.spec.transposed import transposed_spec

Case = dict[str, Any]

SPECS: dict[str, Callable[..., ConvSpec | PoolSpec]] = {
    "conv": ConvSpec,
    "transposed": transposed_spec,
    "pool": PoolSpec,
}

PAIRS = [[2, 0], [0, 3]]
GEOMETRY: list[tuple[str, list[int], Any, dict[str, Any]]] = [
    ("conv", [1, 3, 224, 224], [64, 3, 7, 7], {"stride": 2, "padding": 3, "bias": True}),
    ("conv", [3, 7, 9], [4, 3, 3, 3], {}),
    ("conv", [1, 3, 7, 9], [4, 3, 3, 3], {"padding": "same"}),
    ("conv", [1, 3, 8, 9], [4, 3, 4, 2], {"padding": "same"}),
    ("conv", [1, 3, 8, 9], [4, 3, 4, 2], {"padding": "Same_Lower", "border": "mirror"}),
    ("conv", [1, 3, 8, 11], [4, 3, 3, 3], {"padding": "same", "stride": [2, 3]}),
    ("conv", [2, 3, 8, 11], [4, 3, 3, 5], {"padding": "full", "dilation": [2, 1]}),
    ("conv", [1, 6, 66, 5], [4, 3, 3, 3], {"groups": 2, "padding": PAIRS, "border": 2.5}),
    ("conv", [8, 30], [8, 1, 5], {"groups": 8, "stride": 4, "dilation": 3, "flip": True}),
    ("conv", [1, 2, 5, 6, 7], [3, 2, 3, 2, 1], {"padding": [1, 0, 2], "stride": [2, 1, 3], "border": "wrap"}),
    ("conv", [0, 3, 7, 9], [4, 3, 3, 3], {"padding": 1}),
    ("conv", [1, 1, 1, 1], [1, 1, 3, 3], {"padding": 40, "border": "circular"}),
    ("transposed", [8, 16, 14, 14], [16, 32, 4, 4], {"stride": 2, "padding": 1}),
    ("transposed", [4, 5, 7], [4, 2, 3, 3], {"stride": [2, 3], "padding": "same", "groups": 2}),
    ("transposed", [4, 5, 7], [4, 2, 2, 2], {"stride": 3, "padding": "same"}),
    ("transposed", [8, 14], [8, 4, 3], {"stride": 2, "padding": 1, "output_padding": 1, "dilation": 2}),
    ("transposed", [1, 2, 3, 4], [2, 1, 3, 3], {"padding": PAIRS, "border": "reflect", "flip": True}),
    ("transposed", [1, 2, 3, 4], [2, 1, 3, 3], {"padding": "valid", "border": 7}),
    ("pool", [1, 64, 112, 112], 3, {"stride": 2, "padding": 1}),
    ("pool", [1, 6, 7], [3, 3], {"stride": 2, "ceil_mode": True}),
    ("pool", [1, 6, 7], [3, 3], {"stride": 2, "ceil_mode": False, "border": "edge"}),
    ("pool", [2, 3, 10], 2, {"stride": 7, "padding": 1, "ceil_mode": True}),
    ("pool", [1, 1, 9, 9], [3, 2], {"dilation": 2, "padding": "same", "stride": 1}),
    ("pool", [1, 1, 5], 3, {"padding": 9, "border": 0}),
    # Refused
    ("conv", [3, 8, 8], [4, 3, 9, 9], {}),
    ("conv", [3, 8, 8], [4, 3, 3, 3], {"dilation": [5, 1], "padding": [[0, 1], [0, 0]]}),
    ("conv", [3, 8, 8], [4, 2, 3, 3], {}),
    ("conv", [3, 8, 8], [4, 1, 3, 3], {"groups": 2}),
    ("conv", [4, 8, 8], [3, 2, 3, 3], {"groups": 2}),
    ("conv", [8, 8], [4, 1, 3, 3], {}),
    ("conv", [8], [4, 1], {}),
    ("conv", [3, 0, 8], [4, 3, 1, 1], {}),
    ("conv", [3, 8, 8], [4, 3, 3, 3], {"stride": 0}),
    ("conv", [3, 8, 8], [4, 3, 3, 3], {"stride": 1.5}),
    ("conv", [3, 8, 8], [4, 3, 3, 3], {"stride": [1, 2, 3]}),
    ("conv", [3, 8, 8], [4, 3, 3, 3], {"padding": -1}),
    ("conv", [3, 8, 8], [4, 3, 3, 3], {"padding": "smae"}),
    ("conv", [3, 8, 8], [4, 3, 3, 3], {"padding": "around"}),
    ("conv", [3, 8, 8], [4, 3, 3, 3], {"padding": [[1, 2]]}),
    ("conv", [3, 8, 8], [4, 3, 3, 3], {"border": "reflct"}),
    ("conv", [3, 8, 8], [4, 3, 3, 3], {"border": "mirrored"}),
    ("conv", [3, 8, 8], [4, 3, 3, 3], {"border": "pad"}),
    ("conv", [3, 8, 8], [4, 3, 3, 3], {"border": "circualr"}),
    ("conv", [3, 8, 8], [4, 3, 3, 3], {"border": "xyz"}),
    ("transposed", [4, 5, 7], [3, 2, 3, 3], {}),
    ("transposed", [4, 5, 7], [4, 2, 3, 3], {"output_padding": 1}),
    ("transposed", [4, 5, 7], [4, 2, 3, 3], {"padding": 9}),
    ("transposed", [5, 7], [4, 2, 3, 3], {}),
    ("pool", [1, 6, 7], 3, {}),
    ("pool", [1, 1, 6, 7], [3], {}),
    ("pool", [1, 6, 7], [9, 3], {"stride": 1}),
    ("pool", [1, 1, 9], 2, {"padding": 2}),
    ("pool", [1, 1, 3], 2, {"dilation": 7, "padding": 5, "stride": 1}),
    ("pool", [1, 0, 7], [3, 3], {}),
]  # fmt: skip

STACKS = [
    "3x224x224 conv:64,k7,s2,p3 relu max:3,s2,p1 2*(conv:64,k3,same relu) global flatten dense:10",
    "3x32x48 conv:16,k3x5,p1x2 bn relu6 dw:k3,s2,same conv:24,k1,nobias avg:2,ceil adaptive:3x5",
    "1x28x28 conv:6,k5,p2 tanh avg:2 conv:16,k5 tanh avg:2 flatten fc:120 tanh fc:84,nobias tanh fc:10",
    "8x100 conv:16,k9,d4,full gelu deconv:8,k4,s2,p1 dw:2,k3,p0+1",
    "4x9x10x11 conv:8,k3,g2,reflect,same,flip lp:2,s1 deconv:2,k3,s2,op1,nobias,g2",
    "2x7x7 deconv:4,k3,s3 conv:3,k2,s2 adaptive:4 deconv:1,k5,s2,same",
    "3X8×8 conv 4,k3 max 2",
    "12 dense:5 relu bn",
    "3x8x8 conv:4,k9",
    "3x8x8 relu conv:4",
    "3x8x8 conv:4,k3,g2",
    "3x8x8 conv:4,k3,k5",
    "3x8x8 conv:4,k3,q5",
    "3x8x8 conv:4x4,k3",
    "3x8x8 conv:4,k3x3x3",
    "3x8x8 max:3,k3",
    "3x8x8 relu:3",
    "3x8x8 cnov:4,k3",
    "3x8x8 conv:4,k3,p1+",
    "3x8x8 conv:4,k3,ceil",
    "3x8x8 flatten conv:4,k3",
    "3x8x8 2*(conv:4,k3",
    "3x8x8 conv:4,k3)",
    "3x8x8 2*",
    "3x8x8 ()",
    "3x8x8 dense",
    "conv:4,k3",
    "",
]  # fmt: skip

FORMULAS: list[tuple[int, int, dict[str, Any]]] = [
    (224, 7, {"pads": [3, 3], "stride": 2}),
    (7, 3, {}),
    (7, 2, {"pads": [0, 1], "dilation": 2}),
    (100, 3, {"stride": 16}),
    (101, 4, {"stride": 3, "ceil": True}),
    (5000, 2, {"stride": 4096}),
    (5, 2, {"stride": 3000}),
]


def spec_of(given: Case) -> ConvSpec | PoolSpec:
    """Make the spec that a case gives, options as JSON holds them."""
    window = given["window"]
    window = tuple(window) if isinstance(window, list) else window
    return SPECS[given["of"]](tuple(given["input"]), window, **tupled(given["options"]))


def tupled(options: Case) -> Case:
    """Turn lists of options into tuples."""
    return {
        name: tuple(tuple(v) if isinstance(v, list) else v for v in value) if isinstance(value, list) else value
        for name, value in options.items()
    }


def geometry() -> list[Case]:
    """Say which specs are looked at."""
    return [
        {"given": {"of": of, "input": shape, "window": window, "options": options}}
        for of, shape, window, options in GEOMETRY
    ]


def geometry_of(case: Case) -> Case:
    """Give what follows from a spec, or the words of its refusal."""
    given = case["given"]
    try:
        spec = spec_of(given)
    except ConvolensError as error:
        return {"refusal": str(error)}
    found: Case = {
        "input": spec.input_shape,
        "output": spec.output_shape,
        "pads": spec.pads,
        "macs": spec.macs,
        "sizes": transposed_formulas(spec) if given["of"] == "transposed" else size_formulas(spec),
        "memory": spec.memory,
    }
    if isinstance(spec, ConvSpec):
        found |= {
            "parameters": spec.parameters,
            "connected": spec.fully_connected_weights,
            "border": [spec.border.mode, spec.border.value],
            "fft": spec.batch * fft_operations(spec, fft_size(spec.padded_size)),
        }
    return as_lists(found)


def as_lists(value: Any) -> Any:
    """Turn tuples into lists, as JSON gives them back."""
    if isinstance(value, dict):
        return {key: as_lists(entry) for key, entry in value.items()}
    return [as_lists(entry) for entry in value] if isinstance(value, (tuple, list)) else value


def borders() -> list[Case]:
    """Every border on short axes, and every synonym."""
    sides = [{"given": {"mode": mode, "size": size}} for mode in MODES for size in (1, 2, 3, 5)]
    return [*sides, {"given": {"names": sorted(SYNONYMS)}}]


def border_of(case: Case) -> Case:
    """Give the cells that a border shows from −13 to 13, or what names mean."""
    given = case["given"]
    if "names" in given:
        return {"modes": [parse_border(name).mode for name in given["names"]]}
    return {"cells": source_index(range(-13, 14), given["size"], Border(given["mode"])).tolist()}


def stacks() -> list[Case]:
    """Stacks as text, right ones and wrong ones."""
    return [{"given": {"text": text}} for text in STACKS]


def stack_of(case: Case) -> Case:
    """Give what each layer costs and sees, or the words of the refusal."""
    try:
        stack = parse_stack(case["given"]["text"])
    except ConvolensError as error:
        return {"refusal": str(error)}
    layers = [
        {
            "name": layer.name,
            "kind": layer.kind,
            "output": layer.output_shape,
            "parameters": layer.parameters,
            "macs": layer.macs,
            "memory": layer.memory,
            "field": layer.receptive_field.size,
            "jump": [[step.numerator, step.denominator] for step in layer.receptive_field.jump],
            "start": layer.receptive_field.start,
            "formulas": layer_formulas(layer),
        }
        for layer in stack.layers
    ]
    cell = [size // 2 for size in stack.output_size]
    whole = {"parameters": stack.parameters, "macs": stack.macs, "memory": stack.memory}
    return as_lists({"layers": layers, "sees": [cell, stack.sees(cell)], "total": whole})


def solutions() -> list[Case]:
    """Sizes that are to be kept, sizes that are wanted, and formulae."""
    keeps = [(7, {}), (3, {"dilation": 2}), (4, {}), (3, {"stride": 2, "input_size": 224}), (3, {"stride": 2})]
    wanted = [(224, 112, [3, 5, 7]), (28, 26, list(range(1, 12))), (28, 99, [3]), (10, 4, [1, 2, 3])]
    return [
        *({"given": {"keep": kernel, "options": options}} for kernel, options in keeps),
        *({"given": {"from": a, "to": b, "kernels": kernels}} for a, b, kernels in wanted),
        *({"given": {"size": size, "window": window, "options": options}} for size, window, options in FORMULAS),
    ]


def solution_of(case: Case) -> Case:
    """Give pads, settings or a formula."""
    given = case["given"]
    if "keep" in given:
        try:
            return {"pads": list(padding_that_keeps(given["keep"], **given["options"]))}
        except ConvolensError as error:
            return {"refusal": str(error)}
    if "from" in given:
        return {"settings": [str(s) for s in settings_for(given["from"], given["to"], kernels=given["kernels"])]}
    return {"formula": window_formula(given["size"], given["window"], **tupled(given["options"]))}


FILES = {
    "geometry": (geometry, geometry_of),
    "borders": (borders, border_of),
    "stacks": (stacks, stack_of),
    "solutions": (solutions, solution_of),
}
