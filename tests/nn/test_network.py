"""Networks: the graph, the way through it and back, the same bits whatever the threads."""

from typing import Any

import numpy as np
import pytest

from convolens.errors import SpecError, UnknownNameError
from convolens.nn import (
    SGD,
    Activation,
    Add,
    Concat,
    Conv,
    CrossEntropy,
    Dense,
    Flatten,
    LayerNorm,
    Multiply,
    Network,
    Training,
)
from convolens.planning.circumstances import steady
from convolens.runtime.threads import threads

BRANCHES = (
    "2x9x8 a=conv:4,k3,same relu b=conv:4,k3,same,nobias relu add:a c=relu "
    "gap sigmoid from:c multiply:sigmoid1 concat:b bn conv:3,k3,s2 gelu flatten dense 5"
)


def in_double(network: Network) -> Network:
    """Give a network weights in float64, those that begin at 0 or 1 too, drawn."""
    random = np.random.default_rng(3)
    for name, array in network.weights.items():
        network.weights[name] = random.normal(size=array.shape) / max(1, array[0].size) ** 0.5
    for name, array in network.statistics.items():
        network.statistics[name] = array.astype(float)
    return network


@pytest.fixture
def branches() -> Network:
    """A network whose ways part and meet."""
    return in_double(Network.from_text(BRANCHES))


def test_gradients_through_branches(branches: Network) -> None:
    """What flows back to every weight, and to the input, is what small steps of them show."""
    random = np.random.default_rng(0)
    x, grad = random.normal(size=(3, 2, 9, 8)), random.normal(size=(3, 5))

    def loss() -> float:
        return float((branches.forward(x, training=Training(random))[0] * grad).sum())

    _, tape = branches.forward(x, training=Training(random))
    learned, to_input = branches.backward(tape, grad, needs_input=True)
    assert learned.keys() == branches.weights.keys()
    assert to_input is not None
    for array, gradient in [(x, to_input), *((branches.weights[name], learned[name]) for name in learned)]:
        assert gradient.shape == array.shape
        towards = random.normal(size=array.shape) * 1e-6
        array += towards
        above = loss()
        array -= 2 * towards
        below = loss()
        array += towards
        assert (gradient * towards).sum() == pytest.approx((above - below) / 2, rel=1e-4, abs=1e-11)


def test_joining_changes_nothing(branches: Network) -> None:
    """A convolution that applies the activation behind it gives what the two give one after the other."""
    x = np.random.default_rng(0).normal(size=(2, 2, 9, 8))
    values = branches.values(x)
    assert list(values) == ["input", *(node.name for node in branches.nodes)]
    for name, value in values.items():
        np.testing.assert_allclose(branches.forward(x, until=name)[0], value, rtol=1e-12, atol=1e-14)
    steps = [step.name for step in branches.forward(x)[1].steps]
    assert {"a", "relu1", "b", "relu2", "gelu1"} < set(steps)
    assert "conv1" not in steps


def test_nothing_flows_where_nothing_is_learned() -> None:
    """Gradients of weights alone need none of the input, and a network without weights has none."""
    network = Network.from_text("1x6x6 conv 2,k3 relu max 2")
    x = np.ones((1, 1, 6, 6), np.float32)
    y, tape = network.forward(x, training=Training(np.random.default_rng(0)))
    learned, to_input = network.backward(tape, np.ones_like(y))
    assert set(learned) == {"conv1.weight", "conv1.bias"}
    assert to_input is None
    empty = Network((3,))
    y, tape = empty.forward(np.ones((1, 3)), training=Training(np.random.default_rng(0)))
    assert empty.backward(tape, y, needs_input=True)[1] is y


def test_the_input_alone(branches: Network) -> None:
    """Where only the input's gradient is wanted it has the same bits, and no convolution's weights have one."""
    random = np.random.default_rng(0)
    x, grad = random.normal(size=(3, 2, 9, 8)), random.normal(size=(3, 5))
    _, tape = branches.forward(x, training=Training(random))
    both, alone = (branches.backward(tape, grad, needs_input=True, needs_weights=w) for w in (True, False))
    np.testing.assert_array_equal(both[1], alone[1])
    assert not {"a.weight", "b.weight", "conv1.weight", "dense1.weight", "dense1.bias"} & alone[0].keys()


