"""Draw the pictures of docs/images.md with the very commands that stand there: images-*.png."""

import os
import tempfile
from pathlib import Path

from skimage import data

from convolens.cli.main import main as convolens
from convolens.images import Image, write_image

HERE = Path(__file__).parent
COMMANDS = {
    "photo": "filter camera.png --kernel identity",
    "clip": "filter camera.png --kernel sobel-x",
    "signed": "filter camera.png --kernel sobel-x --response signed --gain 4",
    "absolute": "filter camera.png --kernel sobel-x --response absolute",
    "edges": "filter camera.png --edges sobel",
    "sheet": "sheet camera.png --kernels gaussian:sigma=2,sharpen,emboss,sobel-x,laplacian-8,log,gabor",
}


def main() -> None:
    """Write the pictures beside this script."""
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        write_image("camera.png", Image(data.camera()[60:316, 100:356]))
        for name, command in COMMANDS.items():
            code = convolens([*command.split(), "--output", str(HERE / f"images-{name}.png"), "--overwrite"])
            assert code == 0, f"{command}: exit code {code}"


if __name__ == "__main__":
    main()
