"""A convolution with its weights: prepared once, called many times."""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np
import numpy.typing as npt

from convolens.algorithms.base import Algorithm, Epilogue
from convolens.algorithms.separable import worthwhile_rank
from convolens.errors import SpecError
from convolens.ops.activations import activate, check_activation, find_activation
from convolens.ops.arrays import (
    Array,
    add_bias,
    as_array,
    channels_first,
    check_bias,
    check_residual,
    check_weight_axes,
    deliver,
    quietly,
    result_array,
)
from convolens.ops.integers import check_sums, largest_sum
from convolens.ops.magnitude import is_tame, largest_magnitude
from convolens.ops.pooling.maximum import max_pool as pool_maxima
from convolens.ops.repeats import Repeats
from convolens.planning.measured import recall
from convolens.planning.plan import Plan, plan_conv
from convolens.planning.tune import tune_conv
from convolens.runtime.call import address
from convolens.runtime.replay import Bound, Recording
from convolens.runtime.script import perform
from convolens.runtime.threads import thread_count
from convolens.spec.borders import Border
from convolens.spec.geometry import ConvSpec
from convolens.spec.layout import FIRST, parse_layout
from convolens.spec.padding import Padding, per_dimension

ONE_OFF, MANY = 20, 100_000  # calls that a function, and a prepared convolution, is taken to see
MOST_STATES = 2  # where an image is cut into tiles, those inside a row and the one at its end
MOST_PLANS = 64  # input shapes and dtypes whose plans are at hand


