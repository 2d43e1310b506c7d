"""
From a pipeline to a function: compiled once, kept on disk, loaded by every later process in a millisecond.

Each pipeline becomes a small shared library beside one that all of them share: the runtime, with threads, messages
and memory. Without a C linker, or with nowhere to write, the pipeline is compiled into the process.
"""

import contextlib
import ctypes
import functools
import hashlib
import importlib
import importlib.util
import os
import platform
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from convolens.errors import ConvolensError
from convolens.runtime import cache, call, threads
from convolens.runtime.cpu import cpu

_PIPELINES = "convolens.pipelines"
_RUNTIME = "runtime"
_RUNTIME_SOURCES = tuple(Path(__file__).with_name(name) for name in ("pool.c", "support.c"))
_FEATURES = "host-large_buffers"
_KEPT = f"{_FEATURES}-no_runtime-no_bounds_query"
_HINT = "pip install halide"
_IMPORTED = "halide.txt"  # beside the compiled code: the file of the Halide that could be imported

FETCHES = "fetch_ahead"
"""The parameter of pipelines that fetch data ahead, which only assembly can do well; False where there is none."""


@functools.cache
def _halide_module() -> Path | None:
    """Find Halide's compiled module without importing it, which takes longer than loading a kept pipeline."""
    spec = importlib.util.find_spec("halide")
    folders = spec.submodule_search_locations if spec else None
    return next((path for f in folders or () for path in sorted(Path(f).glob("halide_.*"))), None)


def unavailable() -> str | None:
    """
    Say why no pipeline can be compiled here; None if they can.

    Imports Halide once on a machine, to see whether it can; later answers cost next to nothing.
    """
    if sys.modules.get("halide", sys) is None:
        return f"Halide cannot be imported ({_HINT})"
    module = _halide_module()
    return _import_failure(module) if module else f"Halide is not installed ({_HINT})"


@functools.cache
def _import_failure(module: Path) -> str | None:
    """Say what is wrong with an installed Halide. That nothing is gets noted for later processes."""
    signature = f"{_signature(module)} on {platform.platform()} at {platform.node()}, Python {sys.version}"
    if "halide" in sys.modules or cache.noted(_IMPORTED) == signature:
        return None
    try:
        importlib.import_module("halide")
    except Exception as error:  # whatever a library of another system, or half of one, comes up with
        return f"Halide cannot be imported: {' '.join(str(error).split())} ({_HINT})"
    cache.note(_IMPORTED, signature)
    return None


def available() -> bool:
    """Tell whether pipelines can be compiled here."""
    return unavailable() is None


def linker() -> str | None:
    """Find the system's C compiler, which links; None where compiled code cannot be kept."""
    if sys.platform == "win32":
        return None
    return next(filter(None, map(shutil.which, (os.environ.get("CC") or "cc", "gcc", "clang"))), None)


def not_kept() -> str | None:
    """Say why compiled code is not kept on disk here; None if it is."""
    tool = linker()
    if tool is None:
        return "no C compiler (cc) was found to link it"
    try:
        _runtime_library(tool)
    except OSError as error:
        return " ".join(str(error).split())
    return None


_loaded: dict[Any, call.Function] = {}
_missing: dict[Any, int] = {}  # what was not there, and how many pipelines were loaded then
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
    identity = (pipeline, *sorted(parameters.items()))
    if identity in _loaded:
        return True
    asked = (*identity, cache.folder())
    if _missing.get(asked) == len(_loaded):
        return False  # nothing was compiled since it was looked for
    tool = linker()
    if available() and tool is not None and cache.find(_name(tool, pipeline, parameters)):
        return True
    _missing[asked] = len(_loaded)
    return False


def _load(pipeline: str, parameters: dict[str, Any]) -> call.Function:
    if reason := unavailable():
        raise ConvolensError(f"pipeline {pipeline} cannot be compiled: {reason}")
    if tool := linker():
        try:
            return _linked(pipeline, parameters, tool)
        except OSError:  # nowhere to write, a file system that does not let code run, a linker that fails
            pass
        except ImportError as error:
            raise _without_halide(pipeline, error) from error
    return _in_process(pipeline, parameters)


def _without_halide(pipeline: str, error: ImportError) -> ConvolensError:
    """Forget that Halide could be imported; from now on NumPy does the work."""
    _import_failure.cache_clear()
    cache.note(_IMPORTED, "")
    return ConvolensError(
        f"pipeline {pipeline} cannot be compiled: Halide could be imported once, but now {error}"
    )


