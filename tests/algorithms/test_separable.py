"""Kernels as sums of separable terms: the terms, their number, and what they cost."""

import math

import numpy as np
import pytest

from cases import computed, expected, magnitude, random_arrays
from convolens.algorithms import ALGORITHMS
from convolens.algorithms.separable import separable_rank, separable_terms
from convolens.spec.geometry import ConvSpec

SEPARABLE = ALGORITHMS["separable"]
FLOAT64, FLOAT32 = np.dtype(np.float64), np.dtype(np.float32)
GAUSS = np.exp(-(np.linspace(-2, 2, 9) ** 2))


def rebuilt(terms: list[list[np.ndarray]]) -> np.ndarray:
    """Multiply the factors of each term and add the terms up."""
    letters = "abde"[: len(terms[0])]
    expression = ",".join(f"kc{letter}" for letter in letters) + "->kc" + letters
    return sum(np.einsum(expression, *term) for term in terms)


@pytest.mark.parametrize("size", [(5, 7), (7, 5), (3, 4, 5), (9, 3, 2), (2, 3, 2, 3)], ids=str)
def test_terms_rebuild_the_kernel(size: tuple[int, ...]) -> None:
    """The sum of the products of the factors is the kernel, for several kernels and channels at once."""
    weight = np.random.default_rng(0).standard_normal((3, 2, *size))
    np.testing.assert_allclose(rebuilt(separable_terms(weight, FLOAT64)), weight, atol=1e-13)


@pytest.mark.parametrize("size", [(5, 7), (7, 5), (3, 4, 5), (9, 3, 2), (2, 9, 3)], ids=str)
def test_unknown_rank_is_taken_as_the_largest(size: tuple[int, ...]) -> None:
    """The cost of a spec without a known rank is that of the terms that a kernel of noise has."""
    weight = np.random.default_rng(0).standard_normal((1, 1, *size))
    spec = ConvSpec((1, 1, *(20 for _ in size)), weight.shape)
    known = spec.replace(weight_rank=separable_rank(weight, FLOAT64))
    assert SEPARABLE.cost(spec) == SEPARABLE.cost(known)


def test_ranks_of_well_known_kernels() -> None:
    """Gaussian and Sobel are products; the Laplacian is a sum of two, and so is a disc of a few."""
    gaussian, sobel = np.outer(GAUSS, GAUSS), np.outer([1.0, 2, 1], [-1, 0, 1])
    laplacian = np.array([[0.0, 1, 0], [1, -4, 1], [0, 1, 0]])
    for kernel, rank in ((gaussian, 1), (sobel, 1), (laplacian, 2), (np.eye(5), 5)):
        assert separable_rank(kernel[None, None], FLOAT64) == rank
    volume = np.einsum("a,b,c->abc", GAUSS, GAUSS, GAUSS)
    assert separable_rank(volume[None, None], FLOAT64) == 1


def test_rank_is_that_of_the_precision_that_sums_are_taken_in() -> None:
    """A Gaussian rounded to float32 is a product in float32, but not in float64."""
    rounded = np.outer(GAUSS, GAUSS).astype(np.float32)[None, None]
    assert separable_rank(rounded, FLOAT32) == 1
    assert separable_rank(rounded, FLOAT64) > 1


def test_weak_kernel_beside_a_strong_one_keeps_its_terms() -> None:
    """Each kernel is as accurate as it would be alone, whatever the scale of its neighbours."""
    weight = np.stack([np.outer(GAUSS, GAUSS) * 1e20, np.eye(9)])[:, None]
    np.testing.assert_allclose(rebuilt(separable_terms(weight, FLOAT64))[1, 0], np.eye(9), atol=1e-14)


def test_kernel_of_zeros_has_one_term() -> None:
    """Zero is a product too."""
    terms = separable_terms(np.zeros((2, 1, 3, 3)), FLOAT64)
    assert len(terms) == 1
    assert not rebuilt(terms).any()


