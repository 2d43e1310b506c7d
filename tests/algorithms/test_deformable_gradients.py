"""Gradients of deformable convolution by compiled loops, against NumPy's."""

import math
from typing import Any

import numpy as np
import pytest

import convolens as cl
from convolens.algorithms import deformable_gradients as vectored
from convolens.algorithms.deformable_gradients import Vectors
from convolens.ops import deformable_gradients, deformable_sums
from convolens.ops.deformable_gradients import DeformGradients
from convolens.runtime import compile as compiler
from convolens.spec.geometry import ConvSpec

Array = np.ndarray[Any, np.dtype[Any]]

pytestmark = pytest.mark.skipif(not compiler.available(), reason="needs Halide")

CASES: dict[str, dict[str, Any]] = {
    "odd": {"shape": (2, 21, 13, 11), "weight": (37, 21, 3, 3), "padding": 1},
    "without a batch": {"shape": (16, 13, 11), "weight": (5, 16, 2, 3), "padding": 1, "border": "reflect"},
    "groups": {"shape": (2, 24, 8, 9), "weight": (12, 6, 3, 3), "groups": 4, "offset_groups": 2, "flip": True},
    "groups of offset groups": {"shape": (1, 24, 8, 9), "weight": (6, 12, 2, 2), "groups": 2, "offset_groups": 4},
    "float64": {
        "shape": (1, 18, 9, 9),
        "weight": (20, 18, 3, 3),
        "dtype": "f8",
        "padding": 2,
        "border": 2.5,
        "stride": 2,
    },
    "float16": {"shape": (1, 18, 9, 9), "weight": (20, 18, 3, 3), "dtype": "f2", "masked": False},
}
TOLERANCES = {"f2": 2e-3, "f4": 5e-6, "f8": 1e-13}


def arguments(
    shape: tuple[int, ...],
    weight: tuple[int, ...],
    dtype: str = "f4",
    offset_groups: int = 1,
    masked: bool = True,
    layout: str = "NCHW",
    **options: Any,
) -> tuple[list[Array], dict[str, Any]]:
    """Draw what flows back, image, offsets and weights, and the options with a mask."""
    rng = np.random.default_rng(3)
    spec = ConvSpec(shape, weight, **options)
    taps = math.prod(spec.kernel_size) * offset_groups
    sizes = (spec.output_shape, shape, *((*shape[:-3], n * taps, *spec.output_size) for n in (2, 1)))
    arrays = [rng.normal(size=size).astype(dtype) for size in sizes]
    if layout == "NHWC":
        arrays = [np.ascontiguousarray(np.moveaxis(array, -3, -1)) for array in arrays]
    *given, mask = arrays
    given[2] *= 2
    options |= {"mask": mask if masked else None, "layout": layout}
    return [*given, rng.normal(size=weight).astype(dtype)], options


def both(
    monkeypatch: pytest.MonkeyPatch, arrays: list[Array], options: dict[str, Any]
) -> tuple[DeformGradients, DeformGradients]:
    """Compute in compiled loops, and in NumPy."""
    found = []
    for pays in (True, False):
        monkeypatch.setattr(deformable_gradients, "compiled_pays", lambda *_, pays=pays: pays)
        found.append(cl.deform_conv2d_grad(*arrays, **options))
    return found[0], found[1]


