"""A convolution with its weights: prepared once, called many times."""

import functools
import math
from typing import Any

import numpy as np
import numpy.typing as npt

from convolens.algorithms.separable import separable_rank
from convolens.errors import DTypeError, SpecError
from convolens.ops.activations import activate, find_activation
from convolens.ops.arrays import Array, as_array, channels_first, deliver, result_array
from convolens.planning.plan import Plan, plan_conv
from convolens.spec.borders import Border
from convolens.spec.geometry import ConvSpec
from convolens.spec.layout import FIRST, parse_layout
from convolens.spec.padding import Padding

MOST_RANKED = 64  # kernels whose rank is looked for; more are never worth separating
LEAST_SEPARATED = 25  # kernel cells from which separating can pay


class PreparedConv:
    """
    A convolution that keeps its weights ready; made by :func:`prepare_conv`.

    Calling it computes; :meth:`plan` tells how it would, without computing.
    """

    def __init__(
        self, weight: npt.ArrayLike, bias: npt.ArrayLike | None, dims: int | None, **options: Any
    ) -> None:
        self.weight = as_array(weight, "weight")
        self.bias = None if bias is None else as_array(bias, "bias")
        if self.weight.ndim < 3 or (dims is not None and self.weight.ndim != dims + 2):
            wanted = (
                "n + 2 axes: (kernels, channels / groups, *n sizes)" if dims is None else f"{dims + 2} axes"
            )
            raise SpecError(f"weight must have {wanted}, but its shape is {self.weight.shape}")
        if self.bias is not None and self.bias.shape != self.weight.shape[:1]:
            raise SpecError(
                f"bias must have one number for each of the {self.weight.shape[0]} kernels, "
                f"but its shape is {self.bias.shape}"
            )
        self.activation = find_activation(options.pop("activation"))
        self.exact: bool = options.pop("exact")
        self.algorithm: str = options.pop("algorithm")
        self.dims = self.weight.ndim - 2
        self.options = options | {"layout": parse_layout(options["layout"], self.dims)}
        self._state = functools.lru_cache(maxsize=8)(self._prepare)

    def __repr__(self) -> str:
        return f"PreparedConv(weight={self.weight.shape} {self.weight.dtype})"

    @functools.cached_property
    def _rank(self) -> int | None:
        weight = self.weight
        worth_a_look = self.dims > 1 and math.prod(weight.shape[:2]) <= MOST_RANKED
        if not worth_a_look or math.prod(weight.shape[2:]) < LEAST_SEPARATED or not self._finite:
            return None
        return separable_rank(weight, np.result_type(weight, np.float32))

    @functools.cached_property
    def _finite(self) -> bool:
        return bool(np.isfinite(self.weight).all())

    def spec(self, input_shape: tuple[int, ...], dtype: npt.DTypeLike = np.float32) -> ConvSpec:
        """Return what a call with an input of this shape and dtype asks for."""
        return ConvSpec(
            input_shape,
            self.weight.shape,
            bias=self.bias is not None,
            dtype=dtype,
            weight_dtype=self.weight.dtype,
            weight_rank=self._rank,
            **self.options,
        )

    def plan(self, input_shape: tuple[int, ...], dtype: npt.DTypeLike = np.float32) -> Plan:
        """Return how an input of this shape and dtype would be convolved; ``print`` it to see the alternatives."""
        return plan_conv(
            self.spec(input_shape, dtype), exact=self.exact or not self._finite, algorithm=self.algorithm
        )

    def __call__(self, x: npt.ArrayLike, *, out: Array | None = None) -> Array:
        """Convolve ``x``; see :func:`conv2d` for shapes, dtypes and errors."""
        x = as_array(x, "input")
        plan = self.plan(x.shape, x.dtype)
        spec = plan.spec
        if spec.compute_dtype.kind != "f":
            self._check_sums(x, spec)
        elif not plan.algorithm.plain_sum and not _all_finite(x):
            plan = self._plan_for_nonfinite(plan)
        result = result_array(spec.output_shape, spec.result_dtype, out, spec.compute_dtype, x, self.weight)
        images = channels_first(x, self.dims, spec.layout)
        outputs = channels_first(result, self.dims, spec.layout)
        plan.algorithm.run(spec, self._state(plan), images, outputs)
        if self.bias is not None:
            outputs += self.bias.reshape(-1, *(1,) * self.dims)
        activate(result, self.activation)
        return deliver(result, spec.result_dtype, out)

    def _prepare(self, plan: Plan) -> Any:
        axes = tuple(range(2, self.weight.ndim))
        return plan.algorithm.prepare(
            plan.spec, np.flip(self.weight, axes) if plan.spec.flip else self.weight
        )

    def _plan_for_nonfinite(self, plan: Plan) -> Plan:
        if self.algorithm != "auto":
            raise SpecError(
                f"the input holds NaN or infinity, which algorithm {self.algorithm!r} would spread; "
                "use algorithm='auto' or clean the input"
            )
        return plan_conv(plan.spec, exact=True)

    def _check_sums(self, x: Array, spec: ConvSpec) -> None:
        """Refuse integers whose sums could pass int64."""
        if self.bias is not None and self.bias.dtype.kind == "f":
            raise DTypeError(
                f"bias is {self.bias.dtype}, but input and weight are integers; convert one of them to float"
            )
        largest = max(_largest(x), abs(int(spec.border.value)))
        weights = np.abs(self.weight.astype(np.float64)).sum(axis=tuple(range(1, self.weight.ndim))).max()
        bias = 0 if self.bias is None else _largest(self.bias)
        if largest >= 2**63 or largest * float(weights) + bias >= 2.0**63:
            raise SpecError(
                f"sums of {x.dtype} input and {self.weight.dtype} weight could pass the range of int64; "
                "convert the input to float64"
            )


