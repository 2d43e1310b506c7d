"""Max unpooling, against PyTorch and numbers worked by hand."""

import numpy as np
import pytest
import torch

import convolens as cl
from convolens.errors import SpecError

SIZES = {1: (8,), 2: (8, 6), 3: (6, 8, 4)}


@pytest.mark.parametrize("dims", [1, 2, 3])
@pytest.mark.parametrize("options", [{}, {"stride": 3}, {"stride": 2, "padding": 1}])
def test_agrees_with_torch(dims, options):
    """Values go where PyTorch puts them, in both layouts."""
    x = np.random.default_rng(dims).normal(size=(2, 3, *SIZES[dims]))
    values, indices = getattr(cl, f"max_pool{dims}d")(x, 2, return_indices=True, **options)
    unpool = getattr(cl, f"max_unpool{dims}d")
    theirs = getattr(torch.nn.functional, f"max_unpool{dims}d")
    found = unpool(values, indices, SIZES[dims])
    expected = theirs(torch.from_numpy(values), torch.from_numpy(indices), 2, output_size=SIZES[dims], **options)
    np.testing.assert_array_equal(found, expected.numpy())
    values, indices = np.moveaxis(values, 1, -1), np.moveaxis(indices, 1, -1)
    last = unpool(values, indices, SIZES[dims], layout="channels-last")
    np.testing.assert_array_equal(np.moveaxis(last, -1, 1), found)


@pytest.mark.parametrize("dims", [1, 2, 3])
def test_finds_the_size_as_torch(dims):
    """Where windows fill the image, its size follows from theirs."""
    x = np.random.default_rng(dims).normal(size=(2, 3, *SIZES[dims]))
    values, indices = getattr(cl, f"max_pool{dims}d")(x, 2, return_indices=True)
    found = getattr(cl, f"max_unpool{dims}d")(values, indices, window=2)
    theirs = getattr(torch.nn.functional, f"max_unpool{dims}d")
    np.testing.assert_array_equal(found, theirs(torch.from_numpy(values), torch.from_numpy(indices), 2).numpy())


@pytest.mark.parametrize(
    "options", [{"window": 3}, {"window": 3, "stride": 2}, {"window": (5, 3), "padding": (2, 0), "stride": (2, 3)}]
)
def test_pools_back(options):
    """Unpooling, then pooling the same way, gives the values again, if they are positive."""
    x = np.random.default_rng(4).uniform(1, 2, (2, 3, 9, 9))
    pooled = cl.max_pool2d(x, return_indices=True, **options)
    unpooled = cl.max_unpool2d(*pooled, **options)
    assert unpooled.shape == x.shape
    np.testing.assert_array_equal(cl.max_pool2d(unpooled, **options), pooled[0])


def test_by_hand():
    """5 and 4 return to places 1 and 3, in their own type, with and without a batch axis."""
    values, indices = np.array([[5, 4]], np.int16), [[1, 3]]
    result = cl.max_unpool1d(values, indices, window=2)
    assert result.dtype == np.int16
    assert result.tolist() == [[0, 5, 0, 4]]
    assert cl.max_unpool1d(values[None], [indices], 5).tolist() == [[[0, 5, 0, 4, 0]]]
    out = np.empty((1, 6), np.int16)
    assert cl.max_unpool1d(values, indices, 6, out=out) is out
    assert out.tolist() == [[0, 5, 0, 4, 0, 0]]


@pytest.mark.parametrize(
    ("indices", "options", "message"),
    [
        ([[0, 1]], {}, "needs output_size, or window"),
        ([[0, 1]], {"window": 2, "padding": "same"}, "padding in numbers, not padding='same'"),
        ([[0, 4]], {"output_size": 4}, "go from 0 to 4, but planes of size"),
        ([[-1, 1]], {"output_size": 4}, "go from -1 to 1"),
        ([[0]], {"output_size": 4}, r"indices must be integers of shape \(1, 2\)"),
        ([[0.0, 1.0]], {"output_size": 4}, "indices must be integers"),
        ([[0, 1]], {"output_size": (4, 4)}, "output_size needs one number or 1"),
        ([[0, 1]], {"window": 2, "stride": 0}, "stride must be"),
        ([[0, 1]], {"window": 1, "stride": 1, "padding": 2}, "the size that was pooled must be"),
    ],
)
def test_refuses(indices, options, message):
    """Unknown sizes, places outside, and indices that do not match are refused."""
    with pytest.raises(SpecError, match=message):
        cl.max_unpool1d([[5.0, 4.0]], indices, **options)
    with pytest.raises(SpecError, match="both need 3 or 4 axes"):
        cl.max_unpool2d([[5.0, 4.0]], [[0, 1]], 2)
