"""JSON becomes frozen dataclasses and comes back the same; what is wrong is named with its place."""

import json
import math
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convolens.errors import SpecError
from convolens.lab.records import Number, Within, parse_json, plain, read_record, read_value


@dataclass(frozen=True)
class Inner:
    """A record in a record."""

    size: Annotated[int, Within(1, 9)]


@dataclass(frozen=True)
class Outer:
    """One field of every kind."""

    flag: bool
    count: int
    share: float
    any: Number
    text: Annotated[str, Within(0, 5)]
    choice: Literal["a", "b"]
    items: Annotated[tuple[int, ...], Within(0, 3)]
    pair: tuple[int, str]
    either: Inner | Literal["none"] | None
    inner: Inner = Inner(1)


GOOD: dict[str, Any] = {
    "flag": True, "count": 3, "share": 0.5, "any": "-inf", "text": "abc", "choice": "b", "items": [1, 2],
    "pair": [4, "x"], "either": {"size": 2},
}  # fmt: skip


def test_round_trip() -> None:
    """A record of every kind of field survives JSON; a default is filled in."""
    record = read_record(Outer, GOOD, "it")
    assert record == Outer(True, 3, 0.5, -math.inf, "abc", "b", (1, 2), (4, "x"), Inner(2), Inner(1))
    assert read_record(Outer, json.loads(json.dumps(plain(record))), "it") == record
    assert plain(record)["any"] == "-inf"
    assert plain((math.nan, math.inf)) == ["nan", "inf"]


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("flag", 1, "it.flag must be true or false, found 1"),
        ("count", True, "it.count must be a whole number, found true"),
        ("count", 1.5, "it.count must be a whole number, found 1.5"),
        ("count", 2**60, "it.count must be a whole number, found 1152921504606846976"),
        ("share", "1", 'it.share must be a finite number, found "1"'),
        ("share", 10**400, "it.share must be a finite number, found 1000"),
        ("any", "infinity", "it.any must be a number, 'nan', 'inf' or '-inf', found \"infinity\""),
        ("text", "abcdef", 'it.text must be a text, 0 to 5 long, found "abcdef"'),
        ("choice", "c", "it.choice must be 'a' or 'b', found \"c\""),
        ("choice", ["a"], "it.choice must be 'a' or 'b', found"),
        ("items", [1, 2, 3, 4], "it.items must be a list, each a whole number, 0 to 3 long"),
        ("items", [1, "x"], 'it.items[1] must be a whole number, found "x"'),
        ("items", {"0": 1}, "it.items must be a list"),
        ("pair", [1], "it.pair must be a list of a whole number, a text, found [1]"),
        ("either", {"size": 10}, "it.either.size must be a whole number from 1 to 9, found 10"),
        ("either", 3, "it.either must be an object with size or 'none' or null, found 3"),
        ("inner", {}, "it.inner lacks the field 'size', a whole number from 1 to 9"),
        ("innr", {}, "it has no field \"innr\"; did you mean 'inner'?"),
    ],
)
def test_what_is_wrong_is_named(field: str, value: Any, said: str) -> None:
    """The message has the place, what was found and what is wanted, on one line."""
    with pytest.raises(SpecError) as caught:
        read_record(Outer, {**GOOD, field: value}, "it")
    assert str(caught.value).startswith(said)
    assert "\n" not in str(caught.value)


def test_numbers_as_javascript_writes_them() -> None:
    """3.0 is a whole number, and a large float without exponent is a float."""
    assert read_value(int, 3.0, "n") == 3
    assert type(read_value(int, 3.0, "n")) is int
    found = read_value(float, 100000000000000000000, "n")
    assert found == 1e20
    assert type(found) is float


@pytest.mark.parametrize("text", ["", "{", "NaN", "[1, Infinity]", "[" * 100_000, "1" * 10_000, b"\xff\xfe{"])
def test_hostile_json(text: str | bytes) -> None:
    """Broken, endless, deep and not finite JSON is refused in one line."""
    with pytest.raises(SpecError, match=r"^the text is n"):
        parse_json(text, "the text")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text("a1é\0", max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(sorted(GOOD)), inner, max_size=5),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from([*GOOD, "inner", "other"]), JSON))
def test_fuzzed(changes: dict[str, Any]) -> None:
    """Whatever comes is either a record that survives a round trip, or a SpecError."""
    try:
        record = read_record(Outer, {**GOOD, **changes}, "it")
    except SpecError:
        return
    again = read_record(Outer, json.loads(json.dumps(plain(record))), "it")
    assert plain(again) == plain(record)
