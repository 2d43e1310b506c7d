"""Edges: how steeply a picture changes at every pixel, and in which direction."""

from __future__ import annotations

from typing import Any, Literal, get_args, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from convolens.errors import unknown_name
from convolens.images.filter import saturate
from convolens.images.image import Image
from convolens.images.picture import over_picture
from convolens.images.tiles import Tile, Weights
from convolens.kernels import classical
from convolens.spec.borders import Border, parse_border

Operator = Literal["sobel", "scharr", "prewitt"]
OPERATORS: tuple[Operator, ...] = get_args(Operator)


@overload
def edge_magnitude(
    image: Image, *, operator: Operator = ..., border: str | float | Border = ..., raw: bool = ...
) -> Image: ...


@overload
def edge_magnitude(
    image: ArrayLike,
    *,
    operator: Operator = ...,
    border: str | float | Border = ...,
    raw: bool = ...,
    out: NDArray[Any] | None = ...,
) -> NDArray[Any]: ...


def edge_magnitude(
    image: ArrayLike | Image,
    *,
    operator: Operator = "sobel",
    border: str | float | Border = "reflect",
    raw: bool = False,
    out: NDArray[Any] | None = None,
) -> NDArray[Any] | Image:
    r"""
    Return how steep the picture is at every pixel: :math:`\sqrt{g_x^2 + g_y^2} / s`.

    The gradients :math:`g_x, g_y` are correlations with a difference along one axis, smoothed along the other
    with weights of sum s. An edge between grey 0 and grey 100, upright or level, thus measures 100.

    Parameters
    ----------
    image : array_like or Image
        As for `filter_image`. Channels are treated one by one; alpha stays.
    operator : {"sobel", "scharr", "prewitt"}, default "sobel"
        The smoothing: 1 2 1, 3 10 3 (nearly the same for edges in all directions), or 1 1 1.
    border : str, number or Border, default "reflect"
        What lies outside the picture.
    raw : bool, default False
        Return float64, unrounded, and without alpha.
    out : ndarray, optional
        As for `filter_image`.

    Returns
    -------
    ndarray or Image
        Of the kind, shape and data type of ``image``, rounded and saturated.

    References
    ----------
    I. Sobel, *An Isotropic 3×3 Image Gradient Operator* (presented 1968, written down 1990),
    doi:10.13140/RG.2.1.1912.4965. H. Scharr, *Optimale Operatoren in der digitalen Bildverarbeitung*,
    dissertation, Heidelberg (2000), doi:10.11588/heidok.00000962.

    Examples
    --------
    >>> step = np.array([[0, 0, 100, 100]] * 3, np.uint8)
    >>> edge_magnitude(step)[1]
    array([  0, 100, 100,   0], dtype=uint8)
    """

    def magnitude(tile: Tile, dtype: np.dtype[Any]) -> NDArray[Any]:
        across, down = tile.responses
        steepness = np.hypot(across, down) / smoothing
        return steepness if raw else saturate(steepness, dtype)

    kernels = gradient_kernels(operator)
    smoothing = kernels[0].clip(min=0).sum()
    return over_picture(
        image,
        kernels,
        magnitude,
        border=parse_border(border),
        keep_alpha=not raw,
        response=None if raw else "magnitude",
        scale=1 / smoothing,
        out=out,
    )


@overload
def edge_direction(image: Image, *, operator: Operator = ..., border: str | float | Border = ...) -> Image: ...


@overload
def edge_direction(
    image: ArrayLike, *, operator: Operator = ..., border: str | float | Border = ...
) -> NDArray[Any]: ...


def edge_direction(
    image: ArrayLike | Image,
    *,
    operator: Operator = "sobel",
    border: str | float | Border = "reflect",
) -> NDArray[Any] | Image:
    """
    Return the direction in which the picture gets brighter, in degrees.

    Parameters
    ----------
    image, operator, border
        As for `edge_magnitude`.

    Returns
    -------
    float64 array, or Image of float64 pixels
        Counter-clockwise as the picture is seen, from −180 to 180: 0 gets brighter to the right, 90 upward.
        Where the picture is flat, 0. Alpha is left out.

    Examples
    --------
    >>> edge_direction(np.array([[9, 9, 9], [5, 5, 5], [1, 1, 1]]).astype(np.uint8))[1]
    array([90., 90., 90.])
    """

    def direction(tile: Tile, _: np.dtype[Any]) -> NDArray[Any]:
        across, down = tile.responses
        upward = 0 - down  # −down would turn 0 into −0, and an angle of 180 into −180
        return np.asarray(np.degrees(np.arctan2(upward, across)))

    kernels = gradient_kernels(operator)
    return over_picture(image, kernels, direction, border=parse_border(border), keep_alpha=False)


def gradient_kernels(operator: str) -> tuple[Weights, Weights]:
    """
    Return the whole-numbered kernels that measure the change to the right and downward.

    >>> gradient_kernels("prewitt")[1].tolist()
    [[-1, -1, -1], [0, 0, 0], [1, 1, 1]]
    """
    if operator not in OPERATORS:
        raise unknown_name("edge operator", operator, OPERATORS)
    derivative = getattr(classical, operator)
    return derivative("x"), derivative("y")
