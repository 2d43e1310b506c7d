"""Convolutions with their weights prepared: the same results, plans without computing, threads, memory."""

import copy
import gc
import pickle
import sys
import weakref
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from cases import random_arrays
from convolens.algorithms import separable
from convolens.errors import SpecError
from convolens.ops.conv import conv1d, conv2d, conv3d
from convolens.ops.pooling.maximum import max_pool
from convolens.ops.prepared import prepare_conv
from convolens.runtime import compile as compiler
from convolens.runtime.threads import threads
from convolens.spec.geometry import ConvSpec
from convolens.spec.layout import join_shape
from strategies import Call, calls

generator = np.random.default_rng(0)


@settings(max_examples=60)
@given(calls())
def test_gives_what_the_one_shot_call_gives(call: Call) -> None:
    """To rounding, for compiling may pay for one and not for the other; and again bit for bit."""
    prepared = prepare_conv(call.weight, call.bias, **call.options)
    once = (conv1d, conv2d, conv3d)[call.dims - 1](call.x, call.weight, call.bias, **call.options)
    first = prepared(call.x)
    assert first.dtype == once.dtype
    loosely = 0 if once.dtype.kind != "f" or not once.size else 100 * np.finfo(once.dtype).eps
    scale = float(np.nanmax(np.abs(once.astype("f8")))) if loosely else 0
    np.testing.assert_allclose(first, once, rtol=0, atol=loosely * scale)
    np.testing.assert_array_equal(prepared(call.x), first)


@pytest.mark.parametrize(
    ("layout", "channels", "size", "padding"),
    [("NHWC", 20, 1, 0), ("NHWC", 20, 3, 1), ("NHWC", 2304, 1, 0), ("NHWC", 20, 11, 5), ("NCHW", 20, 3, 1)],
)
def test_a_residual_may_be_where_the_result_goes(layout: str, channels: int, size: int, padding: int) -> None:
    """Each cell is added once, in one chunk or several, in parts around a border, in bands of a large kernel."""
    weight = generator.standard_normal((70, channels, size, size)).astype("f4")
    shape = (2, channels, 13, 14) if layout == "NCHW" else (2, 13, 14, channels)
    prepared = prepare_conv(weight, np.arange(70), padding=padding, layout=layout, algorithm="tiled")
    x = generator.standard_normal(shape).astype("f4")
    rest = generator.standard_normal(prepared(x).shape).astype("f4")
    wanted = prepared(x, residual=rest)
    for count in (1, 2, 3):
        taken = rest.copy()
        with threads(count):
            assert prepared(x, residual=taken, out=taken) is taken
        np.testing.assert_array_equal(taken, wanted)
    shifted = np.concatenate([rest[:1], rest])
    prepared(x, residual=shifted[1:], out=shifted[:-1])  # elsewhere in the same memory
    np.testing.assert_array_equal(shifted[:-1], wanted)


@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
def test_adds_a_residual_before_the_activation(layout: str) -> None:
    """In either layout, and where the residual's own memory takes the result."""
    weight = generator.standard_normal((18, 18, 3, 3)).astype("f4")
    x = generator.standard_normal((1, 18, 9, 18) if layout == "NCHW" else (1, 9, 18, 18)).astype("f4")
    prepared = prepare_conv(weight, np.arange(18.0), padding=1, layout=layout, activation="relu")
    plain = prepare_conv(weight, np.arange(18.0), padding=1, layout=layout)(x)
    wanted = np.maximum(plain + x, 0)
    np.testing.assert_allclose(prepared(x, residual=x), wanted, rtol=1e-5, atol=1e-5)
    taken = x.copy()
    np.testing.assert_allclose(prepared(x, residual=taken, out=taken), wanted, rtol=1e-5, atol=1e-5)
    for wrong in (x[:, :-1], x.astype("f8")):
        with pytest.raises(SpecError, match="residual must be like the output, float32"):
            prepared(x, residual=wrong)


