"""Strided convolutions at stride 1: the same sums, with columns as channels and rows as planes."""

import numpy as np
import pytest

from cases import check_against, computed, random_array, random_arrays
from convolens.algorithms.base import Epilogue
from convolens.algorithms.direct import Direct
from convolens.algorithms.reference import Reference
from convolens.algorithms.strides import unstride_image, unstride_output, unstride_weights, unstrided
from convolens.algorithms.winograd import Winograd, WinogradSmall
from convolens.runtime import compile as compiler
from convolens.spec.geometry import ConvSpec

POSSIBLE = {
    "seven": ConvSpec((2, 12, 10, 8), (16, 8, 7, 7), stride=2, padding=3, layout="NHWC"),
    "five": ConvSpec((1, 8, 12, 16), (17, 16, 5, 5), stride=2, padding=2, layout="NHWC"),
    "valid": ConvSpec((1, 14, 8, 8), (16, 8, 7, 5), stride=2, layout="NHWC"),
    "uneven": ConvSpec((1, 9, 8, 3), (4, 3, 4, 6), stride=(3, 2), padding=((1, 4), (4, 1)), layout="NHWC"),
    "columns alone": ConvSpec((1, 5, 12, 2), (3, 2, 3, 8), stride=(1, 4), padding=(1, 2), layout="NHWC"),
    "1-D": ConvSpec((2, 24, 8), (16, 8, 9), stride=2, padding=4, layout="NWC"),
    "constant": ConvSpec((1, 8, 8, 8), (16, 8, 5, 5), stride=2, padding=2, border=0.5, layout="NHWC"),
}
IMPOSSIBLE = {
    "channels first": ConvSpec((1, 8, 12, 10), (16, 8, 7, 7), stride=2, padding=3),
    "no stride": POSSIBLE["five"].replace(stride=1),
    "a size that is no multiple": POSSIBLE["five"].replace(input_shape=(1, 9, 12, 16)),
    "a border of other phases": POSSIBLE["five"].replace(border="reflect"),
    "dilated": POSSIBLE["five"].replace(dilation=2),
    "groups": POSSIBLE["five"].replace(weight_shape=(16, 8, 5, 5), groups=2),
    "volumes": ConvSpec((1, 4, 4, 4, 8), (16, 8, 3, 3, 3), stride=2, padding=1, layout="NDHWC"),
}


@pytest.mark.parametrize("name", POSSIBLE)
def test_sums_stay_the_same(name: str) -> None:
    """Nothing is copied but the weights."""
    spec, direct = POSSIBLE[name], Direct()
    plain = unstrided(spec)
    assert plain is not None
    assert set(plain.stride) == {1}
    x, weight = random_arrays(spec)
    images, out = np.moveaxis(x, -1, 1), np.zeros((spec.batch, spec.out_channels, *spec.output_size), np.float32)
    view = unstride_image(spec, images)
    assert np.may_share_memory(view, x)
    kernels = unstride_weights(spec, weight)
    assert kernels.shape == plain.weight_shape
    direct.run(plain, direct.prepare(plain, kernels), view, unstride_output(spec, out))
    np.testing.assert_allclose(np.moveaxis(out, 1, -1), computed(direct, spec, x, weight), atol=1e-4)


@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_what_cannot_be_seen_so(name: str) -> None:
    """There is no such convolution."""
    assert unstrided(IMPOSSIBLE[name]) is None


@pytest.mark.skipif(not compiler.available(), reason="needs Halide")
@pytest.mark.parametrize(
    ("name", "algorithm"),
    [("seven", Winograd()), ("five", Winograd()), ("valid", Winograd()), ("five", WinogradSmall())],
)
def test_minimal_filtering(name: str, algorithm: Winograd) -> None:
    """Filters four and three taps of every other cell."""
    assert algorithm.refusal(POSSIBLE[name]) is None
    check_against(Reference(), algorithm, POSSIBLE[name])


@pytest.mark.skipif(not compiler.available(), reason="needs Halide")
def test_minimal_filtering_refuses_short_steps() -> None:
    """Of three taps at stride 2, two are left at most."""
    assert Winograd().refusal(POSSIBLE["five"].replace(weight_shape=(16, 16, 3, 3), padding=1)) is not None


@pytest.mark.skipif(not compiler.available(), reason="needs Halide")
def test_channels_apart() -> None:
    """Images that have to be copied give the same; a residual is added, and its activation applied, on the way."""
    spec, algorithm = POSSIBLE["five"], Winograd()
    x, weight = random_arrays(spec)
    images, out = np.ascontiguousarray(np.moveaxis(x, -1, 1)), np.empty((1, 17, 4, 6), np.float32)
    residual, bias = random_array(out.shape, out.dtype), random_array((17,), out.dtype)
    state = algorithm.prepare(spec, weight)
    left = algorithm.run_with(spec, state, images, out, Epilogue(bias, "relu", residual))
    assert left.done
    expected = np.moveaxis(computed(Reference(), spec, x, weight) + bias, -1, 1) + residual
    np.testing.assert_allclose(out, np.maximum(expected, 0), atol=1e-3)
