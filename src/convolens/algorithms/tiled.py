"""The direct sum in register tiles: compiled loops that run at the processor's multiply-add peak."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from convolens.algorithms import channels_first
from convolens.algorithms.base import NOTHING, Algorithm, Array, Cost, Epilogue, Pipeline, plain_sum_bound
from convolens.algorithms.compiled import CLAMPS, MOST_DIMS, fused_activation, volumes
from convolens.algorithms.panels import Panels
from convolens.algorithms.parts import Part, cost_of, parts_of, whole
from convolens.runtime import compile as compiler
from convolens.runtime.call import Pinned
from convolens.runtime.cpu import available_cores
from convolens.runtime.script import perform, reshaped
from convolens.runtime.threads import thread_count
from convolens.spec.geometry import ConvSpec
from convolens.spec.layout import LAST


@dataclass(frozen=True, slots=True)
class Constants:
    """
    What the pipeline takes that stays the same from call to call.

    Attributes
    ----------
    packed : list of ndarray
        The weights of each group, in panels.
    bias : Pinned
        (panels, kernels a panel): zeros.
    calls : tuple of Call
        One for each part of the output.
    filled : list
        The bias of the last call, and that of each group filled up to whole panels; at most one such pair.
    """

    packed: list[Array]
    bias: Pinned
    calls: tuple["Call", ...]
    filled: list[tuple[Array, list[Pinned]]] = field(default_factory=list)

    def biases(self, bias: Array | None) -> list[Pinned]:
        """Fill up each group's part of ``bias`` to whole panels; once for as long as it is the same array."""
        groups = len(self.packed)
        if bias is None:
            return [self.bias] * groups
        found = next((filled for given, filled in self.filled if given is bias), None)
        if found is None:
            found = [Pinned(np.zeros_like(self.bias.array)) for _ in range(groups)]
            _fill(found, bias)
            self.filled[:] = [(bias, found)]
        return found


@dataclass(frozen=True, slots=True)
class Call:
    """
    What one part of the output takes, under some rows of the kernel.

    Attributes
    ----------
    part : Part
        Which one, and how it is computed.
    image : tuple of slice
        What these rows may see of the image.
    weights : tuple of Pinned
        Those of each group, in panels.
    tables : tuple of Pinned
        For x, y, z: the image cell of each padded cell, −1 where the border's constant lies; none without pads.
    first, last : bool
        Whether these are the first, and the last rows; between, the output holds what is summed so far.
    """

    part: Part
    image: tuple[slice, ...]
    weights: tuple[Pinned, ...]
    tables: tuple[Pinned, ...]
    first: bool
    last: bool


@dataclass(slots=True)
class Weights:
    """
    Weights, and what was made of them for channels that lie together, or apart, as it was needed.

    Attributes
    ----------
    weight : ndarray
        As it came last.
    together : list of Constants
        At most one.
    apart : list of channels_first.Packed
        At most one.
    """

    weight: Array
    together: list[Constants] = field(default_factory=list)
    apart: list[channels_first.Packed] = field(default_factory=list)


