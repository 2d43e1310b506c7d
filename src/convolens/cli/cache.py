"""``convolens cache``: the compiled code that is kept on disk."""

import time
from typing import Annotated

import typer


def cache_command(
    *,
    clear: Annotated[
        bool, typer.Option("--clear", help="Remove all of it; it is compiled again when needed.")
    ] = False,
) -> None:
    """Show how much compiled code is kept on disk, and where; or clear it."""
    from convolens.runtime import cache

    if clear:
        typer.echo(f"{cache.clear() / 1e6:.1f} MB freed in {cache.folder()}")
        return
    kinds: dict[str, list[cache.Entry]] = {}
    for entry in cache.entries():
        kinds.setdefault(entry.key.rpartition("_")[0], []).append(entry)
    for kind, entries in sorted(kinds.items()):
        used = time.strftime("%Y-%m-%d %H:%M", time.localtime(entries[0].used))
        size = sum(entry.size for entry in entries) / 1e6
        typer.echo(f"{kind:<12} {len(entries):4}  {size:7.1f} MB  last used {used}")
    typer.echo(f"{cache.size() / 1e6:.1f} MB of at most {cache.MOST_BYTES / 1e6:.0f} in {cache.folder()}")
