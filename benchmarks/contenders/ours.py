"""Convolens, through its public names alone."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import convolens as cl
from benchmarks.case import Array, Case, first, last
from benchmarks.contenders.base import Unable, Variant

PACKAGE = "convolens"


def variants(case: Case, data: dict[str, Array], threads: int, **choice: Any) -> Iterator[Variant]:
    """
    Yield the one way: as a user would call it.

    ``choice`` goes to the operation: ``exact=True``, or ``algorithm="im2col"``.
    """
    cl.threads(threads)
    if case.operation == "filter":
        if choice.keys() - {"exact"}:
            raise Unable("filters know no choice of algorithm")
        call: Callable[[], Any] = _filter(case, data["x"], **choice)
        yield Variant("", call, lambda result: [result])
        return

    if case.network:
        if choice:
            raise Unable("networks know no choice")
        prepared, image = case.whole.prepare(), data["x"]
        yield Variant("prepared", lambda: prepared(image), lambda result: [result])
        return

    def place(array: Array) -> Array:
        return last(array, case.dims) if case.channels_last else np.ascontiguousarray(array)

    def back(array: Array) -> Array:
        return first(array, case.dims) if case.channels_last else array

    x, options = place(data["x"]), _options(case)
    out = place(np.full(case.output_shape, np.nan, case.dtype))  # its pages are there before the call
    if case.pools:
        if choice:
            raise Unable("pooling knows no choice")
        yield Variant("", _pool(case, x, out), lambda result: [back(result)])
        return
    weight = data["weight"]
    if case.operation == "conv":
        conv = cl.prepare_conv(weight, **options, **choice)
        yield Variant("", lambda: conv(x, out=out), lambda result: [back(result)])
        return
    if case.operation == "transposed":
        if choice.keys() - {"exact"}:
            raise Unable("transposed convolution knows no choice of algorithm")
        transpose = cl.prepare_conv_transpose(weight, **options, **choice)
        yield Variant("", lambda: transpose(x, out=out), lambda result: [back(result)])
        return
    if case.operation == "deformable" and not choice:
        offset, mask = place(data["offset"]), place(data["mask"])
        deform = cl.prepare_deform_conv(weight, **options)
        yield Variant(
            "",
            lambda: deform(x, offset, mask=mask, out=out),
            lambda result: [back(result)],
        )
        return
    if choice:
        raise Unable(f"{case.operation} knows no choice")
    grad = place(data["grad"])
    to_input, to_weight = _of_dims("conv{}d_grad_input", case), _of_dims("conv{}d_grad_weight", case)
    shape = x.shape
    yield Variant(
        "",
        lambda: (to_input(grad, weight, shape, **options), to_weight(grad, x, weight.shape, **options)),
        lambda result: [back(result[0]), result[1]],
    )


def algorithms(case: Case) -> dict[str, float]:
    """Return the algorithms that may serve a convolution by default, and their predicted seconds."""
    if case.operation != "conv":
        return {}
    plan = cl.plan_conv(spec(case))
    return {estimate.algorithm: estimate.seconds for estimate in plan.estimates if not estimate.refusal}


def spec(case: Case) -> cl.ConvSpec:
    """Return what a convolution asks for; illegal geometry raises."""
    n, c, *size = case.shape
    shape = (n, *size, c) if case.channels_last else case.shape
    return cl.ConvSpec(shape, case.weight, dtype=case.dtype, **_options(case))


def _options(case: Case) -> dict[str, Any]:
    return {
        "stride": case.stride,
        "padding": case.padding,
        "dilation": case.dilation,
        "groups": case.groups,
        "layout": "channels-last" if case.channels_last else "channels-first",
    }


def _filter(case: Case, image: Array, **choice: Any) -> Callable[[], Any]:
    assert case.filter is not None
    out = np.ones_like(image)  # its pages are there before the call, as OpenCV's are
    if case.filter.kind == "sobel-magnitude":
        if choice:
            raise Unable("edges know no choice")
        return lambda: cl.edge_magnitude(image, border="reflect", out=out)
    kernel = cl.parse_kernel(case.filter.text) if case.filter.text else case.filter.weights
    return lambda: cl.filter_image(image, kernel, border="reflect", out=out, **choice)


def _pool(case: Case, x: Array, out: Array) -> Callable[[], Any]:
    kind, layout = case.operation.partition("-")[0], _options(case)["layout"]
    if case.pools_all:
        whole: Callable[..., Any] = getattr(cl, f"global_{kind}_pool")
        return lambda: whole(x, layout=layout, out=out)
    pool = _of_dims(f"{kind}_pool{{}}d", case)
    options = {"stride": case.stride, "padding": case.padding, "dilation": case.dilation, "layout": layout}
    return lambda: pool(x, case.kernel, out=out, **options)


def _of_dims(name: str, case: Case) -> Callable[..., Any]:
    found: Callable[..., Any] = getattr(cl, name.format(case.dims))
    return found
