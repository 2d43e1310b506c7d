"""The size formula turned round: which padding keeps a size, and which settings give a wanted one."""

from collections.abc import Iterable
from dataclasses import dataclass

from convolens.errors import SpecError
from convolens.spec.formula import window_formula
from convolens.spec.padding import resolve_padding, whole_number


@dataclass(frozen=True, slots=True)
class Setting:
    """
    The options of a window along one dimension; ``padding`` on both sides.

    Examples
    --------
    >>> print(Setting(kernel=7, stride=2, padding=3, dilation=1))
    k7,s2,p3
    """

    kernel: int
    stride: int
    padding: int
    dilation: int

    def __str__(self) -> str:
        return f"k{self.kernel},s{self.stride},p{self.padding}" + (f",d{self.dilation}" * (self.dilation > 1))

    def output_size(self, input_size: int) -> int:
        """Return the cells that come out for ``input_size`` cells; 0 or less where the window does not fit."""
        window = self.dilation * (self.kernel - 1) + 1
        return (input_size + 2 * self.padding - window) // self.stride + 1

    def formula(self, input_size: int) -> str:
        """Write the output size with the numbers put in."""
        return window_formula(
            input_size,
            self.kernel,
            pads=(self.padding, self.padding),
            stride=self.stride,
            dilation=self.dilation,
        )


def padding_that_keeps(
    kernel_size: int, *, stride: int = 1, dilation: int = 1, input_size: int | None = None
) -> tuple[int, int]:
    """
    The pads, before and after, with which the output is as large as the input.

    With stride 1 the pads must make up for what the window takes away, :math:`d (k - 1)` cells. That is even for
    an odd kernel, and the pads are equal; for an even kernel one more cell goes after.

    Parameters
    ----------
    kernel_size : int
        Cells of the kernel along one dimension.
    stride, dilation : int, default 1
        Along the same dimension.
    input_size : int, optional
        Needed with a stride above 1 only, where "keeps" means that no cell is lost but those between the
        steps: output = ceil(input / stride). The pads then depend on the size.

    Raises
    ------
    SpecError
        For a stride above 1 without ``input_size``: no pads keep every size then.

    Examples
    --------
    >>> padding_that_keeps(7), padding_that_keeps(3, dilation=2), padding_that_keeps(4)
    ((3, 3), (2, 2), (1, 2))
    >>> padding_that_keeps(3, stride=2, input_size=224)
    (0, 1)
    """
    kernel_size = whole_number(kernel_size, "kernel size", 1)
    stride, dilation = whole_number(stride, "stride", 1), whole_number(dilation, "dilation", 1)
    if stride > 1 and input_size is None:
        raise SpecError(
            f"no padding keeps the size with stride {stride}, as the window skips cells; use stride 1, or give "
            f"the input size for the pads that make it ceil(input / {stride})"
        )
    size = 1 if input_size is None else whole_number(input_size, "input size", 1)
    return resolve_padding("same", [size], [dilation * (kernel_size - 1) + 1], [stride])[0]


def settings_for(
    input_size: int,
    output_size: int,
    *,
    kernels: Iterable[int] = range(1, 12),
    strides: Iterable[int] = range(1, 9),
    paddings: Iterable[int] | None = None,
    dilations: Iterable[int] = (1,),
) -> list[Setting]:
    """
    Every setting of a convolution or pooling that turns one size into another, along one dimension.

    Parameters
    ----------
    input_size, output_size : int
        Cells that go in, and cells that are wanted.
    kernels, strides, dilations : iterable of int
        What to try: kernels of 1 to 11, strides of 1 to 8, and no dilation unless told otherwise.
    paddings : iterable of int, optional
        Pads to try on both sides. By default those from none to half the window; with more, some windows would
        see mostly border.

    Returns
    -------
    list of Setting
        Simplest first: least dilation, then least stride, kernel and padding. Empty if nothing fits.

    Examples
    --------
    >>> print(*settings_for(224, 112, kernels=[3, 5, 7]))
    k3,s2,p1 k5,s2,p2 k7,s2,p3
    >>> print(*settings_for(28, 26))
    k3,s1,p0 k5,s1,p1 k7,s1,p2 k9,s1,p3 k11,s1,p4
    """
    whole_number(input_size, "input size", 1)
    whole_number(output_size, "output size", 1)
    chosen = None if paddings is None else _whole(paddings, "padding", 0)
    found = []
    for dilation in sorted(_whole(dilations, "dilation", 1)):
        for stride in sorted(_whole(strides, "stride", 1)):
            for kernel in sorted(_whole(kernels, "kernel size", 1)):
                window = dilation * (kernel - 1) + 1
                fitting = _fitting_pads(input_size, output_size, window, stride)
                tried = range(window // 2 + 1) if chosen is None else chosen
                found += [Setting(kernel, stride, padding, dilation) for padding in _common(fitting, tried)]
    return found


def _whole(numbers: Iterable[int], name: str, least: int) -> range | frozenset[int]:
    """Check what is to be tried; an unbroken range stays one, however long."""
    if isinstance(numbers, range) and numbers.step == 1 and numbers:
        whole_number(numbers.start, name, least)
        return numbers
    return frozenset(whole_number(n, name, least) for n in numbers)


def _fitting_pads(input_size: int, output_size: int, window: int, stride: int) -> range:
    """Solve ``(input + 2 p - window) // stride + 1 = output`` for p."""
    room = (output_size - 1) * stride + window - input_size  # room <= 2 p < room + stride
    return range(max(0, -(-room // 2)), (room + stride - 1) // 2 + 1)


def _common(fitting: range, tried: range | frozenset[int]) -> Iterable[int]:
    if isinstance(tried, range):
        return range(max(fitting.start, tried.start), min(fitting.stop, tried.stop))
    return sorted(p for p in tried if p in fitting)
