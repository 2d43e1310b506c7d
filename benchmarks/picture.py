"""A picture of a run: every case's ratio on a logarithmic scale, by group, with the target beside it."""

from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.groups import GROUPS
from benchmarks.verdict import best_peer, best_ratio

Record = dict[str, Any]
WHITE = {"boxstyle": "square,pad=0.1", "color": "white", "alpha": 0.8, "lw": 0}
COLOURS = ("#0b6e99", "#e07a1f", "#6a4c93", "#3a7d44")


def draw(found: Record, path: Path) -> Path | None:
    """Draw the ratios to the best peer, one row a case and one dot a number of threads; None if there are none."""
    import matplotlib as mpl

    mpl.use("agg")
    import matplotlib.pyplot as plt

    rows = _rows(found["records"])
    if not rows:
        return None
    threads = sorted({count for row in rows for count in row[2]})
    figure, axes = plt.subplots(figsize=(10, 1.6 + 0.22 * len(rows)), layout="constrained")
    values = [ratio for _, _, dots in rows for ratio, _ in dots.values()]
    low, high = min(0.5, *values) / 1.3, max(3.0, *values) * 1.8
    axes.axvspan(low, 1, color="#c0392b", alpha=0.06, lw=0)
    axes.axvline(1, color="#444", lw=1)
    for y, (group, _, dots) in enumerate(rows):
        for count, (ratio, _) in dots.items():
            axes.plot([1, ratio], [y, y], color="#bbb", lw=1, zorder=1)
            label = f"{count} thread{'s' * (count > 1)}"
            axes.plot(
                ratio, y, "o", ms=5, color=COLOURS[threads.index(count) % len(COLOURS)], label=label, zorder=3
            )
        furthest, peer = max(dots.values())
        axes.annotate(
            peer,
            (furthest, y),
            (6, 0),
            textcoords="offset points",
            va="center",
            fontsize=7,
            color="#555",
            bbox=WHITE,
        )
        _mark_target(axes, group, y)
    _separate(axes, [group for group, _, _ in rows])
    axes.set(xscale="log", xlim=(low, high), ylim=(len(rows) - 0.4, -0.6), yticks=np.arange(len(rows)))
    axes.set_yticklabels([case for _, case, _ in rows], fontsize=7)
    ticks = [t for t in (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 1000) if low <= t <= high]
    axes.set_xticks(ticks, [f"{t:g}×" for t in ticks])
    axes.minorticks_off()
    axes.set_xlabel("time of the best peer (named) / ours: right of 1× we are faster")
    axes.set_title(f"{found['machine']['processor']}, {found['date'][:10]}", fontsize=9, loc="left")
    handles = dict(zip(*axes.get_legend_handles_labels()[::-1], strict=True))
    axes.legend(handles.values(), handles.keys(), loc="upper left", fontsize=8)
    figure.savefig(path, dpi=130)
    plt.close(figure)
    return path


def _rows(records: list[Record]) -> list[tuple[str, str, dict[int, tuple[float, str]]]]:
    """Return group, case and, by threads, the ratio and the best peer; against the peers that the target means."""
    rows: dict[tuple[str, str], dict[int, tuple[float, str]]] = {}
    for name, group in GROUPS.items():
        against = group.targets[0].against if group.targets else ()
        for record in records:
            if record["group"] != name or not record["ratios"]:
                continue
            meant = {peer: ratio for peer, ratio in record["ratios"].items() if not against or peer in against}
            meant = record | {"ratios": meant or record["ratios"]}
            ratio = best_ratio(meant)
            assert ratio is not None
            rows.setdefault((name, record["case"]), {})[record["threads"]] = ratio, best_peer(meant)
    return [(group, case, dots) for (group, case), dots in rows.items()]


def _mark_target(axes: Any, group: str, y: int) -> None:
    """Draw what each case is to reach as a line, and what the group is to reach in the mean as a dashed one."""
    if not GROUPS[group].targets:
        return
    target = GROUPS[group].targets[0]
    for value, style in ((target.each, "-"), (target.mean, ":")):
        if value:
            axes.plot([value] * 2, [y - 0.5, y + 0.5], style, color="#2e8b57", lw=1.6, zorder=2)


def _separate(axes: Any, groups: list[str]) -> None:
    """Draw a line above each group, and write its name at the right."""
    for y, group in enumerate(groups):
        if y == 0 or groups[y - 1] != group:
            axes.axhline(y - 0.5, color="#ddd", lw=0.8, zorder=0)
            axes.text(1.01, y, group, transform=axes.get_yaxis_transform(), fontsize=8, color="#333", va="center")
