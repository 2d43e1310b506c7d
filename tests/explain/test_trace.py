"""Every step of a trace is what the definition says, and its result what the engine computes."""

import json

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convolens.errors import DTypeError, SpecError
from convolens.explain import Trace, explain
from convolens.spec.borders import MODES

SETTINGS = settings(max_examples=60)


@st.composite
def traces(draw: st.DrawFn) -> Trace:
    """Draw small traces of every kind: dimensions, strides, borders, groups, layouts, dtypes, batches."""
    dims = draw(st.integers(1, 3))
    groups, kernels, channels = (draw(st.integers(1, 2)) for _ in range(3))
    size = [draw(st.integers(1, 6)) for _ in range(dims)]
    kernel = [draw(st.integers(1, 3)) for _ in range(dims)]
    dilation = tuple(draw(st.integers(1, 2)) for _ in range(dims))
    window = [d * (k - 1) + 1 for d, k in zip(dilation, kernel, strict=True)]
    pads = tuple(
        (draw(st.integers(max(w - n, 0), w)), draw(st.integers(0, 3))) for w, n in zip(window, size, strict=True)
    )
    whole = draw(st.booleans())
    random = np.random.default_rng(draw(st.integers(0, 1000)))

    def values(*shape: int) -> np.ndarray:
        return random.integers(-9, 10, shape) if whole else random.standard_normal(shape).astype(np.float32)

    batch = [2] if draw(st.booleans()) and dims > 1 else []
    last = draw(st.booleans())
    channel_axis = [channels * groups]
    return explain(
        values(*batch, *size, *channel_axis) if last else values(*batch, *channel_axis, *size),
        values(kernels * groups, channels, *kernel),
        values(kernels * groups) if draw(st.booleans()) else None,
        stride=tuple(draw(st.integers(1, 2)) for _ in range(dims)),
        padding=pads,
        border=draw(st.sampled_from([*MODES, 7])),
        dilation=dilation,
        groups=groups,
        flip=draw(st.booleans()),
        layout="channels-last" if last else "channels-first",
    )


@given(traces())
@SETTINGS
def test_every_step_gives_what_the_engine_gives(trace: Trace) -> None:
    """The steps, one after the other, are the engine's output."""
    results = np.array([step.result for step in trace]).reshape(trace.maps.shape)
    if trace.spec.result_dtype.kind == "i":
        np.testing.assert_array_equal(results, trace.maps)
    else:
        np.testing.assert_allclose(results, trace.maps, rtol=1e-4, atol=1e-4)


@given(traces())
@SETTINGS
def test_a_step_is_consistent_in_itself(trace: Trace) -> None:
    """Products are window × weights, sums are those of the products, and sources point at the window's values."""
    step = trace[trace.middle]
    exact = np.float64 if step.products.dtype.kind == "f" else np.int64
    np.testing.assert_array_equal(step.products, step.window.astype(exact) * step.weights.astype(exact))
    np.testing.assert_allclose(step.sums, step.products.reshape(len(step.channels), -1).sum(1))
    np.testing.assert_array_equal(
        step.weights, np.flip(step.kernel, range(1, step.kernel.ndim)) if trace.spec.flip else step.kernel
    )
    image = trace.items[step.item, list(step.channels)]
    inside = ~step.border
    np.testing.assert_array_equal(step.window[:, inside], image[(slice(None), *step.positions[:, inside])])
    if trace.spec.border.mode == "constant":
        assert (step.window[:, step.border] == trace.spec.border.value).all()
        assert (step.sources[:, step.border] == -1).all()
    else:
        np.testing.assert_array_equal(step.window, image[(slice(None), *step.sources)])


@given(traces())
@settings(max_examples=15)
def test_json_holds_every_number(trace: Trace) -> None:
    """What JSON gives back is exactly what the steps hold."""
    read = json.loads(trace.json())
    assert len(read["steps"]) == len(trace)
    for step, again in zip(trace, read["steps"], strict=True):
        for name in ("window", "positions", "sources", "border", "kernel", "weights", "products", "sums"):
            np.testing.assert_array_equal(getattr(step, name), np.array(again[name]))
        assert (again["cell"], again["number"], again["item"]) == (list(step.cell), step.number, step.item)
        assert (again["result"], again["bias"]) == (step.result, step.bias)
    assert tuple(read["spec"]["output_shape"]) == trace.spec.output_shape


@pytest.mark.parametrize(
    ("image", "kernel", "output"),
    [
        ((7,), (3,), (5,)),
        ((5, 6), (3, 3), (3, 4)),
        ((4, 5, 6), (2, 2, 2), (3, 4, 5)),
        ((5, 6), (4, 1, 3, 3), (4, 3, 4)),
        ((2, 5, 6), (4, 2, 3, 3), (4, 3, 4)),
        ((2, 5, 6), (3, 3), (2, 3, 4)),
        ((3, 2, 5, 6), (4, 2, 3, 3), (3, 4, 3, 4)),
    ],
)
def test_plain_and_channelled_inputs(
    image: tuple[int, ...], kernel: tuple[int, ...], output: tuple[int, ...]
) -> None:
    """Plain arrays give a plain output; channels, kernels and batches appear where they were given."""
    assert explain(np.ones(image), np.ones(kernel)).output.shape == output


def test_a_plain_kernel_goes_over_every_channel_of_either_layout() -> None:
    """Each channel is filtered on its own."""
    image = np.arange(75).reshape(5, 5, 3)
    trace = explain(image, np.ones((3, 3), int), layout="NHWC")
    for channel in range(3):
        np.testing.assert_array_equal(
            trace.output[..., channel], explain(image[..., channel], np.ones((3, 3), int)).output
        )
        assert trace[channel, 0, 0].channels == (channel,)


