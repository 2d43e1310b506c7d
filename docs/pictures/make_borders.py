"""Draw borders.png: a photograph continued by each of the five borders."""

from pathlib import Path

import matplotlib.pyplot as plt
from matplotlib.patches import Rectangle
from skimage import data
from skimage.transform import resize

from convolens.algorithms.windows import pad
from convolens.spec.borders import MODES, Border

PAD = 70


def main() -> None:
    """Write the picture beside this script."""
    photograph = resize(data.astronaut()[20:240, 120:320], (160, 145))
    figure, axes = plt.subplots(1, len(MODES), figsize=(13, 3.4), layout="constrained")
    for axis, mode in zip(axes, MODES, strict=True):
        planes = pad(photograph.transpose(2, 0, 1), ((PAD, PAD), (PAD, PAD)), Border(mode))
        axis.imshow(planes.transpose(1, 2, 0).clip(0, 1))
        axis.add_patch(Rectangle((PAD, PAD), 145, 160, fill=False, edgecolor="white", linewidth=2))
        axis.set_title(mode, family="monospace")
        axis.set_axis_off()
    figure.savefig(Path(__file__).with_name("borders.png"), dpi=110, bbox_inches="tight")


if __name__ == "__main__":
    main()
