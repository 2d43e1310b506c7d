"""Networks prepared for use: what they give is the network's, whatever was joined and written over."""

import copy
import pickle
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from convolens.nn import Concat, Conv, Network, Training
from convolens.nn.prepared import PreparedNetwork
from convolens.planning.measured import remember
from convolens.runtime import compile as compiler
from convolens.runtime.threads import thread_count
from convolens.spec.geometry import ConvSpec

NETWORKS = {
    "chain": (
        "3x17x18 conv 8,k3,same bn relu max 2 conv 16,k3 silu max:3,s2 conv 8,k1 max:2 flatten dropout dense 4",
        6,
    ),
    "residual": ("8x9x9 a=relu conv:8,k3,same bn relu conv:8,k3,same,nobias bn add:a relu conv 8,k3", 4),
    "residual first": ("8x9x9 a=relu conv:8,k3,same add:a max 2 conv 4,k3", 3),
    "two ways": (
        "4x8x8 conv 8,k3,same relu b=conv:8,k3,s2,p1 bn from:relu1 conv:8,k1,s2 bn add:batchnorm1 relu conv 2,k1",
        4,
    ),
    "used twice": ("4x8x8 a=conv:4,k3,same b=bn relu add:a conv:4,k3,same add:b dropout", 4),
    "three summands": ("4x8x8 a=relu conv:4,k3,same add:a,input conv 4,k3", 4),
    "squeeze": (
        "4x8x8 a=conv:8,k3,same,g2 gap conv:8,k1 sigmoid from:a multiply:sigmoid1 concat:a deconv 4,k2,s2 bn",
        7,
    ),
    "signal": ("2x50 conv 4,k5 bn relu max 2 conv 4,k3 max:2,s1 gap flatten", 5),
    "volume": ("1x7x8x6 conv 4,k3 relu max 2 conv 2,k1 gelu", 2),
    "vector": ("10 dense 5 relu dense 2 softmax", 3),
    "pooled after silence": ("1x9x9 conv 3,k3,p2+1,reflect relu max:2,s2,ceil prelu conv 3,k3", 4),
    "norm first": ("6x9x8 bn relu conv:8,k3,same gn:2 upsample:2,bilinear b=separable:16,k3 bn relu ln avg 2", 8),
    "up": ("4x6x7 a=conv:4,k3,same relu max 2 upsample:2 conv:4,k2 shuffle:2 conv:4,k3,p2", 5),
    "vectors": ("2x5x4 flatten bn dense 6 bn relu a=dense:6 relu6 dense 6 add:a relu dropout dense 3", 7),
    "flat twice": ("3x6x5 relu f=flatten dense 4 b=relu from:f dense 4 add:b", 4),
    "flat last": ("3x6x5 conv 4,k3 tanh flatten", 2),
    "wide": (
        "16x9x10 a=conv:32,k3,same relu conv:32,k3,same add:a relu conv 32,k3,same relu max 2 gap flatten",
        6,
    ),
    "nothing": ("1x9x9", 0),
}


def with_history(network: Network) -> Network:
    """Give normalisation means and variances that are not those it began with."""
    random = np.random.default_rng(5)
    for array in network.statistics.values():
        array[...] = random.random(array.shape) + 0.5
    for name, array in network.weights.items():
        if array.ndim == 1:
            network.weights[name] = (array + 0.3 * random.normal(size=array.shape)).astype(np.float32)
    return network


@pytest.mark.parametrize(("text", "steps"), NETWORKS.values(), ids=NETWORKS.keys())
def test_gives_what_the_network_gives(text: str, steps: int) -> None:
    """Batches of several sizes and types, one after the other, and results that are kept: the network's."""
    network = with_history(Network.from_text(text))
    prepared = network.prepare()
    assert len(prepared.steps) == steps
    random, kept = np.random.default_rng(0), []
    for count, dtype in ((2, np.float32), (1, np.float32), (2, np.float32), (2, np.float64), (0, np.float32)):
        x = random.normal(size=(count, *network.input_shape)).astype(dtype)
        before = x.copy()
        kept.append((prepared(x), network.values(x)[network.last]))
        np.testing.assert_array_equal(x, before)
    for found, wanted in kept:
        assert (found.shape, found.dtype) == (wanted.shape, wanted.dtype)
        scale = np.abs(wanted).max(initial=1)
        np.testing.assert_allclose(found, wanted, rtol=0, atol=3e-5 * scale)


def test_joined_along_another_axis() -> None:
    """Maps are concatenated along the axis that the layer names."""
    network = Network((3, 4, 5))
    network.add(Concat(2), "input", "input")
    x = np.random.default_rng(0).normal(size=(2, 3, 4, 5)).astype(np.float32)
    np.testing.assert_array_equal(network.prepare()(x), network(x))


def test_numbers_that_are_not_finite() -> None:
    """NaN, infinity and numbers near overflow go where the plain sum has them, and are gone with the next call."""
    network = with_history(Network.from_text("16x9x10 conv 32,k3,same bn conv 32,k3,same,nobias max 2 conv 2,k3"))
    prepared, x = network.prepare(), np.random.default_rng(0).normal(size=(1, 16, 9, 10)).astype(np.float32)
    wanted = network(x)
    for wild in (np.nan, np.inf, -3e38):
        x[0, 3, 8, 0], before = wild, x[0, 3, 8, 0]
        with np.errstate(invalid="ignore", over="ignore"):
            np.testing.assert_allclose(prepared(x), network(x), rtol=1e-3, atol=1e-4)
        x[0, 3, 8, 0] = before
        np.testing.assert_allclose(prepared(x), wanted, atol=1e-4)


