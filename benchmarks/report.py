"""A run as text: tables for the terminal, and Markdown for the documentation."""

from collections.abc import Iterator
from typing import Any

from rich.table import Table

from benchmarks.contenders.registry import OURS
from benchmarks.groups import GROUPS
from benchmarks.verdict import (
    Verdict,
    accuracy,
    best_peer,
    best_ratio,
    format_seconds,
    format_value,
    good_choices,
    value_of,
    verdicts,
)

Record = dict[str, Any]
MARKS = {True: "met", False: "missed", None: "—"}
COLOURS = {True: "green", False: "red", None: "dim"}
SUMMARY = ("group", "threads", "cases", "geometric mean", "worst", "of", "target", "")
CASE = ("case", "threads", "ours", "± IQR", "of peak", "best peer", "its time", "ratio", "± IQR", "error", "notes")


def summary_rows(found: Record) -> Iterator[tuple[Verdict | None, tuple[str, ...]]]:
    """Yield the verdict and the cells of each line about a group, then about accuracy and choice."""
    for verdict in verdicts(found["records"]):
        group = GROUPS[verdict.group]
        mean = "" if verdict.mean is None else f"{verdict.mean:.2f}×"
        worst = "not measured" if verdict.worst is None else format_value(group, verdict.worst)
        cells = (
            verdict.group,
            str(verdict.threads),
            str(verdict.cases),
            mean,
            worst,
            verdict.worst_case,
            verdict.target,
        )
        yield verdict, (*cells, MARKS[verdict.met])
    for kind, error, case, limit, kept in accuracy(found["records"]):
        yield None, (f"accuracy, {kind}", "", "", "", f"{error:.1e}", case, f"≤ {limit:.0e}", MARKS[kept])
    good, of = good_choices(found["records"])
    if of:
        target = "within 10 % of our best on 95 %"
        yield None, ("choice", "", str(of), "", f"{good / of:.0%}", "", target, MARKS[good >= 0.95 * of])


def case_row(record: Record) -> tuple[str, ...]:
    """Return the cells of one case."""
    contenders = record.get("contenders", {})
    mine, peer = contenders.get(OURS, {}), best_peer(record)
    ratio, theirs = best_ratio(record), contenders.get(peer, {})
    value = value_of(record)
    return (
        record["case"],
        str(record["threads"]),
        ""
        if value is None
        else format_value(GROUPS[record["group"]], value)
        if "value" in record
        else format_seconds(value),
        f"{mine['iqr'] / mine['median']:.0%}" if mine.get("iqr") is not None else "",
        f"{mine['share']:.0%}" if "share" in mine else "",
        f"{peer} {theirs.get('variant', '')}".strip(),
        format_seconds(theirs["median"]) if "median" in theirs else "",
        "" if ratio is None else f"{ratio:.2f}×",
        "" if ratio is None else f"{record['ratios'][peer]['iqr'] / ratio:.0%}",
        f"{mine['error']:.1e}" if "error" in mine else "",
        "; ".join(_notes(record)),
    )


def _notes(record: Record) -> Iterator[str]:
    choice = record.get("choice")
    if choice and not choice["good"]:
        slower = choice["seconds"][choice["chosen"]] / choice["seconds"][choice["best"]]
        yield f"{choice['best']} is {slower:.1f}× faster than {choice['chosen']}"
    if "prepared" in record:
        yield f"{record['bytes'] / 1e6:.1f} MB; kept ready: {record['prepared'] / 1e6:.1f} MB"
    if record.get("status", "").startswith("failed"):
        yield record["status"]
    for name, contender in record.get("contenders", {}).items():
        if "value" in contender and name != OURS:
            yield f"{name} {format_seconds(contender['value'])}"
        elif contender["status"].startswith(("wrong", "failed")):
            yield f"{name} {contender['status']}"


def tables(found: Record) -> Iterator[Table]:
    """Yield the tables for the terminal: the cases, then the verdicts."""
    cases = Table(*CASE, title="Cases: ratio = the best peer's time / ours")
    for name in GROUPS:
        chosen = [record for record in found["records"] if record["group"] == name]
        for record in chosen:
            cases.add_row(*case_row(record), end_section=record is chosen[-1])
    yield cases
    groups = Table(*SUMMARY, title="Targets")
    for _, cells in summary_rows(found):
        met = {"met": True, "missed": False}.get(cells[-1])
        groups.add_row(*cells[:-1], f"[{COLOURS[met]}]{cells[-1]}[/]")
    yield groups


def markdown(found: Record) -> str:
    """Return the run as a page: command, machine and versions, then the verdicts, then every case."""
    machine = ", ".join(f"{key}: {value}" for key, value in found["machine"].items())
    versions = ", ".join(f"{name} {version}" for name, version in found["versions"].items())
    peaks = "; ".join(
        f"{threads} thread{'s' * (threads != '1')}: "
        + ", ".join(f"{d} {p / 1e9:.0f} GFLOP/s" for d, p in peak.items())
        for threads, peak in found["peaks"].items()
    )
    missing = {
        name for r in found["records"] for name, c in r.get("contenders", {}).items() if c["status"] == "missing"
    }
    lines = [
        f"Measured on {found['date'][:10]} with `{found['command']}`.",
        "",
        f"- Machine: {machine}",
        f"- Peak, by a large product of matrices: {peaks or 'not measured'}",
        f"- Versions: {versions}",
        *([f"- Not installed: {', '.join(sorted(missing))}"] if missing else []),
        "",
        *_markdown_table(SUMMARY, [cells for _, cells in summary_rows(found)]),
    ]
    for group in GROUPS.values():
        rows = [case_row(record) for record in found["records"] if record["group"] == group.name]
        if rows:
            lines += ["", f"## {group.name}: {group.about}", "", *_markdown_table(CASE, rows)]
    return "\n".join(lines) + "\n"


def _markdown_table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> list[str]:
    return [f"| {' | '.join(cells)} |" for cells in (head, ("---",) * len(head), *rows)]
