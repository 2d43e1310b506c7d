"""The formulae of a layer with its own numbers put in."""

import math
from collections.abc import Callable, Iterable
from fractions import Fraction

from convolens.spec.geometry import ConvSpec
from convolens.spec.pooling import PoolSpec
from convolens.spec.stack import Layer


def window_formula(
    size: int,
    window: int,
    *,
    pads: tuple[int, int] = (0, 0),
    stride: int = 1,
    dilation: int = 1,
    ceil: bool = False,
) -> str:
    """
    Write the output size of a sliding window, with its numbers, along one dimension.

    Parameters
    ----------
    size, window : int
        Cells of the input, and of the window without dilation.
    pads : tuple of int
        Cells of border before and after.
    stride, dilation : int
        As everywhere.
    ceil : bool
        Whether the last, incomplete step counts.

    Examples
    --------
    >>> print(window_formula(224, 7, pads=(3, 3), stride=2))
    (224 + 2·3 − 7) / 2 + 1 = 112.5 → 112
    >>> print(window_formula(7, 3))
    7 − 3 + 1 = 5
    >>> print(window_formula(7, 2, pads=(0, 1), dilation=2))
    7 + 0 + 1 − 2·(2 − 1) − 1 + 1 = 6
    """
    before, after = pads
    border = _sides("+", before, after)
    span = f" − {window}" if dilation == 1 else f" − {dilation}·({window} − 1) − 1"
    room = size + before + after - dilation * (window - 1) - 1
    steps = f"{size}{border}{span}" if stride == 1 else f"({size}{border}{span}) / {stride}"
    exact = Fraction(room, stride) + 1
    whole = math.ceil(exact) if ceil else math.floor(exact)
    return f"{steps} + 1 = {_decimal(exact)}" + (f" → {whole}" if exact != whole else "")


def _sides(sign: str, before: int, after: int) -> str:
    if before != after:
        return f" {sign} {before} {sign} {after}"
    return f" {sign} 2·{before}" if before else ""


def _decimal(number: Fraction) -> str:
    text = f"{float(number):.3f}".rstrip("0")
    return str(number) if text.endswith(".") else text


def transposed_formulas(spec: ConvSpec) -> tuple[str, ...]:
    """
    Write the output size of the transposed convolution that ``spec`` goes back from, along each dimension.

    Examples
    --------
    >>> from convolens.spec.transposed import transposed_spec
    >>> print(*transposed_formulas(transposed_spec((8, 14), (8, 4, 3), stride=2, padding=1, output_padding=1)))
    (14 − 1)·2 − 2·1 + 3 + 1 = 28
    """
    lines = []
    for axis, (before, after) in enumerate(spec.pads):
        kernel, step, dilation = spec.kernel_size[axis], spec.stride[axis], spec.dilation[axis]
        steps = (spec.output_size[axis] - 1) * step
        extra = spec.input_size[axis] - (steps - before - after + spec.window_size[axis])
        border = _sides("−", before, after)
        span = f" + {kernel}" if dilation == 1 else f" + {dilation}·({kernel} − 1) + 1"
        more = f" + {extra}" if extra else ""
        lines.append(f"({spec.output_size[axis]} − 1)·{step}{border}{span}{more} = {spec.input_size[axis]}")
    return tuple(lines)


def size_formulas(spec: ConvSpec | PoolSpec) -> tuple[str, ...]:
    """
    Write the output size of a layer along each dimension.

    Examples
    --------
    >>> print(*size_formulas(PoolSpec((1, 6, 7), (3, 3), stride=2, ceil_mode=True)), sep="; ")
    (6 − 3) / 2 + 1 = 2.5 → 3; (7 − 3) / 2 + 1 = 3
    """
    kernel, ceil = (spec.kernel_size, False) if isinstance(spec, ConvSpec) else (spec.window, spec.ceil_mode)
    lines = []
    for axis, outputs in enumerate(spec.output_size):
        line = window_formula(
            spec.input_size[axis],
            kernel[axis],
            pads=spec.pads[axis],
            stride=spec.stride[axis],
            dilation=spec.dilation[axis],
            ceil=ceil,
        )
        late = "" if line.endswith(f" {outputs}") else f" → {outputs} (the last window would start past the input)"
        lines.append(line + late)
    return tuple(lines)


