"""Worker processes: quick ones for sliders, slow ones for what takes long; one that dies is replaced."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import json
import math
import os
import queue
import subprocess
import sys
import threading
import time
from concurrent.futures import Future
from typing import Literal

from convolens.lab.frames import Buffer
from convolens.lab.limits import Limits
from convolens.lab.worker import READY, receive, send
from convolens.runtime.cpu import available_cores
from convolens.runtime.threads import VARIABLE

Lane = Literal["quick", "slow"]
_WATCH = 0.2  # seconds between looks at who takes too long
_GRACE = 1.0  # seconds for what nobody waits for any more: about as long as another process takes to come up
_STARTING = 60.0  # seconds that a process may take to come up
_PIPE = 1 << 20  # bytes that a pipe holds, where that can be chosen: pictures go through in few turns
_F_SETPIPE_SZ = 1031
_SLOWER = 10  # niceness of the slow lane


class WorkerError(Exception):
    """A job was not answered: its process died, or took too long and was ended."""

    def __init__(self, reason: Literal["died", "too-long"]) -> None:
        super().__init__(reason)
        self.reason = reason


class Worker(threading.Thread):
    """A thread of the server that feeds one process, and starts another when it dies."""

    def __init__(
        self, jobs: queue.SimpleQueue[_Job | None], limits: Limits, *, threads: int, niceness: int
    ) -> None:
        super().__init__(daemon=True)
        self._jobs, self._limits, self._threads, self._niceness = jobs, limits, threads, niceness
        self._process: subprocess.Popen[bytes] | None = None
        self._job: _Job | None = None
        self._deadline = math.inf
        self._guard = threading.Lock()
        self._ending = False

    def run(self) -> None:
        """Work until told to end."""
        self._start()
        while (job := self._jobs.get()) is not None:
            if not self._ending and job.future.set_running_or_notify_cancel():
                self._work(job)
        self._stop()

    @property
    def pid(self) -> int | None:
        """The process that works for it now."""
        return self._process.pid if self._process else None

    def end_late(self, now: float) -> None:
        """End the process if its job has taken too long, or is no longer wanted."""
        with self._guard:
            unwanted = self._job.unwanted_from if self._job else math.inf
            if self._process and now > min(self._deadline, unwanted + _GRACE):
                self._process.kill()

    def end(self) -> None:
        """Break off what it does, and begin nothing more."""
        with self._guard:
            self._ending = True
            if self._process:
                self._process.kill()

    def _work(self, job: _Job) -> None:
        process = self._process
        if process is None or process.poll() is not None:  # it died while it waited
            self._stop()
            process = self._start()
        try:
            reply = self._exchange(process, job, self._limits.seconds)
        except WorkerError as error:
            job.future.set_exception(error)
            if not self._ending:
                self._start()
        else:
            job.future.set_result(reply)

    def _exchange(self, process: subprocess.Popen[bytes] | None, job: _Job | None, seconds: float) -> bytes:
        """Send a job's frame, if there is one, and receive one; a process that cannot is ended."""
        if process is None:
            raise WorkerError("died")
        assert process.stdin is not None
        assert process.stdout is not None
        end = time.monotonic() + seconds
        self._watch(job, end)
        try:
            if job is not None:
                send(process.stdin, job.frame)  # type: ignore[arg-type]  # a pipe in binary is a BinaryIO
            return receive(process.stdout)  # type: ignore[arg-type]
        except (OSError, EOFError):
            self._watch(None, math.inf)
            self._stop()
            raise WorkerError("too-long" if time.monotonic() >= end else "died") from None
        finally:
            self._watch(None, math.inf)

    def _watch(self, job: _Job | None, deadline: float) -> None:
        with self._guard:
            self._job, self._deadline = job, deadline

    def _start(self) -> subprocess.Popen[bytes] | None:
        """Start a process and wait until it is up; None if it does not get so far."""
        limits = json.dumps(dataclasses.asdict(self._limits))
        try:
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", "convolens.lab.worker", limits, str(self._niceness)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env={**os.environ, VARIABLE: str(self._threads)},
                process_group=0,  # Ctrl-C is for the server, which then lets its workers go
            )
        except OSError:  # no memory or process left; the next job tries again
            return None
        for pipe in (process.stdin, process.stdout):
            _widen(pipe.fileno())  # type: ignore[union-attr]  # both are pipes
        with self._guard:
            self._process = process
        with contextlib.suppress(WorkerError):
            if self._exchange(process, None, _STARTING) == READY:
                return process
        return None

    def _stop(self) -> None:
        with self._guard:
            process, self._process = self._process, None
        if process is None:
            return
        for pipe in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):
                pipe.close()  # type: ignore[union-attr]
        try:
            process.wait(1)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@dataclasses.dataclass
