"""Stacks: what they add up, against PyTorch's layers and against each spec's own counts."""

import math

import pytest
import torch
from torch import nn

from convolens.errors import DTypeError, SpecError
from convolens.spec.geometry import ConvSpec
from convolens.spec.pooling import PoolSpec
from convolens.spec.stack import Stack
from convolens.spec.stack_text import parse_stack
from convolens.spec.transposed import transposed_spec

AGAINST_TORCH = [
    ("3x31x29 conv:8,k3", nn.Conv2d(3, 8, 3)),
    ("3x31x29 conv:8,k3x5,s2x1,p1x2,d2x1", nn.Conv2d(3, 8, (3, 5), (2, 1), (1, 2), (2, 1))),
    ("8x31x29 conv:12,k3,g4,nobias", nn.Conv2d(8, 12, 3, groups=4, bias=False)),
    ("8x31x29 dw:k5,p2", nn.Conv2d(8, 8, 5, padding=2, groups=8)),
    ("8x31x29 dw:2,k5,same", nn.Conv2d(8, 16, 5, padding="same", groups=8)),
    ("3x40 conv:4,k5,s3", nn.Conv1d(3, 4, 5, 3)),
    ("2x9x8x7 conv:3,k3,s2,p1", nn.Conv3d(2, 3, 3, 2, 1)),
    ("8x14x14 deconv:4,k4,s2,p1", nn.ConvTranspose2d(8, 4, 4, 2, 1)),
    ("8x14x15 convt:6,k3,s2,p1,op1,g2,nobias", nn.ConvTranspose2d(8, 6, 3, 2, 1, 1, groups=2, bias=False)),
    ("3x40 transposed:4,k5,s3,d2", nn.ConvTranspose1d(3, 4, 5, 3, dilation=2)),
    ("4x31x29 max:3,s2,p1", nn.MaxPool2d(3, 2, 1)),
    ("4x31x29 max:3,s2,ceil,d2", nn.MaxPool2d(3, 2, dilation=2, ceil_mode=True)),
    ("4x31x29 avg:3x2", nn.AvgPool2d((3, 2))),
    ("4x31 lp:3,s2", nn.LPPool1d(2, 3, 2)),
    ("4x31x29 adaptive:7x5", nn.AdaptiveAvgPool2d((7, 5))),
    ("4x31x29 gap", nn.AdaptiveAvgPool2d(1)),
    ("4x31x29 bn", nn.BatchNorm2d(4)),
    ("4x31x29 relu", nn.ReLU()),
    ("4x31x29 flatten", nn.Flatten()),
    ("784 dense:10", nn.Linear(784, 10)),
    ("784 fc:10,nobias", nn.Linear(784, 10, bias=False)),
]


@pytest.mark.parametrize(("text", "module"), AGAINST_TORCH, ids=[text for text, _ in AGAINST_TORCH])
def test_shape_and_parameters_are_those_of_pytorch(text: str, module: nn.Module) -> None:
    """Every kind of layer puts out the shape, and has the parameters, of PyTorch's."""
    stack = parse_stack(text)
    output = module.to("meta")(torch.empty(1, *stack.input_shape, device="meta"))
    assert stack.output_shape == tuple(output.shape[1:])
    assert stack.parameters == sum(p.numel() for p in module.parameters())


def test_layers_count_as_their_specs_do() -> None:
    """A stack of one convolution costs what its spec costs."""
    spec = ConvSpec((3, 20, 20), (8, 3, 5, 5), stride=2, bias=True)
    (layer,) = Stack((3, 20, 20)).then("conv", spec).layers
    assert (layer.parameters, layer.macs, layer.memory) == (spec.parameters, spec.macs, spec.memory)
    assert layer.fully_connected_weights == spec.fully_connected_weights
    assert layer.receptive_field.size == spec.receptive_field
    pool = PoolSpec((3, 20, 20), (3, 3), dilation=2)
    (layer,) = Stack((3, 20, 20)).then("pool", pool).layers
    assert (layer.parameters, layer.macs, layer.memory) == (0, 0, pool.memory)
    assert layer.receptive_field.size == pool.receptive_field


