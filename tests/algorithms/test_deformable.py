"""Deformable convolution by compiled loops, against NumPy's."""

import math
import pickle
from typing import Any

import numpy as np
import pytest

import convolens as cl
from convolens.algorithms.deformable import refusal
from convolens.ops import deformable
from convolens.ops.activations import ACTIVATIONS
from convolens.runtime import compile as compiler
from convolens.spec.borders import MODES
from convolens.spec.geometry import ConvSpec

Array = np.ndarray[Any, np.dtype[Any]]

pytestmark = pytest.mark.skipif(not compiler.available(), reason="needs Halide")

CASES: dict[str, dict[str, Any]] = {
    "odd": {"shape": (2, 21, 13, 11), "weight": (37, 21, 3, 3), "padding": 1},
    "offset groups": {"shape": (1, 40, 9, 17), "weight": (70, 40, 3, 2), "offset_groups": 5, "padding": (1, 2)},
    "long windows": {"shape": (1, 256, 6, 5), "weight": (16, 256, 3, 3), "padding": 1},
    "prime windows": {"shape": (1, 300, 2, 9), "weight": (5, 300, 1, 7)},
    "strided, dilated": {"shape": (1, 16, 23, 20), "weight": (16, 16, 3, 3), "stride": (2, 3), "dilation": (3, 2)},
    "groups": {"shape": (2, 24, 8, 9), "weight": (12, 6, 3, 3), "groups": 4, "offset_groups": 2, "flip": True},
    "groups of offset groups": {"shape": (1, 24, 8, 9), "weight": (6, 12, 2, 2), "groups": 2, "offset_groups": 4},
    "one channel, one kernel": {"shape": (1, 1, 40, 40), "weight": (1, 1, 5, 5), "padding": ((4, 0), (0, 3))},
    "one column": {"shape": (2, 8, 30, 1), "weight": (8, 8, 3, 1), "padding": (1, 0)},
    "float64": {"shape": (1, 18, 9, 9), "weight": (20, 18, 3, 3), "dtype": "f8", "padding": 2},
    "float64 offsets": {"shape": (1, 18, 9, 9), "weight": (20, 18, 3, 3), "offset_dtype": "f8"},
    "float16": {"shape": (1, 18, 9, 9), "weight": (20, 18, 3, 3), "dtype": "f2"},
}
TOLERANCES = {"f2": 2e-3, "f4": 5e-6, "f8": 1e-13}


def arguments(
    shape: tuple[int, ...],
    weight: tuple[int, ...],
    dtype: str = "f4",
    offset_dtype: str = "f4",
    offset_groups: int = 1,
    layout: str = "NCHW",
    **options: Any,
) -> tuple[tuple[Array, ...], dict[str, Any]]:
    """Draw image, offsets, weights, bias, and the options with a mask."""
    rng = np.random.default_rng(3)
    spec = ConvSpec(shape, weight, **options)
    taps = math.prod(spec.kernel_size) * offset_groups
    sizes = (shape, (shape[0], 2 * taps, *spec.output_size), (shape[0], taps, *spec.output_size))
    x, offset, mask = (rng.normal(size=size) for size in sizes)
    if layout == "NHWC":
        x, offset, mask = (np.ascontiguousarray(np.moveaxis(a, 1, -1)) for a in (x, offset, mask))
    kernels, bias = rng.normal(size=weight), rng.normal(size=weight[0])
    arrays = x.astype(dtype), (2 * offset).astype(offset_dtype), kernels.astype(dtype), bias.astype(dtype)
    return arrays, options | {"mask": mask, "layout": layout}