class _Job:
    frame: Buffer
    future: Future[bytes] = dataclasses.field(default_factory=Future)
    unwanted_from: float = math.inf


class Pool:
    """
    The processes of a server.

    Parameters
    ----------
    limits : Limits
        What they take; one that takes more seconds for a job is ended.
    quick, slow : int, optional
        How many there are of each kind; by default as many quick ones as cores, from two to eight, and one slow
        one, which has all cores and leaves them to the others.
    """

    def __init__(self, limits: Limits, *, quick: int | None = None, slow: int = 1) -> None:
        cores = available_cores()
        counts: dict[Lane, int] = {"quick": quick or min(max(cores, 2), 8), "slow": slow}
        self._lanes: dict[Lane, queue.SimpleQueue[_Job | None]] = {lane: queue.SimpleQueue() for lane in counts}
        self.workers: dict[Lane, list[Worker]] = {
            lane: [
                Worker(
                    self._lanes[lane],
                    limits,
                    threads=1 if lane == "quick" else cores,
                    niceness=0 if lane == "quick" else _SLOWER,
                )
                for _ in range(count)
            ]
            for lane, count in counts.items()
        }
        self._places = {lane: asyncio.Semaphore(count + 1) for lane, count in counts.items()}
        self._ended = threading.Event()
        self._watch = threading.Thread(target=self._end_late, daemon=True)

    def start(self) -> None:
        """Start the processes; jobs may come before they are up."""
        for worker in self._all():
            worker.start()
        self._watch.start()

    def place(self, lane: Lane) -> asyncio.Semaphore:
        """
        Return what to hold while a job of a lane is done; who waits for it comes in turn.

        There is one place more than there are processes, so that each finds its next job waiting.
        """
        return self._places[lane]

    async def run(self, lane: Lane, frame: Buffer) -> bytes:
        """
        Have a job done; it is broken off soon after nobody waits for it any more.

        Raises
        ------
        WorkerError
            If its process died or took too long.
        """
        job = _Job(frame)
        self._lanes[lane].put(job)
        try:
            return await asyncio.wrap_future(job.future)
        except asyncio.CancelledError:
            job.unwanted_from = time.monotonic()
            raise

    def close(self) -> None:
        """End the processes; what they do is broken off."""
        self._ended.set()
        for lane, workers in self.workers.items():
            for _ in workers:
                self._lanes[lane].put(None)
        for worker in self._all():
            worker.end()
        for worker in self._all():
            worker.join(5)

    def _all(self) -> list[Worker]:
        return [worker for workers in self.workers.values() for worker in workers]

    def _end_late(self) -> None:
        while not self._ended.wait(_WATCH):
            for worker in self._all():
                worker.end_late(time.monotonic())


def _widen(pipe: int) -> None:
    """Let a pipe hold more, where the system lets us."""
    if sys.platform == "linux":
        import fcntl

        with contextlib.suppress(OSError):
            fcntl.fcntl(pipe, _F_SETPIPE_SZ, _PIPE)
