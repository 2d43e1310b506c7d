"""Winograd's minimal filtering: small kernels at stride 1 with a fraction of the multiplications, compiled."""

import itertools
import math
from dataclasses import dataclass, field, replace
from typing import ClassVar, Self

import numpy as np

from convolens.algorithms.base import NOTHING, Algorithm, Array, Cost, Epilogue, Pipeline, roundoff
from convolens.algorithms.compiled import (
    CLAMPS,
    MOST_DIMS,
    fused_activation,
    is_read_in_place,
    vector_lanes,
    volumes,
)
from convolens.algorithms.plain import plain_of
from convolens.algorithms.windows import at
from convolens.algorithms.winograd_tiles import (
    TILES,
    Phase,
    is_shared,
    is_whole,
    panel_count,
    phase_blocks,
    phases_of,
    tile_count,
    vectors_of,
    whole_parts,
)
from convolens.algorithms.winograd_weights import transformed, transforming
from convolens.pipelines.toom_cook import Transform, toom_cook
from convolens.runtime import compile as compiler
from convolens.runtime.call import Function, Pinned
from convolens.runtime.cpu import cpu
from convolens.runtime.replay import Repeated
from convolens.runtime.script import perform
from convolens.runtime.threads import thread_count
from convolens.spec.geometry import ConvSpec
from convolens.spec.layout import LAST

PIPELINE = "convolens.pipelines.winograd"
LEAST_TAPS = 3
SHARE_OF_PEAK = 0.72  # that the products reach
# Operations in the time that a point of a tile is looked up, that a number is transformed, that a number is set
# beside its channels or apart from them, and that a transformed weight comes in.
LOOKUP, TRANSFORM, TURNING, WEIGHT = 2000, 25, 130, 18
ROUNDOFFS = 2.0  # standard deviations that the error bound allows for


@dataclass(frozen=True, slots=True)
class Transformed:
    """
    Transformed weights, and what else stays the same from call to call.

    Attributes
    ----------
    weights : tuple of Pinned
        For each group, (panels × rows × columns × kernel depth × C, vectors, lanes).
    again : Repeated
        What writes others there, from weights (K, C / groups, kd, kh, kw).
    zeros : Pinned
        The bias of a group where there is none.
    phases : tuple of Phase
        One for each cell of the dilation; a single one without.
    parameters : dict
        What the pipeline is compiled for, the layout, the order of work and the activation aside.
    functions : dict
        The compiled pipelines, by what :meth:`function` takes, as they are needed.
    """

    weights: tuple[Pinned, ...]
    again: Repeated
    zeros: Pinned
    phases: tuple[Phase, ...]
    parameters: dict[str, str | int]
    functions: dict[tuple[bool, bool, bool, str, bool], Function] = field(default_factory=dict)

    def function(
        self, channels_last: bool, shared: bool, whole: bool, activation: str, *, residual: bool = False
    ) -> Function:
        """Return the compiled pipeline for arrays of one layout."""
        key = channels_last, shared, whole, activation, residual
        if key not in self.functions:
            choice: dict[str, str | bool] = {
                "channels_last": channels_last,
                "shared": shared,
                "whole": whole,
                "activation": activation,
                "residual": residual,
            }
            self.functions[key] = compiler.load(PIPELINE, **self.parameters, **choice)
        return self.functions[key]