class Tiled(Algorithm[Weights]):
    """
    Sum of products over channels and kernel cells, a tile of pixels by kernels at a time held in registers.

    One compiled pipeline serves all sizes, kernels, strides, dilations and borders in up to three dimensions.
    Where windows stay in the image it is read in place; else a block of it, with its border, goes through a
    scratch array that stays in cache. Long sums are taken in chunks of the channels, those of large kernels in
    bands of kernel rows.

    References
    ----------
    E. Georganas et al., Anatomy of High-Performance Deep Learning Convolutions on SIMD Architectures, 2018,
    doi:10.1109/SC.2018.00069.
    """

    name: ClassVar = "tiled"
    summary: ClassVar = "the direct sum in register tiles, compiled"
    plain_sum: ClassVar = True
    compiled: ClassVar = True

    def refusal(self, spec: ConvSpec) -> str | None:
        """Refuse integers and more than three dimensions, and everything where nothing can be compiled."""
        if spec.compute_dtype.kind != "f":
            return "its sums of integers would not be exact"
        if spec.dims > MOST_DIMS:
            return f"it has at most {MOST_DIMS} dimensions"
        return compiler.unavailable()

    def cost(self, spec: ConvSpec) -> Cost:
        """Count the products of whole panels and tiles, and the image's way through the scratch."""
        return cost_of(parts_of(spec)) if spec.layout == LAST else channels_first.cost(spec)

    def error_bound(self, spec: ConvSpec) -> float:
        """Bound a plain sum's error."""
        return plain_sum_bound(spec)

    def pipeline(self, spec: ConvSpec) -> Pipeline:
        """Name the pipeline for arrays that lie in memory as the spec says."""
        if spec.layout != LAST:
            return channels_first.pipeline(spec)
        panels = parts_of(spec)[0].panels
        return panels.pipeline, panels.parameters(available_cores())

    def prepare(self, spec: ConvSpec, weight: Array) -> Weights:
        """Order the weights, and lay out borders, for arrays that lie in memory as the spec says."""
        state = Weights(weight)
        if spec.layout == LAST:
            _together(spec, state)
            for part in parts_of(spec):
                compiler.load(part.panels.pipeline, **part.panels.parameters(thread_count()))
        else:
            _apart(spec, state)
        return state

    def renew(self, spec: ConvSpec, state: Weights, weight: Array, bias: Array | None) -> bool:
        """Order the weights where those before lie; whether they are finite is not asked."""
        if state.apart or not state.together:
            return False
        (constants,), panels = state.together, Panels.of(spec)
        if any(given is not bias for given, _ in constants.filled):
            return False
        state.weight = weight
        groups = reshaped(weight, spec.groups, -1, *weight.shape[1:])
        for group, packed in zip(groups, constants.packed, strict=True):
            panels.pack(group, packed)
        for given, filled in constants.filled:
            _fill(filled, given)
        return True

    def adds_in_place(self, spec: ConvSpec, x: Array, out: Array) -> bool:
        """Tell whether channels lie together: then no cell is written twice."""
        return all(_innermost(np.moveaxis(volumes(a), 1, -1)) for a in (x, out))

    def run(self, spec: ConvSpec, state: Weights, x: Array, out: Array) -> None:
        """Sum alone."""
        self.run_with(spec, state, x, out, NOTHING)

    def run_with(self, spec: ConvSpec, state: Weights, x: Array, out: Array, epilogue: Epilogue) -> Epilogue:
        """Call the pipeline once for each group; add bias and residual, and apply the activation."""
        if not out.size:
            return NOTHING
        source, target = (np.moveaxis(volumes(a), 1, -1) for a in (x.astype(out.dtype, copy=False), out))
        if _innermost(source) and _innermost(target):
            return _run(spec, _together(spec, state), source, target, epilogue)
        return channels_first.run(spec, _apart(spec, state), source, target, epilogue)


def _together(spec: ConvSpec, state: Weights) -> Constants:
    """Return what loops over neighbouring channels need; two threads may make it, and either's will do."""
    if not state.together:
        panels = Panels.of(spec)
        parts = parts_of(spec) if np.isfinite(state.weight).all() else (whole(spec),)  # ∞ · 0 is NaN
        packed = [panels.pack(group) for group in np.split(state.weight, spec.groups)]
        bias = Pinned(np.zeros((panels.count, panels.width), spec.compute_dtype))
        calls = [call for part in parts for call in _calls(part, panels, packed)]
        state.together.append(Constants(packed, bias, tuple(calls)))
    return state.together[0]


def _calls(part: Part, panels: Panels, packed: list[Array]) -> Iterator[Call]:
    """Cut the kernel into bands of rows whose sums are short enough."""
    (planes, rows, columns), bands = part.taps, part.panels.bands
    depth, lines, width = part.image
    for start, stop in bands:
        begin, above = rows.start or 0, start * part.panels.spec.dilation[-2:][0]
        taps = planes, rows if len(bands) == 1 else slice(begin + start, begin + stop), columns
        image, tables = part.image, part.panels.tables()
        if tables:
            tables[1] = tables[1][above:]
        else:
            image = (depth, slice((lines.start or 0) + above, lines.stop), width)
        yield Call(
            part,
            image,
            tuple(Pinned(_weights(part.panels, panels.under(weights, taps))) for weights in packed),
            tuple(map(Pinned, tables)),
            first=start == 0,
            last=stop == bands[-1][1],
        )


