"""Networks of layers over the engine: built, trained, kept in files."""

from convolens.nn.activation import Activation, Dropout, PRelu, Softmax
from convolens.nn.arithmetic import Arithmetic, WithConstant
from convolens.nn.axes import Reshape, Slice, Tile, Transpose
from convolens.nn.choose import Fixed, Where
from convolens.nn.convolution import Conv, ConvTranspose
from convolens.nn.course import Tape
from convolens.nn.dense import Dense
from convolens.nn.function import Function
from convolens.nn.layer import Gradients, Layer, Training
from convolens.nn.local_response import LocalResponseNorm
from convolens.nn.looking import (
    Nearest,
    Patch,
    exciting_images,
    exciting_patches,
    grad_cam,
    gradient_saliency,
    gradients_of,
    nearest_kernel,
    occlusion,
    principal_pattern,
)
from convolens.nn.loss import BinaryCrossEntropy, CrossEntropy, Dice, Loss, MeanAbsolute, MeanSquares
from convolens.nn.merge import Add, Concat, MatrixProduct, Multiply
from convolens.nn.network import Network
from convolens.nn.normalise import BatchNorm, GroupNorm, LayerNorm
from convolens.nn.optimiser import SGD, AdamW, Optimiser, clip_gradients
from convolens.nn.pooling import AdaptivePool, GlobalPool, Pool
from convolens.nn.prepared import PreparedNetwork
from convolens.nn.reduce import IndexOf, Reduce
from convolens.nn.reshape import Flatten, PixelShuffle, Upsample
from convolens.nn.resize import Pad, Resize
from convolens.nn.schedule import Constant, Cosine, Schedule, Steps

__all__ = [
    "SGD",
    "Activation",
    "AdamW",
    "AdaptivePool",
    "Add",
    "Arithmetic",
    "BatchNorm",
    "BinaryCrossEntropy",
    "Concat",
    "Constant",
    "Conv",
    "ConvTranspose",
    "Cosine",
    "CrossEntropy",
    "Dense",
    "Dice",
    "Dropout",
    "Fixed",
    "Flatten",
    "Function",
    "GlobalPool",
    "Gradients",
    "GroupNorm",
    "IndexOf",
    "Layer",
    "LayerNorm",
    "LocalResponseNorm",
    "Loss",
    "MatrixProduct",
    "MeanAbsolute",
    "MeanSquares",
    "Multiply",
    "Nearest",
    "Network",
    "Optimiser",
    "PRelu",
    "Pad",
    "Patch",
    "PixelShuffle",
    "Pool",
    "PreparedNetwork",
    "Reduce",
    "Reshape",
    "Resize",
    "Schedule",
    "Slice",
    "Softmax",
    "Steps",
    "Tape",
    "Tile",
    "Training",
    "Transpose",
    "Upsample",
    "Where",
    "WithConstant",
    "clip_gradients",
    "exciting_images",
    "exciting_patches",
    "grad_cam",
    "gradient_saliency",
    "gradients_of",
    "nearest_kernel",
    "occlusion",
    "principal_pattern",
]
