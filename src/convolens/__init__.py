"""
Convolens: convolution, computed, explained and put to work.

The functions work on NumPy arrays; ``convolens`` on the command line works on files.
"""

import importlib as _importlib
from importlib.metadata import version as _version
from types import ModuleType as _ModuleType

from convolens.errors import (
    ConvolensError,
    DTypeError,
    FileError,
    ImageError,
    SpecError,
    TrainingError,
    UnknownNameError,
)
from convolens.explain.code import code
from convolens.explain.step import Step
from convolens.explain.trace import Trace, explain
from convolens.images.edges import edge_direction, edge_magnitude
from convolens.images.filter import filter_image
from convolens.images.image import Image
from convolens.images.reading import read_image
from convolens.images.sheet import contact_sheet
from convolens.images.writing import write_image
from convolens.kernels.catalogue import kernels
from convolens.kernels.named import NamedKernel
from convolens.kernels.parse import parse_kernel
from convolens.kernels.response import frequency_response
from convolens.ops.conv import conv1d, conv2d, conv3d
from convolens.ops.conv_gradients import ConvGradients, conv1d_grad, conv2d_grad, conv3d_grad
from convolens.ops.correlate import convolve, correlate
from convolens.ops.deformable import PreparedDeformConv, deform_conv2d, prepare_deform_conv
from convolens.ops.deformable_gradients import DeformGradients, deform_conv2d_grad
from convolens.ops.gradients import (
    conv1d_grad_bias,
    conv1d_grad_input,
    conv1d_grad_weight,
    conv2d_grad_bias,
    conv2d_grad_input,
    conv2d_grad_weight,
    conv3d_grad_bias,
    conv3d_grad_input,
    conv3d_grad_weight,
    conv_transpose1d_grad_input,
    conv_transpose1d_grad_weight,
    conv_transpose2d_grad_input,
    conv_transpose2d_grad_weight,
    conv_transpose3d_grad_input,
    conv_transpose3d_grad_weight,
)
from convolens.ops.pooling.adaptive import (
    adaptive_avg_pool1d,
    adaptive_avg_pool2d,
    adaptive_avg_pool3d,
    adaptive_max_pool1d,
    adaptive_max_pool2d,
    adaptive_max_pool3d,
)
from convolens.ops.pooling.adaptive_gradients import (
    adaptive_avg_pool1d_grad,
    adaptive_avg_pool2d_grad,
    adaptive_avg_pool3d_grad,
)
from convolens.ops.pooling.average import avg_pool1d, avg_pool2d, avg_pool3d
from convolens.ops.pooling.average_gradients import avg_pool1d_grad, avg_pool2d_grad, avg_pool3d_grad
from convolens.ops.pooling.global_pool import (
    global_avg_pool,
    global_avg_pool_grad,
    global_lp_pool,
    global_lp_pool_grad,
    global_max_pool,
    global_max_pool_grad,
)
from convolens.ops.pooling.lp import lp_pool1d, lp_pool2d, lp_pool3d
from convolens.ops.pooling.lp_gradients import lp_pool1d_grad, lp_pool2d_grad, lp_pool3d_grad
from convolens.ops.pooling.maximum import max_pool1d, max_pool2d, max_pool3d
from convolens.ops.pooling.maximum_gradients import (
    adaptive_max_pool1d_grad,
    adaptive_max_pool2d_grad,
    adaptive_max_pool3d_grad,
    max_pool1d_grad,
    max_pool2d_grad,
    max_pool3d_grad,
)
from convolens.ops.pooling.unpool import (
    max_unpool1d,
    max_unpool1d_grad,
    max_unpool2d,
    max_unpool2d_grad,
    max_unpool3d,
    max_unpool3d_grad,
)
from convolens.ops.prepared import PreparedConv, prepare_conv
from convolens.ops.toeplitz import toeplitz, toeplitz_offset
from convolens.ops.transposed import (
    PreparedConvTranspose,
    conv_transpose1d,
    conv_transpose2d,
    conv_transpose3d,
    prepare_conv_transpose,
)
from convolens.ops.unfold import fold, unfold
from convolens.planning.plan import Plan, plan_conv
from convolens.planning.tune import tune_conv
from convolens.runtime.threads import threads
from convolens.spec.borders import Border
from convolens.spec.geometry import ConvSpec
from convolens.spec.pooling import PoolSpec
from convolens.spec.solve import padding_that_keeps, settings_for
from convolens.spec.stack import Stack
from convolens.spec.stack_text import parse_stack
from convolens.spec.transposed import transposed_spec

