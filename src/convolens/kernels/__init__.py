"""Named convolution kernels: the catalogue, kernels from text and files, frequency responses."""

from convolens.kernels.catalogue import Catalogue, kernels
from convolens.kernels.named import NamedKernel
from convolens.kernels.parse import parse_kernel
from convolens.kernels.response import FrequencyResponse, frequency_response

__all__ = ["Catalogue", "FrequencyResponse", "NamedKernel", "frequency_response", "kernels", "parse_kernel"]
