"""How many pipelines a network needs: few, however many shapes its layers have."""

from collections.abc import Callable, Iterator

import pytest

from convolens.planning.plan import plan_conv
from convolens.runtime import compile as compiler
from convolens.spec.geometry import ConvSpec

MOST = 10  # a process that has none compiles so many

Layer = tuple[int, int, int, int, int, int]
"""Channels, kernels, size of the kernel, of the image, stride, groups."""


def resnet50() -> Iterator[Layer]:
    """K. He et al., Deep Residual Learning for Image Recognition, 2015, table 1."""
    yield 3, 64, 7, 224, 2, 1
    channels, size = 64, 56
    for width, first in ((64, 1), (128, 2), (256, 2), (512, 2)):
        for stride in (first, 1):
            yield channels, width, 1, size, 1, 1
            yield width, width, 3, size, stride, 1
            if channels != 4 * width:
                yield channels, 4 * width, 1, size, stride, 1
            channels, size = 4 * width, size // stride
            yield width, channels, 1, size, 1, 1


def mobilenetv2() -> Iterator[Layer]:
    """M. Sandler et al., MobileNetV2: Inverted Residuals and Linear Bottlenecks, 2018, table 2."""
    yield 3, 32, 3, 224, 2, 1
    yield 32, 32, 3, 112, 1, 32
    yield 32, 16, 1, 112, 1, 1
    channels, size = 16, 112
    for kernels, first in ((24, 2), (32, 2), (64, 2), (96, 1), (160, 2), (320, 1)):
        for stride in (first, 1):
            wide = 6 * channels
            yield channels, wide, 1, size, 1, 1
            yield wide, wide, 3, size, stride, wide
            channels, size = kernels, size // stride
            yield wide, channels, 1, size, 1, 1
    yield 320, 1280, 1, 7, 1, 1


@pytest.mark.skipif(not compiler.available(), reason="needs Halide")
@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
@pytest.mark.parametrize("network", [resnet50, mobilenetv2])
def test_network_needs_few_pipelines(network: Callable[[], Iterator[Layer]], layout: str) -> None:
    """Shapes, strides and borders are arguments; what is compiled in are register tiles and the order of loops."""
    layers, needed = set(network()), set()
    for channels, kernels, side, size, stride, groups in layers:
        shape = (1, channels, size, size) if layout == "NCHW" else (1, size, size, channels)
        weight = (kernels, channels // groups, side, side)
        spec = ConvSpec(shape, weight, stride=stride, padding=side // 2, groups=groups, layout=layout)
        if pipeline := plan_conv(spec).algorithm.pipeline(spec):
            name, parameters = pipeline
            needed.add((name, *sorted(parameters.items())))
    assert len(layers) > 20
    assert len(needed) <= MOST
