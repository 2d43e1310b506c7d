"""Minimal filtering against the plain sum in float64: sizes, tails, borders, layouts, types, its bound."""

import numpy as np
import pytest

from cases import expected
from convolens.algorithms import ALGORITHMS, compiled, winograd, winograd_tiles
from convolens.algorithms.base import Array, Epilogue
from convolens.algorithms.winograd import Winograd
from convolens.ops.arrays import channels_first
from convolens.ops.pooling.maximum import max_pool
from convolens.runtime import compile as compiler
from convolens.runtime.cpu import CPU
from convolens.runtime.threads import threads
from convolens.spec.geometry import ConvSpec
from convolens.spec.layout import join_shape

pytestmark = pytest.mark.skipif(not compiler.available(), reason="needs Halide")

LARGE, SMALL = ALGORITHMS["winograd-4"], ALGORITHMS["winograd-2"]
both = pytest.mark.parametrize("algorithm", [LARGE, SMALL], ids=lambda a: str(a.name))
both_layouts = pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
LARGEST_ERROR = {"winograd-4": 2e-5, "winograd-2": 2e-6}  # beside the largest output, in float32


def arrays(spec: ConvSpec, seed: int = 0) -> tuple[Array, Array]:
    """Normal numbers, as images and weights are."""
    rng = np.random.default_rng(seed)
    x, w = rng.standard_normal(spec.input_shape), rng.standard_normal(spec.weight_shape)
    return x.astype(spec.dtype), w.astype(spec.weight_dtype)


def run(algorithm: Winograd, spec: ConvSpec, x: Array, w: Array) -> Array:
    """Convolve, into an array of NaN; the result has its channels first."""
    out = np.full(spec.output_shape, np.nan, spec.compute_dtype)
    view = channels_first(out, spec.dims, spec.layout)
    algorithm.run(spec, algorithm.prepare(spec, w), channels_first(x, spec.dims, spec.layout), view)
    return view


def plain(spec: ConvSpec, x: Array, w: Array) -> Array:
    """Sum in float64."""
    wide = spec.replace(dtype=np.float64, weight_dtype=np.float64)
    im2col = ALGORITHMS["im2col"]
    out = np.empty((spec.batch, spec.out_channels, *spec.output_size))
    image = channels_first(x, spec.dims, spec.layout).astype(np.float64)
    im2col.run(wide, im2col.prepare(wide, w.astype(np.float64)), image, out)
    return out


def check(algorithm: Winograd, spec: ConvSpec) -> None:
    """Compare with the plain sum: within the algorithm's bound, and close beside the largest output."""
    assert algorithm.refusal(spec) is None
    x, w = arrays(spec)
    result, truth = run(algorithm, spec, x, w), plain(spec, x, w)
    error = np.abs(result - truth).max()
    weights = np.abs(w).sum(axis=tuple(range(1, w.ndim))).max()
    assert error <= algorithm.error_bound(spec) * max(np.abs(x).max(), abs(spec.border.value)) * weights
    unit = np.finfo(spec.compute_dtype).eps / np.finfo(np.float32).eps
    assert error <= LARGEST_ERROR[algorithm.name] * unit * np.abs(truth).max()


@both
@both_layouts
@pytest.mark.parametrize("size", [(1, 1), (1, 40), (2, 5), (3, 4), (7, 7), (13, 18), (40, 39)])
def test_any_size(algorithm: Winograd, layout: str, size: tuple[int, int]) -> None:
    """Maps of one cell, thinner than a tile, and with tails down and across."""
    shape = (2, *size, 16) if layout == "NHWC" else (2, 16, *size)
    check(algorithm, ConvSpec(shape, (64, 16, 3, 3), padding=1, layout=layout))


@both_layouts
@pytest.mark.parametrize("kernels", [16, 17, 31, 33, 63, 64, 65, 70, 96])
@pytest.mark.parametrize("channels", [16, 17, 70])
def test_tails_of_channels(layout: str, channels: int, kernels: int) -> None:
    """No count of channels or kernels from a vector upwards is special."""
    shape = (1, 9, 6, channels) if layout == "NHWC" else (1, channels, 9, 6)
    check(LARGE, ConvSpec(shape, (kernels, channels, 3, 3), padding=1, layout=layout))


