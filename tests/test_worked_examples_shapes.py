"""Worked examples of sizes, parameters and receptive fields; docs/shapes.md shows the same ones."""

import pytest

from convolens.spec.geometry import ConvSpec
from convolens.spec.solve import padding_that_keeps, settings_for
from convolens.spec.stack_text import parse_stack

VGG16 = (
    "3x224x224 2*(conv:64,k3,p1 relu) max:2 2*(conv:128,k3,p1 relu) max:2 3*(conv:256,k3,p1 relu) max:2 "
    "2*(3*(conv:512,k3,p1 relu) max:2) flatten 2*(dense:4096 relu dropout) dense:1000"
)
# As published: two groups in layers 2, 4 and 5, for two GPUs.
ALEXNET = (
    "3x227x227 conv:96,k11,s4 relu lrn max:3,s2 conv:256,k5,p2,g2 relu lrn max:3,s2 conv:384,k3,p1 relu "
    "conv:384,k3,p1,g2 relu conv:256,k3,p1,g2 relu max:3,s2 flatten 2*(dense:4096 relu dropout) dense:1000"
)
# The version of "One weird trick for parallelizing convolutional neural networks", which PyTorch ships.
ALEXNET_ONE_TOWER = (
    "3x224x224 conv:64,k11,s4,p2 relu max:3,s2 conv:192,k5,p2 relu max:3,s2 conv:384,k3,p1 relu "
    "conv:256,k3,p1 relu conv:256,k3,p1 relu max:3,s2 flatten dropout dense:4096 relu dropout dense:4096 relu "
    "dense:1000"
)
RESNET18_STEM = "3x224x224 conv:64,k7,s2,p3,nobias bn relu max:3,s2,p1"
LENET5 = (
    "1x32x32 conv:6,k5 tanh avg:2 tanh conv:16,k5 tanh avg:2 tanh conv:120,k5 tanh flatten dense:84 tanh dense:10"
)


@pytest.mark.parametrize(
    ("size", "options", "expected"),
    [
        (28, "k3", 26),
        (7, "k3", 5),
        (7, "k3,s2", 3),
        (224, "k3,p1,s1", 224),
        (224, "k5,p2", 224),
        (224, "k3,p1,s2", 112),
        (224, "k3,p0", 222),
        (224, "k7,s2,p3", 112),
        (64, "k5,p2,s2", 32),
        (10, "k4", 7),
        (5, "k3", 3),
        (224, "k7,same", 224),
    ],
)
def test_sizes(size: int, options: str, expected: int) -> None:
    """The size formula, along one dimension and along two."""
    assert parse_stack(f"1x{size} conv:1,{options}").output_shape == (1, expected)
    assert parse_stack(f"1x{size}x{size} conv:1,{options}").output_shape == (1, expected, expected)


@pytest.mark.parametrize("kernels", [1, 32, 64])
def test_k_filters_on_28_by_28_give_26_by_26_by_k(kernels: int) -> None:
    """Without padding a 3×3 kernel takes one cell from every side."""
    assert ConvSpec((1, 28, 28), (kernels, 1, 3, 3)).output_shape == (kernels, 26, 26)


def test_full_convolution_of_lengths_10_and_4() -> None:
    """10 and 4 give 7 where the kernel lies inside, and 13 where it touches."""
    assert ConvSpec((1, 10), (1, 1, 4)).output_size == (7,)
    assert ConvSpec((1, 10), (1, 1, 4), padding="full").output_size == (13,)


def test_three_convolutions_of_seven_by_seven() -> None:
    """Without padding they leave one cell, which has seen the whole image; with ``same``, 7×7 for ever."""
    shrinking = parse_stack("1x7x7 3*conv:1,k3")
    assert [layer.output_size for layer in shrinking.layers] == [(5, 5), (3, 3), (1, 1)]
    assert shrinking.receptive_field.size == (7, 7)
    assert parse_stack("1x7x7 100*conv:1,k3,same").output_shape == (1, 7, 7)