__version__ = _version("convolens")


def __getattr__(name: str) -> _ModuleType:
    """Load ``convolens.widgets`` where it is asked for: it needs anywidget, of ``convolens[lab]``."""
    if name == "widgets":
        return _importlib.import_module("convolens.lab.widgets")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = [
    "Border",
    "ConvGradients",
    "ConvSpec",
    "ConvolensError",
    "DTypeError",
    "DeformGradients",
    "FileError",
    "Image",
    "ImageError",
    "NamedKernel",
    "Plan",
    "PoolSpec",
    "PreparedConv",
    "PreparedConvTranspose",
    "PreparedDeformConv",
    "SpecError",
    "Stack",
    "Step",
    "Trace",
    "TrainingError",
    "UnknownNameError",
    "adaptive_avg_pool1d",
    "adaptive_avg_pool1d_grad",
    "adaptive_avg_pool2d",
    "adaptive_avg_pool2d_grad",
    "adaptive_avg_pool3d",
    "adaptive_avg_pool3d_grad",
    "adaptive_max_pool1d",
    "adaptive_max_pool1d_grad",
    "adaptive_max_pool2d",
    "adaptive_max_pool2d_grad",
    "adaptive_max_pool3d",
    "adaptive_max_pool3d_grad",
    "avg_pool1d",
    "avg_pool1d_grad",
    "avg_pool2d",
    "avg_pool2d_grad",
    "avg_pool3d",
    "avg_pool3d_grad",
    "code",
    "contact_sheet",
    "conv1d",
    "conv1d_grad",
    "conv1d_grad_bias",
    "conv1d_grad_input",
    "conv1d_grad_weight",
    "conv2d",
    "conv2d_grad",
    "conv2d_grad_bias",
    "conv2d_grad_input",
    "conv2d_grad_weight",
    "conv3d",
    "conv3d_grad",
    "conv3d_grad_bias",
    "conv3d_grad_input",
    "conv3d_grad_weight",
    "conv_transpose1d",
    "conv_transpose1d_grad_input",
    "conv_transpose1d_grad_weight",
    "conv_transpose2d",
    "conv_transpose2d_grad_input",
    "conv_transpose2d_grad_weight",
    "conv_transpose3d",
    "conv_transpose3d_grad_input",
    "conv_transpose3d_grad_weight",
    "convolve",
    "correlate",
    "deform_conv2d",
    "deform_conv2d_grad",
    "edge_direction",
    "edge_magnitude",
    "explain",
    "filter_image",
    "fold",
    "frequency_response",
    "global_avg_pool",
    "global_avg_pool_grad",
    "global_lp_pool",
    "global_lp_pool_grad",
    "global_max_pool",
    "global_max_pool_grad",
    "kernels",
    "lp_pool1d",
    "lp_pool1d_grad",
    "lp_pool2d",
    "lp_pool2d_grad",
    "lp_pool3d",
    "lp_pool3d_grad",
    "max_pool1d",
    "max_pool1d_grad",
    "max_pool2d",
    "max_pool2d_grad",
    "max_pool3d",
    "max_pool3d_grad",
    "max_unpool1d",
    "max_unpool1d_grad",
    "max_unpool2d",
    "max_unpool2d_grad",
    "max_unpool3d",
    "max_unpool3d_grad",
    "padding_that_keeps",
    "parse_kernel",
    "parse_stack",
    "plan_conv",
    "prepare_conv",
    "prepare_conv_transpose",
    "prepare_deform_conv",
    "read_image",
    "settings_for",
    "threads",
    "toeplitz",
    "toeplitz_offset",
    "transposed_spec",
    "tune_conv",
    "unfold",
    "write_image",
]
