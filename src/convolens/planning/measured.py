"""Times of algorithms that were measured on this machine, kept on disk beside the compiled code."""

import json
import math
from pathlib import Path
from typing import Any

from convolens.runtime import cache
from convolens.runtime import compile as compiler
from convolens.runtime.cpu import cpu
from convolens.spec.geometry import ConvSpec

MOST_SPECS = 10_000  # beyond that many, those that were measured first go

Times = dict[str, float]

_times: dict[str, Times] = {}
_read_from: Path | None = None
_changes = 0


def recall(spec: ConvSpec, threads: int) -> Times:
    """Return the measured seconds of each algorithm for a spec; empty if there are none."""
    _load()
    return _times.get(_key(spec, threads), {})


def remember(spec: ConvSpec, threads: int, times: Times) -> None:
    """Keep measured seconds; where that is not possible, for this process alone."""
    global _times, _changes
    _load()
    key, path = _key(spec, threads), _path()
    kept = [(k, t) for k, t in (_times | _read(path)).items() if k != key]  # others may have measured meanwhile
    _times = dict([*kept[1 - MOST_SPECS :], (key, times)])
    _changes += 1
    cache.note(path.name, json.dumps({"circumstances": _circumstances(), "times": _times}, indent=0))


def changes() -> int:
    """Count what was measured in this process; when it grows, plans may change."""
    return _changes


def _load() -> None:
    global _times, _read_from
    if _read_from != _path():
        _times, _read_from = _read(_path()), _path()


def _path() -> Path:
    return cache.folder().with_name("times.json")


def _read(path: Path) -> dict[str, Times]:
    """Read what was measured under the same circumstances; whatever else is in the file, it is not looked at."""
    try:
        found = json.loads(path.read_text())
        if found["circumstances"] != _circumstances():
            return {}
        return {
            str(key): {str(name): _seconds(t) for name, t in times.items()}
            for key, times in found["times"].items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _seconds(number: Any) -> float:
    seconds = float(number)
    if not 0 < seconds < math.inf:
        raise ValueError(f"{number} is no time")
    return seconds


def _circumstances() -> list[str]:
    """Name what times depend on, beside spec and threads."""
    return [cpu().name, compiler.sources()]


def _key(spec: ConvSpec, threads: int) -> str:
    """Name a problem; a bias, and a batch axis of one, make it no other."""
    shape = spec.input_shape if len(spec.input_shape) == spec.dims + 2 else (1, *spec.input_shape)
    return f"{threads}: {spec.replace(input_shape=shape, bias=False)!r}"
