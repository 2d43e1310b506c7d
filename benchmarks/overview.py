"""A picture of a run at a glance: groups by peers, how many times faster than each we are in the mean."""

import math
import statistics
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.contenders.registry import PEERS
from benchmarks.groups import GROUPS

Record = dict[str, Any]

MOST = math.log(4)  # where the colours end
DARK = 0.7 * MOST  # where they call for white letters
LABELS = {"torch": "PyTorch", "onnxruntime": "ONNX Runtime", "openvino": "OpenVINO", "jax": "JAX"}
LABELS |= {"opencv": "OpenCV", "scipy": "SciPy", "skimage": "scikit-image"}


def draw_overview(found: Record, path: Path) -> Path | None:
    """Draw a table of geometric means, a panel for each number of threads; None if there are no ratios."""
    import matplotlib as mpl

    mpl.use("agg")
    import matplotlib.pyplot as plt

    means = dict(group_means(found["records"]))
    threads = sorted({count for count, _, _ in means})
    groups = [name for name in GROUPS if any(name == group for _, group, _ in means)]
    peers = [name for name in PEERS if any(name == peer for _, _, peer in means)]
    if not means:
        return None
    size = (2.4 + 0.95 * len(peers) * len(threads), 1.3 + 0.3 * len(groups))
    figure, panels = plt.subplots(1, len(threads), figsize=size, layout="constrained", squeeze=False, sharey=True)
    for axes, count in zip(panels[0], threads, strict=True):
        ratios = [[means.get((count, group, peer), math.nan) for peer in peers] for group in groups]
        axes.imshow(np.log(ratios), cmap="RdYlGn", vmin=-MOST, vmax=MOST, aspect="auto")
        for y, x in np.ndindex(len(groups), len(peers)):
            if math.isfinite(ratios[y][x]):
                colour = "white" if abs(math.log(ratios[y][x])) > DARK else "black"
                axes.text(x, y, f"{_short(ratios[y][x])}×", color=colour, ha="center", va="center", fontsize=8)
        axes.set_xticks(range(len(peers)), [LABELS[peer].replace(" ", "\n") for peer in peers], fontsize=7)
        axes.xaxis.tick_top()
        axes.tick_params(length=0)
        axes.set_xlabel(f"{count} thread{'s' * (count > 1)}", fontsize=9)
    panels[0][0].set_yticks(range(len(groups)), [GROUPS[name].about for name in groups], fontsize=8)
    figure.suptitle("time of the peer / ours, geometric mean over the cases that it can do", fontsize=9)
    figure.savefig(path, dpi=130)
    plt.close(figure)
    return path


def group_means(records: list[Record]) -> Iterator[tuple[tuple[int, str, str], float]]:
    """Yield, for threads, group and peer, the geometric mean of the peer's times over ours."""
    ratios: dict[tuple[int, str, str], list[float]] = {}
    for record in records:
        for peer, ratio in record["ratios"].items():
            ratios.setdefault((record["threads"], record["group"], peer), []).append(math.log(ratio["median"]))
    for key, logs in ratios.items():
        yield key, math.exp(statistics.fmean(logs))


def _short(ratio: float) -> str:
    return f"{ratio:.1f}" if ratio < 10 else f"{ratio:.0f}"
