"""Golden vectors of arrays: convolutions with their gradients and matrices, transposed convolutions."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from convolens.algorithms.gradients import input_gradient, weight_gradient
from convolens.algorithms.reference import Reference
from convolens.ops.arrays import channels_first
from convolens.ops.toeplitz import toeplitz, toeplitz_offset
from convolens.ops.transposed import turn
from convolens.spec.borders import MODES
from convolens.spec.geometry import ConvSpec
from convolens.spec.transposed import transposed_spec
from lab.golden_shapes import tupled

Case = dict[str, Any]
Array = npt.NDArray[Any]

CONVOLUTIONS: dict[str, tuple[list[int], list[int], dict[str, Any]]] = {
    "1-D": ([2, 9], [3, 2, 4], {"padding": 2}),
    "1-D batch": ([3, 2, 7], [2, 2, 3], {"stride": 2}),
    "1-D all options": ([4, 13], [6, 2, 4], {"stride": 3, "dilation": 2, "groups": 2, "flip": True,
                                           "border": "wrap", "padding": "full"}),
    "2-D": ([1, 5, 7], [1, 1, 3, 3], {}),
    "2-D bias": ([2, 3, 4, 5], [2, 3, 3, 2], {"padding": 1, "bias": True}),
    "2-D same": ([2, 5, 6], [3, 2, 4, 2], {"padding": "same"}),
    "2-D same-lower": ([2, 5, 6], [3, 2, 4, 2], {"padding": "same-lower", "border": "edge"}),
    "2-D full": ([1, 3, 4], [2, 1, 2, 3], {"padding": "full", "border": 2.5}),
    "2-D uneven pads": ([1, 4, 5], [1, 1, 3, 3], {"padding": [[2, 0], [0, 3]], "border": "symmetric"}),
    "2-D stride": ([1, 7, 8], [2, 1, 3, 3], {"stride": [2, 3], "padding": 1}),
    "2-D dilation": ([2, 7, 9], [1, 2, 3, 2], {"dilation": [2, 4], "padding": "same", "border": "reflect"}),
    "2-D groups": ([6, 4, 5], [4, 3, 3, 3], {"groups": 2, "padding": 1, "bias": True}),
    "2-D depthwise": ([3, 4, 5], [6, 1, 3, 3], {"groups": 3, "border": "wrap", "padding": 2}),
    "2-D pointwise": ([4, 3, 4], [3, 4, 1, 1], {}),
    "2-D flip": ([2, 4, 5], [2, 2, 3, 2], {"flip": True, "padding": "same"}),
    "2-D beyond the image, constant": ([1, 2, 3], [1, 1, 3, 3], {"padding": [[7, 3], [5, 4]], "border": -1}),
    "2-D beyond the image, edge": ([1, 2, 3], [1, 1, 3, 3], {"padding": [[7, 3], [5, 4]], "border": "edge"}),
    "2-D beyond the image, reflect": ([1, 2, 3], [1, 1, 3, 3], {"padding": [[7, 3], [5, 4]], "border": "reflect"}),
    "2-D beyond the image, symmetric": ([1, 2, 3], [1, 1, 3, 3], {"padding": [[7, 3], [5, 4]],
                                                                  "border": "symmetric"}),
    "2-D beyond the image, wrap": ([1, 2, 3], [1, 1, 3, 3], {"padding": [[7, 3], [5, 4]], "border": "wrap"}),
    "2-D one cell": ([1, 1, 1], [1, 1, 3, 3], {"padding": 4, "border": "reflect"}),
    "2-D empty batch": ([0, 2, 4, 4], [1, 2, 3, 3], {}),
    "3-D": ([2, 3, 4, 3], [1, 2, 2, 3, 2], {"padding": 1}),
    "3-D all options": ([2, 2, 4, 3, 5], [2, 1, 3, 2, 2], {"stride": [2, 1, 3], "dilation": [1, 2, 1], "groups": 2,
                        "flip": True, "padding": "same", "border": "symmetric", "bias": True}),
}  # fmt: skip


def draw(rng: np.random.Generator, shape: list[int]) -> Case:
    """Draw quarters, which JSON holds exactly, and whose products and sums are exact."""
    return {"shape": shape, "data": (rng.integers(-12, 13, np.prod(shape, dtype=int)) / 4).tolist()}


def array(given: Case) -> Array:
    """Make the array that JSON holds."""
    return np.array(given["data"], np.float64).reshape(given["shape"])


def held(found: npt.ArrayLike) -> Case:
    """Hold an array in JSON."""
    found = np.asarray(found, np.float64)
    return {"shape": list(found.shape), "data": found.ravel().tolist()}


def random_options(chance: random.Random, dims: int) -> tuple[list[int], list[int], Case]:
    """Draw a convolution with options of every kind."""

    def below(least: int, most: int) -> int:
        return least + int(chance.random() * (most - least))  # the one method that is the same in all versions

    groups = below(1, 4)
    per_group, kernels = below(1, 3), groups * below(1, 3)
    size, kernel, dilation, stride = ([below(1, most) for _ in range(dims)] for most in (8 - dims, 5, 3, 4))
    least = [max(0, d * (k - 1) + 1 - n) for d, k, n in zip(dilation, kernel, size, strict=True)]
    padding: Any = [[m + below(0, 3), below(0, 3)] for m in least]
    border = MODES[below(0, 5)]
    options = {
        "stride": stride,
        "padding": ("full", "same", "same-lower")[below(0, 3)] if chance.random() < 0.3 else padding,
        "dilation": dilation,
        "groups": groups,
        "flip": chance.random() < 0.4,
        "border": border if border != "constant" else below(-2, 3),
        "bias": chance.random() < 0.3,
    }
    batch = [] if chance.random() < 0.5 else [below(1, 3)]
    return [*batch, per_group * groups, *size], [kernels, per_group, *kernel], options


def named_convolutions(drawn: int) -> Iterator[tuple[str, list[int], list[int], Case]]:
    """Go over the convolutions of the table, and as many that are drawn."""
    for name, (shape, weight, options) in CONVOLUTIONS.items():
        yield name, shape, weight, options
    chance = random.Random(11)
    for number in range(drawn):
        yield f"drawn {number}", *random_options(chance, 1 + number % 3)


def convolutions() -> list[Case]:
    """Draw inputs, weights, and what flows back."""
    rng, cases = np.random.default_rng(1), []
    for name, shape, weight, options in named_convolutions(36):
        rest = {key: value for key, value in options.items() if key != "bias"}
        spec = ConvSpec(tuple(shape), tuple(weight), **tupled(rest))
        if spec.batch * spec.out_channels * np.prod(spec.output_size) > 400:
            continue
        given = {"options": rest, "x": draw(rng, shape), "weight": draw(rng, weight)}
        given["bias"] = draw(rng, weight[:1]) if options.get("bias") else None
        given["grad"] = draw(rng, list(spec.output_shape))
        cases.append({"name": name, "given": given})
    return cases


def convolved(case: Case) -> Case:
    """Convolve by the definition, and go back by the adjoints."""
    given = case["given"]
    x, weight, grad = (array(given[name]) for name in ("x", "weight", "grad"))
    spec = ConvSpec(x.shape, weight.shape, dtype=np.float64, **tupled(given["options"]))
    y = reference(spec, x, weight)
    if given["bias"] is not None:
        y = y + array(given["bias"]).reshape(-1, *[1] * spec.dims)
    turned = turn(spec, weight)
    batched = [channels_first(part, spec.dims, spec.layout) for part in (x, grad)]
    found = {
        "y": held(y),
        "grad_input": held(input_gradient(spec, turned, batched[1]).reshape(x.shape)),
        "grad_weight": held(turn(spec, weight_gradient(spec, *batched))),
        "grad_bias": held(batched[1].sum(axis=(0, *range(2, 2 + spec.dims)))),
    }
    if x.size * np.prod(spec.output_shape) <= 600 and spec.batch == 1:
        found["toeplitz"] = held(toeplitz(spec, weight).toarray())
        bias = None if given["bias"] is None else array(given["bias"])
        found["offset"] = held(toeplitz_offset(spec, weight, bias))
    return found


def reference(spec: ConvSpec, x: Array, weight: Array) -> Array:
    """Convolve by nested loops."""
    algorithm, out = Reference(), np.empty(spec.output_shape)
    view = channels_first(out, spec.dims, spec.layout)
    algorithm.run(
        spec, algorithm.prepare(spec, turn(spec, weight)), channels_first(x, spec.dims, spec.layout), view
    )
    return out


def transposed() -> list[Case]:
    """Draw inputs and weights of transposed convolutions."""
    rng = np.random.default_rng(2)
    table: list[tuple[list[int], list[int], Case]] = [
        ([1, 2, 2], [1, 1, 3, 3], {"stride": 2}),
        ([2, 3, 4], [2, 3, 3, 3], {"stride": 2, "padding": 1, "output_padding": 1, "bias": True}),
        ([2, 3, 4], [2, 1, 4, 2], {"stride": [3, 1], "padding": "same", "border": "wrap"}),
        ([1, 3, 3], [1, 1, 2, 2], {"stride": 3, "padding": "same"}),
        ([4, 3, 4], [4, 2, 3, 3], {"groups": 2, "dilation": [2, 1], "flip": True, "padding": [[2, 0], [0, 1]],
                                   "border": "reflect"}),
        ([2, 2, 5], [2, 1, 3], {"stride": 2, "padding": "full", "border": "edge"}),
        ([2, 5], [2, 2, 4], {"stride": 2, "padding": 1, "dilation": 3, "border": "symmetric", "bias": True}),
        ([1, 2, 3, 2], [1, 2, 3, 2, 2], {"stride": [1, 2, 2], "padding": [1, 0, 0], "output_padding": [0, 1, 0]}),
    ]  # fmt: skip
    cases = []
    for shape, weight, options in table:
        rest = {key: value for key, value in options.items() if key != "bias"}
        spec = transposed_spec(tuple(shape), tuple(weight), **tupled(rest))
        bias = draw(rng, [spec.in_channels]) if options.get("bias") else None
        given = {"options": rest, "x": draw(rng, shape), "weight": draw(rng, weight), "bias": bias}
        cases.append({"name": f"{shape} {options}", "given": given})
    return cases


def sent_back(case: Case) -> Case:
    """Apply the adjoint."""
    given = case["given"]
    x, weight = array(given["x"]), array(given["weight"])
    spec = transposed_spec(x.shape, weight.shape, dtype=np.float64, **tupled(given["options"]))
    y = input_gradient(spec, turn(spec, weight), channels_first(x, spec.dims, spec.layout))
    if given["bias"] is not None:
        y = y + array(given["bias"]).reshape(-1, *[1] * spec.dims)
    return {"y": held(y.reshape(spec.input_shape))}


FILES = {
    "convolutions": (convolutions, convolved),
    "transposed": (transposed, sent_back),
}
