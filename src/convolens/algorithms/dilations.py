"""A dilated convolution as an undilated one: the cells a dilation apart are an image of their own."""

from convolens.algorithms.base import Array
from convolens.algorithms.compiled import MOST_DIMS
from convolens.spec.geometry import ConvSpec
from convolens.spec.layout import join_shape


def unfolded(spec: ConvSpec) -> ConvSpec | None:
    """
    Return the undilated convolution that computes all phases of a dilation at once; None where there is none.

    Each dilated axis becomes two, phases before positions, or phases become the batch where dimensions run out and
    there is a single image. The phases must be alike: sizes and borders whole numbers of dilations, and no border
    that shows one phase to another.
    """
    axes = _dilated(spec)
    extra = spec.dims + len(axes) - MOST_DIMS
    if not axes or extra > (spec.batch == 1) or spec.border.mode != "constant" or any(s != 1 for s in spec.stride):
        return None
    if any(
        count % spec.dilation[axis]
        for axis in axes
        for count in (spec.input_size[axis], spec.output_size[axis], *spec.pads[axis])
    ):
        return None
    phases = [spec.dilation[axis] for axis in axes]
    batch = phases.pop(0) if extra > 0 else spec.batch
    ones = (1,) * len(phases)
    sizes, pads = zip(spec.input_size, spec.dilation, strict=True), zip(spec.pads, spec.dilation, strict=True)
    return spec.replace(
        input_shape=join_shape(batch, spec.in_channels, (*phases, *(size // d for size, d in sizes)), spec.layout),
        weight_shape=(*spec.weight_shape[:2], *ones, *spec.kernel_size),
        stride=1,
        dilation=1,
        padding=(*((0, 0) for _ in phases), *((before // d, after // d) for (before, after), d in pads)),
        weight_rank=None,
    )


def unfold(spec: ConvSpec, array: Array) -> Array:
    """View (N, C, size…), an image or an output, as the undilated convolution takes or gives it."""
    axes = _dilated(spec)
    size = array.shape[2:]
    split = [n for axis, d in enumerate(spec.dilation) for n in ((size[axis] // d, d) if d > 1 else (size[axis],))]
    view = array.reshape(*array.shape[:2], *split)
    phases = [2 + axis + i + 1 for i, axis in enumerate(axes)]
    positions = [axis for axis in range(2, view.ndim) if axis not in phases]
    if len(positions) + len(phases) > MOST_DIMS:
        first, *phases = phases
        image: Array = view.transpose(0, first, 1, *phases, *positions)[0]  # the only one
        return image
    return view.transpose(0, 1, *phases, *positions)


def _dilated(spec: ConvSpec) -> list[int]:
    return [axis for axis, d in enumerate(spec.dilation) if d > 1]
