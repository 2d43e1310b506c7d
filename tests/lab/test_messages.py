"""Requests and answers survive their way, and what is none is refused."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convolens.errors import ConvolensError, SpecError, UnknownNameError
from convolens.lab.frames import pack, unpack
from convolens.lab.messages import (
    ANSWERS,
    REQUESTS,
    Failure,
    Filter,
    Open,
    Opened,
    Region,
    Times,
    read_answer,
    read_request,
    to_json,
)
from convolens.lab.records import field_types
from convolens.lab.states import Numbers

REGION = Region(1, 2, 3, 4)
MESSAGES = [
    Open(id=1, key="open", name="a.png"),
    Filter(id=2, key="f", photograph="x", kernel=Numbers.of([[1, 2]]), region=REGION, display="signed"),
    Filter(id=2, key="f", photograph="x", kernel="gaussian:sigma=2"),
    Times(id=3, key="t", input_shape=(1, 3, 8, 8), weight_shape=(2, 3, 3, 3), padding=((1, 0), (0, 1))),
]


@pytest.mark.parametrize("message", MESSAGES, ids=str)
def test_requests_survive(message: Any) -> None:
    """A request comes out of a frame as it went in, and so do its buffers."""
    content, buffers = unpack(pack(to_json(message), [b"abc", b"", b"defgh"]))
    assert read_request(content) == message
    assert [bytes(buffer) for buffer in buffers] == [b"abc", b"", b"defgh"]


def test_answers_survive() -> None:
    """An answer comes out of a frame as it went in."""
    opened = Opened(
        id=4, rows=3, columns=4, channels=1, dtype="uint8", region=REGION, shrunk=1, low=0, high=255, seconds=0.5,
        photograph="x", name="a", pixel_dtype="uint16", dropped=("y",),
    )  # fmt: skip
    for answer in (opened, Failure(id=5, reason="died", message="so it is")):
        content, _ = unpack(pack(to_json(answer)))
        assert read_answer(content) == answer


def test_every_message_is_known_by_its_kind() -> None:
    """Kinds are told apart, every request has an id and a key, every answer an id."""
    assert len(REQUESTS) == 8
    assert not set(REQUESTS) & set(ANSWERS)
    assert all({"id", "key"} <= set(field_types(request)) for request in REQUESTS.values())
    assert all("id" in field_types(answer) for answer in ANSWERS.values())


@pytest.mark.parametrize("found", [None, [], 3, {}, {"kind": 3}, {"kind": ["filter"]}])
def test_not_a_request(found: Any) -> None:
    """Other JSON is no request."""
    with pytest.raises(SpecError, match="the request must be a JSON object with the field 'kind'"):
        read_request(found)
    with pytest.raises(UnknownNameError, match="unknown request 'filtr'; did you mean 'filter'"):
        read_request({"kind": "filtr"})
    with pytest.raises(SpecError, match=r"request lacks the field '(key|photograph)'"):
        read_request({"kind": "filter", "id": 1})


@pytest.mark.parametrize(
    "found", [{"kind": "x" * 250_000}, {"kind": "hello", "id": 1, "key": "k", "x" * 250_000: 1}]
)
def test_long_names(found: Any) -> None:
    """Names of a stranger are neither sent back whole nor compared whole, which all pages would wait for."""
    with pytest.raises(ConvolensError) as caught:
        read_request(found)
    assert len(str(caught.value)) < 300


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text("a1é\0", max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["shape", "data", "row"]), inner),
    max_leaves=8,
)


@given(st.sampled_from(MESSAGES), st.data())
def test_fuzzed_requests(message: Any, data: st.DataObject) -> None:
    """A request with anything in its fields is a request, or one clear error."""
    content = to_json(message)
    name = data.draw(st.sampled_from(sorted(content)))
    try:
        found = read_request({**content, name: data.draw(JSON)})
    except ConvolensError:
        return
    assert to_json(read_request(to_json(found))) == to_json(found)
