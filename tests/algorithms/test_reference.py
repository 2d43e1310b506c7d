"""The definition itself, against results worked by hand, SciPy and PyTorch."""

from typing import Any

import numpy as np
import pytest
import torch
from scipy import ndimage, signal

from cases import Array, computed, random_arrays
from convolens.algorithms import ALGORITHMS
from convolens.spec.geometry import ConvSpec

REFERENCE = ALGORITHMS["reference"]
SCIPY_MODES = {
    "symmetric": "reflect",
    "reflect": "mirror",
    "edge": "nearest",
    "wrap": "wrap",
    "constant": "constant",
}


def reference(x: Any, weight: Any, **options: Any) -> Array:
    """Run the definition on one item of one channel and one kernel, all axes spatial."""
    x, weight = np.asarray(x)[None, None], np.asarray(weight)[None, None]
    spec = ConvSpec(x.shape, weight.shape, dtype=x.dtype, weight_dtype=weight.dtype, **options)
    result: Array = computed(REFERENCE, spec, x, weight)[0, 0]
    return result


def test_correlation_of_a_signal_by_hand() -> None:
    """1·1 + 2·0 − 3 = −2, and so on; turned, the signs turn."""
    assert reference([1, 2, 3, 4, 5], [1, 0, -1]).tolist() == [-2, -2, -2]
    assert reference([1, 2, 3, 4, 5], [1, 0, -1], flip=True).tolist() == [2, 2, 2]


def test_window_by_hand() -> None:
    """The nine products of one window under Sobel x sum to 2."""
    window = [[1, 2, 0], [0, 1, 2], [2, 0, 1]]
    assert reference(window, [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]).tolist() == [[2]]


def test_vertical_edge_by_hand() -> None:
    """Rows 1 1 1 0 0 under columns 1 0 −1 give 0, 3, 3."""
    assert reference([[1, 1, 1, 0, 0]] * 5, [[1, 0, -1]] * 3).tolist() == [[0, 3, 3]] * 3


def test_sobel_of_products_by_hand() -> None:
    """I[r][c] = 10 (r + 1)(c + 1): 160, 240, 320, each along its whole row."""
    image = 10 * np.outer(np.arange(1, 6), np.arange(1, 6))
    sobel_x = [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]
    assert reference(image, sobel_x).tolist() == [[160] * 3, [240] * 3, [320] * 3]


def test_stride_dilation_and_border_by_hand() -> None:
    """Windows start at −2, 1, 4 and take every second cell: (7, 1, 3), (2, 4, 6), (5, 7, 7) where 7 is outside."""
    result = reference([1, 2, 3, 4, 5, 6], [100, 10, 1], stride=3, dilation=2, padding=((2, 3),), border=7)
    assert result.tolist() == [713, 246, 577]


def test_channels_groups_and_kernels_by_hand() -> None:
    """Kernel 0 sees channels 0 and 1, kernel 1 channels 2 and 3."""
    x = np.array([[[1, 2], [10, 20], [100, 200], [1000, 2000]]])
    weight = np.array([[[1], [2]], [[3], [4]]])
    spec = ConvSpec(x.shape, weight.shape, groups=2, dtype=x.dtype)
    assert computed(REFERENCE, spec, x, weight).tolist() == [[[21, 42], [4300, 8600]]]


@pytest.mark.parametrize("shape", [(9,), (7, 6), (5, 4, 6), (3, 4, 3, 4)], ids=lambda s: f"{len(s)}-D")
@pytest.mark.parametrize("border", SCIPY_MODES)
@pytest.mark.parametrize("extent", [2, 3])
def test_agrees_with_ndimage(shape: tuple[int, ...], border: str, extent: int) -> None:
    """All modes of scipy.ndimage, under its names, even and odd kernels, up to four dimensions."""
    generator = np.random.default_rng(0)
    x, kernel = generator.standard_normal(shape), generator.standard_normal((extent,) * len(shape))
    lower, upper = ("same-lower", "same") if extent == 2 else ("same", "same")
    mode = SCIPY_MODES[border]
    np.testing.assert_allclose(
        reference(x, kernel, padding=lower, border=border), ndimage.correlate(x, kernel, mode=mode), atol=1e-12
    )
    np.testing.assert_allclose(
        reference(x, kernel, padding=upper, border=border, flip=True),
        ndimage.convolve(x, kernel, mode=mode),
        atol=1e-12,
    )


