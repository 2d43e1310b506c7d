"""Pooling by compiled loops, against NumPy's."""

from typing import Any

import numpy as np
import pytest

import convolens as cl
from convolens.algorithms.pooling import run
from convolens.ops.pooling import average, average_gradients, compiled, lp, maximum, maximum_gradients
from convolens.runtime import compile as compiler
from convolens.runtime.call import InProcessFunction

OPTIONS: dict[str, dict[str, Any]] = {
    "halve": {"window": 2},
    "overlap": {"window": 3, "stride": 2, "padding": 1},
    "wide": {"window": (5, 7), "stride": (1, 2), "padding": 2, "dilation": (2, 1)},
    "ceil": {"window": 3, "stride": 2, "ceil_mode": True},
    "border": {"window": 3, "stride": 2, "padding": 2, "border": "wrap"},
    "constant": {"window": 3, "stride": 2, "padding": 1, "border": 0.5},
}


@pytest.mark.skipif(not compiler.available(), reason="needs Halide")
@pytest.mark.parametrize("shape", [(2, 21, 33, 19), (1, 9, 8, 75)], ids=["vectors", "several together"])
@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
@pytest.mark.parametrize("kind", ["max", "avg"])
@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS.keys())
def test_agrees_with_numpy(
    options: dict[str, Any],
    kind: str,
    layout: str,
    threads: int,
    shape: tuple[int, ...],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Every border and rounding, NaN, vectors that do not come out even, and an output with other cells around."""
    x = np.random.default_rng(2).standard_normal(shape).astype("f4")
    if kind == "max":
        x[0, 3, 5, 7] = np.nan
    function = cl.max_pool2d if kind == "max" else cl.avg_pool2d
    arguments = options | {"layout": layout}
    with monkeypatch.context() as patch:
        for module in (maximum, average):
            for name in ("pool", "repeat"):
                patch.setattr(module, name, lambda *_, **__: None)
        wanted: Any = function(x, **arguments)
    monkeypatch.setattr(compiled, "predict_setup", lambda _: 0.0)
    compiled._pays.cache_clear()
    whole = np.full([n + 4 for n in wanted.shape], 7, "f4")
    out = whole[tuple(slice(2, -2) for _ in wanted.shape)]
    with cl.threads(threads):
        assert function(x, out=out, **arguments) is out
    compiled._pays.cache_clear()
    np.testing.assert_allclose(out, wanted, rtol=1e-5, atol=1e-6)
    out[...] = 7
    assert (whole == 7).all()


@pytest.mark.skipif(not compiler.available(), reason="needs Halide")
@pytest.mark.parametrize("function", [cl.max_pool2d, cl.avg_pool2d])
def test_repeats_calls(function: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A call like an earlier one repeats it, with its own numbers; not where types differ or memory overlaps."""
    monkeypatch.setattr(compiled, "predict_setup", lambda _: 0.0)
    compiled._pays.cache_clear()
    x, y = np.random.default_rng(5).standard_normal((2, 1, 8, 64, 64)).astype("f4")
    join = np.max if function is cl.max_pool2d else np.mean
    function(x, 2)
    with monkeypatch.context() as patch:
        patch.setattr(compiled, "run", None)
        np.testing.assert_allclose(
            function(y, 2), join(y.reshape(1, 8, 32, 2, 32, 2), axis=(3, 5)), rtol=1e-5, atol=1e-6
        )
    with pytest.raises(cl.SpecError, match="whole number"):
        function(y, 2.0)
    with pytest.raises(cl.SpecError, match="whole number"):
        function(y, (2, True))
    wanted, memory = function(x, 3, stride=1, padding=1), x.copy()
    function(y, 3, stride=1, padding=1, out=np.empty_like(y))
    np.testing.assert_array_equal(function(memory, 3, stride=1, padding=1, out=memory), wanted)
    compiled._pays.cache_clear()


@pytest.mark.skipif(not compiler.available(), reason="needs Halide")
@pytest.mark.parametrize("function", [cl.max_pool2d, cl.avg_pool2d])
def test_fields_of_packed_records_are_not_repeated(function: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their cells are not whole elements apart, as those of the copy that is pooled are."""
    monkeypatch.setattr(compiled, "_pays", lambda *_: True)
    monkeypatch.setattr(compiled, "_replays", {})
    x = np.random.default_rng(5).standard_normal((1, 8, 64, 64)).astype("f4")
    records = np.zeros(x.shape, [("number", "f4"), ("mark", "u1")])
    records["number"] = x
    wanted = function(x, 2)
    for _ in range(2):
        np.testing.assert_array_equal(function(records["number"], 2), wanted)


@pytest.mark.skipif(not compiler.available(), reason="needs Halide")
@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
@pytest.mark.parametrize("dtype", ["u1", "i2", "u8", "i8"])
def test_takes_maxima_of_integers(dtype: str, layout: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every number of a type is compared as it is; borders of a constant are NumPy's."""
    least, most = np.iinfo(dtype).min, np.iinfo(dtype).max
    x = np.random.default_rng(6).integers(least, most, (2, 21, 33, 19), dtype, endpoint=True)
    options: list[dict[str, Any]] = [OPTIONS["overlap"], OPTIONS["border"], OPTIONS["constant"] | {"border": 3}]
    with monkeypatch.context() as patch:
        for name in ("pool", "repeat"):
            patch.setattr(maximum, name, lambda *_, **__: None)
        wanted = [cl.max_pool2d(x, **o, layout=layout) for o in options]
    monkeypatch.setattr(compiled, "predict_setup", lambda _: 0.0)
    compiled._pays.cache_clear()
    calls = []
    monkeypatch.setattr(compiled, "run", lambda *arguments: (calls.append(1), run(*arguments)))
    found = [cl.max_pool2d(x, **o, layout=layout) for o in options]
    compiled._pays.cache_clear()
    for a, b in zip(found, wanted, strict=True):
        np.testing.assert_array_equal(a, b)
    assert len(calls) == 2


@pytest.mark.skipif(not compiler.available(), reason="needs Halide")
@pytest.mark.parametrize("function", [cl.max_pool2d, cl.avg_pool2d, cl.lp_pool2d])
def test_leaves_the_other_byte_order_to_numpy(function: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same integers have the same maxima, means and norms; those of this machine's order are compiled."""
    monkeypatch.setattr(compiled, "predict_setup", lambda _: 0.0)
    compiled._pays.cache_clear()
    calls = []
    monkeypatch.setattr(compiled, "run", lambda *arguments: (calls.append(1), run(*arguments)))
    x = np.random.default_rng(9).integers(-999, 999, (1, 8, 50, 50), "i4")
    found = [function(view, 3) for view in (x, x.astype(x.dtype.newbyteorder()))]
    compiled._pays.cache_clear()
    np.testing.assert_allclose(*found, rtol=1e-13)
    assert len(calls) == 1


@pytest.mark.skipif(not compiler.available(), reason="needs Halide")
@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("name", ["halve", "overlap", "wide", "ceil"])
def test_finds_places_and_brings_gradients_there(
    name: str, dtype: str, layout: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of equal cells, infinities and NaN the first counts; every sum is NumPy's, nothing beside is written."""
    generator = np.random.default_rng(4)
    x = generator.integers(-2, 3, (2, 21, 33, 19)).astype(dtype)
    x[generator.random(x.shape) < 0.3] = -np.inf
    x[0, 3:5, 5:9, 7] = np.nan
    arguments = OPTIONS[name] | {"layout": layout}
    with monkeypatch.context() as patch:
        patch.setattr(maximum, "pool_with_indices", lambda *_: None)
        patch.setattr(maximum_gradients, "spread_pays", lambda *_: False)
        wanted = cl.max_pool2d(x, return_indices=True, **arguments)
        grad = generator.standard_normal(wanted[0].shape).astype(dtype)
        lost = np.where(generator.random(grad.shape) < 0.1, -1, wanted[1])
        flowing = cl.max_pool2d_grad(grad, lost, x.shape, layout=layout)
    monkeypatch.setattr(compiled, "predict_setup", lambda _: 0.0)
    compiled._pays.cache_clear()
    whole = np.full([n + 4 for n in flowing.shape], 7, dtype)
    out = whole[tuple(slice(2, -2) for _ in flowing.shape)]
    with cl.threads(3), monkeypatch.context() as patch:
        patch.setattr(maximum, "fold", None)
        patch.setattr(maximum_gradients, "scatter", None)
        found = cl.max_pool2d(x, return_indices=True, **arguments)
        assert cl.max_pool2d_grad(grad, lost, x.shape, layout=layout, out=out) is out
    compiled._pays.cache_clear()
    for a, b in zip((*found, out), (*wanted, flowing), strict=True):
        np.testing.assert_array_equal(a, b)
    out[...] = 7
    assert (whole == 7).all()


@pytest.mark.skipif(not compiler.available(), reason="needs Halide")
@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
@pytest.mark.parametrize("count", [True, False])
@pytest.mark.parametrize("name", ["halve", "overlap", "wide", "ceil"])
def test_brings_gradients_of_means_back(
    name: str, count: bool, layout: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sums are NumPy's, a NaN reaches its own cells alone, and nothing beside is written."""
    shape, options = (2, 21, 33, 39), OPTIONS[name] | {"layout": layout, "count_include_pad": count}
    pooled = cl.avg_pool2d(np.ones(shape, "f4"), **options).shape
    grad = np.random.default_rng(8).standard_normal(pooled).astype("f4")
    grad[0, 2, 3, 4] = np.nan
    with monkeypatch.context() as patch:
        patch.setattr(average_gradients, "spread_sums", lambda *_: None)
        wanted = cl.avg_pool2d_grad(grad, shape, **options)
    monkeypatch.setattr(compiled, "predict_setup", lambda _: 0.0)
    monkeypatch.setattr(average_gradients, "spread", None)
    whole = np.full([n + 4 for n in shape], 7, "f4")
    out = whole[tuple(slice(2, -2) for _ in shape)]
    with cl.threads(3):
        assert cl.avg_pool2d_grad(grad, shape, out=out, **options) is out
    np.testing.assert_allclose(out, wanted, rtol=1e-5, atol=1e-6)
    out[...] = 7
    assert (whole == 7).all()


@pytest.mark.skipif(not compiler.available(), reason="needs Halide")
@pytest.mark.parametrize(
    ("kind", "dtype", "layout"),
    [("mean", "u1", "NHWC"), ("norm-1", "f4", "NHWC"), ("norm-2", "f4", "NCHW"), ("norm-2", "f8", "NHWC")],
)
def test_takes_norms_and_means_of_integers(
    kind: str, dtype: str, layout: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are NumPy's under every border, and squares neither vanish nor overflow."""
    x = (100 * np.random.default_rng(6).standard_normal((2, 21, 33, 39))).astype(dtype)
    x[0, :9], x[1, :9] = 0, x[1, :9] * (1 if kind == "mean" else x.dtype.type(1e25))

    def found(name: str) -> Any:
        options = OPTIONS[name] | {"layout": layout}
        return cl.avg_pool2d(x, **options) if kind == "mean" else cl.lp_pool2d(x, p=int(kind[-1]), **options)

    names = ["overlap", "border"] if kind == "mean" else ["overlap", "border", "constant"]
    with monkeypatch.context() as patch:
        for module in (average, lp):
            for name in ("pool", "repeat"):
                patch.setattr(module, name, lambda *_, **__: None)
        wanted = [found(name) for name in names]
    monkeypatch.setattr(compiled, "predict_setup", lambda _: 0.0)
    compiled._pays.cache_clear()
    calls = []
    monkeypatch.setattr(compiled, "run", lambda *arguments: (calls.append(1), run(*arguments)))
    for name, expected in zip(names, wanted, strict=True):
        np.testing.assert_allclose(found(name), expected, rtol=1e-6 if dtype == "f4" else 1e-13)
    compiled._pays.cache_clear()
    assert len(calls) == len(names)


@pytest.mark.skipif(not compiler.available(), reason="needs Halide")
def test_finds_places_without_a_linker(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipeline with two outputs that is compiled into the process takes them as a linked one does."""
    x = np.random.default_rng(7).standard_normal((2, 8, 40, 40)).astype("f4")
    wanted = cl.max_pool2d(x, 2, return_indices=True)
    monkeypatch.setattr(compiler, "linker", lambda: None)
    monkeypatch.setattr(compiler, "_loaded", {})
    monkeypatch.setattr(compiled, "_pays", lambda *_: True)
    found = cl.max_pool2d(x, 2, return_indices=True)
    assert isinstance(next(iter(compiler._loaded.values())), InProcessFunction)
    for a, b in zip(found, wanted, strict=True):
        np.testing.assert_array_equal(a, b)