def test_a_transposed_convolution_multiplies_each_input_value_with_each_of_its_weights() -> None:
    """Its multiply-adds are weights × input cells."""
    spec = transposed_spec((8, 14, 14), (8, 4, 4, 4), stride=2, padding=1)
    stack = Stack((8, 14, 14)).then_transposed("up", spec)
    assert stack.output_shape == (4, 28, 28)
    assert stack.macs == 8 * 4 * 4 * 4 * 14 * 14


def test_totals_are_sums_and_the_peak() -> None:
    """Parameters and multiply-adds add up; memory is all parameters and the largest input and output."""
    stack = parse_stack("3x32x32 conv:8,k3,same relu max:2 flatten dense:10", dtype="float16")
    conv, dense = 8 * 3 * 9 + 8, 8 * 16 * 16 * 10 + 10
    assert stack.parameters == conv + dense
    assert stack.macs == 8 * 3 * 9 * 32 * 32 + 8 * 16 * 16 * 10
    assert stack.memory == 2 * (conv + dense + 8 * 32 * 32 + 8 * 32 * 32)
    assert stack.fully_connected_weights == 3 * 32 * 32 * 10


def test_flattening_copies_nothing() -> None:
    """It needs the memory of its input alone, and keeps the receptive field."""
    before, flatten = parse_stack("2x8x8 conv:3,k3 flatten").layers
    assert flatten.memory == 4 * math.prod(before.output_shape)
    assert flatten.receptive_field == before.receptive_field


def test_the_field_of_a_stack_is_that_of_its_last_layer() -> None:
    """And before any layer, a cell sees itself."""
    stack = parse_stack("3x64x48 conv:4,k5x3,s2 max:2 dense:7 dense:2")
    assert stack.receptive_field == stack.layers[-1].receptive_field
    assert Stack((3, 8, 8)).receptive_field.size == (1, 1)
    assert Stack((10,)).receptive_field.size == ()


def test_dense_sees_all_that_the_map_sees() -> None:
    """Without padding that is all of the input that any window touches; a second one adds nothing."""
    first, second = parse_stack("1x12x12 conv:1,k3 dense:5 dense:5").layers[1:]
    assert first.receptive_field.size == second.receptive_field.size == (12, 12)


def test_sees_one_cell() -> None:
    """The range that a cell sees moves with the cell by the jump, and starts where the field starts."""
    stack = parse_stack("3x32x32 conv:4,k7,s2,p3 max:3,s2,p1")
    assert stack.sees((0, 2)) == ((-5, 5), (3, 13))
    with pytest.raises(SpecError, match="needs 2 numbers"):
        stack.sees((0,))


def test_shapes_must_fit() -> None:
    """A spec that takes something else than the stack puts out is refused, with both shapes."""
    stack = Stack((3, 8, 8))
    with pytest.raises(SpecError, match=r"takes input \(3, 9, 9\).* puts out \(3, 8, 8\)"):
        stack.then("conv", ConvSpec((3, 9, 9), (1, 3, 3, 3)))
    with pytest.raises(SpecError, match="channels-last"):
        Stack((3, 3, 3)).then("conv", ConvSpec((3, 3, 3), (1, 3, 3, 3), layout="NHWC"))
    with pytest.raises(SpecError, match=r"takes input \(3, 4, 4\)"):
        stack.then_transposed("up", transposed_spec((3, 4, 4), (3, 1, 2, 2)))


@pytest.mark.parametrize("shape", [(), (3, 0, 8), (1, 2, 3, 4, 5), (3, 8.5), 7])
def test_inputs_are_channels_and_sizes(shape: tuple[int, ...]) -> None:
    """One to three sizes, or features; whole numbers above 0."""
    with pytest.raises(SpecError, match="input"):
        Stack(shape)


@pytest.mark.parametrize("dtype", ["foo", "complex64", object])
def test_values_are_real_numbers(dtype: object) -> None:
    """As in the layers."""
    with pytest.raises(DTypeError, match="stack has dtype"):
        Stack((3, 8, 8), dtype)  # type: ignore[arg-type]


def test_a_stack_is_a_value_and_prints_its_layers() -> None:
    """Equal texts are equal stacks; ``print`` lists names and shapes."""
    stack = parse_stack("3x8x8 conv:4,k3 gap")
    assert stack == parse_stack("3×8×8   conv:4,k3\ngap")
    assert len({stack, parse_stack("3x8x8 conv:4,k3 gap")}) == 1
    assert str(stack) == "input      3×8×8\nconv:4,k3  4×6×6\ngap        4×1×1"
