"""States describe exhibits wholly: they survive JSON, and what does not fit is refused in one line."""

import json
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import convolens as cl
from convolens.errors import ConvolensError, SpecError, UnknownNameError
from convolens.lab.states import STATES, Channels, Numbers, SlidingWindow, read_state
from convolens.lab.states.presets import CHANNELS, PRESETS, SLIDING_WINDOW
from convolens.lab.states.sliding_window import BorderName


@pytest.mark.parametrize("name", STATES)
def test_defaults_survive_json(name: str) -> None:
    """An empty object is the default state, and every state comes back as it went."""
    state = STATES[name]()
    assert STATES[name].from_json({}) == state
    assert read_state(json.dumps(state.to_json())) == state
    assert state.to_json()["exhibit"] == name
    presets = PRESETS[name]
    assert next(iter(presets.values())) == state  # a page opens with its first preset
    for preset in presets.values():
        assert read_state(json.dumps(preset.to_json())) == preset


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"version": 2}, "the state is of version 2; sliding-window is read up to version 1"),
        ({"exhibit": "borders"}, "the state is one of exhibit 'borders', not of 'sliding-window'"),
        ({"stride": [1]}, "state.stride is of 1 dimensions, (1,), but state.dims is 2"),
        ({"stride": [0, 1]}, "state.stride[0] must be a whole number from 1 to 64, found 0"),
        ({"input": {"shape": [2, 2], "data": [1]}}, "numbers of shape (2, 2) have 4 cells, but 1 are given"),
        ({"input": {"shape": [65, 1], "data": [1] * 65}}, "state.input.shape[0] must be"),
        ({"dims": 3, "input": {"shape": [64, 64, 64], "data": []}}, "numbers of shape (64, 64, 64) are 262144"),
        ({"padding": "reflect"}, "state.padding must be 'valid' or"),
        ({"padding": [[1, 1]]}, "state.padding is of 1 dimensions"),
        ({"padding": [[1, -1], [0, 0]]}, "state.padding[0][1] must be a whole number from 0 to 64, found -1"),
        ({"cell": [1]}, "state.cell is of 1 dimensions"),
        ({"strde": [1, 1]}, "state has no field \"strde\"; did you mean 'stride'?"),
    ],
)
def test_what_does_not_fit(changes: dict[str, Any], said: str) -> None:
    """One line says what is wrong, and where."""
    with pytest.raises(SpecError) as caught:
        SlidingWindow.from_json(changes)
    assert str(caught.value).startswith(said)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"input": {"shape": [9, 1, 1], "data": [1] * 9}},
            "state.input has shape (9, 1, 1); it must have 3 dimensions",
        ),
        ({"weight": {"shape": [3], "data": [1] * 3}}, "state.weight has shape (3,); it must have 3 dimensions"),
        ({"groups": 2}, "state.groups is 2, which does not divide the 3 channels"),
        (
            {"groups": 3, "weight": {"shape": [4, 1, 1], "data": [1] * 4}},
            "state.weight has 4 slices; kernels of 1 each",
        ),
        ({"bias": [1, 2]}, "state.bias has 2 numbers, but there are 1 kernels"),
        ({"padding": "full"}, "state.padding must be 'valid' or 'same'"),
    ],
)
def test_channels_that_do_not_fit(changes: dict[str, Any], said: str) -> None:
    """Channels, groups, kernels and biases belong together."""
    with pytest.raises(SpecError) as caught:
        Channels.from_json(changes)
    assert str(caught.value).startswith(said)


def test_presets_of_channels() -> None:
    """Grey is the mix that is known, red's edge alone is seen, and groups take their share of the weights."""
    results = {name: state.result() for name, state in CHANNELS.items()}
    np.testing.assert_allclose(results["grey"][0, 0], [76.245, 149.685, 29.07, 225.93, 255])
    assert results["red-edge"].tolist() == [[[0, 36, 36, 0]] * 3]
    assert [CHANNELS[name].weights().size for name in ("full", "groups", "depthwise")] == [144, 72, 36]


def test_locks() -> None:
    """Controls can be locked and hidden by their names alone."""
    assert SlidingWindow.from_json({"locked": ["kernel", "kernel"], "hidden": ["code"]}).locked == ("kernel",)
    with pytest.raises(UnknownNameError, match="unknown control 'kernle'; did you mean 'kernel'"):
        SlidingWindow(locked=("kernle",))
    with pytest.raises(UnknownNameError, match="unknown field 'kernle'"):
        SlidingWindow().replace(kernle=1)


