"""Draw experiments-*.png with the command that the page shows; their tables go to standard output."""

import shutil
import tempfile
from pathlib import Path

from convolens.cli.main import main
from convolens.nn.experiments import EXPERIMENTS


def draw(name: str) -> None:
    """Run one experiment, and keep its picture."""
    with tempfile.TemporaryDirectory() as folder:
        assert main(["experiment", name, "--out", folder]) == 0
        shutil.copyfile(Path(folder, f"{name}.png"), Path(__file__).with_name(f"experiments-{name}.png"))


if __name__ == "__main__":
    for each in EXPERIMENTS:
        draw(each)
