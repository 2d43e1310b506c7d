"""Verdicts of a made-up run, its page, its picture, and the command line."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from benchmarks.overview import draw_overview, group_means
from benchmarks.picture import draw
from benchmarks.report import markdown
from benchmarks.run import document, save
from benchmarks.verdict import accuracy, format_seconds, good_choices, verdicts

ROOT = Path(__file__).parents[2]


def record(group: str, case: str, error: float = 1e-6, good: bool = True, **ratios: float) -> dict[str, Any]:
    """Return a record with these ratios."""
    return {
        "case": case,
        "group": group,
        "threads": 1,
        "dtype": "float32",
        "contenders": {
            "convolens": {
                "status": "ran",
                "median": 1e-3,
                "iqr": 1e-5,
                "error": error,
                "share": 0.5,
                "variant": "",
            },
            **{
                peer: {"status": "ran", "median": 1e-3 * r, "iqr": 0, "variant": "best"}
                for peer, r in ratios.items()
            },
            "jax": {"status": "missing"},
        },
        "ratios": {peer: {"median": ratio, "iqr": 0.01} for peer, ratio in ratios.items()},
        "accuracy": {"default": error, "exact": error / 10},
        "choice": {"chosen": "a", "best": "a" if good else "b", "good": good, "seconds": {"a": 2.0, "b": 1.0}},
    }


def met(*records: dict[str, Any]) -> list[bool | None]:
    """Return the verdicts' last word."""
    return [verdict.met for verdict in verdicts(list(records))]


@pytest.mark.parametrize(
    ("ratios", "expected"),
    [((2.5, 2.6), True), ((2.5, 2.4), False), ((1.7, 9.0), False), ((1.8, 3.6), True)],
)
def test_mean_and_each(ratios: tuple[float, float], expected: bool) -> None:
    """Both the geometric mean and the worst case are held against the target."""
    found = met(*(record("3x3-nhwc", f"case {ratio}", torch=ratio) for ratio in ratios))
    assert found == [expected]


def test_the_best_peer_counts() -> None:
    """One peer that is faster than the target allows is enough."""
    slow_and_quick = record("3x3-nhwc", "case", torch=9.0, openvino=1.2)
    (verdict,) = verdicts([slow_and_quick])
    assert (verdict.worst, verdict.met) == (1.2, False)


def test_targets_against_named_peers() -> None:
    """Images are held against OpenCV and against SciPy; others do not count."""
    assert met(record("images", "blur", opencv=1.6, scipy=16, skimage=0.5)) == [True, True]
    assert met(record("images", "blur", opencv=1.6, scipy=14)) == [True, False]
    assert met(record("images", "blur", scipy=16)) == [None, True]


def test_targets_of_named_cases() -> None:
    """Each network is held against its own target; where one was not measured, there is no verdict."""
    of_networks = met(record("networks", "vgg16", torch=2.1), record("networks", "mobilenetv2", torch=1.1))
    assert of_networks == [False, None, None, True, None, None]


def test_limits() -> None:
    """A limit is kept by the largest value, or not."""
    values = [record("memory", name) | {"value": value} for name, value in (("a", 0.2), ("b", 1.6))]
    (verdict,) = verdicts(values)
    assert (verdict.worst_case, verdict.met) == ("b", False)
    assert met(values[0]) == [True]
    assert met(
        values[0], {"case": "c", "group": "memory", "threads": 1, "status": "failed: killed", "ratios": {}}
    ) == [False]
    assert met(record("import", "import") | {"value": 2.0}) == [None]
    assert met(record("overhead", "tiny")) == [False]


def test_accuracy_is_the_worst_of_all_cases() -> None:
    """The default has one limit, exact=True another."""
    found = list(accuracy([record("3x3-nhwc", "a", 1e-6), record("5x5", "b", 3e-5)]))
    assert [(kind, case, kept) for kind, _, case, _, kept in found] == [
        ("default", "b", False),
        ("exact", "b", False),
    ]
    assert all(kept for *_, kept in accuracy([record("5x5", "c", 1e-5)]))


def test_choices_are_counted() -> None:
    """How often the planner was right."""
    assert good_choices(
        [record("5x5", "a"), record("5x5", "b", good=False), record("5x5", "c") | {"choice": None}]
    ) == (1, 2)


@pytest.fixture
def run_json(tmp_path: Path) -> Path:
    """A made-up run of two groups on disk."""
    lines = [
        {"threads": 1, "peaks": {"float32": 2e11}},
        record("3x3-nhwc", "vgg", torch=3.0),
        record("5x5", "incep", torch=0.5),
    ]
    return save(document(lines, "python -m benchmarks"), tmp_path)


