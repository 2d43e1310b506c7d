"""
From a pipeline to a function: compiled once, kept on disk, loaded by every later process in a millisecond.

Each pipeline becomes a small shared library beside one that holds Halide's runtime (thread pool, errors, memory),
which all of them share. Without a C linker, or with nowhere to write, the pipeline is compiled into the process.
"""

import contextlib
import ctypes
import functools
import hashlib
import importlib
import importlib.util
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from convolens.errors import ConvolensError
from convolens.runtime import cache, call, pool, threads
from convolens.runtime.cpu import available_cores, cpu

_PIPELINES = "convolens.pipelines"
_RUNTIME = "halide"
_FEATURES = "host-large_buffers"
_HINT = "pip install halide"
_NOTHING = subprocess.DEVNULL
_COMPILE_RUNTIME = """
import os, sys
sys.path[:] = sys.argv[1:]
import halide as hl
hl.compile_standalone_runtime(os.environ["RUNTIME"], hl.Target(os.environ["TARGET"]))
"""


@functools.cache
def _halide_module() -> Path | None:
    """Find Halide's compiled module without importing it, which takes longer than loading a kept pipeline."""
    spec = importlib.util.find_spec("halide")
    folders = spec.submodule_search_locations if spec else None
    return next((path for f in folders or () for path in sorted(Path(f).glob("halide_.*"))), None)


def unavailable() -> str | None:
    """
    Say why no pipeline can be compiled here; None if they can.

    Never imports Halide, so that asking costs next to nothing.
    """
    if sys.modules.get("halide", sys) is None:
        return f"Halide cannot be imported ({_HINT})"
    return None if _halide_module() else f"Halide is not installed ({_HINT})"


def available() -> bool:
    """Tell whether pipelines can be compiled here."""
    return unavailable() is None


def linker() -> str | None:
    """Find the system's C compiler, which links; None where compiled code cannot be kept."""
    if sys.platform == "win32":
        return None
    return next(filter(None, map(shutil.which, (os.environ.get("CC") or "cc", "gcc", "clang"))), None)


_loaded: dict[Any, call.Function] = {}
_lock = threading.RLock()


def load(pipeline: str, **parameters: str | int | float | bool) -> call.Function:
    """
    Return the function of a pipeline: from this process, from disk, or compiled now.

    Parameters
    ----------
    pipeline : str
        Full name of a module with a function ``build(**parameters)``, which returns the output ``Func`` and the
        list of its arguments, buffers before scalars (``Int(32)`` or ``Float(64)``).
    **parameters
        What the pipeline is specialised for.

    Raises
    ------
    ConvolensError
        If Halide is missing.
    """
    identity = (pipeline, *sorted(parameters.items()))
    function = _loaded.get(identity)
    if function is None:
        with _lock:
            function = _loaded.get(identity) or _loaded.setdefault(identity, _load(pipeline, parameters))
    return function


def loaded() -> int:
    """Count the pipelines in this process; when it grows, :func:`ready` may answer otherwise."""
    return len(_loaded)


def ready(pipeline: str, **parameters: str | int | float | bool) -> bool:
    """Tell whether :func:`load` would answer without compiling: the function is in this process, or on disk."""
    if (pipeline, *sorted(parameters.items())) in _loaded:
        return True
    tool = linker()
    return available() and tool is not None and cache.find(_name(tool, pipeline, parameters)) is not None


def _load(pipeline: str, parameters: dict[str, Any]) -> call.Function:
    if reason := unavailable():
        raise ConvolensError(f"pipeline {pipeline} cannot be compiled: {reason}")
    if tool := linker():
        try:
            return _linked(pipeline, parameters, tool)
        except OSError:  # nowhere to write, a file system that does not let code run, a linker that fails
            pass
    return _in_process(pipeline, parameters)


def _linked(pipeline: str, parameters: dict[str, Any], tool: str) -> call.Function:
    name = _name(tool, pipeline, parameters)
    path = cache.find(name)
    if path is None:
        path = cache.keep(name, lambda folder: _build_pipeline(folder, name, pipeline, parameters, tool))
    _runtime_library(tool)
    return call.LinkedFunction(ctypes.CDLL(os.fspath(path)), name)


@functools.cache
def _runtime_library(tool: str) -> ctypes.CDLL:
    library = ctypes.CDLL(os.fspath(_runtime_file(tool)))
    call.report_errors(library)
    pool.install(library)
    threads.attach(library)
    return library


def _runtime_file(tool: str, compiled: Path | None = None) -> Path:
    """Find the runtime's file, or make it; again, if the cache was cleared since it was loaded."""
    name = _name(tool, _RUNTIME, {})
    return cache.find(name) or cache.keep(name, lambda folder: _build_runtime(folder, name, tool, compiled))


