"""``convolens code``: a layer in every library, from the text that ``convolens shape`` reads."""

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from convolens.cli.code import Style, code_command
from convolens.errors import ConvolensError
from convolens.explain.code import STYLES

app = typer.Typer()
app.command()(code_command)


def code(*arguments: str) -> str:
    """Run the command and return what it prints; errors come through."""
    result = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_every_style_can_be_asked_for() -> None:
    """The option knows the styles that there are, and ``all``."""
    assert {*STYLES, "all"} == {style.value for style in Style}


@pytest.mark.parametrize("style", STYLES)
def test_what_is_printed_runs(style: str) -> None:
    """Copied from the terminal into a file, the program computes the layer's output."""
    names: dict[str, np.ndarray] = {}
    exec(code("3x18x17", "conv:4,k5,s2,p3,d2", "--as", style), names)
    assert names["y"].shape == (4, 8, 8)
    reference: dict[str, np.ndarray] = {}
    exec(code("3x18x17 conv:4,k5,s2,p3,d2", "--as", "convolens"), reference)
    np.testing.assert_allclose(names["y"], reference["y"], rtol=1e-4, atol=1e-4)


def test_all_styles_one_after_the_other() -> None:
    """Each under its name, the same as alone."""
    output = code("1x8x8 conv:2,k3")
    for style in STYLES:
        assert f"# {style}\n\n{code('1x8x8 conv:2,k3', '--as', style)}" in output


def test_the_data_type_is_used() -> None:
    """Integers are summed in int64."""
    names: dict[str, np.ndarray] = {}
    exec(code("1x8x8 conv:2,k3", "--as", "numpy", "--dtype", "uint8"), names)
    assert names["y"].dtype == np.int64


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("3x8x8",), "one convolution layer"),
        (("3x8x8 conv:4,k3 relu",), "not 'conv:4,k3 relu'"),
        (("3x8x8 max:2",), "one convolution layer"),
        (("3x8x8 conv:4,k9",), "kernel larger"),
        (("3x8x8 conv:4,k3", "--dtype", "word"), "unknown data type 'word'"),
        (("3x8x8 conv:4,k3", "--dtype", "complex64"), "complex64"),
    ],
)
def test_what_is_no_layer_is_refused(arguments: tuple[str, ...], message: str) -> None:
    """With a sentence that says what a layer is."""
    with pytest.raises(ConvolensError, match=message):
        code(*arguments)
