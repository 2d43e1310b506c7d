"""Convolens: convolution, whole and right."""

from convolens.ops.conv import conv1d, conv2d, conv3d
from convolens.ops.correlate import convolve, correlate
from convolens.ops.prepared import PreparedConv, prepare_conv
from convolens.planning.plan import Plan, plan_conv
from convolens.spec.geometry import ConvSpec
