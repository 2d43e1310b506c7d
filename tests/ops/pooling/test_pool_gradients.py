"""Gradients of pooling: the adjoint identity, finite differences, PyTorch, and numbers worked by hand."""

import math

import numpy as np
import pytest
import torch

import convolens as cl
from convolens.errors import SpecError

SIZES = {1: (7,), 2: (6, 5), 3: (3, 4, 3)}
OPTIONS = [
    {},
    {"stride": 1, "padding": 1},
    {"stride": 2, "padding": "same", "ceil_mode": True},
    {"stride": 1, "dilation": 2, "padding": 1, "layout": "channels-last"},
    {"stride": 2, "padding": 1, "border": "edge"},
    {"stride": 1, "padding": "full", "border": "reflect", "layout": "channels-last"},
    {"stride": 2, "padding": 1, "border": "wrap", "ceil_mode": True},
    {"stride": 1, "padding": "full", "border": -5.05},
]


def find(module, name, dims, suffix=""):
    """Find a function of a module by its name and dimensions."""
    return getattr(module, f"{name}{dims}d{suffix}")


def random_input(dims, layout="channels-first", batch=2):
    """Draw an input whose cells are all different, and none is near 0."""
    size = SIZES[dims]
    shape = (batch, *size, 3) if layout == "channels-last" else (batch, 3, *size)
    cells = np.random.default_rng(dims).permutation(math.prod(shape)) + 1.0
    return (cells * np.where(cells % 3 == 0, -1, 1)).reshape(shape) / 10


def differences(pool, x, grad_output, step=1e-6):
    """Differentiate sum(gradient · pool(x)) by central differences."""
    result = np.empty_like(x)
    for place in np.ndindex(x.shape):
        there = np.zeros_like(x)
        there[place] = step
        result[place] = np.sum(grad_output * (pool(x + there) - pool(x - there))) / (2 * step)
    return result


@pytest.mark.parametrize("dims", [1, 2, 3])
@pytest.mark.parametrize("options", OPTIONS)
def test_max_pool_grad(dims, options):
    """As all cells differ, maxima are linear nearby: differences give the gradient."""
    x = random_input(dims, options.get("layout", "channels-first"), batch=1)
    pool = find(cl, "max_pool", dims)
    values, indices = pool(x, 2, return_indices=True, **options)
    grad_output = np.random.default_rng(5).normal(size=values.shape)
    layout = {"layout": options["layout"]} if "layout" in options else {}
    found = find(cl, "max_pool", dims, "_grad")(grad_output, indices, x.shape, **layout)
    expected = differences(lambda x: pool(x, 2, **options), x, grad_output)
    np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize("dims", [1, 2, 3])
@pytest.mark.parametrize(
    "options", OPTIONS + [{"count_include_pad": False} | o for o in OPTIONS if "border" not in o]
)
def test_avg_pool_grad_is_the_adjoint(dims, options):
    """⟨A x, y⟩ = ⟨x, Aᵀ y⟩, where A is the linear part of averaging."""
    x = random_input(dims, options.get("layout", "channels-first"))
    pool = find(cl, "avg_pool", dims)
    outside = pool(np.zeros_like(x), 3, **options)
    linear = pool(x, 3, **options) - outside
    y = np.random.default_rng(6).normal(size=linear.shape)
    grad = find(cl, "avg_pool", dims, "_grad")
    found = grad(y, x.shape, 3, **options)
    np.testing.assert_allclose(np.sum(linear * y), np.sum(x * found), rtol=1e-12)


@pytest.mark.parametrize("dims", [1, 2, 3])
@pytest.mark.parametrize("p", [1, 2.5, math.inf])
@pytest.mark.parametrize("options", OPTIONS)
def test_lp_pool_grad(dims, p, options):
    """Norms of cells that are neither 0 nor equal have a derivative, which differences find."""
    x = random_input(dims, options.get("layout", "channels-first"), batch=1)
    pool = find(cl, "lp_pool", dims)
    grad_output = np.random.default_rng(7).normal(size=pool(x, 2, p, **options).shape)
    found = find(cl, "lp_pool", dims, "_grad")(grad_output, x, 2, p, **options)
    expected = differences(lambda x: pool(x, 2, p, **options), x, grad_output)
    np.testing.assert_allclose(found, expected, atol=2e-6)


def test_lp_pool_grad_at_corners():
    """A window of zeros, a zero under p = 1 and equal cells under p = ∞ get a subgradient, not NaN."""
    grad = cl.lp_pool1d_grad
    for p in (1, 2, 3, math.inf):
        assert grad([[1.0]], [[0.0, 0.0]], 2, p).tolist() == [[0, 0]]
    assert grad([[1.0]], [[0.0, -2.0]], 2, 1).tolist() == [[0, -1]]
    assert grad([[1.0]], [[3.0, -3.0]], 2, math.inf).tolist() == [[0.5, -0.5]]
    np.testing.assert_allclose(grad([[1.0]], [[3e300, -4e300]], 2), [[0.6, -0.8]])
    assert grad([[1.0]], np.array([[True, False]]), 2).tolist() == [[1, 0]]