@pytest.mark.parametrize("activation", ["relu", "sigmoid", "relu6"])
def test_what_is_measured_is_what_guards(activation: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    Nothing spreads infinity that only turns out to be the fastest when it is measured.

    Infinity less infinity is NaN, and no activation before it makes a number of that.
    """
    monkeypatch.setattr("convolens.planning.measured._path", lambda: tmp_path / "times.json")
    monkeypatch.setattr("convolens.runtime.cache.note", lambda *_: None)  # nobody else goes by these times

    def measure(spec: ConvSpec, *, exact: bool) -> None:
        remember(spec, thread_count(), {"winograd-4": 1e-9})

    monkeypatch.setattr("convolens.ops.prepared.tune_conv", measure)
    network = Network.from_text(f"16x9x10 conv 32,k3,same {activation} conv 32,k3,same")
    prepared, x = network.prepare(tune=True), np.random.default_rng(0).normal(size=(1, 16, 9, 10)).astype("f4")
    for wild in (1, np.inf):
        x[0, 3, 8, :2] = wild
        with np.errstate(invalid="ignore", over="ignore"):
            np.testing.assert_allclose(prepared(x), network(x), atol=1e-4)


@pytest.mark.parametrize("factor", [1, 1e16])
def test_looks_again_where_numbers_may_have_grown(
    factor: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether they only might have, or overflow on the way: what comes out is what plain sums give."""
    monkeypatch.setattr("convolens.planning.measured._path", lambda: tmp_path / "times.json")
    monkeypatch.setattr("convolens.runtime.cache.note", lambda *_: None)  # nobody else goes by these times

    def measure(spec: ConvSpec, *, exact: bool) -> None:
        remember(spec, thread_count(), {"winograd-4": 1e-9})

    monkeypatch.setattr("convolens.ops.prepared.tune_conv", measure)
    network = Network.from_text("16x9x10 6*(conv 16,k3,same relu)")
    for name, array in network.weights.items():
        network.weights[name] = array * np.float32(3e4)
    prepared = network.prepare(tune=True)
    x = np.random.default_rng(0).normal(size=(1, 16, 9, 10)).astype("f4") * np.float32(factor)
    if compiler.linker() is not None:
        assert len(prepared.program(1, x.dtype)._parts) > 1
    with np.errstate(invalid="ignore", over="ignore"):
        found, wanted = prepared(x), network(x)
        np.testing.assert_array_equal(np.isfinite(found), np.isfinite(wanted))
        assert np.isfinite(wanted).all() == (factor == 1)
        scale = np.abs(wanted[np.isfinite(wanted)]).max(initial=0)
        np.testing.assert_allclose(found, wanted, rtol=1e-3, atol=1e-4 * scale)


def test_weights_of_double_precision() -> None:
    """What is added comes straight from an input of single precision."""
    network = Network.from_text("8x9x9 conv 8,k3,same add:input")
    network.load_state({name: array.astype(np.float64) for name, array in network.state().items()})
    x = np.random.default_rng(0).normal(size=(2, 8, 9, 9)).astype(np.float32)
    np.testing.assert_allclose(network.prepare()(x), network(x), atol=1e-5)


@pytest.mark.parametrize("again", [lambda p: pickle.loads(pickle.dumps(p)), copy.deepcopy])
def test_can_be_pickled_and_copied(again: Any) -> None:
    """What comes out computes what was prepared, whatever the network has learned since."""
    network = Network.from_text("2x6x6 conv 2,k3 bn relu flatten dense 2")
    prepared, x = network.prepare(), np.random.default_rng(0).normal(size=(3, 2, 6, 6)).astype(np.float32)
    wanted = prepared(x)
    network.weights["dense1.bias"] += 1
    np.testing.assert_array_equal(again(prepared)(x), wanted)


def test_what_the_caller_was_given_stays() -> None:
    """Neither later calls nor the caller's own changes reach another result."""
    network = Network((8, 16, 16), [Conv(8, 3, padding=1, activation="relu") for _ in range(3)])
    prepared, x = network.prepare(), np.ones((2, 8, 16, 16), np.float32)
    first = prepared(x)
    kept = first.copy()
    second = prepared(x * 2)
    second[...] = 7
    np.testing.assert_array_equal(first, kept)
    np.testing.assert_array_equal(prepared(x), kept)


def test_several_threads() -> None:
    """Calls from several threads at once do not meet in a buffer."""
    network = Network.from_text("4x16x16 3*(conv 8,k3,same relu) flatten dense 3")
    prepared = network.prepare()
    inputs = np.random.default_rng(0).normal(size=(4, 2, 4, 16, 16)).astype(np.float32)
    wanted, found = [network(x) for x in inputs], dict[tuple[int, int], Any]()

    def call(number: int) -> None:
        for turn in range(20):
            found[number, turn] = prepared(inputs[number])

    workers = [threading.Thread(target=call, args=(number,)) for number in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(found) == 80
    for (number, _), result in found.items():
        np.testing.assert_allclose(result, wanted[number], atol=1e-4)


def test_what_is_learned_later_does_not_reach_it() -> None:
    """Steps of training change the network, not what was prepared from it."""
    network = Network.from_text("1x6x6 conv 2,k3 bn relu prelu flatten dense 2")
    x = np.random.default_rng(0).normal(size=(3, 1, 6, 6)).astype(np.float32)
    prepared: PreparedNetwork = network.prepare()
    before = prepared(x)
    for array in network.weights.values():
        array += 1
    network.forward(x, training=Training(np.random.default_rng(0)))
    np.testing.assert_array_equal(prepared(x), before)
