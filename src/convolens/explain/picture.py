"""A step as a picture: the image with the window on it, window × kernel = products, their sum, and the output."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from convolens.explain.canvas import ACCENT, LINE, SIGNED, SOFT, Canvas, signed_colours
from convolens.explain.cell import Plane, WorkedCell
from convolens.explain.numbers import number, summed, writer
from convolens.explain.text import operation, step_index, times
from convolens.explain.view import MOST_CELLS, View, as_image, view_of, window_axes
from convolens.explain.work import Work

CELL = 0.5  # inches, like all lengths here
SMALL_CELL = 0.43
LARGEST_MATRIX = 3.2
GAP = 0.2
SIGN = 0.36
HEAD = 1.2
FOOT = 0.8
PHOTO = 3.2
BETWEEN = 0.72
MOST_PLANES = 4
LONGEST_SUM = 64  # characters of a sum that is written out
SMALLEST_NUMBERED = 0.3
SMALLEST_SIGNED = 0.16


def step_picture(work: Work, step: WorkedCell) -> Figure:
    """Draw one step of a trace; see :meth:`convolens.explain.Trace.picture`."""
    return _Sheet(work, step).draw()


class _Sheet:
    """One picture, drawn from left to right around its middle line."""

    def __init__(self, work: Work, step: WorkedCell) -> None:
        self.step = step
        self.planes = step.planes[:MOST_PLANES]
        self.views = [view_of(work, step, plane) for plane in self.planes]
        rows, columns = self.planes[0].window.shape
        self.cell = min(CELL, LARGEST_MATRIX / max(rows, columns))
        self.photo = self.views[0].photograph
        height, width = self.views[0].values.shape
        self.view_cell = min(SMALL_CELL, PHOTO / max(height, width))
        self.row = max(rows * self.cell, height * self.view_cell) + BETWEEN
        output = work.maps[step.item, step.number]
        self.output = (output[step.cell[0]] if step.spec.dims == 3 else output).reshape(as_image(output.shape, 1))
        self.output_cell = min(SMALL_CELL, PHOTO / max(self.output.shape))
        photo = 0 if self.photo is None else self.photo.shape[0] * PHOTO / max(self.photo.shape)
        tallest: float = max(
            self.row * len(self.planes) - BETWEEN, self.output.shape[0] * self.output_cell, photo, 0.9
        )
        self.top, self.bottom = HEAD, HEAD + tallest
        self.middle = HEAD + tallest / 2
        self.canvas = Canvas()

    def draw(self) -> Figure:
        """Draw everything and cut the figure to size."""
        right = GAP if self.photo is None else self._photograph(GAP) + GAP
        first = self.middle - (self.row * len(self.planes) - BETWEEN) / 2 + (self.row - BETWEEN) / 2
        ends = [
            self._plane(right, first + index * self.row, plane, view)
            for index, (plane, view) in enumerate(zip(self.planes, self.views, strict=True))
        ]
        last = first + (len(ends) - 1) * self.row
        if len(ends) > 1:
            self._bracket(max(ends) + 0.08, first - CELL / 2, last + CELL / 2)
        end = self._output(self._total(max(ends) + 0.08 * (len(ends) > 1)))
        width = max(end + GAP, 7.0)
        self._heading()
        height = self._legend(self.bottom + 0.42)
        return self.canvas.cut(width, height)

    def _heading(self) -> None:
        step = self.step
        title = f"output {step_index(step)} = {number(step.result)}"
        asked = f"{operation(step.spec)}, input {times(step.spec.input_size)}"
        self.canvas.text(GAP, 0.3, title.replace("-", "−"), 14, ha="left", weight="bold")
        self.canvas.text(GAP, 0.58, asked, 9, ha="left", color=SOFT)

    def _title(self, x: float, width: float, y: float, words: str) -> None:
        self.canvas.text(x + width / 2, y - 0.16, words, 9, color=SOFT)

    def _photograph(self, x: float) -> float:
        """Draw the whole image, with the close-up's place on it."""
        assert self.photo is not None
        height, width = (side * PHOTO / max(self.photo.shape) for side in self.photo.shape)
        scale = PHOTO / max(self.photo.shape)
        y = self.middle - height / 2
        thin = max(max(self.photo.shape) // 1600, 1)
        self.canvas.pixels(x, y, width, height, self.views[0].colours(self.photo[::thin, ::thin]))
        self._title(x, width, y, f"input {times(self.step.spec.input_size)}")
        (row, column), (rows, columns) = self.views[0].origin, self.views[0].values.shape
        left, upper = x + column * scale, y + row * scale
        side = max(columns * scale, 0.09), max(rows * scale, 0.09)
        self.canvas.outline(left, upper, *side, halo=True, linewidth=1.6)
        target = self.middle - (self.row * len(self.planes) - BETWEEN) / 2
        view_top = target + (self.row - BETWEEN - rows * self.view_cell) / 2
        for start, end in ((upper, view_top), (upper + side[1], view_top + rows * self.view_cell)):
            self.canvas.line(left + side[0], start, x + width + 2 * GAP, end)
        return float(x + width + GAP)

    def _plane(self, x: float, middle: float, plane: Plane, view: View) -> float:
        """Draw one row: image, window × weights = products, sum. Return where it ends."""
        step, canvas = self.step, self.canvas
        name = plane.title or (f"input {times(step.spec.input_size)}" if self.photo is None else "close-up")
        x = self._image(x, middle, view, name)
        most = _most(step.kernel)
        panels = [
            ("window", "×", self.cell, plane.window, view.colours(plane.window), plane.border),
            ("turned by 180°", "=", self.cell, plane.weights, signed_colours(plane.weights, most), None),
            (
                "products",
                "Σ",
                self.cell,
                plane.products,
                signed_colours(plane.products, _most(step.products)),
                None,
            ),
        ]
        kernel = ("kernel", "↻", 0.7 * self.cell, plane.kernel, signed_colours(plane.kernel, most), None)
        panels[1:1] = [kernel] if step.spec.flip else []
        panels[1] = ("kernel", *panels[1][1:])
        rows, columns = plane.window.shape
        for title, sign, size, values, colours, border in panels:
            y = middle - rows * size / 2
            write = writer(values) if size > SMALLEST_NUMBERED else _sign
            texts = [[write(value) for value in row] for row in values] if size > SMALLEST_SIGNED else None
            canvas.cells(x, y, size, colours, texts, border)
            if title == "window":
                canvas.outline(x, y, columns * size, rows * size)
            self._title(x, columns * size, y, title)
            x += columns * size
            canvas.text(x + SIGN / 2, middle, sign, 14)
            x += SIGN
        words = f"{summed(plane.products.ravel(), writer(plane.products))} = {number(step.sums[0])}"
        if len(words) <= LONGEST_SUM and len(step.planes) == 1:
            below = middle + rows * self.cell / 2 + 0.2
            canvas.text(x + CELL, below, words.replace("-", "−"), 8, color=SOFT, ha="right")
        alone = len(step.planes) == 1 and step.bias is None
        return self._number(x, middle, step.result if alone else plane.products.sum(), "sum", strong=alone)

    def _image(self, x: float, middle: float, view: View, name: str) -> float:
        rows, columns = view.values.shape
        size = self.view_cell
        y = middle - rows * size / 2
        write = writer(view.values)
        texts = [[write(v) for v in row] for row in view.values] if view.photograph is None else None
        self.canvas.cells(x, y, size, view.colours(view.values), texts, view.border)
        self._title(x, columns * size, y, name)
        down, across = window_axes(self.step)
        left, upper = x + (across[0] - view.origin[1]) * size, y + (down[0] - view.origin[0]) * size
        wide, high = (across[-1] - across[0] + 1) * size, (down[-1] - down[0] + 1) * size
        self.canvas.outline(left, upper, wide, high, halo=True)
        if max(self.step.spec.dilation) > 1:
            for row in down:
                for column in across:
                    place = x + (column - view.origin[1]) * size, y + (row - view.origin[0]) * size
                    self.canvas.outline(*place, size, size, linewidth=1.3)
        end = x + columns * size + 2 * GAP
        window_top = middle - len(self.planes[0].window) * self.cell / 2
        for start, stop in ((upper, window_top), (upper + high, 2 * middle - window_top)):
            self.canvas.line(left + wide, start, end, stop)
        return float(end)

    def _bracket(self, x: float, top: float, bottom: float) -> None:
        for start, end in (
            ((x, top), (x, bottom)),
            ((x - 0.06, top), (x, top)),
            ((x - 0.06, bottom), (x, bottom)),
        ):
            self.canvas.line(*start, *end, color=SOFT, linewidth=1, alpha=1)

    def _number(self, x: float, middle: float, value: float, title: str, *, strong: bool = False) -> float:
        """Draw one number in a box, as wide as it needs to be."""
        words = number(value)
        width = max(CELL, 0.095 * len(words) + 0.18)
        self.canvas.outline(
            x,
            middle - CELL / 2,
            width,
            CELL,
            edgecolor=ACCENT if strong else LINE,
            linewidth=2.2 if strong else 1,
        )
        self.canvas.text(x + width / 2, middle, words.replace("-", "−"), 11, weight="bold" if strong else "normal")
        self._title(x, width, middle - CELL / 2, title)
        return x + width

    def _total(self, x: float) -> float:
        """Draw what is added to the sums of the rows: hidden channels, and the bias; then the result."""
        step = self.step
        hidden = len(step.planes) - len(self.planes)
        if hidden:
            rest = step.products.sum() - sum(plane.products.sum() for plane in self.planes)
            self.canvas.text(x + SIGN / 2, self.middle, "+", 14)
            x = self._number(x + SIGN, self.middle, rest, f"{hidden} more")
        if step.bias is not None:
            self.canvas.text(x + SIGN / 2, self.middle, "+", 14)
            x = self._number(x + SIGN, self.middle, step.bias, "bias")
        if len(step.planes) > 1 or step.bias is not None:
            self.canvas.text(x + SIGN / 2, self.middle, "=", 14)
            x = self._number(x + SIGN, self.middle, step.result, "result", strong=True)
        self.canvas.text(x + 0.7 * SIGN, self.middle, "→", 14)
        return x + 1.4 * SIGN

    def _output(self, x: float) -> float:
        """Draw the output, this step's cell marked."""
        rows, columns = self.output.shape
        size = self.output_cell
        y = self.middle - rows * size / 2
        if max(rows, columns) <= MOST_CELLS:
            write = writer(self.output)
            self.canvas.cells(
                x, y, size, signed_colours(self.output), [[write(v) for v in row] for row in self.output]
            )
        else:
            thin = max(max(rows, columns) // 1600, 1)
            shown = self.output[::thin, ::thin]
            most = float(np.nanpercentile(np.abs(shown), 99))
            self.canvas.pixels(x, y, columns * size, rows * size, signed_colours(shown, most))
        row, column = as_image(self.step.cell, 0)
        side = max(size, 0.09)
        left, upper = x + (column + 0.5) * size - side / 2, y + (row + 0.5) * size - side / 2
        self.canvas.outline(left, upper, side, side, halo=True)
        kernel = f" of kernel {self.step.number}," if self.step.spec.out_channels > 1 else ""
        self._title(x, columns * size, y, f"output{kernel} {times(self.step.spec.output_size)}")
        return float(x + columns * size)

    def _legend(self, y: float) -> float:
        """Explain the colours, the frame, and the hatching; return the height of the whole picture."""
        canvas, x = self.canvas, GAP
        canvas.pixels(x, y - 0.07, 1.2, 0.14, np.asarray(SIGNED(np.linspace(0.08, 0.92, 64)))[None])
        for share, words in ((0.0, "−"), (0.5, "0"), (1.0, "+")):
            canvas.text(x + 1.2 * share, y + 0.17, words, 8, color=SOFT)
        canvas.text(x + 1.32, y, "sign and size, each panel on its own scale", 8, ha="left", color=SOFT)
        x += 4.05
        canvas.outline(x, y - 0.08, 0.16, 0.16)
        canvas.text(x + 0.26, y, "window, and its output", 8, ha="left", color=SOFT)
        x += 1.85
        if any(view.border.any() for view in self.views):
            canvas.axes.add_patch(Rectangle((x, y - 0.08), 0.16, 0.16, facecolor="white", edgecolor=LINE))
            canvas.outline(x, y - 0.08, 0.16, 0.16, hatch="/////", edgecolor="#9a9aa3", linewidth=0)
            canvas.text(x + 0.26, y, f"outside the image: {self.step.spec.border}", 8, ha="left", color=SOFT)
        return y + 0.4


def _sign(value: float) -> str:
    """Write what is left of a number where there is no room for it: sign is never told by colour alone."""
    return "-" if value < 0 else "+" if value > 0 else ""


def _most(values: "np.ndarray[tuple[int, ...], np.dtype[np.float64]]") -> float:
    finite = np.asarray(values, float)
    return float(np.abs(finite[np.isfinite(finite)]).max(initial=0))
