"""Every algorithm on every named spec that it serves, against the definition; its bounds and its memory."""

import tracemalloc
from typing import Any

import numpy as np
import pytest

from cases import SPECS, computed, expected, magnitude, random_arrays
from convolens.algorithms import ALGORITHMS, direct, im2col, overlap_add, overlap_save
from convolens.algorithms.base import Algorithm, Epilogue, roundoff
from convolens.ops.arrays import channels_first
from convolens.ops.transposed import turn
from convolens.spec.geometry import ConvSpec

FEW_A_GROUP = ConvSpec((1, 60, 60, 32), (32, 4, 3, 3), groups=8, layout="NHWC")
LEAST_SERVED = 14  # of the named specs; an algorithm that serves fewer needs specs of its own
each_algorithm = pytest.mark.parametrize("algorithm", ALGORITHMS.values(), ids=ALGORITHMS.keys())
each_plain_sum = pytest.mark.parametrize(
    "algorithm", [pytest.param(a, id=name) for name, a in ALGORITHMS.items() if a.plain_sum]
)
each_spec = pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS.keys())

MODERATE = {
    "2-D": ConvSpec((1, 3, 300, 301), (8, 3, 5, 5), padding=2),
    "2-D reflect": ConvSpec((1, 3, 300, 301), (8, 3, 5, 5), padding=2, border="reflect"),
    "2-D float16, valid": ConvSpec((1, 3, 300, 301), (8, 3, 5, 5), dtype="f2"),
    "2-D uint8": ConvSpec((1, 3, 300, 301), (8, 3, 5, 5), padding=2, dtype="u1", weight_dtype="i1"),
    "2-D strided": ConvSpec((1, 3, 500, 501), (8, 3, 7, 7), padding=3, stride=2),
    "2-D channels last": ConvSpec((1, 300, 301, 3), (8, 3, 5, 5), padding=2, layout="NHWC"),
    "2-D depthwise": ConvSpec((1, 8, 300, 301), (8, 1, 5, 5), padding=2, groups=8),
    "2-D many channels": ConvSpec((2, 64, 40, 40), (64, 64, 3, 3), padding=1),
    "1-D": ConvSpec((1, 2, 300_000), (4, 2, 33)),
    "3-D": ConvSpec((1, 2, 50, 50, 50), (4, 2, 3, 3, 3), padding=1, border="wrap"),
}


def cut(patch: pytest.MonkeyPatch, blocks: str) -> None:
    """Make blocks and tiles so small that every spec is cut into many with tails, or leave them as shipped."""
    if blocks == "small":
        patch.setattr(direct, "BLOCK_CELLS", 50)
        patch.setattr(im2col, "BLOCK_BYTES", 4000)
        patch.setattr(overlap_add, "LEAST_CELLS", 64)
        patch.setattr(overlap_save, "LENGTHS", (32,))


