"""JAX: compiled by XLA, in both layouts; the result is waited for."""

from collections.abc import Callable, Iterator
from typing import Any

import jax
import numpy as np

from benchmarks.case import Array, Case, first, last
from benchmarks.contenders.base import Unable, Variant, frameworks_can

PACKAGE = "jax"
SIZES = {1: "W", 2: "HW", 3: "DHW"}

jax.config.update("jax_enable_x64", True)


def variants(case: Case, data: dict[str, Array], threads: int) -> Iterator[Variant]:
    """Yield channels-first, and channels-last where the choice is free; threads follow the cores allowed."""
    frameworks_can(case, most=1e9)  # its loops for large windows are slower than others'
    if case.pools:
        raise Unable("its windows are reduced by general loops")
    yield _variant(case, data, is_last=False)
    if case.channels_last:
        yield _variant(case, data, is_last=True)


def _variant(case: Case, data: dict[str, Array], *, is_last: bool) -> Variant:
    def place(array: Array) -> Any:
        return jax.device_put(last(array, case.dims) if is_last else array)

    def back(array: Any) -> Array:
        return first(np.asarray(array), case.dims) if is_last else np.asarray(array)

    size = SIZES[case.dims]
    outside = f"N{size}C" if is_last else f"NC{size}"
    convolve = _operation(case, (outside, f"OI{size}", outside))
    arrays = [place(data["x"]), jax.device_put(data["weight"])]
    label = "channels-last" if is_last else "channels-first"
    if case.operation != "gradients":
        compiled = jax.jit(convolve)
        return Variant(label, lambda: compiled(*arrays).block_until_ready(), lambda y: [back(y)])
    backward = jax.jit(lambda x, weight, grad: jax.vjp(convolve, x, weight)[1](grad))
    arrays.append(place(data["grad"]))
    return Variant(
        label, lambda: jax.block_until_ready(backward(*arrays)), lambda g: [back(g[0]), np.asarray(g[1])]
    )


def _operation(case: Case, letters: tuple[str, str, str]) -> Callable[[Any, Any], Any]:
    def plain(x: Any, weight: Any) -> Any:
        pads = [(case.padding, case.padding)] * case.dims
        dilation = (case.dilation,) * case.dims
        return jax.lax.conv_general_dilated(
            x, weight, (case.stride,) * case.dims, pads, None, dilation, letters, case.groups
        )

    def transposed(x: Any, weight: Any) -> Any:
        c, per_group, *kernel = case.weight
        turned = jax.numpy.flip(weight, tuple(range(2, weight.ndim))).reshape(
            case.groups, c // case.groups, per_group, *kernel
        )
        swapped = turned.swapaxes(1, 2).reshape(per_group * case.groups, c // case.groups, *kernel)
        pads = [(case.dilation * (k - 1) - case.padding,) * 2 for k in kernel]
        ones, dilation = (1,) * case.dims, (case.dilation,) * case.dims
        return jax.lax.conv_general_dilated(
            x, swapped, ones, pads, (case.stride,) * case.dims, dilation, letters, case.groups
        )

    return transposed if case.operation == "transposed" else plain