def test_nodes_that_are_added_later() -> None:
    """The way through the network, once laid out, is laid out anew."""
    network = Network((1, 6, 6), [Conv(2, 3)])
    x = np.ones((1, 1, 6, 6), np.float32)
    before = network(x)
    network.add(Activation("tanh"))
    np.testing.assert_allclose(network(x), np.tanh(before), rtol=1e-6)


def test_a_node_draws_by_itself() -> None:
    """The seed and a node's name say what it begins with, whatever else there is; the scheme how large it is."""
    one = Network((4, 8, 8), [Conv(8, 3), Conv(8, 3)], seed=1)
    longer = Network((4, 8, 8), [Conv(8, 3), Conv(8, 3), Conv(8, 3)], seed=1)
    for name, array in one.weights.items():
        np.testing.assert_array_equal(array, longer.weights[name])
        assert array.dtype == np.float32
    other = Network((4, 8, 8), [Conv(8, 3)], seed=2)
    assert not np.array_equal(other.weights["conv1.weight"], one.weights["conv1.weight"])
    assert not np.array_equal(one.weights["conv1.weight"], one.weights["conv2.weight"][:, :4])
    for scheme, variance in (("he", 2 / 900), ("glorot", 2 / 1000)):
        weight = Network((900,), [Dense(100, scheme=scheme)]).weights["dense1.weight"]
        assert weight.var() == pytest.approx(variance, rel=0.02)


@pytest.mark.parametrize(
    "text", ["3x16x16 2*(conv 8,k3,same bn relu) max 2 conv 16,k3 silu flatten dropout:0.2 dense 7"]
)
def test_training_is_the_same_whatever_the_threads(text: str) -> None:
    """Three steps end with equal bits on one, two and three threads, and again when they are repeated."""

    def trained(count: int) -> dict[str, Any]:
        network, optimiser, random = Network.from_text(text), SGD(0.05), np.random.default_rng(1)
        with threads(count), steady():
            for _ in range(3):
                x = random.normal(size=(16, 3, 16, 16)).astype(np.float32)
                y, tape = network.forward(x, training=Training(random))
                _, grad = CrossEntropy()(y, random.integers(0, 7, 16))
                optimiser.step(network.weights, network.backward(tape, grad)[0])
        return network.weights | network.statistics

    first = trained(1)
    for count in (2, 3, 1):
        for name, array in trained(count).items():
            np.testing.assert_array_equal(array, first[name], err_msg=f"{name} on {count} threads")


def test_table() -> None:
    """Printed, a network is a table of shapes, parameters, multiply-adds and receptive fields."""
    lines = str(Network.from_text("1x28x28 conv 16,k3 relu max 2 a=conv 16,k3,same add:maxpool1 flatten dense 10"))
    rows = [line.split() for line in lines.splitlines()]
    assert rows[0] == ["name", "layer", "output", "parameters", "multiply-adds", "receptive", "field"]
    assert rows[2] == ["conv1", "Conv(16,", "3)", "16×26×26", "160", "97,344", "3×3"]
    assert rows[4][-2:] == ["16×13×13", "4×4"]
    assert rows[5][:1] + rows[5][-4:] == ["a", "16×13×13", "2,320", "389,376", "8×8"]
    assert rows[6] == ["add1", "Add()", "of", "a,", "maxpool1", "16×13×13", "8×8"]
    assert rows[8][-5:] == ["10", "features", "27,050", "27,040", "32×32"]  # with the border
    assert rows[9] == ["total", "29,530", "513,760"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("conv 16,k3", "begins with the shape"),
        ("3x8x8 conv 4,k9", "layer 1 'conv:4,k9' at character 7, on input 3×8×8"),
        ("3x8x8 flatten conv 4,k3", "put it before 'flatten'"),
        ("3x8x8 dense 10", "put 'flatten' before"),
        ("3x8x8 conv 4,k3 add:input", "3×8×8 from 'input'"),
        ("3x8x8 a=relu concat", "later concat:a"),
        ("3x8x8 a=relu a=relu", "must be new"),
        ("3x8x8 input=relu", "must be new"),
        ("3x8x8 relu relu from:relu1", "ends with a way back"),
        ("3x8x8 dropout:1.5", "below 1"),
        ("3x8x8 conv", "number is missing"),
        ("3x8x8 max:2,k2", "window once"),
        ("3x8x8 gn:2", "must divide"),
        ("3x8x8 ln:0", "one number above 0"),
        ("3x8x8 ln:1,2", "one number above 0"),
        ("3x8x8 shuffle:2", "4 channels a channel"),
    ],
)
def test_text_that_does_not_fit(text: str, message: str) -> None:
    """What cannot be built is refused in one line that says where and why."""
    with pytest.raises(SpecError, match=message) as caught:
        Network.from_text(text)
    assert "\n" not in str(caught.value)


