"""Every operation with a batch of no items: arrays of the right shape with nothing in them, and no error."""

import re
from typing import Any

import numpy as np
import pytest

import convolens as cl

SIZES = {1: (6,), 2: (6, 5), 3: (6, 5, 4)}
WINDOW = 2


def empty(dims: int, channels: int = 2) -> Any:
    """An input of no items."""
    return np.zeros((0, channels, *SIZES[dims]))


def pooled(dims: int, dtype: Any = float) -> Any:
    """The output of no items of a pooling by ``WINDOW``, or its indices."""
    return np.zeros((0, 2, *(n // WINDOW for n in SIZES[dims])), dtype)


CALLS: dict[str, Any] = {}
for dims, size in SIZES.items():
    x, w = empty(dims), np.ones((3, 2, *(1,) * dims))
    g, y, at = empty(dims, 3), pooled(dims), pooled(dims, int)
    CALLS |= {
        f"conv{dims}d": ((x, w), {}, g.shape),
        f"conv{dims}d_grad_input": ((g, w, x.shape), {}, x.shape),
        f"conv{dims}d_grad_weight": ((g, x, w.shape), {}, w.shape),
        f"conv{dims}d_grad_bias": ((g,), {}, (3,)),
        f"conv_transpose{dims}d": ((g, w), {}, x.shape),
        f"conv_transpose{dims}d_grad_input": ((x, w), {}, g.shape),
        f"conv_transpose{dims}d_grad_weight": ((x, g, w.shape), {}, w.shape),
        f"max_pool{dims}d": ((x, WINDOW), {}, y.shape),
        f"max_pool{dims}d_grad": ((y, at, x.shape), {}, x.shape),
        f"avg_pool{dims}d": ((x, WINDOW), {}, y.shape),
        f"avg_pool{dims}d_grad": ((y, x.shape, WINDOW), {}, x.shape),
        f"lp_pool{dims}d": ((x, WINDOW), {}, y.shape),
        f"lp_pool{dims}d_grad": ((y, x, WINDOW), {}, x.shape),
        f"adaptive_avg_pool{dims}d": ((x, y.shape[2:]), {}, y.shape),
        f"adaptive_avg_pool{dims}d_grad": ((y, x.shape), {}, x.shape),
        f"adaptive_max_pool{dims}d": ((x, y.shape[2:]), {}, y.shape),
        f"adaptive_max_pool{dims}d_grad": ((y, at, x.shape), {}, x.shape),
        f"max_unpool{dims}d": ((y, at, size), {}, x.shape),
        f"max_unpool{dims}d_grad": ((x, at), {}, y.shape),
    }
x, g = empty(2), np.zeros((0, 2))
CALLS |= {
    "global_avg_pool": ((x,), {"keepdims": False}, g.shape),
    "global_max_pool": ((x,), {"keepdims": False}, g.shape),
    "global_lp_pool": ((x,), {"keepdims": False}, g.shape),
    "global_avg_pool_grad": ((g, x.shape), {}, x.shape),
    "global_max_pool_grad": ((g, x), {}, x.shape),
    "global_lp_pool_grad": ((g, x), {}, x.shape),
    "unfold": ((x, 2), {}, (0, 8, 20)),
    "fold": ((np.zeros((0, 8, 20)), (6, 5), 2), {}, x.shape),
    "deform_conv2d": ((x, np.zeros((0, 2, 6, 5)), np.ones((3, 2, 1, 1))), {}, (0, 3, 6, 5)),
}


@pytest.mark.parametrize("name", CALLS)
def test_empty_batch(name: str) -> None:
    """No items in, none out; sums over the batch are zeros."""
    arguments, options, shape = CALLS[name]
    result = getattr(cl, name)(*arguments, **options)
    assert result.shape == shape
    assert not result.any()


@pytest.mark.parametrize("dims", SIZES)
def test_empty_batch_of_all_gradients(dims: int) -> None:
    """All three of them."""
    (g, x, shape), _, _ = CALLS[f"conv{dims}d_grad_weight"]
    gradients = getattr(cl, f"conv{dims}d_grad")(g, x, np.ones(shape), activation="relu", output=g)
    assert [a.shape for a in gradients] == [x.shape, shape, (3,)]


def test_empty_batch_of_strided_windows() -> None:
    """What sees columns a stride apart as channels, too."""
    x, weight = np.zeros((0, 56, 56, 16), np.float32), np.ones((16, 16, 7, 7), np.float32)
    result = cl.conv2d(x, weight, stride=2, padding=3, layout="NHWC", algorithm="winograd-4")
    assert result.shape == (0, 28, 28, 16)


def test_empty_batch_of_deformable_gradients() -> None:
    """All five of them."""
    x, offset, weight = CALLS["deform_conv2d"][0]
    mask = np.zeros((0, 1, 6, 5))
    gradients = cl.deform_conv2d_grad(np.zeros((0, 3, 6, 5)), x, offset, weight, mask=mask)
    assert [g.shape for g in gradients] == [x.shape, offset.shape, weight.shape, (3,), mask.shape]


@pytest.mark.parametrize("dims", [1, 2, 3])
def test_empty_batch_of_maxima_and_their_indices(dims: int) -> None:
    """Both have the output's shape."""
    for result in (
        getattr(cl, f"max_pool{dims}d")(empty(dims), WINDOW, return_indices=True),
        getattr(cl, f"adaptive_max_pool{dims}d")(empty(dims), pooled(dims).shape[2:], return_indices=True),
    ):
        assert [part.shape for part in result] == [pooled(dims).shape] * 2


def test_no_operation_is_forgotten() -> None:
    """The table has every public operation that takes a batch."""
    operations = {name for name in cl.__all__ if re.match(r"(un)?fold|(deform_)?conv.*\dd|.*pool", name)}
    several = {"deform_conv2d_grad", *(f"conv{dims}d_grad" for dims in SIZES)}
    assert operations - several == CALLS.keys()