@pytest.mark.parametrize(
    ("dtype", "options"),
    [
        ("f4", {}),
        ("f4", {"algorithm": "fft", "activation": "gelu"}),
        ("f2", {"layout": "channels-last", "activation": "tanh"}),
        ("f8", {"algorithm": "im2col", "layout": "channels-last"}),
        ("i2", {"activation": "relu"}),
    ],
)
@pytest.mark.parametrize("residual", [False, True])
def test_pools_what_a_convolution_gives(dtype: str, options: dict[str, str], residual: bool) -> None:
    """The maxima of the result after bias, residual and activation, in a new array and in one that is there."""
    weight, x = random_arrays(ConvSpec((2, 16, 16, 16), (16, 16, 3, 3), dtype=dtype))[::-1]
    bias = generator.integers(-3, 3, 16).astype(dtype)
    whole = prepare_conv(weight, bias, padding=1, **options)
    pooled = prepare_conv(weight, bias, padding=1, max_pool=(2, 3), **options)
    layout = options.get("layout", "channels-first")
    added = whole(x) if residual else None
    wanted = max_pool(2, whole(x, residual=added), (2, 3), layout=layout)
    out = np.zeros_like(wanted)
    assert pooled(x, residual=added, out=out) is out
    for found in (out, pooled(x, residual=added), pooled(x, residual=added)):
        assert found.dtype == wanted.dtype
        np.testing.assert_array_equal(found, wanted)
    with pytest.raises(SpecError, match="out must be a writeable array"):
        pooled(x, out=np.zeros_like(whole(x)))


@pytest.mark.parametrize("layout", ["channels-first", "channels-last"])
def test_a_nan_wins_its_window(layout: str) -> None:
    """Also where maxima are taken on the way, in calls that are repeated, and between others; with a residual."""
    weight = generator.standard_normal((64, 64, 3, 3)).astype("f4")
    shape = join_shape(1, 64, (33, 40), layout)
    x = generator.standard_normal(shape).astype("f4")
    bias = np.where(np.arange(64) == 3, np.nan, 0)
    whole = prepare_conv(weight, bias, activation="relu", layout=layout)
    pooled = prepare_conv(weight, bias, activation="relu", layout=layout, max_pool=2)
    assert pooled.plan(shape).chosen.pools or not compiler.available()
    broken = x.copy()
    broken.flat[[0, -1]] = np.nan
    for image, added in ((x, None), (x, None), (broken, None), (x, whole(x)), (x, None)):
        wanted = max_pool(2, whole(image, residual=added), 2, layout=layout)
        found = pooled(image, residual=added)
        assert np.isnan(found).all(axis=(1, 2) if layout == "channels-last" else (2, 3)).sum() == 1
        np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-4 * np.nanmax(wanted))


def test_serves_more_than_three_dimensions() -> None:
    """The number of dimensions follows from the weight."""
    x, weight = np.ones((1, 3, 3, 3, 3)), np.ones((1, 1, 2, 2, 2, 2))
    result = prepare_conv(weight)(x)
    assert result.shape == (1, 2, 2, 2, 2)
    assert (result == 16).all()
    assert prepare_conv(weight, max_pool=2)(x).tolist() == [[[[[16]]]]]


def test_serves_inputs_of_different_shapes_and_types() -> None:
    """One preparation, many plans: what is kept for one shape is not used for another."""
    kernel = generator.standard_normal((2, 1, 25, 25)).astype("f4")
    prepared = prepare_conv(kernel, padding="same")
    for size in (60, 90, 61, 30, 120, 77, 64, 31, 99, 60):
        for dtype in ("f4", "f8", "u1"):
            x = generator.uniform(0, 9, (1, size, size + 3)).astype(dtype)
            wanted = conv2d(x.astype("f8"), kernel.astype("f8"), padding="same", algorithm="direct")
            np.testing.assert_allclose(prepared(x), wanted, rtol=0, atol=1e-2)


