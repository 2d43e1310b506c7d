"""Networks and layers written as text, ``conv 16,k3 relu max 2``, as :func:`convolens.parse_stack` writes them."""

import re
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

from convolens.errors import ConvolensError, SpecError, unknown_name
from convolens.nn.activation import Activation, Dropout, PRelu, Softmax
from convolens.nn.convolution import Conv, ConvTranspose
from convolens.nn.dense import Dense
from convolens.nn.layer import Layer, Shape, describe
from convolens.nn.merge import Add, Concat, Multiply
from convolens.nn.normalise import BatchNorm, GroupNorm, LayerNorm
from convolens.nn.pooling import AdaptivePool, GlobalPool, Pool
from convolens.nn.reshape import Flatten, PixelShuffle, Upsample
from convolens.ops.activations import ACTIVATIONS
from convolens.spec.stack_options import SIZES, read_options
from convolens.spec.stack_text import Word

if TYPE_CHECKING:
    from convolens.nn.network import Network

_DECIMAL = re.compile(r"0?\.\d+|0")
_SMALL = re.compile(r"\d*\.?\d+(?:e-\d+)?")

CONVOLUTION = ("main", "kernel", "stride", "padding", "dilation", "groups", "bias", "border", "flip")
MERGES: dict[str, Callable[[], Layer]] = {"add": Add, "concat": Concat, "multiply": Multiply}


def shape_of(words: list[Word]) -> list[int]:
    """Take the shape of the input off the words that begin with it."""
    if not words or not SIZES.fullmatch(words[0].text.replace("×", "x")):
        found = repr(words[0].text) if words else "nothing"
        raise SpecError(f"a network begins with the shape of its input, such as 1x28x28, not {found}")
    return [int(size) for size in words.pop(0).text.replace("×", "x").split("x")]


def add_words(network: "Network", words: Iterable[Word]) -> None:
    """Add what words say to a network; :meth:`Network.from_text` tells which there are."""
    last = network.last
    for number, word in enumerate(words, 1):
        try:
            last = _add_word(network, word.text, last)
        except ConvolensError as error:
            place = f"layer {number} {word.text!r} at character {word.position}"
            raise type(error)(f"{place}, on input {describe(network.shapes[last])}: {error}") from None
    if last != network.last:
        raise SpecError(f"the text ends with a way back to {last!r}; say what is done from there")


def _add_word(network: "Network", text: str, last: str) -> str:
    """Add what a word says to a node's output; return the node that the next word goes on from."""
    name, named, rest = text.rpartition("=")
    kind, _, options = rest.partition(":")
    if kind in MERGES and options:
        return network.add(MERGES[kind](), last, *options.split(","), name=name or None)
    if kind == "from" and not named:
        if options not in network.shapes:
            raise unknown_name("node", options, network.shapes)
        return options
    *before, layer = layers_of(rest, network.shapes[last])
    for one in before:
        last = network.add(one, last)
    return network.add(layer, last, name=name or None)


def layers_of(text: str, shape: Shape) -> list[Layer]:
    """
    Read the one layer, or the two of a separable convolution, that a word stands for.

    Parameters
    ----------
    text : str
        The word: a name, and options after a colon.
    shape : tuple of int
        What it will be given, without the batch.

    Raises
    ------
    SpecError
        If an option cannot be read.
    UnknownNameError
        For an unknown layer or option.

    Examples
    --------
    >>> [str(layer) for layer in layers_of("separable:32,k3,same", (16, 8, 8))]
    ["Conv(16, 3, padding='same', groups=0)", 'Conv(32, 1)']
    """
    name, _, options = text.partition(":")
    name = name.lower()
    if name in MERGES:
        raise SpecError(f"name what {name!r} takes beside the last output: a=relu, and later {name}:a")
    if name not in LAYERS:
        raise unknown_name("layer", name, [*LAYERS, *MERGES, "from"])
    return LAYERS[name](options.lower().replace("×", "x").split(",") if options else [], shape)


def _wanted(options: dict[str, Any], key: str, example: str) -> Any:
    if key not in options:
        raise SpecError(f"the {key if key != 'main' else 'number'} is missing; write, for example, {example}")
    return options.pop(key)


def _single(value: Any, example: str) -> int:
    if isinstance(value, tuple):
        raise SpecError(f"one number is wanted, not {'x'.join(map(str, value))}; write, for example, {example}")
    return int(value)


def _renamed(options: dict[str, Any], kernel: str, dims: int) -> dict[str, Any]:
    """Call the kernel's size as a layer does, and take a lone pair of pads for all dimensions."""
    if "kernel" in options:
        options[kernel] = options.pop("kernel")
    if isinstance(options.get("padding"), tuple) and isinstance(options["padding"][0], tuple):
        options["padding"] *= dims if len(options["padding"]) == 1 else 1
    return options


def _conv(words: list[str], shape: Shape) -> list[Layer]:
    options = _renamed(read_options(words, *CONVOLUTION), "size", len(shape) - 1)
    kernels = _single(_wanted(options, "main", "conv 16,k3"), "conv 16,k3")
    if "groups" in options:
        options["groups"] = _single(options["groups"], "g4")
    return [Conv(kernels, **options)]


