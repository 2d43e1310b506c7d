"""Depthwise loops that read images where they lie: tails, borders, what lies beside an image, what is refused."""

from typing import Any

import numpy as np
import pytest

from cases import check_against, computed, random_arrays
from convolens.algorithms import in_place
from convolens.algorithms.base import Epilogue
from convolens.algorithms.depthwise import Depthwise
from convolens.algorithms.reference import Reference
from convolens.ops.arrays import channels_first
from convolens.runtime import compile as compiler
from convolens.runtime.threads import threads
from convolens.spec.geometry import ConvSpec

pytestmark = pytest.mark.skipif(not compiler.available(), reason="needs Halide")

BESIDE = 4096


def _spec(channels: int, size: tuple[int, int], side: int = 3, **options: Any) -> ConvSpec:
    return ConvSpec((2, *size, channels), (channels, 1, side, side), groups=channels, layout="NHWC", **options)


@pytest.mark.parametrize(
    ("side", "options"),
    [(3, {"stride": 1}), (3, {"stride": 2}), (5, {"stride": 1, "dtype": "f8", "weight_dtype": "f8"})],
)
def test_every_tail_and_border(side: int, options: dict[str, Any]) -> None:
    """Channels beyond whole blocks, uneven borders, tiles side by side and one over another, and low images."""
    half = side // 2
    for channels in (32, 35, 70):
        for width in (7, 8, 13, 14, 16, 19):
            for high, wide in (((half, half), (half, half)), ((0, side + 1), (half, 0)), ((half, 0), (0, half))):
                across = (width - 1) * options["stride"] + side - sum(wide)
                spec = _spec(channels, (side, across), side, padding=(high, wide), **options)
                assert in_place.takes(spec)
                check_against(Reference(), Depthwise(), spec)


def test_nothing_beside_the_image_is_seen() -> None:
    """Numbers around it in memory could be NaN; those within it stay in their windows."""
    spec = _spec(40, (6, 13), padding=1)
    x, weight = random_arrays(spec)
    expected = computed(Depthwise(), spec, x, weight)
    space = np.full(x.size + 2 * BESIDE, np.nan, x.dtype)
    amid = space[BESIDE:-BESIDE].reshape(x.shape)
    amid[...] = x
    np.testing.assert_array_equal(computed(Depthwise(), spec, amid, weight), expected)
    amid[0, 2, 6, 3] = np.nan
    found = np.isfinite(computed(Depthwise(), spec, amid, weight))
    assert not found[0, 1:4, 5:8, 3].any()
    assert found.sum() == found.size - 9


def test_a_weight_that_is_not_finite_meets_the_border() -> None:
    """Its product with zero is NaN, as everywhere else."""
    spec = _spec(32, (4, 7), padding=1)
    x, weight = random_arrays(spec)
    weight[5, 0, 0, 0] = np.inf
    result = computed(Depthwise(), spec, np.abs(x) + 1, weight)
    assert np.isnan(result[:, 0, :, 5]).all()
    assert np.isnan(result[:, :, 0, 5]).all()
    assert np.isposinf(result[:, 1:, 1:, 5]).all()


def test_cells_of_two_tiles_are_finished_once() -> None:
    """Bias, residual and activation, whatever threads."""
    spec = _spec(33, (40, 13), padding=1)
    (x, weight), rng = random_arrays(spec), np.random.default_rng(1)
    bias, residual = (rng.standard_normal(shape, np.float32) for shape in (33, spec.output_shape))
    expected = np.clip(computed(Depthwise(), spec, x, weight) + bias + residual, 0, 6)
    image, added = (channels_first(array, 2, spec.layout) for array in (x, residual))
    for count in (1, 2, 7):
        with threads(count):
            algorithm, out = Depthwise(), np.empty(spec.output_shape, np.float32)
            state, target = algorithm.prepare(spec, weight), channels_first(out, 2, spec.layout)
            assert algorithm.run_with(spec, state, image, target, Epilogue(bias, "relu6", added)).done
            np.testing.assert_allclose(out, expected, rtol=1e-5, atol=1e-5)


def test_what_is_copied_into_its_border() -> None:
    """Borders of other numbers or wider than half a kernel, dilation, rows that no tiles fill, oblong kernels."""
    assert in_place.takes(_spec(32, (14, 14), padding=1))
    assert in_place.takes(_spec(32, (14, 9), border="reflect"))
    for options in (
        {"border": "reflect", "padding": 1},
        {"border": 0.5, "padding": 1},
        {"padding": ((1, 1), (2, 1))},
        {"padding": 2, "dilation": 2},
        {"padding": 1, "stride": (2, 1)},
        {"padding": 1, "stride": 3},
    ):
        assert not in_place.takes(_spec(32, (14, 14), **options))
    assert not in_place.takes(_spec(32, (14, 6), padding=1))
    assert not in_place.takes(_spec(32, (14, 41), padding=1))
    assert not in_place.takes(_spec(8, (14, 14), side=4, padding=1))
    assert not in_place.takes(ConvSpec((1, 14, 14, 32), (32, 1, 3, 5), padding="same", groups=32, layout="NHWC"))
    assert not in_place.takes(ConvSpec((1, 14, 32), (32, 1, 3), padding=1, groups=32, layout="NWC"))
