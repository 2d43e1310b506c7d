"""Whole networks in PyTorch: a module of the same layers and weights, as it is, and traced and frozen."""

from collections.abc import Callable, Iterator
from typing import Any

import torch
import torch.nn.functional as functional

from benchmarks.case import Array, Case
from benchmarks.contenders.base import Variant
from convolens import nn

FREEZING = 3  # calls in which a frozen graph is optimised
FORMATS = {"channels-first": torch.contiguous_format, "channels-last": torch.channels_last}

LAYERS: dict[type[nn.Layer], Callable[..., torch.Tensor]] = {
    nn.Activation: lambda layer, held, x: getattr(functional, layer.name)(x),
    nn.Add: lambda layer, held, x, y: x + y,
    nn.BatchNorm: lambda layer, held, x: functional.batch_norm(
        x, held["mean"], held["variance"], held["scale"], held["shift"], eps=layer.epsilon
    ),
    nn.Concat: lambda layer, held, *xs: torch.cat(xs, 1),
    nn.Conv: lambda layer, held, x: functional.conv2d(
        x,
        held["weight"],
        held.get("bias"),
        layer.stride,
        layer.padding,
        layer.dilation,
        layer.groups or x.shape[1],
    ),
    nn.ConvTranspose: lambda layer, held, x: functional.conv_transpose2d(
        x, held["weight"], held.get("bias"), layer.stride
    ),
    nn.Dense: lambda layer, held, x: functional.linear(x, held["weight"], held.get("bias")),
    nn.Flatten: lambda layer, held, x: x.flatten(1),
    nn.GlobalPool: lambda layer, held, x: functional.adaptive_avg_pool2d(x, 1),
    nn.Pool: lambda layer, held, x: functional.max_pool2d(x, layer.window, layer.stride, layer.padding),
}


class Module(torch.nn.Module):
    """The layers of a network of ours."""

    def __init__(self, network: nn.Network) -> None:
        super().__init__()
        self.nodes, self.held = list(network.nodes), dict[str, dict[str, str]]()
        for number, node in enumerate(self.nodes):
            self.held[node.name] = {}
            for key, array in (network.weights | network.statistics).items():
                name, _, part = key.partition(".")
                if name == node.name:
                    self.held[name][part] = f"{part}_{number}"
                    self.register_buffer(f"{part}_{number}", torch.from_numpy(array.copy()))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Go through the layers."""
        values = {"input": x}
        for node in self.nodes:
            held = {part: getattr(self, name) for part, name in self.held[node.name].items()}
            x = values[node.name] = LAYERS[type(node.layer)](node.layer, held, *map(values.get, node.inputs))
        return x


def variants(case: Case, data: dict[str, Array]) -> Iterator[Variant]:
    """Yield both memory formats, each as it is and frozen, its layers fused."""
    for label, memory in FORMATS.items():
        x = torch.from_numpy(data["x"]).contiguous(memory_format=memory)
        module = Module(case.whole).eval().to(memory_format=memory)  # type: ignore[call-overload]
        yield _variant(label, module, x)
        with torch.no_grad():
            frozen = torch.jit.optimize_for_inference(torch.jit.freeze(torch.jit.trace(module, x).eval()))
            for _ in range(FREEZING):
                frozen(x)
        yield _variant(f"{label}, frozen", frozen, x)


def _variant(label: str, module: Callable[[torch.Tensor], torch.Tensor], x: torch.Tensor) -> Variant:
    def call() -> Any:
        with torch.inference_mode():
            return module(x)

    return Variant(label, call, lambda result: [result.numpy()])
