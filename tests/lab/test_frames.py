"""Frames of strangers are taken apart with care."""

import json
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convolens.errors import SpecError
from convolens.lab.frames import pack, unpack


def test_buffers_lie_where_typed_arrays_want_them() -> None:
    """The first buffer begins at a multiple of four bytes, whatever the JSON."""
    for text in ("", "a", "ab", "abc", "abcd"):
        frame = pack({"t": text}, [b"1234"])
        assert (len(frame) - 4) % 4 == 0


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"\1\0",
        struct.pack("<I", 100) + b"{}",
        struct.pack("<I", 2**32 - 1),
        struct.pack("<I", 2) + b"[}",
        struct.pack("<I", 16) + b'{"buffers": [5]}' + b"1234",
        struct.pack("<I", 16) + b'{"buffers":[-1]}',
        struct.pack("<I", 17) + b'{"buffers":[true]' + b"}1",
        struct.pack("<I", 18) + b'{"buffers":[1e400]}',
        struct.pack("<I", 2) + b"{}extra",
    ],
)
def test_broken_frames(frame: bytes) -> None:
    """Lengths that do not fit are told in one line."""
    with pytest.raises(SpecError, match=r"^the frame"):
        unpack(frame)


def test_long_json_is_not_read() -> None:
    """The length is looked at first."""
    frame = pack({"id": 1}, [bytes(100)])
    assert unpack(frame, 24)[0] == {"id": 1}
    with pytest.raises(SpecError, match="the frame's JSON has 28 bytes; up to 24 are read"):
        unpack(pack({"id": 12345}), 24)


@given(st.binary(max_size=64), st.integers(0, 80))
def test_fuzzed_frames(tail: bytes, length: int) -> None:
    """Any bytes are a frame, or a SpecError."""
    try:
        content, buffers = unpack(struct.pack("<I", length) + tail)
        json.dumps(content)
        assert sum(len(buffer) for buffer in buffers) <= len(tail)
    except SpecError:
        pass
