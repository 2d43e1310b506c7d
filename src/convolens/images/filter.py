"""A kernel over a picture: same size and data type out, rounded and saturated, never wrapped."""

from __future__ import annotations

from numbers import Real
from typing import Any, Literal, get_args, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from convolens.errors import SpecError, unknown_name
from convolens.images.image import Image
from convolens.images.picture import over_picture
from convolens.images.tiles import Tile, Weights
from convolens.kernels import NamedKernel, parse_kernel
from convolens.spec.borders import Border, parse_border

Response = Literal["clip", "signed", "absolute", "raw"]
RESPONSES: tuple[Response, ...] = get_args(Response)
_LARGEST_GAIN = 1_000_000


@overload
def filter_image(
    image: Image,
    kernel: ArrayLike | NamedKernel | str,
    *,
    border: str | float | Border = ...,
    flip: bool = ...,
    response: Response = ...,
    gain: float = ...,
    exact: bool = ...,
) -> Image: ...


@overload
def filter_image(
    image: ArrayLike,
    kernel: ArrayLike | NamedKernel | str,
    *,
    border: str | float | Border = ...,
    flip: bool = ...,
    response: Response = ...,
    gain: float = ...,
    exact: bool = ...,
    out: NDArray[Any] | None = ...,
) -> NDArray[Any]: ...


def filter_image(
    image: ArrayLike | Image,
    kernel: ArrayLike | NamedKernel | str,
    *,
    border: str | float | Border = "reflect",
    flip: bool = False,
    response: Response = "clip",
    gain: float = 1,
    exact: bool = False,
    out: NDArray[Any] | None = None,
) -> NDArray[Any] | Image:
    r"""
    Lay a kernel over every pixel of a picture and sum the products.

    .. math::

        r[y, x] = \sum_{i, j} w[i, j] \;
        p\!\left[y + i - \lfloor k_h / 2 \rfloor,\; x + j - \lfloor k_w / 2 \rfloor\right]

    This is cross-correlation; with ``flip`` the kernel is turned by 180°, its centre with it (of an even number of
    cells, the one before the middle), and it is convolution. Every colour channel is filtered by itself. Alpha
    stays as it is.

    Parameters
    ----------
    image : array_like or Image
        Shape (H, W) or (H, W, C): integers, or float16, float32 or float64. In an array of 2 or 4 channels the
        last is alpha. Booleans count as uint8, 0 and 1, and give uint8.
    kernel : NamedKernel, array_like of shape (kh, kw), or str
        Weights, or a text that `convolens.kernels.parse_kernel` understands: ``"sobel-x"``,
        ``"gaussian:sigma=2"``, ``"-1 0 1; -2 0 2; -1 0 1"``, or the name of a file.
    border : str, number or Border, default "reflect"
        What lies outside the picture.
    flip : bool, default False
        Turn the kernel by 180°.
    response : {"clip", "signed", "absolute", "raw"}, default "clip"
        How the sums become pixels, see Notes.
    gain : number, default 1
        Of a signed response: how many times as far from zero's value it is shown. Integers that then pass the ends
        of the scale are held there. 4 suits photographs, whose answers are far from the strongest possible.
    exact : bool, default False
        Compute in float64, weight by weight, what is not exact in a narrower type, see Notes.
    out : ndarray, optional
        Takes the result of an array and is returned. A large picture takes noticeably less time where its memory
        is there already.

    Returns
    -------
    ndarray or Image
        Of the kind, shape and data type of ``image``; with ``response="raw"`` of type int64 or float64, and
        without alpha.

    Raises
    ------
    SpecError
        If the kernel is not a matrix of finite numbers, the array not a picture, ``out`` not like the result, or
        there is a gain that is not above zero or that no signed response is asked for.
    DTypeError
        If the data type is none of the above, or sums of such integers could pass int64.
    UnknownNameError
        If kernel, border or response are not known.

    Notes
    -----
    ``clip``
        The sum itself. Integers are rounded, halves to the even neighbour, and held within the data type.
        Floating-point numbers know no limits and are left alone.
    ``signed``
        Zero is the middle grey, brighter is positive. Unsigned integers of limit M: (M + 1)/2 + s·r with
        s = (M − 1)/2 / (M·g), where g is the larger of the sum of the positive weights and that of the
        negative ones without their sign. The strongest response possible thus just reaches the end of the
        scale, and pictures under one kernel compare. A gain multiplies s. uint8: 128 + 127·r / (255·g). Signed
        integers: zero stays zero, and s = 1 / g. Floating point: 0.5 + r / (2g), for pictures between 0 and 1.
    ``absolute``
        The sum without its sign, rounded and held as above.
    ``raw``
        The exact sums: int64 for integers under whole weights, otherwise float64.

    Sums of integers under whole weights are exact, and so rounded correctly whatever the response; where
    they could pass int64 they are refused. All other sums are computed in float64, with two exceptions, unless
    ``exact``, under ``clip`` and ``absolute``. They may be computed in float32 where the picture is float32, and
    where it is uint8 and no sum can thereby be off by more than 0.01. Where such a sum lies so near to the middle
    between two levels, it may be rounded to either. And a large Gaussian, or another product of two bells, may be
    taken as a sum of cosines, so that its size does not matter: sums of integers are then off by at most 0.01,
    others by 10⁻⁵ of the largest magnitude times the sum of the weights.

    Beyond picture and result, memory depends on the kernel's size alone: less than 200 MB for
    small ones and products, 400 MB up to 601 × 601 weights, 600 MB for the largest, 2047 × 2047.

    Examples
    --------
    >>> photo = np.array([[10, 10, 200], [10, 10, 200], [10, 10, 200]], np.uint8)
    >>> filter_image(photo, [[-1, 0, 1]], border="edge")
    array([[  0, 190, 190],
           [  0, 190, 190],
           [  0, 190, 190]], dtype=uint8)
    >>> filter_image(photo, [[1, 0, -1]], border="edge", response="signed")
    array([[128,  33,  33],
           [128,  33,  33],
           [128,  33,  33]], dtype=uint8)
    >>> filter_image(photo, [[1, 0, -1]], border="edge", response="signed", gain=1.25)[0]
    array([128,  10,  10], dtype=uint8)
    >>> filter_image(photo, [[1, 0, -1]], border="edge", response="raw")[0]
    array([   0, -190, -190])
    """
    if response not in RESPONSES:
        raise unknown_name("response", response, RESPONSES)
    _check_gain(gain, response)
    weights, outside = as_weights(kernel), parse_border(border)

    def shown(tile: Tile, dtype: np.dtype[Any]) -> NDArray[Any]:
        sums: NDArray[Any] = tile.responses[0]
        return sums if response == "raw" else _shown(sums, weights, response, gain, dtype)

    return over_picture(
        image,
        [weights],
        shown,
        border=outside,
        flip=flip,
        keep_alpha=response != "raw",
        response=response if response in ("clip", "absolute") else None,
        exact=exact,
        out=out,
    )


