"""Transposed convolution, specified as the convolution that it runs backward."""

from collections.abc import Sequence

from convolens.errors import SpecError
from convolens.spec.borders import Border, without_value
from convolens.spec.geometry import ConvSpec
from convolens.spec.layout import FIRST, join_shape, parse_layout, split_shape
from convolens.spec.padding import (
    Padding,
    Pads,
    padding_name,
    per_dimension,
    resolve_padding,
    whole_number,
    whole_shape,
)


def transposed_spec(
    input_shape: tuple[int, ...],
    weight_shape: tuple[int, ...],
    *,
    stride: int | tuple[int, ...] = 1,
    padding: Padding = 0,
    output_padding: int | tuple[int, ...] = 0,
    border: str | float | Border = "constant",
    dilation: int | tuple[int, ...] = 1,
    groups: int = 1,
    flip: bool = False,
    layout: str = FIRST,
    dtype: object = "float32",
    weight_dtype: object = None,
) -> ConvSpec:
    r"""
    Find the convolution whose adjoint a transposed convolution is.

    Along each dimension, with the letters of :class:`ConvSpec` and output padding :math:`q`,

    .. math:: output = s\,(input - 1) - p_{before} - p_{after} + d\,(k - 1) + 1 + q.

    Parameters
    ----------
    input_shape : tuple of int
        (N, C, size…) of the transposed convolution's input; the batch axis may be left out.
    weight_shape : tuple of int
        (C, K / groups, kernel size…): the shape of the convolution that goes the other way.
    output_padding : int or tuple of int, default 0
        Cells added to the output's end, less than the stride: which of the sizes that the convolution maps to
        ``input`` is meant.
    padding : int, tuple, or str, default 0
        How much is cut off the output; ``"same"`` makes it input × stride.
    stride, border, dilation, groups, flip, layout, dtype, weight_dtype
        As for :class:`ConvSpec`.

    Returns
    -------
    ConvSpec
        Its ``input_shape`` is the transposed convolution's output, its ``output_shape`` the input.

    Raises
    ------
    SpecError
        If shapes and options do not fit together.

    Examples
    --------
    >>> transposed_spec((8, 16, 14, 14), (16, 32, 4, 4), stride=2, padding=1).input_shape
    (8, 32, 28, 28)
    """
    input_shape, weight_shape = whole_shape(input_shape, "input shape"), whole_shape(weight_shape, "weight shape")
    groups, dims = whole_number(groups, "groups", 1), len(weight_shape) - 2
    if dims < 1 or len(input_shape) not in (dims + 1, dims + 2):
        raise SpecError(
            f"input {input_shape} and weight {weight_shape} do not fit: for n dimensions the "
            "weight is (channels, kernels / groups, *n sizes) and the input has n + 1 or n + 2 axes"
        )
    layout = parse_layout(layout, dims)
    batch, channels, size = split_shape(input_shape, dims, layout)
    steps, spacing = per_dimension(stride, dims, "stride"), per_dimension(dilation, dims, "dilation")
    extra = per_dimension(output_padding, dims, "output_padding", least=0)
    for step, more in zip(steps, extra, strict=True):
        if more >= step:
            raise SpecError(f"output_padding must be less than the stride, but {more} is not less than {step}")
    if channels != weight_shape[0]:
        raise SpecError(
            f"input {input_shape} ({layout}) has {channels} channels, but the weight {weight_shape} "
            f"takes {weight_shape[0]}, its first axis"
        )
    window = tuple(d * (k - 1) + 1 for d, k in zip(spacing, weight_shape[2:], strict=True))
    pads, extra = _resolve(padding, size, window, steps, extra)
    output = tuple(
        s * (n - 1) - sum(p) + w + q for n, s, p, w, q in zip(size, steps, pads, window, extra, strict=True)
    )
    if any(n < 1 for n in output):
        raise SpecError(f"padding {pads} cuts off all of the output, whose size would be {output}; use less")
    return ConvSpec(
        join_shape(batch, weight_shape[1] * groups, output, layout),
        weight_shape,
        stride=steps,
        padding=pads,
        border=without_value(border),
        dilation=spacing,
        groups=groups,
        flip=flip,
        layout=layout,
        dtype=dtype,  # type: ignore[arg-type]
        weight_dtype=weight_dtype,  # type: ignore[arg-type]
    )


def _resolve(
    padding: Padding,
    size: Sequence[int],
    window: Sequence[int],
    stride: Sequence[int],
    extra: tuple[int, ...],
) -> tuple[Pads, tuple[int, ...]]:
    """Resolve padding; "same" also decides the output padding where the window is smaller than the stride."""
    if padding_name(padding) not in ("same", "same-upper", "same-lower"):
        return resolve_padding(padding, size, window, stride), extra
    output = tuple(n * s for n, s in zip(size, stride, strict=True))
    pads = resolve_padding(padding, output, window, stride)
    return pads, tuple(max(s - w, 0) for s, w in zip(stride, window, strict=True))
