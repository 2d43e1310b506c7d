"""What the FFT algorithms share: lengths, spectra of kernels, and refusals."""

import subprocess
import sys

import numpy as np
from scipy import fft

from cases import random_arrays
from convolens.algorithms import ALGORITHMS
from convolens.algorithms.spectrum import fft_size, kernel_spectrum, spectra_bytes, spectrum_cells
from convolens.spec.geometry import ConvSpec

FFT = ALGORITHMS["fft"]


def test_lengths_are_rounded_up_to_fast_ones() -> None:
    """Products of small primes, never shorter than asked."""
    assert fft_size((97, 128, 1)) == (100, 128, 1)


def test_lengths_are_those_of_scipy() -> None:
    """Every length up to a few thousand, and lengths around powers of two and large products."""
    lengths = [*range(1, 4000), *(n + d for n in (2**16, 3**12, 5**9, 10**7, 2**30) for d in (-1, 0, 1))]
    assert fft_size(tuple(lengths)) == tuple(fft.next_fast_len(n, real=True) for n in lengths)


def test_planning_does_not_import_scipy() -> None:
    """The first plan of a process waits for no import."""
    program = (
        "import sys; from convolens.planning.plan import plan_conv; from convolens.spec.geometry import ConvSpec; "
        "plan_conv(ConvSpec((1, 8, 300, 300), (8, 8, 9, 9))); sys.exit('scipy.fft' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_spectrum_of_the_dilated_kernels() -> None:
    """Each kernel's own transform, grouped; conjugated for correlation."""
    spec = ConvSpec((1, 4, 20, 18), (6, 2, 3, 2), groups=2, dilation=(2, 3), dtype="f8")
    _, weight = random_arrays(spec)
    size = fft_size(spec.padded_size)
    spectra = kernel_spectrum(spec, weight, size, conjugate=True)
    dilated = np.zeros((5, 4))
    dilated[::2, ::3] = weight[4, 1]
    assert spectra.shape == (2, 3, 2, size[0], size[1] // 2 + 1)
    assert spectra[0, 0, 0].size == spectrum_cells(size)
    np.testing.assert_allclose(spectra[1, 1, 1], np.conj(fft.rfftn(dilated, size)))


def test_float32_stays_complex64() -> None:
    """Half the memory of double precision."""
    spec = ConvSpec((1, 1, 20, 18), (1, 1, 3, 2), dtype="f2")
    assert kernel_spectrum(spec, np.ones((1, 1, 3, 2), "f2"), (20, 18), conjugate=False).dtype == np.complex64


def test_refuses_spectra_beyond_the_memory_limit() -> None:
    """Many channels of a large image; the size is named."""
    spec = ConvSpec((1, 512, 256, 256), (512, 512, 3, 3))
    assert spectra_bytes(spec, (256, 256)) > 60 * 2**30
    assert "GiB" in str(FFT.refusal(spec))


def test_refuses_integers_and_borders_that_are_not_finite() -> None:
    """What one transform would spread or round."""
    assert "exactly" in str(FFT.refusal(ConvSpec((1, 1, 20), (1, 1, 3), dtype="i2")))
    assert "finite" in str(FFT.refusal(ConvSpec((1, 1, 20), (1, 1, 3), padding=1, border=np.nan)))
