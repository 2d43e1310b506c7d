"""Compiled pipelines in processes that start cold, are killed, have no linker, no room or no Halide."""

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from convolens.errors import ConvolensError
from convolens.runtime import compile as compiler
from convolens.runtime.call import CompiledCodeError, InProcessFunction, LinkedFunction

KIND = "print(type(compute()).__name__)"


def _image() -> np.ndarray[Any, Any]:
    return np.arange(12, dtype=np.float32).reshape(3, 4)


def test_second_process_loads_what_the_first_compiled_without_importing_halide(
    cold: Path, run: Callable[..., str]
) -> None:
    """Compile once, then only load; the loading process never pays for importing Halide."""
    report = "compute(); import sys; print('halide' in sys.modules)"
    assert run(report).split() == ["True"]
    assert len(list(cold.glob("*.so"))) == 2
    assert run(report).split() == ["False"]


def test_two_processes_share_a_cold_cache(cold: Path, start: Callable[..., Any]) -> None:
    """Two that compile the same at the same time both compute right, and leave sound entries only."""
    processes = [start(KIND) for _ in range(2)]
    for process in processes:
        printed, complaints = process.communicate(timeout=120)
        assert printed.strip() == "LinkedFunction", complaints
    assert not list(cold.glob(".building-*"))


def test_killed_compile_leaves_nothing_that_is_loaded(
    cold: Path, start: Callable[..., Any], run: Callable[..., str]
) -> None:
    """Kill a process while it writes; the next compiles again and computes right."""
    process = start(KIND)
    end = time.monotonic() + 60
    while not list(cold.glob(".building-*")) and time.monotonic() < end:
        time.sleep(0.001)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert list(cold.glob(".building-*")), "the process was killed too early or too late"
    assert not list(cold.glob("*.so"))
    assert run(KIND).strip() == "LinkedFunction"


@pytest.mark.parametrize("damage", ["truncated", "changed", "empty"])
def test_damaged_entry_is_compiled_again(warm: Path, run: Callable[..., str], damage: str) -> None:
    """Cut, flip or empty an entry; the next process replaces it."""
    (entry,) = warm.glob("scaled*.so")
    content = entry.read_bytes()
    middle = len(content) // 2
    flipped = content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
    wrong = {"truncated": content[:middle], "changed": flipped, "empty": b""}[damage]
    entry.write_bytes(wrong)
    assert run(KIND).strip() == "LinkedFunction"
    (entry,) = warm.glob("scaled*.so")
    assert entry.read_bytes() != wrong


def test_entry_of_another_pipeline_is_not_loaded(warm: Path, run: Callable[..., str]) -> None:
    """Put one entry's content under another's name; its hash gives it away."""
    (runtime,), (entry,) = warm.glob("runtime*.so"), warm.glob("scaled*.so")
    entry.write_bytes(runtime.read_bytes())
    assert run(KIND).strip() == "LinkedFunction"
    (entry,) = warm.glob("scaled*.so")
    assert entry.read_bytes() != runtime.read_bytes()


def test_folder_that_cannot_be_made(cold: Path, run: Callable[..., str]) -> None:
    """With a file where the folder should be, compiled code lasts as long as the process."""
    blocked = cold.parent.parent / "file"
    blocked.write_text("in the way")
    assert run(KIND, CONVOLENS_CACHE=str(blocked)).strip() == "LinkedFunction"
    assert not cold.exists()


def test_read_only_folder(cold: Path, run: Callable[..., str]) -> None:
    """A file system on which nobody may write is no obstacle."""
    if not Path("/proc/self").is_dir():
        pytest.skip("needs a read-only file system")
    assert run(KIND, CONVOLENS_CACHE="/proc/self").strip() == "LinkedFunction"


def test_full_disk(cold: Path, run: Callable[..., str]) -> None:
    """Where no file can grow, neither in the cache nor elsewhere, the pipeline is compiled into the process."""
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
    assert run(limit + KIND).strip() == "InProcessFunction"
    assert not list(cold.glob("*"))


def test_no_linker(cold: Path, run: Callable[..., str]) -> None:
    """With nothing on PATH the pipeline is compiled into the process."""
    assert run(KIND, PATH="").strip() == "InProcessFunction"


def test_broken_linker(cold: Path, run: Callable[..., str]) -> None:
    """A linker that fails is as good as none."""
    assert run(KIND, CC="false").strip() == "InProcessFunction"


