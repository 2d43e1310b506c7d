"""What the machine is, and how fast it was measured to be."""

from pathlib import Path

import pytest

from convolens.runtime import cpu
from convolens.runtime import machine as measured
from convolens.runtime.machine import machine


@pytest.mark.parametrize(
    ("files", "cores"),
    [
        ({"cpu.max": "150000 100000\n"}, 2),
        ({"cpu.max": "max 100000\n"}, 8),
        ({"cpu.max": "50000 100000\n"}, 1),
        ({"cpu/cpu.cfs_quota_us": "300000\n", "cpu/cpu.cfs_period_us": "100000\n"}, 3),
        ({"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, 8),
        ({}, 8),
    ],
)
def test_cores_by_affinity_and_quota(
    files: dict[str, str], cores: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A container's quota, in either version of control groups, lowers the number; part of a core counts whole."""
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(cpu, "_CGROUP", tmp_path)
    monkeypatch.setattr(cpu.os, "sched_getaffinity", lambda pid: set(range(8)), raising=False)
    assert cpu.available_cores() == cores


def test_cpu_describes_itself() -> None:
    """Whatever the processor, its vectors have a width that exists."""
    assert cpu.cpu().vector_bytes in (16, 32, 64)
    assert cpu.cpu().vector_registers in (16, 32)
    assert cpu.cpu().architecture


def test_machine_is_measured_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The numbers are kept on disk and believable; a damaged file is measured anew."""
    monkeypatch.setenv("CONVOLENS_CACHE", str(tmp_path))
    monkeypatch.setattr(measured.compiler, "unavailable", lambda: "not here")
    monkeypatch.setattr(measured, "_SECONDS", 0.001)
    first = machine()
    assert first.method == "BLAS"
    assert 1e8 < first.float64[0] < 1e14
    assert 1e8 < first.bandwidth[0] < 1e13
    assert machine() == first
    (kept,) = tmp_path.glob("machine-*.json")
    kept.write_text('{"name": 1}')
    measured._known.cache_clear()
    assert machine().cores == first.cores


def test_measured_by_compiled_loops(cold: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One core does no more than a few hundred operations a nanosecond, and all no less than half of one."""
    monkeypatch.setattr(measured, "_SECONDS", 0.001)
    found = machine(measure=True)
    assert found.method == "compiled loops"
    for one, every in (found.float32, found.float64, found.bandwidth):
        assert 1e8 < one < 1e13
        assert every > 0
    assert machine() == found
