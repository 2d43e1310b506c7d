"""What poolings share about their arguments: shapes by hand, absurd sizes, infinities, signatures."""

import inspect
import re
import typing
from typing import Any

import numpy as np
import pytest

import convolens as cl
from convolens.errors import SpecError
from convolens.ops.pooling.adaptive import AdaptiveMaxPool
from convolens.ops.pooling.maximum import MaxPool, Options

GRADIENTS = {
    "avg_pool1d_grad": lambda shape: cl.avg_pool1d_grad(np.ones((1, 2)), shape, 2),
    "max_pool1d_grad": lambda shape: cl.max_pool1d_grad(np.ones((1, 2)), np.zeros((1, 2), int), shape),
    "adaptive_avg_pool1d_grad": lambda shape: cl.adaptive_avg_pool1d_grad(np.ones((1, 2)), shape),
    "adaptive_max_pool1d_grad": lambda shape: cl.adaptive_max_pool1d_grad(
        np.ones((1, 2)), np.zeros((1, 2), int), shape
    ),
    "global_avg_pool_grad": lambda shape: cl.global_avg_pool_grad(np.ones((1, 1)), shape),
}


@pytest.mark.parametrize("name", GRADIENTS)
@pytest.mark.parametrize("shape", [5, (1, 4.5), "14", (1, -4)], ids=str)
def test_input_shapes_are_whole_numbers(name: str, shape: Any) -> None:
    """A shape that is none is refused as everywhere."""
    with pytest.raises(SpecError, match="input shape must be a"):
        GRADIENTS[name](shape)


@pytest.mark.parametrize(
    "call",
    [
        lambda: cl.max_unpool1d([[1.0]], [[0]], 10**30),
        lambda: cl.adaptive_avg_pool1d([[1.0]], 10**30),
        lambda: cl.adaptive_max_pool1d([[1.0]], 10**30),
        lambda: cl.avg_pool1d([[1.0]], 1, padding=10**30, border="edge"),
        lambda: cl.max_pool1d([[1.0]], 1, stride=10**30),
    ],
)
def test_absurd_sizes_are_refused(call: Any) -> None:
    """In one line, before anything computes with such numbers."""
    with pytest.raises(SpecError, match="any memory"):
        call()


def test_padding_names_are_read_as_everywhere() -> None:
    """Case and blanks do not matter when a size is found for unpooling; arrays of numbers are numbers."""
    for padding in (" VALID ", np.array([0])):
        assert cl.max_unpool1d([[1.0, 2.0]], [[0, 3]], window=2, padding=padding).shape == (1, 4)
    with pytest.raises(SpecError, match="padding in numbers"):
        cl.max_unpool1d([[1.0]], [[0]], window=2, padding="same")


@pytest.mark.parametrize(
    "call",
    [
        lambda x: cl.avg_pool1d(x, 3),
        lambda x: cl.adaptive_avg_pool1d(x, 1),
        lambda x: cl.global_avg_pool(x[None]),
        lambda x: cl.lp_pool1d(x, 3, p=1000),
        lambda x: cl.avg_pool1d(np.float16([[6e4, 6e4]]), 2, stride=1) * 2,
        lambda x: cl.fold(np.repeat(x, 2, 0), (1, 4), (1, 2)),
    ],
)
def test_infinities_do_not_warn(call: Any) -> None:
    """They give infinity or NaN; warnings are errors here."""
    with np.errstate(over="ignore"):
        assert not np.isfinite(call(np.array([[np.inf, -np.inf, 1.0]]))).all()


@pytest.mark.parametrize("name", [name for name in cl.__all__ if re.search(r"pool\dd", name)])
def test_signatures_and_docstrings_are_those_of_the_number_of_dimensions(name: str) -> None:
    """help() shows every option with its default, and no placeholder."""
    function = getattr(cl, name)
    dims = int(re.sub(r"\D", "", name))
    parameters = inspect.signature(function).parameters
    assert "dims" not in parameters
    assert parameters["layout"].default == {1: "NCW", 2: "NCHW", 3: "NCDHW"}[dims]
    assert {1: "one dimension", 2: "two dimensions", 3: "three dimensions"}[dims] in function.__doc__
    assert not any(word in function.__doc__ for word in ("{size}", "{dimensions}", "{layout}"))


@pytest.mark.parametrize(
    ("function", "protocol"), [(cl.max_pool2d, MaxPool), (cl.adaptive_max_pool2d, AdaptiveMaxPool)]
)
def test_type_checkers_know_every_option(function: Any, protocol: Any) -> None:
    """The overloads name the options that the function has."""
    for overloaded in typing.get_overloads(protocol.__call__):
        named = set(inspect.signature(overloaded).parameters) - {"self", "options"}
        if "options" in inspect.signature(overloaded).parameters:
            named |= typing.get_type_hints(Options).keys()
        assert named == inspect.signature(function).parameters.keys()
