"""The data types that can be convolved."""

from typing import Any

import numpy as np
import numpy.typing as npt

from convolens.errors import DTypeError


def number_dtype(dtype: npt.DTypeLike, name: str) -> np.dtype[Any]:
    """
    Take a data type of real numbers up to 64 bits: bool, integers, float16, float32 or float64.

    Raises
    ------
    DTypeError
        For any other; the message calls it ``name``'s.

    Examples
    --------
    >>> number_dtype("complex64", "input")
    Traceback (most recent call last):
    convolens.errors.DTypeError: input has dtype complex64; use bool, an integer type, float16, float32 or float64
    """
    try:
        found = np.dtype(dtype)
    except TypeError:
        raise DTypeError(f"{name} has dtype {dtype!r}, which NumPy does not know") from None
    if found.kind not in "biuf" or found.itemsize > 8:
        raise DTypeError(f"{name} has dtype {found}; use bool, an integer type, float16, float32 or float64")
    return found
