"""Pictures of reasons: what excites filters, and what an answer goes by."""

from collections.abc import Iterator, Sequence

import numpy as np
from matplotlib.figure import Figure

from convolens.explain.canvas import INK, SOFT, signed_colours
from convolens.nn.convolution import Conv
from convolens.nn.graph import Node
from convolens.nn.layer import describe
from convolens.nn.looking.exciting import Patch, exciting_images, exciting_patches
from convolens.nn.looking.maps import percent
from convolens.nn.looking.page import FAINT, MARGIN, SEAM, Page, chosen, fitted, picture_colours, short
from convolens.nn.looking.saliency import grad_cam, gradient_saliency, last_maps, occlusion
from convolens.nn.looking.subject import Subject
from convolens.ops.arrays import Array

MOST_CHANNELS, PATCHES = 16, 5
MADE, PATCH, GAP = 1.1, 0.86, 0.1
CARD = MADE + 0.3 + PATCHES * (PATCH + GAP) + 0.35
ROW = MADE + 0.52
TILE = 2.3
PICTURES = 3  # axes of an item that can be drawn
MOST_SIDE = 64  # cells of an input for which images are made without being asked for


def exciting_pages(subject: Subject, only: set[str]) -> Iterator[tuple[str, Figure]]:
    """Draw what excites the channels of layers, with the name of the file for it; see :func:`excitable`."""
    for node in excitable(subject, only):
        yield f"exciting-{node.name}", _exciting(subject, node)


def excitable(subject: Subject, only: set[str]) -> list[Node]:
    """Choose the layers to excite: those that are asked for; else, of a small network, all with weights."""
    network = subject.network
    if len(network.input_shape) != PICTURES:
        return []
    if only:
        return [
            node for node in network.nodes if node.name in only and len(network.shapes[node.name]) in (1, PICTURES)
        ]
    if max(network.input_shape[1:]) > MOST_SIDE:
        return []
    kept = [node for node in network.nodes if isinstance(node.layer, Conv)]
    return kept + [node for node in network.nodes[-1:] if len(network.shapes[node.name]) == 1]


