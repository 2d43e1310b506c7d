"""Correlation and convolution of one-channel arrays, as SciPy's users expect them."""

import importlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage, signal

from convolens.errors import DTypeError, SpecError
from convolens.ops.correlate import convolve, correlate
from convolens.ops.prepared import PreparedConv

MODES = {"symmetric": "reflect", "reflect": "mirror", "edge": "nearest", "wrap": "wrap", "constant": "constant"}


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Any, Any]:
    """Draw an array and a kernel of one to four dimensions; the kernel may be the larger one."""
    dims = draw(st.integers(1, 4))
    generator = np.random.default_rng(draw(st.integers(0, 2**16)))
    array, kernel = (
        generator.standard_normal(tuple(draw(st.integers(1, most)) for _ in range(dims)))
        for most in (6, 7 if dims < 3 else 4)
    )
    return array, kernel


@settings(max_examples=100)
@given(pairs(), st.sampled_from(sorted(MODES)))
def test_agrees_with_ndimage(pair: tuple[Any, Any], border: str) -> None:
    """Value and alignment, in every mode, even kernels too; the default border is SciPy's default."""
    array, kernel = pair
    for ours, theirs in ((correlate, ndimage.correlate), (convolve, ndimage.convolve)):
        wanted = theirs(array, kernel, mode=MODES[border])
        np.testing.assert_allclose(ours(array, kernel, border=border), wanted, atol=1e-12)
        np.testing.assert_allclose(ours(array, kernel), theirs(array, kernel), atol=1e-12)


@settings(max_examples=60)
@given(pairs())
def test_agrees_with_signal(pair: tuple[Any, Any]) -> None:
    """The full mode of scipy.signal."""
    array, kernel = pair
    for ours, theirs in ((correlate, signal.correlate), (convolve, signal.convolve)):
        wanted = theirs(array, kernel, "full", "direct")
        np.testing.assert_allclose(ours(array, kernel, padding="full", border=0), wanted, atol=1e-12)


@settings(max_examples=40)
@given(pairs())
def test_convolution_commutes(pair: tuple[Any, Any]) -> None:
    """Image and kernel may change places."""
    array, kernel = pair
    one, other = (convolve(*p, padding="full", border=0) for p in ((array, kernel), (kernel, array)))
    np.testing.assert_allclose(one, other, atol=1e-12)


def test_correlation_does_not_commute() -> None:
    """Changing places turns the result by 180°; for a symmetric pair nobody would notice."""
    a, b = [1, 2, 3], [1, 10]
    one, other = (correlate(*pair, padding="full", border=0) for pair in ((a, b), (b, a)))
    assert one.tolist() == [10, 21, 32, 3]
    assert other.tolist() == one[::-1].tolist()


@pytest.mark.parametrize("function", [correlate, convolve])
def test_delta_is_the_identity(function: Any) -> None:
    """A kernel with a 1 in its centre changes nothing, whatever lies outside."""
    array = np.random.default_rng(0).integers(-99, 99, (5, 6, 4))
    delta = np.zeros((3, 3, 3), int)
    delta[1, 1, 1] = 1
    np.testing.assert_array_equal(function(array, delta, border="wrap"), array)


def test_symmetric_kernel_gives_the_same_under_both() -> None:
    """Turning it changes nothing."""
    array, kernel = np.arange(30).reshape(5, 6) ** 2, np.outer([1, 2, 1], [1, 2, 1])
    np.testing.assert_array_equal(correlate(array, kernel), convolve(array, kernel))


def test_integers_do_not_wrap() -> None:
    """Rows of 0, 0, 255 under −1, 0, 1 give 765; a uniform patch gives 0."""
    rows = np.array([[0, 0, 0], [0, 0, 0], [255, 255, 255]], np.uint8)
    kernel = [[-1, -1, -1], [0, 0, 0], [1, 1, 1]]
    assert correlate(rows, kernel, padding="valid").tolist() == [[765]]
    assert not correlate(np.full((4, 4), 200, np.uint8), kernel).any()


def test_length_of_valid_results() -> None:
    """Lengths 10 and 4 leave 7."""
    assert correlate(np.ones(10), np.ones(4), padding="valid").shape == (7,)


@pytest.mark.parametrize("function", [correlate, convolve])
def test_stride_and_dilation(function: Any) -> None:
    """A stride takes every second cell of the dense result; a dilation spreads the kernel."""
    array, kernel = np.arange(15.0) ** 2, np.array([1.0, 5.0, 2.0])
    dense = function(array, kernel, padding=2, dilation=2)
    np.testing.assert_array_equal(function(array, kernel, padding=2, dilation=2, stride=2), dense[::2])
    np.testing.assert_array_equal(dense, function(array, [1.0, 0, 5, 0, 2], padding=2))


@pytest.mark.parametrize("function", [correlate, convolve])
def test_out(function: Any) -> None:
    """The result goes where it is asked, into the input itself too."""
    array, kernel = np.arange(12.0).reshape(3, 4) ** 2, np.arange(6.0).reshape(2, 3)
    wanted, out = function(array, kernel), np.empty((3, 4))
    assert function(array, kernel, out=out) is out
    assert function(array, kernel, out=array) is array
    np.testing.assert_array_equal(out, wanted)
    np.testing.assert_array_equal(array, wanted)