def _apart(spec: ConvSpec, state: Weights) -> channels_first.Packed:
    if not state.apart:
        state.apart.append(channels_first.prepare(spec, state.weight))
    return state.apart[0]


def _innermost(array: Array) -> bool:
    """Whether the numbers of the last axis are neighbours, those of a row where it has only one."""
    *_, row, last = array.strides
    return (last if array.shape[-1] > 1 else row) == array.itemsize


def _run(spec: ConvSpec, constants: Constants, source: Array, target: Array, epilogue: Epilogue) -> Epilogue:
    """Run where channels are innermost; the arrays come as (N, D, H, W, C)."""
    fused = fused_activation(epilogue.activation, target.dtype)
    left = NOTHING if fused else Epilogue(activation=epilogue.activation)
    if not target.size:
        return left
    biases = constants.biases(epilogue.bias)
    residual = None
    if epilogue.residual is not None:
        residual = np.moveaxis(volumes(epilogue.residual.astype(target.dtype, copy=False)), 1, -1)
    for call in constants.calls:
        panels, cells = call.part.panels, target[:, *call.part.cells]
        flat = _planes(cells, panels)
        if call.first:
            added = [] if residual is None else [_residual(residual[:, *call.part.cells], panels)]
        else:
            added = [flat]
        activation, clamp = (call.last and fused) or ("clamp", CLAMPS[None])
        threads = thread_count()
        parameters = panels.parameters(threads, activation, residual=bool(added))
        function, scalars = compiler.load(panels.pipeline, **parameters), (*panels.numbers(threads), *clamp)
        channels, kernels = panels.channels, flat.shape[-1] // spec.groups
        for g, (weights, bias) in enumerate(zip(call.weights, biases, strict=True)):
            image = _rows(source[:, *call.image, g * channels : (g + 1) * channels], panels)
            *adds, result = (array[..., g * kernels : (g + 1) * kernels] for array in (*added, flat))
            own = bias if call.last else constants.bias
            function(image, weights, own, *call.tables, *adds, result, scalars=scalars)
        if not np.may_share_memory(flat, cells):
            cells[...] = flat.reshape(cells.shape)
    return left


def _weights(panels: Panels, packed: Array) -> Array:
    """View the weights of a matrix product as (panels, C, kernels of a panel)."""
    return packed.reshape(panels.count, -1, panels.width) if panels.is_matrix else packed


def _rows(image: Array, panels: Panels) -> Array:
    """View (N, D, H, W, C) as (N, D, H, W C), or a matrix product's as a matrix or a row; copy what cannot be."""
    if panels.is_matrix:
        shape: tuple[int, ...] = (-1, image.shape[-1])
    else:
        shape = (1, 1, 1, -1) if panels.is_product else (*image.shape[:3], -1)
    rows = _tidy(image.reshape(shape))
    return rows if rows.strides[-1] == rows.itemsize else rows.copy()


def _planes(array: Array, panels: Panels) -> Array:
    """View (N, D, H, W, K) with the rows that loops go through, or as a matrix; copy what cannot be."""
    if panels.is_matrix:
        return _tidy(array.reshape(-1, array.shape[-1]))
    batch = 1 if panels.is_product else array.shape[0]
    return _tidy(array.reshape(batch, -1, *panels.output[1:], array.shape[-1]))


def _residual(residual: Array, panels: Panels) -> Array:
    """View or copy an array like the output so that it can be added to planes of that."""
    planes = _planes(residual, panels)
    return planes if planes.strides[-1] == planes.itemsize else np.ascontiguousarray(planes)


def _tidy(array: Array) -> Array:
    """View an array whose last axis has a single element so that this has a neighbour's distance to the next."""
    if array.shape[-1] > 1 or array.strides[-1] == array.itemsize:
        return array
    return np.lib.stride_tricks.as_strided(array, array.shape, (*array.strides[:-1], array.itemsize))


def _fill(biases: list[Pinned], bias: Array) -> None:
    """Write each group's part of a bias to the beginning of its panels."""
    for filled, part in zip(biases, bias.reshape(len(biases), -1), strict=True):
        perform(np.copyto, filled.array.reshape(-1)[: part.size], part)
