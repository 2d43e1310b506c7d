"""
Compiled loops count subnormal numbers as zero, since many processors take a hundred times longer over them.

The processor's control register is set for the length of a task and put back after it, so that nobody else's sums
change. A few lines of C, compiled by the tool that links and made part of Halide's runtime, do it.
"""

import ctypes
import os
import subprocess
from pathlib import Path

_TASK = "convolens_do_task"
_SOURCE = f"""
#if defined(__x86_64__)
typedef unsigned int control;
static control flush(void) {{
    control before = __builtin_ia32_stmxcsr();
    __builtin_ia32_ldmxcsr(before | 0x8040); /* flush to zero, denormals are zero */
    return before;
}}
static void restore(control before) {{ __builtin_ia32_ldmxcsr(before); }}
#elif defined(__aarch64__)
typedef unsigned long control;
static control flush(void) {{
    control before;
    __asm__ volatile("mrs %0, fpcr" : "=r"(before));
    __asm__ volatile("msr fpcr, %0" : : "r"(before | 1ul << 24));
    return before;
}}
static void restore(control before) {{ __asm__ volatile("msr fpcr, %0" : : "r"(before)); }}
#else
typedef int control;
static control flush(void) {{ return 0; }}
static void restore(control before) {{ (void)before; }}
#endif

int {_TASK}(void *context, int (*task)(void *, int, unsigned char *), int index, unsigned char *closure) {{
    control before = flush();
    int error = task(context, index, closure);
    restore(before);
    return error;
}}
"""


def objects(tool: str, folder: Path) -> list[Path]:
    """Compile what the runtime needs; nothing where the tool compiles no C: subnormal numbers stay slow then."""
    compiled = folder / "flush.o"
    command = [tool, "-O2", "-fPIC", "-c", "-x", "c", "-o", os.fspath(compiled), "-"]
    done = subprocess.run(command, input=_SOURCE, capture_output=True, text=True, check=False)
    return [] if done.returncode else [compiled]


def install(library: ctypes.CDLL) -> None:
    """Have the tasks of all parallel loops run with subnormal numbers as zeros."""
    if hasattr(library, _TASK):
        library.halide_set_custom_do_task(library[_TASK])