def test_cells_may_leave_out_what_there_is_one_of() -> None:
    """One kernel and one item need not be named; negative indices count from the end."""
    trace = explain(np.arange(25).reshape(5, 5), np.ones((3, 3), int))
    assert trace[1, 2].result == trace[0, 1, 2].result == trace[0, 0, 1, 2].result == trace[-2, -1].result
    assert explain([1, 2, 3], [1, 1])[1].result == 5


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ((0, 9, 0), r"no cell \(0, 9, 0\): row 9 is not in 0…2"),
        ((0, 0), r"a cell of this output is \(kernel, row, column\), not \(0, 0\); sizes \(2, 3, 3\)"),
        ((0, 0, 0.5), "column of a cell must be a whole number, not 0.5"),
        ((0, 0, 0, 0, 0), "a cell of this output is"),
    ],
)
def test_wrong_cells_are_refused(cell: tuple[int, ...], message: str) -> None:
    """A cell that is outside, or that does not say which kernel, is an error that says so."""
    with pytest.raises(SpecError, match=message):
        explain(np.ones((5, 5)), np.ones((2, 1, 3, 3)))[cell]


def test_one_cell_is_a_trace_of_one_step() -> None:
    """With ``cell`` the trace holds that one step, and prints it."""
    trace = explain(np.arange(25).reshape(5, 5), np.ones((3, 3), int), cell=(1, 1))
    (step,) = trace
    assert len(trace) == 1
    assert str(trace) == str(step)
    assert step.cell == (1, 1)


def test_a_trace_of_a_large_image_costs_nothing() -> None:
    """Neither the output nor the steps are computed before they are asked for, and the input is not copied."""
    image = np.broadcast_to(np.uint8(1), (100_000, 100_000))
    trace = explain(image, np.ones((3, 3), np.uint8), padding="same", border="wrap")
    assert np.shares_memory(trace.input, image)
    assert trace[99_999, 50_000].result == 9
    assert len(trace) == 10**10
    assert next(iter(trace)).result == 9


def test_steps_hold_the_numbers_of_narrow_types_in_full() -> None:
    """8-bit products do not wrap, and float16 sums are rounded once, at the end."""
    assert explain(np.full((3, 3), 255, np.uint8), np.full((3, 3), 255, np.uint8))[0, 0].result == 9 * 255 * 255
    step = explain(np.array([2048, 1, 1], np.float16), np.ones(3, np.float16), [1 / 3])[0]
    assert step.sums[0] == 2050
    assert step.result == np.float16(2050)


@pytest.mark.parametrize(
    ("x", "kernel", "bias"),
    [
        (np.full(3, 2**62), [1, 1, 1], None),
        ([2**62], [1], [2**62 + 2**61]),
        ([-(2**62)], [1], [-(2**62) - 2**61]),
        (np.array([2**64 - 1], np.uint64), [1], None),
        ([1], np.array([2**64 - 1], np.uint64), None),
        ([0], [1], np.array([2**64 - 1], np.uint64)),
    ],
)
def test_sums_beyond_int64_are_refused(
    x: npt.ArrayLike, kernel: npt.ArrayLike, bias: npt.ArrayLike | None
) -> None:
    """Nothing wraps round silently: not products, not the bias, not what is too large by itself."""
    trace = explain(x, kernel, bias)
    with pytest.raises(SpecError, match="pass int64"):
        trace[0]
    with pytest.raises(SpecError, match="range of int64"):
        _ = trace.output


def test_the_largest_sums_of_int64_are_exact() -> None:
    """Half of what int64 holds, and as much again in the bias, with every digit."""
    assert explain([2**61 + 1], [1], [2**62])[0].result == 2**61 + 1 + 2**62


def test_numbers_that_are_not_finite_stay_where_they_are() -> None:
    """NaN and infinity go through products, sums and JSON without a warning."""
    trace = explain([np.nan, np.inf, 1.0, 2.0], [0.0, 1.0])
    assert [str(step.result) for step in trace] == ["nan", "nan", "2.0"]
    assert json.loads(trace.json())["steps"][0]["window"] == [["nan", "inf"]]
    assert "inf" in trace[0].text()


@pytest.mark.parametrize(
    ("arguments", "options", "error", "message"),
    [
        (([[1, 2], [3]], [1]), {}, SpecError, "rectangular"),
        ((["a"], [1]), {}, DTypeError, "dtype"),
        (([1j], [1]), {}, DTypeError, "complex"),
        ((np.ones((2, 5, 5)), np.ones((4, 3, 3, 3))), {}, SpecError, "do not fit"),
        (
            (np.ones((5, 5)), np.ones((3, 3)), [1, 2]),
            {},
            SpecError,
            "bias must have one number for each of the 1 kernels",
        ),
        (([1, 2, 3], [1, 1], [0.5]), {}, SpecError, "integer bias"),
        ((np.ones((2, 5, 5)), np.ones((3, 3))), {"groups": 2}, SpecError, "leave out groups=2"),
        (
            (np.ones((1, 4, 4, 4, 4)), np.ones((1, 1, 2, 2, 2, 2))),
            {},
            SpecError,
            "takes 1, 2 or 3 dimensions",
        ),
        ((5, [1]), {}, SpecError, "do not fit"),
        (([1, 2, 3], "sobel-x"), {}, SpecError, "signal of 1 dimension, the kernel \\(3, 3\\) has 2"),
    ],
)
def test_bad_input_has_one_clear_error(arguments: tuple, options: dict, error: type, message: str) -> None:
    """What cannot be explained is refused at once, not when a step is asked for."""
    with pytest.raises(error, match=message):
        explain(*arguments, **options)