def _exciting(subject: Subject, node: Node) -> Figure:
    network, data = subject.network, subject.data
    count = network.shapes[node.name][0]
    patches: list[list[Patch]] = [[] for _ in range(count)]
    shown = list(range(min(count, MOST_CHANNELS)))
    if data is not None:
        patches = exciting_patches(network, data.inputs, node.name, count=PATCHES)
        shown = chosen(np.array([best[0].value for best in patches]), MOST_CHANNELS)
    made = exciting_images(network, node.name, channels=shown, bounds=subject.bounds)
    is_map = len(network.shapes[node.name]) > 1
    what = "channels" if is_map else "outputs"
    sizes = describe((1, *made[0].pixels.shape[1:]))[2:]
    seen = f"one of its cells sees {sizes} cells of the input, those outside are hatched" if is_map else ""
    rest = f"{count - len(shown)} of {count} {what}, which are excited less, are left out"
    rest = rest if len(shown) < count else ""
    page = Page(
        f"what excites {node.name}",
        "; ".join(filter(None, (str(node.layer), seen, rest))) + "\n"
        "on the left an image that was made to excite it, beside it "
        + (
            f"the patches of {len(data.classes)} items that do so most; below: how much"
            if data
            else "nothing, for want of data"
        ),
        2 * CARD + 2 * MARGIN - 0.35,
    )
    for place, (index, image) in enumerate(zip(shown, made, strict=True)):
        x, y = MARGIN + place % 2 * CARD, page.y + 0.15 + place // 2 * ROW
        name = subject.class_name(index) if node.name == network.last else str(index)
        page.text(x - 0.02, y - 0.12, name, 9.5, ha="left", weight="bold")
        _patch(page, x, y, MADE, image, subject.bounds)
        for step, patch in enumerate(patches[index]):
            left = x + MADE + 0.3 + step * (PATCH + GAP)
            _patch(page, left, y + (MADE - PATCH), PATCH, patch, subject.bounds)
            page.text(left + PATCH / 2, y + (MADE - PATCH) - 0.1, f"item {patch.item}", 7, color=SOFT)
    page.y += 0.15 + -(-len(shown) // 2) * ROW - 0.1
    return page.done()


def _patch(page: Page, x: float, y: float, side: float, patch: Patch, bounds: tuple[float, float]) -> None:
    """Draw a patch, what lies outside hatched, and its value below."""
    width, height = fitted(patch.outside.shape, side)
    left, top = x + (side - width) / 2, y + side - height
    colours = picture_colours(patch.pixels, bounds)
    colours[patch.outside] = (1, 1, 1, 1)
    page.pixels(left, top, width, height, colours)
    rows, columns = patch.outside.shape
    across, down = width / columns, height / rows
    for row, column in np.argwhere(patch.outside):
        place = left + column * across, top + row * down
        page.outline(*place, across, down, hatch="/////", edgecolor="#c4c4cc", linewidth=0, zorder=4)
    page.text(x + side / 2, y + side + 0.12, f"{patch.value:.1f}".replace("-", "−"), 8, color=INK)


def saliency_page(
    subject: Subject, item: Array, answer: Array, targets: Sequence[int], title: str
) -> Figure | None:
    """Draw, for some classes, the gradient, Grad-CAM, and what hiding parts does; None for what is no picture."""
    network = subject.network
    if item.ndim != PICTURES:
        return None
    layer = last_maps(network)
    window = max(2, min(item.shape[1:]) // 4)
    columns = (
        ("the item", ""),
        ("gradient", "brighter here: + for it, − against it"),
        ("Grad-CAM, cell by cell", f"where {layer} speaks for it"),
        ("occlusion", f"hiding {window}×{window} cells: + lowers its score, − raises it"),
    )
    words = "what the score of a class goes by; each picture on its own scale, over the item in pale grey"
    page = Page(title, words, 2 * MARGIN + 1.0 + len(columns) * (TILE + 0.3) - 0.3)
    width, height = fitted(item.shape[1:], TILE)
    for column, (name, words) in enumerate(columns):
        x = MARGIN + 1.0 + column * (TILE + 0.3)
        page.text(x, page.y + 0.08, name, 10.5, ha="left", weight="bold")
        page.text(x, page.y + 0.28, words, 7.2, ha="left", color=SOFT)
    page.y += 0.45
    for target in targets:
        page.text(
            MARGIN, page.y + height / 2 - 0.14, f"for {subject.class_name(target)}", 12, ha="left", weight="bold"
        )
        page.text(MARGIN, page.y + height / 2 + 0.12, percent(float(answer[target])), 9, ha="left", color=SOFT)
        slope = gradient_saliency(network, item, target)
        maps = (
            slope[
                np.abs(slope).argmax(0), *np.indices(slope.shape[1:])
            ],  # of the channels the one that counts most
            grad_cam(network, item, target, node=layer, each_cell=True),
            occlusion(network, item, target, window=window, stride=max(1, window // 4)),
        )
        x = MARGIN + 1.0
        page.pixels(x, page.y, width, height, picture_colours(item, subject.bounds))
        for place, values in enumerate(maps, 1):
            _over(page, x + place * (TILE + 0.3), page.y, (width, height), values, item)
        page.y += height + 0.42
    page.y -= 0.2
    page.legend(1, signed=True, words="as a share of the largest of its picture, which stands below it")
    return page.done()


def _over(page: Page, x: float, y: float, size: tuple[float, float], values: Array, item: Array) -> None:
    """Draw a map of the importance of places, and under it the item, pale."""
    most = float(np.abs(values).max())
    ink = np.abs(item - np.median(item, (1, 2), keepdims=True)).mean(0)
    pale = 1 - 0.2 * ink / (ink.max() or 1.0)
    rows, columns = (side * -(-MOST_SIDE // side) for side in item.shape[1:])
    colours = signed_colours(_spread(values, rows, columns), most or 1.0)
    colours[..., :3] *= _spread(pale, rows, columns)[..., None]
    page.pixels(x, y, *size, colours)
    height, width = values.shape
    for at in (values.argmax(), values.argmin())[: 2 if values.min() < 0 else 1]:
        row, column = np.unravel_index(at, values.shape)
        if abs(values[row, column]) > FAINT * most:
            place = (
                x + min(max((column + 0.5) * size[0] / width, SEAM), size[0] - SEAM),
                y + min(max((row + 0.5) * size[1] / height, SEAM), size[1] - SEAM),
            )
            page.sign(*place, values[row, column], 11, alone=True)
    page.text(x + size[0], y + size[1] + 0.12, f"largest {short(most)}", 7.5, ha="right", color=SOFT)


def _spread(values: Array, rows: int, columns: int) -> Array:
    """Repeat the cells of a map so that it has so many rows and columns."""
    height, width = values.shape
    return np.asarray(values[np.arange(rows) * height // rows][:, np.arange(columns) * width // columns])
