"""The tables of ``convolens shape``, made to be read at 80 columns."""

from collections.abc import Iterator, Sequence

from rich import box
from rich.table import Table
from rich.text import Text

from convolens.spec.formula import layer_formulas
from convolens.spec.solve import Setting
from convolens.spec.stack import Layer, Stack


def times(numbers: Sequence[object]) -> str:
    """
    Write a shape.

    >>> times((64, 112, 112))
    '64×112×112'
    """
    return "×".join(map(str, numbers))


def rounded(number: int) -> str:
    """
    Write a count in at most three digits and a unit of a thousand's power; exactly below 10,000.

    >>> rounded(9472), rounded(118_013_952), rounded(1_849_688_064)
    ('9,472', '118 M', '1.85 G')
    """
    return (
        f"{number:,}" if number < 10_000 else _three_digits(number, 1000, ("", " k", " M", " G", " T", " P", " E"))
    )


def in_bytes(number: int) -> str:
    """
    Write a number of bytes in at most three digits and a binary unit.

    >>> in_bytes(576), in_bytes(602_112), in_bytes(553_430_176)
    ('576 B', '588 KiB', '528 MiB')
    """
    return _three_digits(number, 1024, (" B", " KiB", " MiB", " GiB", " TiB", " PiB", " EiB"))


def _three_digits(number: float, base: int, units: Sequence[str]) -> str:
    steps = 0
    while number >= 999.5 and steps < len(units) - 1:
        number, steps = number / base, steps + 1
    places = 0 if steps == 0 or number >= 99.95 else 1 if number >= 9.995 else 2
    return f"{number:.{places}f}{units[steps]}"


def layer_table(stack: Stack) -> Table:
    """Make the table of layers: a row each, with shape, costs and receptive field."""
    table = plain_table("", "layer", "output", "parameters", "mult-adds", "memory", "sees", "step")
    for column in (0, 3, 4, 5, 6, 7):
        table.columns[column].justify = "right"
    table.add_row("", "input", times(stack.input_shape))
    for number, layer in enumerate(stack.layers, 1):
        seen, output = layer.receptive_field, times(layer.output_shape)
        counts = (rounded(n) if n else "" for n in (layer.parameters, layer.macs))
        step = times(seen.jump) if len(set(seen.jump)) > 1 else str(seen.jump[0]) if seen.jump else ""
        table.add_row(
            str(number), Text(layer.name), output, *counts, in_bytes(layer.memory), times(seen.size), step
        )
    return table


def totals(stack: Stack) -> str:
    """Write what the stack costs as a whole, and how far it sees."""
    lines = [
        f"{stack.parameters:,} parameters ({in_bytes(stack.parameters * stack.dtype.itemsize)} as {stack.dtype})",
        f"{stack.macs:,} multiply-adds for one item",
        f"{in_bytes(stack.memory)} at the peak: all parameters, one layer's input and output",
    ]
    if seen := stack.receptive_field.size:
        lines.append(
            f"an output cell sees {times(seen)}, border included; the input has {times(stack.input_shape[1:])}"
        )
    return "\n".join(lines)


def formula_table(stack: Stack) -> Table:
    """Make the table of formulae with the numbers put in; a layer that repeats an earlier one refers to it."""
    table = Table.grid(padding=(0, 1))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for cells in _formula_rows(stack.layers):
        table.add_row(*map(Text, cells))
    return table


def _formula_rows(layers: Sequence[Layer]) -> Iterator[tuple[str, str]]:
    first_with: dict[tuple[object, ...], int] = {}
    for number, layer in enumerate(layers, 1):
        formulas = layer_formulas(layer)
        earlier = first_with.setdefault((layer.name, layer.input_shape), number)
        if not formulas:
            continue
        shapes = f"{times(layer.input_shape)} → {times(layer.output_shape)}"
        yield (
            f"{number:>3}",
            f"{layer.name}   {shapes}" + (f"   as layer {earlier}" if earlier < number else ""),
        )
        if earlier == number:
            yield from (("", f"  {what:<14}{formula}") for what, formula in formulas.items())


def dense_table(stack: Stack) -> Table:
    """Make the comparison with fully connected layers: between each convolution's input and output, and in all."""
    table = plain_table("", "layer", "weights and biases", "fully connected", "times as many")
    for column in (0, 2, 3, 4):
        table.columns[column].justify = "right"
    for number, layer in enumerate(stack.layers, 1):
        if layer.kind in ("conv", "transposed"):
            table.add_row(str(number), Text(layer.name), *_compared(layer))
    if len(stack.layers) > 1 and stack.parameters:
        table.add_section()
        table.add_row("", "all, as one layer", *_compared(stack))
    return table


def _compared(part: Layer | Stack) -> tuple[str, str, str]:
    weights = part.fully_connected_weights
    ratio = weights / part.parameters
    return f"{part.parameters:,}", f"{weights:,}", f"{ratio:,.0f}" if ratio >= 100 else f"{ratio:.3g}"


def settings_table(settings: Sequence[Setting], input_size: int) -> Table:
    """Make the table of settings that give the wanted size, with the formula of each."""
    table = plain_table("kernel", "stride", "padding", "dilation", "size")
    for column in range(4):
        table.columns[column].justify = "right"
    for one in settings:
        numbers = map(str, (one.kernel, one.stride, one.padding, one.dilation))
        table.add_row(*numbers, one.formula(input_size))
    return table


def plain_table(*headings: str) -> Table:
    """Make a table whose cells fold."""
    table = Table(*headings, box=box.SIMPLE_HEAD, pad_edge=False, padding=0)
    for column in table.columns:
        column.overflow = "fold"
    return table
