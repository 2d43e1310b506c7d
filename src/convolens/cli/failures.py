"""The one place where what goes wrong becomes a line on stderr and an exit code."""

import os
import re
import sys
from collections.abc import Callable

import typer

from convolens.errors import ConvolensError, nearest

FAILED = 2
INTERRUPTED = 130  # 128 + SIGINT, as shells report it
READER_GONE = 141  # 128 + SIGPIPE


def exit_code_of(command: Callable[[], object]) -> int:
    """
    Run ``command`` and return the exit code of the process: 0, or what the failure calls for.

    A failure is told in one line on stderr. Other exceptions are mistakes in the program, and pass.
    """
    try:
        try:
            result = command()
        except typer.Exit as ending:
            result = ending.exit_code
        sys.stdout.flush()
    except typer.TyperException as error:
        return _report(_usage_problem(error))
    except ConvolensError as error:
        return _report(str(error))
    except BrokenPipeError:
        # The reader has seen enough, as in `convolens kernels | head`. Python would complain once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return READER_GONE
    except OSError as error:
        # Files are opened by functions that name them in a FileError; what has no name is what we print to.
        return _report(f"{error.filename or 'standard output'}: {error.strerror or error}")
    except MemoryError as error:
        what = f" ({error})" if str(error) else ""  # NumPy says how large an array it could not have
        return _report(f"out of memory{what}; ask for less, or close other programs")
    except (KeyboardInterrupt, typer.Abort):
        _report("interrupted")
        return INTERRUPTED
    return result if isinstance(result, int) else 0


def report(message: str) -> None:
    """Print one line on stderr, whatever is in the message."""
    line = " ".join(message.split())
    print(f"convolens: {line}", file=sys.stderr)


def _report(message: str) -> int:
    report(message)
    return FAILED


def _usage_problem(error: typer.TyperException) -> str:
    context = getattr(error, "ctx", None)
    message = error.format_message() if hasattr(error, "format_message") else str(error)
    command = context.command_path if context is not None else "convolens"
    message = _with_nearest(message.replace("Value error, ", "")).rstrip(".")
    see = " See" if message.endswith("?") else "; see"
    return f"{message[:1].lower()}{message[1:]}{see} '{command} --help'"


def _with_nearest(message: str) -> str:
    """
    Offer the nearest of the choices that a message lists.

    >>> _with_nearest("'sign' is not one of 'clip', 'signed'.")
    "'sign' is not one of 'clip', 'signed'; did you mean 'signed'?"
    """
    found = re.search(r"'([^']*)' is not one of (.*)", message)
    near = nearest(found[1], re.findall(r"'([^']*)'", found[2])) if found else []
    return f"{message.rstrip('.')}; did you mean '{near[0]}'?" if near else message