def test_without_halide(run: Callable[..., str]) -> None:
    """Without Halide everything imports, and asking for a pipeline says what is missing."""
    text = """
import sys; sys.modules["halide"] = None
from convolens.runtime import compile as compiler
from convolens.errors import ConvolensError
assert not compiler.available() and "pip install halide" in compiler.unavailable()
try:
    compute()
except ConvolensError as error:
    print(error)
import convolens, numpy
print(convolens.conv2d(numpy.ones((1, 3, 3)), numpy.ones((1, 1, 3, 3))).item())
"""
    complaint, result = run(text).splitlines()
    assert "scaled cannot be compiled: Halide cannot be imported" in complaint
    assert result == "9.0"


def test_halide_of_another_system(tmp_path: Path, run: Callable[..., str]) -> None:
    """A Halide that is installed but cannot be imported is as good as none; the reason is told."""
    package = tmp_path / "halide"
    package.mkdir()
    (package / "__init__.py").write_text("raise ImportError('libLLVM is missing')")
    (package / "halide_.so").touch()
    text = """
import convolens, numpy
from convolens.runtime import compile as compiler
print(compiler.unavailable())
print(convolens.prepare_conv(numpy.ones((8, 8, 3, 3), "f4"))(numpy.ones((1, 8, 64, 64), "f4")).max())
"""
    path = os.pathsep.join(filter(None, (str(tmp_path), str(Path(__file__).parent), os.environ.get("PYTHONPATH"))))
    complaint, result = run(text, PYTHONPATH=path, CONVOLENS_CACHE=str(tmp_path)).splitlines()
    assert "cannot be imported: libLLVM is missing" in complaint
    assert result == "72.0"


