"""Which mathematics: every way of computing a convolution, one file each."""

from typing import Any

from convolens.algorithms.base import Algorithm
from convolens.algorithms.depthwise import Depthwise
from convolens.algorithms.direct import Direct
from convolens.algorithms.fft import FFT
from convolens.algorithms.grouped import Grouped
from convolens.algorithms.im2col import Im2col
from convolens.algorithms.overlap_add import OverlapAdd
from convolens.algorithms.overlap_save import OverlapSave
from convolens.algorithms.reference import Reference
from convolens.algorithms.rows import Rows
from convolens.algorithms.separable import Separable
from convolens.algorithms.tiled import Tiled
from convolens.algorithms.winograd import Winograd, WinogradSmall

ALGORITHMS: dict[str, Algorithm[Any]] = {
    algorithm.name: algorithm
    for algorithm in (
        Reference(),
        Direct(),
        Im2col(),
        Tiled(),
        Rows(),
        Depthwise(),
        Grouped(),
        Winograd(),
        WinogradSmall(),
        Separable(),
        FFT(),
        OverlapAdd(),
        OverlapSave(),
    )
}
