"""What only a fresh process can tell: the first call, the memory of one call, the time an import takes."""

import contextlib
import ctypes
import gc
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks.case import Case
from benchmarks.cases import BY_NAME, FIRST_CALLS, MEMORY, MEMORY_IMAGES
from benchmarks.contenders import MISSING, OURS, Unable, Variant, load
from benchmarks.machine import environment, pin

Record = dict[str, Any]

IMPORTS = 7  # times each import is timed
NAMES = {
    "first-call": FIRST_CALLS,
    "cached-first-call": FIRST_CALLS,
    "memory": MEMORY,
    "memory-images": MEMORY_IMAGES,
    "import": ("import",),
}
"""The cases of the groups that are measured here."""

ONCE = ("memory", "memory-images", "import")
"""Groups measured with most threads alone: each has a scratch of its own, and imports start none."""


def measure_in_processes(group: str, name: str, peers: list[str], threads: int) -> list[Record]:
    """Return the records of one case of such a group; a first call gives two, the second with a warm cache."""
    empty: Record = {"case": name, "group": group, "threads": threads, "ratios": {}}
    if group == "import":
        seconds = import_seconds(threads)
        return [empty | {"value": seconds["convolens"] / seconds["numpy"], "seconds": seconds}]
    if group.startswith("memory"):
        return [empty | _ask("memory", name, OURS, threads)]
    with tempfile.TemporaryDirectory() as cache:
        mine = [_ask("first", name, OURS, threads, cache) for _ in range(2)]
    theirs = {peer: _ask("first", name, peer, threads) for peer in peers}
    groups = ("first-call", "cached-first-call")
    return [empty | {"group": g, "contenders": {OURS: m, **theirs}} | m for g, m in zip(groups, mine, strict=True)]


def import_seconds(threads: int) -> dict[str, float]:
    """Return the median wall time of processes that import one package, less that of one that imports nothing."""
    times: dict[str, list[float]] = {"": [], "import numpy": [], "import convolens": []}
    for _ in range(IMPORTS):
        for statement, taken in times.items():
            start = time.perf_counter()
            subprocess.run([sys.executable, "-c", statement], check=True, env=environment(threads))
            taken.append(time.perf_counter() - start)
    bare, numpy, convolens = (statistics.median(taken) for taken in times.values())
    return {"numpy": numpy - bare, "convolens": convolens - bare}


def first_call(case: Case, contender: str, threads: int) -> Record:
    """Time preparing and the first call; imports and arrays are there before."""
    module = load(contender)
    if module is None:
        return {"status": MISSING}
    data = case.data()
    start = time.perf_counter()
    try:
        next(module.variants(case, data, threads)).call()
    except Unable as reason:
        return {"status": f"unable: {reason}"}
    return {"status": "ran", "value": time.perf_counter() - start}


def memory(case: Case, threads: int) -> Record:
    """
    Return the most memory that a call holds beyond input and output, beside these two.

    ``prepared`` are the bytes that stay from the first call on: weights in the order in which they are read, or
    their transforms. What that call freed is given back to the system, with the scratch that its threads kept, so
    that the next one has to ask for all that it needs. All has run once before: code that is loaded, or compiled,
    does not count.
    """
    ours = load(OURS)
    assert ours is not None
    data = case.data()
    inputs = sum(data[name].nbytes for name in ("x", "grad") if name in data)
    _call_apart(next(ours.variants(case, data, threads)))
    variant = next(ours.variants(case, data, threads))
    start = _held()
    _call_apart(variant)
    before = _held()
    _reset_peak()
    result = _call_apart(variant)
    outputs = sum(array.nbytes for array in variant.outputs(result))
    new = outputs if case.operation == "gradients" else 0  # others write into an array given to them
    workspace = max(0, _peak_bytes() - before - new)
    ratio = workspace / (inputs + outputs)
    return {"status": "ran", "value": ratio, "bytes": workspace, "prepared": max(0, before - start)}


def _call_apart(variant: Variant) -> Any:
    """Call from a thread of its own, and end all threads afterwards: each gives back the scratch that it kept."""
    import convolens  # only now: libraries look at cores and environment when they are loaded

    with ThreadPoolExecutor(1) as thread:
        result = thread.submit(variant.call).result()
    with convolens.threads(1):
        return result


def _held() -> int:
    """Return what this process holds, once freed memory went back to the system, where that can be asked for."""
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform != "win32" else None
    if trim:
        trim(0)
    try:
        return _status_bytes("VmRSS")
    except OSError:
        return _peak_bytes()


def _reset_peak() -> None:
    """Start a new record of the most memory that this process held, where there is one."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def _peak_bytes() -> int:
    try:
        return _status_bytes("VmHWM")
    except OSError:
        import resource

        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def _status_bytes(field: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{field}:"))


def _ask(what: str, case: str, contender: str, threads: int, cache: str = "") -> Record:
    command = [sys.executable, "-m", "benchmarks.processes", what, case, contender, str(threads)]
    # Everything that a library may keep between processes goes where nothing is yet.
    places = {"XDG_CACHE_HOME": cache, "CONVOLENS_CACHE": cache} if cache else {}
    done = subprocess.run(command, env=environment(threads) | places, capture_output=True, text=True, check=False)
    if done.returncode:
        return {"status": f"failed: {done.stderr.strip().splitlines()[-1:]}"}
    answer: Record = json.loads(done.stdout.splitlines()[-1])
    return answer


def main() -> None:
    """Answer one question, as the fresh process that it needs."""
    what, name, contender, threads = sys.argv[1:]
    pin(int(threads))
    case = BY_NAME[name]
    answer = memory(case, int(threads)) if what == "memory" else first_call(case, contender, int(threads))
    sys.stdout.write(f"{os.linesep}{json.dumps(answer)}{os.linesep}")


if __name__ == "__main__":
    main()
