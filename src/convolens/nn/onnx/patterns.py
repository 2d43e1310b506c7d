"""What exporters write in parts is seen as the one operation that it is."""

import math
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from convolens.nn.onnx.graph import Operation
from convolens.ops.arrays import Array

CLOSE = 1e-4
"""How far a number may be off for one that a formula has; files hold them rounded, to float16, too."""
DEEPEST = 4
"""Products within products that are looked through."""


class Recogniser:
    """
    Looks for patterns among the operations that it has seen.

    Parameters
    ----------
    constants : mapping of str to ndarray
        What is known, up to now.
    shape_of : callable
        Gives the shape of a value.
    """

    def __init__(self, constants: Mapping[str, Array], shape_of: Callable[[str], tuple[int, ...]]) -> None:
        self.constants, self.shape_of = constants, shape_of
        self.makers: dict[str, Operation] = {}

    def recognised(self, operation: Operation) -> Operation:
        """Return the one operation that this is the end of, or itself, and remember it."""
        self.makers |= {name: operation for name in operation.outputs if name}
        attempts = (pattern(self, operation) for pattern in PATTERNS.get(operation.kind, ()))
        found = next((attempt for attempt in attempts if attempt is not None), operation)
        self.makers[operation.outputs[0]] = found
        return found

    def maker(self, name: str, *kinds: str) -> Operation | None:
        """Return the operation of one of these kinds that makes a value."""
        found = self.makers.get(name)
        return found if found is not None and found.kind in kinds else None

    def number(self, name: str | None) -> float | None:
        """Return the one number that a value is."""
        array = self.constants.get(name or "")
        return float(array.reshape(())) if array is not None and array.size == 1 else None

    def is_number(self, name: str | None, value: float) -> bool:
        """Tell whether a value is this number."""
        found = self.number(name)
        return found is not None and math.isclose(found, value, rel_tol=CLOSE)

    def with_number(self, operation: Operation | None) -> tuple[str, float] | None:
        """Return the other value and the number that two are added or multiplied of."""
        if operation is None or len(operation.inputs) != 2:
            return None
        for value, other in (operation.inputs, operation.inputs[::-1]):
            number = self.number(other)
            if number is not None and value not in self.constants:
                return value, number
        return None

    def factors(self, name: str, depth: int = DEEPEST) -> tuple[float, list[str]]:
        """Write a value as a number times values that are no products themselves, or too deep within them."""
        operation = self.maker(name, "Mul", "Div")
        if operation is None or len(operation.inputs) != 2 or not depth:
            return 1, [name]
        first, second = operation.inputs
        if operation.kind == "Div":
            divisor = self.number(second)
            if not divisor:
                return 1, [name]
            number, values = self.factors(first, depth - 1)
            return number / divisor, values
        numbers, values = 1.0, list[str]()
        for part in (first, second):
            known = self.number(part)
            factor, more = self.factors(part, depth - 1) if known is None else (known, [])
            numbers *= factor
            values += more
        return numbers, values

    def gate(self, name: str) -> str | None:
        """Return x where a value is clip(x + 3, 0, 6)."""
        clip = self.maker(name, "Clip")
        if clip is None or not self._clips(clip, 0, 6):
            return None
        shifted = self.with_number(self.maker(clip.inputs[0], "Add"))
        return shifted[0] if shifted is not None and math.isclose(shifted[1], 3) else None

    def _clips(self, clip: Operation, low: float, high: float) -> bool:
        return self.number(clip.given(1)) == low and self.number(clip.given(2)) == high


def _product(seen: Recogniser, operation: Operation) -> Operation | None:
    """GELU, SiLU, hard-swish and hard-sigmoid: products of x and a gate that x opens."""
    number, values = seen.factors(operation.outputs[0])
    if len(values) == 1 and math.isclose(number, 1 / 6, rel_tol=CLOSE):
        x = seen.gate(values[0])
        attributes = {"alpha": 1 / 6, "beta": 0.5}
        return None if x is None else replace(operation, kind="HardSigmoid", inputs=(x,), attributes=attributes)
    if len(values) != 2:
        return None
    for x, gate in (values, values[::-1]):
        kind = _gated(seen, x, gate, number)
        if kind:
            return replace(operation, kind=kind, inputs=(x,), attributes={})
    return None


def _gated(seen: Recogniser, x: str, gate: str, number: float) -> str | None:
    """Name the function that a number · x · gate is."""
    if math.isclose(number, 0.5, rel_tol=CLOSE):
        raised = seen.with_number(seen.maker(gate, "Add"))
        error = seen.maker(raised[0], "Erf") if raised is not None and raised[1] == 1 else None
        if error is None:
            return None
        scale, inner = seen.factors(error.inputs[0])
        return "Gelu" if inner == [x] and math.isclose(scale, math.sqrt(0.5), rel_tol=CLOSE) else None
    if math.isclose(number, 1 / 6, rel_tol=CLOSE):
        return "HardSwish" if seen.gate(gate) == x else None
    maker = seen.maker(gate, "Sigmoid", "HardSigmoid")
    if maker is None or maker.inputs != (x,) or not math.isclose(number, 1):
        return None
    if maker.kind == "Sigmoid":
        return "Silu"
    slope, offset = maker.get("alpha", 0.2), maker.get("beta", 0.5)
    return "HardSwish" if math.isclose(slope, 1 / 6, rel_tol=CLOSE) and offset == 0.5 else None


