"""The worked examples of the documentation, each as a state that an exhibit opens with."""

from typing import Any

import numpy as np
import numpy.typing as npt

from convolens.lab.states.backwards import Backwards
from convolens.lab.states.borders import Borders
from convolens.lab.states.channels import Channels
from convolens.lab.states.gallery import Gallery
from convolens.lab.states.matrix_view import Layer, MatrixView
from convolens.lab.states.numbers import Numbers
from convolens.lab.states.pooling import Pooling
from convolens.lab.states.signal_kernels import noise
from convolens.lab.states.signals import Signals
from convolens.lab.states.sizes import Sizes
from convolens.lab.states.sliding_window import SOBEL_X, SlidingWindow

_EDGE = Numbers.of([[-1, -1, -1], [0, 0, 0], [1, 1, 1]])
_SIGNAL: dict[str, Any] = {
    "dims": 1,
    "input": Numbers.of([1, 2, 3, 4, 5]),
    "kernel": Numbers.of([1, 0, -1]),
    "stride": (1,),
    "dilation": (1,),
    "output_padding": (0,),
}
_ONES = Numbers.of(np.ones((7, 7), np.int64))
_BOX = Numbers.of(np.ones((3, 3), np.int64))

SLIDING_WINDOW: dict[str, SlidingWindow] = {
    "ramp": SlidingWindow(),
    "edge": SlidingWindow(input=Numbers.of([[0, 0, 0], [17, 17, 17], [255, 255, 255]]), kernel=_EDGE),
    "one-window": SlidingWindow(input=Numbers.of([[1, 2, 0], [0, 1, 2], [2, 0, 1]])),
    "vertical-edge": SlidingWindow(input=Numbers.of([[1, 1, 1, 0, 0]] * 3), kernel=Numbers.of([[1, 0, -1]] * 3)),
    "signal": SlidingWindow(**_SIGNAL),
    "signal-convolution": SlidingWindow(**_SIGNAL, operation="convolution"),
    "same-size": SlidingWindow(input=_ONES, kernel=_BOX, padding="same"),
    "stride": SlidingWindow(input=_ONES, kernel=_BOX, stride=(2, 2)),
    "dilation": SlidingWindow(input=_ONES, kernel=_BOX, dilation=(2, 2)),
    "borders": SlidingWindow(kernel=SOBEL_X, padding="same", border="reflect"),
    "full-convolution": SlidingWindow(
        input=Numbers.of([[1, 2, 3], [4, 5, 6]]),
        kernel=Numbers.of([[1, 0], [2, -1]]),
        operation="convolution",
        padding="full",
    ),
    "transposed": SlidingWindow(
        input=Numbers.of([[1, 2], [3, 4]]), kernel=_BOX, operation="transposed", stride=(2, 2)
    ),
    "volume": SlidingWindow(
        dims=3,
        input=Numbers.of(np.arange(4 * 5 * 5).reshape(4, 5, 5) % 7),
        kernel=Numbers.of(np.ones((2, 3, 3), np.int64)),
        stride=(1, 1, 1),
        dilation=(1, 1, 1),
        output_padding=(0, 0, 0),
    ),
}
"""By name; what they are called is in the front end's catalogue of texts."""

GALLERY: dict[str, Gallery] = {
    "edges": Gallery(),
    "all": Gallery(view="all"),
    "blur": Gallery(kernel="gaussian:sigma=3", channels="each", display="clip"),
    "sharpen": Gallery(kernel="unsharp:sigma=2,amount=2", channels="each", display="clip"),
    "stripes": Gallery(kernel="gabor:orientation=45,wavelength=8"),
    "rings": Gallery(photograph="rings", kernel="box:size=9", channels="each", display="clip"),
    "direction": Gallery(measure="direction"),
}

_ROW: dict[str, Any] = {"dims": 1, "kernel": Numbers.of([1, 1, 1])}


def _landscape() -> Numbers:
    """Draw a sun above a slope: no edge is even, and nothing is its own mirror image."""
    rows, columns = np.mgrid[:12, :14]
    sun = 9 * np.exp(-((rows - 3) ** 2 + (columns - 9) ** 2) / 6)
    slope = np.where(rows > 5 + columns / 4, 8 - columns / 3, 1)
    return Numbers.of(np.rint(np.maximum(sun, slope)).astype(np.int64))


BORDERS: dict[str, Borders] = {
    "count": Borders(),
    "row": Borders(**_ROW, input=Numbers.of([1, 2, 3, 4]), pad=(3,)),
    "wide": Borders(**_ROW, input=Numbers.of([1, 2, 3]), pad=(7,)),
    "frame": Borders(input=Numbers.of(np.full((4, 5), 9)), pad=(1, 1)),
    "gradient": Borders(input=Numbers.of(np.tile(np.arange(6) * 10, (4, 1))), kernel=SOBEL_X, pad=(1, 1)),
    "picture": Borders(input=_landscape(), pad=(5, 5)),
    "one-cell": Borders(input=Numbers.of([[7]]), kernel=Numbers.of([[1]])),
}
"""By name, as above."""

