"""Golden vectors of shifts: maps of shifted images under every method, and how far they are apart."""

from __future__ import annotations

from typing import Any, get_args

import numpy as np

from convolens.lab.states import shifts
from lab.golden_arrays import array, draw, held

Case = dict[str, Any]


def cases() -> list[Case]:
    """Draw rows and images under shifts in all directions."""
    rng, found = np.random.default_rng(17), []
    table: list[tuple[list[int], list[int], list[int], list[int], str, str]] = [
        ([8], [1], [2], [2], "wrap", "none"),
        ([7], [-4], [3], [2], "zeros", "sobel-x"),
        ([5], [8], [2], [3], "zeros", "none"),
        ([5], [-8], [4], [1], "wrap", "sobel-x"),
        ([6, 5], [1, -2], [2, 2], [2, 2], "wrap", "sobel-x"),
        ([5, 7], [-3, 4], [3, 2], [2, 3], "zeros", "sobel-y"),
        ([4, 6], [0, 5], [2, 3], [1, 2], "zeros", "none"),
    ]
    for shape, shift, window, stride, entering, feature in table:
        given = {"shift": shift, "window": window, "stride": stride, "entering": entering, "feature": feature}
        found.append({"given": {**given, "x": draw(rng, shape)}})
    return found


def compared(case: Case) -> Case:
    """Shift, and measure, by the functions behind the exhibit's state."""
    given = case["given"]
    x, shift, entering = array(given["x"]), given["shift"], given["entering"]
    before, after = (
        shifts.feature_map(shifts.shifted(x, by, entering), given["feature"], entering)
        for by in ([0] * x.ndim, shift)
    )
    moved = [cells / step for cells, step in zip(shift, given["stride"], strict=True)]
    maps, apart = {}, {}
    for method in get_args(shifts.Method):
        pair = [
            shifts.thinned(found, method, given["window"], given["stride"], entering) for found in (before, after)
        ]
        maps[method] = held(pair[1])
        apart[method] = {
            measure: shifts.apart(measure, *pair, moved, entering) for measure in get_args(shifts.Measure)
        }
    return {"features": held(after), "maps": maps, "apart": apart}


FILES = {"shifts": (cases, compared)}
