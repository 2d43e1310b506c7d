"""The catalogue: its names, look-ups, errors, and what it says about each kernel."""

import copy
import doctest
import inspect
import json
import pickle
import re
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convolens.errors import DTypeError, SpecError, UnknownNameError
from convolens.kernels import Catalogue, NamedKernel, kernels

RANKS = {
    "identity": 1, "box": 1, "gaussian": 1, "motion-blur": 1, "sharpen": 2, "unsharp": 2, "emboss": 3,
    "prewitt-x": 1, "prewitt-y": 1, "sobel-x": 1, "sobel-y": 1, "scharr-x": 1, "scharr-y": 1,
    "roberts-1": 2, "roberts-2": 2, "edge-0": 1, "edge-45": 2, "edge-90": 1, "edge-135": 2,
    "robinson": 1, "kirsch": 2, "laplacian-4": 2, "laplacian-8": 2, "log": 2, "dog": 2,
    "line-0": 1, "line-45": 2, "line-90": 1, "line-135": 2, "gabor": 1,
}  # fmt: skip
KEEP_BRIGHTNESS = {"identity", "box", "gaussian", "motion-blur", "sharpen", "unsharp", "emboss"}


def test_names_and_ranks() -> None:
    """The catalogue holds these names in this order, each with this rank."""
    assert {name: kernel.rank for name, kernel in kernels.items()} == RANKS
    assert list(kernels) == list(RANKS)
    assert len(kernels) == 30


@pytest.mark.parametrize("name", kernels)
def test_every_kernel_is_complete(name: str) -> None:
    """Weights that are read-only, a sum of 0 or 1, a formula, a source and two sentences."""
    kernel = kernels[name]
    assert kernel.name == kernel.label == name
    assert not kernel.weights.flags.writeable
    assert kernel.weights.dtype in (np.int64, np.float64)
    assert kernel.sum == pytest.approx(1 if name in KEEP_BRIGHTNESS else 0, abs=1e-12)
    assert kernel.signed == (name not in KEEP_BRIGHTNESS)
    assert kernel.formula
    assert kernel.family in ("smoothing", "sharpening", "edges", "second derivatives", "lines")
    assert re.fullmatch(r"[A-Z].*\.", kernel.responds_to)
    assert re.fullmatch(r"[A-Z].*\.", kernel.because)
    assert kernel.source is not None
    assert 1960 <= kernel.source.year <= 2020
    assert kernel.source.doi is None or re.fullmatch(r"10\.\d{4,}/\S+", kernel.source.doi)


def test_families_stand_together() -> None:
    """Gallery order keeps the kernels of a family side by side."""
    families = [kernel.family for kernel in kernels.values()]
    assert len(set(families)) == 1 + sum(a != b for a, b in pairwise(families))


@pytest.mark.parametrize("text", ["sobel-x", "Sobel_X", " SOBEL X ", "sobel_x:"])
def test_names_are_forgiving(text: str) -> None:
    """Case, underscores and spaces do not matter."""
    assert kernels[text] == kernels.sobel_x()
    assert text in kernels


def test_parameters_by_text_and_by_call() -> None:
    """Both ways make the same kernel, and the label makes it again."""
    kernel = kernels["gaussian: sigma = 2 , size=9"]
    assert kernel == kernels.gaussian(2.0, size=9)
    assert kernel.shape == (9, 9)
    assert kernel.parameters == {"sigma": 2.0, "size": 9}
    assert kernel.label == "gaussian:sigma=2,size=9"
    assert kernels["gaussian:sigma=1,size=none"].label == "gaussian"
    assert kernels["kirsch:angle=90"].weights.tolist() == [[-3, -3, 5], [-3, 0, 5], [-3, -3, 5]]


@given(
    orientation=st.floats(-360, 360),
    wavelength=st.floats(3, 8),
    aspect=st.floats(0.5, 2),
    size=st.sampled_from([None, 9, 15]),
)
def test_labels_make_the_kernel_again(
    orientation: float, wavelength: float, aspect: float, size: int | None
) -> None:
    """Looking a label up gives the same weights, to the last bit."""
    kernel = kernels.gabor(orientation=orientation, wavelength=wavelength, aspect=aspect, size=size)
    assert kernels[kernel.label] == kernel


def test_functions_show_their_parameters() -> None:
    """Signature, docstring and completion are there for an editor."""
    assert str(inspect.signature(kernels.gaussian)).startswith("(sigma: float = 1.0, size: int | None = None)")
    assert "Standard deviation" in (kernels.gaussian.__doc__ or "")
    assert "Vertical edges" in (kernels.sobel_x.__doc__ or "")
    assert {"gaussian", "sobel_x", "motion_blur"} <= set(dir(kernels))
    assert kernels._ipython_key_completions_() == list(kernels)
    with pytest.raises(TypeError, match="sgma"):
        kernels.gaussian(sgma=2)  # type: ignore[call-arg]


