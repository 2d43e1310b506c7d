"""Looking inside networks: what their filters are, what excites them, and what an answer goes by."""

from convolens.nn.looking.exciting import Patch, exciting_images, exciting_patches
from convolens.nn.looking.gradients import gradients_of
from convolens.nn.looking.nearest import Nearest, nearest_kernel, principal_pattern
from convolens.nn.looking.saliency import grad_cam, gradient_saliency, occlusion

__all__ = [
    "Nearest",
    "Patch",
    "exciting_images",
    "exciting_patches",
    "grad_cam",
    "gradient_saliency",
    "gradients_of",
    "nearest_kernel",
    "occlusion",
    "principal_pattern",
]