def as_weights(kernel: ArrayLike | NamedKernel | str) -> Weights:
    """
    Turn a kernel of any kind into a matrix: int64 where every weight is whole, else float64.

    >>> as_weights([[-1.0, 0.0, 1.0]])
    array([[-1,  0,  1]])
    """
    weights: Weights = parse_kernel(kernel).weights
    whole = (np.abs(weights) < 2**53) & (weights == np.rint(weights))
    return weights.astype(np.int64) if whole.all() else weights


def _check_gain(gain: Any, response: Response) -> None:
    if isinstance(gain, bool) or not isinstance(gain, Real) or not 0 < gain <= _LARGEST_GAIN:  # type: ignore[operator]
        raise SpecError(f"gain is {gain!r:.40}; it must be a number above 0, at most {_LARGEST_GAIN:,}")
    if gain != 1 and response != "signed":
        raise SpecError(f"gain {gain} is for response='signed', which keeps zero grey; response is {response!r}")


def _shown(
    sums: NDArray[Any], weights: Weights, response: Response, gain: float, dtype: np.dtype[Any]
) -> NDArray[Any]:
    if response == "absolute":
        sums = np.abs(sums)
    elif response == "signed":
        middle, scale = signed_scale(weights, dtype)
        sums = middle + gain * scale * sums
    return saturate(sums, dtype)


def signed_scale(weights: Weights, dtype: np.dtype[Any]) -> tuple[float, float]:
    """Return the value that stands for a response of zero, and what a response of one adds to it."""
    gain = max(weights.clip(min=0).sum(), -weights.clip(max=0).sum()) or 1
    if dtype.kind == "f":
        return 0.5, 0.5 / gain
    if dtype.kind == "i":
        return 0.0, 1.0 / gain
    largest = np.iinfo(dtype).max
    return (largest + 1) / 2, (largest - 1) / 2 / (largest * gain)


def saturate(values: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    """
    Cast to ``dtype``; integers are rounded, halves to even, and held within their limits.

    >>> saturate(np.array([-3.0, 0.5, 1.5, 999.0]), np.dtype(np.uint8))
    array([  0,   0,   2, 255], dtype=uint8)
    """
    if dtype.kind == "f":
        with np.errstate(over="ignore"):  # beyond float16 lies infinity, as in every sum of that type
            return values.astype(dtype)
    limits = np.iinfo(dtype)
    if values.dtype.kind == "f":
        values = np.rint(values)
        # float64 has no 2⁶³ − 1; the last number below 2⁶³ that it has is cast safely.
        most = limits.max if dtype.itemsize < 8 else np.nextafter(float(limits.max), 0)
        held: NDArray[Any] = np.clip(values, limits.min, most).astype(dtype)
        return held if dtype.itemsize < 8 else np.where(values > most, limits.max, held)
    own = np.iinfo(values.dtype)
    whole: NDArray[Any] = np.clip(values, max(limits.min, own.min), min(limits.max, own.max)).astype(dtype)
    return whole