def _all_finite(x: Array) -> bool:
    """Whether no element is NaN or infinite; a sum that overflows counts as infinite."""
    with np.errstate(all="ignore"):
        return math.isfinite(np.sum(x, dtype=np.float64))


def _largest(x: Array) -> int:
    """Largest magnitude among the integers of ``x``, from its dtype where that is small enough to be sure."""
    if x.dtype.kind == "b":
        return 1
    if x.dtype.itemsize <= 2 or x.size == 0:
        return max(abs(int(np.iinfo(x.dtype).min)), int(np.iinfo(x.dtype).max)) if x.dtype.kind in "iu" else 0
    return max(abs(int(x.min())), abs(int(x.max())))


def prepare_conv(
    weight: npt.ArrayLike,
    bias: npt.ArrayLike | None = None,
    *,
    stride: int | tuple[int, ...] = 1,
    padding: Padding = 0,
    border: str | float | Border = "constant",
    dilation: int | tuple[int, ...] = 1,
    groups: int = 1,
    flip: bool = False,
    layout: str = FIRST,
    activation: str | None = None,
    exact: bool = False,
    algorithm: str = "auto",
) -> PreparedConv:
    """
    Prepare a convolution whose weights stay, so that work on them is paid once.

    Parameters
    ----------
    weight : array_like, shape (K, C / groups, *kernel size)
        K kernels in one, two, three or more dimensions.
    bias : array_like, shape (K,), optional
        One number for each kernel.
    stride, padding, border, dilation, groups, flip, layout, activation, exact, algorithm
        As for :func:`conv2d`.

    Returns
    -------
    PreparedConv
        Call it with an input; ask its ``plan(shape)`` how that would be computed.

    Notes
    -----
    The weights are not copied; changing them afterwards leads to undefined results.

    Examples
    --------
    >>> conv = prepare_conv(np.ones((1, 1, 3, 3), np.float32), padding="same")
    >>> conv(np.ones((1, 4, 4), np.float32))[0]
    array([[4., 6., 6., 4.],
           [6., 9., 9., 6.],
           [6., 9., 9., 6.],
           [4., 6., 6., 4.]], dtype=float32)
    """
    return PreparedConv(
        weight,
        bias,
        None,
        stride=stride,
        padding=padding,
        border=border,
        dilation=dilation,
        groups=groups,
        flip=flip,
        layout=layout,
        activation=activation,
        exact=exact,
        algorithm=algorithm,
    )
