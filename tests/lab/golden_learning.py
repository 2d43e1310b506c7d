"""Golden vectors of gradient descent: kernels and losses on the way, and how steep the loss is."""

from __future__ import annotations

from typing import Any

import numpy as np

from convolens.algorithms.gradients import weight_gradient
from convolens.ops.unfold import unfold
from convolens.spec.geometry import ConvSpec
from lab.golden_arrays import array, draw, held, reference

Case = dict[str, Any]

STEPS = 12
TABLE: dict[str, tuple[list[int], list[int], float, float]] = {
    "2-D": ([1, 6, 7], [1, 1, 3, 3], 0.02, 0.0),
    "2-D momentum": ([1, 5, 8], [1, 1, 2, 3], 0.01, 0.75),
    "2-D too fast": ([1, 6, 6], [1, 1, 3, 3], 0.5, 0.0),
    "1-D": ([1, 12], [1, 1, 4], 0.03, 0.5),
}
"""Input, kernel, rate and momentum."""


def learning() -> list[Case]:
    """Draw inputs, kernels to be found, and kernels to begin with."""
    rng = np.random.default_rng(8)
    return [
        {
            "name": name,
            "given": {
                "x": draw(rng, shape),
                "target": draw(rng, weight),
                "start": draw(rng, weight),
                "rate": rate,
                "momentum": momentum,
                "steps": STEPS,
            },
        }
        for name, (shape, weight, rate, momentum) in TABLE.items()
    ]


def descended(case: Case) -> Case:
    """Go down the mean of the squared differences, by the definition of convolution and its adjoint."""
    given = case["given"]
    x, target, kernel = (array(given[name]) for name in ("x", "target", "start"))
    spec = ConvSpec(x.shape, kernel.shape, dtype=np.float64)
    wanted = reference(spec, x, target)
    kernels, losses, velocity = [], [], np.zeros_like(kernel)
    for _ in range(given["steps"] + 1):
        error = reference(spec, x, kernel) - wanted
        kernels.append(kernel)
        losses.append((error**2).mean())
        gradient = weight_gradient(spec, x[np.newaxis], 2 * error[np.newaxis] / error.size)
        velocity = given["momentum"] * velocity + gradient
        kernel = kernel - given["rate"] * velocity
    columns = unfold(x, kernel.shape[2:])
    curvature = 2 * columns @ columns.T / columns.shape[1]
    return {
        "kernels": held(np.stack(kernels)),
        "losses": [float(loss) for loss in losses],
        "curvatures": np.linalg.eigvalsh(curvature).tolist(),
    }


FILES = {"learning": (learning, descended)}
