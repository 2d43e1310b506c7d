"""Everyone who takes part is right, on a small copy of every case."""

import warnings
from dataclasses import replace

import numpy as np
import pytest
import scipy.ndimage
import scipy.signal
from benchmarks.cases import BY_NAME, CASES
from benchmarks.contenders import OURS, PEERS, Unable, load
from benchmarks.contenders.registry import MODULES
from benchmarks.filters import Filter, to_pixels
from benchmarks.reference import error, solve, tolerance

SMALL = [case.shrunk() for case in CASES]


@pytest.fixture(autouse=True)
def _others_may_warn():
    """Warnings of other libraries are theirs."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@pytest.mark.parametrize("name", [OURS, *PEERS])
def test_contender_is_right(name: str) -> None:
    """All its variants agree with the reference on all cases that it takes, and it takes some."""
    contender = load(name)
    if contender is None:
        pytest.skip(f"{name} is not installed")
    taken = 0
    for case in SMALL:
        data = case.data()
        answers = solve(case, data)
        try:
            for variant in contender.variants(case, data, 1):
                off = error(variant.outputs(variant.call()), answers)
                assert off <= tolerance(case), (case, variant.label)
                taken += 1
        except Unable:
            assert name != OURS, case
    assert taken > 3


def test_a_missing_peer_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever is not installed is reported as None."""
    monkeypatch.setitem(MODULES, "torch", "a_module_that_is_not_there")
    assert load("torch") is None


@pytest.mark.parametrize("name", ["resnet50-down3", "deeplab-d4", "mobilenetv2-dw56-s2", "unet3d-down", "tcn-5"])
def test_reference_is_a_sum_of_products(name: str) -> None:
    """One output cell in the middle, summed by hand."""
    case = BY_NAME[name].shrunk()
    data = case.data()
    x = np.pad(data["x"].astype(np.float64), [(0, 0)] * 2 + [(case.padding,) * 2] * case.dims)
    answer = solve(case, data)[0]
    cell = tuple(n // 2 for n in answer.shape)
    starts = [case.stride * o for o in cell[2:]]
    window = tuple(
        slice(a, a + case.dilation * k, case.dilation) for a, k in zip(starts, case.kernel, strict=True)
    )
    per_group, kernels = case.weight[1], case.weight[0] // case.groups
    channels = slice(cell[1] // kernels * per_group, (cell[1] // kernels + 1) * per_group)
    products = x[(cell[0], channels, *window)] * data["weight"][cell[1]]
    assert answer[cell] == pytest.approx(products.sum())


def test_reference_of_long_kernels_is_that_of_short_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both ways of summing give the same, for several channels in and out."""
    case = BY_NAME["mix-1024"].shrunk()
    by_taps = solve(case, case.data())
    monkeypatch.setattr("benchmarks.reference.FEW_TAPS", 1)
    assert error(solve(case, case.data()), by_taps) < 1e-14


@pytest.mark.parametrize("name", ["dcgan-16", "resnet-conv3-b32"])
def test_reference_is_an_adjoint(name: str) -> None:
    """⟨conv(y), x⟩ = ⟨y, conv_transpose(x)⟩, and likewise for both gradients."""
    case = BY_NAME[name].shrunk()
    data = case.data()
    rng = np.random.default_rng(0)
    if case.operation == "gradients":
        to_input, to_weight = solve(case, data)
        forward = replace(case, operation="conv")
        whole = np.vdot(solve(forward, data)[0], data["grad"].astype(np.float64))
        assert np.vdot(to_input, data["x"]) == pytest.approx(whole)
        assert np.vdot(to_weight, data["weight"]) == pytest.approx(whole)
        return
    y = rng.standard_normal(case.output_shape)
    forward = replace(case, operation="conv", shape=case.output_shape)
    there = np.vdot(solve(forward, {"x": y, "weight": data["weight"]})[0], data["x"])
    assert np.vdot(y, solve(case, data)[0]) == pytest.approx(there)


@pytest.mark.parametrize("kind", ["gaussian", "box", "sobel-x"])
def test_profiles_are_the_kernel(kind: str) -> None:
    """The outer product of column and row is what the general correlation is given."""
    chosen = Filter(kind, 3)
    image = np.random.default_rng(0).random((20, 24))
    twice = scipy.ndimage.correlate1d(image, chosen.profiles[0], axis=0, mode="mirror")
    twice = scipy.ndimage.correlate1d(twice, chosen.profiles[1], axis=1, mode="mirror")
    assert np.allclose(twice, scipy.ndimage.correlate(image, chosen.weights.astype(float), mode="mirror"))
    assert chosen.negative == (kind == "sobel-x")


def test_to_pixels_rounds_and_saturates() -> None:
    """Halves go to the even neighbour, what lies outside is held."""
    assert to_pixels(np.array([-3.0, 0.5, 1.5, 254.6, 300]), np.uint8).tolist() == [0, 0, 2, 255, 255]


def test_error_sees_what_is_wrong() -> None:
    """A wrong shape and NaN are infinitely wrong; integers count in levels."""
    answer = np.ones((2, 3))
    assert error([np.ones((3, 2))], [answer]) == np.inf
    assert error([np.full((2, 3), np.nan)], [answer]) == np.inf
    assert error([answer * 5], [answer * 4]) == 0.25
    assert error([np.uint8([7])], [np.uint8([10])]) == 3
