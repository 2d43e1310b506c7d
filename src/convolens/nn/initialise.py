"""What weights start from: drawn so that neither values nor gradients grow or fade from layer to layer."""

import math

import numpy as np

from convolens.errors import unknown_name
from convolens.ops.arrays import Array

SCHEMES = ("he", "glorot")


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
