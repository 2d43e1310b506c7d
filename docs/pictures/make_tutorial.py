"""Draw the pictures of docs/tutorial.md with the very commands that stand there: tutorial-*.png."""

import os
import re
import shlex
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
from PIL import Image

from convolens.cli.main import main as convolens
from convolens.nn.data import read_data

HERE = Path(__file__).parent
PAGE = HERE.parent / "tutorial.md"
TAKEN = {
    "runs/digits/curves": "curves",
    "runs/digits/mistakes": "mistakes",
    "inside/overview": "overview",
    "inside/filters-conv1": "filters",
    "inside/exciting-dense1": "exciting",
    "mistake/saliency": "saliency",
}
"""Which picture of a command is which of the page."""
WIDEST = 1100


def commands() -> list[str]:
    """Find the commands of the page, in their order."""
    text = PAGE.read_text().replace("\\\n", " ")
    return [line[2:] for block in re.findall(r"```console\n(.*?)```", text, re.S) for line in block.splitlines()
            if line.startswith("$ ")]  # fmt: skip


def draw_digits() -> None:
    """Two rows of digits with their classes, and one as numbers."""
    data = read_data("digits")
    figure = plt.figure(figsize=(11, 3.1), layout="constrained")
    left, right = figure.subfigures(1, 2, width_ratios=[2.3, 1])
    for axes, item, number in zip(left.subplots(2, 6).flat, data.inputs, data.classes, strict=False):
        axes.imshow(item[0], cmap="gray")
        axes.set_title(str(number), fontsize=11)
        axes.set_axis_off()
    axes = right.subplots()
    axes.imshow(data.inputs[0, 0], cmap="gray")
    for (row, column), value in zip(
        ((r, c) for r in range(8) for c in range(8)), data.inputs[0, 0].flat, strict=True
    ):
        colour = "black" if value > 0.5 else "white"
        axes.text(column, row, f"{16 * value:.0f}", ha="center", va="center", fontsize=8, color=colour)
    axes.set_title("the first one: brightness from 0 to 16", fontsize=10)
    axes.set_axis_off()
    figure.savefig("digits.png", dpi=110)
    keep(Path("digits.png"), "digits")


def keep(path: Path, name: str) -> None:
    """Make a picture small, and put it beside this script."""
    with Image.open(path) as picture:
        plain = picture.convert("RGB")
        size = min(1, WIDEST / plain.width)
        small = plain.resize((round(plain.width * size), round(plain.height * size)), Image.Resampling.LANCZOS)
        small.save(HERE / f"tutorial-{name}.png", optimize=True)


def main() -> None:
    """Run every command of the page, and keep its pictures."""
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        draw_digits()
        for command in commands():
            code = convolens(shlex.split(command)[1:])
            assert code == 0, f"{command}: exit code {code}"
        for path, name in TAKEN.items():
            keep(Path(f"{path}.png"), name)


if __name__ == "__main__":
    main()