def test_unknown_names_offer_the_nearest() -> None:
    """A LookupError that says which names come close."""
    with pytest.raises(LookupError, match="unknown kernel 'soble-x'; did you mean 'sobel-x'"):
        kernels["soble-x"]
    with pytest.raises(UnknownNameError, match="Known: identity, box"):
        kernels["zzzz"]
    assert "soble-x" not in kernels
    assert 3 not in kernels
    assert kernels.get("soble-x") is None


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        (
            "gaussian:sgma=2",
            UnknownNameError,
            "kernel gaussian has no parameter 'sgma'; it takes sigma=1, size=None",
        ),
        ("sobel-x:size=3", UnknownNameError, "kernel sobel-x has no parameter 'size'; it takes none"),
        ("gaussian:2", UnknownNameError, "has no parameter '2'"),
        (
            "gaussian:sigma=wide",
            SpecError,
            "sigma must be a number, found 'wide'; it takes sigma=1, size=None",
        ),
        ("gaussian:size=2.5", SpecError, "size must be a whole number, found '2.5'"),
        ("gaussian:sigma", SpecError, "sigma must be a number, found ''"),
        ("gaussian:sigma=none", SpecError, "found 'none'"),
        ("gaussian:sigma=1,sigma=2", SpecError, "sigma is given twice"),
        ("gaussian:sigma=nan", SpecError, "sigma must be a finite number greater than 0, found nan"),
        ("gaussian:sigma=-1", SpecError, "found -1"),
        ("box:size=99999", SpecError, "found 99999"),
    ],
)
def test_options_that_do_not_fit(text: str, error: type[Exception], words: str) -> None:
    """Each is refused with what the kernel takes."""
    with pytest.raises(error) as caught:
        kernels[text]
    assert words in str(caught.value)
    assert text not in kernels


def test_numpy_takes_a_kernel_for_an_array() -> None:
    """NumPy shares the read-only weights; a new type or a copy can be asked for."""
    kernel = kernels["sobel-x"]
    assert np.shares_memory(np.asarray(kernel), kernel.weights)
    assert np.asarray(kernel, dtype=np.float32).dtype == np.float32
    assert np.array(kernel).flags.writeable
    np.testing.assert_array_equal(np.fliplr(kernel), -kernel.weights)
    with pytest.raises(ValueError, match="read-only"):
        kernel.weights[0, 0] = 9
    with pytest.raises(AttributeError):
        kernel.name = "other"  # type: ignore[misc]


def test_kernels_are_values() -> None:
    """Equal kernels hash alike, and a pickle brings back a read-only equal."""
    kernel = kernels.gaussian(sigma=2)
    again = pickle.loads(pickle.dumps(kernel))
    assert again == kernel
    assert hash(again) == hash(kernel)
    assert not again.weights.flags.writeable
    assert again.source == kernel.source
    assert kernel != kernels.gaussian(sigma=3)
    assert kernel != "gaussian"
    values = np.eye(3)
    mine = NamedKernel("mine", values)
    values[0, 0] = 5
    assert mine.weights[0, 0] == 1


def test_as_dict_is_json() -> None:
    """Everything goes through JSON and keeps its numbers."""
    for kernel in kernels.values():
        again = json.loads(json.dumps(kernel.as_dict()))
        np.testing.assert_array_equal(again["weights"], kernel.weights)
        assert again["rank"] == kernel.rank


def test_text_shows_weights_aligned() -> None:
    """Rows line up, −0 is 0, large kernels show their middle, huge and tiny numbers stay short."""
    assert repr(kernels["box"]).splitlines() == [
        "box: 3 × 3, rank 1, sum 1",
        *["  0.1111  0.1111  0.1111"] * 3,
    ]
    assert "Responds to  Vertical edges" in str(kernels["sobel-x"])
    assert repr(kernels["gabor"]).splitlines()[-1] == "  (the central 11 × 7)"
    assert len({len(line) for line in repr(kernels["log"]).splitlines()[1:-1]}) == 1
    for kernel in kernels.values():
        assert max(map(len, str(kernel).splitlines())) <= 80
        assert max(map(len, kernel.text(50).splitlines())) <= 50
    assert np.array2string(kernels["gabor"].weights[14, 14], precision=3) in kernels["gabor"].text(40)
    assert repr(NamedKernel("k", [[-1e-9, 1.0]])).splitlines()[1] == "  0.000  1.000"
    assert repr(NamedKernel("k", [[1e-300, 0.0]])).splitlines()[1] == "  1.000e-300   0.000e+00"
    assert repr(NamedKernel("k", [[0.0]])).splitlines() == ["k: 1 × 1, rank 0, sum 0", "  0"]


