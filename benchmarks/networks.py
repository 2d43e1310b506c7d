"""The networks that are measured whole, with random weights; fewer channels, a ``width``, make small ones."""

import functools
from collections.abc import Callable

import numpy as np

from convolens.nn import (
    Activation,
    Add,
    BatchNorm,
    Concat,
    Conv,
    ConvTranspose,
    Dense,
    Flatten,
    GlobalPool,
    Network,
    Pool,
)

Shape = tuple[int, ...]


def vgg16(shape: Shape, width: int) -> Network:
    """Return the 16 layers of Simonyan and Zisserman, 2014, arXiv:1409.1556."""
    network, hidden = Network(shape), 64 * width
    for stage, count in enumerate((2, 2, 3, 3, 3)):
        for _ in range(count):
            network.add(Conv(width * min(8, 2**stage), 3, padding=1))
            network.add(Activation("relu"))
        network.add(Pool("max", 2))
    network.add(Flatten())
    for _ in range(2):
        network.add(Dense(hidden))
        network.add(Activation("relu"))
    network.add(Dense(1000))
    return network


def resnet18(shape: Shape, width: int) -> Network:
    """Return the 18 layers of He et al., 2015, arXiv:1512.03385."""
    return _resnet(shape, width, (2, 2, 2, 2), is_deep=False)


def resnet50(shape: Shape, width: int) -> Network:
    """Return the 50 layers of He et al., 2015, with the stride in the middle of a block as all use them."""
    return _resnet(shape, width, (3, 4, 6, 3), is_deep=True)


def _resnet(shape: Shape, width: int, stages: tuple[int, ...], *, is_deep: bool) -> Network:
    network = Network(shape)
    _convolved(network, Conv(width, 7, stride=2, padding=3, bias=False))
    network.add(Pool("max", 3, stride=2, padding=1))
    for stage, blocks in enumerate(stages):
        for block in range(blocks):
            kernels, stride, before = width * 2**stage, 2 if stage and not block else 1, network.last
            wide = Conv(kernels, 3, stride=stride, padding=1, bias=False)
            if is_deep:
                _convolved(network, Conv(kernels, 1, bias=False))
                _convolved(network, wide)
                last = Conv(4 * kernels, 1, bias=False)
            else:
                _convolved(network, wide)
                last = Conv(kernels, 3, padding=1, bias=False)
            found = _convolved(network, last, activation=None)
            if network.shapes[before] != network.shapes[found]:
                shortcut = Conv(last.kernels, 1, stride=stride, bias=False)
                before = _convolved(network, shortcut, before, activation=None)
            network.add(Add(), found, before)
            network.add(Activation("relu"))
    for layer in (GlobalPool("mean"), Flatten(), Dense(1000)):
        network.add(layer)
    return network


def mobilenet_v2(shape: Shape, width: int) -> Network:
    """Return the inverted residuals of Sandler et al., 2018, arXiv:1801.04381."""
    network = Network(shape)
    _convolved(network, Conv(width, 3, stride=2, padding=1, bias=False), activation="relu6")
    unit = width // 4
    for expansion, units, blocks, first in (
        (1, 2, 1, 1), (6, 3, 2, 2), (6, 4, 3, 2), (6, 8, 4, 2), (6, 12, 3, 1), (6, 20, 3, 2), (6, 40, 1, 1)
    ):  # fmt: skip
        for block in range(blocks):
            before, stride = network.last, 1 if block else first
            channels = network.shapes[before][0]
            inner = expansion * channels
            if expansion > 1:
                _convolved(network, Conv(inner, 1, bias=False), activation="relu6")
            depthwise = Conv(inner, 3, stride=stride, padding=1, groups=0, bias=False)
            _convolved(network, depthwise, activation="relu6")
            found = _convolved(network, Conv(units * unit, 1, bias=False), activation=None)
            if network.shapes[found] == network.shapes[before]:
                network.add(Add(), found, before)
    _convolved(network, Conv(40 * width, 1, bias=False), activation="relu6")
    for layer in (GlobalPool("mean"), Flatten(), Dense(1000)):
        network.add(layer)
    return network


def u_net(shape: Shape, width: int) -> Network:
    """Return the way down and up of Ronneberger et al., 2015, arXiv:1505.04597, padded, and normalised."""
    network, aside = Network(shape), list[str]()
    for depth in range(5):
        for _ in range(2):
            _convolved(network, Conv(width * 2**depth, 3, padding=1, bias=False))
        if depth < 4:
            aside.append(network.last)
            network.add(Pool("max", 2))
    for depth in reversed(range(4)):
        network.add(ConvTranspose(width * 2**depth, 2, stride=2))
        network.add(Concat(), aside[depth], network.last)
        for _ in range(2):
            _convolved(network, Conv(width * 2**depth, 3, padding=1, bias=False))
    network.add(Conv(2, 1))
    return network


def digits(shape: Shape, width: int) -> Network:
    """Return two convolutions and one fully connected layer."""
    text = f"conv {width},k3 relu max 2 conv {2 * width},k3 relu max 2 flatten dense 10"
    return Network.from_text(text, shape)


def cifar_vgg(shape: Shape, width: int) -> Network:
    """Return a VGG for pictures of 32 × 32: six convolutions, normalised, and two fully connected layers."""
    block = "conv {0},k3,same,nobias bn relu conv {0},k3,same,nobias bn relu max 2 "
    text = "".join(block.format(width * 2**i) for i in range(3))
    return Network.from_text(f"{text} flatten dense {4 * width} relu dense 10", shape)


def _convolved(network: Network, conv: Conv, *inputs: str, activation: str | None = "relu") -> str:
    """Add a convolution, its normalisation and activation; return the last node."""
    network.add(conv, *inputs)
    found = network.add(BatchNorm())
    return network.add(Activation(activation)) if activation else found


NETWORKS: dict[str, Callable[[Shape, int], Network]] = {
    "vgg16": vgg16,
    "resnet18": resnet18,
    "resnet50": resnet50,
    "mobilenetv2": mobilenet_v2,
    "unet": u_net,
    "digits": digits,
    "cifar-vgg": cifar_vgg,
}


@functools.lru_cache(maxsize=1)
def build(name: str, shape: Shape, width: int) -> Network:
    """Build a network, and give normalisation a history other than that it begins with."""
    network, random = NETWORKS[name](shape, width), np.random.default_rng(7)
    for part, array in network.statistics.items():
        array[...] = random.uniform(0.9, 1.1, array.shape) - part.endswith("mean")
    return network


def in_double(network: Network) -> Network:
    """Return the same network with weights in float64."""
    copy = Network(network.input_shape)
    copy.nodes, copy.shapes = network.nodes, network.shapes
    copy.weights, copy.statistics = (
        {name: array.astype(np.float64) for name, array in arrays.items()}
        for arrays in (network.weights, network.statistics)
    )
    return copy


def multiply_adds(network: Network) -> int:
    """Count those with weights, for one item."""
    return sum(node.layer.multiply_adds(*map(network.shapes.__getitem__, node.inputs)) for node in network.nodes)