@pytest.mark.parametrize("dims", [1, 2, 3])
@pytest.mark.parametrize("counts", [1, 2, 4, 6])
@pytest.mark.parametrize("layout", ["channels-first", "channels-last"])
def test_adaptive_gradients(dims, counts, layout):
    """The mean's gradient is its adjoint, the maximum's is what differences give."""
    x = random_input(dims, layout, batch=1)
    means = find(cl, "adaptive_avg_pool", dims)(x, counts, layout=layout)
    y = np.random.default_rng(8).normal(size=means.shape)
    found = find(cl, "adaptive_avg_pool", dims, "_grad")(y, x.shape, layout=layout)
    np.testing.assert_allclose(np.sum(means * y), np.sum(x * found), rtol=1e-12)
    pool = find(cl, "adaptive_max_pool", dims)
    indices = pool(x, counts, layout=layout, return_indices=True)[1]
    found = find(cl, "adaptive_max_pool", dims, "_grad")(y, indices, x.shape, layout=layout)
    expected = differences(lambda x: pool(x, counts, layout=layout), x, y)
    np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize("dims", [1, 2, 3])
@pytest.mark.parametrize("layout", ["channels-first", "channels-last"])
def test_max_unpool_grad_is_the_adjoint(dims, layout):
    """⟨U v, y⟩ = ⟨v, Uᵀ y⟩ where no two values have the same place."""
    x = random_input(dims, layout)
    values, indices = find(cl, "max_pool", dims)(x, 2, layout=layout, return_indices=True)
    unpooled = find(cl, "max_unpool", dims)(values, indices, SIZES[dims], layout=layout)
    y = np.random.default_rng(9).normal(size=unpooled.shape)
    found = find(cl, "max_unpool", dims, "_grad")(y, indices, layout=layout)
    np.testing.assert_allclose(np.sum(unpooled * y), np.sum(values * found), rtol=1e-12)


@pytest.mark.parametrize("dims", [1, 2, 3])
def test_agrees_with_torch(dims):
    """Gradients of windows that overlap and stick out are PyTorch's."""
    data = random_input(dims).astype(np.float32)
    options = {"stride": 2, "padding": 1, "ceil_mode": True}
    x = torch.from_numpy(data).requires_grad_()
    functional = torch.nn.functional
    pooled, indices = getattr(functional, f"max_pool{dims}d")(x, 3, return_indices=True, **options)
    y = torch.from_numpy(np.random.default_rng(3).normal(size=pooled.shape).astype(np.float32))
    (expected,) = torch.autograd.grad(pooled, x, y)
    found = find(cl, "max_pool", dims, "_grad")(y.numpy(), indices.numpy(), data.shape)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected.numpy(), rtol=1e-5, atol=1e-6)
    for count in (True, False):
        pooled = getattr(functional, f"avg_pool{dims}d")(x, 3, count_include_pad=count, **options)
        (expected,) = torch.autograd.grad(pooled, x, y)
        grad = find(cl, "avg_pool", dims, "_grad")
        found = grad(y.numpy(), data.shape, 3, count_include_pad=count, **options)
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, expected.numpy(), rtol=1e-5, atol=1e-6)


def test_border_by_hand():
    """What falls on an edge border goes to the edge; what falls on a constant is lost."""
    grad = cl.avg_pool1d_grad
    options = {"stride": 1, "padding": 1}
    assert grad([[3.0, 3.0]], (1, 2), 3, border="edge", **options).tolist() == [[3, 3]]
    assert grad([[3.0, 3.0]], (1, 2), 3, border=9, **options).tolist() == [[2, 2]]
    assert grad([[3.0, 3.0]], (1, 2), 3, count_include_pad=False, **options).tolist() == [[3, 3]]
    values, indices = cl.max_pool1d([[1.0, 2.0]], 2, stride=1, padding=1, border=1.5, return_indices=True)
    assert (values.tolist(), indices.tolist()) == ([[1.5, 2, 2]], [[-1, 1, 1]])
    assert cl.max_pool1d_grad([[8.0, 1.0, 2.0]], indices, (1, 2)).tolist() == [[0, 3]]


def test_types_and_out():
    """Gradients of integers are float64, float16 stays; ``out`` takes the result; lists do."""
    grad = cl.avg_pool2d_grad
    assert grad(np.ones((1, 1, 1), int), (1, 2, 2), 2).dtype == np.float64
    half = np.full((1, 1, 1), 6e4, np.float16)
    assert grad(half, (1, 2, 2), 2).dtype == np.float16
    out = np.empty((1, 2, 2))
    assert grad([[[4.0]]], [1, 2, 2], 2, out=out) is out
    assert out.tolist() == [[[1, 1], [1, 1]]]


def test_refuses():
    """Gradients, indices and shapes that do not belong together are refused."""
    scatter = cl.max_pool2d_grad
    ones = np.ones((1, 2, 2))
    with pytest.raises(
        SpecError, match=r"grad_output must have the output's shape, \(1, 2, 2\) .* shape is \(1, 3, 3\)"
    ):
        cl.avg_pool2d_grad(np.ones((1, 3, 3)), (1, 4, 4), 2)
    with pytest.raises(SpecError, match=r"output's shape"):
        cl.lp_pool2d_grad(np.ones((1, 3, 3)), np.ones((1, 4, 4)), 2)
    with pytest.raises(SpecError, match=r"indices must be integers of shape \(1, 2, 2\)"):
        scatter(ones, np.zeros((1, 2, 1), int), (1, 4, 4))
    with pytest.raises(SpecError, match="indices must be integers"):
        scatter(ones, np.zeros((1, 2, 2)), (1, 4, 4))
    with pytest.raises(SpecError, match=r"go from 16 to 16, but planes of size \(4, 4\) have the cells 0 to 15"):
        scatter(ones, np.full((1, 2, 2), 16), (1, 4, 4))
    with pytest.raises(SpecError, match="differ in batch or channels"):
        scatter(ones, np.zeros((1, 2, 2), int), (3, 4, 4))
    with pytest.raises(SpecError, match="both need 3 or 4 axes"):
        scatter(ones, np.zeros((1, 2, 2), int), (1, 1, 4, 4))
