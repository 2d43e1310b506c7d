"""A session: what answers a page's requests, whichever host it stands in."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

import numpy as np

from convolens.algorithms import ALGORITHMS
from convolens.errors import ConvolensError, ImageError, SpecError
from convolens.images.image import Image
from convolens.images.writing import check_fits, encode_image
from convolens.kernels import frequency_response
from convolens.lab.frames import Buffer
from convolens.lab.limits import Limits
from convolens.lab.messages import (
    Answer,
    Close,
    Closed,
    Download,
    Edges,
    Failure,
    File,
    Filter,
    Hello,
    Open,
    Opened,
    Picture,
    Request,
    Responded,
    Response,
    Timed,
    Times,
    Timing,
    Welcome,
    Work,
    read_request,
    to_json,
)
from convolens.lab.photographs import Pixels, open_sample, open_upload, samples, shown_name
from convolens.lab.pictures import Shown, edges, filtered, kernel_of, whole
from convolens.lab.shelves import Shelf
from convolens.planning.plan import plan_conv
from convolens.planning.tune import LONGEST_RUN, compare_conv
from convolens.runtime.threads import thread_count
from convolens.spec.geometry import ConvSpec

MOST_MEASURED = 4_000_000_000
"""Multiply-adds of the largest convolution that is measured."""

MOST_CELLS = 1 << 25

MISTAKE = "the lab made a mistake; what happened stands in the terminal where it runs"
"""What a page is told of what nobody thought of."""

NO_MEMORY = "there is not memory enough for that; ask for less, such as a smaller region"

_MEDIA = {"png": "image/png", "jpg": "image/jpeg", "tif": "image/tiff", "webp": "image/webp"}
_FORMATS = {"png": "PNG", "jpg": "JPEG", "tif": "TIFF", "webp": "WEBP"}

_COMPRESSION = 1  # somebody waits: trying harder takes up to ten times as long, for a file that is a fifth smaller

Reply = tuple[Answer, list[Buffer]]


class Session:
    """
    What one page has open, and the computation that its exhibits ask for.

    All that a request needs is in it and on the shelf, so any process with the same shelf can answer it.

    Parameters
    ----------
    shelf : Shelf
        Where photographs are kept.
    limits : Limits
        How much may be asked for.
    """

    def __init__(self, shelf: Shelf, limits: Limits | None = None) -> None:
        self.shelf = shelf
        self.limits = limits or Limits()

    def answer(self, request: Request, buffers: Sequence[Buffer] = ()) -> Reply:
        """
        Answer a request.

        Raises
        ------
        ConvolensError
            If it asks for what cannot be had.
        """
        match request:
            case Hello():
                return self._welcome(request), []
            case Open():
                return self._open(request, buffers)
            case Close():
                self.shelf.drop(request.photograph)
                return Closed(id=request.id, photograph=request.photograph), []
            case Download():
                return self._download(request)
            case Filter():
                return _picture(request, filtered(request, self._pixels(request)))
            case Edges():
                return _picture(request, edges(request, self._pixels(request)))
            case Response():
                return _respond(request)
            case Times():
                return _measure(request), []
        raise SpecError(f"there is no answer to a request of kind {request.kind!r}")

    def reply(self, content: Any, buffers: Sequence[Buffer] = ()) -> tuple[dict[str, Any], list[Buffer]]:
        """Answer a request as JSON holds it; whatever is wrong with it comes back as a `Failure`."""
        try:
            answer, results = self.answer(read_request(content), buffers)
        except ConvolensError as error:
            answer, results = failure(content, str(error)), []
        except MemoryError:
            answer, results = failure(content, NO_MEMORY), []
        return to_json(answer), results

    def _pixels(self, request: Work, *, grey: bool = False) -> Pixels:
        return self.shelf.get(request.photograph, grey=grey or request.channels == "luminance")

    def _welcome(self, request: Hello) -> Welcome:
        limits = self.limits
        return Welcome(
            id=request.id,
            version=version("convolens"),
            samples=samples(),
            upload_bytes=limits.upload_bytes,
            upload_pixels=limits.upload_pixels,
        )

    def _open(self, request: Open, buffers: Sequence[Buffer]) -> Reply:
        if bool(request.sample) == bool(buffers) or len(buffers) > 1:
            raise SpecError("open either a sample, or a file in the request's one buffer")
        pixels = (
            open_sample(request.sample) if request.sample else open_upload(buffers[0], request.name, self.limits)
        )
        if pixels.nbytes > self.limits.photograph_bytes:
            raise ImageError(
                f"{shown_name(request.name)}: takes {pixels.nbytes:,} bytes as {pixels.dtype.name}; "
                f"the lab keeps up to {self.limits.photograph_bytes:,}"
            )
        name = self.shelf.put(pixels)
        dropped = self._make_room(name)
        view = Work(id=request.id, key=request.key, photograph=name, fit=request.fit)
        shown = filtered(Filter(**vars(view)), pixels)
        opened = Opened(
            **_described(request, shown),
            photograph=name,
            name=request.sample or shown_name(request.name),
            pixel_dtype=pixels.dtype.name,
            dropped=dropped,
        )
        return opened, [_bytes(shown.pixels)]

    def _make_room(self, newest: str) -> tuple[str, ...]:
        """Close the oldest photographs until the others, with the newest, are within the limits."""
        names = [name for name in self.shelf.names() if name != newest]
        sizes = {name: self.shelf.get(name).nbytes for name in [*names, newest]}
        dropped = []
        while names and (
            len(names) >= self.limits.photographs or sum(sizes.values()) > self.limits.photograph_bytes
        ):
            oldest = names.pop(0)
            del sizes[oldest]
            self.shelf.drop(oldest)
            dropped.append(oldest)
        return tuple(dropped)

    def _download(self, request: Download) -> Reply:
        photograph = self._pixels(request, grey=request.measure == "direction")
        image = Image(np.ascontiguousarray(whole(request, photograph)))
        name = f"picture.{request.format}"
        check_fits(name, image, _FORMATS[request.format])
        file = io.BytesIO()
        encode_image(file, image, _FORMATS[request.format], compression=_COMPRESSION)
        if file.tell() > self.limits.download_bytes:
            raise ImageError(
                f"{name}: has {file.tell():,} bytes; the lab sends files of up to {self.limits.download_bytes:,}; "
                "ask for a smaller region or another format"
            )
        return File(id=request.id, name=name, media_type=_MEDIA[request.format]), [file.getbuffer()]


def failure(content: Any, message: str, reason: Any = "refused") -> Failure:
    """Say in one line why a request, as JSON holds it, is not answered."""
    number = content.get("id") if isinstance(content, dict) else None
    known = number if type(number) is int and 0 <= number <= 1 << 52 else 0
    return Failure(id=known, reason=reason, message=" ".join(message.split()))


def _picture(request: Work, shown: Shown) -> Reply:
    return Picture(**_described(request, shown)), [_bytes(shown.pixels)]


def _described(request: Request, shown: Shown) -> dict[str, Any]:
    rows, columns, channels = (*shown.pixels.shape, 1)[:3]
    return {
        "id": request.id,
        "rows": rows,
        "columns": columns,
        "channels": channels,
        "dtype": shown.pixels.dtype.name,
        "region": shown.region,
        "shrunk": shown.shrunk,
        "low": shown.low,
        "high": shown.high,
        "seconds": shown.seconds,
    }


def _bytes(array: Pixels) -> Buffer:
    return np.ascontiguousarray(array).data.cast("B")


def _respond(request: Response) -> Reply:
    found = frequency_response(kernel_of(request.kernel), size=request.size)
    magnitude = found.magnitude.astype(np.float32)
    return Responded(id=request.id, size=request.size, most=float(magnitude.max())), [_bytes(magnitude)]


def _measure(request: Times) -> Timed:
    spec = ConvSpec(
        request.input_shape,
        request.weight_shape,
        stride=request.stride,
        dilation=request.dilation,
        padding=request.padding,
        border=request.border,
        groups=request.groups,
    )
    cells = sum(math.prod(shape) for shape in (spec.input_shape, spec.weight_shape, spec.output_shape))
    if spec.macs > MOST_MEASURED or cells > MOST_CELLS:
        raise SpecError(
            f"this convolution has {spec.macs:,} multiply-adds and {cells:,} cells; "
            f"up to {MOST_MEASURED:,} and {MOST_CELLS:,} are measured here"
        )
    times = compare_conv(spec, request.algorithms, seconds=request.seconds)
    plan = plan_conv(spec)
    timings = [
        Timing(
            algorithm=estimate.algorithm,
            summary=ALGORITHMS[estimate.algorithm].summary,
            predicted=estimate.seconds,
            measured=times.get(estimate.algorithm),
            too_slow=estimate.seconds > LONGEST_RUN,
            refusal=estimate.refusal,
            chosen=estimate == plan.chosen,
        )
        for estimate in plan.estimates
    ]
    timings.sort(key=lambda timing: (timing.refusal is not None, timing.measured or timing.predicted))
    return Timed(id=request.id, algorithms=tuple(timings), multiply_adds=spec.macs, threads=thread_count())
