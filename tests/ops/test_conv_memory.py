"""Where the arrays of a convolution lie: views, layouts, read-only inputs, and ``out=``."""

from typing import Any

import numpy as np
import pytest

from convolens.errors import ConvolensError, SpecError
from convolens.ops.conv import conv1d, conv2d

generator = np.random.default_rng(0)


def test_lists_and_arrays_by_protocol_are_taken() -> None:
    """Anything NumPy reads: lists, tuples, and objects with __array__."""

    class Named:
        def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
            return np.array([[[1, 0, -1]]])

    assert conv1d([[1, 2, 3, 4, 5]], Named()).tolist() == [[-2, -2, -2]]
    assert conv1d(((1.0, 2.0, 4.0),), [[[0.5]]]).tolist() == [[0.5, 1, 2]]


@pytest.mark.parametrize(
    "view",
    [
        lambda x: x[:, ::-1, ::-1],
        lambda x: x.transpose(0, 2, 1),
        lambda x: x[:, ::3, ::2],
        lambda x: np.broadcast_to(x[:, :1], x.shape),
        np.asfortranarray,
    ],
    ids=["reversed", "transposed", "stepped", "broadcast", "F-order"],
)
@pytest.mark.parametrize("algorithm", ["auto", "direct", "im2col", "separable", "fft"])
@pytest.mark.parametrize("padding", [0, 2])
def test_strides_in_memory_do_not_matter(view: Any, algorithm: str, padding: int) -> None:
    """A view gives what its copy gives, and is left as it was."""
    x = view(generator.standard_normal((2, 15, 14)))
    kept = x.copy()
    kernel = generator.standard_normal((3, 2, 3, 2))[:, :, ::-1]
    options = {"padding": padding, "algorithm": algorithm}
    np.testing.assert_array_equal(conv2d(x, kernel, **options), conv2d(kept, kernel.copy(), **options))
    np.testing.assert_array_equal(x, kept)


@pytest.mark.parametrize("algorithm", ["auto", "reference", "direct", "im2col", "separable", "fft"])
@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
def test_read_only_input_is_taken(algorithm: str, layout: str) -> None:
    """Nothing is written but the result."""
    x, kernel = np.ones((4, 4, 4)), np.ones((4, 4, 3, 3))
    for array in (x, kernel):
        array.flags.writeable = False
    assert (conv2d(x, kernel, algorithm=algorithm, layout=layout) - 36 < 1e-12).all()


@pytest.mark.parametrize("dtype", ["u1", "i4", "i8", "u8", "f2", "f4", "f8"])
def test_empty_batch(dtype: str) -> None:
    """No images in, no images out, of the right shape and type."""
    result = conv2d(np.zeros((0, 2, 9, 9), dtype), np.ones((3, 2, 3, 3), dtype), padding=1)
    assert result.shape == (0, 3, 9, 9)
    assert result.dtype == (dtype if np.dtype(dtype).kind == "f" else "i8")


def test_out_is_filled_and_returned() -> None:
    """The result goes into the array that is given, contiguous or not, and nowhere else."""
    x, kernel, bias = generator.standard_normal((2, 7, 7)), generator.standard_normal((3, 2, 3, 3)), [1.0, 2, 3]
    wanted = conv2d(x, kernel, bias, activation="relu")
    for out in (np.empty((3, 5, 5)), np.empty((5, 5, 6)).transpose(2, 0, 1)[::2], np.empty((3, 5, 10))[..., ::-2]):
        assert conv2d(x, kernel, bias, activation="relu", out=out) is out
        np.testing.assert_array_equal(out, wanted)


@pytest.mark.parametrize("algorithm", ["auto", "reference", "direct", "im2col", "separable", "fft"])
@pytest.mark.parametrize("padding", [0, 1])
def test_out_may_be_the_input(algorithm: str, padding: int) -> None:
    """Filtering in place reads everything before it writes, here items in another order and shifted."""
    x, kernel = generator.standard_normal((2, 2, 8, 8)), generator.standard_normal((2, 2, 3, 3))
    wanted = conv2d(x, kernel, padding=padding, algorithm=algorithm)
    buffer = np.zeros((2, 2, 9, 8))
    buffer[:, :, :8] = x
    out = buffer[::-1, :, 1 : 1 + wanted.shape[2], : wanted.shape[3]]
    assert conv2d(buffer[:, :, :8], kernel, padding=padding, algorithm=algorithm, out=out) is out
    np.testing.assert_array_equal(out, wanted)


def test_out_may_overlap_weight_and_bias() -> None:
    """Reading everything before writing holds for these too."""
    shared = np.array([2.0, 3.0])
    conv1d([[1.0, 10.0]], shared[:1].reshape(1, 1, 1), shared[1:], out=shared[None])
    assert shared.tolist() == [5, 23]


@pytest.mark.parametrize(
    ("out", "found"),
    [
        (np.empty((1, 4)), r"float64 \(1, 4\)"),
        (np.empty((1, 3), np.float32), r"float32 \(1, 3\)"),
        (np.empty((1, 3), int), r"int64 \(1, 3\)"),
        (np.broadcast_to(np.empty(3), (1, 3)), r"float64 \(1, 3\), read-only"),
        ([[0.0, 0, 0]], "not list"),
    ],
    ids=["shape", "dtype", "kind", "read-only", "list"],
)
def test_wrong_out_is_refused(out: Any, found: str) -> None:
    """The message says what was wanted and what came."""
    with pytest.raises(
        SpecError, match=rf"out must be a writeable array of float64 \(1, 3\), not .*{found}|{found}"
    ):
        conv1d([[1.0, 2, 3]], [[[1.0]]], out=out)


def test_out_is_untouched_by_a_refused_call() -> None:
    """What is refused is refused before anything is written."""
    out = np.full((1, 3), 7)
    for options in ({"activation": "gelu"}, {"bias": [0.5]}, {"padding": -1}):
        with pytest.raises(ConvolensError):
            conv1d([[1, 2, 3]], [[[1]]], out=out, **options)
    assert (out == 7).all()


def test_layouts_agree() -> None:
    """Channels last gives the same numbers to rounding, its channels last."""
    x, weight = generator.standard_normal((2, 4, 9, 8)), generator.standard_normal((6, 2, 3, 3))
    options: dict[str, Any] = {"groups": 2, "stride": 2, "padding": "same", "border": "edge"}
    first = conv2d(x, weight, np.arange(6.0), **options)
    last = conv2d(x.transpose(0, 2, 3, 1), weight, np.arange(6.0), layout="NHWC", **options)
    np.testing.assert_allclose(last.transpose(0, 3, 1, 2), first, rtol=0, atol=1e-13)


def test_result_does_not_share_memory_with_its_arguments() -> None:
    """Also where the convolution is the identity."""
    x = generator.standard_normal((1, 4, 4))
    assert not np.shares_memory(conv2d(x, np.ones((1, 1, 1, 1))), x)
