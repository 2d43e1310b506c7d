"""Golden vectors of kernels and photographs: designs, frequency responses, filtered pictures, edges."""

from __future__ import annotations

from typing import Any

import numpy as np

import convolens as cl
from convolens.errors import ConvolensError
from convolens.images.image import Image, luminance
from convolens.kernels import frequency_response, kernels
from convolens.spec.borders import MODES
from lab.golden_arrays import Array, array, held

Case = dict[str, Any]

DESIGNS = [
    *("identity:size=5", "box:size=2", "box:size=5", "gaussian", "gaussian:sigma=0.5", "gaussian:sigma=2,size=8"),
    *("gaussian:sigma=0.01,size=2", "log", "log:sigma=0.25,size=3", "log:sigma=1.7", "dog", "dog:sigma=0.6"),
    *("unsharp", "unsharp:sigma=2,amount=0.5", "unsharp:sigma=0.7,size=3", "motion-blur", "motion-blur:length=4"),
    *("motion-blur:length=7,angle=30", "motion-blur:length=5.5,angle=90", "motion-blur:length=1,angle=-225"),
    *("gabor:wavelength=3,size=9", "gabor:orientation=90,wavelength=2.5,phase=90,sigma=1,aspect=1"),
    *("gabor:orientation=30,wavelength=4,phase=-90,sigma=1.2,size=7", "robinson:angle=45", "robinson:angle=-90"),
    *("kirsch:angle=135", "kirsch:angle=720", "dog:sigma=0.6,ratio=2"),
    *("gaussian:sigma=0", "box:size=2.5", "identity:size=4", "log:sigma=0.1", "kirsch:angle=30", "gabor:lambda=3"),
    *("gaussian:sigma=9999", "gaussain", "gabor:size=1"),
]  # fmt: skip

RESPONSES = [("sobel-x", 8), ("gaussian:sigma=0.5", 9), ("box:size=3", 6), ("emboss", 3)]

FILTERS: list[tuple[str, Case]] = [
    *(("sobel-x", {"response": response}) for response in ("clip", "signed", "absolute")),
    *(("box:size=3", {"border": border}) for border in (*MODES, 100)),
    ("gaussian:sigma=1.5", {}),
    ("gaussian:sigma=1.5", {"channels": "luminance", "border": "wrap"}),
    ("box:size=2", {"flip": True}),
    ("box:size=4", {"flip": False, "border": "symmetric"}),
    ("roberts-1", {"flip": True, "response": "signed"}),
    ("emboss", {}),
    ("sharpen", {"channels": "luminance"}),
    ("log", {"response": "signed", "border": 30}),
    ("motion-blur:length=7,angle=30", {"flip": True}),
    ("gabor:orientation=30,wavelength=4,phase=-90,sigma=1.2,size=7", {"response": "signed"}),
    ("sobel-y", {"response": "signed", "gain": 4}),
]


def designs() -> list[Case]:
    """Kernels as text."""
    return [{"given": {"text": text}} for text in DESIGNS]


def weights_of(case: Case) -> Case:
    """Give a kernel's weights, or the kind of its refusal."""
    try:
        kernel = kernels[case["given"]["text"]]
    except ConvolensError as error:
        return {"refusal": str(error)}
    return {
        "weights": held(kernel.weights),
        "sum": float(kernel.sum),
        "signed": kernel.signed,
        "rank": kernel.rank,
    }


def catalogue() -> list[Case]:
    """Every kernel of the catalogue as it is made without parameters: what the generated catalogue also holds."""
    return [{"given": {"name": name}} for name in kernels]


def entry_of(case: Case) -> Case:
    """Give name, defaults and weights."""
    kernel = kernels[case["given"]["name"]]
    return {"parameters": dict(kernel.parameters), "weights": held(kernel.weights)}


def responses() -> list[Case]:
    """Kernels and sizes."""
    return [{"given": {"text": text, "size": size}} for text, size in RESPONSES]


def response_of(case: Case) -> Case:
    """Give the magnitudes of the frequency response."""
    kernel = kernels[case["given"]["text"]]
    found = frequency_response(kernel, size=case["given"]["size"])
    frequencies = found.frequencies.tolist()
    return {"weights": held(kernel.weights), "magnitude": held(found.magnitude), "frequencies": frequencies}


def pictures() -> list[Case]:
    """Draw a picture: noise over a slope, with an edge."""
    rng = np.random.default_rng(8)
    rows, columns = np.mgrid[:7, :9]
    slope = (rows * 20 + columns * 9)[..., None] * [1, 0.8, 0.5] + 90 * (columns > 5)[..., None]
    picture = np.clip(slope + rng.integers(-20, 21, (7, 9, 3)), 0, 255).astype(int)
    pixels = {"shape": [7, 9, 3], "data": picture.ravel().tolist()}
    filters = [{"given": {"picture": pixels, "text": text, "options": options}} for text, options in FILTERS]
    operators = ("sobel", "scharr", "prewitt")
    return [*filters, *({"given": {"picture": pixels, "operator": operator}} for operator in operators)]


def filtered(case: Case) -> Case:
    """Filter a picture, or find its edges; directions are those of the green channel."""
    given = case["given"]
    picture = array(given["picture"]).astype(np.uint8)
    if "operator" in given:
        found = cl.edge_magnitude(picture, operator=given["operator"])
        direction = cl.edge_direction(picture[..., 1], operator=given["operator"])
        return {"pixels": found.ravel().tolist(), "direction": direction.ravel().tolist()}
    options = dict(given["options"])
    if options.pop("channels", "each") == "luminance":
        picture = luminance(Image(picture)).pixels
    kernel = kernels[given["text"]]
    shown: Array = cl.filter_image(picture, kernel, **options, exact=True)
    return {"weights": held(kernel.weights), "pixels": shown.ravel().tolist()}


FILES = {
    "designs": (designs, weights_of),
    "catalogue": (catalogue, entry_of),
    "responses": (responses, response_of),
    "pictures": (pictures, filtered),
}