@both
@both_layouts
@pytest.mark.parametrize("border", ["constant", 2.5, "edge", "reflect", "symmetric", "wrap"])
@pytest.mark.parametrize("padding", [((1, 1), (1, 1)), ((0, 3), (2, 0)), ((9, 1), (2, 12))])
def test_borders(
    algorithm: Winograd, layout: str, border: str | float, padding: tuple[tuple[int, int], ...]
) -> None:
    """Every border, uneven and wider than the image."""
    shape = (1, 5, 6, 16) if layout == "NHWC" else (1, 16, 5, 6)
    check(algorithm, ConvSpec(shape, (16, 16, 3, 3), padding=padding, border=border, layout=layout))


@pytest.mark.parametrize(
    "spec",
    [
        ConvSpec((2, 20, 75), (16, 20, 3), padding=1),
        ConvSpec((1, 9, 20, 16), (16, 16, 1, 3), padding="same", layout="NHWC"),
        ConvSpec((1, 9, 20, 16), (16, 16, 3, 1), padding="same", layout="NHWC"),
        ConvSpec((1, 16, 19, 11), (32, 16, 5, 5), padding=2),
        ConvSpec((1, 16, 19, 11), (32, 16, 3, 5), padding="same"),
        ConvSpec((1, 16, 6, 7, 9), (32, 16, 3, 3, 3), padding=1, border="reflect"),
        ConvSpec((1, 16, 5, 6, 7), (32, 16, 3, 3, 3), padding=2, border=2.5),
        ConvSpec((2, 9, 7, 9, 16), (32, 16, 2, 3, 3), stride=(2, 1, 1), dilation=(3, 1, 1), layout="NDHWC"),
        ConvSpec((1, 16, 17, 23), (32, 16, 3, 3), padding=(2, 3), dilation=(2, 3), border="wrap"),
        ConvSpec((1, 16, 3, 4), (16, 16, 3, 3), padding=9, dilation=7, border="edge"),
        ConvSpec((2, 32, 9, 10), (48, 16, 3, 3), padding=1, groups=2),
        ConvSpec((2, 9, 10, 32), (48, 16, 3, 3), padding=1, groups=2, layout="NHWC"),
        ConvSpec((1, 16, 14, 14), (20, 16, 3, 3), padding=1, dtype=np.float64),
        ConvSpec((1, 14, 14, 16), (20, 16, 3, 3), padding=1, dtype=np.float16, layout="NHWC"),
        ConvSpec((0, 16, 14, 14), (16, 16, 3, 3)),
    ],
    ids=str,
)
def test_other_shapes(spec: ConvSpec) -> None:
    """One and three dimensions, one row or five, strides and dilations, groups, types, no images."""
    if spec.batch:
        check(LARGE, spec)
    else:
        assert run(LARGE, spec, *arrays(spec)).size == 0


