"""Scripts: what was done is done again, in its order, to what the arrays hold then."""

import functools

import numpy as np
import pytest

from convolens.ops.activation_gradients import flow_back
from convolens.runtime import compile as compiler
from convolens.runtime.call import Array
from convolens.runtime.replay import Bound, Repeated, in_sequence
from convolens.runtime.script import Script, contiguous, is_written, perform, performed, refuse, reshaped


def _run(script: Script) -> None:
    for call in in_sequence(script.calls):
        call()


def test_calls_are_made_again_in_their_order() -> None:
    """What is performed is done at once, and again when the script is run; what is done within it is no call."""
    x, y, z = np.ones(3), np.zeros(3), np.zeros(3)

    def double() -> None:
        assert not is_written()
        perform(np.multiply, y, 2, y)

    with Script() as script:
        perform(np.copyto, y, x)
        perform(double)
        np.add(y, 1, z)
        performed(functools.partial(np.add, y, 1, z))
    assert script.is_whole
    assert len(script.calls) == 3
    assert not is_written()
    np.testing.assert_array_equal(z, 3.0)
    x[...] = 5
    _run(script)
    np.testing.assert_array_equal(z, 11.0)


def test_nothing_is_written_outside() -> None:
    """Without a script nothing is kept; an inner script takes its own calls alone, and refuses for itself."""
    perform(np.copyto, np.zeros(1), 1.0)
    refuse()
    with Script() as outer:
        with Script() as inner:
            perform(np.copyto, np.zeros(1), 1.0)
            refuse()
        assert is_written()
    assert outer.is_whole
    assert not outer.calls
    assert not inner.is_whole
    assert len(inner.calls) == 1


def test_a_call_that_fails_is_not_written() -> None:
    """After an error the script goes on, without the call."""
    with Script() as script:
        with pytest.raises(ValueError, match="broadcast"):
            perform(np.copyto, np.zeros(2), np.zeros(3))
        assert is_written()
    assert not script.calls


def test_copies_follow_what_they_were_made_of() -> None:
    """Views need no call; copies are made again."""
    x = np.arange(6.0).reshape(2, 3)
    with Script() as script:
        views = contiguous(x), reshaped(x, 3, 2)
        assert not script.calls
        copies = contiguous(x.T), reshaped(x.T, 6)
    assert all(np.shares_memory(view, x) for view in views)
    x += 10
    _run(script)
    for found in copies:
        np.testing.assert_array_equal(found.ravel(), x.T.ravel())


@pytest.mark.skipif(compiler.linker() is None, reason="nothing is linked here")
def test_compiled_calls_are_ready() -> None:
    """What compiled code computes becomes a call of that, but not where it takes arrays that were not given."""
    descend = compiler.load("convolens.pipelines.descent", dtype="float32", lanes=8, rule="sgd")
    numbers = np.array([1, 0.5, 0], "f4")
    gradient, weight, speed = np.ones(32, "f4"), np.zeros(32, "f4"), np.zeros(32, "f4")

    def step(gradient: Array, weight: Array, speed: Array) -> None:
        descend(gradient, numbers, weight, speed)

    with Script() as script:
        Repeated(step)(gradient, weight, speed)
        Repeated(descend)(gradient, numbers, weight, speed)
    assert [isinstance(call, Bound) for call in script.calls] == [False, True]
    np.testing.assert_array_equal(weight, -2.5)
    _run(script)
    np.testing.assert_array_equal(weight, -2.5 - 1.75 - 1.875)


def test_a_script_warns_of_no_more_than_was_done() -> None:
    """Numbers that grow beyond all bounds later are as quiet as they would have been at first."""
    grad, given = np.ones((1, 2, 3, 3), np.float32), np.zeros((1, 2, 3, 3), np.float32)
    with Script() as script:
        flow_back(grad, given, "tanh")
    grad[0, 0, 0, :2], given[0, 0, 0] = (np.inf, -np.inf), 1
    for call in script.calls:
        call()