def layer_formulas(layer: Layer) -> dict[str, str]:
    """
    Write what a layer's size, parameters and multiply-adds come from, with its numbers put in.

    Returns
    -------
    dict of str to str
        Some of ``"size"``, ``"parameters"`` and ``"multiply-adds"``; empty for activations. Where the formula
        is the same along all dimensions, it is written once.

    Examples
    --------
    >>> from convolens.spec.stack_text import parse_stack
    >>> for what, formula in layer_formulas(parse_stack("3x224x224 conv:64,k7,s2,p3").layers[0]).items():
    ...     print(what, formula)
    size (224 + 2·3 − 7) / 2 + 1 = 112.5 → 112
    parameters 64·3·7·7 + 64 = 9,472
    multiply-adds 64·3·7·7 · 112·112 = 118,013,952
    """
    write = _FORMULAS.get(layer.kind)
    return write(layer) if write else {}


def _convolution(layer: Layer) -> dict[str, str]:
    spec = layer.spec
    assert isinstance(spec, ConvSpec)
    weights = _weights(spec)
    return _window(layer) | {
        "parameters": f"{weights}{_bias(spec.bias, spec.out_channels)} = {layer.parameters:,}",
        "multiply-adds": f"{weights} · {_product(layer.output_size)} = {layer.macs:,}",
    }


def _transposed(layer: Layer) -> dict[str, str]:
    spec = layer.spec
    assert isinstance(spec, ConvSpec)
    weights = _weights(spec)
    bias = _bias(layer.parameters > spec.weights, spec.in_channels)
    return {
        "size": _once(transposed_formulas(spec)),
        "parameters": f"{weights}{bias} = {layer.parameters:,}",
        "multiply-adds": f"{weights} · {_product(spec.output_size)} = {layer.macs:,}",
    }


def _window(layer: Layer) -> dict[str, str]:
    assert layer.spec is not None
    return {"size": _once(size_formulas(layer.spec))}


def _dense(layer: Layer) -> dict[str, str]:
    inputs, outputs = math.prod(layer.input_shape), layer.output_shape[0]
    weights = f"{_product(layer.input_shape)} · {outputs:,}"
    bias = _bias(layer.parameters > inputs * outputs, outputs)
    return {
        "parameters": f"{weights}{bias} = {layer.parameters:,}",
        "multiply-adds": f"{weights} = {layer.macs:,}",
    }


def _adaptive(layer: Layer) -> dict[str, str]:
    shares = zip(layer.input_shape[1:], layer.output_size, strict=True)
    words = (f"{cells} cells in " + ("one window" if n == 1 else f"{n} windows") for cells, n in shares)
    return {"size": _once(words)}


def _normalise(layer: Layer) -> dict[str, str]:
    return {
        "parameters": f"2·{layer.output_shape[0]:,} = {layer.parameters:,}",
        "multiply-adds": f"{_product(layer.output_shape)} = {layer.macs:,}",
    }


_FORMULAS: dict[str, Callable[[Layer], dict[str, str]]] = {
    "conv": _convolution,
    "transposed": _transposed,
    "pool": _window,
    "dense": _dense,
    "adaptive": _adaptive,
    "normalise": _normalise,
}


def _once(formulas: Iterable[str]) -> str:
    return "; ".join(dict.fromkeys(formulas))


def _weights(spec: ConvSpec) -> str:
    kernels, per_group, *kernel = spec.weight_shape
    channels = f"{per_group:,}" if spec.groups == 1 else f"{spec.in_channels:,}/{spec.groups:,}"
    return f"{kernels:,}·{channels}·{_product(kernel)}"


def _product(numbers: list[int] | tuple[int, ...]) -> str:
    return "·".join(f"{number:,}" for number in numbers)


def _bias(has_bias: bool, outputs: int) -> str:
    return f" + {outputs:,}" if has_bias else ""