@pytest.fixture
def blocks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks and tiles as the parameter says."""
    cut(monkeypatch, request.param)


def served(specs: dict[str, ConvSpec], *, blocks: tuple[str, ...] = ("shipped", "small")) -> pytest.MarkDecorator:
    """Every algorithm with every spec that it takes, for each size of blocks."""
    cases = []
    for size in blocks:
        with pytest.MonkeyPatch.context() as patch:
            cut(patch, size)
            cases += [
                pytest.param(size, algorithm, spec, id=f"{name}-{what}-{size}")
                for name, algorithm in ALGORITHMS.items()
                for what, spec in specs.items()
                if algorithm.refusal(spec) is None
            ]
    return pytest.mark.parametrize(("blocks", "algorithm", "spec"), cases, indirect=["blocks"])


@pytest.fixture(scope="module")
def truths() -> dict[ConvSpec, tuple[Any, Any, Any]]:
    """For each spec an input, weights, and the result by definition; filled as tests ask."""
    return {}


@served(SPECS)
@pytest.mark.usefixtures("blocks")
def test_agrees_with_the_definition(
    algorithm: Algorithm[Any], spec: ConvSpec, truths: dict[ConvSpec, tuple[Any, Any, Any]]
) -> None:
    """What an algorithm computes is off by no more than the bound that it gives itself; integers are exact."""
    if spec not in truths:
        x, weight = random_arrays(spec)
        truths[spec] = x, weight, expected(spec, x, weight)
    x, weight, truth = truths[spec]
    result = computed(algorithm, spec, x, weight)
    tolerance = algorithm.error_bound(spec) * magnitude(spec, x, weight)
    assert np.abs(result - truth).max(initial=0) <= tolerance


@each_spec
@each_algorithm
def test_refusals_say_why(algorithm: Algorithm[Any], spec: ConvSpec) -> None:
    """In words that a plan can show."""
    refusal = algorithm.refusal(spec)
    assert refusal is None or len(refusal) > 10


@each_algorithm
def test_serves_many_of_the_specs(algorithm: Algorithm[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """The table above is worth something: no algorithm gets through it by refusing."""
    monkeypatch.setattr(overlap_add, "LEAST_CELLS", 64)
    served = [name for name, spec in SPECS.items() if algorithm.refusal(spec) is None]
    assert len(served) >= LEAST_SERVED


@each_spec
def test_some_algorithm_besides_the_reference_serves_every_spec(spec: ConvSpec) -> None:
    """No spec is left to the nested loops."""
    assert any(a.refusal(spec) is None for name, a in ALGORITHMS.items() if name != "reference")


@served({"wrap": ConvSpec((1, 1, 20, 26), (2, 1, 11, 12), padding="same", border="wrap")})
@pytest.mark.parametrize("scale", [1e-25, 1.0, 1e20])
@pytest.mark.parametrize("image", ["constant", "checkerboard", "one bright corner", "ramp"])
@pytest.mark.usefixtures("blocks")
def test_bound_holds_for_images_that_are_hard_to_sum(
    algorithm: Algorithm[Any], spec: ConvSpec, image: str, scale: float
) -> None:
    """The error bound is no statement about white noise alone, nor about numbers near 1."""
    rows, columns = np.indices((20, 26))
    images = {
        "constant": np.ones((20, 26)),
        "checkerboard": np.where((rows + columns) % 2, -1.0, 1.0),
        "one bright corner": np.where(rows + columns, 1e-6, 1.0),
        "ramp": rows / 7 + columns / 3,
    }
    x = (images[image] * scale).astype(np.float32)[None, None]
    weight = np.random.default_rng(3).uniform(0.5, 1, spec.weight_shape).astype(np.float32)
    error = np.abs(computed(algorithm, spec, x, weight) - expected(spec, x, weight)).max()
    assert error <= algorithm.error_bound(spec) * magnitude(spec, x, weight)


@each_algorithm
@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_bound_is_no_smaller_than_a_rounding_and_no_wild_guess(algorithm: Algorithm[Any], dtype: str) -> None:
    """A bound below one rounding would be a lie; one of 10⁵ roundings would say nothing."""
    specs = [ConvSpec((1, 3, 600, 600), (3, 1, 7, 7), groups=3), SPECS["wide"], FEW_A_GROUP]
    served = [s.replace(dtype=dtype, weight_dtype=dtype) for s in specs if algorithm.refusal(s) is None]
    assert served
    for spec in served:
        assert roundoff(spec) <= algorithm.error_bound(spec) <= 1e5 * roundoff(spec)


@each_algorithm
def test_integers_have_no_error(algorithm: Algorithm[Any]) -> None:
    """The bound of an algorithm that takes integers is 0."""
    spec = ConvSpec((1, 3, 600, 600), (3, 3, 7, 7), dtype="u1", weight_dtype="i1")
    if algorithm.refusal(spec) is None:
        assert algorithm.error_bound(spec) == 0
    else:
        assert "exact" in str(algorithm.refusal(spec))


@pytest.mark.parametrize("wild", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("blocks", ["shipped", "small"], indirect=True)
@each_plain_sum
@pytest.mark.usefixtures("blocks")
def test_plain_sums_keep_nan_and_infinity_in_their_windows(algorithm: Algorithm[Any], wild: float) -> None:
    """One wild cell changes the outputs whose windows hold it, as the definition says, and no others."""
    spec = ConvSpec((1, 2, 12, 9), (4, 1, 3, 2), groups=2, padding="same", border="wrap", dtype="f8")
    if reason := algorithm.refusal(spec):
        pytest.skip(reason)
    x, weight = random_arrays(spec)
    x[0, 1, 5, 4] = wild
    result, truth = computed(algorithm, spec, x, weight), expected(spec, x, weight)
    np.testing.assert_array_equal(np.isfinite(result), np.isfinite(truth))
    np.testing.assert_array_equal(result[~np.isfinite(truth)], truth[~np.isfinite(truth)])
    assert 0 < np.isfinite(truth).sum() == truth.size - 2 * 2 * 3


WILD_BORDERS = {
    str(border): ConvSpec((1, 2, 12, 9), (4, 1, 3, 3), groups=2, padding=1, border=border, dtype="f8")
    for border in (np.nan, np.inf)
}


@pytest.mark.parametrize("spec", WILD_BORDERS.values(), ids=WILD_BORDERS.keys())
@each_algorithm
def test_border_that_is_not_finite_is_refused_by_all_but_plain_sums(
    algorithm: Algorithm[Any], spec: ConvSpec
) -> None:
    """The others would spread it."""
    if algorithm.refusal(spec.replace(border=0)) is None:
        assert (algorithm.refusal(spec) is None) == algorithm.plain_sum


@served(WILD_BORDERS, blocks=("shipped",))
@pytest.mark.usefixtures("blocks")
def test_border_that_is_not_finite_is_kept_in_its_windows(algorithm: Algorithm[Any], spec: ConvSpec) -> None:
    """A constant of NaN marks the cells whose windows reach outside."""
    x, weight = random_arrays(spec)
    with np.errstate(invalid="ignore"):
        result = computed(algorithm, spec, x, weight)
        np.testing.assert_array_equal(np.isfinite(result), np.isfinite(expected(spec, x, weight)))
    assert np.isfinite(result).sum() == 4 * 10 * 7


@served({"valid": ConvSpec((1, 1, 8, 8), (1, 1, 3, 3))})
@pytest.mark.usefixtures("blocks")
def test_subnormal_numbers_count_or_count_as_zero(algorithm: Algorithm[Any], spec: ConvSpec) -> None:
    """The smallest floats times a large weight give their exact product; in compiled loops, or zero."""
    x = np.full(spec.input_shape, np.finfo(np.float32).smallest_subnormal * 3)
    weight = np.zeros(spec.weight_shape, np.float32)
    weight[0, 0, 1, 1] = 2.0**60
    result = computed(algorithm, spec, x, weight)
    bound = algorithm.error_bound(spec) * magnitude(spec, x, weight)
    if result.any() or algorithm.pipeline(spec) is None:
        np.testing.assert_allclose(result, float(x[0, 0, 0, 0]) * 2.0**60, rtol=0, atol=bound)


@served(MODERATE, blocks=("shipped",))
@pytest.mark.usefixtures("blocks")
def test_holds_no_more_memory_than_it_claims(algorithm: Algorithm[Any], spec: ConvSpec) -> None:
    """The workspace that a plan shows is what a run takes: no unfolded matrix, no hidden copy."""
    if algorithm.name == "reference":  # the same shape, fewer steps
        spec = spec.replace(stride=tuple(size // 4 for size in spec.padded_size))
    x, weight = random_arrays(spec)
    out = np.empty(spec.output_shape, spec.compute_dtype)
    arguments = [channels_first(a, spec.dims, spec.layout) for a in (x, out)]
    algorithm.run(spec, algorithm.prepare(spec, weight), *arguments)  # once before, for what is imported and kept
    tracemalloc.start()
    algorithm.run(spec, algorithm.prepare(spec, weight), *arguments)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak <= 1.2 * algorithm.cost(spec).workspace + 2 * weight.size * 8 + 200_000


@served(SPECS)
@pytest.mark.usefixtures("blocks")
def test_costs_are_counted(algorithm: Algorithm[Any], spec: ConvSpec) -> None:
    """Every figure is a count, positive where there is anything to do."""
    cost = algorithm.cost(spec)
    assert min(cost.operations, cost.traffic, cost.calls, cost.workspace) >= 0
    assert all(isinstance(n, int) for n in (cost.operations, cost.traffic, cost.calls, cost.workspace))
    assert spec.batch == 0 or min(cost.operations, cost.calls) > 0


@pytest.mark.parametrize("name", [name for name, a in ALGORITHMS.items() if type(a).renew is not Algorithm.renew])
def test_other_weights_in_the_same_place(name: str) -> None:
    """A state that takes other weights, and a bias whose numbers are others, gives what they lead to."""
    algorithm, taken = ALGORITHMS[name], 0
    for spec in SPECS.values():
        if spec.compute_dtype.kind != "f" or algorithm.refusal(spec):
            continue
        (x, before), (_, weight) = random_arrays(spec), random_arrays(spec, 7)
        bias, dtype = np.zeros(spec.out_channels, spec.compute_dtype), spec.compute_dtype
        out = np.empty(spec.output_shape, dtype)
        images, sums = (channels_first(a, spec.dims, spec.layout) for a in (x, out))
        state = algorithm.prepare(spec, turn(spec, before))
        algorithm.run_with(spec, state, images, sums, Epilogue(bias))
        bias += np.arange(spec.out_channels)
        if algorithm.renew(spec, state, turn(spec, weight), bias):
            algorithm.run_with(spec, state, images, sums, Epilogue(bias))
            sums -= bias.reshape(-1, *(1,) * spec.dims)
            bound = algorithm.error_bound(spec) * magnitude(spec, x, weight) + 4 * roundoff(spec) * bias.max()
            assert np.abs(out - expected(spec, x, weight)).max(initial=0) <= bound, spec
            taken += 1
    assert taken > 3
