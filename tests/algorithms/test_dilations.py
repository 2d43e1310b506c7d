"""Dilated convolutions as undilated ones: the same products, in an image that is seen otherwise."""

import numpy as np
import pytest

from cases import check_against, random_arrays
from convolens.algorithms.base import Epilogue
from convolens.algorithms.dilations import unfold, unfolded
from convolens.algorithms.reference import Reference
from convolens.algorithms.winograd import Winograd, WinogradSmall
from convolens.runtime import compile as compiler
from convolens.spec.geometry import ConvSpec

ALIKE = {
    "square": ConvSpec((1, 8, 8, 16), (16, 16, 3, 3), padding=2, dilation=2, layout="NHWC"),
    "channels first": ConvSpec((1, 16, 6, 8), (16, 16, 3, 3), padding=(3, 2), dilation=(3, 2)),
    "rows alone": ConvSpec((2, 16, 6, 7), (16, 16, 3, 3), padding=(2, 1), dilation=(2, 1)),
    "columns alone": ConvSpec((2, 5, 8, 16), (17, 16, 3, 3), padding=(0, 4), dilation=(1, 4), layout="NHWC"),
    "uneven pads": ConvSpec(
        (1, 9, 6, 16), (16, 16, 3, 3), padding=((3, 0), (0, 2)), dilation=(3, 2), layout="NHWC"
    ),
    "1-D": ConvSpec((3, 16, 12), (16, 16, 3), padding=3, dilation=3),
    "3-D, one axis, one item": ConvSpec((1, 3, 4, 6, 16), (16, 16, 2, 3, 3), dilation=(1, 1, 2), layout="NDHWC"),
    "constant": ConvSpec((1, 8, 8, 16), (16, 16, 3, 3), padding=2, dilation=2, border=0.5, layout="NHWC"),
}
UNLIKE = {
    "undilated": ConvSpec((1, 8, 8, 16), (16, 16, 3, 3), padding=2, layout="NHWC"),
    "a size that is no multiple": ConvSpec((1, 9, 8, 16), (16, 16, 3, 3), padding=2, dilation=2, layout="NHWC"),
    "pads that are no multiple": ConvSpec((1, 8, 8, 16), (16, 16, 3, 3), padding=1, dilation=2, layout="NHWC"),
    "a border of other phases": ALIKE["square"].replace(border="reflect"),
    "strided": ALIKE["square"].replace(stride=2),
    "too many axes": ALIKE["square"].replace(input_shape=(2, 8, 8, 16)),
}


@pytest.mark.parametrize("name", ALIKE)
def test_products_stay_the_same(name: str) -> None:
    """As many of them, undilated, and outputs as large."""
    spec = ALIKE[name]
    plain = unfolded(spec)
    assert plain is not None
    assert set(plain.dilation) == {1}
    assert (plain.macs, plain.memory) == (spec.macs, spec.memory)


@pytest.mark.parametrize("name", UNLIKE)
def test_what_cannot_be_seen_so(name: str) -> None:
    """There is no such image."""
    assert unfolded(UNLIKE[name]) is None


@pytest.mark.parametrize("name", ALIKE)
def test_sums_stay_the_same(name: str) -> None:
    """The reference sums the view as it sums the image."""
    spec = ALIKE[name]
    plain = unfolded(spec)
    assert plain is not None
    x, weight = random_arrays(spec)
    images = x if spec.layout == "channels-first" else np.moveaxis(x, -1, 1)
    expected, found = (np.zeros((spec.batch, spec.out_channels, *spec.output_size), np.float32) for _ in range(2))
    reference = Reference()
    reference.run(spec, reference.prepare(spec, weight), images, expected)
    ones = (1,) * (plain.dims - spec.dims)
    kernels = weight.reshape(*weight.shape[:2], *ones, *weight.shape[2:])
    assert np.may_share_memory(unfold(spec, found), found)
    reference.run(plain, reference.prepare(plain, kernels), unfold(spec, images), unfold(spec, found))
    np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.skipif(not compiler.available(), reason="needs Halide")
@pytest.mark.parametrize("algorithm", [Winograd(), WinogradSmall()], ids=lambda a: a.name)
@pytest.mark.parametrize("name", ["square", "channels first", "columns alone", "1-D"])
def test_minimal_filtering(name: str, algorithm: Winograd) -> None:
    """Filters all phases at once."""
    check_against(Reference(), algorithm, ALIKE[name])


@pytest.mark.skipif(not compiler.available(), reason="needs Halide")
def test_what_is_left_is_as_it_came() -> None:
    """A residual that minimal filtering does not add comes back whole, with the activation after it."""
    spec, algorithm = ALIKE["square"], Winograd()
    x, weight = random_arrays(spec)
    images, out = np.moveaxis(x, -1, 1), np.moveaxis(np.empty((1, 8, 8, 16), np.float32), -1, 1)
    residual = np.ones((1, 16, 8, 8), np.float32)
    left = algorithm.run_with(
        spec, algorithm.prepare(spec, weight), images, out, Epilogue(np.ones(16, np.float32), "relu", residual)
    )
    assert left.residual is residual
    assert (left.bias, left.activation) == (None, "relu")