@pytest.mark.parametrize("border", SCIPY_MODES)
def test_agrees_with_ndimage_where_the_kernel_is_larger_than_the_image(border: str) -> None:
    """Borders wider than the image go round and round in both."""
    x, kernel = np.random.default_rng(0).standard_normal((2, 3)), np.ones((9, 11)) + np.eye(9, 11)
    np.testing.assert_allclose(
        reference(x, kernel, padding="same", border=border),
        ndimage.correlate(x, kernel, mode=SCIPY_MODES[border]),
        atol=1e-12,
    )


@pytest.mark.parametrize("shape", [(9,), (7, 6), (5, 4, 6)], ids=lambda s: f"{len(s)}-D")
@pytest.mark.parametrize("mode", ["valid", "full"])
def test_agrees_with_signal(shape: tuple[int, ...], mode: str) -> None:
    """scipy.signal's valid and full modes, for correlation and convolution."""
    generator = np.random.default_rng(0)
    x, kernel = generator.standard_normal(shape), generator.standard_normal((3, 2, 4)[: len(shape)])
    np.testing.assert_allclose(
        reference(x, kernel, padding=mode), signal.correlate(x, kernel, mode, "direct"), atol=1e-12
    )
    np.testing.assert_allclose(
        reference(x, kernel, padding=mode, flip=True), signal.convolve(x, kernel, mode, "direct"), atol=1e-12
    )


@pytest.mark.parametrize("dims", [1, 2, 3])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("dilation", [1, 2])
@pytest.mark.parametrize("groups", [1, 2, 4])
def test_agrees_with_torch(dims: int, stride: int, dilation: int, groups: int) -> None:
    """PyTorch's convolution in all dimensions, strides, dilations and groups."""
    spec = ConvSpec(
        (2, 4, *(8, 7, 6)[:dims]), (8, 4 // groups, *(3, 2, 3)[:dims]), stride=stride, dilation=dilation,
        groups=groups, padding=(1, 2, 1)[:dims], dtype="f8",
    )  # fmt: skip
    x, weight = random_arrays(spec)
    conv = (torch.conv1d, torch.conv2d, torch.conv3d)[dims - 1]
    wanted = conv(
        torch.from_numpy(x), torch.from_numpy(weight), stride=stride, dilation=dilation, groups=groups,
        padding=tuple(before for before, _ in spec.pads),
    )  # fmt: skip
    np.testing.assert_allclose(computed(REFERENCE, spec, x, weight), wanted.numpy(), atol=1e-12)


@pytest.mark.parametrize("border", ["reflect", "replicate", "circular"])
def test_agrees_with_torch_borders(border: str) -> None:
    """PyTorch's padding modes, under its names."""
    spec = ConvSpec((2, 3, 6, 5), (4, 3, 3, 5), padding=((1, 2), (3, 4)), border=border, dtype="f8")
    x, weight = random_arrays(spec)
    padded = torch.nn.functional.pad(torch.from_numpy(x), (3, 4, 1, 2), mode=border)
    wanted = torch.conv2d(padded, torch.from_numpy(weight)).numpy()
    np.testing.assert_allclose(computed(REFERENCE, spec, x, weight), wanted, atol=1e-12)


def test_floats_are_summed_in_float64() -> None:
    """In float32 the small terms would vanish beside 2²⁵; the definition keeps them."""
    x = np.float32([2**25, *[1] * 64, -(2**25)])
    assert reference(x, np.ones(66, np.float32)).tolist() == [64]


def test_integers_are_summed_beyond_float64() -> None:
    """2⁶⁰ + 1 has no float64."""
    assert reference(np.array([2**60, 1]), np.array([1, 1])).tolist() == [2**60 + 1]
