"""The padded image, its adjoint, the views of kernel cells, and the blocks of an output."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convolens.algorithms.windows import blocks, pad, padded_bytes, padded_input, tap_view, taps, unpad
from convolens.errors import SpecError
from convolens.spec.borders import MODES, Border
from convolens.spec.geometry import ConvSpec

sizes = st.lists(st.integers(1, 5), min_size=1, max_size=3).map(tuple)
borders = st.sampled_from(MODES).map(Border)


@st.composite
def padded_cases(draw: st.DrawFn) -> tuple[np.ndarray, tuple[tuple[int, int], ...], Border]:
    """Draw an array with two axes in front, pads up to three times its size, and a border."""
    size = draw(sizes)
    pads = tuple((draw(st.integers(0, 3 * n)), draw(st.integers(0, 3 * n))) for n in size)
    x = np.random.default_rng(draw(st.integers(0, 99))).standard_normal((2, 1, *size))
    return x, pads, draw(borders)


@given(padded_cases())
def test_pads_as_numpy_does(case: tuple[np.ndarray, tuple[tuple[int, int], ...], Border]) -> None:
    """numpy.pad under its own names, also where the border is wider than the image."""
    x, pads, border = case
    wanted = np.pad(x, ((0, 0), (0, 0), *pads), mode=border.mode)
    np.testing.assert_array_equal(pad(x, pads, border), wanted)


@given(padded_cases())
def test_unpad_is_the_adjoint(case: tuple[np.ndarray, tuple[tuple[int, int], ...], Border]) -> None:
    """⟨pad x, y⟩ = ⟨x, unpad y⟩: what flows to a copy flows to its original."""
    x, pads, border = case
    padded = pad(x, pads, border)
    y = np.random.default_rng(1).standard_normal(padded.shape)
    kept = y.copy()
    assert np.vdot(padded, y) == pytest.approx(np.vdot(x, unpad(y, pads, border)), abs=1e-9)
    np.testing.assert_array_equal(y, kept)


def test_pads_with_a_constant_in_another_type() -> None:
    """A wider type is filled directly: 300 stands beside bytes that could not hold it."""
    result = pad(np.uint8([1, 2]), ((1, 1),), Border("constant", 300), np.dtype(np.int64))
    assert result.dtype == np.int64
    assert result.tolist() == [300, 1, 2, 300]


def test_refuses_a_constant_that_the_type_cannot_hold() -> None:
    """A border of 300 would silently become 44 among bytes."""
    with pytest.raises(SpecError, match=r"300.*range of uint8"):
        pad(np.uint8([1, 2]), ((1, 1),), Border("constant", 300))


def test_without_pads_nothing_is_copied() -> None:
    """The input itself is read, and counted as no workspace; uint64 is widened, as NumPy mixes it into floats."""
    x = np.zeros((1, 1, 5, 5), np.float16)
    spec = ConvSpec(x.shape, (1, 1, 3, 3), dtype=x.dtype)
    assert padded_input(spec, x) is x
    assert padded_bytes(spec) == 0
    unsigned = ConvSpec(x.shape, (1, 1, 3, 3), dtype="u8", weight_dtype="i8")
    assert padded_input(unsigned, x.astype(np.uint64)).dtype == np.int64
    assert padded_bytes(unsigned) == 25 * 8


def test_padded_input_is_counted() -> None:
    """The bytes counted are the bytes made."""
    x = np.zeros((2, 3, 5, 4), np.uint8)
    spec = ConvSpec(x.shape, (1, 3, 3, 3), dtype="u1", weight_dtype="f4", padding=((1, 0), (2, 3)), border="wrap")
    assert padded_input(spec, x).nbytes == padded_bytes(spec) == 2 * 3 * 6 * 9 * 4


def test_tap_views_are_the_windows() -> None:
    """Cell t of the window at output o is the view of t at o."""
    spec = ConvSpec((1, 1, 11, 12), (1, 1, 3, 2), stride=(2, 3), dilation=(3, 4))
    image = np.arange(11 * 12).reshape(11, 12)
    for r, c in taps(spec):
        view = tap_view(spec, image, (r, c))
        assert view.shape == spec.output_size
        assert np.shares_memory(view, image)
        assert view[1, 2] == image[2 * 1 + 3 * r, 3 * 2 + 4 * c]
        assert tap_view(spec, image, (r, c), (slice(1, 2), slice(2, 3))).tolist() == [[view[1, 2]]]


@given(sizes, st.integers(0, 200))
def test_blocks_cover_every_cell_once(size: tuple[int, ...], cells: int) -> None:
    """A partition into boxes of at most the wanted number of cells, none of them empty."""
    count = np.zeros(size, int)
    for block in blocks(size, cells):
        assert 0 < count[block].size <= max(cells, 1)
        count[block] += 1
    assert (count == 1).all()
