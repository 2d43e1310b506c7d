"""Pairs of overlapping tiles: every size, channel count and border, any strides in memory, any threads."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cases import check_against, computed, random_arrays, scattered
from convolens.algorithms import overlap_save
from convolens.algorithms.im2col import Im2col
from convolens.algorithms.overlap_save import OverlapSave
from convolens.errors import SpecError
from convolens.pipelines.radices import frequencies, radices
from convolens.runtime import compile as compiler
from convolens.runtime.threads import threads
from convolens.spec.borders import MODES
from convolens.spec.geometry import ConvSpec

needs_halide = pytest.mark.skipif(not compiler.available(), reason="needs Halide")

Array = npt.NDArray[Any]
each_kind = pytest.mark.parametrize("dims", [1, 2])


@pytest.fixture
def _small_tiles(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tiles of one size, so that there are many of them, and few pipelines."""
    monkeypatch.setattr(overlap_save, "LENGTHS", (32,))


small_tiles = pytest.mark.usefixtures("_small_tiles")


def _check(spec: ConvSpec) -> None:
    check_against(Im2col(), OverlapSave(), spec)


@needs_halide
@small_tiles
@pytest.mark.parametrize("size", [*range(1, 41), 64, 65])
def test_every_size(size: int) -> None:
    """Images and signals on both sides of a tile's outputs, and of two."""
    _check(ConvSpec((1, 2, size, 41), (2, 1, 3, 5), padding=2, groups=2))
    _check(ConvSpec((3, 2, 41, size), (2, 1, 5, 3), padding=2, groups=2))
    _check(ConvSpec((2, 1, 50 * size), (1, 1, 9), padding=4))


@needs_halide
@small_tiles
@each_kind
@pytest.mark.parametrize("channels", [*range(1, 7), 16, 17, 33, 70])
def test_every_number_of_channels(channels: int, dims: int) -> None:
    """Channels and kernels, all with all, a few together, and each by itself."""
    size, kernel = (37,) * dims, (3,) * dims
    _check(ConvSpec((1, channels, *size), (5, channels, *kernel), padding=1))
    _check(ConvSpec((1, 2, *size), (channels, 2, *kernel), padding=1))
    _check(ConvSpec((2, 2 * channels, *size), (6, channels, *kernel), groups=2))
    _check(ConvSpec((2, channels, *size), (3 * channels, 1, *kernel), groups=channels))


@needs_halide
@small_tiles
@pytest.mark.parametrize("border", [*MODES, 1.5])
@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_every_border(border: str | float, dtype: str) -> None:
    """Borders wider than the image, uneven ones, and dilated kernels."""
    options = {"border": border, "dtype": dtype, "weight_dtype": dtype}
    _check(ConvSpec((1, 2, 5, 4), (2, 1, 3, 3), padding=((33, 7), (11, 42)), groups=2, **options))
    _check(ConvSpec((1, 1, 40, 50), (1, 1, 9, 7), padding="same", dilation=(2, 3), **options))
    _check(ConvSpec((2, 1, 300), (1, 1, 31), padding=((1200, 77),), dilation=9, **options))