@pytest.mark.parametrize("text", ["[]", "3", '{"exhibit": 3}', '{"exhibit": ["sliding-window"]}', "{}"])
def test_not_a_state(text: str) -> None:
    """Other JSON is no state."""
    with pytest.raises(SpecError, match="the state must be a JSON object with the field 'exhibit'"):
        read_state(text)
    with pytest.raises(UnknownNameError, match="unknown exhibit 'sliding'; did you mean 'sliding-window'"):
        read_state({"exhibit": "sliding"})


def test_presets_are_the_worked_examples() -> None:
    """Their results are those that the documentation prints."""
    results = {name: state.result().tolist() for name, state in SLIDING_WINDOW.items()}
    assert results["ramp"] == [[160] * 3, [240] * 3, [320] * 3]
    assert results["edge"] == [[765]]
    assert results["one-window"] == [[2]]
    assert results["vertical-edge"] == [[0, 3, 3]]
    assert results["signal"] == [-2, -2, -2]
    assert results["signal-convolution"] == [2, 2, 2]
    assert np.shape(results["same-size"]) == (7, 7)
    assert np.shape(results["stride"]) == (3, 3)
    assert np.shape(results["dilation"]) == (3, 3)
    assert np.shape(results["volume"]) == (3, 3, 3)
    full = cl.convolve([[1, 2, 3], [4, 5, 6]], [[1, 0], [2, -1]], padding="full", border="constant")
    assert results["full-convolution"] == full.tolist()
    image = SLIDING_WINDOW["borders"].input.array()
    reflected = cl.correlate(image, cl.kernels["sobel-x"], padding="same", border="reflect")
    assert results["borders"] == reflected.tolist()
    assert results["transposed"][2] == [4, 4, 10, 6, 6]  # what 1 + 3 and 2 + 4 cover, and all four in the middle


@pytest.mark.parametrize("border", get_args(BorderName))
def test_transposed_convolutions_have_no_border(border: BorderName) -> None:
    """What padding cuts off is lost, as on the screen, whatever border the state has from before."""
    state = SlidingWindow(operation="transposed", padding="same")
    found = state.replace(border=border, border_value=0.5).result()
    assert (found.tolist(), found.dtype) == (state.result().tolist(), np.int64)


def test_whole_numbers_beside_a_fraction() -> None:
    """Whole numbers with a fraction outside are computed as floats."""
    state = SlidingWindow(input=Numbers.of([[1]]), kernel=Numbers.of(np.ones((3, 3), int)), padding="same")
    assert state.replace(border_value=0.5).result().tolist() == [[5]]
    assert state.replace(border_value=2).result().dtype == np.int64


def test_what_cannot_be_computed() -> None:
    """A kernel larger than its input is a state that an exhibit explains, and has no result."""
    state = SlidingWindow(input=Numbers.of([[1]]))
    with pytest.raises(SpecError, match="kernel larger than the padded input"):
        state.result()


@pytest.mark.parametrize(
    "array", [np.ones((65, 2)), np.ones((1, 1, 1, 1)), np.ones(0), np.array(["a"]), 3, [[1], [1, 2]]]
)
def test_arrays_that_cannot_be_shown(array: Any) -> None:
    """Too many cells or dimensions, none, and no numbers are refused."""
    with pytest.raises(ConvolensError, match=r"^picture (must|has dtype|is not)"):
        Numbers.of(array, "picture")


def test_numbers_keep_their_kind() -> None:
    """Whole numbers stay whole, others float64, and those that are not finite survive."""
    assert Numbers.of(np.array([[True, False]])).data == (1, 0)
    assert Numbers.of([1, 2]).array().dtype == np.int64
    found = SlidingWindow.from_json({"input": {"shape": [1, 3], "data": [1, "nan", "-inf"]}}).input.array()
    np.testing.assert_array_equal(found, [[1, np.nan, -np.inf]])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 70) | st.floats() | st.sampled_from(["same", "wrap", "nan", ""]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["shape", "data"]), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(sorted(SlidingWindow().to_json())), JSON))
def test_fuzzed(changes: dict[str, Any]) -> None:
    """Whatever comes is a state that survives JSON, or one clear error."""
    try:
        state = SlidingWindow.from_json({**SlidingWindow().to_json(), **changes})
    except ConvolensError:
        return
    text = json.dumps(state.to_json(), allow_nan=False)
    assert read_state(text).to_json() == state.to_json()