def test_page(run_json: Path) -> None:
    """The page carries command, machine, versions, who is missing, and a verdict for each group."""
    page = markdown(json.loads(run_json.read_text()))
    assert "`python -m benchmarks`" in page
    assert "numpy" in page
    assert "200 GFLOP/s" in page
    assert "Not installed: jax" in page
    lines = {line.split(" | ")[0].strip("| "): line for line in page.splitlines() if line.startswith("| ")}
    assert lines["3x3-nhwc"].endswith("met |")
    assert lines["5x5"].endswith("missed |")
    assert "0.50×" in lines["incep"]


@pytest.mark.parametrize("drawn", [draw, draw_overview])
def test_pictures(drawn: Callable[[Any, Path], Path | None], run_json: Path, tmp_path: Path) -> None:
    """A run with ratios has pictures; one without has none."""
    found = json.loads(run_json.read_text())
    picture = drawn(found, tmp_path / "picture.png")
    assert picture is not None
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert drawn(found | {"records": []}, tmp_path / "none.png") is None


def test_overview_shows_each_peer_by_its_geometric_mean() -> None:
    """A peer counts in the cases that it ran, whoever was the best there."""
    records = [record("5x5", "a", torch=2.0, openvino=3.0), record("5x5", "b", torch=8.0)]
    means = dict(group_means(records))
    assert means[1, "5x5", "torch"] == pytest.approx(4.0)
    assert means[1, "5x5", "openvino"] == pytest.approx(3.0)


@pytest.mark.parametrize(("seconds", "text"), [(2.0, "2 s"), (0.0153, "15.3 ms"), (4e-6, "4 µs")])
def test_seconds(seconds: float, text: str) -> None:
    """Times are written in the unit that suits them."""
    assert format_seconds(seconds) == text


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the benchmark's command line."""
    environment = os.environ | {"COLUMNS": "200"}
    line = [sys.executable, "-m", "benchmarks", *arguments]
    return subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=False, env=environment)


def test_command_line(tmp_path: Path) -> None:
    """One tiny case, ours and PyTorch: JSON, page and picture are written, and the page can be made again."""
    done = command(
        "--case", "tiny-8x8", "--peers", "torch", "--threads", "1", "--quick", "--output", str(tmp_path)
    )
    assert done.returncode == 0, done.stderr
    (found,) = json.loads((tmp_path / "run.json").read_text())["records"]
    assert found["contenders"]["convolens"]["status"] == "ran"
    assert found["contenders"]["torch"]["status"] in ("ran", "missing")
    assert "Targets" in done.stdout
    assert command("report", str(tmp_path / "run.json")).stdout == (tmp_path / "report.md").read_text()


def test_command_line_resumes(tmp_path: Path) -> None:
    """What a run that was broken off has measured is not measured again."""
    line = ("--case", "tiny-8x8", "--peers", "none", "--quick", "--output", str(tmp_path))
    assert "[1/1]" in command(*line, "--threads", "1").stdout
    before = (tmp_path / "run.json").read_text()
    done = command(*line, "--threads", "1", "--resume")
    assert done.returncode == 0, done.stderr
    assert "[1/1]" not in done.stdout
    assert json.loads((tmp_path / "run.json").read_text())["records"] == json.loads(before)["records"]


def test_command_line_combines(run_json: Path, tmp_path: Path) -> None:
    """Two runs become one page with the cases of both; one of other versions is refused in a line."""
    other = save(
        document([record("pointwise", "expand", torch=2.0)], "python -m benchmarks --group pointwise"),
        tmp_path / "b",
    )
    done = command("report", str(run_json), str(tmp_path / "b"), "--output", str(tmp_path / "both"))
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "both" / "report.md").read_text()
    assert "`python -m benchmarks && python -m benchmarks --group pointwise`" in page
    assert all(f"| {case} |" in page for case in ("vgg", "incep", "expand"))
    other.write_text(json.dumps(json.loads(other.read_text()) | {"versions": {"numpy": "0"}}))
    refused = command("report", str(run_json), str(other))
    assert refused.returncode == 2
    assert "differ" in refused.stderr


def test_command_line_refuses_unknown_names() -> None:
    """The message lists what there is."""
    done = command("--group", "nothing")
    assert done.returncode == 2
    assert "unknown group nothing" in done.stderr
