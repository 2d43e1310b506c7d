"""The front end's types are those of the dataclasses."""

from pathlib import Path
from typing import Annotated, Literal

import pytest

from convolens.kernels import kernels
from convolens.lab.messages import Region
from convolens.lab.records import Number, Within
from convolens.lab.states.sliding_window import BorderName
from convolens.lab.typescript import files, literal, main, type_of

GENERATED = Path(__file__).parents[2] / "web" / "src" / "generated"


@pytest.mark.parametrize("name", files())
def test_files_are_fresh(name: str) -> None:
    """What is committed is what the dataclasses give; if not: python -m convolens.lab.typescript."""
    assert (GENERATED / name).read_text(encoding="utf-8") == files()[name]


def test_nothing_else_is_there(tmp_path: Path) -> None:
    """Files that nothing writes any more are gone."""
    main(str(tmp_path))
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(path.name for path in GENERATED.iterdir())


@pytest.mark.parametrize(
    ("hint", "kind"),
    [
        (int, "number"),
        (bool, "boolean"),
        (Number, "AnyNumber"),
        (BorderName, "BorderName"),
        (Annotated[tuple[Annotated[int, Within(1, 3)], ...], Within(1, 3)], "number[]"),
        (tuple[tuple[int, int], ...], "[number, number][]"),
        (tuple[Literal["a", "b"], ...], '("a" | "b")[]'),
        (int | float | None, "number | null"),
        (Region, "Region"),
    ],
)
def test_types(hint: object, kind: str) -> None:
    """Annotations become the types that JSON gives a page."""
    assert type_of(hint) == kind


def test_values_are_json() -> None:
    """Long values go over several lines, and every kernel is there."""
    assert literal([1, 2]) == "[1, 2]"
    assert literal([100_000_000] * 12).count("\n") >= 2
    texts, weights = files()["kernels.ts"], files()["kernel-weights.ts"]
    assert all(f'"name": "{name}"' in texts for name in kernels)
    assert all(f'  "{name}": {{' in weights for name in kernels)
