"""The adjoint of a convolution, ready to run: by NumPy tap by tap, or by compiled loops."""

import functools
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from convolens.algorithms import depthwise_adjoint
from convolens.algorithms.base import Epilogue
from convolens.algorithms.depthwise import Depthwise
from convolens.algorithms.gradients import input_gradient
from convolens.algorithms.transposed import TransposedTiled
from convolens.algorithms.windows import at, unpad
from convolens.ops.activations import activate
from convolens.ops.arrays import Array, add_bias
from convolens.ops.prepared import ONE_OFF, PreparedConv
from convolens.planning.circumstances import circumstances
from convolens.planning.cost import predict_seconds, predict_setup
from convolens.runtime.cpu import available_cores
from convolens.runtime.replay import Bound, Recording, Replay
from convolens.runtime.script import reshaped
from convolens.spec.geometry import ConvSpec
from convolens.spec.layout import LAST, join_shape
from convolens.spec.phases import Phase, Slices, phases

TILED, DEPTHWISE = TransposedTiled(), Depthwise()
SCATTERED = 2.0  # times longer that a convolution takes whose results lie apart, as those of a phase do
SMALL = 1 << 16  # products, up to which planning takes longer than NumPy's loop over the taps


@dataclass(frozen=True, slots=True, eq=False)
class Adjoint:
    """
    The adjoint of one convolution with its weights.

    Attributes
    ----------
    spec : ConvSpec
        The convolution that goes forward.
    bias, activation : ndarray, shape (C,), and str, optional
        What follows the sums.
    way : Way
        How it is computed.
    """

    spec: ConvSpec
    bias: Array | None
    activation: str | None
    way: "Way"

    def renew(self, weight: Array) -> bool:
        """Take other turned weights, of the same shape and type; say whether what is repeated holds them."""
        return self.way.renew(weight.astype(self.spec.compute_dtype, copy=False))

    def __call__(self, x: Array, out: Array) -> None:
        """Compute the adjoint of ``x`` (N, K, output size…) into ``out`` (N, C, input size…) of the sums' type."""
        self.way(x.astype(self.spec.compute_dtype, copy=False), out)
        if not self.way.finishes:
            add_bias(out, self.bias)
            activate(out, self.activation)

    def bound(self, x: Array, out: Array) -> Bound | None:
        """Compute, and return what does so again; None where compiled functions cannot do it with these arrays."""
        alike = x.dtype == out.dtype == self.spec.compute_dtype
        return self.way.bound(x, out) if alike and isinstance(self.way, Compiled | Phases) else None


def prepare_adjoint(
    spec: ConvSpec,
    weight: Array,
    bias: Array | None = None,
    activation: str | None = None,
    *,
    exact: bool = False,
    calls: int,
) -> Adjoint:
    """Choose how to compute the adjoint of ``spec`` under turned weights, and do what depends on these alone."""
    weight = weight.astype(spec.compute_dtype, copy=False)
    return Adjoint(spec, bias, activation, _way(spec, weight, bias, activation, exact=exact, calls=calls))


def _way(
    spec: ConvSpec, weight: Array, bias: Array | None, activation: str | None, *, exact: bool, calls: int
) -> "Way":
    if not spec.batch or (calls == ONE_OFF and spec.macs <= SMALL) or not np.isfinite(weight).all():
        return Taps(spec, weight)
    if spec.border.mode != "constant" and any(map(any, spec.pads)):
        return Folded(spec, _way(_bare(spec), weight, None, None, exact=exact, calls=calls))
    at_once = _at_once(spec, exact, calls, circumstances())
    if at_once:
        return at_once(spec, weight, bias, activation)
    return Phases(spec, weight, bias, activation, exact=exact, calls=calls)


@functools.lru_cache(maxsize=256)
def _at_once(
    spec: ConvSpec, exact: bool, calls: int, _circumstances: tuple[object, ...]
) -> "type[Tiled] | type[Spaced] | None":
    """Return what is predicted to take less time than phase after phase, if anything."""
    if max(spec.stride) == 1:
        return None
    found: dict[float, type[Tiled] | type[Spaced]] = {}
    if TILED.refusal(spec) is None:
        seconds = predict_seconds(spec, TILED.cost(spec), available_cores())
        found[seconds + predict_setup(TILED.pipeline(spec)) / calls] = Tiled
    if depthwise_adjoint.refusal(spec) is None:
        found[_spaced_seconds(spec, calls)] = Spaced
    if not found:
        return None
    weight = np.random.default_rng(0).standard_normal(spec.weight_shape).astype(spec.compute_dtype)
    phases = Phases(spec, weight, None, None, exact=exact, calls=calls)
    least = min(found)
    return found[least] if least < SCATTERED * phases.seconds else None