@both_layouts
@pytest.mark.parametrize("shared", [False, True])
def test_orders_of_work_agree(layout: str, shared: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many blocks with a tail, transformed block by block or all at once."""
    for module in (winograd, winograd_tiles):
        monkeypatch.setattr(module, "is_shared", lambda *_: shared)
    monkeypatch.setattr(winograd_tiles, "MOST_BLOCK", 20)
    shape = (3, 21, 34, 48) if layout == "NHWC" else (3, 48, 21, 34)
    check(LARGE, ConvSpec(shape, (80, 48, 3, 3), padding=1, layout=layout))


@both_layouts
def test_narrower_vectors(layout: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Processors with sixteen registers of 256 bits take other register tiles."""
    for module in (winograd, compiled):
        monkeypatch.setattr(module, "cpu", lambda: CPU("", "x86_64", "", ("avx2",)))
    shape = (1, 14, 15, 8) if layout == "NHWC" else (1, 8, 14, 15)
    check(LARGE, ConvSpec(shape, (25, 8, 3, 3), padding=1, layout=layout))


@both_layouts
@pytest.mark.parametrize("activation", [None, "relu6"])
def test_bias_residual_and_activation(layout: str, activation: str | None) -> None:
    """All is done on the way, in every group and phase; a residual that lies otherwise is left, with the rest."""
    shape = (1, 9, 10, 32) if layout == "NHWC" else (1, 32, 9, 10)
    spec = ConvSpec(shape, (48, 16, 3, 3), padding=1, dilation=2, groups=2, layout=layout)
    x, w = arrays(spec)
    bias = np.arange(48, dtype=np.float32)
    wanted = run(LARGE, spec, x, w) + bias[:, None, None]
    out = np.full(spec.output_shape, np.nan, np.float32)
    view, image, state = (
        channels_first(out, 2, spec.layout),
        channels_first(x, 2, spec.layout),
        LARGE.prepare(spec, w),
    )
    residual = np.ones_like(view)
    residual[...] = np.random.default_rng(0).normal(size=view.shape)
    apart = np.broadcast_to(np.float32(1), view.shape)
    left = LARGE.run_with(spec, state, image, view, Epilogue(bias, activation, apart))
    assert left.bias is None
    assert left.activation == activation
    assert left.residual is apart
    np.testing.assert_allclose(view, wanted, rtol=0, atol=1e-4)
    for added in (None, residual):
        assert LARGE.run_with(spec, state, image, view, Epilogue(bias, activation, added)).done
        total = wanted if added is None else wanted + added
        np.testing.assert_allclose(view, np.clip(total, 0, 6) if activation else total, rtol=0, atol=1e-4)


@both
@pytest.mark.parametrize("layout", ["channels-first", "channels-last"])
@pytest.mark.parametrize(("size", "window"), [((9, 14), (2, 2)), ((6, 8), (2, 2)), ((3, 7, 6), (1, 2, 2))])
def test_pools_on_the_way(
    algorithm: Winograd, layout: str, size: tuple[int, ...], window: tuple[int, ...]
) -> None:
    """The largest of each square after bias and activation; what lies behind whole squares is dropped."""
    dims = len(size)
    shape, weight = join_shape(2, 16, size, layout), (17, 16, *(3,) * dims)
    spec = ConvSpec(shape, weight, padding=1, layout=layout)
    x, w = arrays(spec)
    bias = np.linspace(-9, 9, 17)
    truth = np.maximum(plain(spec, x, w) + bias.reshape(-1, *(1,) * dims), 0)
    wanted = max_pool(dims, truth, window)
    memory = np.full(wanted.size + 2000, 7, np.float32)
    out = memory[1000:-1000].reshape(join_shape(2, 17, wanted.shape[2:], layout))
    images, outputs = (channels_first(array, dims, layout) for array in (x, out))
    pooling = algorithm.pooling(spec, window, "relu")
    assert pooling
    assert pooling.run_with(spec, pooling.prepare(spec, w), images, outputs, Epilogue(bias, "relu")).done
    assert (memory[:1000] == 7).all()
    assert (memory[-1000:] == 7).all()
    assert np.abs(outputs - wanted).max() <= LARGEST_ERROR[algorithm.name] * np.abs(truth).max()


@pytest.mark.parametrize(
    ("window", "activation", "changes"),
    [
        ((3, 3), "relu", {}),
        ((1, 2), "relu", {}),
        ((2, 2), "gelu", {}),
        ((2, 2), None, {"dilation": 2}),
        ((2, 2), None, {"weight_shape": (16, 16, 1, 3)}),
        ((2, 2), None, {"weight_shape": (16, 16, 5, 5), "stride": 2}),
        ((2, 2), None, {"weight_shape": (16, 16, 7, 7), "stride": 2}),
        ((2,), None, {"input_shape": (1, 12, 16), "weight_shape": (16, 16, 3), "stride": 1}),
        ((2, 2, 2), None, {"input_shape": (1, 6, 6, 6, 16), "weight_shape": (16, 16, 3, 3, 3)}),
    ],
)
def test_pools_nothing_else_on_the_way(
    window: tuple[int, ...], activation: str | None, changes: dict[str, object]
) -> None:
    """Windows that do not fill tiles, tiles that lie apart, and activations that may fall."""
    options = {"input_shape": (1, 12, 12, 16), "weight_shape": (16, 16, 3, 3), "layout": "channels-last"} | changes
    spec = ConvSpec(**options)  # type: ignore[arg-type]
    assert LARGE.refusal(spec) is None
    assert LARGE.pooling(spec, window, activation) is None


@both_layouts
def test_threads_do_not_change_the_result(layout: str) -> None:
    """Bit for bit, whatever the number of threads."""
    shape = (1, 30, 30, 32) if layout == "NHWC" else (1, 32, 30, 30)
    spec = ConvSpec(shape, (40, 32, 3, 3), padding=1, layout=layout)
    x, w = arrays(spec)
    results = []
    for count in (1, 2, 5):
        with threads(count):
            results.append(run(LARGE, spec, x, w))
    assert all(np.array_equal(results[0], other) for other in results[1:])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_kernels_in_two_panels_have_the_same_weights_in_both(dtype: str) -> None:
    """To the bit: several threads write their sums in any order."""
    spec = ConvSpec((1, 32, 12, 13), (28, 32, 3, 3), dtype=dtype)
    weight = arrays(spec)[1]
    monotone = np.broadcast_to(np.arange(28.0).reshape(-1, 1, 1, 1), weight.shape).astype(dtype)
    (pinned,) = LARGE.prepare(spec, weight).weights
    (numbers,) = LARGE.prepare(spec, monotone).weights  # the number of the kernel, times what it is in all
    panels = winograd_tiles.panel_count(spec, 28)
    panel = pinned.array.size // (panels * 36 * 32)
    found, which = (each.array.reshape(panels, 36, 32, panel) for each in (pinned, numbers))
    kernels = np.rint(which[:, 0, 0] / which[0, 0, 0, 1]).astype(int)
    assert sorted({*kernels.flat}) == list(range(28))
    for kernel in range(28):
        copies = [found[k, :, :, lane] for k, lane in np.argwhere(kernels == kernel)]
        for copy in copies[1:]:
            np.testing.assert_array_equal(copy, copies[0])


def test_takes_views() -> None:
    """Input and output may be reversed, strided and of mixed layouts; cells beside the output are left alone."""
    spec = ConvSpec((1, 16, 11, 12), (16, 16, 3, 3), padding=1)
    x, w = arrays(spec)
    truth = run(LARGE, spec, x, w)
    store = np.full((1, 24, 22, 17), np.nan, np.float32)
    out = store[:, ::2, ::2, :16].transpose(0, 3, 1, 2)[:, :, :11, :11]
    narrow = spec.replace(input_shape=(1, 16, 11, 11))
    LARGE.run(narrow, LARGE.prepare(narrow, w), x[..., ::-1][..., :11], out)
    flipped = run(LARGE, narrow, np.ascontiguousarray(x[..., ::-1][..., :11]), w)
    np.testing.assert_allclose(out, flipped, rtol=0, atol=1e-4)
    assert np.isnan(store[:, 1::2]).all()
    assert np.isnan(store[..., 16]).all()
    assert np.isfinite(truth).all()


def test_writes_rows_whose_cells_lie_apart() -> None:
    """Whole rows of tiles in every other cell of a larger array; what lies between is left alone."""
    spec = ConvSpec((1, 16, 8, 64), (16, 16, 3, 3), padding=1)
    x, w = arrays(spec)
    store = np.full((1, 16, 8, 128), np.nan, np.float32)
    LARGE.run(spec, LARGE.prepare(spec, w), x, store[..., ::2])
    np.testing.assert_array_equal(store[..., ::2], run(LARGE, spec, x, w))
    assert np.isnan(store[..., 1::2]).all()


def test_weights_begin_where_a_vector_does() -> None:
    """No vector of them lies across two lines of the cache."""
    spec = ConvSpec((1, 16, 8, 8), (64, 16, 3, 3), padding=1)
    state = LARGE.prepare(spec, arrays(spec)[1])
    assert all(weights.address % compiled.cpu().vector_bytes == 0 for weights in state.weights)


def test_blocks_keep_to_the_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few tiles at a time where all weights stay in cache with them; all at once where tasks are panels."""
    monkeypatch.setattr(winograd_tiles, "scratch_bytes", lambda: 768 << 10)
    monkeypatch.setattr(winograd_tiles, "cpu", lambda: CPU("", "x86_64", "", ("avx512f",)))
    monkeypatch.setattr(compiled, "cpu", lambda: CPU("", "x86_64", "", ("avx512f",)))

    def tiles(size: int, channels: int, kernels: int) -> int:
        spec = ConvSpec((1, size, size, channels), (kernels, channels, 3, 3), padding=1, layout="NHWC")
        return winograd_tiles.phase_blocks(spec, *LARGE.transforms(spec)).tiles

    assert tiles(224, 64, 64) < 20 < tiles(112, 128, 128)
    assert tiles(28, 256, 512) == 49


@both
@pytest.mark.parametrize("channels", [32, 256])
def test_the_bound_holds_for_adverse_input(algorithm: Winograd, channels: int) -> None:
    """Inputs of size 1 with the signs that the largest row of the data transform adds up stay within the bound."""
    spec = ConvSpec((1, channels, 16, 16), (16, channels, 3, 3), padding=1)
    vertical, _ = algorithm.transforms(spec)
    signs = np.sign([[float(e) for e in row] for row in vertical.data])
    signs = np.resize(signs[np.abs(signs).sum(axis=1).argmax()], 16)
    x = np.broadcast_to(np.outer(signs, signs), spec.input_shape).astype(np.float32)
    x = x + np.float32(1e-3) * arrays(spec)[0]
    w = np.abs(arrays(spec)[1])
    error = np.abs(run(algorithm, spec, x, w) - plain(spec, x, w)).max()
    assert 0 < error <= algorithm.error_bound(spec) * np.abs(x).max() * w.sum(axis=(1, 2, 3)).max()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"dtype": np.int32}, "integers"),
        ({"border": float("nan")}, "finite"),
        ({"stride": 2}, "stride"),
        ({"groups": 16}, "channels and kernels a group"),
        ({"weight_shape": (32, 32, 1, 1)}, "wide"),
        ({"weight_shape": (32, 32, 3, 7)}, "wide"),
        ({"weight_shape": (3, 32, 3, 3)}, "channels and kernels a group"),
    ],
)
def test_refusals(changes: dict[str, object], reason: str) -> None:
    """What it cannot serve is refused, with the reason."""
    spec = ConvSpec((1, 32, 12, 12), (32, 32, 3, 3), weight_dtype=np.int32 if "dtype" in changes else np.float32)
    if "groups" in changes:
        changes = changes | {"weight_shape": (32, 2, 3, 3)}
    assert reason in str(LARGE.refusal(spec.replace(**changes)))


def test_costs_less_where_it_saves() -> None:
    """A deep layer on a large map is counted well below the direct sum; weights alone rule a small map."""
    spec = ConvSpec((1, 256, 56, 56), (256, 256, 3, 3), padding=1)
    assert LARGE.cost(spec).operations < 1.5 * spec.macs
    tiny = ConvSpec((1, 512, 7, 7), (512, 512, 3, 3), padding=1)
    assert LARGE.cost(tiny).operations > SMALL.cost(tiny).operations


@pytest.mark.parametrize("name", ["winograd-2", "winograd-4"])
@pytest.mark.parametrize("dilation", range(1, 14))
def test_phases_of_different_sizes_stay_within_their_image(name: str, dilation: int) -> None:
    """A dilation that does not divide the size makes phases of two sizes; none writes beyond the output."""
    spec = ConvSpec((1, 33, 31, 16), (32, 16, 3, 3), layout="NHWC", dilation=dilation, padding="same")
    generator = np.random.default_rng(dilation)
    x = generator.standard_normal(spec.input_shape).astype(np.float32)
    weight = generator.standard_normal(spec.weight_shape).astype(np.float32)
    guard, cells = 50_000, 33 * 31 * 32
    memory = np.full(cells + 2 * guard, 7, np.float32)
    out = memory[guard:-guard].reshape(spec.output_shape)
    algorithm = ALGORITHMS[name]
    state = algorithm.prepare(spec, weight)
    algorithm.run(spec, state, np.moveaxis(x, -1, 1), np.moveaxis(out, -1, 1))
    assert (memory[:guard] == 7).all()
    assert (memory[-guard:] == 7).all()
    truth = expected(spec, x, weight)
    assert np.abs(out - truth).max() <= 2e-5 * np.abs(truth).max()