def _normalisation(seen: Recogniser, operation: Operation) -> Operation | None:
    """(x − mean) / √(variance + ε) along one axis."""
    difference = seen.maker(operation.inputs[0], "Sub")
    root = seen.maker(operation.inputs[1], "Sqrt")
    raised = seen.with_number(seen.maker(root.inputs[0], "Add")) if root is not None else None
    if difference is None or raised is None:
        return None
    mean, variance = seen.maker(difference.inputs[1], "ReduceMean"), seen.maker(raised[0], "ReduceMean")
    if mean is None or variance is None or mean.inputs[0] != difference.inputs[0]:
        return None
    axes = _axes(seen, mean)
    if axes is None or len(axes) != 1 or axes != _axes(seen, variance) or variance.inputs[0] == mean.inputs[0]:
        return None
    squares = seen.maker(variance.inputs[0], "Pow", "Mul")
    centred = difference.outputs[0]
    if squares is None or squares.inputs[0] != centred:
        return None
    if not (seen.is_number(squares.inputs[1], 2) if squares.kind == "Pow" else squares.inputs[1] == centred):
        return None
    attributes = {"axis": axes[0], "epsilon": raised[1]}
    return replace(operation, kind="Normalise", inputs=(mean.inputs[0],), attributes=attributes)


def _axes(seen: Recogniser, mean: Operation) -> list[int] | None:
    """Return the axes of a mean that keeps them."""
    array = seen.constants.get(mean.given(1) or "")
    axes = mean.get("axes") if array is None else array.tolist()
    return list(axes) if axes is not None and mean.get("keepdims", 1) else None


def _dense(seen: Recogniser, operation: Operation) -> Operation | None:
    """A matrix product and the bias behind it."""
    for product, bias in (operation.inputs, operation.inputs[::-1]):
        maker, array = seen.maker(product, "MatMul"), seen.constants.get(bias)
        if maker is None or array is None:
            continue
        matrix = seen.constants.get(maker.inputs[1])
        if matrix is None or matrix.ndim != 2 or not 1 <= array.ndim <= len(seen.shape_of(product)):
            continue
        if array.size == matrix.shape[1] == array.shape[-1]:
            return replace(operation, kind="MatMul", inputs=(*maker.inputs, bias), attributes={})
    return None


def _groups(seen: Recogniser, operation: Operation) -> Operation | None:
    """Group normalisation as instance normalisation of groups that were made channels, without scale and shift."""
    normal = seen.maker(operation.inputs[0], "InstanceNormalization")
    before = seen.maker(normal.inputs[0], "Reshape") if normal is not None else None
    if normal is None or before is None:
        return None
    shape, scale, shift = (
        seen.constants.get(name) for name in (before.inputs[1], normal.inputs[1], normal.inputs[2])
    )
    after = seen.constants.get(operation.inputs[1])
    if shape is None or scale is None or shift is None or after is None or len(shape) != 3:
        return None
    before_shape = seen.shape_of(before.inputs[0])
    cells = math.prod(before_shape[1:]) // len(scale)
    if not (np.all(scale == 1) and np.all(shift == 0) and len(scale) == shape[1] and shape[2] in (-1, cells)):
        return None
    if tuple(after) != before_shape and tuple(after) != (0, *before_shape[1:]):
        return None
    attributes = {"epsilon": normal.get("epsilon", 1e-5), "num_groups": int(shape[1])}
    return replace(operation, kind="NormaliseGroups", inputs=(before.inputs[0],), attributes=attributes)


def _strided(seen: Recogniser, operation: Operation) -> Operation | None:
    """Every number in its place, gathered from a list of all, as PyTorch writes a change of strides."""
    flat, indices = seen.maker(operation.inputs[0], "Reshape"), seen.constants.get(operation.inputs[1])
    if flat is None or indices is None or seen.constants[flat.inputs[1]].tolist() != [-1]:
        return None
    count = math.prod(seen.shape_of(flat.inputs[0]))
    if indices.size != count or not np.array_equal(indices.reshape(-1), np.arange(count)):
        return None
    attributes = {"shape": indices.shape}
    return replace(operation, kind="Reshape", inputs=flat.inputs[:1], attributes=attributes)


PATTERNS: dict[str, tuple[Callable[[Recogniser, Operation], Operation | None], ...]] = {
    "Mul": (_product,),
    "Div": (_product, _normalisation),
    "Add": (_dense,),
    "Gather": (_strided,),
    "Reshape": (_groups,),
}
