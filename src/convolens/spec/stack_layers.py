"""The layers that a stack written as text may have: each reads its options and adds itself to the stack."""

from collections.abc import Callable
from typing import Any

from convolens.errors import SpecError, unknown_name
from convolens.spec.geometry import ConvSpec
from convolens.spec.pooling import PoolSpec
from convolens.spec.stack import Stack
from convolens.spec.stack_options import read_options
from convolens.spec.transposed import transposed_spec


def add_layer(stack: Stack, text: str) -> Stack:
    """
    Add the layer that ``text`` describes.

    Raises
    ------
    SpecError
        If an option cannot be read, or the layer does not fit its input.
    UnknownNameError
        For an unknown layer or option.

    Examples
    --------
    >>> add_layer(Stack((3, 224, 224)), "conv:64,k7,s2,p3").output_shape
    (64, 112, 112)
    """
    name, _, options = text.partition(":")
    if name.lower() not in _LAYERS:
        raise unknown_name("layer", name, _LAYERS)
    return _LAYERS[name.lower()](stack, text, options.lower().replace("×", "x").split(",") if options else [])


def _need(options: dict[str, Any], key: str, example: str) -> Any:
    if key not in options:
        raise SpecError(f"the {key if key != 'main' else 'number'} is missing; write, for example, {example}")
    return options.pop(key)


def _single(value: int | tuple[int, ...], example: str) -> int:
    if isinstance(value, tuple):
        raise SpecError(f"one number is wanted, not {'x'.join(map(str, value))}; write, for example, {example}")
    return value


def _windowed(stack: Stack, options: dict[str, Any], kernel: int | tuple[int, ...]) -> tuple[int, tuple[int, ...]]:
    """Give the input's channels and the kernel's size in every dimension; a lone pair of pads is for all."""
    if len(stack.output_shape) < 2:
        raise SpecError(
            f"it needs channels and a size, but its input {stack.output_shape} is a vector; "
            "put it before 'flatten' and fully connected layers"
        )
    dims = len(stack.output_shape) - 1
    if isinstance(options.get("padding"), tuple) and isinstance(options["padding"][0], tuple):
        options["padding"] *= dims if len(options["padding"]) == 1 else 1
    size = kernel if isinstance(kernel, tuple) else (kernel,) * dims
    if len(size) != dims:
        raise SpecError(f"the kernel has {len(size)} sizes, but the input has {dims}; give one number or {dims}")
    return stack.output_shape[0], size


def _convolution(stack: Stack, text: str, words: list[str]) -> Stack:
    example = "conv:64,k3"
    options = read_options(
        words, "main", "kernel", "stride", "padding", "dilation", "groups", "bias", "border", "flip"
    )
    kernels = _single(_need(options, "main", example), example)
    channels, size = _windowed(stack, options, _need(options, "kernel", example))
    groups = _single(options.setdefault("groups", 1), "g4")
    if groups < 1 or channels % groups:
        raise SpecError(f"groups={groups} must divide the input's {channels} channels")
    return _add_convolution(stack, text, (kernels, channels // groups, *size), options)


def _transposed(stack: Stack, text: str, words: list[str]) -> Stack:
    example = "deconv:32,k4,s2,p1"
    options = read_options(
        words, "main", "kernel", "stride", "padding", "output_padding", "dilation", "groups", "bias", "flip"
    )
    kernels, bias = _single(_need(options, "main", example), example), options.pop("bias", True)
    channels, size = _windowed(stack, options, _need(options, "kernel", example))
    groups = _single(options.get("groups", 1), "g4")
    if groups < 1 or kernels % groups or channels % groups:
        raise SpecError(f"groups={groups} must divide the input's {channels} channels and the {kernels} kernels")
    weight_shape = (channels, kernels // groups, *size)
    spec = transposed_spec(stack.output_shape, weight_shape, dtype=stack.dtype, **options)
    return stack.then_transposed(text, spec, bias=bias)


def _depthwise(stack: Stack, text: str, words: list[str]) -> Stack:
    options = read_options(words, "main", "kernel", "stride", "padding", "dilation", "bias", "border", "flip")
    times = _single(options.pop("main", 1), "dw:2,k3")
    channels, size = _windowed(stack, options, _need(options, "kernel", "dw:k3"))
    return _add_convolution(stack, text, (times * channels, 1, *size), options | {"groups": channels})


def _add_convolution(stack: Stack, text: str, weight_shape: tuple[int, ...], options: dict[str, Any]) -> Stack:
    spec = ConvSpec(stack.output_shape, weight_shape, dtype=stack.dtype, **({"bias": True} | options))
    return stack.then(text, spec)


def _pooling(stack: Stack, text: str, words: list[str]) -> Stack:
    options = read_options(words, "main", "kernel", "stride", "padding", "dilation", "ceil_mode")
    window = options.pop("kernel", None) if "main" not in options else options.pop("main")
    if window is None or "kernel" in options:
        raise SpecError("give the window once; write, for example, max:3,s2")
    _, size = _windowed(stack, options, window)
    return stack.then(text, PoolSpec(stack.output_shape, size, dtype=stack.dtype, **options))


def _adaptive(stack: Stack, text: str, words: list[str]) -> Stack:
    size = _need(read_options(words, "main"), "main", "adaptive:7x7")
    return stack.then_adaptive(text, size)


def _global(stack: Stack, text: str, words: list[str]) -> Stack:
    read_options(words)
    return stack.then_adaptive(text, 1)


def _dense(stack: Stack, text: str, words: list[str]) -> Stack:
    options = read_options(words, "main", "bias")
    outputs = _single(_need(options, "main", "dense:10"), "dense:10")
    return stack.then_dense(text, outputs, bias=options.get("bias", True))


def _plain(add: Callable[[Stack, str], Stack]) -> Callable[[Stack, str, list[str]], Stack]:
    def layer(stack: Stack, text: str, words: list[str]) -> Stack:
        read_options(words)
        return add(stack, text)

    return layer


_ACTIVATIONS = (
    "relu", "relu6", "leaky-relu", "elu", "selu", "gelu", "silu", "swish", "mish", "sigmoid", "tanh", "softplus",
    "softmax", "hardswish", "hardsigmoid", "dropout", "lrn", "identity",
)  # fmt: skip

_LAYERS: dict[str, Callable[[Stack, str, list[str]], Stack]] = {
    "conv": _convolution,
    "dw": _depthwise,
    "depthwise": _depthwise,
    **dict.fromkeys(("deconv", "convt", "transposed"), _transposed),
    **dict.fromkeys(("max", "avg", "lp"), _pooling),
    **dict.fromkeys(("adaptive", "adaptive-avg", "adaptive-max"), _adaptive),
    **dict.fromkeys(("global", "gap", "gmp"), _global),
    **dict.fromkeys(("dense", "fc", "linear"), _dense),
    "bn": _plain(Stack.then_normalise),
    "flatten": _plain(Stack.then_flatten),
    **dict.fromkeys(_ACTIVATIONS, _plain(Stack.then_activation)),
}