@pytest.fixture
def both(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that computes in NumPy and, into an array with other cells around, in compiled loops."""

    def compute(arrays: tuple[Array, ...], options: dict[str, Any]) -> tuple[Array, Array]:
        monkeypatch.setattr(deformable, "compiled_pays", lambda *_: False)
        wanted = cl.deform_conv2d(*arrays, **options)
        monkeypatch.setattr(deformable, "compiled_pays", lambda *_: True)
        whole = np.full((wanted.shape[0] + 2, *wanted.shape[1:]), 7, wanted.dtype)
        out = whole[1:-1]
        assert cl.deform_conv2d(*arrays, out=out, **options) is out
        result = out.copy()
        out[...] = 7
        assert (whole == 7).all()
        return result, wanted

    return compute


def assert_close(result: Array, wanted: Array, dtype: str = "f4") -> None:
    """Compare beside the largest number."""
    np.testing.assert_allclose(result, wanted, rtol=0, atol=TOLERANCES[dtype] * float(np.abs(wanted).max()))


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_agrees_with_numpy(case: dict[str, Any], layout: str, threads: int, both: Any) -> None:
    """Windows of every length, groups of both kinds, dtypes, and vectors and tiles that do not come out even."""
    arrays, options = arguments(layout=layout, **case)
    with cl.threads(threads):
        assert_close(*both(arrays, options), case.get("dtype", "f4"))


@pytest.mark.parametrize("border", [*MODES, 2.5])
@pytest.mark.parametrize("reach", [3.0, 100.0, 2.0**31 - 200])
def test_borders_go_on_for_ever(border: str | float, reach: float, both: Any) -> None:
    """Near and far, up to the largest offsets."""
    arrays, options = arguments((1, 8, 6, 5), (8, 8, 3, 3), padding=1, border=border)
    offset = np.random.default_rng(0).uniform(-reach, reach, arrays[1].shape).astype("f4")
    assert_close(*both((arrays[0], offset, *arrays[2:]), options))


def test_fractions_of_far_points_are_precise(both: Any) -> None:
    """A fraction is not lost in a large whole number."""
    arrays, options = arguments((1, 4, 3, 4), (4, 4, 1, 1), offset_dtype="f8", border="wrap")
    offset = np.full(arrays[1].shape, 2.0**30 + 1e-4)
    assert_close(*both((arrays[0], offset, *arrays[2:]), options))


@pytest.mark.parametrize("mask", [True, False])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_cell_counts_where_it_is_touched(value: float, mask: bool, both: Any) -> None:
    """A cell that a sample does not touch has no say, even if it is NaN or infinite."""
    arrays, options = arguments((1, 17, 8, 9), (18, 17, 3, 3), padding=1)
    arrays[0][0, 3, 4, 5] = value
    offset = np.round(arrays[1] * 2) / 2
    options["mask"] = options["mask"] if mask else None
    result, wanted = both((arrays[0], offset, *arrays[2:]), options)
    np.testing.assert_array_equal(np.isfinite(result), np.isfinite(wanted))
    np.testing.assert_array_equal(np.isnan(result), np.isnan(wanted))
    assert 0 < np.isfinite(wanted).mean() < 1


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("activation", sorted(ACTIVATIONS))
def test_activations(activation: str, dtype: str, both: Any) -> None:
    """Each comes last, whoever applies it."""
    arrays, options = arguments((1, 5, 7, 6), (9, 5, 2, 2), dtype=dtype)
    assert_close(*both(arrays, options | {"activation": activation}), dtype if dtype == "f8" else "f4")


@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
def test_arrays_may_lie_anyhow(layout: str, both: Any) -> None:
    """Every other cell of larger arrays, backward, read-only."""
    arrays, options = arguments((2, 9, 7, 8), (10, 9, 3, 3), layout=layout)
    spread = []
    for array in (*arrays[:3], options["mask"]):
        view = np.repeat(np.repeat(array, 2, axis=2), 3, axis=3)[:, ::-1, ::2, ::3]
        view.flags.writeable = False
        spread.append(view)
    assert_close(*both((*spread[:3], arrays[3]), options | {"mask": spread[3]}))


def test_threads_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tasks are cut for the threads there are; the sums are the same."""
    monkeypatch.setattr(deformable, "compiled_pays", lambda *_: True)
    arrays, options = arguments((1, 200, 20, 21), (30, 200, 3, 3), padding=1)
    results = []
    for threads in (1, 2, 3):
        with cl.threads(threads):
            results.append(cl.deform_conv2d(*arrays, **options))
    np.testing.assert_array_equal(results[0], results[1])
    np.testing.assert_array_equal(results[0], results[2])


@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
@pytest.mark.parametrize("pays", [True, False])
def test_prepared_weights_serve_any_input(pays: bool, layout: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of other sizes and types, before and after pickling; the answers are those of the plain call."""
    monkeypatch.setattr(deformable, "compiled_pays", lambda *_: pays)
    fixed: dict[str, Any] = {"groups": 2, "padding": 1, "flip": True}
    conv = None
    for size, dtype in (((9, 8), "f4"), ((5, 12), "f8"), ((9, 8), "f4")):
        arrays, options = arguments((2, 12, *size), (10, 6, 3, 3), dtype, layout=layout, **fixed)
        (x, offset, weight, bias), mask = arrays, options.pop("mask")
        options["activation"] = "relu"
        conv = conv or cl.prepare_deform_conv(weight, bias, **options)
        assert repr(conv) == "PreparedDeformConv(weight=(10, 6, 3, 3) float32)"
        wanted = cl.deform_conv2d(x, offset, conv.weight, conv.bias, mask=mask, **options)
        for way in (conv, pickle.loads(pickle.dumps(conv))):
            np.testing.assert_array_equal(way(x, offset, mask=mask), wanted)
        assert conv.spec(x.shape, x.dtype).result_dtype == wanted.dtype


@pytest.mark.parametrize(
    ("spec", "offset_groups", "reason"),
    [
        (ConvSpec((0, 4, 5, 5), (4, 4, 3, 3)), 1, "nothing"),
        (ConvSpec((1, 12, 5, 5), (4, 6, 3, 3), groups=2), 3, "across"),
        (ConvSpec((1, 12, 5, 5), (12, 1, 3, 3), groups=12), 1, "channels of a group"),
        (ConvSpec((1, 1, 1, 1 << 29), (1, 1, 1, 1)), 1, "32 bits"),
        (ConvSpec((1, 12, 5, 5), (4, 6, 3, 3), groups=2), 4, None),
    ],
)
def test_refusals(spec: ConvSpec, offset_groups: int, reason: str | None) -> None:
    """What the loops cannot do is left to NumPy, for a reason."""
    found = refusal(spec, offset_groups)
    assert found is None if reason is None else reason in str(found)


def test_it_pays_for_large_problems(monkeypatch: pytest.MonkeyPatch) -> None:
    """A layer of a network is compiled for; a tiny problem is not, even if the code is there."""
    large, small = ConvSpec((1, 64, 56, 56), (64, 64, 3, 3)), ConvSpec((1, 4, 8, 8), (4, 4, 3, 3))
    deformable.compiled_pays.cache_clear()
    assert deformable.compiled_pays(large, 1, np.dtype("f4"), None, 1000, -1)
    monkeypatch.setattr(deformable, "predict_setup", lambda _: 0.0)
    assert not deformable.compiled_pays(small, 1, np.dtype("f4"), None, 1000, -1)
    deformable.compiled_pays.cache_clear()
