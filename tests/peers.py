"""What PyTorch calls the same."""

from typing import Any

import torch

TORCH_ACTIVATIONS: dict[str, Any] = {
    "relu": torch.nn.functional.relu,
    "relu6": torch.nn.functional.relu6,
    "leaky-relu": torch.nn.functional.leaky_relu,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "silu": torch.nn.functional.silu,
    "gelu": torch.nn.functional.gelu,
    "hard-sigmoid": lambda x: (x / 6 + 0.5).clamp(0, 1),  # its own has 1/6 in single precision
    "hard-swish": lambda x: x * (x / 6 + 0.5).clamp(0, 1),
}
