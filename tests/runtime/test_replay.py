"""Calls that are repeated with other arrays: the same numbers, nothing kept, nothing overlooked."""

import gc
import weakref
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from convolens.errors import SpecError
from convolens.ops.prepared import PreparedConv, prepare_conv
from convolens.runtime import compile as compiler
from convolens.runtime.call import Pinned, address
from convolens.runtime.replay import Repeated
from convolens.runtime.threads import threads

pytestmark = pytest.mark.skipif(compiler.linker() is None, reason="nothing is linked here")
random = np.random.default_rng(3)
WEIGHT = random.standard_normal((16, 16, 3, 3)).astype("f4")


def _prepared(algorithm: str = "tiled") -> PreparedConv:
    return prepare_conv(WEIGHT, np.arange(16.0), padding=1, algorithm=algorithm)


def _images(count: int) -> list[np.ndarray]:
    return [random.standard_normal((2, 16, 9, 12)).astype("f4") for _ in range(count)]


@pytest.mark.parametrize("algorithm", ["tiled", "winograd-4"])
@pytest.mark.parametrize("given", [False, True])
def test_other_arrays_get_their_own_results(algorithm: str, given: bool) -> None:
    """From the second call on the first one is repeated; results stay apart, and are those of a first call."""
    prepared, images = _prepared(algorithm), _images(3)
    results = [prepared(x, out=np.empty((2, 16, 9, 12), "f4") if given else None) for x in images]
    for x, result in zip(images, results, strict=True):
        np.testing.assert_array_equal(result, _prepared(algorithm)(x))


def test_views_lie_elsewhere_and_otherwise() -> None:
    """Other strides are another call; reversed and offset views are repeated from their own first element."""
    prepared, (image,) = _prepared(), _images(1)
    wide = np.zeros((2, 16, 9, 40), "f4")
    for first in (0, 5, 17):
        window = wide[..., first : first + 12]
        window[...] = image
        np.testing.assert_array_equal(prepared(window), _prepared()(image))
    for _ in range(2):
        np.testing.assert_array_equal(prepared(image[:, ::-1, ::-1]), _prepared()(image[:, ::-1, ::-1].copy()))
        out = np.zeros((2, 16, 12, 9), "f4").swapaxes(2, 3)
        np.testing.assert_array_equal(prepared(image, out=out), _prepared()(image))


def test_output_over_the_input_is_seen() -> None:
    """A call that may be repeated is not, where the output lies over the input."""
    prepared, (image,) = _prepared(), _images(1)
    wanted = prepared(image, out=np.empty_like(image))
    np.testing.assert_array_equal(prepared(image, out=image), wanted)


def test_what_may_not_be_written_is_refused_again() -> None:
    """A read-only output, on the second call as on the first."""
    prepared, (image,) = _prepared(), _images(1)
    out = np.empty_like(image)
    prepared(image, out=out)
    out.flags.writeable = False
    with pytest.raises(SpecError, match="read-only"):
        prepared(image, out=out)


def test_numbers_that_winograd_would_spread_are_looked_for_again() -> None:
    """NaN in a later input stays where it belongs."""
    prepared, (first, second) = _prepared("auto"), _images(2)
    prepared(first)
    second[0, 0, 0, 0] = np.nan
    assert np.isnan(prepared(second)).sum() == 2 * 2 * 16


def test_arrays_are_not_kept() -> None:
    """Neither input nor output outlives the caller's references."""
    prepared, (image,) = _prepared(), _images(1)
    references = [weakref.ref(image), weakref.ref(prepared(image))]
    del image
    gc.collect()
    assert [reference() for reference in references] == [None, None]


def test_threads_repeat_at_the_same_time() -> None:
    """Each with arguments of its own."""
    prepared, images = _prepared(), _images(8)
    wanted = [_prepared()(x) for x in images]
    with ThreadPoolExecutor(4) as pool:
        for result, right in zip(pool.map(prepared, images * 20), wanted * 20, strict=True):
            np.testing.assert_array_equal(result, right)


def test_address_of_any_view() -> None:
    """The short cut to an array's address finds what its interface tells."""
    array = np.arange(60.0).reshape(5, 12)
    for view in (array, array[2:, 3:], array[::-1, ::-2], array.T, array[:0]):
        assert address(view) == view.__array_interface__["data"][0]


def test_turned_axes_of_one_cell_are_no_other_memory() -> None:
    """An array is contiguous whatever the stride of an axis with one cell; compiled code gets plain strides."""
    turned = Pinned(np.ones((2, 1, 1))[:, ::-1, ::-1])
    assert turned.array.strides == (8, 8, 8)
    x = np.ones((1, 1, 9))
    assert prepare_conv(np.full((1, 1, 1), 2.0), flip=True, algorithm="depthwise")(x).sum() == 18


def test_functions_are_repeated() -> None:
    """Made once for arrays that lie alike, again for others and other threads; each time their own numbers."""
    function, made = compiler.load("convolens.pipelines.descent", dtype="float64", lanes=4, rule="sgd"), []

    def step(*arrays: np.ndarray) -> None:
        made.append(arrays)
        function(*arrays)

    repeated, numbers = Repeated(step), np.array([0.5, 0.0, 0.0])
    for count, calls in ((9, 1), (9, 1), (17, 2), (9, 2)):
        gradient, weight, speed = random.random(count), random.random(count), np.zeros(count)
        wanted = weight - 0.5 * gradient
        repeated(gradient, numbers, weight, speed)
        np.testing.assert_allclose(weight, wanted, rtol=1e-15)
        assert len(made) == calls
    with threads(3):
        repeated(gradient, numbers, weight, speed)
    assert len(made) == 3


def test_what_is_not_made_of_the_arrays_is_not_repeated() -> None:
    """A function that copies an array, or calls nothing that is compiled, is called every time."""
    function = compiler.load("convolens.pipelines.descent", dtype="float64", lanes=4, rule="sgd")
    numbers, speed = np.array([1.0, 0.0, 0.0]), np.zeros(5)
    copying = Repeated(lambda gradient, weight: function(gradient + 1, numbers, weight, speed))
    plain = Repeated(lambda gradient, weight: np.subtract(weight, gradient, out=weight))
    for repeated, step in ((copying, 2), (plain, 1)):
        weight = np.zeros(5)
        for _ in range(3):
            repeated(np.ones(5), weight)
        np.testing.assert_array_equal(weight, np.full(5, -3 * step))
