"""The state and the widget of the signals, and the kernels that they name."""

from typing import Any

import numpy as np
import pytest

import convolens as cl
from convolens.errors import ConvolensError
from convolens.lab.states import Signals, read_state
from convolens.lab.states.presets import SIGNALS
from convolens.lab.states.signal_kernels import KERNELS, noise, signal_kernel


def test_kernels_do_what_their_names_say() -> None:
    """Means add up to 1, slopes answer 1 to a ramp, bends 2 to a square, and reverb falls by 60 dB."""
    for name in ("moving-average", "gaussian", "hann", "exponential"):
        assert signal_kernel(name).sum() == pytest.approx(1, abs=1e-14)
    ramp = np.arange(30.0)
    for name in ("difference", "slope", "gaussian-slope"):
        np.testing.assert_allclose(np.correlate(ramp, signal_kernel(name), "valid"), 1, rtol=1e-12)
    assert np.correlate(ramp**2, signal_kernel("bend"), "valid") == pytest.approx(2)
    assert signal_kernel("echo:delay=3,gain=-0.5,repeats=2").tolist() == [1, 0, 0, -0.5, 0, 0, 0.25]
    reverb = signal_kernel("reverb:wet=2")
    assert reverb[0] == 1
    assert (reverb[1:] ** 2).sum() == pytest.approx(4)
    assert 550 < np.abs(reverb[1:1000]).max() / np.abs(reverb[-1000:]).max() < 750
    assert all(signal_kernel(name).size >= 2 for name in KERNELS)


def test_noise_is_white() -> None:
    """It has no mean and no rhythm, every seed has its own, and it is the same tomorrow."""
    found = noise(20_000, 4)
    assert abs(found.mean()) < 0.02
    assert abs(found).max() <= 1
    assert max(abs(np.mean(found[:-lag] * found[lag:])) for lag in (1, 2, 3, 7, 64, 1000)) < 0.02
    assert not np.array_equal(found, noise(20_000, 5))
    np.testing.assert_allclose(noise(3, 1), [0.5843443754, -0.6799474843, -0.4111979464], rtol=1e-9)


@pytest.mark.parametrize("operation", ["convolution", "correlation"])
def test_results_are_numpys(operation: str) -> None:
    """The three modes are parts of NumPy's full one, with zeros outside."""
    rng = np.random.default_rng(2)
    x, w = rng.normal(size=11), rng.normal(size=4)
    given = {"exhibit": "signals", "signal": x.tolist(), "kernel": w.tolist(), "operation": operation}
    full = np.convolve(x, w if operation == "convolution" else w[::-1])
    middle = 2 if operation == "convolution" else 1
    for mode, part in (("full", full), ("valid", full[3:-3]), ("same", full[middle : middle + 11])):
        state = read_state({**given, "mode": mode})
        assert isinstance(state, Signals)
        np.testing.assert_allclose(state.result(), part, rtol=1e-12, atol=1e-14)


def test_presets_teach_what_they_say() -> None:
    """Boxes make a triangle, the pattern is found, an RC circuit charges to one."""
    results = {name: state.result() for name, state in SIGNALS.items() if not isinstance(state.signal, str)}
    assert results["boxes"].max() == 8
    assert results["numbers"].tolist() == [0, 1, 2.5, 4, 1.5]
    assert (results["correlated"].tolist(), results["convolved"].tolist()) == ([-2] * 3, [2] * 3)
    assert np.argsort(results["pattern"])[-2:].tolist() == [70, 30]
    assert results["pulse"].max() == pytest.approx(1)
    noise_left = results["average"][4:-4] - np.sin(2 * np.pi * np.arange(4, 92) / 48)
    assert noise_left.std() < 0.4 / np.sqrt(3) / 2


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"signal": []}, "state.signal must be a list"),
        ({"signal": [1] * 513}, "state.signal must be a list"),
        ({"signal": [1e10]}, r"state.signal\[0\] must be a finite number from -1e\+09 to 1e\+09"),
        ({"kernel": "gaussain"}, "unknown kernel of signals 'gaussain'; did you mean 'gaussian'"),
        ({"kernel": "echo:gain=2"}, "gain of echo must be a number from -1 to 1, found '2'"),
        ({"kernel": "hann:size=2.5"}, "size of hann must be a whole number from 1 to 128"),
        ({"kernel": "hann:sigma=2"}, "unknown parameter of hann 'sigma'"),
        ({"rate": 0}, "state.rate"),
        ({"span": [3, 3]}, r"state.span must rise, from where to where is seen, found \[3, 3\]"),
    ],
)
def test_states_that_do_not_fit(changes: dict[str, Any], message: str) -> None:
    """One line says what is wrong."""
    with pytest.raises(ConvolensError, match=message):
        read_state({"exhibit": "signals", **changes})


def test_widget() -> None:
    """Short signals are in the state, long ones beside it; both come back, and so does the output."""
    widget = cl.widgets.Signals([1, 2, 3], [0, 1, 0.5], rate=2, locked=["kernel"])
    assert widget.state["signal"] == [1, 2, 3]
    widget.state = {**widget.state, "signal": [0, 4]}
    assert widget.output.tolist() == [0, 0, 4, 2]
    long = np.sin(np.arange(2000))
    widget = cl.widgets.Signals(long, np.ones(200), rate=8000)
    assert (widget.state["signal"], widget.state["kernel"], len(widget.samples)) == ("own", "own", 16000)
    np.testing.assert_array_equal(widget.signal, long)
    np.testing.assert_allclose(widget.output, np.convolve(long, np.ones(200)), atol=1e-10)
    assert cl.widgets.Signals(preset="pattern").kernel.size == 7
    with pytest.raises(ConvolensError, match="the samples of the sound 'pluck' are in the browser"):
        _ = cl.widgets.Signals(preset="echo").output
    with pytest.raises(ConvolensError, match="kernel must have one dimension"):
        cl.widgets.Signals([1, 2], [[1]])
    with pytest.raises(ConvolensError, match="signal holds NaN"):
        cl.widgets.Signals([np.nan])
    with pytest.raises(ConvolensError, match="the samples were loaded in the browser"):
        _ = cl.widgets.Signals("own").signal
