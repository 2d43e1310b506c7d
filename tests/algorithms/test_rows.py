"""Sums along rows: tails of every size and channel count, every border, any strides in memory, any threads."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from cases import computed, expected, magnitude, random_arrays
from convolens.algorithms import row_blocks
from convolens.algorithms.base import Epilogue
from convolens.algorithms.row_blocks import Tile, choose, geometry
from convolens.algorithms.rows import Rows
from convolens.runtime import compile as compiler
from convolens.runtime.threads import threads
from convolens.spec.borders import MODES
from convolens.spec.geometry import ConvSpec

pytestmark = pytest.mark.skipif(not compiler.available(), reason="needs Halide")

Array = npt.NDArray[Any]


def _check(spec: ConvSpec) -> None:
    x, weight = random_arrays(spec)
    error = np.abs(computed(Rows(), spec, x, weight) - expected(spec, x, weight)).max()
    assert error <= Rows().error_bound(spec) * magnitude(spec, x, weight), spec


@pytest.mark.parametrize("size", [*range(1, 20), 31, 39, 40, 47, 48, 49, 97])
def test_every_size(size: int) -> None:
    """Widths on both sides of a vector's and a tile's, with and without a border."""
    for padding in (0, 1):
        if size > 2 or padding:
            _check(ConvSpec((1, 3, max(3, size // 4), size), (3, 3, 3, 3), padding=padding))


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize(("kernels", "width"), [(16, 48), (15, 95), (8, 130), (4, 191), (21, 255)])
def test_short_sums_of_long_rows(kernels: int, width: int, stride: int) -> None:
    """Rows that are written tile by tile, the last one beginning early; nothing beside them is touched."""
    spec = ConvSpec((2, 3, 4, stride * width), (kernels, 3, 3, 3), stride=stride, padding=1, border="reflect")
    assert Rows().pipeline(spec)[1]["apart"]
    x, weight = random_arrays(spec)
    around = np.full((*spec.output_shape[:3], width + 32), 7, np.float32)
    target = around[..., 16:-16]
    residual, bias = np.ones(spec.output_shape, np.float32), np.arange(kernels, dtype=np.float32)
    Rows().run_with(spec, Rows().prepare(spec, weight), x, target, Epilogue(bias, None, residual))
    error = np.abs(target - expected(spec, x, weight) - 1 - bias[:, None, None]).max()
    assert error <= Rows().error_bound(spec) * (magnitude(spec, x, weight) + kernels)
    assert (around[..., :16] == 7).all()
    assert (around[..., -16:] == 7).all()


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("kernels", [1, 2, 3, 4, 5, 7, 8, 9, 12, 16, 31, 33, 64, 70])
def test_every_number_of_kernels(kernels: int, dtype: str) -> None:
    """Kernels that fill panels, and that do not."""
    _check(ConvSpec((2, 3, 3, 7), (kernels, 3, 2, 3), padding=1, dtype=dtype))


@pytest.mark.parametrize("channels", [1, 2, 3, 16, 17, 70])
@pytest.mark.parametrize("size", [(1, 1), (3, 3)])
def test_every_number_of_channels(channels: int, size: tuple[int, int]) -> None:
    """Terms that make whole runs of sums, and that do not."""
    _check(ConvSpec((1, channels, 5, 9), (5, channels, *size)))


@pytest.mark.parametrize("channels", [7, 8, 14, 15, 33])
def test_taps_with_cells_of_their_own(channels: int) -> None:
    """Where a stride leaves taps few cells to share, each has its own; short sums, and runs of longer ones."""
    for options in ({"stride": 2}, {"stride": (1, 3), "dilation": 2}, {"stride": 4}):
        spec = ConvSpec((1, channels, 9, 64), (9, channels, 3, 3), padding=(1, 40), border="wrap", **options)
        spec = spec.replace(input_shape=(1, channels, 9, 64 + spec.stride[1] * (-spec.output_size[1] % 16)))
        assert geometry(spec).axes[2].reach == 0
        _check(spec)


@pytest.mark.parametrize("border", [*MODES, 1.5])
def test_every_border(border: str | float) -> None:
    """Borders wider than the image, uneven ones, with stride and dilation."""
    for options in ({"dilation": (2, 1)}, {"stride": 2}, {"dilation": 3, "stride": (3, 2)}, {"stride": (1, 5)}):
        pads = ((3, 7), (11, 2))
        _check(ConvSpec((1, 3, 5, 40), (4, 3, 3, 3), padding=pads, border=border, **options))


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (0, 2, 3, 1), (3, 2, 1, 0), (1, 0, 3, 2)])
@pytest.mark.parametrize("size", [(1, 1), (3, 3)])
def test_any_strides_in_memory(order: tuple[int, ...], size: tuple[int, int]) -> None:
    """Arrays that are transposed, sliced, reversed or read-only give what plain ones give, the residual too."""
    spec = ConvSpec((3, 4, 6, 5), (3, 4, *size), padding=size[0] // 2)
    x, weight = random_arrays(spec)
    state = Rows().prepare(spec, weight)
    inverse = np.argsort(order)

    def scattered(array: Array) -> Array:
        moved = array.transpose(order)
        view = np.zeros(tuple(2 * n for n in moved.shape), array.dtype)[::2, 1::2, ::-2, ::2]
        view[...] = moved
        return view.transpose(inverse)

    plain, added = np.full(spec.output_shape, np.nan, np.float32), np.ones(spec.output_shape, np.float32)
    Rows().run_with(spec, state, x, plain, Epilogue(residual=added))
    source, target = scattered(x), scattered(np.zeros_like(plain))
    source.setflags(write=False)
    assert Rows().run_with(spec, state, source, target, Epilogue(residual=scattered(added))).done
    np.testing.assert_array_equal(target, plain)


@pytest.mark.parametrize("shape", [(1, 40, 40, 40), (3, 8, 7, 70)])
def test_results_do_not_depend_on_threads(shape: tuple[int, ...]) -> None:
    """To the last bit, though the blocks are others."""
    spec = ConvSpec(shape, (70, shape[1], 3, 3), padding=1)
    x, weight = random_arrays(spec)
    results = []
    for count in (1, 2, 7):
        with threads(count):
            results.append(computed(Rows(), spec, x, weight))
    np.testing.assert_array_equal(results[0], results[1])
    np.testing.assert_array_equal(results[0], results[2])


def test_blocks_are_cut_smaller_for_more_threads() -> None:
    """What is large is cut so that all threads have work; what is tiny is one task."""
    large, tiny = ConvSpec((1, 64, 56, 56), (64, 64, 3, 3), padding=1), ConvSpec((1, 1, 8, 8), (1, 1, 3, 3))
    tile = Tile(8, 3, 16)
    alone, shared = (choose(geometry(large), tile, 4, count) for count in (1, 32))
    assert shared.rows * shared.columns * shared.panels < alone.rows * alone.columns * alone.panels
    assert choose(geometry(tiny), tile, 4, 32).rows == 6


@pytest.mark.parametrize("part", [1, 3, 4])
def test_any_block_sums_the_same(part: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks that do not divide an axis overlap; that shows nowhere."""
    spec = ConvSpec((2, 12, 11, 70), (44, 6, 3, 3), groups=2, stride=(1, 2), padding=1, border="reflect")
    x, weight = random_arrays(spec)
    whole = computed(Rows(), spec, x, weight)
    choose.cache_clear()
    monkeypatch.setattr(row_blocks, "_parts", lambda size: np.array([-(-size // part)]))
    np.testing.assert_array_equal(computed(Rows(), spec, x, weight), whole)
    choose.cache_clear()


def test_nan_and_infinity_stay_in_their_windows() -> None:
    """One bad cell reaches the nine results around it, and no other."""
    spec = ConvSpec((1, 8, 9, 9), (20, 8, 3, 3), padding=1)
    x, weight = random_arrays(spec)
    for bad in (np.nan, np.inf):
        x[0, 3, 4, 5] = bad
        found = np.isfinite(computed(Rows(), spec, x, weight))
        assert not found[..., 3:6, 4:7].any()
        assert found.sum() == 20 * (81 - 9)


def test_long_sums_are_nearly_exact() -> None:
    """Runs of terms are added up: thousands of terms lose no more than dozens do."""
    spec = ConvSpec((1, 512, 8, 8), (8, 512, 3, 3), padding=1)
    x, weight = random_arrays(spec)
    truth = expected(spec, x, weight)
    assert np.abs(computed(Rows(), spec, x, weight) - truth).max() <= 1e-6 * np.abs(truth).max()


def test_smooth_activation_of_float64_is_left() -> None:
    """Bias and residual are done; an activation that needs more digits than it would get is handed back."""
    spec = ConvSpec((1, 2, 5, 6), (3, 2, 3, 3), dtype="f8")
    x, weight = random_arrays(spec)
    out = np.empty(spec.output_shape)
    left = Rows().run_with(spec, Rows().prepare(spec, weight), x, out, Epilogue(np.ones(3), "gelu", out.copy()))
    assert (left.activation, left.bias, left.residual) == ("gelu", None, None)


def test_refusals() -> None:
    """Integers, four dimensions and channels last are left to others."""
    assert "integers" in str(Rows().refusal(ConvSpec((1, 1, 5), (1, 1, 3), dtype="i4")))
    assert "dimensions" in str(Rows().refusal(ConvSpec((1, 1, 5, 5, 5, 5), (1, 1, 3, 3, 3, 3))))
    assert "apart" in str(Rows().refusal(ConvSpec((1, 5, 5, 2), (1, 2, 3, 3), layout="NHWC")))
    assert Rows().refusal(ConvSpec((1, 1, 5), (1, 1, 3))) is None