@pytest.mark.parametrize("rank", [1, 2, 4])
def test_error_bound_holds_for_any_rank(rank: int) -> None:
    """Kernels of a known rank, whose terms cancel."""
    generator = np.random.default_rng(rank)
    weight = generator.standard_normal((2, 3, 9, rank)) @ generator.standard_normal((2, 3, rank, 9))
    weight = weight.astype(np.float32)
    spec = ConvSpec((1, 3, 30, 20), weight.shape, padding="same", weight_rank=separable_rank(weight, FLOAT32))
    x, _ = random_arrays(spec)
    assert spec.weight_rank == rank
    error = np.abs(computed(SEPARABLE, spec, x, weight) - expected(spec, x, weight)).max()
    assert error <= SEPARABLE.error_bound(spec) * magnitude(spec, x, weight)


def test_separating_pays() -> None:
    """2 k multiply-adds a cell instead of k²."""
    spec = ConvSpec((1, 1, 1000, 1000), (1, 1, 31, 31), weight_rank=1, dilation=2)
    direct, separable = ALGORITHMS["direct"].cost(spec), SEPARABLE.cost(spec)
    assert separable.operations * 15 < direct.operations == 2 * 31 * 31 * math.prod(spec.output_size)


def test_refuses_what_it_cannot_do() -> None:
    """One dimension, integers, and a border that is not finite."""
    assert "one dimension" in str(SEPARABLE.refusal(ConvSpec((1, 1, 9), (1, 1, 3))))
    assert "exactly" in str(SEPARABLE.refusal(ConvSpec((1, 1, 9, 9), (1, 1, 3, 3), dtype="i4")))
    wild = ConvSpec((1, 1, 9, 9), (1, 1, 3, 3), padding=1, border=np.inf)
    assert "finite" in str(SEPARABLE.refusal(wild))


@pytest.mark.parametrize("scale", [1e-200, 1e-30, 1.0, 1e200])
@pytest.mark.parametrize("size", [(9, 9), (5, 9, 4)], ids=str)
def test_products_are_found_without_decomposing(
    size: tuple[int, ...], scale: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By their largest row and column, several kernels at once, zeros among them; noise of any scale is none."""
    generator = np.random.default_rng(0)
    factors = [generator.standard_normal((3, 2, n)) for n in size]
    factors[0][1] = 0
    letters = "abd"[: len(size)]
    weight = np.einsum(",".join(f"kc{n}" for n in letters) + "->kc" + letters, *factors) * scale
    noise = generator.standard_normal((1, 1, *size)) * scale
    assert separable_rank(noise, FLOAT64) == (9 if len(size) == 2 else 20)
    monkeypatch.setattr(np.linalg, "svd", None)
    terms = separable_terms(weight, FLOAT64)
    assert len(terms) == 1
    np.testing.assert_allclose(rebuilt(terms), weight, rtol=1e-14)


@pytest.mark.parametrize("size", [(5, 6, 7), (4, 5, 3, 6)], ids=str)
def test_sums_of_products_have_as_many_terms(size: tuple[int, ...]) -> None:
    """Where the factors are orthogonal, singular values find the terms, which are products themselves."""
    pairs = [np.linalg.qr(np.random.default_rng(n).standard_normal((n, 2)))[0].T for n in size]
    letters = "abde"[: len(size)]
    first, second = (np.einsum(",".join(letters) + "->" + letters, *(pair[i] for pair in pairs)) for i in (0, 1))
    weight = (first * 1e3 + second)[None, None]
    terms = separable_terms(weight, FLOAT64)
    assert len(terms) == 2
    np.testing.assert_allclose(rebuilt(terms), weight, atol=1e-11)


def test_nearly_a_product_is_none() -> None:
    """One cell off by more than roundings makes a second term."""
    weight = np.outer(GAUSS, GAUSS)
    weight[2, 3] *= 1 + 1e-12
    assert separable_rank(weight[None, None], FLOAT64) == 2
    assert separable_rank(weight[None, None], FLOAT32) == 1


def test_terms_of_kernels_too_large_to_decompose_are_not_counted() -> None:
    """But a product is one at any size."""
    gauss = np.exp(-(np.linspace(-2, 2, 150) ** 2))
    assert separable_rank(np.outer(gauss, gauss)[None, None], FLOAT64) == 1
    assert separable_rank(np.eye(150)[None, None], FLOAT64) is None
    assert separable_rank(np.eye(150)[None, None, :20], FLOAT64) == 20
