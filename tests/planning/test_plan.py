"""The planner's choice: readable, the fastest that may serve, from shapes alone."""

import math

import numpy as np
import pytest

from cases import SPECS
from convolens.algorithms import ALGORITHMS
from convolens.algorithms.base import plain_sum_bound, result_rounding, roundoff
from convolens.errors import SpecError, UnknownNameError
from convolens.planning.plan import TOLERATED_ROUNDOFFS, plan_conv
from convolens.runtime.threads import threads
from convolens.spec.geometry import ConvSpec

LARGE_KERNEL = ConvSpec((1, 1, 1024, 1024), (1, 1, 63, 63), padding="same")
LAYER = ConvSpec((8, 64, 56, 56), (64, 64, 3, 3), padding=1)
each_spec = pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS.keys())


@each_spec
@pytest.mark.parametrize("exact", [False, True])
def test_choice_is_the_fastest_that_may_serve(spec: ConvSpec, exact: bool) -> None:
    """Every algorithm is weighed once; those that may serve come first, the fastest over all calls foremost."""
    plan = plan_conv(spec, exact=exact, calls=1000)
    assert sorted(e.algorithm for e in plan.estimates) == sorted(ALGORITHMS)
    serving = [e for e in plan.estimates if e.refusal is None]
    assert list(plan.estimates[: len(serving)]) == sorted(serving, key=lambda e: e.setup + 1000 * e.seconds)
    assert plan.chosen is plan.estimates[0] is serving[0]
    assert plan.algorithm is ALGORITHMS[plan.chosen.algorithm]


@each_spec
@pytest.mark.parametrize("exact", [False, True])
def test_choice_keeps_the_promised_accuracy(spec: ConvSpec, exact: bool) -> None:
    """A thousand roundings or a plain sum's; with exact=True only plain sums, which keep NaN in its place."""
    plan = plan_conv(spec, exact=exact)
    plain, rounding = plain_sum_bound(spec), result_rounding(spec)
    allowed = plain if exact else max(plain, TOLERATED_ROUNDOFFS * roundoff(spec))
    assert plan.chosen.error_bound <= allowed + rounding
    assert plan.algorithm.plain_sum or not exact


@each_spec
def test_definition_is_always_at_hand(spec: ConvSpec) -> None:
    """Whatever is asked, the reference may be asked for it, exactly."""
    assert plan_conv(spec, exact=True, algorithm="reference").chosen.algorithm == "reference"


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_definition_is_at_hand_for_large_windows(dtype: str) -> None:
    """Its own bound is no reason against it."""
    spec = ConvSpec((1, 64, 40, 40), (1, 64, 31, 31), dtype=dtype)
    estimates = plan_conv(spec, exact=True).estimates
    assert next(e for e in estimates if e.algorithm == "reference").refusal is None


@pytest.mark.parametrize("dtype", ["f4", "f8", "i2"])
def test_tiny_and_huge_problems_are_planned(dtype: str) -> None:
    """From one cell to more than any memory: no array is made, no number overflows."""
    for spec in (
        ConvSpec((1, 1), (1, 1, 1), dtype=dtype),
        ConvSpec((10**3, 3, 10**6, 10**6), (9, 3, 99, 99), dtype=dtype),
    ):
        plan = plan_conv(spec)
        assert all(math.isfinite(e.seconds) and e.seconds >= 0 for e in plan.estimates)
        assert plan.chosen.algorithm in str(plan)


def test_pooling_belongs_to_the_plan() -> None:
    """Its shape is shown; what pools apart takes its time and an array more, what pools on the way does not."""
    spec = ConvSpec((1, 64, 224, 224), (64, 64, 3, 3), padding=1)
    plain, pooled, smooth = (
        {e.algorithm: e for e in plan_conv(spec, **options).estimates}  # type: ignore[arg-type]
        for options in ({}, {"max_pool": 2, "activation": "relu"}, {"max_pool": 2, "activation": "gelu"})
    )
    apart = pooled["im2col"].seconds - plain["im2col"].seconds
    assert apart > 0
    assert pooled["im2col"].workspace == plain["im2col"].workspace + 4 * 64 * 224**2
    if not pooled["winograd-4"].refusal:
        assert pooled["winograd-4"].seconds == plain["winograd-4"].seconds
        assert math.isclose(smooth["winograd-4"].seconds - plain["winograd-4"].seconds, apart)
        assert [e.algorithm for e in pooled.values() if e.pools] == ["winograd-4", "winograd-2"]
    plan = plan_conv(spec, max_pool=2)
    assert plan.output_shape == (1, 64, 112, 112)
    assert "maxima of 2×2 → (1, 64, 112, 112)" in str(plan)
    assert plan_conv(spec).output_shape == spec.output_shape


def test_large_kernels_go_through_spectra_and_layers_through_blas() -> None:
    """The two textbook cases; exact=True leaves spectra aside."""
    assert plan_conv(LARGE_KERNEL).chosen.algorithm in ("fft", "overlap-add", "overlap-save")
    assert plan_conv(LARGE_KERNEL, exact=True).algorithm.plain_sum
    assert plan_conv(LAYER, exact=True).algorithm.plain_sum


def test_bound_of_float16_is_that_of_its_last_rounding() -> None:
    """Sums in float32 are exact beside it; the table says what the result is worth."""
    spec = ConvSpec((1, 1, 32, 32), (1, 1, 3, 3), dtype="f2")
    for estimate in plan_conv(spec).estimates:
        assert estimate.refusal is not None or 2**-11 <= estimate.error_bound < 2**-10
    assert plan_conv(spec.replace(dtype="f4"), exact=True).chosen.error_bound < 2**-18


