"""
Golden vectors for the tensor engine of the lab's front end: ``python -m lab.golden`` in the folder tests.

Every file of web/src/golden is a list of cases: what is given, and what this package makes of it. Inputs are
drawn once, when the files are written; the test computes anew from what the files hold, so no stream of random
numbers has to stay the same.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lab import (
    golden_arrays,
    golden_learning,
    golden_pictures,
    golden_shapes,
    golden_shifts,
    golden_signals,
    golden_windows,
)

FOLDER = Path(__file__).resolve().parents[2] / "web" / "src" / "golden"

Case = dict[str, Any]

FILES: dict[str, tuple[Callable[[], list[Case]], Callable[[Case], Case]]] = {
    **golden_shapes.FILES,
    **golden_arrays.FILES,
    **golden_windows.FILES,
    **golden_pictures.FILES,
    **golden_learning.FILES,
    **golden_signals.FILES,
    **golden_shifts.FILES,
}
"""File → what draws its cases (name, kind and what is given), and what computes the expected of one of them."""


def written(cases: list[Case]) -> str:
    """Write cases as JSON, a line each."""
    lines = (json.dumps(case, separators=(",", ":"), ensure_ascii=False, allow_nan=False) for case in cases)
    return "[\n" + ",\n".join(lines) + "\n]\n"


def main() -> None:
    """Draw all cases anew and write the files."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, (draw, compute) in FILES.items():
        cases = [case | {"expected": compute(case)} for case in draw()]
        (FOLDER / f"{name}.json").write_text(written(cases), encoding="utf-8")
        print(f"{name:12} {len(cases):4} cases {len(written(cases)) / 1000:8.1f} kB")


if __name__ == "__main__":
    main()
