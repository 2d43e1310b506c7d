"""
A worker process of the lab's server: ``python -m convolens.lab.worker LIMITS NICENESS``.

Jobs come in on standard input and replies go out on standard output, each a frame behind its length.
"""

from __future__ import annotations

import json
import os
import signal
import struct
import sys
import traceback
from pathlib import Path
from typing import BinaryIO

from convolens.lab.frames import Buffer, pack, unpack
from convolens.lab.limits import Limits
from convolens.lab.messages import to_json
from convolens.lab.session import MISTAKE, NO_MEMORY, Session, failure
from convolens.lab.shelves import FolderShelf

READY = b"ready"
"""What a worker says first, once all it needs is loaded."""

_LENGTH = struct.Struct("<Q")


def send(pipe: BinaryIO, frame: Buffer) -> None:
    """Write a frame behind its length."""
    pipe.write(_LENGTH.pack(len(frame)))
    pipe.write(frame)
    pipe.flush()


def receive(pipe: BinaryIO) -> bytes:
    """
    Read a frame that `send` wrote.

    Raises
    ------
    EOFError
        If the other side has gone.
    """
    head = pipe.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        raise EOFError
    (length,) = _LENGTH.unpack(head)
    frame = pipe.read(length)
    if len(frame) < length:
        raise EOFError
    return frame


def answer(frame: Buffer, limits: Limits) -> bytes:
    """Answer one job: a request, and the folder of the client that sent it."""
    job, buffers = unpack(frame)
    session = Session(FolderShelf(Path(job["folder"])), limits)
    try:
        return pack(*session.reply(job["request"], buffers))
    except MemoryError:
        return pack(to_json(failure(job["request"], NO_MEMORY)))
    except Exception:
        # A mistake of the program is told where the lab runs, not to the page.
        traceback.print_exc()
        return pack(to_json(failure(job["request"], MISTAKE, "died")))


def _bound_memory(most: int) -> None:
    """
    Let this process take so many bytes of memory, where the system counts them.

    Linux counts as data what this process alone can write: neither photographs, which are mapped files, nor the
    addresses that allocators and threads have merely set aside, of which there are many gigabytes.
    """
    if sys.platform == "linux":
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        if hard != resource.RLIM_INFINITY:
            most = min(most, hard)
        resource.setrlimit(resource.RLIMIT_DATA, (most, hard))


def main() -> None:
    """Answer jobs until the server is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends the server, which then lets its workers go
    limits = Limits(**json.loads(sys.argv[1]))
    _bound_memory(limits.memory_bytes)
    if hasattr(os, "nice"):
        os.nice(int(sys.argv[2]))
    jobs, replies = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever prints must not print between frames
    send(replies, READY)
    while True:
        try:
            frame = receive(jobs)
        except EOFError:
            return
        try:
            send(replies, answer(frame, limits))
        except BrokenPipeError:
            return


if __name__ == "__main__":
    main()