def _linked(pipeline: str, parameters: dict[str, Any], tool: str) -> call.Function:
    name = _name(tool, pipeline, parameters)
    path = cache.find(name)
    if path is None:
        path = cache.keep(name, lambda folder: _build_pipeline(folder, name, pipeline, parameters, tool))
    runtime = _runtime_library(tool)
    return call.LinkedFunction(ctypes.CDLL(os.fspath(path)), runtime, name)


@functools.cache
def _runtime_library(tool: str) -> ctypes.CDLL:
    library = ctypes.CDLL(os.fspath(_runtime_file(tool)))
    threads.attach(library)
    return library


def _runtime_file(tool: str) -> Path:
    """Find the runtime's file, or make it; again, if the cache was cleared since it was loaded."""
    name = _name(tool, _RUNTIME, {})
    return cache.find(name) or cache.keep(name, lambda folder: _build_runtime(folder, name, tool))


def _build_runtime(folder: Path, name: str, tool: str) -> Path:
    both = folder / "runtime.c"  # one after the other takes longer
    both.write_text("".join(f'#include "{source}"\n' for source in _RUNTIME_SOURCES))
    return _link(tool, folder / f"{name}.so", "-std=gnu11", "-O1", "-fPIC", "-pipe", both)


def _build_pipeline(folder: Path, name: str, pipeline: str, parameters: dict[str, Any], tool: str) -> Path:
    runtime = threading.Thread(target=_make_runtime, args=(tool,))  # while Halide is at work
    runtime.start()
    compiled = _compiled(folder / name, pipeline, parameters, tool)
    runtime.join()
    return _link(tool, folder / f"{name}.so", compiled, _runtime_file(tool))


def _compiled(path: Path, pipeline: str, parameters: dict[str, Any], tool: str) -> Path:
    """
    Compile to an object; where data is fetched ahead, by way of assembly.

    Halide takes all that is fetched for data that is read once, which would pass by the core's own cache; that is
    slower than to fetch nothing.
    """
    import halide as hl

    output, arguments = importlib.import_module(pipeline).build(**parameters)
    compiled, assembly = path.with_name(f"{path.name}.o"), path.with_name(f"{path.name}.s")
    if not parameters.get(FETCHES):
        output.compile_to_object(os.fspath(compiled), arguments, path.name, hl.Target(_KEPT))
        return compiled
    output.compile_to_assembly(os.fspath(assembly), arguments, path.name, hl.Target(_KEPT))
    assembly.write_text(assembly.read_text().replace("prefetchnta", "prefetcht1"))
    if subprocess.run([tool, "-c", assembly, "-o", compiled], capture_output=True, check=False).returncode:
        # The assembler is older than some of the instructions.
        return _compiled(path, pipeline, _fetching_nothing(parameters), tool)
    return compiled


def _fetching_nothing(parameters: dict[str, Any]) -> dict[str, Any]:
    return parameters | dict.fromkeys({FETCHES} & parameters.keys(), False)


def _make_runtime(tool: str) -> None:
    with contextlib.suppress(OSError):  # who needs it tries again, and fails again
        _runtime_file(tool)


def _link(tool: str, library: Path, *inputs: str | Path) -> Path:
    """
    Make a shared library that bears its own name, by which others find it once it is loaded, whatever its file's.

    So the runtime's symbols are found without being visible to the whole process.
    """
    naming = "-install_name" if sys.platform == "darwin" else "-soname"
    files = [library, *inputs]
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
    output, arguments = importlib.import_module(pipeline).build(**_fetching_nothing(parameters))
    callable_ = output.compile_to_callable(arguments, hl.Target(_FEATURES))
    return call.InProcessFunction(callable_, output.outputs())


def _name(tool: str, pipeline: str, parameters: dict[str, Any]) -> str:
    return f"{pipeline.rpartition('.')[2]}_{_key(tool, pipeline, parameters)}"


def _key(tool: str, pipeline: str, parameters: dict[str, Any]) -> str:
    """Name everything that compiled code depends on, in 32 hexadecimal digits."""
    halide = _halide_module()
    versions = [_signature(halide) if halide else "", _signature(Path(tool).resolve()), _KEPT, repr(cpu())]
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
    paths = {Path(__file__), *_RUNTIME_SOURCES, *Path(_origin(_PIPELINES)).parent.glob("*.py")}
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
