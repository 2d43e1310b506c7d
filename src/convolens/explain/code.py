"""One convolution layer as programs that run as they stand: NumPy loops, im2col, PyTorch, SciPy, Convolens."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from convolens.errors import unknown_name
from convolens.spec.geometry import ConvSpec
from convolens.spec.layout import LAST

Lines = list[str]

_LOOPS = ("depth", "row", "column")


def code(spec: ConvSpec, style: str) -> str:
    """
    Write the layer of ``spec`` as a Python program.

    Parameters
    ----------
    spec : ConvSpec
        The layer.
    style : str
        ``numpy`` (loops over the output), ``im2col`` (one matrix product), ``pytorch``, ``scipy`` or
        ``convolens``.

    Returns
    -------
    str
        A program that makes random input and weights (the same in every style), computes ``y`` and prints its
        shape and sum. Where a library lacks an option, the program has the lines that make up for it.

    Raises
    ------
    UnknownNameError
        For an unknown style; the nearest names are offered.

    Examples
    --------
    >>> print(code(ConvSpec((1, 28, 28), (8, 1, 3, 3)), "numpy"))
    import numpy as np
    <BLANKLINE>
    random = np.random.default_rng(0)
    x = random.standard_normal((1, 28, 28)).astype(np.float32)
    weight = random.standard_normal((8, 1, 3, 3)).astype(np.float32)
    <BLANKLINE>
    y = np.zeros((8, 26, 26), np.float32)
    for kernel in range(8):
        for row in range(26):
            for column in range(26):
                window = x[:, row : row + 3, column : column + 3]
                y[kernel, row, column] = (window * weight[kernel]).sum()
    <BLANKLINE>
    print(y.shape, y.sum())
    """
    if style not in _STYLES:
        raise unknown_name("style", style, STYLES)
    imports, write = _STYLES[style]
    parts = [["import numpy as np", *imports], _data(spec), write(spec), ["print(y.shape, y.sum())"]]
    return "\n\n".join("\n".join(lines) for lines in parts)


def _data(spec: ConvSpec) -> Lines:
    """Make input, weight and bias."""

    def draw(shape: tuple[int, ...], dtype: np.dtype[Any]) -> str:
        ranges = {"i": "-9, 10", "u": "0, 10", "b": "0, 2"}
        if dtype.kind == "f":
            return f"random.standard_normal({shape}).astype({_dtype(dtype)})"
        return f"random.integers({ranges[dtype.kind]}, {shape}).astype({_dtype(dtype)})"

    lines = ["random = np.random.default_rng(0)", f"x = {draw(spec.input_shape, spec.dtype)}"]
    lines.append(f"weight = {draw(spec.weight_shape, spec.weight_dtype)}")
    return [*lines, f"bias = {draw((spec.out_channels,), spec.weight_dtype)}"] if spec.bias else lines


def _dtype(dtype: np.dtype[Any]) -> str:
    return f"np.{dtype.name}" if dtype.kind != "b" else "bool"


def _prepare(spec: ConvSpec, *, pad: bool = True) -> Lines:
    """Bring input and weight to what a plain loop takes: channels first, wide enough numbers, a border."""
    lines = []
    if spec.layout == LAST:
        lines.append(f"x = np.moveaxis(x, -1, {-1 - spec.dims})  # channels first")
    wide = spec.compute_dtype
    names = [("x", spec.dtype), ("weight", spec.weight_dtype)] + [("bias", spec.weight_dtype)] * spec.bias
    lines += [f"{name} = {name}.astype({_dtype(wide)})" for name, dtype in names if dtype != wide]
    if pad and any(map(any, spec.pads)):
        widths = ((0, 0),) * (len(spec.input_shape) - spec.dims) + spec.pads
        value = f", constant_values={_number(spec.border.value)}" if spec.border.value else ""
        mode = "" if spec.border.mode == "constant" else f', mode="{spec.border.mode}"'
        lines.append(f"x = np.pad(x, {widths}{mode}{value})")
    return lines


def _turn(spec: ConvSpec) -> Lines:
    axes = tuple(range(-spec.dims, 0))
    return [f"weight = np.flip(weight, {axes})  # convolution: kernels turned by 180°"] if spec.flip else []


def _finish(spec: ConvSpec) -> Lines:
    """Bring the output to the layout and dtype that were asked for."""
    lines = [f"y = y.astype({_dtype(spec.result_dtype)})"] if spec.result_dtype != spec.compute_dtype else []
    return lines + ([f"y = np.moveaxis(y, {-1 - spec.dims}, -1)  # channels last"] if spec.layout == LAST else [])


def _batched(spec: ConvSpec) -> bool:
    return len(spec.input_shape) == spec.dims + 2


def _channels_first_output(spec: ConvSpec) -> tuple[int, ...]:
    return ((spec.batch,) if _batched(spec) else ()) + (spec.out_channels, *spec.output_size)


def _loops(names_and_counts: Sequence[tuple[str, int]]) -> Lines:
    """Nest loops, each one step further in."""
    return [f"{'    ' * depth}for {name} in range({n}):" for depth, (name, n) in enumerate(names_and_counts)]


def _first_channel(spec: ConvSpec) -> str:
    """Write the first channel of the group that ``kernel`` belongs to."""
    kernels = spec.out_channels // spec.groups
    text = "kernel" if kernels == 1 else f"kernel // {kernels}"
    return text if spec.weight_shape[1] == 1 else f"{text} * {spec.weight_shape[1]}"


def _numpy(spec: ConvSpec) -> Lines:
    outer = [("item", spec.batch)] * _batched(spec) + [("kernel", spec.out_channels)]
    axes = _LOOPS[-spec.dims :]
    inner = list(zip(axes, spec.output_size, strict=True))
    item = "item, " if _batched(spec) else ""
    loops = _loops(outer)
    if spec.groups > 1:
        loops.append("    " * len(outer) + f"first = {_first_channel(spec)}")
    loops += ["    " * len(outer) + line for line in _loops(inner)]
    indent = "    " * (len(outer) + spec.dims)
    channels = f"first : first + {spec.weight_shape[1]}" if spec.groups > 1 else ":"
    window = ", ".join(
        _slice(axis, stride, size, dilation)
        for axis, stride, size, dilation in zip(axes, spec.stride, spec.window_size, spec.dilation, strict=True)
    )
    bias = " + bias[kernel]" if spec.bias else ""
    return [
        *_prepare(spec),
        *_turn(spec),
        f"y = np.zeros({_channels_first_output(spec)}, {_dtype(spec.compute_dtype)})",
        *loops,
        f"{indent}window = x[{item}{channels}, {window}]",
        f"{indent}y[{item}kernel, {', '.join(axes)}] = (window * weight[kernel]).sum(){bias}",
        *_finish(spec),
    ]


def _slice(axis: str, stride: int, size: int, dilation: int) -> str:
    start = axis if stride == 1 else f"{stride} * {axis}"
    return f"{start} : {start} + {size}" + (f" : {dilation}" if dilation > 1 else "")


def _im2col(spec: ConvSpec) -> Lines:
    dims, batch = spec.dims, _batched(spec)
    n = int(batch)
    spatial = tuple(range(-dims, 0))
    steps = ", ".join(_step(step) for step in (*spec.stride, *spec.dilation))
    thin = f"[..., {steps}]" if max(*spec.stride, *spec.dilation) > 1 else ""
    order = (*range(n + 1), *range(n + 1 + dims, n + 1 + 2 * dims), *range(n + 1, n + 1 + dims))
    rows = spec.weight_shape[1] * math.prod(spec.kernel_size)
    cells = math.prod(spec.output_size)
    lead = (spec.batch,) if batch else ()
    groups = (spec.groups,) if spec.groups > 1 else ()
    bias = [f"y += bias.reshape({(-1, *(1,) * dims)})"] if spec.bias else []
    return [
        *_prepare(spec),
        *_turn(spec),
        f"windows = np.lib.stride_tricks.sliding_window_view(x, {spec.window_size}, {spatial}){thin}",
        f"columns = windows.transpose{order}.reshape{(*lead, *groups, rows, cells)}  # a window in each column",
        f"rows = weight.reshape{(*groups, spec.out_channels // spec.groups, rows)}  # a kernel in each row",
        f"y = (rows @ columns).reshape{_channels_first_output(spec)}",
        *bias,
        *_finish(spec),
    ]


def _step(step: int) -> str:
    return f"::{step}" if step > 1 else ":"


def _pytorch(spec: ConvSpec) -> Lines:
    constant = spec.border.mode == "constant"
    even = all(before == after for before, after in spec.pads)
    in_call = constant and even and not spec.border.value
    options = _options(spec, ("stride", spec.stride), ("dilation", spec.dilation))
    if in_call and any(map(any, spec.pads)):
        options.insert(0, f"padding={_short(tuple(before for before, _ in spec.pads))}")
    if spec.groups > 1:
        options.append(f"groups={spec.groups}")
    tensors = [f"{name} = torch.from_numpy({name})" for name in ("x", "weight", *["bias"] * spec.bias)]
    if constant and not in_call:
        sides = tuple(side for pair in reversed(spec.pads) for side in pair)
        value = f", value={_number(spec.border.value)}" if spec.border.value else ""
        tensors.append(f"x = torch.nn.functional.pad(x, {sides}{value})")
    if spec.flip:
        axes = tuple(range(-spec.dims, 0))
        tensors.append(f"weight = weight.flip({axes})  # convolution: kernels turned by 180°")
    arguments = ", ".join(["x", "weight", *["bias"] * spec.bias, *options])
    return [
        *_prepare(spec, pad=not constant),
        *tensors,
        f"y = torch.nn.functional.conv{spec.dims}d({arguments}).numpy()",
        *_finish(spec),
    ]


def _scipy(spec: ConvSpec) -> Lines:
    batch = _batched(spec)
    item = "item, " if batch else ""
    loops = [("item", spec.batch)] * batch + [
        ("kernel", spec.out_channels),
        ("channel", spec.weight_shape[1]),
    ]
    indent = "    " * len(loops)
    spread = []
    if max(spec.dilation) > 1:
        shape = (*spec.weight_shape[:2], *spec.window_size)
        steps = ", ".join(_step(step) for step in spec.dilation)
        spread = [
            f"spread = np.zeros({shape}, {_dtype(spec.compute_dtype)})",
            f"spread[..., {steps}] = weight  # dilation: zeros between the weights",
            "weight = spread",
        ]
    channel = f"{_first_channel(spec)} + channel" if spec.groups > 1 else "channel"
    thin = f"[{', '.join(map(_step, spec.stride))}]" if max(spec.stride) > 1 else ""
    verb = "convolve" if spec.flip else "correlate"
    call = f'scipy.signal.{verb}(x[{item}{channel}], weight[kernel, channel], mode="valid"){thin}'
    bias = [f"{indent[4:]}y[{item}kernel] += bias[kernel]"] if spec.bias else []
    return [
        *_prepare(spec),
        *spread,
        f"y = np.zeros({_channels_first_output(spec)}, {_dtype(spec.compute_dtype)})",
        *_loops(loops),
        f"{indent}y[{item}kernel] += {call}",
        *bias,
        *_finish(spec),
    ]


def _convolens(spec: ConvSpec) -> Lines:
    options = _options(spec, ("stride", spec.stride))
    if any(map(any, spec.pads)):
        even = all(before == after for before, after in spec.pads)
        pads = _short(tuple(before for before, _ in spec.pads)) if even else str(spec.pads)
        options.append(f"padding={pads}")
        if spec.border.mode != "constant":
            options.append(f'border="{spec.border.mode}"')
        elif spec.border.value:
            options.append(f"border={_number(spec.border.value)}")
    options += _options(spec, ("dilation", spec.dilation))
    options += [f"groups={spec.groups}"] * (spec.groups > 1) + ["flip=True"] * spec.flip
    options += ['layout="channels-last"'] * (spec.layout == LAST)
    arguments = ", ".join(["x", "weight", *["bias"] * spec.bias, *options])
    return [f"y = cl.conv{spec.dims}d({arguments})"]


def _options(spec: ConvSpec, *named: tuple[str, tuple[int, ...]]) -> Lines:
    return [f"{name}={_short(values)}" for name, values in named if set(values) != {1}]


def _short(values: tuple[int, ...]) -> str:
    """Write one number where all are the same."""
    return str(values[0]) if len(set(values)) == 1 else str(values)


def _number(value: float) -> str:
    return repr(value) if math.isfinite(value) else f'float("{value}")'


_STYLES: dict[str, tuple[Lines, Callable[[ConvSpec], Lines]]] = {
    "numpy": ([], _numpy),
    "im2col": ([], _im2col),
    "pytorch": (["import torch"], _pytorch),
    "scipy": (["import scipy.signal"], _scipy),
    "convolens": (["", "import convolens as cl"], _convolens),
}

STYLES = tuple(_STYLES)