def test_in_process_function_takes_what_a_linked_one_takes(cold: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read-only and strided input, and the same errors."""
    monkeypatch.setattr(compiler, "linker", lambda: None)
    function = compiler.load("scaled", rounds=3)
    assert isinstance(function, InProcessFunction)
    _check_calls(function)


def test_what_is_fetched_ahead_comes_into_the_second_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Assembly says so; an object cannot, and fetches nothing."""
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    if reason := compiler.unavailable():
        pytest.skip(reason)
    if not compiler.cpu().fetches_ahead:
        pytest.skip("other instructions")
    compiler._compiled(
        tmp_path / "scaled", "scaled", {"rounds": 3, compiler.FETCHES: True}, compiler.linker() or "cc"
    )
    assembly = (tmp_path / "scaled.s").read_text()
    assert "prefetcht1" in assembly
    assert "prefetchnta" not in assembly


def test_nothing_is_fetched_ahead_without_an_assembler(cold: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipeline that would is built once more without where assembling fails, and so where nothing is linked."""
    import scaled

    built = []
    build, start = scaled.build, subprocess.run

    def noting(**parameters: Any) -> Any:
        built.append(parameters[compiler.FETCHES])
        return build(**parameters)

    def failing(command: list[Any], **options: Any) -> Any:
        return start(["false"] if "-c" in command else command, **options)

    monkeypatch.setattr(scaled, "build", noting)
    monkeypatch.setattr(compiler.subprocess, "run", failing)
    function = compiler.load("scaled", rounds=3, fetch_ahead=True)
    assert isinstance(function, LinkedFunction)
    assert built == [True, False]
    _check_calls(function)
    monkeypatch.setattr(compiler, "linker", lambda: None)
    monkeypatch.setattr(compiler, "_loaded", {})
    assert isinstance(compiler.load("scaled", rounds=3, fetch_ahead=True), InProcessFunction)
    assert built == [True, False, False]


def test_linked_function(warm: Path) -> None:
    """Read-only and strided input, and errors as exceptions with Halide's words."""
    function = compiler.load("scaled", rounds=3)
    assert isinstance(function, LinkedFunction)
    assert function is compiler.load("scaled", rounds=3)
    _check_calls(function)
    with pytest.raises(CompiledCodeError, match="takes 4 arguments, not 3"):
        function(_image(), np.empty_like(_image()), scalars=(1,))
    with pytest.raises(CompiledCodeError, match="byte order"):
        function(_image().astype(np.dtype("f4").newbyteorder()), np.empty_like(_image()), scalars=(1, 1.0))


def _check_calls(function: Any) -> None:
    image, out = _image(), np.empty((3, 4), np.float32)
    image.setflags(write=False)
    function(image, out, scalars=(1, 1.0))
    np.testing.assert_array_equal(out, image + 1)
    strided = np.repeat(np.repeat(image, 2, axis=0), 3, axis=1)[::2, ::3]
    for view in (strided, strided[:, ::1]):
        function(view, out, scalars=(-7, 0.5))
        np.testing.assert_array_equal(out, view / 2 - 7)
    with pytest.raises(CompiledCodeError, match=r"(?i)type|float32|float64"):
        function(image.astype(np.float64), out, scalars=(1, 1.0))
    with pytest.raises(CompiledCodeError, match=r"(?i)bounds|extent|beyond|before"):
        function(image[:, :2], out, scalars=(1, 1.0))
    function(image, out, scalars=(0, 1.0))
    np.testing.assert_array_equal(out, image)


def test_parameters_and_source_decide_the_key(warm: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another parameter, or another source text, is another entry."""
    tool = compiler.linker() or "cc"
    keys = {compiler._key(tool, "scaled", {"rounds": n}) for n in (1, 2)}
    compiler._sources.cache_clear()
    monkeypatch.setattr(compiler, "_origin", lambda module: str(changed))
    changed = tmp_path / "scaled.py"
    changed.write_text("# another text\n")
    keys.add(compiler._key(tool, "scaled", {"rounds": 1}))
    compiler._sources.cache_clear()
    assert len(keys) == 3


def test_cache_cleared_under_a_running_process(warm: Path, run: Callable[..., str]) -> None:
    """What is loaded goes on working, and what comes next is compiled and linked as before."""
    text = """
compute()
from convolens.runtime import cache
assert cache.clear() > 0
compute()
print(type(load("scaled", rounds=4)).__name__)
"""
    assert run(text).strip() == "LinkedFunction"


def test_tool_that_links_but_compiles_no_c(cold: Path, tmp_path: Path, run: Callable[..., str]) -> None:
    """Without our runtime nothing is kept, and the pipeline is compiled into the process."""
    tool = tmp_path / "cc"
    tool.write_text('#!/bin/sh\ncase "$*" in *.c*) exit 1;; esac\nexec gcc "$@"\n')
    tool.chmod(0o700)
    assert run(KIND, CC=str(tool)).strip() == "InProcessFunction"
    assert not list(cold.glob("*.so"))


@pytest.mark.skipif(compiler.linker() is None, reason="nothing is linked here")
def test_runtime_has_all_that_the_pipelines_ask_for(cold: Path) -> None:
    """Every name in Halide's header by which compiled code refuses its arguments can be found in ours."""
    import halide

    (header,) = Path(halide.__file__).parent.glob("include/HalideRuntime.h")
    devices = {"device_interface_no_device", "no_device_interface", "host_and_device_dirty", "device_crop_failed"}
    others = {"debug_to_file_failed", "vscale_invalid", "bad_extern_fold", "extern_stage_failed"}
    named = set(re.findall(r"extern int halide_error_(\w+)\(", header.read_text()))
    library = compiler._runtime_library(compiler.linker() or "cc")
    unused = {*devices, *others, "bounds_inference_call_failed"}
    missing = {name for name in named - unused if not hasattr(library, f"halide_error_{name}")}
    assert named > unused
    assert not missing


def test_missing_pipeline(warm: Path) -> None:
    """A module that is not there is an error of ours."""
    with pytest.raises((ConvolensError, ModuleNotFoundError), match="nowhere"):
        compiler.load("convolens.pipelines.nowhere")


def test_ready(cold: Path, compiled_once: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ready is what is loaded or on disk, and nothing else."""
    assert not compiler.ready("scaled", rounds=3)
    monkeypatch.setenv("CONVOLENS_CACHE", str(compiled_once.parent))
    assert compiler.ready("scaled", rounds=3)
    assert not compiler.ready("scaled", rounds=4)
    compiler.load("scaled", rounds=3)
    monkeypatch.setattr(compiler, "linker", lambda: None)
    assert compiler.ready("scaled", rounds=3)


def test_strides_beyond_32_bits(warm: Path) -> None:
    """Along an axis of one cell nobody takes them; along others they are refused, not cut short."""
    function = compiler.load("scaled", rounds=3)
    image, out = _image()[:1], np.zeros((1, 4), np.float32)
    far = np.lib.stride_tricks.as_strided(image, (1, 4), (2**36, 4))
    function(far, out, scalars=(5, 2.0))
    np.testing.assert_array_equal(out, 2 * image + 5)
    with pytest.raises(CompiledCodeError, match="one by one"):
        function(np.lib.stride_tricks.as_strided(image, (2, 4), (2**36, 4)), out, scalars=(5, 2.0))


def test_axes_of_one_cell_may_have_any_stride(warm: Path) -> None:
    """Even the innermost, which compiled code expects to be dense."""
    function = compiler.load("scaled", rounds=3)
    wide, out = np.arange(12, dtype=np.float32).reshape(3, 4), np.zeros((3, 1), np.float32)
    function(np.lib.stride_tricks.as_strided(wide, (3, 1), (16, 12)), out, scalars=(5, 2.0))
    np.testing.assert_array_equal(out, 2 * wide[:, :1] + 5)
