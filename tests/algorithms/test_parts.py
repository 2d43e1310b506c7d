"""Parts of an output: each cell in one of them, under every kernel cell that meets the image and no other."""

from collections.abc import Iterator

import numpy as np
import pytest

from cases import check_against, computed, random_array, random_arrays
from convolens.algorithms import parts
from convolens.algorithms.base import Epilogue
from convolens.algorithms.parts import parts_of, whole
from convolens.algorithms.reference import Reference
from convolens.algorithms.tiled import Tiled
from convolens.runtime import compile as compiler
from convolens.spec.geometry import ConvSpec

CUT = {
    "dilated": ConvSpec((2, 11, 9, 3), (5, 3, 3, 3), padding=4, dilation=4, layout="NHWC"),
    "plain": ConvSpec((1, 6, 7, 3), (20, 3, 3, 3), padding=1, layout="NHWC"),
    "strided": ConvSpec((1, 9, 14, 2), (3, 2, 5, 4), padding=((3, 1), (0, 2)), stride=(2, 3), layout="NHWC"),
    "grouped": ConvSpec((1, 8, 5, 4), (6, 2, 3, 2), padding=(2, 1), dilation=(2, 1), groups=2, layout="NHWC"),
    "chunked": ConvSpec((1, 3, 4, 1024), (2, 1024, 3, 3), padding=1, layout="NHWC"),
    "1-D": ConvSpec((2, 9, 3), (4, 3, 5), padding=6, dilation=3, layout="NWC"),
    "3-D": ConvSpec((1, 4, 3, 5, 2), (3, 2, 3, 3, 3), padding=1, layout="NDHWC"),
    "one column": ConvSpec((2, 12, 18, 5, 2), (3, 2, 3, 3, 3), padding=1, stride=2, layout="NDHWC"),
    "float64": ConvSpec((1, 7, 6, 2), (3, 2, 3, 3), padding=2, dilation=2, layout="NHWC", dtype="f8"),
}


@pytest.fixture(autouse=True)
def _always_cut(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Make a call cost less than nothing, so that even small outputs are cut everywhere."""
    parts_of.cache_clear()
    monkeypatch.setattr(parts, "CALL", -(10**12))
    yield
    parts_of.cache_clear()


@pytest.mark.parametrize("name", CUT)
def test_each_cell_meets_what_there_is(name: str) -> None:
    """Cell by cell and axis by axis, counted anew."""
    spec = CUT[name]
    found = parts_of(spec)
    assert len(found) > 1
    rest = 3 - spec.dims
    seen = np.zeros((1,) * rest + spec.output_size, int)
    for part in found:
        seen[part.cells] += 1
        for axis in range(spec.dims):
            cells, taps, image = (
                range(n)[chosen[rest + axis]]
                for n, chosen in (
                    (spec.output_size[axis], part.cells),
                    (spec.kernel_size[axis], part.taps),
                    (spec.input_size[axis], part.image),
                )
            )
            if part.panels.spec.pads[axis] != spec.pads[axis]:
                places = [c * spec.stride[axis] - spec.pads[axis][0] for c in cells]
                met = {t for t in range(spec.kernel_size[axis]) for p in places if _inside(spec, axis, p, t)}
                assert met == set(taps)
                assert all(_inside(spec, axis, p, t) for p in places for t in taps)
                assert image[0] == places[0] + taps[0] * spec.dilation[axis]
                assert image[-1] == places[-1] + taps[-1] * spec.dilation[axis]
    assert (seen == 1).all()


def _inside(spec: ConvSpec, axis: int, place: int, tap: int) -> bool:
    return 0 <= place + tap * spec.dilation[axis] < spec.input_size[axis]


@pytest.mark.skipif(not compiler.available(), reason="needs Halide")
@pytest.mark.parametrize("name", CUT)
def test_parts_give_the_whole(name: str) -> None:
    """As the reference sums it."""
    check_against(Reference(), Tiled(), CUT[name])


@pytest.mark.skipif(not compiler.available(), reason="needs Halide")
def test_bias_residual_and_activation() -> None:
    """Each part takes its own piece of what is added."""
    spec, algorithm = CUT["dilated"], Tiled()
    x, weight = random_arrays(spec)
    residual, bias = random_array(spec.output_shape, spec.dtype), random_array((5,), spec.dtype)
    out = np.empty(spec.output_shape, np.float32)
    images, outputs, added = (np.moveaxis(array, -1, 1) for array in (x, out, residual))
    state = algorithm.prepare(spec, weight)
    assert algorithm.run_with(spec, state, images, outputs, Epilogue(bias, "relu", added)).done
    sums = computed(Reference(), spec, x, weight) + bias + residual
    np.testing.assert_allclose(out, np.maximum(sums, 0), atol=1e-5)


@pytest.mark.skipif(not compiler.available(), reason="needs Halide")
def test_infinite_weights_meet_the_border() -> None:
    """Infinity times the zeros of a border is NaN, so that nothing is left out."""
    spec = CUT["plain"]
    weight = np.ones((20, 3, 3, 3), np.float32)
    weight[0, 0, 0, 0] = np.inf
    found = computed(Tiled(), spec, np.ones(spec.input_shape, np.float32), weight)
    assert np.isnan(found[0, 0, :, 0]).all()
    assert np.isinf(found[0, 1:, 1:, 0]).all()


def test_a_single_column_goes_on_from_row_to_row() -> None:
    """A tile of one pixel in each row would be idle but for that."""
    merged = [part.panels.merged for part in parts_of(CUT["one column"]) if part.panels.spec.output_size[-1] == 1]
    assert True in merged


@pytest.mark.parametrize("border", ["reflect", 1.5])
def test_other_borders_are_whole(border: str | float) -> None:
    """Where the border is no zeros, every product counts."""
    spec = CUT["plain"].replace(border=border)
    assert parts_of(spec) == (whole(spec),)


def test_cells_that_see_nothing_stay_with_others() -> None:
    """An axis is not cut where a window lies in the border with all its cells."""
    spec = ConvSpec((1, 4, 4, 2), (3, 2, 3, 3), padding=(7, 0), layout="NHWC")
    assert parts_of(spec) == (whole(spec),)
