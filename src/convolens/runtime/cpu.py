"""The processor as the operating system describes it: name, features, caches, and the cores that are ours."""

import functools
import math
import os
import platform
from dataclasses import dataclass
from pathlib import Path

_CGROUP = Path("/sys/fs/cgroup")
_CACHES = Path("/sys/devices/system/cpu/cpu0/cache")


@dataclass(frozen=True, slots=True)
class CPU:
    """
    What decides which code is fast here, and which code runs at all.

    Attributes
    ----------
    name : str
        The vendor's name for it.
    architecture : str
        Such as ``x86_64`` or ``arm64``.
    model : str
        Vendor, family, model and stepping, as far as they are known.
    features : tuple of str
        Instruction sets, sorted, as the operating system names them; empty where it does not say.
    """

    name: str
    architecture: str
    model: str
    features: tuple[str, ...]

    @property
    def vector_bytes(self) -> int:
        """Width of a vector register."""
        for feature, width in (("avx512f", 64), ("avx2", 32)):
            if feature in self.features:
                return width
        return 16

    @property
    def fetches_ahead(self) -> bool:
        """Whether compiled code may have data brought into a core's own cache before it is needed."""
        return self.architecture in ("x86_64", "amd64")

    @property
    def vector_registers(self) -> int:
        """How many vector registers there are."""
        return 32 if self.vector_bytes == 64 or self.architecture in ("arm64", "aarch64") else 16


@functools.cache
def cpu() -> CPU:
    """Describe the processor; asked once a process."""
    fields = _first_processor()
    model = " ".join(fields.get(key, "") for key in ("vendor_id", "cpu family", "model", "stepping"))
    name = fields.get("model name") or platform.processor() or platform.machine()
    features = fields.get("flags") or fields.get("Features") or ""
    return CPU(name, platform.machine().lower(), model.strip(), tuple(sorted(features.split())))


def _first_processor() -> dict[str, str]:
    """Read the first processor's paragraph in Linux's list; empty elsewhere."""
    fields = {}
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as lines:
            for line in lines:
                key, colon, value = line.partition(":")
                if not colon:
                    break
                fields[key.strip()] = value.strip()
    except OSError:
        return {}
    return fields


@functools.cache
def cache_bytes() -> dict[str, int]:
    """Sizes of a core's data caches, such as ``{"L1": 49152, "L2": 1048576}``, as far as they are known."""
    sizes = {}
    for folder in sorted(_CACHES.glob("index*")):
        try:
            level, kind, size = ((folder / name).read_text().strip() for name in ("level", "type", "size"))
        except OSError:
            continue
        if kind != "Instruction":
            number, unit = int(size.rstrip("KMG")), size[-1]
            sizes[f"L{level}"] = number << {"K": 10, "M": 20, "G": 30}.get(unit, 0)
    return sizes


def available_cores() -> int:
    """Count the cores that this process may use: by its affinity, and by its container's quota."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = _quota(_CGROUP)
    return max(1, min(cores, math.ceil(quota)) if quota else cores)


@functools.cache
def _quota(folder: Path) -> float | None:
    """Read the share of processor time, in cores, that the control group grants, once; None without a limit."""
    try:
        quota, period = (folder / "cpu.max").read_text().split()
    except (OSError, ValueError):
        try:
            quota = (folder / "cpu/cpu.cfs_quota_us").read_text().strip()
            period = (folder / "cpu/cpu.cfs_period_us").read_text().strip()
        except OSError:
            return None
    return int(quota) / int(period) if quota.isdigit() and int(quota) > 0 else None