def _depthwise(words: list[str], shape: Shape) -> list[Layer]:
    options = _renamed(read_options(words, *(c for c in CONVOLUTION if c != "groups")), "size", len(shape) - 1)
    return [Conv(_single(options.pop("main", 1), "dw:2,k3") * shape[0], groups=0, **options)]


def _separable(words: list[str], shape: Shape) -> list[Layer]:
    options = _renamed(read_options(words, *(c for c in CONVOLUTION if c != "groups")), "size", len(shape) - 1)
    kernels = _single(_wanted(options, "main", "separable:32,k3"), "separable:32,k3")
    return [Conv(shape[0], groups=0, **options), Conv(kernels, 1, bias=options.get("bias", True))]


def _transposed(words: list[str], shape: Shape) -> list[Layer]:
    allowed = ("main", "kernel", "stride", "padding", "output_padding", "dilation", "groups", "bias", "flip")
    options = _renamed(read_options(words, *allowed), "size", len(shape) - 1)
    kernels = _single(_wanted(options, "main", "deconv:32,k4,s2,p1"), "deconv:32,k4,s2,p1")
    return [ConvTranspose(kernels, **options)]


def _pool(take: Any) -> Callable[[list[str], Shape], list[Layer]]:
    def read(words: list[str], shape: Shape) -> list[Layer]:
        options = read_options(words, "main", "kernel", "stride", "padding", "dilation", "ceil_mode")
        if "main" in options and "kernel" in options:
            raise SpecError("give the window once; write, for example, max 3,s2")
        window = options.pop("main", None) or options.pop("kernel", 2)
        return [Pool(take, window, **_renamed(options, "window", len(shape) - 1))]

    return read


def _adaptive(take: Any) -> Callable[[list[str], Shape], list[Layer]]:
    def read(words: list[str], shape: Shape) -> list[Layer]:
        return [AdaptivePool(_wanted(read_options(words, "main"), "main", "adaptive:7x7"), take)]

    return read


def _dense(words: list[str], shape: Shape) -> list[Layer]:
    options = read_options(words, "main", "bias")
    return [Dense(_single(_wanted(options, "main", "dense 10"), "dense 10"), **options)]


def _dropout(words: list[str], shape: Shape) -> list[Layer]:
    if len(words) > 1 or not all(map(_DECIMAL.fullmatch, words)):
        raise SpecError(f"dropout takes one rate below 1, such as dropout:0.3, not {','.join(words)!r}")
    return [Dropout(*map(float, words or ["0.5"]))]


def _layer_norm(words: list[str], shape: Shape) -> list[Layer]:
    if len(words) > 1 or not all(_SMALL.fullmatch(word) and float(word) > 0 for word in words):
        raise SpecError(f"ln takes one number above 0, added to the variance, as ln:1e-5, not {','.join(words)!r}")
    return [LayerNorm(*map(float, words))]


def _upsample(words: list[str], shape: Shape) -> list[Layer]:
    method = words.pop() if words and words[-1] in ("nearest", "bilinear") else "nearest"
    factor = read_options(words, "main").get("main", 2)
    return [Upsample(_single(factor, "upsample:2,bilinear"), method)]  # type: ignore[arg-type]


def _with_number(layer: Callable[[int], Layer], usual: int) -> Callable[[list[str], Shape], list[Layer]]:
    def read(words: list[str], shape: Shape) -> list[Layer]:
        return [layer(_single(read_options(words, "main").get("main", usual), "2"))]

    return read


def _plain(layer: Callable[[], Layer]) -> Callable[[list[str], Shape], list[Layer]]:
    def read(words: list[str], shape: Shape) -> list[Layer]:
        read_options(words)
        return [layer()]

    return read


LAYERS: dict[str, Callable[[list[str], Shape], list[Layer]]] = {
    "conv": _conv,
    **dict.fromkeys(("dw", "depthwise"), _depthwise),
    **dict.fromkeys(("sep", "separable"), _separable),
    **dict.fromkeys(("deconv", "convt", "transposed"), _transposed),
    "max": _pool("max"),
    "avg": _pool("mean"),
    **dict.fromkeys(("adaptive", "adaptive-avg"), _adaptive("mean")),
    "adaptive-max": _adaptive("max"),
    **dict.fromkeys(("global", "gap"), _plain(partial(GlobalPool, "mean"))),
    "gmp": _plain(partial(GlobalPool, "max")),
    **dict.fromkeys(("dense", "fc", "linear"), _dense),
    "bn": _plain(BatchNorm),
    "gn": _with_number(GroupNorm, 1),
    "ln": _layer_norm,
    "prelu": _plain(PRelu),
    "softmax": _plain(Softmax),
    "dropout": _dropout,
    "upsample": _upsample,
    "shuffle": _with_number(PixelShuffle, 2),
    "flatten": _plain(Flatten),
    **{name: _plain(partial(Activation, name)) for name in ACTIVATIONS},
    "swish": _plain(partial(Activation, "silu")),
}
