"""The front end's golden vectors are what this package computes."""

import json
from typing import Any

import numpy as np
import pytest

from lab import golden  # type: ignore[import-not-found]

Case = dict[str, Any]


@pytest.mark.parametrize("name", golden.FILES)
def test_golden_vectors_are_fresh(name: str) -> None:
    """Each file has the cases that are asked for, and each case is what the package makes of what is given."""
    draw, compute = golden.FILES[name]
    cases = json.loads((golden.FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    asked = draw()
    assert [_named(case) for case in cases] == [_named(case) for case in asked]
    for case in cases:
        _check_alike(case["expected"], json.loads(json.dumps(compute(case))), str(_named(case)))


def test_golden_vectors_are_small() -> None:
    """They come with every clone, so they stay below 500 kB."""
    assert sum(path.stat().st_size for path in golden.FOLDER.glob("*.json")) < 500_000


def _named(case: Case) -> Any:
    """All of a case but the numbers that were drawn."""
    given = case["given"].items()
    return case.get("name"), [
        (key, value) for key, value in given if not isinstance(value, dict) or "data" not in value
    ]


def _check_alike(found: Any, wanted: Any, where: str) -> None:
    """Numbers may differ in their last digits, nothing else may."""
    if isinstance(wanted, dict):
        assert found.keys() == wanted.keys(), where
        for key, value in wanted.items():
            _check_alike(found[key], value, f"{where} {key}")
    elif isinstance(wanted, list) and wanted and all(type(value) in (int, float) for value in wanted):
        np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-12, err_msg=where)
    elif isinstance(wanted, list):
        assert len(found) == len(wanted), where
        for index, value in enumerate(wanted):
            _check_alike(found[index], value, f"{where} {index}")
    elif type(wanted) is float:
        assert found == pytest.approx(wanted, rel=1e-12, abs=1e-12), where
    else:
        assert found == wanted, where
