"""Every program runs as it is printed and computes what the engine computes."""

import numpy as np
import pytest

import convolens as cl
from convolens.errors import UnknownNameError
from convolens.explain.code import STYLES, code
from convolens.spec.geometry import ConvSpec

SPECS = {
    "plain": ConvSpec((1, 6, 6), (1, 1, 3, 3)),
    "bias, pads": ConvSpec((3, 9, 8), (4, 3, 3, 3), padding=1, bias=True),
    "first layer of a network": ConvSpec((3, 32, 32), (8, 3, 7, 7), stride=2, padding=3, bias=True),
    "1-D": ConvSpec((2, 12), (3, 2, 4), stride=2, padding="same", bias=True),
    "1-D batch": ConvSpec((2, 2, 12), (3, 2, 4), dilation=2),
    "3-D": ConvSpec((2, 5, 6, 7), (2, 2, 2, 3, 3), stride=(1, 2, 2), padding=1, bias=True),
    "3-D groups, flip": ConvSpec((2, 5, 6, 7), (4, 1, 2, 3, 1), groups=2, flip=True, padding="full"),
    "batch": ConvSpec((2, 3, 7, 7), (4, 3, 3, 3), stride=(2, 1), bias=True),
    "depthwise": ConvSpec((2, 4, 7, 7), (4, 1, 3, 3), groups=4, padding="same"),
    "groups": ConvSpec((4, 7, 7), (6, 2, 3, 2), groups=2, dilation=(1, 2), bias=True, padding=2),
    "flip": ConvSpec((2, 7, 7), (2, 2, 2, 3), flip=True, dilation=2, padding=2, stride=2),
    "uneven pads": ConvSpec((1, 7, 7), (1, 1, 3, 3), padding=((0, 2), (1, 3)), bias=True),
    "number outside": ConvSpec((2, 6, 7), (2, 2, 3, 3), padding=2, border=-1.5),
    "wide border": ConvSpec((1, 2, 3), (2, 1, 3, 3), padding=5, border="reflect", bias=True),
    "one cell": ConvSpec((1, 1, 1), (1, 1, 3, 3), padding=1, border="reflect"),
    "channels last": ConvSpec((6, 7, 3), (4, 3, 3, 3), layout="NHWC", padding=1, border="edge", bias=True),
    "channels last, batch": ConvSpec((2, 6, 7, 4), (4, 2, 3, 3), layout="NHWC", groups=2, stride=2),
    "8-bit": ConvSpec((3, 6, 6), (2, 3, 3, 3), dtype=np.uint8, weight_dtype=np.int8, padding=1, bias=True),
    "bool": ConvSpec((1, 6, 6), (1, 1, 3, 3), dtype=bool, weight_dtype=np.int64, padding=1, border=1),
    "float16": ConvSpec((3, 6, 6), (2, 3, 3, 3), dtype=np.float16, padding=1, bias=True),
    "mixed": ConvSpec((3, 6, 6), (2, 3, 3, 3), dtype=np.float32, weight_dtype=np.float64, flip=True),
}
SPECS |= {
    f"border {mode}": ConvSpec((2, 5, 6), (3, 2, 3, 3), padding=((2, 1), (0, 2)), border=mode)
    for mode in ("edge", "reflect", "symmetric", "wrap")
}


def run(program: str) -> dict[str, np.ndarray]:
    """Run a program and return its names."""
    names: dict[str, np.ndarray] = {}
    exec(compile(program, "<program>", "exec"), names)
    return names


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("name", SPECS)
def test_every_program_computes_the_layer(name: str, style: str, capsys: pytest.CaptureFixture[str]) -> None:
    """In value, shape and dtype, whatever the library lacks."""
    spec = SPECS[name]
    y = run(code(spec, style))["y"]
    assert f"{spec.output_shape}" in capsys.readouterr().out
    given = run(code(spec, "convolens"))
    conv = {1: cl.conv1d, 2: cl.conv2d, 3: cl.conv3d}[spec.dims]
    expected = conv(
        given["x"],
        given["weight"],
        given.get("bias"),
        stride=spec.stride,
        padding=spec.pads,
        border=spec.border,
        dilation=spec.dilation,
        groups=spec.groups,
        flip=spec.flip,
        layout=spec.layout,
        algorithm="reference",
    )
    assert (given["x"].shape, given["weight"].shape, given["x"].dtype) == (
        spec.input_shape,
        spec.weight_shape,
        spec.dtype,
    )
    assert (y.shape, y.dtype) == (expected.shape, spec.result_dtype)
    if spec.result_dtype.kind == "i":
        np.testing.assert_array_equal(y, expected)
    else:
        tolerance = 1e-2 if spec.result_dtype == np.float16 else 1e-4
        np.testing.assert_allclose(y, expected, rtol=tolerance, atol=tolerance)


def test_an_unknown_style_names_the_nearest() -> None:
    """As every unknown name does."""
    with pytest.raises(UnknownNameError, match="did you mean 'pytorch'"):
        code(SPECS["plain"], "torch")