def _build_pipeline(folder: Path, name: str, pipeline: str, parameters: dict[str, Any], tool: str) -> Path:
    import halide as hl

    with _runtime_meanwhile(tool, folder / "runtime.o") as runtime:
        output, arguments = importlib.import_module(pipeline).build(**parameters)
        compiled = folder / f"{name}.o"
        output.compile_to_object(os.fspath(compiled), arguments, name, hl.Target(f"{_FEATURES}-no_runtime"))
    return _link(tool, compiled, _runtime_file(tool, runtime if runtime.exists() else None))


def _build_runtime(folder: Path, name: str, tool: str, compiled: Path | None) -> Path:
    named = folder / f"{name}.o"
    if compiled:
        shutil.move(compiled, named)
    else:
        import halide as hl

        hl.compile_standalone_runtime(os.fspath(named), hl.Target(_FEATURES))
    return _link(tool, named, *pool.objects(tool, folder))


@contextlib.contextmanager
def _runtime_meanwhile(tool: str, compiled: Path) -> Iterator[Path]:
    """
    Where the runtime is not kept yet, compile it in another process while this one compiles a pipeline.

    That saves a second of a first call. Leaves no file where there is no second core, or Python cannot be started.
    """
    process = None
    is_python = Path(sys.executable or "").name.startswith("python") and not getattr(sys, "frozen", False)
    if is_python and available_cores() > 1 and cache.find(_name(tool, _RUNTIME, {})) is None:
        command = [sys.executable, "-c", _COMPILE_RUNTIME, *sys.path]
        partial = compiled.with_suffix(".partial")
        given = os.environ | {"RUNTIME": os.fspath(partial), "TARGET": _FEATURES}
        with contextlib.suppress(OSError):
            process = subprocess.Popen(command, env=given, stdin=_NOTHING, stdout=_NOTHING, stderr=_NOTHING)
    try:
        yield compiled
    finally:
        if process and process.wait() == 0:
            partial.replace(compiled)


def _link(tool: str, compiled: Path, *libraries: Path) -> Path:
    """
    Make a shared library that bears its own name, by which others find it once it is loaded, whatever its file's.

    So Halide's symbols are found without being visible to the whole process.
    """
    library = compiled.with_suffix(".so")
    naming = "-install_name" if sys.platform == "darwin" else "-soname"
    files = map(os.fspath, (library, compiled, *libraries))
    command = [tool, "-shared", f"-Wl,{naming},{library.name}", "-o", *files, "-lpthread", "-ldl"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise OSError(f"{tool} could not link: {done.stderr.strip()}")
    return library


def _in_process(pipeline: str, parameters: dict[str, Any]) -> call.Function:
    import halide as hl

    # The in-process runtime cannot be told to stop its threads before a fork, so it must not start any. It reads
    # this variable once, at its first parallel loop.
    os.environ.setdefault("HL_NUM_THREADS", "1")
    output, arguments = importlib.import_module(pipeline).build(**parameters)
    return call.InProcessFunction(output.compile_to_callable(arguments, hl.Target(_FEATURES)))


def _name(tool: str, pipeline: str, parameters: dict[str, Any]) -> str:
    return f"{pipeline.rpartition('.')[2]}_{_key(tool, pipeline, parameters)}"


def _key(tool: str, pipeline: str, parameters: dict[str, Any]) -> str:
    """Name everything that compiled code depends on, in 32 hexadecimal digits."""
    halide = _halide_module()
    versions = [_signature(halide) if halide else "", _signature(Path(tool).resolve()), _FEATURES, repr(cpu())]
    parts = [pipeline, repr(sorted(parameters.items())), _sources(pipeline), *versions]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


@functools.cache
def _signature(path: Path) -> str:
    """Tell one version of an installed file from another without reading it, or what installed it."""
    status = path.stat()
    return f"{path} {status.st_size} {status.st_mtime_ns}"


def sources() -> str:
    """Name the source text of all pipelines; when it changes, so may their speed."""
    return _sources(_RUNTIME)


@functools.cache
def _sources(pipeline: str) -> str:
    """Hash the source text that decides what a pipeline compiles to: its own, all others', and this file."""
    paths = {Path(__file__), pool.SOURCE, *Path(_origin(_PIPELINES)).parent.glob("*.py")}
    if pipeline != _RUNTIME:
        paths.add(Path(_origin(pipeline)))
    digest = hashlib.sha256()
    for path in sorted(paths):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _origin(module: str) -> str:
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        raise ConvolensError(f"there is no module {module!r} to compile a pipeline from")
    return spec.origin


def _forget_lock() -> None:
    """Replace, in a forked child, a lock that may have been another thread's."""
    global _lock
    _lock = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_lock)
