"""How messages travel: JSON and buffers in one frame."""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from typing import Any

from convolens.errors import SpecError
from convolens.lab.records import parse_json

Buffer = bytes | bytearray | memoryview


def pack(content: dict[str, Any], buffers: Sequence[Buffer] = ()) -> bytes:
    """
    Put JSON and buffers into one frame: uint32 little-endian length of the JSON, the JSON with the lengths of the
    buffers as ``buffers``, the buffers.

    >>> pack({"id": 1}, [b"ab"])
    b'\\x18\\x00\\x00\\x00{"id":1,"buffers":[2]}  ab'
    """
    sizes = [memoryview(buffer).nbytes for buffer in buffers]
    text = json.dumps({**content, "buffers": sizes}, separators=(",", ":"), allow_nan=False).encode()
    text += b" " * (-len(text) % 4)  # so that buffers of numbers lie where typed arrays want them
    return b"".join([struct.pack("<I", len(text)), text, *buffers])


def unpack(frame: Buffer, longest: int | None = None) -> tuple[Any, list[memoryview]]:
    """
    Take a frame apart, without copying its buffers.

    Parameters
    ----------
    frame : bytes-like
        What `pack` made, or a stranger.
    longest : int, optional
        The bytes that its JSON may have; longer ones are not read.

    Raises
    ------
    SpecError
        If its lengths do not fit together, or its JSON is none, or too long.
    """
    view = memoryview(frame)
    if len(view) < 4:
        raise SpecError(f"the frame has {len(view)} bytes; at least the length of its JSON, 4 bytes, is needed")
    (length,) = struct.unpack_from("<I", view)
    if length > len(view) - 4:
        raise SpecError(f"the frame's JSON should have {length} bytes, but {len(view) - 4} are there")
    if longest is not None and length > longest:
        raise SpecError(f"the frame's JSON has {length:,} bytes; up to {longest:,} are read")
    content = parse_json(bytes(view[4 : 4 + length]), "the frame")
    sizes = content.pop("buffers", []) if isinstance(content, dict) else []
    if not isinstance(sizes, list) or not all(type(size) is int and size >= 0 for size in sizes):
        raise SpecError("the frame's 'buffers' must be a list of lengths")
    if sum(sizes) != len(view) - 4 - length:
        raise SpecError(
            f"the frame's buffers should have {sum(sizes)} bytes, but {len(view) - 4 - length} are there"
        )
    buffers, start = [], 4 + length
    for size in sizes:
        buffers.append(view[start : start + size])
        start += size
    return content, buffers
