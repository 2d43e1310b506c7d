"""What a matrix of minimal filtering is written as, and what is fetched ahead."""

from pathlib import Path

import numpy as np
import pytest

from convolens.algorithms import ALGORITHMS
from convolens.pipelines.toom_cook import as_float, toom_cook
from convolens.runtime import compile as compiler
from convolens.spec.geometry import ConvSpec

pytestmark = pytest.mark.skipif(not compiler.available(), reason="needs Halide")


@pytest.mark.parametrize("which", ["output", "kernel", "data"])
@pytest.mark.parametrize(("tile", "taps"), [(4, 3), (2, 3), (2, 5), (3, 4), (4, 5), (1, 3), (1, 1)])
def test_linear_is_the_matrix(which: str, tile: int, taps: int) -> None:
    """What rows or columns of a pair of points share is shared with the right signs."""
    import halide as hl

    from convolens.pipelines.winograd import linear

    matrix = getattr(toom_cook(tile, taps), which)
    terms = np.random.default_rng(tile).standard_normal(len(matrix[0]))
    a, given, result = hl.Var("a"), hl.Func("given"), hl.Func("result")
    given[a] = hl.Buffer(terms)[a]
    given.compute_root()
    result[a] = linear(matrix, a, hl.Float(64), lambda i: given[i])
    found = np.array(result.realize([len(matrix)]))
    np.testing.assert_allclose(found, as_float(matrix) @ terms, rtol=0, atol=1e-12)


def test_the_next_weights_are_fetched(tmp_path: Path) -> None:
    """Into the second cache where it is asked for, and not at all otherwise."""
    if not compiler.cpu().fetches_ahead:
        pytest.skip("other instructions")
    named = ALGORITHMS["winograd-2"].pipeline(ConvSpec((1, 16, 8, 8), (16, 16, 3, 3), padding=1))
    assert named
    tool, compiled = compiler.linker() or "cc", tmp_path / "winograd"
    compiler._compiled(compiled, *named, tool)
    assert "prefetcht1" in compiled.with_suffix(".s").read_text()
    without = compiler._compiled(compiled, named[0], named[1] | {compiler.FETCHES: False}, tool)
    assert without.suffix == ".o"
