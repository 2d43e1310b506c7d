"""Chains of operations on each number by compiled loops, against NumPy."""

import numpy as np
import pytest

import convolens as cl
from convolens.algorithms.elementwise import FUNCTIONS, JOINS, Operation, refusal, rows, run
from convolens.nn.links import Link
from convolens.runtime import compile as compiler

pytestmark = pytest.mark.skipif(not compiler.available(), reason="nothing can be compiled here")

CHAINS: tuple[tuple[str, tuple[Operation, ...]], ...] = (
    ("f4", ()),
    ("f8", (("multiply", ()), ("add", ()), ("leaky-relu", (0.2,)), ("relu6", ()))),
    ("f4", (("hard-sigmoid", (0.2, 0.5)), ("multiply", ()), ("gelu-tanh", ()))),
    ("f4", (("clip", (-1.5, 1.0)), ("subtract", ()), ("divide", ()), ("hard-swish", ()), ("prelu", ()))),
    ("f8", (("clip", (1.0, -1.5)),)),
    ("f4", (("silu", ()), ("relu", ()), ("sigmoid", ()), ("leaky-relu", ()), ("tanh", ()), ("gelu", ()))),
)
SHAPES = ((2, 37, 5, 6), (3, 5, 7), (1, 37, 3, 2, 4), (4, 37), (2, 1, 3, 5))


@pytest.mark.parametrize(("dtype", "chain"), CHAINS)
def test_agrees_with_numpy(dtype: str, chain: tuple[Operation, ...]) -> None:
    """Maps of every dimension, channels of larger ones, arrays that stay the same along axes, NaN; any threads."""
    random = np.random.default_rng(0)
    for shape in SHAPES:
        whole = np.moveaxis(random.normal(size=(shape[0], *shape[2:], shape[1] + 3)).astype(dtype), -1, 1)
        x, guarded = whole[:, 2:-1], whole.copy(order="K")
        x.flat[3] = np.nan
        out = guarded[:, 2:-1]
        channels = shape[:2] if len(shape) == 2 else (1, shape[1], *(1,) * (len(shape) - 2))
        others = [random.uniform(0.5, 2, channels).astype(dtype) for name, _ in chain if name in JOINS]
        wanted, given = x, iter(others)
        for name, numbers in chain:
            wanted = Link(name, numbers).value(wanted, next(given) if name in JOINS else None)
        laid_out = [rows(np.broadcast_to(other, shape)) for other in others]
        with cl.threads(3):
            assert run(chain, x, [array for array in laid_out if array is not None], out)
        np.testing.assert_allclose(out, wanted, rtol=1e-5 if dtype == "f4" else 1e-14, atol=2e-6)
        np.testing.assert_array_equal(guarded[:, :2], whole[:, :2])
        np.testing.assert_array_equal(guarded[:, -1], whole[:, -1])


def test_what_is_refused() -> None:
    """Other types, smooth functions in double precision, unknown names; channels that lie apart."""
    assert refusal([("add", ())], np.dtype("f4")) is None
    for name, dtype in (("add", "f2"), ("add", ">f4"), ("gelu", "f8"), ("gamma", "f4")):
        assert refusal([(name, ())], np.dtype(dtype))
    x = np.zeros((2, 8, 4, 4), np.float32)
    assert not run([], x, [], np.empty_like(x))
    assert set(JOINS).isdisjoint(FUNCTIONS)
