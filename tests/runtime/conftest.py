"""A cold cache for every test, and processes that are really new."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from convolens.runtime import compile as compiler

HERE = Path(__file__).parent
PATH = os.pathsep.join(filter(None, (str(HERE), os.environ.get("PYTHONPATH"))))
COMPUTE = """
import numpy as np
from convolens.runtime.compile import load

def compute():
    function = load("scaled", rounds=3)
    image = np.arange(12, dtype=np.float32).reshape(3, 4)
    out = np.empty_like(image)
    function(image, out, scalars=(5, 2.0))
    assert np.array_equal(out, 2 * image + 5), out
    return function

"""


@pytest.fixture
def needs_halide() -> None:
    """Skip where nothing can be compiled."""
    if reason := compiler.unavailable():
        pytest.skip(reason)


@pytest.fixture
def cold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, needs_halide: None) -> Path:
    """Start with an empty cache and nothing loaded; return the folder of the cache."""
    monkeypatch.setenv("CONVOLENS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(compiler, "_loaded", {})
    monkeypatch.syspath_prepend(str(HERE))
    return tmp_path / "cache" / "compiled"


Run = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start() -> Run:
    """Return a function that starts a new process with the program ``COMPUTE + text``."""

    def start(text: str, **environment: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-c", COMPUTE + text],
            env=os.environ | {"PYTHONPATH": PATH} | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return start


@pytest.fixture
def run(start: Run) -> Callable[..., str]:
    """Return a function that runs such a process to its end and returns what it printed."""

    def run(text: str, **environment: str) -> str:
        process = start(text, **environment)
        printed, complaints = process.communicate(timeout=120)
        assert process.returncode == 0, complaints
        return printed

    return run


@pytest.fixture(scope="session")
def compiled_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a cache folder in which the small pipeline lies compiled."""
    folder = tmp_path_factory.mktemp("compiled-once")
    environment = os.environ | {"PYTHONPATH": PATH, "CONVOLENS_CACHE": str(folder)}
    subprocess.run([sys.executable, "-c", COMPUTE + "compute()"], env=environment, check=True)
    return folder / "compiled"


@pytest.fixture
def warm(cold: Path, compiled_once: Path) -> Path:
    """Start with a cache that holds the small pipeline; return its folder."""
    shutil.copytree(compiled_once, cold)
    return cold
