"""From counted work to predicted seconds."""

import dataclasses

import pytest

from cases import SPECS
from convolens.algorithms import ALGORITHMS
from convolens.algorithms.base import Cost
from convolens.planning.cost import predict_seconds
from convolens.spec.geometry import ConvSpec

SPEC = ConvSpec((1, 3, 64, 64), (8, 3, 3, 3))
COST = Cost(operations=10**9, work="stream", traffic=10**6, calls=100, workspace=0)


@pytest.mark.parametrize("name", ["operations", "traffic", "calls"])
def test_more_work_takes_longer(name: str) -> None:
    """Each count is paid for."""
    more = dataclasses.replace(COST, **{name: 10 * getattr(COST, name)})
    assert predict_seconds(SPEC, more) > predict_seconds(SPEC, COST)


def test_no_work_takes_no_time() -> None:
    """An empty batch."""
    assert predict_seconds(SPEC, Cost(0, "fft", 0, 0, 0)) == 0


def test_kinds_of_work_differ() -> None:
    """A matrix product is faster than a stream of products, and that than a loop in Python."""
    times = [predict_seconds(SPEC, dataclasses.replace(COST, work=w)) for w in ("matmul", "stream", "python")]
    assert times == sorted(times)


def test_double_precision_takes_longer() -> None:
    """Half as many numbers fit a register."""
    assert predict_seconds(SPEC.replace(dtype="f8"), COST) > predict_seconds(SPEC, COST)


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS.keys())
def test_every_spec_has_its_rates(spec: ConvSpec) -> None:
    """Whatever types come in, and whatever work an algorithm does on them."""
    for algorithm in ALGORITHMS.values():
        if algorithm.refusal(spec) is None:
            assert predict_seconds(spec, algorithm.cost(spec)) >= 0
