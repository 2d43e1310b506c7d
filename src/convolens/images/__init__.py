"""Pictures: read, filtered and written without losing depth, alpha, colour profile or the way up."""

from convolens.images.edges import edge_direction, edge_magnitude
from convolens.images.filter import filter_image
from convolens.images.image import Image, luminance
from convolens.images.reading import read_image
from convolens.images.sheet import contact_sheet
from convolens.images.writing import write_image

__all__ = [
    "Image",
    "contact_sheet",
    "edge_direction",
    "edge_magnitude",
    "filter_image",
    "luminance",
    "read_image",
    "write_image",
]
