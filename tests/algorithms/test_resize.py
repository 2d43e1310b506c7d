"""Maps with another size by compiled loops, against the layers that say which."""

import numpy as np
import pytest

import convolens as cl
from convolens.algorithms.resize import refusal, run
from convolens.nn import Upsample
from convolens.nn.memory import channels_innermost
from convolens.nn.resize import Resize
from convolens.runtime import compile as compiler

pytestmark = pytest.mark.skipif(not compiler.available(), reason="nothing can be compiled here")


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize(
    "layer",
    [Upsample(2), Upsample(3, "bilinear"), Resize((7, 4)), Resize((3, 11), coordinates="align-corners")],
    ids=str,
)
def test_agrees_with_the_layer(layer: Upsample | Resize, dtype: str) -> None:
    """Few and many channels, signals, larger and smaller; what lies around stays."""
    random = np.random.default_rng(0)
    shapes = [(2, 21, 5, 6), (1, 3, 4, 1)] + ([(2, 21, 9)] if isinstance(layer, Upsample) else [])
    for shape in shapes:
        x = channels_innermost(random.normal(size=shape).astype(dtype))
        wanted = layer.forward({}, x)[0]
        guarded = np.full((shape[0], *wanted.shape[2:], shape[1] + 2), 7, dtype)
        out = np.moveaxis(guarded, -1, 1)[:, 1:-1]
        sizes = enumerate(shape[2:])
        taps = [layer.taps(n) if isinstance(layer, Upsample) else layer.taps(n, axis) for axis, n in sizes]
        assert refusal(taps, x.dtype) is None
        with cl.threads(3):
            assert run(x, taps, out)
        np.testing.assert_allclose(out, wanted, rtol=0, atol=1e-6 if dtype == "f4" else 1e-14)
        assert (guarded[..., [0, -1]] == 7).all()


def test_what_is_refused() -> None:
    """Cubic interpolation, volumes, other types."""
    cubic, near = Resize((8, 8), "cubic").taps(4, 0), Upsample(2).taps(4)
    assert refusal([cubic, near], np.dtype("f4"))
    assert refusal([near] * 3, np.dtype("f4"))
    assert refusal([near], np.dtype("f2"))
