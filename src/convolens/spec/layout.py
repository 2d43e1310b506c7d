"""Where the channels stand in an array: first (NCHW) or last (NHWC)."""

from convolens.errors import unknown_name

FIRST, LAST = "channels-first", "channels-last"
_SPATIAL = {1: "W", 2: "HW", 3: "DHW"}


def parse_layout(layout: str, dims: int) -> str:
    """
    Read a layout: ``channels-first``, ``channels-last``, or their letters in 1, 2 and 3 dimensions.

    >>> parse_layout("NHWC", 2), parse_layout("NCW", 1)
    ('channels-last', 'channels-first')
    """
    letters = _SPATIAL.get(dims, "")
    known = {f"NC{letters}": FIRST, f"N{letters}C": LAST} if letters else {}
    known |= {FIRST: FIRST, LAST: LAST}
    name = str(layout).strip()
    for candidate in (name, name.upper(), name.lower().replace("_", "-")):
        if candidate in known:
            return known[candidate]
    raise unknown_name("layout", layout, known)


def split_shape(shape: tuple[int, ...], dims: int, layout: str) -> tuple[int | None, int, tuple[int, ...]]:
    """
    Take a shape apart into batch (None without one), channels and size.

    >>> split_shape((8, 224, 224, 3), 2, "channels-last"), split_shape((3, 10), 1, "channels-first")
    ((8, 3, (224, 224)), (None, 3, (10,)))
    """
    batch, rest = (shape[0], shape[1:]) if len(shape) == dims + 2 else (None, shape)
    return (batch, rest[-1], rest[:-1]) if layout == LAST else (batch, rest[0], rest[1:])


def join_shape(batch: int | None, channels: int, size: tuple[int, ...], layout: str) -> tuple[int, ...]:
    """
    Put a shape together again; the inverse of :func:`split_shape`.

    >>> join_shape(8, 3, (224, 224), "channels-last")
    (8, 224, 224, 3)
    """
    front = () if batch is None else (batch,)
    return (*front, *size, channels) if layout == LAST else (*front, channels, *size)
