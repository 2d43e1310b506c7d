"""A dilated or strided convolution as one at stride 1 without dilation, of arrays that are seen otherwise."""

import functools
from dataclasses import dataclass

from convolens.algorithms.base import Array
from convolens.algorithms.dilations import unfold, unfolded
from convolens.algorithms.strides import unstride_image, unstride_output, unstride_weights, unstrided
from convolens.spec.geometry import ConvSpec


@dataclass(frozen=True, slots=True)
class Plain:
    """
    The plain convolution, and how arrays are seen for it.

    Attributes
    ----------
    whole : ConvSpec
        What was asked.
    spec : ConvSpec
        What gives the same.
    """

    whole: ConvSpec
    spec: ConvSpec

    @property
    def _is_strided(self) -> bool:
        return max(self.whole.stride) > 1

    def image(self, x: Array) -> Array:
        """View images (N, C, size…); copy those whose channels lie apart, where they have to lie together."""
        return unstride_image(self.whole, x) if self._is_strided else unfold(self.whole, x)

    def output(self, out: Array) -> Array:
        """View outputs (N, K, size…)."""
        return unstride_output(self.whole, out) if self._is_strided else unfold(self.whole, out)

    def weights(self, weight: Array) -> Array:
        """Order weights (K, C / groups, kernel size…)."""
        if self._is_strided:
            return unstride_weights(self.whole, weight)
        return weight.reshape(self.spec.weight_shape)


@functools.lru_cache(maxsize=1024)
def plain_of(spec: ConvSpec) -> Plain | None:
    """Return the plain convolution that gives the same as a strided or a dilated one; None where there is none."""
    found = unfolded(spec) or unstrided(spec)
    return None if found is None else Plain(spec, found)
