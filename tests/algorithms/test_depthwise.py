"""Kernels of one channel: every size, channel count and border, any strides in memory, any threads."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cases import check_against, computed, random_arrays, scattered
from convolens.algorithms import compiled, loops
from convolens.algorithms.base import Epilogue
from convolens.algorithms.depthwise import Depthwise
from convolens.algorithms.reference import Reference
from convolens.errors import SpecError
from convolens.ops.arrays import channels_first
from convolens.ops.conv import conv1d, conv2d
from convolens.runtime import compile as compiler
from convolens.runtime.threads import threads
from convolens.spec.borders import MODES
from convolens.spec.geometry import ConvSpec

pytestmark = pytest.mark.skipif(not compiler.available(), reason="needs Halide")

Array = npt.NDArray[Any]
MOST_CELLS = 2000  # that the reference has to sum
MARGIN, MARK = 4096, 7777.0
each_layout = pytest.mark.parametrize("layout", ["NCHW", "NHWC"])


def _spec(channels: int, size: tuple[int, int], kernel: tuple[int, int], layout: str, **options: Any) -> ConvSpec:
    shape = (2, *size, channels) if layout == "NHWC" else (2, channels, *size)
    return ConvSpec(shape, (channels, 1, *kernel), groups=channels, layout=layout, **options)


def _check(spec: ConvSpec) -> None:
    check_against(Reference(), Depthwise(), spec)


@each_layout
@pytest.mark.parametrize("size", range(1, 41))
def test_every_size(size: int, layout: str) -> None:
    """Widths and heights on both sides of a tile's, with as many rows as the reference can bear."""
    few = max(1, 40 // size)
    for width, height in ((size, few), (few, size)):
        _check(_spec(17 if size < 20 else 16, (height, width), (3, 3), layout, padding=1))


@pytest.mark.parametrize("width", [*range(60, 84, 2), 77, 79, 157, 160])
def test_rows_about_as_long_as_the_scratch(width: int) -> None:
    """Rows that just fit the scratch of known pitch, and rows that do not."""
    for options in ({"padding": 1}, {"padding": 1, "stride": 2}, {"padding": (1, 9), "dilation": (1, 9)}):
        _check(_spec(1, (4, width), (3, 3), "NCHW", **options))


def test_cells_that_a_stride_leaves_out() -> None:
    """A row of the image may be longer than all windows together."""
    for width in range(78, 96):
        options: dict[str, Any] = {"stride": (1, 11), "dtype": "f8", "weight_dtype": "f8"}
        _check(_spec(1, (5, width), (1, 1), "NCHW", **options))
    _check(
        ConvSpec((2, 2, 8, 10, 13), (2, 1, 3, 3, 3), stride=(3, 1, 5), padding=((0, 2), (0, 1), (2, 1)), groups=2)
    )


@each_layout
@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("channels", [*range(1, 20), 23, 31, 32, 33, 40, 47, 48, 49, 63, 64, 65, 70])
def test_every_number_of_channels(channels: int, dtype: str, layout: str) -> None:
    """Channels that fill blocks, and that do not."""
    _check(_spec(channels, (2, 9), (2, 3), layout, padding=1, dtype=dtype, weight_dtype=dtype))


@each_layout
@pytest.mark.parametrize(
    "kernel", [(1, 1), (1, 7), (5, 1), (2, 2), (4, 3), (3, 4), (5, 6), (7, 7), (8, 9), (11, 13)]
)
def test_every_kernel_size(kernel: tuple[int, int], layout: str) -> None:
    """Kernels that are unrolled whole, by runs, and by runs with a rest."""
    for options in ({}, {"stride": 2}, {"dilation": 2}, {"stride": (2, 3), "dilation": (3, 2)}):
        _check(_spec(16, (6, 5), kernel, layout, padding="same", border="reflect", **options))


@each_layout
@pytest.mark.parametrize("border", [*MODES, 1.5])
@pytest.mark.parametrize("channels", [3, 20])
def test_every_border(border: str | float, channels: int, layout: str) -> None:
    """Borders wider than the image, uneven ones, with stride and dilation."""
    for options in ({"dilation": (2, 1)}, {"stride": 2}, {"dilation": 3, "stride": (3, 2)}):
        _check(_spec(channels, (5, 4), (3, 3), layout, padding=((3, 7), (11, 2)), border=border, **options))


@settings(max_examples=60)
@given(data=st.data())
def test_any_spec(data: st.DataObject) -> None:
    """Whatever is asked for, within one to three dimensions."""
    dims = data.draw(st.integers(1, 3))

    def each(most: int) -> tuple[int, ...]:
        return tuple(data.draw(st.integers(1, most)) for _ in range(dims))

    channels = data.draw(st.integers(1, 70))
    kernels = channels * data.draw(st.sampled_from([1, 1, 2, 3]))
    size = each((40, 12, 6)[dims - 1])
    last = data.draw(st.booleans())
    try:
        spec = ConvSpec(
            (2, *size, channels) if last else (2, channels, *size),
            (kernels, 1, *each(6)),
            stride=each(3),
            dilation=each(3),
            padding=tuple((data.draw(st.integers(0, 4)), data.draw(st.integers(0, 4))) for _ in range(dims)),
            border=data.draw(st.sampled_from([*MODES, -0.5])),
            groups=channels,
            layout="channels-last" if last else "channels-first",
            dtype=data.draw(st.sampled_from(["f4", "f8", "f2"])),
        )
    except SpecError:
        assume(False)
    assume(np.prod(spec.output_shape) <= MOST_CELLS)
    _check(spec)


@each_layout
@pytest.mark.parametrize("channels", [5, 37])
@pytest.mark.parametrize("order", [(0, 1, 2, 3), (0, 2, 3, 1), (3, 2, 1, 0), (1, 0, 3, 2)])
def test_any_strides_in_memory(order: tuple[int, ...], channels: int, layout: str) -> None:
    """Input and output that are transposed, sliced, reversed or read-only give what plain ones give."""
    spec = _spec(channels, (6, 5), (3, 3), layout, padding=1)
    x, weight = random_arrays(spec)
    expected = computed(Depthwise(), spec, x, weight)
    for step in (1, 2):
        source, target = scattered(x, order, step), scattered(np.zeros_like(expected), order, step)
        source.setflags(write=False)
        result = computed(Depthwise(), spec, source, weight, target)
        np.testing.assert_allclose(result, expected, rtol=1e-5, atol=1e-5)


@each_layout
def test_results_do_not_depend_on_threads_or_tasks(layout: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """To the last bit, whatever the machine for which tasks are cut."""
    spec = _spec(70, (40, 40), (5, 5), layout, padding=2)
    x, weight = random_arrays(spec)
    results = []
    for count in (1, 2, 7):
        with threads(count):
            results.append(computed(Depthwise(), spec, x, weight))
    monkeypatch.setattr(loops, "thread_count", lambda: 64)
    monkeypatch.setattr(compiled, "cache_bytes", lambda: {"L2": 1 << 14})
    results.append(computed(Depthwise(), spec, x, weight))
    for result in results[1:]:
        np.testing.assert_array_equal(result, results[0])


@each_layout
def test_nan_and_infinity_stay_in_their_windows(layout: str) -> None:
    """One bad cell reaches the nine results around it in its own channel, and no other."""
    spec = _spec(20, (9, 9), (3, 3), layout, padding=1)
    x, weight = random_arrays(spec)
    for bad in (np.nan, np.inf):
        channels_first(x, 2, spec.layout)[0, 3, 4, 5] = bad
        found = np.isfinite(channels_first(computed(Depthwise(), spec, x, weight), 2, spec.layout))
        assert not found[0, 3, 3:6, 4:7].any()
        assert found.sum() == found.size - 9


def test_refusals() -> None:
    """Kernels over several channels, integers and four dimensions are left to others."""
    assert "channel" in str(Depthwise().refusal(ConvSpec((1, 2, 5), (1, 2, 3))))
    assert "integers" in str(Depthwise().refusal(ConvSpec((1, 1, 5), (1, 1, 3), dtype="i4", weight_dtype="i4")))
    assert "dimensions" in str(Depthwise().refusal(ConvSpec((1, 1, 5, 5, 5, 5), (1, 1, 3, 3, 3, 3))))
    assert Depthwise().refusal(ConvSpec((1, 1, 5), (3, 1, 3))) is None


@each_layout
@pytest.mark.parametrize("channels", [3, 20, 37])
def test_nothing_is_written_beside_the_output(channels: int, layout: str) -> None:
    """An output amid other numbers leaves them as they are, whatever the tails."""
    for size in ((1, 1), (3, 17), (15, 6), (9, 33)):
        spec = _spec(channels, size, (3, 5), layout, padding=(1, 2))
        x, weight = random_arrays(spec)
        cells = int(np.prod(spec.output_shape))
        space = np.full(cells + 2 * MARGIN, MARK, np.float32)
        computed(Depthwise(), spec, x, weight, space[MARGIN:-MARGIN].reshape(spec.output_shape))
        assert (space[:MARGIN] == MARK).all()
        assert (space[-MARGIN:] == MARK).all()
        assert not (space[MARGIN:-MARGIN] == MARK).any()


@each_layout
def test_bias_residual_and_activation_in_registers(layout: str) -> None:
    """Nothing is left of an epilogue that lies in memory as the output does; of another, the residual."""
    spec = _spec(20, (6, 9), (3, 3), layout, padding=1)
    (x, weight), rng = random_arrays(spec), np.random.default_rng(1)
    bias, residual = (rng.standard_normal(shape, np.float32) for shape in (20, spec.output_shape))
    images, added = (channels_first(array, 2, spec.layout) for array in (x, residual))
    expected = channels_first(computed(Depthwise(), spec, x, weight), 2, spec.layout)
    expected = np.minimum(np.maximum(expected + bias[:, None, None] + added, 0), 6)
    algorithm = Depthwise()
    state = algorithm.prepare(spec, weight)
    out = channels_first(np.empty(spec.output_shape, np.float32), 2, spec.layout)
    assert algorithm.run_with(spec, state, images, out, Epilogue(bias, "relu6", added)).done
    np.testing.assert_allclose(out, expected, rtol=1e-5, atol=1e-5)
    apart = (
        np.repeat(added, 2, axis=3)[..., ::2]
        .transpose(0, 2, 3, 1)
        .repeat(2, axis=3)[..., ::2]
        .transpose(0, 3, 1, 2)
    )
    left = algorithm.run_with(spec, state, images, out, Epilogue(bias, "relu6", apart))
    assert (left.bias, left.activation) == (None, "relu6")
    assert left.residual is apart


@pytest.mark.parametrize(("size", "kernel"), [((9000,), (4096,)), ((90, 80), (63, 63))])
def test_large_kernels_are_left_to_sums_in_blocks(size: tuple[int, ...], kernel: tuple[int, ...]) -> None:
    """With ``exact=True`` sums of thousands of products lose less than 1e-6 of the largest output."""
    generator = np.random.default_rng(5)
    image, weight = (generator.standard_normal((1, 1, *n)).astype("f4") for n in (size, kernel))
    assert "digits" in str(Depthwise().refusal(ConvSpec(image.shape, weight.shape)))
    convolve = conv1d if len(size) == 1 else conv2d
    wanted = convolve(image.astype("f8"), weight.astype("f8"), algorithm="direct")
    error = np.abs(convolve(image, weight, exact=True) - wanted).max()
    assert error < 1e-6 * np.abs(wanted).max()