@pytest.mark.parametrize(
    ("out", "found"),
    [(np.empty((1, 3, 4)), r"float64 \(1, 3, 4\)"), (np.empty((3, 4), "f4"), r"float32 \(3, 4\)"), ([1], "list")],
    ids=["shape", "dtype", "list"],
)
def test_wrong_out_is_refused(out: Any, found: str) -> None:
    """The shapes in the message are those of the arrays that were given."""
    with pytest.raises(SpecError, match=rf"out must be a writeable array of float64 \(3, 4\), not {found}"):
        correlate(np.ones((3, 4)), np.ones((2, 2)), out=out)


@pytest.mark.parametrize(("array", "kernel"), [((3, 3), (3,)), ((3,), (3, 3)), ((), ())])
def test_different_dimensions_are_refused(array: tuple[int, ...], kernel: tuple[int, ...]) -> None:
    """The message names both shapes."""
    with pytest.raises(SpecError, match="same number of dimensions, at least 1, but their shapes are"):
        correlate(np.ones(array), np.ones(kernel))


def test_arrays_that_are_not_of_numbers_are_refused() -> None:
    """Each by its own name."""
    with pytest.raises(DTypeError, match="array has dtype complex128"):
        correlate([1j], [1])
    with pytest.raises(DTypeError, match="kernel has dtype object"):
        convolve([1], [None])


@pytest.mark.parametrize("empty", [((0,), (1,)), ((1,), (0,)), ((3, 0), (1, 1))])
def test_empty_arrays_are_refused(empty: Any) -> None:
    """There is no cell to compute, and none to compute from."""
    with pytest.raises(SpecError, match="at least one element"):
        correlate(*(np.ones(shape) for shape in empty))


def test_options_reach_the_planner() -> None:
    """A named algorithm runs or refuses; exact=True keeps to plain sums."""
    array, kernel = np.ones((40, 40)), np.ones((9, 9))
    np.testing.assert_allclose(correlate(array, kernel, algorithm="fft"), correlate(array, kernel, exact=True))
    with pytest.raises(SpecError, match="'fft' does not serve this convolution"):
        correlate(array, kernel, algorithm="fft", exact=True)


@pytest.mark.parametrize("name", ["SAME", " Same ", "same"])
def test_same_is_centred_however_it_is_written(name: str) -> None:
    """The centre of an even kernel is where SciPy has it; ``same-upper`` is asked for by its own name."""
    array, kernel = np.arange(6), np.array([1, 10, 100, 1000])
    wanted = correlate(array, kernel, padding="same-lower")
    np.testing.assert_array_equal(correlate(array, kernel, padding=name), wanted)
    assert (correlate(array, kernel, padding="same-upper") != wanted).any()


def test_padding_may_be_an_array() -> None:
    """As any other sequence of numbers."""
    array, kernel = np.arange(12.0).reshape(3, 4), np.ones((3, 3))
    np.testing.assert_array_equal(
        correlate(array, kernel, padding=np.array([1, 2])), correlate(array, kernel, padding=(1, 2))
    )


def test_full_is_numpys_full() -> None:
    """Without a border named, ``full`` has zeros outside, as in NumPy; ``same`` keeps SciPy's mirror."""
    x, kernel = np.array([1.0, 2, 3]), np.array([0, 1, 0.5])
    np.testing.assert_allclose(convolve(x, kernel, padding="full"), np.convolve(x, kernel, "full"))
    np.testing.assert_allclose(convolve(x, kernel, padding=" FULL "), np.convolve(x, kernel, "full"))
    np.testing.assert_allclose(convolve(x, kernel), ndimage.convolve(x, kernel))


def test_kernel_that_is_changed_in_place_is_seen() -> None:
    """What stays prepared is a kernel's numbers, not the array that held them."""
    array, kernel = np.arange(40.0).reshape(5, 8), np.ones((3, 3))
    before = correlate(array, kernel)
    kernel[0] = -2
    np.testing.assert_allclose(correlate(array, kernel), ndimage.correlate(array, kernel))
    kernel[0] = 1
    np.testing.assert_array_equal(correlate(array, kernel), before)


def test_kernel_stays_prepared(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second call with a kernel of few cells prepares nothing; options that are no keys are taken as well."""
    module = importlib.import_module("convolens.ops.correlate")
    prepared: list[Any] = []
    monkeypatch.setattr(module, "PreparedConv", lambda *a, **o: prepared.append(a) or PreparedConv(*a, **o))
    array, kernel = np.arange(40.0).reshape(5, 8), np.full((3, 3), 0.123)
    for _ in range(3):
        correlate(array, kernel, stride=(2, 1))
        count = len(prepared)
    correlate(array, kernel, stride=(2, 1))
    assert len(prepared) == count
    np.testing.assert_array_equal(correlate(array, kernel, stride=[2, 1]), correlate(array, kernel, stride=(2, 1)))
    with pytest.raises(SpecError, match="stride"):
        correlate(array, kernel, stride=True)
    correlate(array, kernel, stride=1)
    with pytest.raises(SpecError, match="stride"):
        correlate(array, kernel, stride=True)


@pytest.mark.parametrize("out", [np.zeros((3, 3)), [[0.0] * 8] * 5, "none"], ids=["small", "list", "text"])
def test_unfit_out_is_refused_by_its_own_shape(out: Any) -> None:
    """The message knows of no batch axis; a list could not be written to."""
    with pytest.raises(SpecError, match=r"float64 \(5, 8\), not"):
        correlate(np.zeros((5, 8)), np.ones((3, 3)), out=out)