@dataclass(frozen=True)
class Winograd(Algorithm[Transformed]):
    r"""
    Minimal filtering in tiles: :math:`A^T [\sum (G g G^T) \odot (B^T d B)] A`.

    F(4, 3) takes 36 products for the 144 of a 4 × 4 tile under a 3 × 3 kernel, F(2, 5) as many for 100. Rows and
    columns are transformed where the kernel extends along them; planes of a volume are summed directly. A dilated
    kernel sees the image in phases, each an ordinary convolution.

    References
    ----------
    A. Lavin, S. Gray, Fast algorithms for convolutional neural networks, 2016, doi:10.1109/CVPR.2016.435.
    S. Winograd, Arithmetic complexity of computations, 1980, doi:10.1137/1.9781611970364.
    """

    name: ClassVar = "winograd-4"
    summary: ClassVar = "minimal filtering F(4, 3), or F(2, 5), compiled"
    plain_sum: ClassVar = False
    compiled: ClassVar = True
    size: ClassVar = 6  # inputs of a tile along one axis: tile + taps − 1
    pool: int = 1  # rows and columns of sums of which the largest is written

    def refusal(self, spec: ConvSpec) -> str | None:
        """Refuse what is no small kernel at stride 1 over enough float channels."""
        if spec.compute_dtype.kind != "f":
            return "integers are summed exactly"
        if not math.isfinite(spec.border.value):
            return "a border that is not finite would spread"
        if spec.dims > MOST_DIMS:
            return f"it has at most {MOST_DIMS} dimensions"
        if (plain := plain_of(spec)) and max(spec.stride) > 1:
            spec = plain.spec
        taps = spec.kernel_size[-2:]
        if max(taps) == 1 or any(k != 1 and not LEAST_TAPS <= k < self.size for k in taps):
            return f"kernels must be {LEAST_TAPS} to {self.size - 1} wide, or 1 along one axis"
        if any(s != 1 for s in spec.stride[-2:]):
            return "the stride must be 1, or leave 3 to 5 kernel cells in steps of its own"
        if min(spec.weight_shape[1], spec.out_channels // spec.groups) < vector_lanes(spec):
            return f"it needs {vector_lanes(spec)} channels and kernels a group"
        return compiler.unavailable()

    def transforms(self, spec: ConvSpec) -> tuple[Transform, Transform]:
        """Return what rows and columns, the y and the x axis, go through."""
        taps = (1, *spec.kernel_size)[-2:]
        vertical, horizontal = (toom_cook(1, 1) if k == 1 else toom_cook(self.size - k + 1, k) for k in taps)
        return vertical, horizontal

    def pooling(self, spec: ConvSpec, window: tuple[int, ...], activation: str | None) -> Self | None:
        """Keep the largest sum of each square, where squares fill tiles and arrays are not seen otherwise."""
        if activation not in CLAMPS or plain_of(spec) or max(spec.dilation[-2:]) > 1:
            return None
        *deep, down, across = (1, *window)
        tiles = [transform.tile for transform in self.transforms(spec)]
        if down != across or set(deep) != {1} or any(tile % across for tile in tiles):
            return None
        return replace(self, pool=across)

    def cost(self, spec: ConvSpec) -> Cost:
        """Count products in the transformed domain with what holds them up, the transforms, and the weights."""
        if plain := plain_of(spec):
            return self.cost(plain.spec)
        vertical, horizontal = self.transforms(spec)
        points, planes = vertical.size * horizontal.size, math.prod(spec.kernel_size[:-2])
        phases = math.prod(spec.dilation[-2:])
        tiles = tile_count(spec, vertical, horizontal)[0]  # of a phase
        channels, kernels = planes * spec.weight_shape[1], spec.out_channels // spec.groups
        panel, panels = vectors_of(spec, kernels) * vector_lanes(spec), panel_count(spec, kernels)
        blocks = phase_blocks(spec, vertical, horizontal)
        products = 2 * phases * blocks.count * blocks.work / SHARE_OF_PEAK
        reading = WEIGHT * (1 + phases) / 2  # all phases but the first find them half as far away
        transforms = LOOKUP * points + TRANSFORM * points * (channels + kernels)
        if spec.layout != LAST:
            transforms += TURNING * vertical.tile * horizontal.tile * (channels + kernels)
        operations = points * (products + reading) * channels * panels * panel + phases * tiles * transforms
        item = spec.compute_dtype.itemsize
        held = thread_count() * whole_parts(blocks.tiles, blocks.register) * blocks.register
        inputs = tiles if is_shared(spec, tiles, points) else held
        return Cost(
            operations=int(spec.groups * operations),
            work="compiled",
            traffic=0,
            calls=10 * spec.groups * phases,
            workspace=points * (inputs * channels + held * panel) * item,
        )

    def error_bound(self, spec: ConvSpec) -> float:
        r"""
        Bound the error that is likely at worst: twice its standard deviation for the worst input.

        Each of n channels adds one rounding to a partial sum that grows to its end; the roundings of both
        transforms count as three more a dimension. With independent roundings the error is at most
        :math:`2 u \gamma \sqrt{n / 3 + 6}`, with γ the transforms' growth.

        References
        ----------
        N. J. Higham, T. Mary, A new approach to probabilistic rounding error analysis, 2019,
        doi:10.1137/18M1226312.
        """
        spec = plain.spec if (plain := plain_of(spec)) else spec
        vertical, horizontal = self.transforms(spec)
        terms = spec.weight_shape[1] * math.prod(spec.kernel_size[:-2])
        growth = vertical.growth * horizontal.growth
        return ROUNDOFFS * roundoff(spec) * growth * math.sqrt(terms / 3 + 6)

    def pipeline(self, spec: ConvSpec) -> Pipeline:
        """Name the pipeline for arrays that lie in memory as the spec says."""
        if plain := plain_of(spec):
            return self.pipeline(plain.spec)
        vertical, horizontal = self.transforms(spec)
        vectors = vectors_of(spec, spec.out_channels // spec.groups)
        tiles = tile_count(spec, vertical, horizontal)[0]
        return PIPELINE, {
            "dtype": str(spec.compute_dtype), "lanes": vector_lanes(spec), "vectors": vectors,
            "most_tiles": TILES[cpu().vector_registers][vectors],
            "tile_height": vertical.tile, "kernel_height": vertical.taps,
            "tile_width": horizontal.tile, "kernel_width": horizontal.taps,
            "channels_last": spec.layout == LAST,
            "shared": is_shared(spec, tiles, vertical.size * horizontal.size),
            "whole": spec.layout != LAST and spec.dilation[-1] == 1 and is_whole(spec, vertical, horizontal),
            "pool": self.pool,
            "activation": "clamp", "residual": False,
            compiler.FETCHES: cpu().fetches_ahead,
        }  # fmt: skip

    def prepare(self, spec: ConvSpec, weight: Array) -> Transformed:
        """Transform the weights, and lay out tiles and borders."""
        if plain := plain_of(spec):
            return self.prepare(plain.spec, plain.weights(weight))
        vertical, horizontal = self.transforms(spec)
        parameters = self.pipeline(spec)[1]
        last, shared, whole = (bool(parameters.pop(name)) for name in ("channels_last", "shared", "whole"))
        packed = transformed(spec, weight, vertical, horizontal)
        phases = phases_of(spec, vertical, horizontal)
        zeros = Pinned(np.zeros(spec.out_channels // spec.groups, spec.compute_dtype))
        activation, _ = str(parameters.pop("activation")), parameters.pop("residual")
        again = transforming(spec, packed, vertical, horizontal)
        state = Transformed(packed, again, zeros, phases, parameters)
        state.function(last, shared, whole, activation)
        return state

    def renew(self, spec: ConvSpec, state: Transformed, weight: Array, bias: Array | None) -> bool:
        """Transform the weights to where those before lie; a bias of this type is read from its own place."""
        if weight.dtype != spec.compute_dtype or not is_read_in_place(bias, spec.compute_dtype):
            return False
        if plain := plain_of(spec):
            perform(lambda: self.renew(plain.spec, state, plain.weights(weight), bias))
        else:
            state.again(volumes(weight))
        return True

    def run(self, spec: ConvSpec, state: Transformed, x: Array, out: Array) -> None:
        """Filter alone."""
        self.run_with(spec, state, x, out, NOTHING)

    def run_with(self, spec: ConvSpec, state: Transformed, x: Array, out: Array, epilogue: Epilogue) -> Epilogue:
        """Call the pipeline for each phase and group; add bias, and a residual that lies alike; then activate."""
        if plain := plain_of(spec):
            added = epilogue.residual
            following = epilogue if added is None else replace(epilogue, residual=plain.output(added))
            left = self.run_with(plain.spec, state, plain.image(x), plain.output(out), following)
            return left if left.residual is None else replace(left, residual=added)
        source, target = (np.moveaxis(volumes(a), 1, -1) for a in (x.astype(out.dtype, copy=False), out))
        channels_last = source.strides[-1] == target.strides[-1] == source.itemsize
        added = _added(epilogue.residual, target, channels_last)
        lies = epilogue.residual is None or added is not None
        fused = fused_activation(epilogue.activation, out.dtype) if lies else None
        left = NOTHING if fused else replace(epilogue, bias=None, residual=None if lies else epilogue.residual)
        activation, clamps = fused or ("clamp", CLAMPS[None])
        if not out.size:
            return left
        groups = len(state.weights)
        channels, kernels = source.shape[-1] // groups, target.shape[-1] // groups
        biases = [state.zeros] * groups
        if epilogue.bias is not None:
            given = epilogue.bias
            given = given if is_read_in_place(given, out.dtype) else np.array(given, out.dtype)
            biases = list(map(Pinned, given.reshape(groups, -1)))
        for phase, (g, weights) in itertools.product(state.phases, enumerate(state.weights)):
            image = source[..., g * channels : (g + 1) * channels]
            written = at[:, *phase.cells, g * kernels : (g + 1) * kernels]
            result, adds = target[written], [] if added is None else [added[written]]
            whole = phase.whole and not channels_last and result.strides[-2] == result.itemsize
            function = state.function(channels_last, phase.shared, whole, activation, residual=bool(adds))
            function(image, weights, biases[g], *phase.tables, *adds, result, scalars=(*phase.scalars, *clamps))
        return left


class WinogradSmall(Winograd):
    """Minimal filtering F(2, 3): 16 products for 36, a smaller error, and fewer weights to read for small maps."""

    name: ClassVar = "winograd-2"
    summary: ClassVar = "minimal filtering F(2, 3), compiled"
    size: ClassVar = 4


def _added(residual: Array | None, target: Array, channels_last: bool) -> Array | None:
    """View a residual as the output, if its neighbours in memory are those of the output."""
    if residual is None or residual.dtype != target.dtype:
        return None
    added = np.moveaxis(volumes(residual), 1, -1)
    axis = -1 if channels_last else -2
    return added if added.strides[axis] == target.strides[axis] else None
