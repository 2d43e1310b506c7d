"""What weights start from: drawn so that neither values nor gradients grow or fade from layer to layer."""

import math
from collections.abc import Mapping

import numpy as np

from convolens.errors import SpecError, unknown_name
from convolens.ops.arrays import Array

SCHEMES = ("he", "glorot")


class Undrawn(np.random.Generator):
    """Given to layers where their weights are known already: what it draws has a shape, and takes no memory."""

    def __init__(self) -> None:
        super().__init__(np.random.PCG64(0))


def draw_weights(
    random: np.random.Generator, shape: tuple[int, ...], fan_in: int, fan_out: int, scheme: str = "he"
) -> Array:
    r"""
    Draw weights from a normal distribution of mean 0, in float32.

    Parameters
    ----------
    random : Generator
        Where from.
    shape : tuple of int
        Of the weights.
    fan_in, fan_out : int
        Inputs that one output depends on, and outputs that one input reaches.
    scheme : {"he", "glorot"}
        Variance :math:`2 / fan_{in}`, for layers that a ReLU follows, or
        :math:`2 / (fan_{in} + fan_{out})`, for others.

    References
    ----------
    K. He et al., "Delving deep into rectifiers", 2015, doi:10.1109/ICCV.2015.123.
    X. Glorot, Y. Bengio, "Understanding the difficulty of training deep feedforward neural networks", 2010.
    """
    if isinstance(random, Undrawn):
        return np.broadcast_to(np.float32(0), shape)
    variance = 2 / fan_in if scheme == "he" else 2 / (fan_in + fan_out)
    return (random.standard_normal(shape) * math.sqrt(variance)).astype(np.float32)


def weight_and_bias(
    random: np.random.Generator, shape: tuple[int, ...], fans: tuple[int, int], scheme: str, biases: int
) -> dict[str, Array]:
    """Draw ``weight`` as :func:`draw_weights`, for the fans in and out; and ``bias`` 0 if there are any."""
    weight = draw_weights(random, shape, *fans, scheme)
    return {"weight": weight, **({"bias": np.zeros(biases, np.float32)} if biases else {})}


def check_scheme(scheme: str) -> None:
    """Refuse what is not the name of a scheme."""
    if scheme not in SCHEMES:
        raise unknown_name("initialisation", scheme, SCHEMES)


def check_arrays(given: Mapping[str, Array], wanted: Mapping[str, Array]) -> None:
    """
    Refuse arrays by name that are not all that are wanted, or of other shapes than these, or not of floats.

    Raises
    ------
    SpecError
        If one is missing, too many, or of another shape or type.
    """
    for name in wanted.keys() ^ given.keys():
        raise SpecError(f"{name!r} is {'missing' if name in wanted else 'of no layer'}")
    for name, array in given.items():
        if array.shape != wanted[name].shape or array.dtype not in (np.float32, np.float64):
            raise SpecError(f"{name!r} is {array.dtype} {array.shape}, not floats {wanted[name].shape}")
