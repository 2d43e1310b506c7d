"""Contenders by name, loaded when asked for: some take seconds to import."""

import importlib
from typing import cast

from benchmarks.contenders.base import Contender

OURS = "convolens"
MODULES = {
    OURS: "ours",
    "torch": "pytorch",
    "onnxruntime": "onnx_runtime",
    "openvino": "intel_openvino",
    "jax": "google_jax",
    "opencv": "opencv",
    "scipy": "scientific",
    "skimage": "skimage_filters",
}
PEERS = tuple(name for name in MODULES if name != OURS)


def load(name: str) -> Contender | None:
    """Return a contender, or None if it is not installed."""
    try:
        return cast(Contender, importlib.import_module(f"benchmarks.contenders.{MODULES[name]}"))
    except ModuleNotFoundError:
        return None
