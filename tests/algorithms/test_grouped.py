"""Groups of a few channels: every size of group, tails, borders, layouts in memory, epilogues and threads."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from cases import computed, expected, magnitude, random_arrays
from convolens.algorithms.base import Epilogue
from convolens.algorithms.compiled import vector_lanes
from convolens.algorithms.grouped import Grouped
from convolens.algorithms.im2col import Im2col
from convolens.ops.arrays import channels_first
from convolens.runtime import compile as compiler
from convolens.runtime.threads import threads
from convolens.spec.borders import MODES
from convolens.spec.geometry import ConvSpec

pytestmark = pytest.mark.skipif(not compiler.available(), reason="needs Halide")

Array = npt.NDArray[Any]


def _spec(channels: int, kernels: int, size: tuple[int, ...], **options: Any) -> ConvSpec:
    groups = 48 // kernels
    kernel = options.pop("kernel", (3,) * len(size))
    return ConvSpec(
        (2, *size, groups * channels), (48, channels, *kernel), groups=groups, layout="channels-last", **options
    )


def _check(spec: ConvSpec) -> None:
    if reason := Grouped().refusal(spec):
        pytest.skip(reason)
    x, weight = random_arrays(spec)
    error = np.abs(computed(Grouped(), spec, x, weight) - computed(Im2col(), spec, x, weight)).max()
    assert error <= (Grouped().error_bound(spec) + Im2col().error_bound(spec)) * magnitude(spec, x, weight), spec


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize(("channels", "kernels"), [(1, 2), (2, 2), (3, 4), (4, 4), (5, 2), (8, 8), (16, 4)])
def test_every_size_of_group(channels: int, kernels: int, dtype: str) -> None:
    """Fewer channels than kernels, as many, and more; sizes that fill tiles, and that do not."""
    for size in ((1, 1), (5, 8), (17, 30), (40, 7)):
        _check(_spec(channels, kernels, size, padding=1, dtype=dtype, weight_dtype=dtype))


@pytest.mark.parametrize("border", [*MODES, 1.5])
def test_every_border(border: str | float) -> None:
    """Borders that are uneven and wider than the image, with stride and dilation."""
    for options in ({}, {"stride": 2}, {"dilation": (2, 1), "stride": (1, 2)}):
        _check(_spec(4, 4, (6, 5), padding=((3, 7), (6, 2)), border=border, **options))


@pytest.mark.parametrize("size", [(1,), (7,), (40,)])
def test_one_dimension(size: tuple[int]) -> None:
    """A signal is an image of one row."""
    _check(_spec(4, 4, size, padding=2, kernel=(5,)))


def test_copies_where_channels_lie_apart() -> None:
    """Arrays with their channels first give what those with their channels last give."""
    spec = _spec(4, 4, (6, 7), padding=1)
    x, weight = random_arrays(spec)
    images, wanted = (channels_first(a, 2, spec.layout) for a in (x, computed(Grouped(), spec, x, weight)))
    state, out = Grouped().prepare(spec, weight), np.empty(wanted.shape, np.float32)
    Grouped().run(spec, state, np.ascontiguousarray(images), out)
    np.testing.assert_array_equal(out, wanted)


def test_results_do_not_depend_on_threads() -> None:
    """To the last bit."""
    spec = _spec(4, 4, (40, 40), padding=1)
    x, weight = random_arrays(spec)
    results = []
    for count in (1, 2, 7):
        with threads(count):
            results.append(computed(Grouped(), spec, x, weight))
    np.testing.assert_array_equal(results[1], results[0])
    np.testing.assert_array_equal(results[2], results[0])


@pytest.mark.parametrize("wild", [np.nan, np.inf])
def test_nan_and_infinity_stay_in_their_windows(wild: float) -> None:
    """One bad cell reaches the nine results around it of the kernels of its group, and no other."""
    spec = _spec(4, 4, (9, 9), padding=1)
    x, weight = random_arrays(spec)
    x[0, 4, 5, 7] = wild
    found = np.isfinite(computed(Grouped(), spec, x, weight))
    assert not found[0, 3:6, 4:7, 4:8].any()
    assert found.sum() == found.size - 36


def test_bias_and_activation() -> None:
    """Both are done in registers."""
    spec = _spec(4, 4, (6, 7), padding=1)
    x, weight = random_arrays(spec)
    bias = np.linspace(-9, 9, 48, dtype=np.float32)
    out = channels_first(np.empty(spec.output_shape, np.float32), 2, spec.layout)
    images = channels_first(x, 2, spec.layout)
    assert Grouped().run_with(spec, Grouped().prepare(spec, weight), images, out, Epilogue(bias, "relu")).done
    wanted = np.maximum(channels_first(expected(spec, x, weight), 2, spec.layout) + bias[:, None, None], 0)
    np.testing.assert_allclose(out, wanted, rtol=1e-4, atol=1e-4)


def test_refusals() -> None:
    """One group, whole convolutions, kernels that fill no vector, and other layouts are left to others."""
    lanes = vector_lanes(_spec(4, 4, (6, 7)))
    assert "groups" in str(Grouped().refusal(ConvSpec((1, 6, 7, 32), (32, 32, 3, 3), layout="NHWC")))
    assert "groups" in str(Grouped().refusal(ConvSpec((1, 32, 6, 7), (32, 4, 3, 3), groups=8)))
    odd = ConvSpec((1, 6, 7, 3 * lanes), (3 * lanes, 3, 3, 3), groups=lanes, layout="NHWC")
    assert "vectors" in str(Grouped().refusal(odd))
