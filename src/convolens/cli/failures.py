"""The one place where what goes wrong becomes a line on stderr and an exit code."""

import os
import sys
from collections.abc import Callable

import typer

from convolens.errors import ConvolensError

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
        where = f"{error.filename}: " if error.filename else ""
        return _report(f"{where}{error.strerror or error}")
    except MemoryError:
        return _report("out of memory; try a smaller picture, or close other programs")
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
    return f"{message[:1].lower()}{message[1:].rstrip('.')}; see '{command} --help'"
