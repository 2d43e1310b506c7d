"""How pooling is cut into tasks: rows of one plane, or several planes."""

from convolens.runtime.cpu import available_cores

TASKS_PER_CORE = 4
LEAST_PARALLEL = 1 << 16  # cells below which a call runs as few tasks


def rows_and_planes(cells: int, height: int, planes: int) -> tuple[int, int]:
    """Tell how many of the ``height`` rows of a plane, and how many planes, make a task of so many cells."""
    wanted = TASKS_PER_CORE * available_cores() if cells > LEAST_PARALLEL else 1
    return -(-height // -(-wanted // planes)), max(1, planes // wanted)