@pytest.mark.parametrize(
    ("stack", "shape", "parameters"),
    [
        ("3x128x128 conv:32,k5,p2,s2", (32, 64, 64), 2_432),
        ("3x224x224 conv:64,k3,p1", (64, 224, 224), 1_792),
        ("3x224x224 conv:64,k3,p1,nobias", (64, 224, 224), 1_728),
        ("64x112x112 conv:128,k3,p1", (128, 112, 112), 73_856),
        ("3x224x224 dense:1000,nobias", (1000,), 150_528_000),
        ("784 dense:784,nobias", (784,), 614_656),
        ("1x28x28 conv:64,k3,p1,nobias", (64, 28, 28), 576),
        (RESNET18_STEM, (64, 56, 56), 9_408 + 128),
        (LENET5, (10,), 61_706),
    ],
)
def test_shapes_and_parameters(stack: str, shape: tuple[int, ...], parameters: int) -> None:
    """Weights and biases of one layer, convolved or fully connected."""
    found = parse_stack(stack)
    assert (found.output_shape, found.parameters) == (shape, parameters)


def test_fully_connected_is_87_111_times_as_many() -> None:
    """224·224·3 values to 1000 outputs, against 64 kernels of 3×3 on three channels."""
    dense = parse_stack("3x224x224 dense:1000,nobias").parameters
    assert dense // parse_stack("3x224x224 conv:64,k3,nobias").parameters == 87_111
    assert ConvSpec((1, 28, 28), (1, 1, 3, 3), padding=1).fully_connected_weights == 614_656


def test_which_padding_and_which_settings() -> None:
    """A 7×7 kernel needs 3; 224 → 112 takes stride 2, and k7 then needs 3 as well."""
    assert padding_that_keeps(7) == (3, 3)
    assert "k7,s2,p3" in map(str, settings_for(224, 112))
    assert {setting.stride for setting in settings_for(224, 112)} == {2}


@pytest.mark.parametrize(
    ("stack", "parameters", "macs"),
    [
        (VGG16, 138_357_544, 15_470_264_320),
        (ALEXNET, 60_965_224, 724_406_816),
        (ALEXNET_ONE_TOWER, 61_100_840, 714_188_480),
        (LENET5, 61_706, 416_520),
    ],
    ids=["VGG-16", "AlexNet", "AlexNet, one tower", "LeNet-5"],
)
def test_networks_of_the_literature(stack: str, parameters: int, macs: int) -> None:
    """The totals that are known of these networks."""
    found = parse_stack(stack)
    assert (found.parameters, found.macs) == (parameters, macs)


def test_first_layers_of_resnet_18() -> None:
    """Stem and first block without its shortcut, layer by layer."""
    stack = parse_stack(f"{RESNET18_STEM} 2*(conv:64,k3,p1,nobias bn relu) conv:128,k3,s2,p1,nobias bn relu")
    convolutions = [layer for layer in stack.layers if layer.kind == "conv"]
    assert [layer.parameters for layer in convolutions] == [9_408, 36_864, 36_864, 73_728]
    assert [layer.macs for layer in convolutions] == [118_013_952, 115_605_504, 115_605_504, 57_802_752]
    assert [layer.receptive_field.size[0] for layer in convolutions] == [7, 19, 27, 35]


def test_receptive_fields_of_the_literature() -> None:
    """VGG-16's last pooling sees 212 cells in steps of 32, AlexNet's 195 (Araujo, Norris & Sim 2019, table)."""
    pools = [layer for layer in parse_stack(VGG16).layers if layer.kind == "pool"]
    assert [pool.receptive_field.size[0] for pool in pools] == [6, 16, 44, 100, 212]
    last = pools[-1].receptive_field
    assert (last.jump, last.start) == ((32, 32), (-90, -90))
    alexnet = [layer for layer in parse_stack(ALEXNET).layers if layer.kind == "pool"][-1].receptive_field
    assert (alexnet.size, alexnet.jump) == ((195, 195), (32, 32))


def test_two_small_kernels_see_as_much_as_a_large_one() -> None:
    """Two of 3×3 see 5×5, three see 7×7, with 18 and 27 weights a channel pair instead of 25 and 49."""
    for layers, size in ((2, 5), (3, 7)):
        small = parse_stack(f"1x32x32 {layers}*conv:1,k3,same,nobias")
        large = parse_stack(f"1x32x32 conv:1,k{size},same,nobias")
        assert small.receptive_field == large.receptive_field
        assert (small.parameters, large.parameters) == (9 * layers, size * size)
