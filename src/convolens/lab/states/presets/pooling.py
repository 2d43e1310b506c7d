"""The worked examples of the pooling."""

from typing import Any

import numpy as np

from convolens.lab.states.numbers import Numbers
from convolens.lab.states.pooling import Pooling

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
