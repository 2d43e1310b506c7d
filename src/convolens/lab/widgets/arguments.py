"""What the constructors of widgets take, as fields of a state."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable, Mapping
from numbers import Real
from typing import Any

import numpy as np
import numpy.typing as npt

from convolens.errors import SpecError, unknown_name
from convolens.kernels import NamedKernel, parse_kernel
from convolens.lab.records import field_types, plain, shown
from convolens.lab.states.numbers import MOST_CELLS, MOST_SIDE, Numbers
from convolens.ops.arrays import as_array
from convolens.spec.borders import Border, parse_border
from convolens.spec.padding import Padding, padding_name

Kernel = npt.ArrayLike | NamedKernel | str
Fields = dict[str, Any]
PER_AXIS = ("stride", "dilation", "output_padding", "window", "output_size", "shift", "pad")
"""Fields that have a number for each dimension, in states that say how many there are."""


def given(**values: Any) -> Fields:
    """Leave out what is None: such an argument changes nothing."""
    return {name: value for name, value in values.items() if value is not None}


def per_axis(dims: int, **values: Any) -> Fields:
    """Take one number for all dimensions, or one for each; the state says which numbers there may be."""
    fields: Fields = {}
    for name, value in given(**values).items():
        numbers = as_json({name: value})[name]
        if isinstance(numbers, list) and len(numbers) != dims:
            raise SpecError(f"{name} needs one number or {dims}, one a dimension, found {shown(value)}")
        fields[name] = numbers if isinstance(numbers, list) else [numbers] * dims
    return fields


def kernel_numbers(kernel: Kernel, dims: int, name: str = "kernel") -> Numbers:
    """Take a kernel in, or what names one, in as many dimensions."""
    if isinstance(kernel, (str, NamedKernel)):
        weights = parse_kernel(kernel).weights
        kernel = weights[0] if dims == 1 and len(weights) == 1 else weights
    found = Numbers.of(kernel, name)
    if len(found.shape) != dims:
        colours = "; an image with colours is for Channels or Gallery" if dims == 3 else ""
        raise SpecError(
            f"{name} must have as many dimensions as the image, {dims}, found shape {found.shape}{colours}"
        )
    return found


def kernel_of(kernel: Kernel, state: Any) -> Numbers:
    """Take a kernel in that is to be that of a state."""
    return kernel_numbers(kernel, state.dims)


def kernel_or_text(kernel: Kernel) -> Numbers | str:
    """Leave the text of a kernel of the catalogue as it is, and take any other in as numbers."""
    if isinstance(kernel, str):
        parse_kernel(kernel)
        return kernel
    weights = kernel.weights if isinstance(kernel, NamedKernel) else np.atleast_2d(as_array(kernel, "kernel"))
    return Numbers.of(weights, "kernel", dims=2)


def slices(weight: npt.ArrayLike, axes: Mapping[int, str], *, channels: int, groups: int = 1) -> Numbers:
    """
    Lay the slices of all kernels after each other.

    Parameters
    ----------
    weight : array_like, shape (K, C / groups, size…)
        What is taken in.
    axes : mapping
        The names of its axes, by how many of them there may be.
    channels, groups : int
        Of the input that the kernels see.
    """
    found = as_array(weight, "weight")
    shape = found.shape
    if found.ndim not in axes or not math.prod(shape) >= 1 or max(math.prod(shape[:2]), *shape[2:]) > MOST_SIDE:
        raise SpecError(
            f"weight must be {' or '.join(axes.values())}, up to {MOST_SIDE} slices of up to {MOST_SIDE} cells a "
            f"side, found shape {shape}"
        )
    if shape[1] * groups != channels:
        raise SpecError(
            f"weight of shape {shape} sees {shape[1]} channels, but the input has {channels} channels in {groups} "
            "groups; give both, or as many channels"
        )
    return Numbers.of(found.reshape(-1, *shape[2:]), "weight")


def padding_field(padding: Padding | None, dims: int) -> Fields:
    """Write a padding as states have it: its name, or a pair for each dimension."""
    if padding is None:
        return {}
    name = padding_name(padding)
    if name is not None:
        return {"padding": "same" if name == "same-upper" else name}
    sides = per_axis(dims, padding=padding)["padding"]
    return {"padding": [side if isinstance(side, list) else [side, side] for side in sides]}


def border_fields(border: str | float | Border | None) -> Fields:
    """Write a border as states have it: its name, and the number of a constant one."""
    if border is None:
        return {}
    if isinstance(border, str) and border == "none":  # of pooling alone
        return {"border": border}
    if not isinstance(border, (str, Border, Real)):
        raise SpecError(f"border must be a name or a number, found {shown(border)}")
    outside = parse_border(border)
    return {"border": outside.mode, "border_value": outside.value}


def changes_of(state: Any, name: str, value: Any) -> Fields:
    """Take what one field of a state is set to, as the constructors take it."""
    fields = field_types(type(state))
    if value is None:
        return {name: None}
    if isinstance(getattr(state, name), Numbers) and not isinstance(value, Mapping):
        return {name: Numbers.of(value, name)}
    if name in PER_AXIS and "dims" in fields:
        return per_axis(state.dims, **{name: value})
    if name == "padding" and "dims" in fields:
        return padding_field(value, state.dims)
    if name == "border" and "border_value" in fields:
        return border_fields(value)
    return {name: value}


def example(examples: Mapping[str, Any], name: object) -> Any:
    """Look a preset up by its name."""
    if not isinstance(name, str):
        raise SpecError(f"preset must be the name of one, found {shown(name)}; known are {', '.join(examples)}")
    if name not in examples:
        raise unknown_name("preset", name, examples)
    return examples[name]


def control_names(names: object, argument: str) -> list[Any]:
    """Take the names of controls in."""
    if isinstance(names, (str, bytes, Mapping, np.ndarray)) or not isinstance(names, Iterable):
        raise SpecError(f"{argument} must be a list of names of controls, such as ['code'], found {shown(names)}")
    return list(names)


def as_json(fields: Mapping[str, Any]) -> Fields:
    """
    Write fields as JSON holds them, NumPy's numbers and arrays too; numbers that are not finite stay.

    >>> as_json({"cell": np.array([1, 2]), "rate": np.float32(0.5)})
    {'cell': [1, 2], 'rate': 0.5}
    """
    found: Fields = {}
    for name, value in fields.items():
        try:
            found[name] = _written(value)
        except RecursionError:
            raise SpecError(
                f"{name} must be numbers, or lists of them, found lists in lists without an end"
            ) from None
    return found


def _written(value: Any) -> Any:
    if isinstance(value, (np.generic, np.ndarray)) and value.size <= MOST_CELLS:  # no state holds a larger one
        value = value.tolist()
    if isinstance(value, Mapping):
        return {name: _written(item) for name, item in value.items()}
    if isinstance(value, (list, tuple, range)):
        return [_written(item) for item in value]
    return plain(value) if dataclasses.is_dataclass(value) and not isinstance(value, type) else value
