"""What is measured together, and what each group of cases is to reach."""

from dataclasses import dataclass
from typing import Literal

Measure = Literal["ratio", "seconds", "memory", "import"]
"""
What counts: the ratio of a peer's time to ours; our seconds; the workspace beside input and output; the time
that our import takes beside NumPy's.
"""


@dataclass(frozen=True, slots=True)
class Target:
    """
    How far ahead of the best of some peers.

    Attributes
    ----------
    each : float or None
        Least ratio of any case.
    mean : float or None
        Least geometric mean of the ratios.
    against : tuple of str
        The peers meant, by name; empty: all of them.
    cases : tuple of str
        The cases meant; empty: all of the group.
    """

    each: float | None = None
    mean: float | None = None
    against: tuple[str, ...] = ()
    cases: tuple[str, ...] = ()

    def __str__(self) -> str:
        parts = [
            f"≥ {self.mean:g}× in geometric mean" if self.mean else "",
            f"≥ {self.each:g}× each" if self.each else "",
        ]
        against = f" against {', '.join(self.against)}" if self.against else ""
        return ", ".join(filter(None, parts)) + against + (f": {', '.join(self.cases)}" if self.cases else "")


@dataclass(frozen=True, slots=True)
class Group:
    """Cases with a common target: ratios to reach, or a limit to keep in the unit that the measure has."""

    name: str
    about: str
    targets: tuple[Target, ...] = ()
    measure: Measure = "ratio"
    limit: float | None = None


GROUPS = {
    group.name: group
    for group in (
        Group("3x3-nhwc", "3×3, stride 1, C ≥ 32, 28² and up, NHWC in and out", (Target(1.8, 2.5),)),
        Group("3x3-nchw", "3×3, stride 1, C ≥ 32, 28² and up, NCHW in and out", (Target(1.4, 2.0),)),
        Group("3x3-small", "3×3, maps under 28², one image: the weights' traffic limits", (Target(1.0, 1.3),)),
        Group("3x3-small-batch", "3×3, maps under 28², eight images", (Target(None, 2.0),)),
        Group("pointwise", "1×1", (Target(1.0, 1.2),)),
        Group("strided", "3×3 and 7×7, stride 2", (Target(1.0, 1.2),)),
        Group("5x5", "5×5, stride 1", (Target(1.0, 1.2),)),
        Group("dilated", "3×3, dilation 2 to 12", (Target(1.0, 1.2),)),
        Group("first", "first layers: one to four channels in", (Target(1.0, 1.2),)),
        Group("depthwise", "depthwise 3×3, 5×5, 7×7, 31×31, and grouped", (Target(1.0, 1.5),)),
        Group("transposed", "transposed convolution", (Target(1.0, 1.5),)),
        Group("deformable", "deformable 3×3 with a mask, one and four offset groups", (Target(1.0, 1.5),)),
        Group("conv3d", "three dimensions", (Target(1.0, 1.5),)),
        Group("conv1d-short", "one dimension, k ≤ 9", (Target(1.0, 1.5),)),
        Group("conv1d-long", "one dimension, k ≥ 255", (Target(10.0, None, ("torch",)),)),
        Group(
            "images",
            "image filters on 1, 12 and 33 megapixels",
            (Target(1.0, 1.5, ("opencv",)), Target(15.0, None, ("scipy",))),
        ),
        Group(
            "large-kernels", "31² to 511² on 1024² to 4096²", (Target(2.0, None, ("opencv", "scipy", "torch")),)
        ),
        Group("pooling", "max 2×2, 3×3 and 5×5, mean 2×2 and 3×3, mean of all", (Target(1.0),)),
        Group("gradients", "gradients to input and weight, 3×3, batch 8 to 32", (Target(None, 1.8, ("torch",)),)),
        Group(
            "networks",
            "whole networks, one image of 224², and small ones in batches",
            (
                Target(2.2, cases=("vgg16",)),
                Target(1.6, cases=("resnet18",)),
                Target(1.2, cases=("resnet50",)),
                Target(1.0, cases=("mobilenetv2",)),
                Target(2.0, cases=("unet",)),
                Target(2.0, None, ("torch",), ("digits-b64", "digits-b1024", "cifar-vgg-b64")),
            ),
        ),
        Group(
            "training",
            "steps of training, 28×28 and 32×32, batch 64 and 128",
            (Target(1.5, None, ("torch",)),),
        ),
        Group("float64", "layers in float64", (Target(None, 3.0, ("torch",)),)),
        Group("overhead", "a prepared call on a tiny input", measure="seconds", limit=10e-6),
        Group("first-call", "the first call of a new process, nothing on disk", measure="seconds", limit=1.5),
        Group("cached-first-call", "the first call of the next process", measure="seconds", limit=0.05),
        Group("memory", "workspace of one call, beside input + output", measure="memory", limit=1.5),
        Group("memory-images", "the same for image filters", measure="memory", limit=1.1),
        Group("import", "`import convolens` beside `import numpy`", measure="import"),
    )
}

ERROR_LIMITS = {"default": 2e-5, "exact": 2e-6}
"""Largest error beside the largest output, in float32, over all cases."""
