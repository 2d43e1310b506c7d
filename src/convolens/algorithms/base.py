"""What every algorithm is: what it takes, what it costs, how far it may be off, and how it runs."""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, Literal, Self, TypeVar

import numpy as np
import numpy.typing as npt

from convolens.spec.geometry import ConvSpec

Array = npt.NDArray[Any]
State = TypeVar("State")


@dataclass(frozen=True, slots=True)
class Cost:
    """
    What one run takes, known from the spec alone.

    Attributes
    ----------
    operations : int
        Multiplications and additions, as the algorithm does them.
    work : str
        Where they are done: in a ``python`` loop, a ``stream`` over arrays, a ``matmul``, an ``fft``, or
        ``compiled`` loops.
    traffic : int
        Bytes read and written beside these operations: padding, copying, unfolding.
    calls : int
        NumPy calls, each with its fixed overhead.
    workspace : int
        Bytes held at most beyond input, weight and output.
    """

    operations: int
    work: Literal["python", "stream", "matmul", "fft", "compiled"]
    traffic: int
    calls: int
    workspace: int


@dataclass(frozen=True, slots=True, eq=False)
class Epilogue:
    """
    What follows the sums, where an algorithm can do it before they leave its registers.

    Attributes
    ----------
    bias : ndarray, shape (K,), optional
        One number for each kernel.
    activation : str, optional
        Its name.
    residual : ndarray, shape (N, K, output size…), optional
        What is added before the activation, like the output: a view, wherever the channels lie in memory.
    """

    bias: Array | None = None
    activation: str | None = None
    residual: Array | None = None

    @property
    def done(self) -> bool:
        """Whether nothing is left to do."""
        return self.bias is None and self.activation is None and self.residual is None


NOTHING = Epilogue()

Pipeline = tuple[str, dict[str, str | int]]
"""A module of pipelines, and the parameters that it is compiled for."""


class Algorithm(ABC, Generic[State]):
    """
    One way of computing the cross-correlation that a :class:`ConvSpec` asks for.

    Arrays come as views with the axes (N, C, size…), wherever the channels lie in memory; weights come as
    (K, C / groups, kernel size…), turned already if the spec says ``flip``.
    """

    name: ClassVar[str]
    summary: ClassVar[str]
    plain_sum: ClassVar[bool]
    """Whether the error is that of the plain sum of products, and NaN and infinity stay where they belong."""
    compiled: ClassVar[bool] = False
    """
    Whether a run, unless it has to copy, is calls of compiled functions alone, which may be repeated.

    In compiled loops subnormal numbers, those below 1.2e-38 in float32 and 2.2e-308 in float64, count as zero.
    """

    def refusal(self, spec: ConvSpec) -> str | None:
        """Say why this algorithm does not take ``spec``; None if it does."""
        return None

    @abstractmethod
    def cost(self, spec: ConvSpec) -> Cost:
        """Count what one run takes."""

    @abstractmethod
    def error_bound(self, spec: ConvSpec) -> float:
        """
        Tell how far off any output cell may be, beside max |input or border| · Σ |weights of a kernel|.

        For plain sums a bound to first order, before the result is rounded to a narrower type.
        """

    def pooling(self, spec: ConvSpec, window: tuple[int, ...], activation: str | None) -> Self | None:
        """
        Return this algorithm as one that pools on the way: what it writes is what is left after max pooling.

        ``window`` has the cells along each dimension of windows side by side, of which only whole ones count; they
        are pooled after the bias and ``activation``, neither of which may be left. None where it cannot.
        """
        return None

    def pipeline(self, spec: ConvSpec) -> Pipeline | None:
        """Name the compiled pipeline that a run takes; None if it needs none."""
        return None

    @abstractmethod
    def prepare(self, spec: ConvSpec, weight: Array) -> State:
        """Do what depends on the weights alone."""

    def renew(self, spec: ConvSpec, state: State, weight: Array, bias: Array | None) -> bool:
        """
        Take other weights into the arrays of ``state``, so that calls which were recorded hold them from now on.

        ``bias`` is the array that these calls were given, whose numbers may be others, too. The new weights lead
        to what they would if they had been renewed before: to the same bits, but maybe not to those of
        :meth:`prepare`. False, where nothing was done and the state has to be prepared anew.
        """
        return False

    def adds_in_place(self, spec: ConvSpec, x: Array, out: Array) -> bool:
        """Tell whether ``out``, as it lies in memory, may be the residual, too, under any weights."""
        return False

    @abstractmethod
    def run(self, spec: ConvSpec, state: State, x: Array, out: Array) -> None:
        """Write the cross-correlation of ``x`` into ``out``, an array of ``spec.compute_dtype``."""

    def run_with(self, spec: ConvSpec, state: State, x: Array, out: Array, epilogue: Epilogue) -> Epilogue:
        """Run, do of ``epilogue`` what can be done on the way, in its order, and return what is left."""
        self.run(spec, state, x, out)
        return epilogue


def roundoff(spec: ConvSpec) -> float:
    """Half a unit in the last place of the type that sums are taken in; 0 for integers."""
    return float(np.finfo(spec.compute_dtype).eps) / 2 if spec.compute_dtype.kind == "f" else 0.0


def result_rounding(spec: ConvSpec) -> float:
    """Half a unit in the last place of a result that is narrower than the sums, float16; else 0."""
    return 0.0 if spec.result_dtype == spec.compute_dtype else float(np.finfo(spec.result_dtype).eps) / 2


def plain_sum_bound(spec: ConvSpec) -> float:
    """
    Bound the error of a plain sum of n products, in any order: (n + 1) u.

    To first order n u comes of the products and their additions, and u of an input of integers that the type of
    the sums has to round.

    References
    ----------
    N. J. Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., 2002, eq. (3.4).
    """
    return (math.prod(spec.weight_shape[1:]) + 1) * roundoff(spec)