_STRIPES = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [1, 1, 1]]).T
_FOUR: dict[str, Any] = {"input": Numbers.of((np.arange(100) ** 2 // 3 % 10).reshape(4, 5, 5))}


def _slices(*shape: int) -> Numbers:
    return Numbers.of((np.arange(np.prod(shape)) * 5 % 7 - 3).reshape(shape))


CHANNELS: dict[str, Channels] = {
    "rgb": Channels(),
    "grey": Channels(
        input=Numbers.of(_STRIPES[:, np.newaxis] * np.array([255, 128, 64])[:, np.newaxis]),
        weight=Numbers.of([[[0.299]], [[0.587]], [[0.114]]]),
    ),
    "red-edge": Channels(
        input=Numbers.of([[[0, 0, 0, 9, 9, 9]] * 5, [[5] * 6] * 2 + [[0] * 6] * 3, [[3] * 6] * 5]),
        weight=Numbers.of([[[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], [[0] * 3] * 3, [[0] * 3] * 3]),
    ),
    "many": Channels(weight=_slices(12, 3, 3), bias=(0, 10, -10, 5)),
    "full": Channels(**_FOUR, weight=_slices(16, 3, 3)),
    "groups": Channels(**_FOUR, weight=_slices(8, 3, 3), groups=2),
    "depthwise": Channels(**_FOUR, weight=_slices(4, 3, 3), groups=4),
    "pointwise": Channels(**_FOUR, weight=_slices(16, 1, 1)),
}
"""By name; what they are called is in the front end's catalogue of texts."""

_DESCENT: dict[str, Any] = {"part": "descent"}
_SMOOTH = Numbers.of((np.array(_landscape().data).reshape(12, 14) / 9).round(2))

_GRADIENT = Numbers.of((np.arange(25).reshape(5, 5) * 3 % 7) - 3)

BACKWARDS: dict[str, Backwards] = {
    "by-hand": Backwards(),
    "every-overlap": Backwards(
        input=Numbers.of(np.arange(1, 26).reshape(5, 5) % 7),
        kernel=SOBEL_X,
        grad=Numbers.of([[0, 0, 0], [0, 1, 0], [0, 0, 0]]),
        cell=(2, 3),
    ),
    "same-size": Backwards(
        input=Numbers.of(np.arange(25).reshape(5, 5) % 4), kernel=SOBEL_X, pad=(1, 1), grad=_GRADIENT, cell=(1, 1)
    ),
    "stride": Backwards(
        input=Numbers.of(np.arange(49).reshape(7, 7) % 5),
        kernel=_BOX,
        stride=(2, 2),
        grad=Numbers.of([[1, 2, 3], [4, 5, 6], [7, 8, 9]]),
        cell=(2, 2),
    ),
    "dilation": Backwards(
        input=Numbers.of(np.arange(49).reshape(7, 7) % 5),
        kernel=SOBEL_X,
        dilation=(2, 2),
        grad=Numbers.of([[1, 0, 0], [0, 2, 0], [0, 0, 3]]),
        side="kernel",
    ),
    "signal": Backwards(
        dims=1,
        input=Numbers.of([1, 2, 3, 4, 5]),
        kernel=Numbers.of([1, 0, -1]),
        grad=Numbers.of([1, 10, 100]),
        stride=(1,),
        dilation=(1,),
        pad=(0,),
    ),
    "sobel": Backwards(**_DESCENT),
    "sobel-picture": Backwards(**_DESCENT, picture=_SMOOTH, rate=0.4, steps=500),
    "momentum": Backwards(**_DESCENT, picture=_SMOOTH, rate=0.4, momentum=0.9, steps=200),
    "too-large": Backwards(**_DESCENT, rate=2.2),
    "even": Backwards(
        **_DESCENT,
        picture=Numbers.of(np.full((12, 12), 0.5)),
        target=Numbers.of([[1, 2, 1], [2, 4, 2], [1, 2, 1]]),
        rate=0.2,
        steps=20,
    ),
}
"""By name, as above."""

_NOTCH = (0, 1, 3, -2, -3, 2, 1)


def _rounded(values: npt.NDArray[np.float64]) -> tuple[float, ...]:
    return tuple(np.round(values, 2).tolist())


def _noisy_sine() -> tuple[float, ...]:
    return _rounded(np.sin(2 * np.pi * np.arange(96) / 48) + 0.4 * noise(96, 3))


def _noisy_step() -> tuple[float, ...]:
    return _rounded((np.arange(64) >= 32) + 0.25 * noise(64, 5))


def _hidden() -> tuple[float, ...]:
    """Hide a pattern in noise, at 30 and, half as strong, at 70."""
    signal = 1.6 * noise(96, 11)
    for place, strength in ((30, 1.0), (70, 0.5)):
        signal[place : place + len(_NOTCH)] += strength * np.array(_NOTCH)
    return _rounded(signal)


SIGNALS: dict[str, Signals] = {
    "pulse": Signals(),
    "boxes": Signals(signal=(0,) * 6 + (1,) * 8 + (0,) * 6, kernel=(1,) * 8),
    "average": Signals(signal=_noisy_sine(), kernel="moving-average:size=9", mode="same"),
    "edge": Signals(
        signal=(0,) * 8 + (1,) * 8 + (0,) * 8, kernel="difference", operation="correlation", mode="same"
    ),
    "noisy-edge": Signals(
        signal=_noisy_step(), kernel="gaussian-slope:sigma=3", operation="correlation", mode="same"
    ),
    "pattern": Signals(signal=_hidden(), kernel=_NOTCH, operation="correlation", mode="valid"),
    "numbers": Signals(signal=(1, 2, 3), kernel=(0, 1, 0.5)),
    "correlated": Signals(signal=(1, 2, 3, 4, 5), kernel=(1, 0, -1), operation="correlation", mode="valid"),
    "convolved": Signals(signal=(1, 2, 3, 4, 5), kernel=(1, 0, -1), mode="valid"),
    "echo": Signals(signal="pluck", kernel="echo:delay=5600,gain=0.6,repeats=3"),
    "reverb": Signals(signal="drums", kernel="reverb"),
    "muffled": Signals(signal="chirp", kernel="moving-average:size=8"),
}
"""By name, as above."""

_NEGATIVE: dict[str, Any] = {
    "dims": 1,
    "input": Numbers.of([-4, -2, -6]),
    "window": (3,),
    "stride": (1,),
    "dilation": (1,),
    "padding": ((1, 1),),
    "output_size": (2,),
    "shift": (1,),
    "along": 0,
}
_SIX: dict[str, Any] = {**_NEGATIVE, "input": Numbers.of([1, 5, 2, 4, 3, 0]), "stride": (2,), "padding": "valid"}
_SEVEN = Numbers.of((np.arange(7)[:, np.newaxis] * 5 + np.arange(7) ** 2) % 11)
_DIGIT = Numbers.of(
    [
        [int(cell) for cell in row]
        for row in (
            "000000000000", "000000000000", "002888888200", "003999999700", "000111169700", "000000289300",
            "000000698000", "000003994000", "000008990000", "000029960000", "000038820000", "000000000000",
        )
    ]
)  # fmt: skip
_SHIFTS: dict[str, Any] = {"view": "shifts", "input": _DIGIT, "shift": (0, -1)}
_PULSES: dict[str, Any] = {
    **_SIX, "view": "shifts", "input": Numbers.of([0, 0, 1, 1, 0, 0, 1, 1]), "window": (2,), "stride": None,
}  # fmt: skip

POOLING: dict[str, Pooling] = {
    "maximum": Pooling(),
    "mean": Pooling(kind="average"),
    "norm": Pooling(input=Numbers.of([[3, 0], [0, -4]]), kind="lp"),
    "overlapping": Pooling(input=_SEVEN, window=(3, 3), stride=(2, 2)),
    "pads": Pooling(**_NEGATIVE),
    "zeros-outside": Pooling(**_NEGATIVE, border="constant"),
    "mean-pads": Pooling(**_NEGATIVE, kind="average"),
    "mean-inside": Pooling(**_NEGATIVE, kind="average", count_include_pad=False),
    "ceil": Pooling(**_SIX, kind="average", ceil_mode=True),
    "global": Pooling(input=_SEVEN, kind="average", windows="global"),
    "adaptive": Pooling(input=_SEVEN, windows="adaptive", output_size=(2, 3)),
    "digit": Pooling(**_SHIFTS),
    "digit-edges": Pooling(**_SHIFTS, feature="sobel-x", measure="moved"),
    "pulses": Pooling(**_PULSES),
    "pulses-blurred": Pooling(**_PULSES, method="max-blur"),
    "stripes": Pooling(view="shifts", input=Numbers.of([[9, 0] * 4] * 6), method="subsample", measure="changed"),
}
"""By name, as above."""

_TENT: dict[str, Any] = {
    "input": Numbers.of([[0, 0, 4, 8, 4, 0, 0, 2]]), "weight": Numbers.of([[1, 2, 1]]), "padding": "same",
}  # fmt: skip
_SOBEL: dict[str, Any] = {
    "input": Numbers.of([[[0, 0, 1, 1, 1]] * 5]), "weight": Numbers.of([[[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]]),
}  # fmt: skip
_TWO: dict[str, Any] = {
    "input": Numbers.of(np.arange(18).reshape(2, 3, 3)),
    "weight": Numbers.of(np.arange(16).reshape(4, 2, 2) % 5 - 1),
}

MATRIX_VIEW: dict[str, MatrixView] = {
    "sixteen": MatrixView(),
    "signal": MatrixView(input=Numbers.of([[1, 2, 3, 4, 5]]), weight=Numbers.of([[1, 0, -1]])),
    "band": MatrixView(**_TENT),
    "circulant": MatrixView(**_TENT, border="wrap"),
    "blocks": MatrixView(**_SOBEL, padding="same"),
    "stride": MatrixView(**_SOBEL, stride=2),
    "transposed": MatrixView(
        input=Numbers.of([[[1, 0, 2, 0], [0, 1, 0, 0], [0, 0, 0, 3], [1, 0, 0, 0]]]),
        weight=Numbers.of([[[1, 2], [3, 4]]]),
        stride=2,
        transposed=True,
    ),
    "columns": MatrixView(view="im2col"),
    "channels": MatrixView(**_TWO, view="im2col"),
    "tile": MatrixView(
        view="winograd",
        input=Numbers.of([[[3, 1, 4, 1], [5, 9, 2, 6], [5, 3, 5, 8], [9, 7, 9, 3]]]),
        weight=Numbers.of([[[2, 1, 0], [1, 4, 1], [0, 1, 2]]]),
    ),
    "tile-1d": MatrixView(
        view="winograd", input=Numbers.of([[1, 2, 3, 4, 5, 6]]), weight=Numbers.of([[1, 2, 4]]), layer=None
    ),
    "spectra": MatrixView(**_TENT | {"padding": "valid"}, view="fft", layer=None),
    "spectra-2d": MatrixView(**_SOBEL | {"padding": "full"}, view="fft", layer=Layer(1, 1, 512, 512, 31)),
}
"""By name, as above."""

_VGG = (
    "3x224x224 2*(conv:64,k3,p1 relu) max:2 2*(conv:128,k3,p1 relu) max:2 3*(conv:256,k3,p1 relu) max:2 "
    "2*(3*(conv:512,k3,p1 relu) max:2) flatten 2*(dense:4096 relu) dense:1000"
)
_ALEXNET = (
    "3x224x224 conv:64,k11,s4,p2 relu max:3,s2 conv:192,k5,p2 relu max:3,s2 conv:384,k3,p1 relu "
    "conv:256,k3,p1 relu conv:256,k3,p1 relu max:3,s2 flatten 2*(dense:4096 relu) dense:1000"
)

SIZES: dict[str, Sizes] = {
    "lenet": Sizes(),
    "stem": Sizes(stack="3x224x224 conv:64,k7,s2,p3 relu max:3,s2,p1", layer=3, picture="cat"),
    "vgg": Sizes(stack=_VGG, layer=18, picture="cat"),
    "alexnet": Sizes(stack=_ALEXNET, layer=13, picture="cat"),
    "shrinking": Sizes(stack="1x7x7 3*conv:1,k3", layer=3, picture="none"),
    "keeping": Sizes(stack="1x7x7 3*conv:1,k3,same", layer=3, picture="none"),
    "three-small": Sizes(stack="1x15x15 3*conv:1,k3,p1,nobias", layer=3, picture="none"),
    "one-large": Sizes(stack="1x15x15 conv:1,k7,p3,nobias", layer=1, picture="none"),
    "dilated": Sizes(
        stack="1x31x31 conv:1,k3,same conv:1,k3,d2,same conv:1,k3,d4,same conv:1,k3,d8,same",
        layer=4,
        picture="none",
    ),
    "gridding": Sizes(stack="1x31x31 3*conv:1,k3,d4,same", layer=3, picture="none"),
    "separable": Sizes(stack="32x112x112 dw:k3,p1 bn relu conv:64,k1 bn relu", layer=4, picture="none"),
    "there-and-back": Sizes(
        stack="1x28x28 conv:16,k3,s2,p1 relu conv:32,k3,s2,p1 relu deconv:16,k4,s2,p1 relu deconv:1,k4,s2,p1",
        layer=7,
    ),
    "signal": Sizes(stack="1x64 conv:8,k5,s2,p2 relu max:2 conv:16,k5,p2 relu gap dense:3", layer=4),
    "connected": Sizes(stack="3x224x224 dense:1000,nobias", layer=1, picture="cat"),
    "impossible": Sizes(stack="3x8x8 conv:16,k3 conv:32,k7 relu flatten dense:10", layer=2, picture="none"),
}
"""By name, as above."""
