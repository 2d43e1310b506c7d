"""Steps of training that are repeated: the bits of those that are not, whatever happens between."""

import copy
import gc
import weakref
from typing import Any

import numpy as np
import pytest

from convolens.nn import SGD, Activation, CrossEntropy, Network, Training, rehearsed
from convolens.nn.course import Tape
from convolens.planning.circumstances import steady
from convolens.runtime import compile as compiler
from convolens.runtime.threads import threads

CHAIN = "1x12x12 conv 16,k3,same relu max 2 conv 32,k3 relu max 3 flatten dropout:0.3 dense 40 tanh dense 5"
ODD = "3x9x9 conv 16,k3,s2,same gelu conv 20,k3,d2,same conv 16,k3,g4,flip,same,reflect flatten dense 5"
BRANCHED = "1x9x9 conv 16,k3,same bn a=relu avg 3 flatten dense 5"


def _batch(network: Network, step: int, items: int = 12) -> tuple[Any, Any, Training]:
    random = np.random.default_rng([3, step])
    x = random.standard_normal((items, *network.input_shape), np.float32)
    return x, random.integers(0, 5, items), Training(random)


def _step(network: Network, step: int, items: int = 12, **wanted: bool) -> dict[str, Any]:
    """Return all that a step gives."""
    x, classes, training = _batch(network, step, items)
    scores, tape = network.forward(x, training=training)
    value, grad = CrossEntropy()(scores, classes)
    gradients, back = network.backward(tape, grad, **wanted)
    return gradients | {"scores": scores, "loss": np.float64(value)} | ({} if back is None else {"input": back})


@pytest.mark.parametrize("text", [CHAIN, ODD, BRANCHED])
def test_bits_are_those_of_steps_that_are_not_repeated(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Gradients, losses and weights are equal from step to step, with batches of two sizes, on 1 to 3 threads."""

    def course(first: int, count: int) -> list[dict[str, Any]]:
        monkeypatch.setattr(rehearsed, "FIRST", first)
        network, optimiser, found = Network.from_text(text), SGD(0.05), []
        with steady(), threads(count):
            for step in range(8):
                found.append(_step(network, step, 7 if step % 4 == 2 else 12, needs_input=step % 3 == 0))
                gradients = {name: found[-1][name] for name in network.weights}
                optimiser.step(network.weights, gradients)
        return found

    wanted = course(100, 1)
    for first, count in ((0, 1), (1, 2), (2, 3)):
        for step, (one, other) in enumerate(zip(course(first, count), wanted, strict=True)):
            assert one.keys() == other.keys()
            for name in one:
                np.testing.assert_array_equal(one[name], other[name], err_msg=f"{name} of step {step}")


@pytest.fixture
def network() -> Network:
    """Return a network after enough steps for the next to be repeated."""
    network = Network.from_text(CHAIN)
    for step in range(rehearsed.FIRST + 2):
        _step(network, step)
    return network


@pytest.mark.skipif(compiler.linker() is None, reason="nothing is linked here")
def test_steps_are_repeated(network: Network) -> None:
    """From some step on the way is lent, always the same; batches of another size begin anew."""
    lent = []
    for step in range(3):
        x, _, training = _batch(network, step)
        tape = network.forward(x, training=training)[1]
        assert isinstance(tape, rehearsed.Lent)
        lent.append(id(tape.way))
        del tape
    assert len(set(lent)) == 1
    x, _, training = _batch(network, 1, 5)
    assert type(network.forward(x, training=training)[1]) is Tape


def test_tapes_that_are_held_stay(network: Network) -> None:
    """Four steps forward before any goes back lead to the gradients of each; so does one back twice."""
    plain = copy.deepcopy(network)
    wanted = [_step(plain, step) for step in range(4)]
    taken = []
    for step in range(4):
        x, classes, training = _batch(network, step)
        scores, tape = network.forward(x, training=training)
        taken.append((scores, tape, CrossEntropy()(scores, classes)[1]))
    for _ in range(2):
        for (scores, tape, grad), found in zip(taken, wanted, strict=True):
            np.testing.assert_array_equal(scores, found["scores"])
            for name, array in network.backward(tape, grad)[0].items():
                np.testing.assert_array_equal(array, found[name])


def test_weights_that_are_replaced_before_the_way_back_count(network: Network) -> None:
    """What flows back goes by the weights that the network has then, as without repeated steps."""
    found = []
    for each in (network, copy.deepcopy(network)):  # a copy begins anew
        x, _, training = _batch(each, 0)
        scores, tape = each.forward(x, training=training)
        each.weights["dense2.weight"] = 2 * each.weights["dense2.weight"]
        found.append(each.backward(tape, np.ones_like(scores))[0])
    for name, array in found[1].items():
        np.testing.assert_array_equal(found[0][name], array)


def test_weights_that_are_replaced_count(network: Network) -> None:
    """Other arrays in the place of weights are seen, and so is a network that grows."""
    wanted = _step(network, 0)["scores"]
    network.weights["dense2.bias"] = network.weights["dense2.bias"] + np.float32(1)
    np.testing.assert_allclose(_step(network, 0)["scores"], wanted + 1, rtol=1e-5)
    network.add(Activation("relu"))
    np.testing.assert_allclose(_step(network, 0)["scores"], np.maximum(wanted + 1, 0), rtol=1e-5, atol=1e-6)


def test_results_are_not_written_over(network: Network) -> None:
    """What a step gave stays as it was in the next one, and changes nothing there."""
    first = _step(network, 0)
    before = {name: array.copy() for name, array in first.items()}
    _step(network, 1)
    for name, array in first.items():
        np.testing.assert_array_equal(array, before[name])
        if name != "loss":
            array[...] = np.nan
    again = _step(network, 0)
    assert all(np.array_equal(again[name], before[name]) for name in before)


def test_memory_is_let_go(network: Network) -> None:
    """Nothing of a repeated step outlives ``release``."""
    tape = network.forward(_batch(network, 0)[0], training=_batch(network, 0)[2])[1]
    held = weakref.ref(next(iter(tape.saved.values()))[-1])
    del tape
    assert held() is not None or compiler.linker() is None
    network.release()
    gc.collect()
    assert held() is None
