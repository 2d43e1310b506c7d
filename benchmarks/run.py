"""The whole run: cases sorted to processes, records gathered, JSON written."""

import datetime
import json
import subprocess
import sys
from collections.abc import Iterator, Set
from pathlib import Path
from typing import Any

from benchmarks.cases import CASES
from benchmarks.combine import Measured
from benchmarks.contenders.registry import PEERS
from benchmarks.groups import GROUPS
from benchmarks.machine import describe, environment, versions
from benchmarks.processes import NAMES, ONCE, measure_in_processes
from benchmarks.training import COURSES

Record = dict[str, Any]


def select(groups: list[str], cases: list[str]) -> dict[str, list[str]]:
    """
    Return the names of the cases to run, by group.

    Raises
    ------
    ValueError
        If a name is not known; the message lists those that are.
    """
    by_group: dict[str, list[str]] = {group: list(NAMES.get(group, ())) for group in GROUPS}
    by_group["training"] += COURSES
    for case in CASES:
        by_group[case.group].append(case.name)
    known = {name for names in by_group.values() for name in names}
    for wanted, offered, kind in ((groups, set(GROUPS), "group"), (cases, known, "case")):
        if unknown := set(wanted) - offered:
            raise ValueError(
                f"unknown {kind} {', '.join(sorted(unknown))}; there are {', '.join(sorted(offered))}"
            )
    # A case named by itself means its speed; its first call and memory are asked for by group.
    chosen = {
        group: [name for name in names if not cases or name in cases]
        for group, names in by_group.items()
        if (group in groups if groups else not cases or group not in NAMES)
    }
    if chosen.get("first-call"):
        chosen.pop("cached-first-call", None)  # comes along with the first call
    return {group: names for group, names in chosen.items() if names}


def pieces(
    chosen: dict[str, list[str]], threads: list[int], done: Set[Measured] = frozenset()
) -> list[tuple[int, str, list[str]]]:
    """List threads, group and cases of each piece of a run, but for what is done."""
    rest = [
        (count, group, [name for name in names if (group, name, count) not in done])
        for count in threads
        for group, names in chosen.items()
        if group not in ONCE or count == max(threads)
    ]
    return [piece for piece in rest if piece[2]]


def run(todo: list[tuple[int, str, list[str]]], peers: list[str], *, quick: bool) -> Iterator[Record]:
    """Yield the peaks of each number of threads and the record of each case, as they are measured."""
    for count, group, names in todo:
        if group in NAMES:
            for name in names:
                yield from measure_in_processes(group, name, peers, count)
        else:
            yield from _run_group(names, peers, count, quick)


def document(lines: list[Record], command: str) -> Record:
    """Gather everything that a report needs."""
    peaks = {str(line["threads"]): line["peaks"] for line in lines if "peaks" in line}
    return {
        "command": command,
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "machine": describe(),
        "versions": versions(),
        "peaks": peaks,
        "records": [line for line in lines if "case" in line],
    }


def save(found: Record, folder: Path) -> Path:
    """Write ``run.json`` into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "run.json"
    path.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")
    return path


def _run_group(names: list[str], peers: list[str], threads: int, quick: bool) -> Iterator[Record]:
    command = [sys.executable, "-m", "benchmarks.worker", "--threads", str(threads)]
    command += ["--cases", ",".join(names), "--peers", ",".join(peers), *(["--quick"] if quick else [])]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment(threads)) as process:
        assert process.stdout is not None
        # Libraries may write to the same stream; what we send is JSON.
        yield from (json.loads(line) for line in process.stdout if line.startswith("{"))
    if process.returncode:
        raise RuntimeError(f"the process for {', '.join(names)} ended with {process.returncode}")


def chosen_peers(text: str) -> list[str]:
    """
    Return peers from a list like ``torch,opencv``, ``all`` or ``none``.

    Raises
    ------
    ValueError
        If one is not known.
    """
    if text in ("all", "none"):
        return list(PEERS) if text == "all" else []
    names = text.split(",")
    if unknown := set(names) - set(PEERS):
        raise ValueError(f"unknown peer {', '.join(sorted(unknown))}; there are {', '.join(PEERS)}")
    return names