@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_agrees_with_numpy(case: dict[str, Any], layout: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Groups of both kinds, dtypes, borders, and vectors that do not come out even, in several blocks."""
    arrays, options = arguments(layout=layout, **case)
    monkeypatch.setattr(deformable_sums, "BLOCK_BYTES", 1 << 16)
    result, wanted = both(monkeypatch, arrays, options)
    tolerance = TOLERANCES[case.get("dtype", "f4")]
    for name, one, other in zip(result._fields, result, wanted, strict=True):
        if other is None:
            assert one is None
            continue
        assert one.dtype == other.dtype, name
        limit = tolerance * float(np.abs(other).max())
        np.testing.assert_allclose(one, other, rtol=0, atol=limit, err_msg=name)


@pytest.mark.parametrize("mode", ["edge", "wrap", "constant"])
def test_offsets_may_point_far_out(mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Borders go on for ever; what falls on a constant is lost."""
    arrays, options = arguments((1, 16, 6, 5), (8, 16, 3, 3), padding=1, border=mode)
    arrays[2] = np.random.default_rng(0).uniform(-1e3, 1e3, arrays[2].shape).astype("f4")
    result, wanted = both(monkeypatch, arrays, options)
    np.testing.assert_allclose(result.input, wanted.input, atol=1e-3 + 1e-5 * np.abs(wanted.input).max())
    np.testing.assert_allclose(result.offset, wanted.offset, atol=1e-4)
    assert mode != "constant" or np.abs(result.input).sum() < np.abs(arrays[0]).sum()


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_cell_counts_where_it_is_touched(value: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cell, or a sum flowing back, that is no number shows where NumPy shows it, and nowhere else."""
    arrays, options = arguments((1, 17, 8, 9), (18, 17, 3, 3), padding=1)
    arrays[1][0, 3, 4, 5] = value
    arrays[0][0, 2, 7, 7] = value
    arrays[2] = np.round(arrays[2] * 2) / 2
    for one, other in zip(*both(monkeypatch, arrays, options), strict=True):
        np.testing.assert_array_equal(np.isfinite(one), np.isfinite(other))
        assert 0 < np.isfinite(other).mean() < 1


def test_an_infinite_mask_is_no_nan(monkeypatch: pytest.MonkeyPatch) -> None:
    """Samples are summed, then weighed: infinities come from them with the sign that NumPy gives them."""
    arrays, options = arguments((1, 16, 6, 5), (8, 16, 3, 3), padding=1)
    options["mask"][0, 4, 2, 3] = np.inf
    result, wanted = both(monkeypatch, arrays, options)
    assert np.isinf(wanted.weight).any()
    assert not np.isnan(wanted.weight).any()
    np.testing.assert_allclose(result.weight, wanted.weight, rtol=1e-5, atol=1e-5)


def test_compiled_loops_take_a_batch_of_no_items(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing in, zeros out."""
    arrays, options = arguments((0, 16, 6, 5), (8, 16, 3, 3), padding=1)
    for one, other in zip(*both(monkeypatch, arrays, options), strict=True):
        np.testing.assert_array_equal(one, other)


def test_threads_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each thread has channels of its own, which it sums in the same order."""
    monkeypatch.setattr(deformable_gradients, "compiled_pays", lambda *_: True)
    arrays, options = arguments((1, 70, 20, 21), (30, 70, 3, 3), padding=1)
    results = []
    for threads in (1, 2, 3):
        with cl.threads(threads):
            results.append(cl.deform_conv2d_grad(*arrays, **options))
    for several in zip(*results, strict=True):
        for other in several[1:]:
            np.testing.assert_array_equal(several[0], other)


@pytest.mark.parametrize(("channels", "lanes", "count"), [(1, 1, 1), (3, 4, 1), (8, 8, 1), (9, 8, 2)])
def test_vectors_are_no_longer_than_needed(
    channels: int, lanes: int, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Few channels take short vectors; many take several."""
    monkeypatch.setattr(vectored, "vector_lanes", lambda _: 8)
    spec = ConvSpec((1, 2 * channels, 4, 4), (3, 2 * channels, 1, 1), dtype="f8")
    vectors = Vectors.of(spec, 2)
    assert vectors == Vectors(channels, count, lanes)
    assert vectors.width == count * lanes


def test_it_pays_for_large_problems(monkeypatch: pytest.MonkeyPatch) -> None:
    """A layer of a network is compiled for; a tiny problem is not, even if the code is there."""
    large, small = ConvSpec((1, 64, 56, 56), (64, 64, 3, 3)), ConvSpec((1, 4, 4, 4), (4, 4, 3, 3))
    deformable_sums.compiled_pays.cache_clear()
    assert deformable_sums.compiled_pays(large, 1, np.dtype("f4"), -1)
    monkeypatch.setattr(deformable_sums, "predict_setup", lambda _: 0.0)
    assert not deformable_sums.compiled_pays(small, 1, np.dtype("f4"), -1)
    deformable_sums.compiled_pays.cache_clear()
