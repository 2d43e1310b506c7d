"""A convolution in training: planned once, then run forward and back under weights that change."""

import functools
from typing import Any

import numpy as np

from convolens.ops.activation_gradients import FROM_SUMS, OFTEN, flow_back
from convolens.ops.activations import activate
from convolens.ops.adjoint import Adjoint, prepare_adjoint
from convolens.ops.arrays import Array, channels_first
from convolens.ops.conv_gradients import ConvGradients
from convolens.ops.prepared import PreparedConv
from convolens.ops.transposed import turn
from convolens.planning.gradients import TRAINING, plan_weight_gradient
from convolens.runtime.memory import empty
from convolens.runtime.replay import Repeated
from convolens.runtime.script import is_written, perform, performed


class TrainedConv:
    """
    One convolution with its gradients, for inputs of one shape and type.

    Plans go by the shapes alone, and no call is checked for numbers that are not finite, nor computed again: one
    of them, or an overflow in a transform, may spread to the windows around it where a plain sum would keep it in
    its own. What depends on the weights is made anew at each call, in the same places, so that compiled calls are
    repeated.

    Parameters
    ----------
    input_shape : tuple of int
        Of the batch, in the layout of the options.
    dtype : dtype
        Float type of input, weights and result.
    weight_shape : tuple of int
        (K, C / groups, kernel size…).
    activation : str, optional
        What follows the sums, as :func:`convolens.conv2d` takes it.
    **options
        Stride, padding and so on, as :func:`convolens.conv2d` takes them, and the layout.
    """

    def __init__(
        self,
        input_shape: tuple[int, ...],
        dtype: np.dtype[Any],
        weight_shape: tuple[int, ...],
        *,
        bias: bool = False,
        activation: str | None = None,
        **options: Any,
    ) -> None:
        nothing = np.zeros(weight_shape, dtype)
        no_bias = np.zeros(weight_shape[0], dtype) if bias else None
        self.activation = activation
        self._conv = PreparedConv(
            nothing, no_bias, None, calls=TRAINING, exact=False, algorithm="auto",
            activation=None if activation in FROM_SUMS else activation, **options,
        )  # fmt: skip
        self._conv.renew(nothing, no_bias)
        self.spec = self._conv.spec(input_shape, dtype)
        self._gradient = plan_weight_gradient(self.spec).algorithm
        self._sums_shape = self._gradient.sums_shape(self.spec)
        self._sum_into = Repeated(functools.partial(self._gradient.sum_into, self.spec))
        self._adjoint: Adjoint | None = None

    def __call__(self, x: Array, weight: Array, bias: Array | None) -> tuple[Array, Array]:
        """Convolve, add the bias, apply the activation; return that, and what its derivative follows from."""
        taken = self._conv.renew(weight, bias)
        sums = self._written(x, weight, bias, taken) if is_written() else self._conv(x)
        if self.activation not in FROM_SUMS:
            return sums, sums
        result = empty(sums.shape, sums.dtype)
        perform(np.copyto, result, sums)
        perform(activate, result, self.activation)
        return result, sums

    def _written(self, x: Array, weight: Array, bias: Array | None, taken: bool) -> Array:
        """Compute the sums into an array that stays, and write that into the script."""
        out = empty(self.spec.output_shape, self.spec.result_dtype)
        again = self._conv.bound(x, out) if taken else None
        if again:
            performed(again[0])
        else:
            perform(self._renewed, x, weight, bias, out)
        return out

    def _renewed(self, x: Array, weight: Array, bias: Array | None, out: Array) -> None:
        self._conv.renew(weight, bias)
        self._conv(x, out=out)

    def back(
        self,
        grad: Array,
        x: Array,
        weight: Array,
        given: Array,
        *,
        needs_input: bool = True,
        needs_weight: bool = True,
    ) -> ConvGradients:
        """Take a gradient with respect to the result back; ``given`` is what came with that."""
        grads, known = (channels_first(a, self.spec.dims, self.spec.layout) for a in (grad, given))
        flowing, sums = flow_back(grads, known if self.activation else None, self.activation, least=OFTEN)
        return self.back_from_sums(flowing, sums, x, weight, needs_input=needs_input, needs_weight=needs_weight)

    def back_from_sums(
        self,
        flowing: Array,
        totals: Array,
        x: Array,
        weight: Array,
        *,
        needs_input: bool = True,
        needs_weight: bool = True,
    ) -> ConvGradients:
        """Take a gradient (N, K, size…) with respect to the sums back; ``totals`` has that of the bias."""
        to_input = self._to_input(flowing, weight) if needs_input else None
        if not needs_weight:
            return ConvGradients(to_input, None, None)
        to_bias = np.empty(totals.shape, flowing.dtype)
        perform(np.copyto, to_bias, totals)
        return ConvGradients(to_input, self._to_weight(x, flowing), to_bias)

    def _to_weight(self, x: Array, flowing: Array) -> Array:
        spec = self.spec
        sums = empty(self._sums_shape, flowing.dtype)
        self._sum_into(channels_first(x, spec.dims, spec.layout), flowing, sums)
        return turn(spec, self._gradient.ordered(spec, sums))

    def _to_input(self, flowing: Array, weight: Array) -> Array:
        turned = turn(self.spec, weight)
        if self._adjoint is None:
            self._adjoint = prepare_adjoint(self.spec, np.zeros_like(turned), calls=TRAINING)
        result, adjoint = empty(self.spec.input_shape, flowing.dtype), self._adjoint
        out = channels_first(result, self.spec.dims, self.spec.layout)
        if adjoint.renew(turned) and is_written() and (again := adjoint.bound(flowing, out)):
            performed(again)
        elif is_written():
            perform(_renewed, adjoint, turned, flowing, out)
        else:
            adjoint(flowing, out)
        return result


def _renewed(adjoint: Adjoint, weight: Array, flowing: Array, out: Array) -> None:
    adjoint.renew(weight)
    adjoint(flowing, out)
