"""From file to file, a picture is held as often as input and output need, and no more."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

SCRIPT = """
import sys
from convolens.cli.main import main
def peak():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024
main(["filter", "small.png", "-k", "box", "-o", f"small-{sys.argv[2]}"])  # whatever is loaded once
before = peak()
assert main(["filter", sys.argv[1], "-k", "box", "-o", sys.argv[2]]) == 0
print(peak() - before)
"""
SIDE = 5000


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads the peak from /proc")
@pytest.mark.parametrize(
    ("mode", "source", "target", "orientation", "bytes_each"),
    [
        ("RGBA", "a.png", "b.tif", 1, (4, 4)),
        ("RGBA", "a.tif", "b.png", 1, (4, 4)),
        ("P", "a.png", "b.tif", 1, (4, 4)),
        ("CMYK", "a.jpg", "b.jpg", 1, (4, 3)),
        ("RGB", "a.jpg", "b.jpg", 6, (3, 3)),
    ],
)
def test_memory_from_file_to_file(
    tmp_path: Path, mode: str, source: str, target: str, orientation: int, bytes_each: tuple[int, int]
) -> None:
    """25 megapixels need input, output and the room of a few tiles, whatever is converted or turned on the way."""
    exif = PIL.Image.Exif()
    exif[0x0112] = orientation
    options = {"exif": exif} if orientation > 1 else {"transparency": 0} if mode == "P" else {}
    PIL.Image.new(mode, (SIDE, SIDE), 77).save(tmp_path / source, **options)
    PIL.Image.fromarray(np.zeros((9, 9), np.uint8)).save(tmp_path / "small.png")
    command = [sys.executable, "-c", SCRIPT, source, target]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    needed = sum(bytes_each) * SIDE**2 / 2**20
    assert float(done.stdout.split()[-1]) < needed + 70
