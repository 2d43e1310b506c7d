"""The choice of an algorithm for the gradient with respect to the weights, as for the convolution itself."""

import functools
from typing import ClassVar

from convolens.algorithms.weight_gradient_depthwise import DepthwiseWeightGradient
from convolens.algorithms.weight_gradient_few import FewWeightGradient
from convolens.algorithms.weight_gradient_tiled import TiledWeightGradient
from convolens.algorithms.weight_gradient_winograd import WinogradWeightGradient
from convolens.algorithms.weight_gradients import Taps, WeightGradient
from convolens.planning.circumstances import circumstances
from convolens.planning.cost import predict_seconds, predict_setup
from convolens.planning.plan import Estimate, Plan
from convolens.runtime.cpu import available_cores
from convolens.spec.geometry import ConvSpec

TRAINING = 1000  # calls that a gradient is taken to see: compiling pays only where that makes up for it

WEIGHT_GRADIENTS: dict[str, WeightGradient] = {
    algorithm.name: algorithm
    for algorithm in (
        Taps(),
        TiledWeightGradient(),
        FewWeightGradient(),
        WinogradWeightGradient(),
        DepthwiseWeightGradient(),
    )
}


class WeightGradientPlan(Plan):
    """How the gradient of one convolution with respect to its weights will be computed, and why so."""

    __slots__ = ()
    algorithms: ClassVar = WEIGHT_GRADIENTS


def plan_weight_gradient(spec: ConvSpec, *, exact: bool = False) -> WeightGradientPlan:
    """
    Choose the fastest algorithm for the gradient of the convolution ``spec`` with respect to its weights.

    With ``exact`` only those that keep NaN and infinity where they belong.

    >>> plan_weight_gradient(ConvSpec((1, 3, 8, 8), (4, 3, 3, 3), dtype="int16")).chosen.algorithm
    'taps'
    """
    return _plan(spec, exact, available_cores(), circumstances())


@functools.lru_cache(maxsize=1024)
def _plan(spec: ConvSpec, exact: bool, cores: int, _circumstances: tuple[object, ...]) -> WeightGradientPlan:
    estimates = tuple(
        sorted(
            (_estimate(spec, algorithm, exact, cores) for algorithm in WEIGHT_GRADIENTS.values()),
            key=lambda e: (bool(e.refusal), e.setup + TRAINING * e.seconds),
        )
    )
    return WeightGradientPlan(spec, estimates[0], estimates, cores)


def _estimate(spec: ConvSpec, algorithm: WeightGradient, exact: bool, cores: int) -> Estimate:
    refusal = algorithm.refusal(spec)
    if exact and not algorithm.plain_sum:
        refusal = refusal or "exact=True asks for the plain sum"
    if refusal:
        return Estimate(algorithm.name, refusal, 0.0, 0.0, 0)
    cost = algorithm.cost(spec)
    seconds, setup = predict_seconds(spec, cost, cores), predict_setup(algorithm.pipeline(spec))
    return Estimate(algorithm.name, None, seconds, algorithm.error_bound(spec), cost.workspace, setup)