def test_names_that_are_taken() -> None:
    """A node without a name gets the next that is free; one that is given must be."""
    network = Network.from_text("1x9x9 conv2=conv:4,k3 conv 4,k3 conv 4,k3")
    assert [node.name for node in network.nodes] == ["conv2", "conv3", "conv4"]
    with pytest.raises(SpecError, match="must be new"):
        network.add(Add(), "conv2", "conv2", name="conv4")


def test_unknown_names() -> None:
    """Unknown layers, options and nodes are named, beside the nearest known."""
    for text in ("3x8x8 convolve 3", "3x8x8 conv 3,k3,samer", "3x8x8 relu add:rely1", "3x8x8 from:relu"):
        with pytest.raises(UnknownNameError):
            Network.from_text(text)
    network = Network((3, 8, 8), [Conv(4, 3)])
    with pytest.raises(UnknownNameError, match="conv1"):
        network.add(Flatten(), "conv2")
    with pytest.raises(UnknownNameError, match="conv1"):
        network.forward(np.zeros((1, 3, 8, 8)), until="conv2")


def test_items_of_another_shape() -> None:
    """The shape that is wanted and the one that was given are in the message, and a missing axis is seen."""
    network = Network((3, 8, 8), [Conv(4, 3)])
    with pytest.raises(SpecError, match=r"\(N, 3, 8, 8\), not \(1, 4, 8, 8\)"):
        network(np.zeros((1, 4, 8, 8)))
    with pytest.raises(SpecError, match="axis for the batch"):
        network(np.zeros((3, 8, 8)))


def test_merges_refuse_what_does_not_meet() -> None:
    """Sums, products and concatenations need maps that fit, and two of them; other layers take one."""
    network = Network((4, 8, 8), [Conv(4, 3)])
    for layer in (Add(), Multiply(), Concat()):
        for inputs in (("input", "conv1"), ("conv1",)):
            with pytest.raises(SpecError, match="conv1"):
                network.add(layer, *inputs)
    with pytest.raises(SpecError, match="takes one input, not 2"):
        network.add(Flatten(), "input", "conv1")


def test_every_word_of_the_text() -> None:
    """Each layer that text knows is built as its name says, in one, two and three dimensions."""
    words = (
        "conv:8,k3,p1+0,reflect dw:2,k3,same separable:8,k3,same,nobias deconv:8,k2,s2 max:3,s2,p1,ceil avg "
        "adaptive:6 adaptive-max:4 gn:4 ln bn prelu softmax dropout upsample:2,bilinear upsample relu swish"
    )
    for size in ("9", "9x8", "5x6x7"):
        network = Network.from_text(f"2x{size} {words} gmp flatten linear:3,nobias")
        assert network(np.zeros((2, *network.input_shape), np.float32)).shape == (2, 3)
    assert Network.from_text("4 ln ln:1e-5 ln:.5").nodes[1].layer == LayerNorm(1e-5)
    assert Network.from_text("8x3x4 shuffle").output_shape == (2, 6, 8)
    assert Network.from_text("conv 4,k3", (1, 8)).output_shape == (4, 6)