class PreparedConv:
    """
    A convolution that keeps its weights ready; made by :func:`prepare_conv`.

    Calling it computes; :meth:`plan` tells how it would, without computing.
    """

    def __init__(
        self,
        weight: npt.ArrayLike,
        bias: npt.ArrayLike | None,
        dims: int | None,
        *,
        calls: int = ONE_OFF,
        tune: bool = False,
        max_pool: int | tuple[int, ...] | None = None,
        **options: Any,
    ) -> None:
        self.weight = as_array(weight, "weight")
        check_weight_axes(self.weight.shape, dims, "kernels, channels / groups")
        self.bias = check_bias(bias, len(self.weight))
        self.activation = find_activation(options.pop("activation"))
        self.exact = bool(options.pop("exact"))
        self.algorithm = str(options.pop("algorithm"))
        self.calls = calls
        self.tune = tune
        self.dims = self.weight.ndim - 2
        self.max_pool = None if max_pool is None else per_dimension(max_pool, self.dims, "max_pool")
        self.options = options | {"layout": parse_layout(options["layout"], self.dims)}
        self._renewed = False
        self._is_repeated = calls > ONE_OFF
        # A cache of a function of the weights, not of self: a cycle would keep large kernels alive.
        self._rank = functools.lru_cache(maxsize=2)(functools.partial(worthwhile_rank, self.weight))
        self._states: dict[tuple[Algorithm[Any], ConvSpec], Any] = {}
        self._repeats = Repeats()
        self._plans: dict[tuple[Any, ...], Plan] = {}

    def _state(self, algorithm: Algorithm[Any], spec: ConvSpec) -> Any:
        """Return what depends on the weights alone, made once."""
        key = algorithm, spec
        if key not in self._states:
            weight = self._turned(spec)
            state = algorithm.prepare(spec, weight)
            if self._renewed:  # as it will be from now on, to the bit; and no call repeats what is let go
                algorithm.renew(spec, state, weight, self.bias)
                if len(self._states) >= MOST_STATES:
                    self._repeats.forget()
            self._states = dict([*self._states.items(), (key, state)][-MOST_STATES:])
            return state
        return self._states[key]

    def _turned(self, spec: ConvSpec) -> Array:
        return np.flip(self.weight, tuple(range(2, self.weight.ndim))) if spec.flip else self.weight

    def renew(self, weight: Array, bias: Array | None) -> bool:
        """
        Take other numbers, of the same shapes and types, as a network in training does after every step.

        From the first time on plans go by shapes and types alone, so that they stay, and no call is checked for
        numbers that are not finite. Calls are repeated on where the algorithm takes weights into what they hold.

        Returns
        -------
        bool
            Whether all that was prepared did so.
        """
        if not self._renewed:
            self._plans, self._states = {}, {}  # they may go by what the numbers were
            self._repeats.forget()
            self.bias = None if bias is None else bias.copy()  # calls that are repeated may hold it
        self.weight, self._renewed = weight, True
        vars(self).pop("_weights", None)
        if bias is not None and self.bias is not None:
            perform(np.copyto, self.bias, bias)
        taken = {
            (algorithm, spec): state
            for (algorithm, spec), state in self._states.items()
            if algorithm.renew(spec, state, self._turned(spec), self.bias)
        }
        if len(taken) < len(self._states):
            self._states, self._is_repeated = taken, False
            self._repeats.forget()
        return bool(taken) and self._is_repeated

    @property
    def _settings(self) -> dict[str, Any]:
        """What it was made with beside weights and bias."""
        settings = {
            "activation": self.activation,
            "exact": self.exact,
            "algorithm": self.algorithm,
            "calls": self.calls,
            "tune": self.tune,
            "max_pool": self.max_pool,
        }
        return self.options | settings

    def altered(self, **settings: Any) -> PreparedConv:
        """Return another of the same weights, made with some ``settings`` of its own."""
        return PreparedConv(self.weight, self.bias, self.dims, **(self._settings | settings))

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle weights and options; the states are prepared anew."""
        make = functools.partial(PreparedConv, **self._settings)
        return make, (self.weight, self.bias, self.dims), {"_renewed": self._renewed}

    def __repr__(self) -> str:
        return f"PreparedConv(weight={self.weight.shape} {self.weight.dtype})"

    @functools.cached_property
    def _weights(self) -> float:
        """At least the largest sum of magnitudes of a kernel's weights; NaN or infinite if one of them is."""
        if self.weight.dtype.kind == "f":  # a bound will do, which takes a fraction of the time
            return largest_magnitude(self.weight) * math.prod(self.weight.shape[1:])
        with np.errstate(over="ignore"):
            return largest_sum(self.weight, tuple(range(1, self.weight.ndim)))

    def spec(self, input_shape: tuple[int, ...], dtype: npt.DTypeLike = np.float32) -> ConvSpec:
        """Return what a call with an input of this shape and dtype asks for."""
        spec = ConvSpec(
            input_shape,
            self.weight.shape,
            bias=self.bias is not None,
            dtype=dtype,
            weight_dtype=self.weight.dtype,
            **self.options,
        )
        may_separate = self.algorithm in ("auto", "separable") and not self.exact and not self._renewed
        rank = self._rank(spec.compute_dtype) if may_separate else None
        return spec if rank is None else spec.replace(weight_rank=rank)

    def plan(self, input_shape: tuple[int, ...], dtype: npt.DTypeLike = np.float32) -> Plan:
        """Return how an input of this shape and dtype would be convolved; ``print`` it to see the alternatives."""
        spec = self.spec(input_shape, dtype)
        if self.algorithm == "auto" and not self._renewed and not math.isfinite(self._weights):
            return self._choose(spec, exact=True, algorithm="auto")
        return self._choose(spec, exact=self.exact, algorithm=self.algorithm)

    def _choose(self, spec: ConvSpec, *, exact: bool, algorithm: str) -> Plan:
        return plan_conv(
            spec,
            exact=exact,
            algorithm=algorithm,
            calls=self.calls,
            max_pool=self.max_pool,
            activation=self.activation,
        )

    def plan_at_hand(self, input_shape: tuple[int, ...], dtype: np.dtype[Any]) -> Plan:
        """
        Return the plan that calls with an input of this shape and dtype go by; tune first, if need be.

        Another number of threads, for which nothing was measured, goes by the same one: it changes no bit.
        """
        key = thread_count(), input_shape, dtype
        plan = self._plans.get(key)
        if plan is None:
            spec = self.spec(input_shape, dtype)
            if self.tune and self.algorithm == "auto" and not recall(spec, thread_count()):
                tune_conv(spec, exact=self.exact)
            if not recall(spec, thread_count()):
                kept = list(self._plans.items())  # at once, as other threads may add to them
                plan = next((plan for other, plan in kept if other[1:] == key[1:]), None)
            if len(self._plans) >= MOST_PLANS:
                self._plans.clear()
            plan = self._plans[key] = plan or self.plan(input_shape, dtype)
        return plan

    def __call__(
        self, x: npt.ArrayLike, *, residual: npt.ArrayLike | None = None, out: Array | None = None
    ) -> Array:
        """
        Convolve ``x``; see :func:`conv2d` for shapes, dtypes and errors.

        ``residual``, an array like the output before it is pooled, is added before the activation.
        """
        repeated = self._repeats.again(x, out, self._tame) if residual is None else None
        return self._computed(x, residual, out) if repeated is None else repeated

    def bound(self, x: Array, out: Array, residual: Array | None = None) -> tuple[Bound, float] | None:
        """
        Compute ``x`` into ``out``; return what does so again with whatever these arrays hold then, and for what.

        None where it takes more than compiled code. The number is the magnitude below which all numbers of the
        input have to be.
        """
        result, recording, plan = self._carried_out(x, residual, out)
        if recording is None or result is not out:
            return None
        again = recording.bound(*(array for array in (x, out, residual) if array is not None))
        return None if again is None else (again, self._limit(plan))

    def _limit(self, plan: Plan) -> float:
        """Return the magnitude below which all numbers of an input have to be for a plan to serve it."""
        if plan.algorithm.plain_sum:
            return math.inf
        factor = self._factor(plan.spec)
        most = float(np.finfo(plan.spec.compute_dtype).max) / factor
        return most if abs(plan.spec.border.value) < most else 0.0

    def _computed(self, x: npt.ArrayLike, residual: npt.ArrayLike | None, out: Array | None) -> Array:
        image = as_array(x, "input")
        result, recording, plan = self._carried_out(image, residual, out)
        if recording is not None and residual is None and self._is_repeated:
            self._repeats.keep(recording, plan, image, result, out)
        return result

    @quietly
    def _carried_out(
        self, x: Array, residual: npt.ArrayLike | None, out: Array | None
    ) -> tuple[Array, Recording | None, Plan]:
        """Return the result, and the calls of compiled functions if these did it alone; and by which plan."""
        plan = self.plan_at_hand(x.shape, x.dtype)
        spec = plan.spec
        check_activation(self.activation, spec.result_dtype)
        if spec.compute_dtype.kind != "f":
            name = f"{x.dtype} input and {self.weight.dtype} weight"
            check_sums(name, x, self._weights, border=spec.border.value, bias=self.bias)
        wild = spec.compute_dtype.kind == "f" and not plan.algorithm.plain_sum and not self._tame(x, spec)
        if wild:
            plan = self._plan_for_wild(plan)
        added = None if residual is None else check_residual(residual, spec.output_shape, spec.result_dtype)
        others = None if self._adds_in_place(plan, x, added, out) else added
        arrays = [array for array in (x, self.weight, self.bias, others) if array is not None]
        result = result_array(plan.output_shape, spec.result_dtype, out, spec.compute_dtype, *arrays)
        algorithm, pool = plan.algorithm, plan.pool
        if pool and added is None:
            algorithm = algorithm.pooling(spec, pool.window, self.activation) or algorithm
        apart = pool if algorithm is plan.algorithm else None
        computed = np.empty(spec.output_shape, spec.compute_dtype) if apart else result
        images = channels_first(x, self.dims, spec.layout)
        outputs = channels_first(computed, self.dims, spec.layout)
        skipped = None if added is None else channels_first(added, self.dims, spec.layout)
        epilogue = Epilogue(self.bias, self.activation, skipped)
        state = self._state(algorithm, spec)
        with Recording() as recording:
            left = algorithm.run_with(spec, state, images, outputs, epilogue)
        alone = algorithm.compiled and left.done and not apart and not wild
        add_bias(outputs, left.bias)
        if left.residual is not None:
            outputs += left.residual
        activate(computed, left.activation)
        if apart:
            pool_maxima(self.dims, computed, apart.window, layout=spec.layout, out=result)
        return deliver(result, spec.result_dtype, out), recording if alone else None, plan

    def _adds_in_place(self, plan: Plan, x: Array, residual: Array | None, out: Array | None) -> bool:
        """Whether a residual is what is written over, cell by cell."""
        if residual is None or type(out) is not np.ndarray or plan.pool or plan.spec.layout == FIRST:
            return False
        same = address(residual) == address(out) and residual.strides == out.strides
        images, outputs = (channels_first(a, self.dims, plan.spec.layout) for a in (x, out))
        return same and plan.algorithm.adds_in_place(plan.spec, images, outputs)

    def _tame(self, x: Array, spec: ConvSpec) -> bool:
        """Whether all numbers are finite, and too small for any sum over the whole image to overflow."""
        return self._renewed or is_tame(x, spec.border.value, self._factor(spec), spec.compute_dtype, self.calls)

    def _factor(self, spec: ConvSpec) -> float:
        """Tell how many times the largest number of an image any sum of the work on it may be."""
        cells = 4**spec.dims * math.prod(spec.padded_size)  # no FFT is longer
        return float(cells * max(self._weights, 1))

    def _plan_for_wild(self, plan: Plan) -> Plan:
        if self.algorithm != "auto":
            raise SpecError(
                f"input or weight holds NaN, infinity or numbers near overflow, which algorithm "
                f"{self.algorithm!r} would spread; use algorithm='auto'"
            )
        return self._choose(plan.spec, exact=True, algorithm="auto")


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
    max_pool: int | tuple[int, ...] | None = None,
    exact: bool = False,
    algorithm: str = "auto",
    tune: bool = False,
) -> PreparedConv:
    """
    Prepare a convolution whose weights stay, so that work on them is paid once.

    Parameters
    ----------
    weight : array_like, shape (K, C / groups, kernel size…)
        K kernels in one, two, three or more dimensions.
    bias : array_like, shape (K,), optional
        One number for each kernel.
    stride, padding, border, dilation, groups, flip, layout, activation, exact, algorithm
        As for :func:`conv2d`.
    max_pool : int or tuple of int, optional
        Cells of windows side by side, along each dimension, of which only the largest number is kept: what
        :func:`max_pool2d` makes of the result, after bias, residual and activation. Cells behind the last whole
        window are dropped.
    tune : bool, default False
        For each input shape, measure the algorithms that may serve it before the first call, and remember the
        times for later processes, instead of predicting them; see :func:`tune_conv`.

    Returns
    -------
    PreparedConv
        Call it with an input; ask its ``plan(shape)`` how that would be computed.

    Notes
    -----
    The weights are not copied; changing them afterwards leads to undefined results.

    Minimal filtering takes the maxima of windows of 2 × 2, and of 4 × 4, before it writes, where there is no
    residual, and no activation or one of the ReLU family. All else is pooled from an array that the call makes;
    ``print(conv.plan(shape))`` shows which of the two it is.

    Examples
    --------
    >>> conv = prepare_conv(np.ones((1, 1, 3, 3), np.float32), padding="same")
    >>> conv(np.ones((1, 4, 4), np.float32))[0]
    array([[4., 6., 6., 4.],
           [6., 9., 9., 6.],
           [6., 9., 9., 6.],
           [4., 6., 6., 4.]], dtype=float32)
    >>> conv = prepare_conv(np.ones((1, 1, 3, 3), np.float32), padding="same", max_pool=2)
    >>> conv(np.arange(25, dtype=np.float32).reshape(1, 5, 5))[0]
    array([[ 54.,  72.],
           [144., 162.]], dtype=float32)
    """
    return PreparedConv(
        weight,
        bias,
        None,
        calls=MANY,
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
        tune=tune,
        max_pool=max_pool,
    )
