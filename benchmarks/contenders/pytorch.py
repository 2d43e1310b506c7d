"""PyTorch: oneDNN underneath, with both memory formats, and with weights packed beforehand."""

from collections.abc import Callable, Iterator
from typing import Any

import torch
import torch.nn.functional as functional

from benchmarks.case import Array, Case
from benchmarks.contenders import pytorch_network
from benchmarks.contenders.base import Variant, frameworks_can

PACKAGE = "torch"
FORMATS = {2: torch.channels_last, 3: torch.channels_last_3d}

Tensors = dict[str, torch.Tensor]


def variants(case: Case, data: dict[str, Array], threads: int) -> Iterator[Variant]:
    """Yield channels-first and channels-last, plain and prepacked; conversions are timed where there are any."""
    torch.set_num_threads(threads)
    if case.network:
        yield from pytorch_network.variants(case, data)
        return
    frameworks_can(case)
    plain = {name: torch.from_numpy(array) for name, array in data.items()}
    yield _variant("channels-first", _operation(case, plain), plain)
    packed = _packed(case, plain)
    if packed:
        yield _variant("channels-first, packed", packed, plain)
    if case.dims not in FORMATS:
        return
    last = {name: tensor.contiguous(memory_format=FORMATS[case.dims]) for name, tensor in plain.items()}
    ways = {"channels-last": _operation(case, last), "channels-last, packed": packed}
    for label, way in ways.items():
        if way and case.channels_last:
            yield _variant(label, way, last)
        elif way and case.operation != "gradients":
            yield _variant(f"{label}, converted", _converting(way, FORMATS[case.dims]), plain)


def _variant(label: str, way: Callable[[Tensors], Any], tensors: Tensors) -> Variant:
    def call() -> Any:
        with torch.inference_mode():
            return way(tensors)

    return Variant(
        label, call, lambda result: [t.numpy() for t in (result if isinstance(result, tuple) else (result,))]
    )


def _operation(case: Case, tensors: Tensors) -> Callable[[Tensors], Any]:
    if case.pools:
        return _pool(case)
    weight = tensors["weight"]
    steps = [[n] * case.dims for n in (case.stride, case.padding, case.dilation)]
    if case.operation == "gradients":
        rest = (None, *steps, False, [0] * case.dims, case.groups, [True, True, False])
        return lambda t: torch.ops.aten.convolution_backward(t["grad"], t["x"], weight, *rest)[:2]
    options: dict[str, Any] = {
        "stride": case.stride,
        "padding": case.padding,
        "groups": case.groups,
        "dilation": case.dilation,
    }
    kind = "conv_transpose" if case.operation == "transposed" else "conv"
    function = getattr(functional, f"{kind}{case.dims}d")
    return lambda t: function(t["x"], weight, **options)


def _pool(case: Case) -> Callable[[Tensors], Any]:
    kind = case.operation.partition("-")[0]
    if case.pools_all:
        whole = getattr(functional, f"adaptive_{kind}_pool{case.dims}d")
        return lambda t: whole(t["x"], 1)
    pool = getattr(functional, f"{kind}_pool{case.dims}d")
    return lambda t: pool(t["x"], case.kernel, case.stride, case.padding)


def _packed(case: Case, tensors: Tensors) -> Callable[[Tensors], Any] | None:
    """Return what ``torch.compile`` and frozen graphs call: oneDNN's convolution with packed weights."""
    if case.operation != "conv" or case.dtype != "float32":
        return None
    steps = [[n] * case.dims for n in (case.padding, case.stride, case.dilation)]
    weight, operations = tensors["weight"], torch.ops.mkldnn
    try:
        ready = operations._reorder_convolution_weight(weight, *steps, case.groups, list(case.shape))
    except (AttributeError, RuntimeError):
        return None
    return lambda t: operations._convolution_pointwise(t["x"], ready, None, *steps, case.groups, "none", [], "")


def _converting(way: Callable[[Tensors], Any], memory: torch.memory_format) -> Callable[[Tensors], Any]:
    return lambda t: way(t | {"x": t["x"].contiguous(memory_format=memory)}).contiguous()