@needs_halide
@pytest.mark.parametrize("size", [(32, 48), (64, 96), (128, 32), (192, 256), (48, 768), (384, 512), (1024, 64)])
def test_every_length_of_transform(size: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    """Every product of radices, along columns and along rows."""
    monkeypatch.setattr(overlap_save, "_sizes", lambda _: [size])
    height, width = size
    _check(ConvSpec((1, 1, height + 9, width + 7), (1, 1, 9, 9), padding=4))


@needs_halide
@small_tiles
@settings(max_examples=60)
@given(data=st.data())
def test_any_spec(data: st.DataObject) -> None:
    """Whatever is asked for, in one or two dimensions."""
    dims = data.draw(st.integers(1, 2))

    def each(most: int) -> tuple[int, ...]:
        return tuple(data.draw(st.integers(1, most)) for _ in range(dims))

    groups, channels = data.draw(st.integers(1, 4)), data.draw(st.integers(1, 3))
    last = data.draw(st.booleans())
    size = each((2000, 70)[dims - 1])
    batch = data.draw(st.integers(1, 3))
    try:
        spec = ConvSpec(
            (batch, *size, groups * channels) if last else (batch, groups * channels, *size),
            (groups * data.draw(st.integers(1, 4)), channels, *each(11)),
            dilation=each(3),
            padding=tuple((data.draw(st.integers(0, 9)), data.draw(st.integers(0, 9))) for _ in range(dims)),
            border=data.draw(st.sampled_from([*MODES, -0.5])),
            groups=groups,
            layout="channels-last" if last else "channels-first",
            dtype=data.draw(st.sampled_from(["f4", "f8", "f2"])),
        )
    except SpecError:
        assume(False)
    _check(spec)


@needs_halide
@small_tiles
@pytest.mark.parametrize("order", [(0, 1, 2, 3), (0, 2, 3, 1), (3, 2, 1, 0), (1, 0, 3, 2)])
def test_any_strides_in_memory(order: tuple[int, ...]) -> None:
    """Input and output that are transposed, sliced, reversed or read-only give what plain ones give."""
    spec = ConvSpec((2, 3, 45, 37), (3, 1, 7, 5), padding=3, groups=3)
    x, weight = random_arrays(spec)
    expected = computed(OverlapSave(), spec, x, weight)
    for step in (1, 2):
        source, target = scattered(x, order, step), scattered(np.zeros_like(expected), order, step)
        source.setflags(write=False)
        np.testing.assert_array_equal(computed(OverlapSave(), spec, source, weight, target), expected)


@needs_halide
@small_tiles
@each_kind
def test_nothing_is_written_beside_the_output(dims: int) -> None:
    """Not even where the last tiles reach beyond it."""
    size = (45, 37)[:dims] if dims == 2 else (2500,)
    spec = ConvSpec((2, 3, *size), (3, 1, *(5,) * dims), padding=2, groups=3)
    x, weight = random_arrays(spec)
    space = np.full(tuple(n + 40 for n in spec.output_shape), 7.0, np.float32)
    inside = tuple(slice(20, 20 + n) for n in spec.output_shape)
    computed(OverlapSave(), spec, x, weight, space[inside])
    space[inside] = 7
    assert (space == 7).all()


@needs_halide
@small_tiles
@each_kind
def test_results_do_not_depend_on_threads_or_tasks(dims: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """To the last bit, whatever the machine for which tasks are cut."""
    spec = ConvSpec((1, 4, *(90,) * dims), (12, 2, *(5,) * dims), padding=2, groups=2)
    x, weight = random_arrays(spec)
    results = []
    for count in (1, 2, 7):
        with threads(count):
            results.append(computed(OverlapSave(), spec, x, weight))
    monkeypatch.setattr(overlap_save, "available_cores", lambda: 64)
    results.append(computed(OverlapSave(), spec, x, weight))
    for result in results[1:]:
        np.testing.assert_array_equal(result, results[0])


def test_tiles_of_a_large_image_are_a_few_windows_wide() -> None:
    """So that their transforms stay in cache and not too much is computed twice."""
    spec = ConvSpec((1, 1, 4000, 4000), (1, 1, 31, 31), padding=15)
    tiling = overlap_save._tiling(spec)
    assert all(3 * 31 < n < 9 * 31 for n in tiling.size)
    assert OverlapSave().cost(spec).workspace < 4 * 4000 * 4000 / 2


def test_refusals() -> None:
    """Integers, strides, volumes and windows beyond every tile are left to others."""
    refusal = OverlapSave().refusal
    assert "integers" in str(refusal(ConvSpec((1, 1, 5), (1, 1, 3), dtype="i4", weight_dtype="i4")))
    assert "stride" in str(refusal(ConvSpec((1, 1, 5), (1, 1, 3), stride=2)))
    assert "dimensions" in str(refusal(ConvSpec((1, 1, 5, 5, 5), (1, 1, 3, 3, 3))))
    assert "window" in str(refusal(ConvSpec((1, 1, 2000, 2000), (1, 1, 1025, 3))))
    assert "window" in str(refusal(ConvSpec((1, 1, 3_000_000), (1, 1, 1_100_000))))
    assert "border" in str(refusal(ConvSpec((1, 1, 5), (1, 1, 3), padding=1, border=np.nan)))


@pytest.mark.parametrize("length", overlap_save.LENGTHS)
def test_radices_give_every_frequency_once(length: int) -> None:
    """Whatever order the steps leave them in."""
    assert np.prod(radices(length)) == length
    assert max(radices(length)) <= 8
    assert sorted(frequencies(length)) == list(range(length))