@pytest.mark.parametrize("spec", [3, None, [1, 2], (1, 1, 9, 9)])
def test_only_specs_are_planned(spec: object) -> None:
    """Anything else is refused in one line."""
    with pytest.raises(SpecError, match="plan_conv takes a ConvSpec, not"):
        plan_conv(spec)  # type: ignore[arg-type]


def test_integers_are_never_rounded() -> None:
    """Whatever the size of the kernel."""
    assert plan_conv(LARGE_KERNEL.replace(dtype="u1", weight_dtype="i1")).chosen.error_bound == 0


@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize("spec", [LARGE_KERNEL, LAYER], ids=["large kernel", "layer"])
def test_plan_is_printed_as_a_table(spec: ConvSpec, exact: bool) -> None:
    """What is asked, then a line for each algorithm: figures, or the reason why not; an arrow at the choice."""
    plan = plan_conv(spec, exact=exact)
    head, columns, *lines = str(plan).splitlines()
    assert head.startswith(f"{spec.input_shape} * {spec.weight_shape} → {spec.output_shape} float32, ")
    assert " ".join(columns.split()) == "algorithm predicted measured of roofline error bound workspace"
    assert len(lines) == len(ALGORITHMS)
    assert sum(line.startswith("→") for line in lines) == 1
    assert lines[0].startswith(f"→ {plan.chosen.algorithm} ")
    for line, estimate in zip(lines, plan.estimates, strict=True):
        assert estimate.algorithm in line
        assert (f"no: {estimate.refusal}" in line) == (estimate.refusal is not None)
        assert (ALGORITHMS[estimate.algorithm].summary in line) == (estimate.refusal is None)
    assert all(line == line.rstrip() for line in lines)


def test_named_algorithm_is_marked_where_it_stands() -> None:
    """A slower algorithm that is asked for runs; the table still tells which would be faster."""
    plan = plan_conv(LAYER, algorithm="direct")
    marked = [line for line in str(plan).splitlines() if line.startswith("→")]
    assert plan.chosen.algorithm == "direct"
    assert len(marked) == 1
    assert "direct" in marked[0]


@pytest.mark.parametrize(
    ("name", "near"),
    [("im2cl", "'im2col'"), ("overlap_add", "'overlap-add'"), ("FFT", "'fft'"), ("zzz", "Known: auto")],
)
def test_unknown_algorithms_offer_the_nearest(name: str, near: str) -> None:
    """And list all that there are, if there is none."""
    with pytest.raises(UnknownNameError, match=near) as caught:
        plan_conv(LAYER, algorithm=name)
    assert "did you mean" in str(caught.value) or all(known in str(caught.value) for known in ALGORITHMS)


@pytest.mark.parametrize(
    ("spec", "algorithm", "exact", "reason"),
    [
        (LAYER.replace(dtype="i2", weight_dtype="i2"), "fft", False, "integers are summed exactly"),
        (ConvSpec((1, 1, 50), (1, 1, 3)), "separable", False, "one dimension"),
        (ConvSpec((1, 1, 50), (1, 1, 3)), "overlap-add", False, "a single tile"),
        (LAYER, "fft", True, "exact=True asks for the plain sum"),
        (LAYER, "separable", True, "exact=True asks for the plain sum"),
    ],
)
def test_named_algorithms_that_do_not_serve_are_refused(
    spec: ConvSpec, algorithm: str, exact: bool, reason: str
) -> None:
    """With the reason, and what to do."""
    with pytest.raises(SpecError, match=f"'{algorithm}' does not serve this convolution: .*{reason}.*'auto'"):
        plan_conv(spec, algorithm=algorithm, exact=exact)


def test_inaccurate_algorithm_is_left_aside_unless_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The default never trades accuracy for speed; who names an algorithm has decided."""
    monkeypatch.setattr(type(ALGORITHMS["fft"]), "error_bound", lambda self, spec: 1e-3)
    spec = ConvSpec((1, 1, 777, 778), (1, 1, 63, 63))
    plan = plan_conv(spec)
    assert plan.chosen.algorithm != "fft"
    assert next(e for e in plan.estimates if e.algorithm == "fft").refusal == "its error bound is 1e-03"
    assert plan_conv(spec, algorithm="fft").chosen.algorithm == "fft"


def test_plans_are_kept() -> None:
    """The same spec, made again, is planned once."""
    spec = {"input_shape": (1, 1, 321, 321), "weight_shape": (1, 1, 5, 5)}
    plan = plan_conv(ConvSpec(**spec))
    assert plan_conv(ConvSpec(**spec)) is plan
    assert plan_conv(ConvSpec(**spec, dtype=np.float64)) is not plan


def test_plans_are_values() -> None:
    """Frozen, hashable, equal where what they say is equal."""
    plan = plan_conv(LAYER)
    assert hash(plan) == hash(plan_conv(LAYER))
    with pytest.raises(AttributeError):
        plan.chosen = plan.estimates[-1]


def test_choice_does_not_depend_on_the_number_of_threads() -> None:
    """Else the last bits of results would."""
    for spec in (LAYER, LARGE_KERNEL, ConvSpec((1, 64, 56, 56), (64, 1, 3, 3), groups=64)):
        plans = []
        for count in (1, 2, 7):
            with threads(count):
                plans.append(plan_conv(spec).estimates)
        assert (
            [e.algorithm for e in plans[0]] == [e.algorithm for e in plans[1]] == [e.algorithm for e in plans[2]]
        )
