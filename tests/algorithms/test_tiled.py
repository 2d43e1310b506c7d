"""Register tiles: tails of every size and channel count, every border, any strides in memory, any threads."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cases import check_against, computed, expected, random_array, random_arrays, scattered
from convolens.algorithms import panels
from convolens.algorithms.base import Epilogue
from convolens.algorithms.panels import Panels
from convolens.algorithms.reference import Reference
from convolens.algorithms.tiled import Tiled
from convolens.errors import SpecError
from convolens.ops.arrays import channels_first
from convolens.runtime import compile as compiler
from convolens.runtime.threads import threads
from convolens.spec.borders import MODES
from convolens.spec.geometry import ConvSpec

pytestmark = pytest.mark.skipif(not compiler.available(), reason="needs Halide")

Array = npt.NDArray[Any]
MOST_CELLS = 2000  # that the reference has to sum
MARK = 7777.0


def _check(spec: ConvSpec) -> None:
    check_against(Reference(), Tiled(), spec)


@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
@pytest.mark.parametrize("size", [*range(1, 15), 17, 23, 31, 39, 40])
def test_every_size(size: int, layout: str) -> None:
    """Widths and heights on both sides of a tile's, with as many rows as the reference can bear."""
    shape = (1, size, max(1, size // 3), 5) if layout == "NHWC" else (1, 5, max(1, size // 3), size)
    _check(ConvSpec(shape, (3, 5, 3, 3), padding=1, layout=layout))


@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("kernels", [1, 2, 7, 8, 9, 15, 16, 17, 31, 33, 48, 63, 64, 65, 70])
def test_every_number_of_kernels(kernels: int, dtype: str, layout: str) -> None:
    """Kernels that fill panels, and that do not."""
    shape = (2, 2, 7, 3) if layout == "NHWC" else (2, 3, 2, 7)
    _check(ConvSpec(shape, (kernels, 3, 2, 3), padding=1, layout=layout, dtype=dtype))


@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
@pytest.mark.parametrize("channels", [1, 2, 3, 4, 5, 8, 15, 16, 17, 33, 64, 70])
def test_every_number_of_channels(channels: int, layout: str) -> None:
    """Channels by the vector and the rest of them; few of them go another way."""
    shape = (1, 9, 8, channels) if layout == "NHWC" else (1, channels, 9, 8)
    _check(ConvSpec(shape, (5, channels, 3, 4), padding=2, stride=(1, 2), layout=layout))


@pytest.mark.parametrize("border", [*MODES, 1.5])
@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
def test_every_border(border: str | float, layout: str) -> None:
    """Borders wider than the image, uneven ones, with stride and dilation."""
    shape = (1, 5, 4, 3) if layout == "NHWC" else (1, 3, 5, 4)
    for options in ({"dilation": (2, 1)}, {"stride": 2}, {"dilation": 3, "stride": (3, 2)}):
        spec = ConvSpec(shape, (4, 3, 3, 3), padding=((3, 7), (11, 2)), border=border, layout=layout, **options)
        _check(spec)


@settings(max_examples=60)
@given(data=st.data())
def test_any_spec(data: st.DataObject) -> None:
    """Whatever is asked for, within one to three dimensions."""
    dims = data.draw(st.integers(1, 3))

    def each(most: int) -> tuple[int, ...]:
        return tuple(data.draw(st.integers(1, most)) for _ in range(dims))

    groups = data.draw(st.sampled_from([1, 1, 1, 2, 3]))
    channels, kernels = groups * data.draw(st.integers(1, 24)), groups * data.draw(st.integers(1, 24))
    size = each((40, 12, 6)[dims - 1])
    last = data.draw(st.booleans())
    try:
        spec = ConvSpec(
            (2, *size, channels) if last else (2, channels, *size),
            (kernels, channels // groups, *each(4)),
            stride=each(3),
            dilation=each(3),
            padding=tuple((data.draw(st.integers(0, 4)), data.draw(st.integers(0, 4))) for _ in range(dims)),
            border=data.draw(st.sampled_from([*MODES, -0.5])),
            groups=groups,
            layout="channels-last" if last else "channels-first",
            dtype=data.draw(st.sampled_from(["f4", "f8", "f2"])),
        )
    except SpecError:
        assume(False)
    assume(np.prod(spec.output_shape) <= MOST_CELLS)
    _check(spec)


@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
@pytest.mark.parametrize("order", [(0, 1, 2, 3), (0, 2, 3, 1), (3, 2, 1, 0), (1, 0, 3, 2)])
def test_any_strides_in_memory(order: tuple[int, ...], layout: str) -> None:
    """Input and output that are transposed, sliced, reversed or read-only give what plain ones give."""
    spec = ConvSpec((3, 4, 6, 5), (3, 4 if layout == "NCHW" else 5, 3, 3), padding=1, layout=layout)
    x, weight = random_arrays(spec)
    expected = computed(Tiled(), spec, x, weight)
    source, target = scattered(x, order), scattered(np.zeros_like(expected), order)
    source.setflags(write=False)
    np.testing.assert_array_equal(computed(Tiled(), spec, source, weight, target), expected)


@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
def test_results_do_not_depend_on_threads(layout: str) -> None:
    """To the last bit."""
    spec = ConvSpec((1, 40, 40, 40), (70, 40, 3, 3), padding=1, layout=layout)
    x, weight = random_arrays(spec)
    results = []
    for count in (1, 2, 7):
        with threads(count):
            results.append(computed(Tiled(), spec, x, weight))
    np.testing.assert_array_equal(results[0], results[1])
    np.testing.assert_array_equal(results[0], results[2])


@pytest.mark.parametrize("border", [*MODES, 1.5])
def test_tasks_share_the_image_in_its_border(border: str | float) -> None:
    """Small maps under many kernels are set into their border once; the sums are those of a single task."""
    spec = ConvSpec((1, 9, 7, 40), (200, 40, 3, 3), padding=(1, 4), border=border, layout="NHWC")
    x, weight = random_arrays(spec)
    results = []
    for count in (1, 2):
        assert Panels.of(spec).is_shared(count) == (count > 1)
        with threads(count):
            results.append(computed(Tiled(), spec, x, weight))
    np.testing.assert_array_equal(*results)


def test_nan_and_infinity_stay_in_their_windows() -> None:
    """One bad cell reaches the nine results around it, and no other."""
    spec = ConvSpec((1, 8, 9, 9), (20, 8, 3, 3), padding=1)
    x, weight = random_arrays(spec)
    for bad in (np.nan, np.inf):
        x[0, 3, 4, 5] = bad
        found = np.isfinite(computed(Tiled(), spec, x, weight))
        assert not found[..., 3:6, 4:7].any()
        assert found.sum() == 20 * (81 - 9)


def test_other_caches_sum_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tasks are chosen for the machine; results are those of any other choice."""
    from convolens.algorithms import compiled

    spec = ConvSpec((1, 90, 90, 48), (70, 48, 3, 3), padding=1, layout="NHWC")
    x, weight = random_arrays(spec)
    expected = computed(Tiled(), spec, x, weight)
    before = Panels.of(spec).tasks(2)
    monkeypatch.setattr(compiled, "cache_bytes", lambda: {"L2": 1 << 16})
    assert Panels.of(spec).tasks(2) != before
    np.testing.assert_array_equal(computed(Tiled(), spec, x, weight), expected)


@pytest.mark.parametrize(("size", "layout"), [(1, "NHWC"), (3, "NHWC"), (3, "NCHW")])
def test_long_sums(size: int, layout: str) -> None:
    """Sums of several parts, whose rounding is far below that of one long sum."""
    channels = 4096 // size**2
    shape = (1, 8, 9, channels) if layout == "NHWC" else (1, channels, 8, 9)
    spec = ConvSpec(shape, (3, channels, size, size), padding=size // 2, layout=layout)
    x, weight = (np.abs(array) for array in random_arrays(spec))
    np.testing.assert_allclose(computed(Tiled(), spec, x, weight), expected(spec, x, weight), rtol=2e-6)


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("size", [1, 2])
def test_windows_inside_the_image(size: int, stride: int) -> None:
    """Read where they are: single cells, and others; of rows that go on, and that lie apart in memory."""
    spec = ConvSpec((2, 9, 8, 5), (18, 5, size, size), stride=stride, layout="NHWC")
    _check(spec)
    x, weight = random_arrays(spec)
    space = np.zeros((2, 9, 11, 7), np.float32)
    view = space[:, :, 2:10, 1:6]
    view[...] = x
    np.testing.assert_array_equal(computed(Tiled(), spec, view, weight), computed(Tiled(), spec, x, weight))


@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
@pytest.mark.parametrize("activation", [None, "relu", "tanh"])
@pytest.mark.parametrize("groups", [1, 2])
def test_bias_and_relu_are_those_of_the_definition(groups: int, activation: str | None, layout: str) -> None:
    """To the last bit, NaN kept; an activation that is not fused is handed back."""
    size = (7, 9, 6) if layout == "NHWC" else (6, 7, 9)
    spec = ConvSpec((2, *size), (34, 6 // groups, 3, 2), padding=1, groups=groups, layout=layout)
    x, weight = random_arrays(spec)
    x[1, 3, 3, 3] = np.nan
    bias = np.linspace(-9, 9, 34)
    sums = channels_first(computed(Tiled(), spec, x, weight), 2, spec.layout)
    expected = sums + bias.astype(np.float32)[:, None, None]
    out = channels_first(np.full(spec.output_shape, 7, np.float32), 2, spec.layout)
    state, image = Tiled().prepare(spec, weight), channels_first(x, 2, spec.layout)
    left = Tiled().run_with(spec, state, image, out, Epilogue(bias, activation))
    assert (left.bias, left.activation) == (None, "tanh" if activation == "tanh" and layout == "NCHW" else None)
    if activation == "tanh" and left.done:
        np.testing.assert_allclose(out, np.tanh(expected), rtol=1e-6, atol=1e-6)
    else:
        np.testing.assert_array_equal(out, np.maximum(expected, 0) if activation == "relu" else expected)


def test_refusals() -> None:
    """Integers and four dimensions are left to others."""
    assert "integers" in str(Tiled().refusal(ConvSpec((1, 1, 5), (1, 1, 3), dtype="i4")))
    assert "dimensions" in str(Tiled().refusal(ConvSpec((1, 1, 5, 5, 5, 5), (1, 1, 3, 3, 3, 3))))
    assert Tiled().refusal(ConvSpec((1, 1, 5), (1, 1, 3))) is None


@pytest.mark.parametrize(
    "spec",
    [
        ConvSpec((2, 14, 13, 3), (5, 3, 7, 4), padding=(3, 1), dilation=(2, 1), layout="NHWC"),
        ConvSpec((1, 15, 13, 4), (6, 2, 6, 3), stride=(2, 1), groups=2, layout="NHWC"),
        ConvSpec((1, 4, 9, 8, 2), (3, 2, 2, 5, 3), padding=2, border="reflect", layout="NDHWC"),
    ],
)
def test_large_kernels_in_bands(spec: ConvSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some rows after the others, with bias, residual and activation in their places."""
    monkeypatch.setattr(panels, "MOST_TERMS", 20)
    monkeypatch.setattr(panels, "CHUNK_TERMS", 20)
    assert len(panels.Panels.of(spec).bands) > 1
    algorithm, (x, weight) = Tiled(), random_arrays(spec)
    residual, bias = random_array(spec.output_shape, spec.dtype), random_array(spec.weight_shape[:1], spec.dtype)
    out = np.empty(spec.output_shape, np.float32)
    images, outputs, added = (np.moveaxis(array, -1, 1) for array in (x, out, residual))
    state = algorithm.prepare(spec, weight)
    assert algorithm.run_with(spec, state, images, outputs, Epilogue(bias, "relu", added)).done
    sums = computed(Reference(), spec, x, weight) + bias + residual
    np.testing.assert_allclose(out, np.maximum(sums, 0), atol=2e-5)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize(("channels", "kernels", "size", "groups"), [(5, 24, 9, 1), (35, 70, 40, 1), (6, 8, 5, 2)])
def test_a_matrix_gives_the_bits_of_windows(
    channels: int, kernels: int, size: int, groups: int, dtype: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For cells that tiles do not divide, in maps with gaps between cells, whatever threads; none is missed."""
    shape, weight_shape = (3, size, size, channels), (kernels, channels // groups, 1, 1)
    spec = ConvSpec(shape, weight_shape, groups=groups, layout="NHWC", dtype=dtype, weight_dtype=dtype)
    assert Panels.of(spec).is_matrix
    (x, weight), rng = random_arrays(spec), np.random.default_rng(2)
    bias, residual = rng.normal(size=kernels).astype(dtype), rng.normal(size=spec.output_shape).astype(dtype)
    image, added = (channels_first(array, 2, spec.layout) for array in (x, residual))

    def result() -> Array:
        joined = np.full((*spec.output_shape[:-1], kernels + 3), MARK, dtype)
        out = channels_first(joined[..., :kernels], 2, spec.layout)
        state, epilogue = Tiled().prepare(spec, weight), Epilogue(bias, "relu6", added)
        assert Tiled().run_with(spec, state, image, out, epilogue).done
        assert (joined[..., kernels:] == MARK).all()
        return out

    found = list[Array]()
    for count in (1, 2, 7):
        with threads(count):
            found.append(result())
    _check(spec)
    monkeypatch.setattr(Panels, "is_matrix", property(lambda self: False))
    wanted = result()
    for each in found:
        np.testing.assert_array_equal(each, wanted)


def test_a_matrix_is_added_where_it_is_written() -> None:
    """Once, also where tiles do not divide its cells."""
    spec = ConvSpec((1, 7, 9, 5), (24, 5, 1, 1), layout="NHWC")
    (x, weight), out = random_arrays(spec), random_array(spec.output_shape, spec.dtype)
    expected = computed(Tiled(), spec, x, weight) + out
    image, target = (channels_first(array, 2, spec.layout) for array in (x, out))
    assert Tiled().run_with(spec, Tiled().prepare(spec, weight), image, target, Epilogue(residual=target)).done
    np.testing.assert_allclose(out, expected, rtol=1e-5, atol=1e-5)
