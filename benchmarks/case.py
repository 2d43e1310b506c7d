"""One named problem: its geometry, its arrays, and a small copy of it for tests."""

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
import numpy.typing as npt

from benchmarks.filters import Filter
from benchmarks.networks import build, multiply_adds

if TYPE_CHECKING:
    from convolens.nn import Network

Array = npt.NDArray[Any]
Operation = Literal["conv", "transposed", "gradients", "deformable", "filter", "max-pool", "avg-pool", "network"]


@dataclass(frozen=True, slots=True)
class Case:
    """
    A problem that contenders solve.

    Attributes
    ----------
    shape : tuple of int
        Of the input, (N, C, *size) whatever the layout; of an image, (H, W) or (H, W, channels).
    weight : tuple of int
        (K, C / groups, *kernel size); of a transposed convolution, (C, K / groups, *kernel size). Pooling is
        depthwise, and knows of its weights the size of the windows only. Of a network, the channels that it begins
        with.
    channels_last : bool
        Whether input and output have their channels last. NumPy's memory is laid out so.
    filter : Filter or None
        What an image is filtered with.
    offset_groups : int
        Of a deformable convolution, which has a mask, too.
    network : str
        Which one, if this is one; see :mod:`benchmarks.networks`.
    """

    name: str
    group: str
    operation: Operation
    shape: tuple[int, ...]
    weight: tuple[int, ...]
    stride: int = 1
    padding: int = 0
    dilation: int = 1
    groups: int = 1
    channels_last: bool = False
    dtype: str = "float32"
    filter: Filter | None = field(default=None)
    offset_groups: int = 1
    network: str = ""

    @property
    def kernel(self) -> tuple[int, ...]:
        """Size of the kernel."""
        return self.weight if self.operation == "filter" else self.weight[2:]

    @property
    def dims(self) -> int:
        """Number of dimensions that the kernel moves along."""
        return len(self.kernel)

    @property
    def size(self) -> tuple[int, ...]:
        """Size of the input."""
        return self.shape[:2] if self.operation == "filter" else self.shape[2:]

    @property
    def output_size(self) -> tuple[int, ...]:
        """Size of the output."""
        if self.operation == "filter":
            return self.size
        window = [self.dilation * (k - 1) + 1 for k in self.kernel]
        if self.operation == "transposed":
            return tuple(
                self.stride * (n - 1) + w - 2 * self.padding for n, w in zip(self.size, window, strict=True)
            )
        return tuple((n + 2 * self.padding - w) // self.stride + 1 for n, w in zip(self.size, window, strict=True))

    @property
    def output_shape(self) -> tuple[int, ...]:
        """(N, K, *size) of the output, or the shape of an image."""
        if self.operation == "filter":
            return self.shape
        if self.network:
            return (self.shape[0], *self.whole.output_shape)
        out_channels = self.weight[1] * self.groups if self.operation == "transposed" else self.weight[0]
        return (self.shape[0], out_channels, *self.output_size)

    @property
    def operations(self) -> int:
        """Multiplications and additions of the direct computation."""
        if self.operation == "filter":
            return 2 * math.prod(self.shape) * math.prod(self.kernel)
        if self.network:
            return 2 * self.shape[0] * multiply_adds(self.whole)
        cells = self.size if self.operation == "transposed" else self.output_size
        products = self.shape[0] * math.prod(cells) * math.prod(self.weight)
        return 2 * products * (2 if self.operation == "gradients" else 1)

    @property
    def pools(self) -> bool:
        """Whether windows are pooled, not weighted."""
        return self.operation in ("max-pool", "avg-pool")

    @property
    def pools_all(self) -> bool:
        """Whether there is one window, the whole image."""
        return self.pools and self.kernel == self.size

    @property
    def whole(self) -> "Network":
        """The network, with its weights."""
        return build(self.network, self.shape[1:], self.weight[0])

    @property
    def single_channel(self) -> bool:
        """Whether this is one plane under one kernel, as signal and image libraries know it."""
        return (
            self.operation == "conv"
            and self.weight[:2] == (1, 1)
            and self.shape[:2] == (1, 1)
            and self.stride == 1
        )

    def data(self) -> dict[str, Array]:
        """Return the arrays, channels first: ``x``; ``weight`` unless an image; what else there is."""
        rng = np.random.default_rng(3)
        kind = np.dtype(self.dtype)
        if kind.kind == "u":
            return {"x": rng.integers(0, np.iinfo(kind).max, self.shape, kind, endpoint=True)}
        if self.operation == "filter":
            return {"x": rng.random(self.shape, kind)}
        shapes = {"x": self.shape} if self.pools or self.network else {"x": self.shape, "weight": self.weight}
        if self.operation == "gradients":
            shapes["grad"] = self.output_shape
        if self.operation == "deformable":
            points = math.prod(self.kernel) * self.offset_groups
            for name, channels in (("offset", 2 * points), ("mask", points)):
                shapes[name] = (self.shape[0], channels, *self.output_size)
        return {name: rng.standard_normal(shape, kind) for name, shape in shapes.items()}

    def shrunk(self) -> Self:
        """Return a copy of the same kind whose computation takes next to nothing."""
        if self.operation == "filter":
            return replace(self, shape=(48, 56, *self.shape[2:]))
        if self.network:
            side = min(32, self.shape[2])
            return replace(self, shape=(min(self.shape[0], 2), self.shape[1], side, side), weight=(8,))
        kernel = tuple(min(k, 8 + k % 2) for k in self.kernel)
        centred = self.padding == self.dilation * (self.kernel[-1] - 1) // 2
        padding = self.dilation * (kernel[-1] - 1) // 2 if centred else min(self.padding, kernel[-1] - 1)
        window = self.dilation * (max(kernel) - 1) + 1
        size = tuple(min(n, window + 4) for n in self.size)
        groups = min(self.groups, 4)
        inner, outer = (min(4, self.shape[1] // self.groups), min(4, self.output_shape[1] // self.groups))
        channels = (inner * groups, outer) if self.operation == "transposed" else (outer * groups, inner)
        shape = (min(self.shape[0], 2), inner * groups, *size)
        return replace(self, shape=shape, weight=(*channels, *kernel), padding=padding, groups=groups)


def last(array: Array, dims: int) -> Array:
    """Return a copy with the channels last."""
    return np.ascontiguousarray(np.moveaxis(array, -dims - 1, -1))


def first(array: Array, dims: int) -> Array:
    """Return a view with the channels first."""
    return np.moveaxis(array, -1, -dims - 1)
