"""Many files in one go: which inputs, which outputs, and what becomes of those that fail."""

import glob
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from convolens.cli.failures import report
from convolens.errors import ConvolensError, FileError
from convolens.images.files import file_error, refuse_standard_output
from convolens.images.writing import ENDINGS

OUTPUT_ENDINGS = (*ENDINGS, ".npy")


@dataclass(frozen=True)
class Job:
    """One picture to be made from another; ``rival`` is another source that asks for the same target."""

    source: Path
    target: Path
    rival: Path | None = None


def plan_jobs(
    inputs: Sequence[str], output: str, *, recursive: bool = False, ending: str | None = None
) -> list[Job]:
    """
    Decide which file each input becomes.

    Parameters
    ----------
    inputs : sequence of str
        Files, folders (the pictures in them) and patterns such as ``"photos/**/*.jpg"``.
    output : str
        A file, if it has the ending of a picture; else a folder, in which the names of the inputs are kept.
    recursive : bool, default False
        Whether to look into the folders of a folder as well.
    ending : str, optional
        The ending of files in an output folder, such as ``".png"``; by default that of the input.

    Raises
    ------
    FileError
        If nothing matches, if one file is asked to hold all results, or if the output's ending is unknown.
    """
    refuse_standard_output(output)
    found = list(_expand(inputs, recursive))
    if _is_folder(output):
        folder = Path(output)
        jobs = [
            Job(source, folder / (relative.with_suffix(ending) if ending else relative))
            for source, relative in found
        ]
    elif len(found) > 1:
        raise FileError(
            f"{output} is one file, but there are {len(found)} inputs; give a folder (end its name with /)"
        )
    else:
        jobs = [Job(found[0][0], Path(output))]
    return _with_rivals(jobs)


def run_jobs(jobs: Sequence[Job], work: Callable[[Job], None]) -> int:
    """
    Do ``work`` for every job, whatever becomes of the others, and return how many failed.

    A progress bar runs on stderr while there is a person to see it; failures are listed at the end.
    """
    from rich.console import Console
    from rich.progress import Progress

    failures: list[str] = []
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        for job in progress.track(jobs, description="Filtering"):
            try:
                if job.rival is not None:
                    raise FileError(
                        f"{job.source}: would become {job.target}, as {job.rival} would; filter them apart"
                    )
                work(job)
            except ConvolensError as error:
                failures.append(str(error))
            except OSError as error:
                failures.append(str(file_error(job.target, error)))
            except MemoryError:
                failures.append(f"{job.source}: out of memory")
    for message in failures:
        report(message)
    return len(failures)


def _expand(inputs: Sequence[str], recursive: bool) -> Iterable[tuple[Path, Path]]:
    """Yield each file with the path that it keeps under an output folder; each file once."""
    seen = set()
    for given in inputs:
        for path, relative in _matches(given, recursive):
            if (key := os.path.abspath(path)) not in seen:
                seen.add(key)
                yield path, relative


def _matches(given: str, recursive: bool) -> list[tuple[Path, Path]]:
    path = Path(given)
    if path.is_dir():
        pattern = "**/*" if recursive else "*"
        files = [file for file in sorted(path.glob(pattern)) if _is_picture(file)]
        if not files:
            hint = "" if recursive else "; --recursive looks into its folders too"
            raise FileError(f"{given}: no pictures ({', '.join(ENDINGS)}) in this folder{hint}")
        return [(file, file.relative_to(path)) for file in files]
    if not os.path.lexists(path) and glob.has_magic(given):
        names = sorted(name for name in glob.glob(given, recursive=True) if os.path.isfile(name))
        if not names:
            raise FileError(f"{given}: no file matches")
        return [(Path(name), Path(os.path.basename(name))) for name in names]
    return [(path, Path(path.name))]


def _is_picture(path: Path) -> bool:
    return path.suffix.lower() in ENDINGS and not path.name.startswith(".") and path.is_file()


def _is_folder(output: str) -> bool:
    path = Path(output)
    if path.is_file() and output.endswith(("/", os.sep)):
        raise FileError(f"{output}: is a file, not a folder; leave out the / at the end")
    if path.is_dir() or output.endswith(("/", os.sep)):
        return True
    ending = path.suffix.lower()
    if ending in OUTPUT_ENDINGS:
        return False
    if path.exists():
        raise FileError(f"{output}: is not a folder, and no picture by its name ({', '.join(OUTPUT_ENDINGS)})")
    if ending:
        raise FileError(
            f"{output}: ends in {ending!r}; known are {', '.join(OUTPUT_ENDINGS)}; end the name of a folder with /"
        )
    return True


def _with_rivals(jobs: Sequence[Job]) -> list[Job]:
    """Note in every job whose target another one has too, which source that one has."""

    def place(job: Job) -> str:
        return os.path.normcase(os.path.abspath(job.target))

    sources: dict[str, list[Path]] = {}
    for job in jobs:
        sources.setdefault(place(job), []).append(job.source)
    rivals = (next((source for source in sources[place(job)] if source != job.source), None) for job in jobs)
    return [replace(job, rival=rival) for job, rival in zip(jobs, rivals, strict=True)]
