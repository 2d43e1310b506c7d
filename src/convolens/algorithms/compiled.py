"""What the compiled algorithms share: how arrays are viewed, and what vectors and cache hold."""

from convolens.algorithms.base import Array
from convolens.runtime.cpu import cache_bytes, cpu
from convolens.spec.geometry import ConvSpec

MOST_DIMS = 3


def volumes(x: Array) -> Array:
    """View (N, C, size…) of one to three dimensions as (N, C, D, H, W)."""
    for _ in range(MOST_DIMS + 2 - x.ndim):
        x = x[:, :, None]
    return x


def vector_lanes(spec: ConvSpec) -> int:
    """Count the numbers that a vector register holds."""
    return cpu().vector_bytes // spec.compute_dtype.itemsize


def scratch_bytes() -> int:
    """Choose how many bytes of scratch a task may hold, so that it stays in a core's own cache."""
    return cache_bytes().get("L2", 1 << 20) * 3 // 4