def _spaced_seconds(spec: ConvSpec, calls: int) -> float:
    total = 0.0
    for part, _ in depthwise_adjoint.part_specs(spec):
        setup = predict_setup(DEPTHWISE.pipeline(part))
        total += predict_seconds(part, DEPTHWISE.cost(part), available_cores()) + setup / calls
    return total


class Way(Protocol):
    """One way of computing an adjoint."""

    finishes: bool
    """Whether it adds the bias and applies the activation, too."""

    def renew(self, weight: Array) -> bool:
        """Take other weights, of the same shape and type; say whether to where those before lie."""

    def __call__(self, x: Array, out: Array) -> None:
        """Compute the adjoint of ``x`` into ``out``; both of ``spec.compute_dtype``, channels first."""


class Taps:
    """NumPy's loop over the taps."""

    finishes = False

    def __init__(self, spec: ConvSpec, weight: Array) -> None:
        self.spec, self.weight = spec, weight

    def renew(self, weight: Array) -> bool:
        """Take other weights."""
        self.weight = weight
        return False

    def __call__(self, x: Array, out: Array) -> None:
        """Send each cell of ``x`` to its window."""
        out[...] = input_gradient(self.spec, self.weight, x)


class Compiled(ABC):
    """Calls of compiled functions, repeated where the arrays lie in memory as the last ones did."""

    finishes = True

    def __init__(self, spec: ConvSpec, weight: Array, bias: Array | None, activation: str | None) -> None:
        self.spec, self.epilogue = spec, Epilogue(bias, activation)
        self.state = self.prepare(weight)
        self.last: tuple[tuple[int, ...], Replay] | None = None

    def renew(self, weight: Array) -> bool:
        """Take other weights, in place if that can be; else the last call is none that can be repeated."""
        if not self.take(weight):
            self.state, self.last = self.prepare(weight), None
            return False
        return True

    def take(self, weight: Array) -> bool:
        """Take other weights to where those before lie, or do nothing and return False."""
        return False

    @abstractmethod
    def prepare(self, weight: Array) -> Any:
        """Do what depends on the weights alone."""

    @abstractmethod
    def run(self, x: Array, out: Array) -> Epilogue:
        """Compute the adjoint, and return what is left to do."""

    def __call__(self, x: Array, out: Array) -> None:
        """Repeat the last call; or run anew, and NumPy for an activation that is left."""
        strides = x.strides + out.strides
        if (last := self.last) and last[0] == strides and last[1](x, out):
            return
        with Recording() as recording:
            left = self.run(x, out)
        if left.done and out.size and (replay := recording.replay(x, out)):
            self.last = strides, replay
        activate(out, left.activation)

    def bound(self, x: Array, out: Array) -> Bound | None:
        """Return what repeats the call on these arrays; None where it takes others, or NumPy."""
        with Recording() as recording:
            left = self.run(x, out)
        return recording.bound(x, out) if left.done else None


class Tiled(Compiled):
    """All phases by one compiled pipeline."""

    def prepare(self, weight: Array) -> Any:
        """Order the weights of all phases."""
        return TILED.prepare(self.spec, weight)

    def take(self, weight: Array) -> bool:
        """Order other weights in place."""
        return TILED.renew(self.spec, self.state, weight, self.epilogue.bias)

    def run(self, x: Array, out: Array) -> Epilogue:
        """Compute all phases at once."""
        return TILED.run_with(self.spec, self.state, x, out, self.epilogue)


class Spaced(Compiled):
    """Each channel by itself, with zeros between the cells of its rows, by the depthwise loops."""

    def prepare(self, weight: Array) -> Any:
        """Order the weights of each part."""
        return depthwise_adjoint.prepare(self.spec, weight)

    def run(self, x: Array, out: Array) -> Epilogue:
        """Compute part after part."""
        return depthwise_adjoint.run(self.spec, self.state, x, out, self.epilogue)