def test_a_kernel_of_your_own_says_what_it_does_to_an_even_area() -> None:
    """Without a source, the sum alone is told."""
    assert NamedKernel("k", [[-1, 1]]).responds_to.endswith("an even area gives 0.")
    assert "3 times as bright" in NamedKernel("k", [[1, 2]]).responds_to
    assert NamedKernel("k", [[0.1, 0.2, -0.3]]).sum == 0
    assert NamedKernel("k", [[0.1, 0.2, -0.3]]).signed
    assert not NamedKernel("k", [[-1, 5, -1]]).signed


@pytest.mark.parametrize(
    ("values", "error", "words"),
    [
        ([1, 2, 3], SpecError, r"must have 2 dimensions, rows and columns, found shape \(3,\)"),
        (np.zeros((2, 2, 2)), SpecError, r"found shape \(2, 2, 2\)"),
        (np.zeros((0, 3)), SpecError, r"is empty: shape \(0, 3\)"),
        ([[1, float("nan")]], SpecError, "not a finite number"),
        ([[1e308, 1e308]], SpecError, "their sum may be no finite number"),
        ([[1, 2], [3]], SpecError, "rows do not have the same length"),
        ([[1j]], DTypeError, "found dtype complex128"),
        ([["a"]], DTypeError, "must hold real numbers"),
    ],
)
def test_weights_that_are_no_kernel(values: object, error: type[Exception], words: str) -> None:
    """Each is refused with the shape or type that was found."""
    with pytest.raises(error, match=words):
        NamedKernel("mine", values)  # type: ignore[arg-type]


def test_the_subpackage_is_found_past_the_catalogue(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the package's attribute `kernels` set to the catalogue, every way to import a submodule works."""
    import convolens

    monkeypatch.setattr(convolens, "kernels", kernels)
    import convolens.kernels.design as by_path
    from convolens.kernels import design as by_name

    assert by_path is by_name
    assert isinstance(convolens.kernels, Catalogue)


@pytest.mark.parametrize("angle", [0, 45, 90, 135])
def test_angles_mean_the_same_everywhere(angle: int) -> None:
    """For a line, an edge and a path along an angle, the kernel of that angle answers most."""
    position = np.arange(-7, 8)
    x, y = position[None, :], -position[:, None]
    turn = np.radians(angle)
    across = x * np.sin(turn) - y * np.cos(turn)  # grows to the right of the direction
    line, edge = np.exp(-(across**2)), (np.sign(across.round(9)) + 1) / 2

    def best(template: str, image: np.ndarray) -> int:
        return max((0, 45, 90, 135), key=lambda turned: respond(kernels[template.format(turned)], image))

    def respond(kernel: NamedKernel, image: np.ndarray) -> float:
        rows, columns = kernel.shape
        top, left = (15 - rows) // 2, (15 - columns) // 2
        return float((kernel.weights * image[top : top + rows, left : left + columns]).sum())

    assert best("line-{}", line) == angle
    assert best("gabor:orientation={},size=15", line) == angle
    assert best("motion-blur:length=7,angle={}", line) == angle
    for template in (
        "edge-{}",
        "robinson:angle={}",
        "kirsch:angle={}",
        "gabor:phase=-90,size=15,orientation={}",
    ):
        assert best(template, edge) == angle
        assert respond(kernels[template.format(angle)], edge) > 0


def test_the_documentation_table_is_true() -> None:
    """The table in docs/kernels.md has a row for every kernel, with its size, rank, sum and sentence."""
    text = (Path(__file__).parents[2] / "docs" / "kernels.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `[\w-]+` \| \d+ × .*$", text, re.MULTILINE)
    assert rows == [
        f"| `{name}` | {k.shape[0]} × {k.shape[1]} | {k.rank} | {k.sum:.6g} | {k.responds_to} |"
        for name, k in kernels.items()
    ]


def test_the_documentation_examples_run() -> None:
    """Every example in docs/kernels.md prints what it says."""
    failed, tried = doctest.testfile(str(Path(__file__).parents[2] / "docs" / "kernels.md"), module_relative=False)
    assert tried > 10
    assert failed == 0


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_the_catalogue_is_pickled_by_name(protocol: int) -> None:
    """There is one catalogue in every process; what comes out of a pickle or a copy is that one."""
    assert pickle.loads(pickle.dumps(kernels, protocol)) is kernels
    assert copy.deepcopy({"all": kernels})["all"] is kernels
