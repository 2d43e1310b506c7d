"""``convolens info``: the machine, the compiler, and the compiled code that is kept."""

import json
from dataclasses import asdict
from typing import Annotated, Any

import typer


def info_command(
    *,
    measure: Annotated[bool, typer.Option("--measure", help="Measure the machine's speeds again.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
) -> None:
    """Show the processor, its measured speeds, the compiler, the threads and the cache of compiled code."""
    facts = gather(measure=measure)
    if as_json:
        typer.echo(json.dumps(facts, indent=2))
        return
    machine, cache = facts["machine"], facts["cache"]
    rates = {kind: [value / 1e9 for value in machine[kind]] for kind in ("float32", "float64", "bandwidth")}
    rows = [
        ("convolens", facts["version"]),
        ("processor", machine["name"]),
        ("instructions", ", ".join(facts["instructions"]) or "no vector instructions that matter here"),
        ("cores, threads", f"{machine['cores']}, {facts['threads']}"),
        *(
            (f"{kind} peak", "{:.0f} GFLOP/s on one core, {:.0f} on all".format(*rates[kind]))
            for kind in list(rates)[:2]
        ),
        ("bandwidth", "{:.0f} GB/s by one core, {:.0f} by all".format(*rates["bandwidth"])),
        ("measured by", machine["method"]),
        ("compiler", facts["compiler"]),
        ("kept code", f"{cache['entries']} pipelines, {cache['bytes'] / 1e6:.1f} MB in {cache['folder']}"),
    ]
    width = max(len(name) for name, _ in rows)
    for name, value in rows:
        typer.echo(f"{name:<{width}}  {value}")


def gather(*, measure: bool = False) -> dict[str, Any]:
    """Collect what ``convolens info`` shows."""
    from convolens import __version__
    from convolens.runtime import cache, compile, cpu
    from convolens.runtime.machine import machine
    from convolens.runtime.threads import thread_count

    reason = compile.unavailable()
    obstacle = None if reason else compile.not_kept()
    kept = f"not kept: {obstacle}" if obstacle else "kept on disk"
    return {
        "version": __version__,
        "machine": asdict(machine(measure=measure)),
        "instructions": [f for f in ("avx2", "fma", "avx512f", "avx512_bf16", "asimd") if f in cpu.cpu().features],
        "threads": thread_count(),
        "compiler": f"none, NumPy does the work: {reason}" if reason else f"Halide; compiled code is {kept}",
        "cache": {"folder": str(cache.folder()), "entries": len(cache.entries()), "bytes": cache.size()},
    }