@pytest.mark.parametrize("algorithm", ["auto", "direct", "im2col", "separable", "fft", "overlap-add"])
def test_threads_may_share_one(algorithm: str) -> None:
    """Several callers at once, of different shapes, each get their own result."""
    kernel = generator.standard_normal((3, 2, 7, 7))
    prepared = prepare_conv(kernel, np.arange(3.0), padding=3, algorithm=algorithm)
    inputs = [generator.standard_normal((2, 300 + i % 3, 280)) for i in range(12)]
    wanted = [prepare_conv(kernel, np.arange(3.0), padding=3, algorithm=algorithm)(x) for x in inputs[:3]]
    inputs[3:] = [inputs[i % 3] for i in range(3, 12)]
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(prepared, inputs))
    for i, result in enumerate(results):
        np.testing.assert_array_equal(result, wanted[i % 3])


def test_threads_may_ask_for_plans_of_many_shapes(monkeypatch: pytest.MonkeyPatch) -> None:
    """While one looks through the plans that are at hand, others add to them."""
    prepared = prepare_conv(np.ones((1, 1, 3, 3), np.float32))
    monkeypatch.setattr(type(prepared), "plan", lambda _, shape, dtype: shape)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(4) as pool:
            shapes = [(1, 10 + i // 4 % 60, 10 + i % 7) for i in range(4000)]
            plans = list(pool.map(lambda shape: prepared.plan_at_hand(shape, np.dtype("f4")), shapes))
    finally:
        sys.setswitchinterval(interval)
    assert plans == shapes


def test_plan_is_printed_without_computing() -> None:
    """The plan of a shape that no memory could hold."""
    prepared = prepare_conv(np.ones((8, 3, 3, 3), np.float32), padding=1)
    plan = prepared.plan((1000, 3, 100_000, 100_000))
    assert plan.spec.output_shape == (1000, 8, 100_000, 100_000)
    assert plan.chosen.algorithm in str(plan)


def test_plan_knows_the_rank_of_large_kernels() -> None:
    """A Gaussian is separable, which is cheap; noise of the same size is not."""
    gauss = np.exp(-(np.linspace(-3, 3, 15) ** 2)).astype(np.float32)
    gaussian, noise = np.outer(gauss, gauss), generator.standard_normal((15, 15))
    shape = (1, 1000, 1000)
    assert prepare_conv(gaussian[None, None]).spec(shape).weight_rank == 1
    assert prepare_conv(noise[None, None]).spec(shape).weight_rank == 15
    plans = [prepare_conv(kernel[None, None]).plan(shape) for kernel in (gaussian, noise.astype("f4"))]
    cheap, dear = (next(e for e in plan.estimates if e.algorithm == "separable").seconds for plan in plans)
    assert cheap < dear / 5
    assert plans[1].chosen.algorithm != "separable"


def test_renewed_weights_are_not_taken_for_those_before() -> None:
    """A plan for a Gaussian does not serve noise, nor a limit small numbers large ones; copies know that, too."""
    gauss = np.exp(-(np.linspace(-3, 3, 15) ** 2)).astype(np.float32)
    prepared = prepare_conv(np.outer(gauss, gauss)[None, None])
    x = generator.standard_normal((1, 300, 300)).astype("f4")
    prepared(x)
    noise = generator.standard_normal((1, 1, 15, 15)).astype("f4")
    prepared.renew(noise, None)
    wanted = conv2d(x, noise, algorithm="direct")
    for conv in (prepared, pickle.loads(pickle.dumps(prepared))):
        np.testing.assert_allclose(conv(x), wanted, rtol=0, atol=1e-3)
        assert conv.plan_at_hand(x.shape, x.dtype).spec.weight_rank is None
    by_fft = prepare_conv(noise, algorithm="fft")
    limit = by_fft._limit(by_fft.plan_at_hand(x.shape, x.dtype))
    by_fft.renew(1000 * noise, None)
    assert by_fft._limit(by_fft.plan_at_hand(x.shape, x.dtype)) == pytest.approx(limit / 1000)


def test_plan_that_is_printed_is_the_one_that_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """A call asks for the plan of its own shape and type."""
    prepared = prepare_conv(generator.standard_normal((1, 1, 21, 21)).astype("f4"))
    x = generator.standard_normal((1, 200, 200)).astype("f4")
    plan = prepared.plan(x.shape, x.dtype)
    ran = []
    run = type(plan.algorithm).run
    monkeypatch.setattr(type(plan.algorithm), "run", lambda self, *a: (ran.append(self.name), run(self, *a))[1])
    prepared(x)
    assert ran == [plan.chosen.algorithm]


def test_a_plan_stays_whatever_the_number_of_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was compiled meanwhile concerns the next one; else one thread more could change the result."""
    shape, float32 = (1, 16, 20, 20), np.dtype("f4")
    prepared = prepare_conv(generator.standard_normal((16, 16, 3, 3)).astype("f4"), padding=1)
    with threads(2):
        first = prepared.plan_at_hand(shape, float32)
    monkeypatch.setattr(type(prepared), "plan", lambda *_: pytest.fail("planned again"))
    for count in (1, 2, 3):
        with threads(count):
            assert prepared.plan_at_hand(shape, float32) is first


def test_weights_are_prepared_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second call of a shape finds the spectra ready."""
    prepared = prepare_conv(np.ones((1, 1, 21, 21)), algorithm="fft")
    algorithm = type(prepared.plan((1, 50, 50), "f8").algorithm)
    shapes = []
    prepare = algorithm.prepare
    monkeypatch.setattr(
        algorithm, "prepare", lambda self, spec, w: (shapes.append(spec.input_shape), prepare(self, spec, w))[1]
    )
    for size in (50, 50, 60, 50, 60):
        prepared(np.ones((1, size, size)))
    assert shapes == [(1, 50, 50), (1, 60, 60)]


def test_is_freed_with_its_last_reference() -> None:
    """No cycle keeps weights and spectra alive until the garbage collector comes."""
    gc.disable()
    try:
        prepared = prepare_conv(np.ones((1, 1, 9, 9)), algorithm="fft")
        prepared(np.ones((1, 30, 30)))
        gone = weakref.ref(prepared)
        del prepared
        assert gone() is None
    finally:
        gc.enable()


def test_repr_names_the_weight() -> None:
    """Shape and type, without printing the numbers."""
    assert repr(prepare_conv(np.ones((8, 3, 5, 5), "f4"))) == "PreparedConv(weight=(8, 3, 5, 5) float32)"


@pytest.mark.parametrize("shape", [(), (3,), (3, 3)])
def test_weights_without_a_size_are_refused(shape: tuple[int, ...]) -> None:
    """The message says which axes are wanted, and which came."""
    with pytest.raises(SpecError, match=r"weight must have n \+ 2 axes: .* its shape is \("):
        prepare_conv(np.ones(shape))


def test_options_are_checked_when_they_are_given() -> None:
    """What can be said without an input is said before there is one."""
    for option in ({"layout": "NWCH"}, {"activation": "rellu"}):
        with pytest.raises(LookupError, match="unknown"):
            prepare_conv(np.ones((1, 1, 3, 3)), **option)
    with pytest.raises(SpecError, match="max_pool"):
        prepare_conv(np.ones((1, 1, 3, 3)), max_pool=(2, 0))
    with pytest.raises(SpecError, match="window larger than the padded input"):
        prepare_conv(np.ones((1, 1, 3, 3)), max_pool=2)(np.ones((1, 1, 3, 9)))
    with pytest.raises(SpecError, match="bias must have one number for each of the 2 kernels"):
        prepare_conv(np.ones((2, 1, 3, 3)), [1.0])


def test_forgets_all_but_the_last_two_shapes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spectra are as large as the image; those of shapes long past are not kept."""
    prepared = prepare_conv(np.ones((1, 1, 21, 21)), algorithm="fft")
    algorithm = type(prepared.plan((1, 50, 50), "f8").algorithm)
    sizes = []
    prepare = algorithm.prepare
    monkeypatch.setattr(
        algorithm, "prepare", lambda self, spec, w: (sizes.append(spec.input_size[0]), prepare(self, spec, w))[1]
    )
    for size in (50, 60, 50, 60, 70, 50):
        prepared(np.ones((1, size, size)))
    assert sizes == [50, 60, 70, 50]


@pytest.mark.parametrize("again", [lambda c: pickle.loads(pickle.dumps(c)), copy.copy, copy.deepcopy])
def test_can_be_pickled_and_copied(again: Any) -> None:
    """What comes out has the same weights and options, and computes the same."""
    kernel = generator.standard_normal((2, 1, 9, 9)).astype("f4")
    options = {"stride": 2, "padding": "same", "border": 2.5, "flip": True, "layout": "NHWC", "activation": "relu"}
    prepared = prepare_conv(kernel, [1.0, 2.0], algorithm="fft", max_pool=2, **options)
    x = generator.standard_normal((30, 31, 1))
    wanted = prepared(x)
    copied = again(prepared)
    np.testing.assert_array_equal(copied(x), wanted)
    assert copied.plan(x.shape, x.dtype) == prepared.plan(x.shape, x.dtype)
    assert repr(copied) == repr(prepared)


@pytest.mark.parametrize("options", [{"exact": True}, {"algorithm": "direct"}, {"algorithm": "fft"}])
def test_rank_is_not_looked_for_where_it_is_of_no_use(options: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Finding it takes longer than many a convolution."""
    monkeypatch.setattr(separable, "separable_terms", None)
    monkeypatch.setattr(np.linalg, "svd", None)
    prepared = prepare_conv(generator.standard_normal((1, 1, 9, 9)), **options)
    assert prepared.spec((1, 50, 50)).weight_rank is None
    assert prepared(np.ones((1, 50, 50))).shape == (1, 42, 42)


def test_large_kernels_are_not_decomposed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A product is found by looking at it once; noise has too many terms to be of use, however many."""
    monkeypatch.setattr(np.linalg, "svd", None)
    gauss = np.exp(-(np.linspace(-3, 3, 401) ** 2))
    product = np.outer(gauss, gauss).astype("f4")[None, None]
    noise = generator.standard_normal((1, 1, 401, 401)).astype("f4")
    x = generator.standard_normal((1, 500, 450)).astype("f4")
    prepared = prepare_conv(product, algorithm="separable")
    assert prepared.spec(x.shape).weight_rank == 1
    wanted = prepare_conv(product, algorithm="fft")(x)
    np.testing.assert_allclose(prepared(x), wanted, atol=1e-5 * np.abs(wanted).max())
    plan = prepare_conv(noise).plan((1, 1500, 1500))
    assert plan.spec.weight_rank is None
    assert plan.chosen.algorithm in ("fft", "overlap-add", "overlap-save")


@pytest.mark.parametrize("algorithm", ["direct", "im2col", "auto", "reference"])
def test_infinity_and_overflow_do_not_warn(algorithm: str) -> None:
    """They are the result that IEEE 754 gives; warnings are errors here."""
    x = np.array([[[np.inf, 1.0, -np.inf, 2.0, 5.0]]])
    result = prepare_conv(np.ones((1, 1, 3)), algorithm=algorithm)(x)
    np.testing.assert_array_equal(result, [[[np.nan, -np.inf, -np.inf]]])
    half = np.full((1, 1, 4), 6e4, np.float16)
    assert np.isinf(prepare_conv(np.ones((1, 1, 2), np.float16), algorithm=algorithm)(half)).all()


@pytest.mark.parametrize("layout", ["channels-first", "channels-last"])
def test_half_precision_takes_a_residual_of_its_own(layout: str) -> None:
    """Whatever is computed in, what is added comes in the result's type."""
    x, weight = np.ones((1, 16, 20, 24), "f2"), np.ones((16, 16, 1, 1), "f2")
    x = np.moveaxis(x, 1, -1) if layout == "channels-last" else x
    conv = prepare_conv(weight, layout=layout)
    assert (conv(x, residual=conv(x)) == 32).all()