class Folded:
    """The adjoint of the padded image, its border added to the cells that it shows."""

    finishes = False

    def __init__(self, spec: ConvSpec, whole: Way) -> None:
        self.spec, self.whole = spec, whole

    def renew(self, weight: Array) -> bool:
        """Take other weights."""
        return self.whole.renew(weight)

    def __call__(self, x: Array, out: Array) -> None:
        """Compute the padded result, and fold its border back."""
        padded = np.empty((*out.shape[:2], *self.spec.padded_size), out.dtype)
        self.whole(x, padded)
        out[...] = unpad(padded, self.spec.pads, self.spec.border)


class Phases:
    """
    One convolution at stride 1 for each phase of the output, planned like any other.

    References
    ----------
    W. Shi et al., Is the deconvolution layer the same as a convolutional layer?, 2016, arXiv:1609.07009.
    """

    finishes = True

    def __init__(
        self,
        spec: ConvSpec,
        weight: Array,
        bias: Array | None,
        activation: str | None,
        *,
        exact: bool,
        calls: int,
    ) -> None:
        self.spec, self.bias, self.activation = spec, bias, activation
        backward = _backward(spec, weight)
        self.parts: list[tuple[Phase, PreparedConv]] = []
        self.unreached: list[Slices] = []
        self.renewed = False  # since then no call looks at its numbers
        for phase in phases(spec):
            if isinstance(phase, Phase):
                conv = PreparedConv(
                    _reversed(backward, phase),
                    bias,
                    spec.dims,
                    calls=calls,
                    stride=1,
                    padding=phase.pads,
                    border="constant",
                    dilation=phase.spacing,
                    groups=spec.groups,
                    flip=False,
                    layout=spec.layout,
                    activation=activation,
                    exact=exact,
                    algorithm="auto",
                )
                self.parts.append((phase, conv))
            else:
                self.unreached.append(phase)

    def renew(self, weight: Array) -> bool:
        """Take other weights, each phase its own."""
        backward = _backward(self.spec, weight)
        self.renewed = True
        taken = [conv.renew(_reversed(backward, phase), self.bias) for phase, conv in self.parts]
        return all(taken)

    def __call__(self, x: Array, out: Array) -> None:
        """Run the phases, each into its cells of the output."""
        for phase, conv in self.parts:
            image, cells = self._parts_of(phase, x, out)
            conv(image, out=cells)
        self._fill_unreached(out)

    def _fill_unreached(self, out: Array) -> None:
        for cells in self.unreached:
            part = out[at[:, :, *cells]]
            part[...] = 0
            add_bias(part, self.bias)
            activate(part, self.activation)

    def bound(self, x: Array, out: Array) -> Bound | None:
        """Compute, and return what does so again; None where that takes NumPy, or a look at the numbers."""
        found = [conv.bound(*self._parts_of(phase, x, out)) for phase, conv in self.parts]
        self._fill_unreached(out)
        bound = [again for again, _ in filter(None, found)]
        is_whole = self.renewed and len(bound) == len(found) and not self.unreached
        return Bound.joined(bound) if is_whole else None

    @property
    def seconds(self) -> float:
        """Predict how long a run takes, with its share of what comes before the first."""
        spec = self.spec
        total = 0.0
        for phase, conv in self.parts:
            size = tuple(part.stop - part.start for part in phase.inside)
            shape = join_shape(spec.batch, spec.out_channels, size, spec.layout)
            chosen = conv.plan(shape, spec.compute_dtype).chosen
            total += chosen.seconds + chosen.setup / conv.calls
        return total

    def _parts_of(self, phase: Phase, x: Array, out: Array) -> tuple[Array, Array]:
        return self._laid_out(x[at[:, :, *phase.inside]]), self._laid_out(out[at[:, :, *phase.cells]])

    def _laid_out(self, x: Array) -> Array:
        return np.moveaxis(x, 1, -1) if self.spec.layout == LAST else x


def _reversed(backward: Array, phase: Phase) -> Array:
    """Take the weights of a phase, in the order in which its windows meet them."""
    return np.flip(backward[at[:, :, *phase.taps]], tuple(range(2, backward.ndim)))


def _backward(spec: ConvSpec, weight: Array) -> Array:
    """Order weights (K, C / groups, …) as those of a convolution from K channels to C."""
    grouped = reshaped(weight, spec.groups, -1, *weight.shape[1:])
    return reshaped(grouped.swapaxes(1, 2), spec.in_channels, -1, *spec.kernel_size)


def _bare(spec: ConvSpec) -> ConvSpec:
    """Return the same convolution of the padded image, which has no border."""
    shape = join_shape(spec.batch, spec.in_channels, spec.padded_size, spec.layout)
    return spec.replace(input_shape=shape, padding=0, border="constant")
