"""``convolens shape``: tables, formulae, solving and JSON."""

import json

import pytest
import typer
from typer.testing import CliRunner

from convolens.cli.shape import shape_command
from convolens.cli.shape_tables import in_bytes, rounded
from convolens.errors import SpecError

STEM = "3x224x224 conv:64,k7,s2,p3 relu max:3,s2,p1"
VGG16 = (
    "3x224x224 2*(conv:64,k3,p1 relu) max:2 2*(conv:128,k3,p1 relu) max:2 3*(conv:256,k3,p1 relu) max:2 "
    "2*(3*(conv:512,k3,p1 relu) max:2) flatten 2*(dense:4096 relu dropout) dense:1000"
)

app = typer.Typer()
app.command("shape")(shape_command)


def shape(*arguments: str) -> str:
    """Run the command and return what it prints; errors come through."""
    result = CliRunner().invoke(app, arguments, catch_exceptions=False, env={"COLUMNS": "80"})
    assert result.exit_code == 0, result.output
    return result.output


def row(output: str, *start: str) -> list[str]:
    """Give the cells of the line that begins with ``start``."""
    lines = (line.split() for line in output.splitlines())
    return next(cells for cells in lines if tuple(cells[: len(start)]) == start)


def test_a_row_a_layer() -> None:
    """Shape, parameters, multiply-adds, memory, receptive field and its step."""
    output = shape(STEM)
    assert row(output, "1") == [
        "1",
        "conv:64,k7,s2,p3",
        "64×112×112",
        "9,472",
        "118",
        "M",
        "3.67",
        "MiB",
        "7×7",
        "2",
    ]
    assert row(output, "3") == ["3", "max:3,s2,p1", "64×56×56", "3.83", "MiB", "11×11", "4"]
    assert "9,472 parameters (37.0 KiB as float32)" in output
    assert "118,013,952 multiply-adds" in output
    assert "an output cell sees 11×11, border included; the input has 224×224" in output


def test_the_numbers_stand_in_the_formulae() -> None:
    """Size, parameters and multiply-adds; without them when they are not wanted."""
    output = shape(STEM)
    assert "(224 + 2·3 − 7) / 2 + 1 = 112.5 → 112" in output
    assert "64·3·7·7 + 64 = 9,472" in output
    assert "64·3·7·7 · 112·112 = 118,013,952" in output
    assert "112.5" not in shape(STEM, "--no-formulas")


@pytest.mark.parametrize("extra", [[], ["--dense"]])
def test_a_deep_network_fits_into_80_columns(extra: list[str]) -> None:
    """No line is longer, and no name or number is broken in two."""
    output = shape(VGG16, *extra)
    assert max(map(len, output.splitlines())) <= 80
    assert row(output, "29")[:4] == ["29", "conv:512,k3,p1", "512×14×14", "2.36"]
    assert "138,357,544 parameters" in output


def test_a_repeated_layer_refers_to_the_first() -> None:
    """The same formula is written once."""
    output = shape("8x9x9 2*conv:8,k3,same")
    assert output.count("9 + 2·1 − 3 + 1 = 9") == 1
    assert "8×9×9 → 8×9×9   as layer 1" in output


def test_words_may_come_unquoted() -> None:
    """Several arguments are one stack."""
    assert shape(*STEM.split()) == shape(STEM)


def test_comparison_with_fully_connected_layers() -> None:
    """A row a convolution, and one for the stack as a whole."""
    output = shape("1x28x28 conv:64,k3,p1,nobias relu", "--dense", "--no-formulas")
    assert row(output, "1", "conv:64,k3,p1,nobias", "576")[3:] == ["39,337,984", "68,295"]
    assert row(output, "all,")[-1] == row(output, "1", "conv:64,k3,p1,nobias", "576")[-1]


def test_padding_that_keeps() -> None:
    """Even for an even kernel, and with dilation."""
    assert shape("--keep", "7") == "p3 keeps the size: n + 3 + 3 − 7 + 1 = n\n"
    assert shape("--keep", "k4") == "p1+2 keeps the size: n + 1 + 2 − 4 + 1 = n\n"
    assert shape("--keep", "3,d2").startswith("p2 keeps the size: n + 2 + 2 − 2·(3 − 1) − 1 + 1 = n")


def test_settings_that_give_a_size() -> None:
    """One row a setting, with its formula; options narrow them down."""
    output = shape("--solve", "224:112")
    assert row(output, "7")[:4] == ["7", "2", "3", "1"]
    assert "(224 + 2·3 − 7) / 2 + 1 = 112.5 → 112" in output
    only = shape("--solve", "224:14,k16,s16")
    assert row(only, "16")[:4] == ["16", "16", "0", "1"]


def test_json_has_everything() -> None:
    """And nothing else is printed."""
    answer = json.loads(shape(STEM, "--json", "--keep", "7", "--solve", "224:112,k3", "--dtype", "float16"))
    assert (answer["parameters"], answer["macs"], answer["output_shape"]) == (9472, 118013952, [64, 56, 56])
    pool = answer["layers"][2]
    assert pool["receptive_field"] == {"size": [11, 11], "jump": [4.0, 4.0], "start": [-5, -5]}
    assert pool["memory"] == 2 * (64 * 112 * 112 + 64 * 56 * 56)
    assert answer["keep"] == {"kernel": 7, "dilation": 1, "padding": [3, 3]}
    assert [s["padding"] for s in answer["solve"]] == [1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "give a stack, such as"),
        (["3x8x8 conv:4,k9"], "layer 1 'conv:4,k9' at character 7"),
        (["--keep", "3,s2"], "'s2' means nothing here"),
        (["--keep", "3x5"], "--keep takes one kernel size"),
        (["--keep", "d2"], "--keep takes one kernel size"),
        (["--solve", "224"], "--solve takes two sizes"),
        (["--solve", "224:a"], "--solve takes two sizes"),
        (["--solve", "224:112,p1+2"], "--solve takes one number for the padding"),
        (["--solve", "224:300"], "nothing turns 224 cells into 300"),
        (["--solve", "0:3"], "input size must be a whole number of at least 1"),
        (["3x9x9 relu", "--input-shape", "3x9x9"], "--input-shape says nothing about a stack in words"),
        (["3x9x9 relu", "--no-measure"], "--no-measure says nothing about a stack"),
        (["some.onnx", "--dense"], "--dense says nothing about a network's file"),
        (["some.onnx", "--no-formulas"], "--no-formulas says nothing"),
        (["some.onnx", "--dtype", "float64"], "--dtype says nothing"),
    ],
)
def test_mistakes(arguments: list[str], message: str) -> None:
    """Each is one clear error."""
    with pytest.raises(SpecError, match=message):
        shape(*arguments)


@pytest.mark.parametrize(
    ("number", "count", "size"),
    [
        (0, "0", "0 B"),
        (999, "999", "999 B"),
        (1023, "1,023", "1.00 KiB"),
        (9_999, "9,999", "9.76 KiB"),
        (10_000, "10.0 k", "9.77 KiB"),
        (999_499, "999 k", "976 KiB"),
        (999_999, "1.00 M", "977 KiB"),
        (10**21, "1000 E", "867 EiB"),
    ],
)
def test_rounded_numbers(number: int, count: str, size: str) -> None:
    """Three digits, also where rounding carries into the next unit."""
    assert (rounded(number), in_bytes(number)) == (count, size)
