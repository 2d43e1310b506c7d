"""What a page and its session say to each other: requests and answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal, TypeVar

from convolens.errors import SpecError, unknown_name
from convolens.lab.records import LONGEST_NAME, Number, Within, plain, read_record
from convolens.lab.states.numbers import Numbers
from convolens.lab.states.sliding_window import BorderName, PaddingName, Pads, Steps

MOST_FIT = 4096
_SIDE = 1 << 20
Name = Annotated[str, Within(1, LONGEST_NAME)]
Message = TypeVar("Message", bound="Request | Answer")


@dataclass(frozen=True)
class Region:
    """A rectangle of a photograph, in its pixels."""

    row: Annotated[int, Within(0, _SIDE)]
    column: Annotated[int, Within(0, _SIDE)]
    rows: Annotated[int, Within(1, _SIDE)]
    columns: Annotated[int, Within(1, _SIDE)]


@dataclass(frozen=True, kw_only=True)
class Request:
    """
    What a page asks.

    Attributes
    ----------
    id : int
        The answer bears it.
    key : str
        A newer request of the same key takes the place of an older one that still waits.
    """

    kind: ClassVar[str]
    id: Annotated[int, Within(0, 1 << 52)]
    key: Name


@dataclass(frozen=True, kw_only=True)
class Hello(Request):
    """Ask what there is: samples and limits. Answered by `Welcome`."""

    kind: ClassVar[str] = "hello"


@dataclass(frozen=True, kw_only=True)
class Open(Request):
    """Open a sample, or the picture file in the request's buffer. Answered by `Opened`, then its picture."""

    kind: ClassVar[str] = "open"
    sample: Annotated[str, Within(0, LONGEST_NAME)] = ""
    name: Annotated[str, Within(0, 256)] = ""
    fit: Annotated[int, Within(16, MOST_FIT)] = 1024


@dataclass(frozen=True, kw_only=True)
class Close(Request):
    """Let a photograph go. Answered by `Closed`."""

    kind: ClassVar[str] = "close"
    photograph: Name


@dataclass(frozen=True, kw_only=True)
class Work(Request):
    """
    What requests about a photograph share.

    Attributes
    ----------
    photograph : str
        As `Opened` called it.
    channels : {"each", "luminance"}
        Every colour by itself, or their luminance alone.
    border, border_value
        What lies outside.
    region : Region or None
        The part that is wanted; the whole photograph by default.
    fit : int
        The longest side of the answer: a larger picture is shrunk by a whole number, each pixel the mean of a
        square.
    """

    photograph: Name
    channels: Literal["each", "luminance"] = "each"
    border: BorderName = "reflect"
    border_value: float = 0
    region: Region | None = None
    fit: Annotated[int, Within(16, MOST_FIT)] = 1024


@dataclass(frozen=True, kw_only=True)
class Filter(Work):
    """
    Lay a kernel over a photograph. Answered by `Picture`.

    Attributes
    ----------
    kernel : Numbers, str or None
        Weights, or a name of the catalogue with its parameters, as in ``"gaussian:sigma=2"``; None is the
        photograph as it is.
    flip : bool
        Turn the kernel: true convolution.
    display : {"clip", "signed", "absolute", "raw"}
        How sums become pixels; raw are the sums themselves as float32, not shrunk, of a region of at most 4096
        pixels.
    gain : int
        How many times as far from grey signed sums are shown.
    """

    kind: ClassVar[str] = "filter"
    kernel: Numbers | Annotated[str, Within(1, 200)] | None = None
    flip: bool = False
    display: Literal["clip", "signed", "absolute", "raw"] = "clip"
    gain: Annotated[int, Within(1, 64)] = 1


@dataclass(frozen=True, kw_only=True)
class Edges(Work):
    """Measure edges: how steep (8 bits), or in which direction (float32, degrees). Answered by `Picture`."""

    kind: ClassVar[str] = "edges"
    operator: Literal["sobel", "scharr", "prewitt"] = "sobel"
    measure: Literal["magnitude", "direction"] = "magnitude"


@dataclass(frozen=True, kw_only=True)
class Response(Request):
    """What a kernel does to waves. Answered by `Responded`, magnitudes in float32."""

    kind: ClassVar[str] = "response"
    kernel: Numbers | Annotated[str, Within(1, 200)]
    size: Annotated[int, Within(8, 512)] = 128


@dataclass(frozen=True, kw_only=True)
class Times(Request):
    """
    How long the algorithms take for a convolution on this machine. Answered by `Timed`.

    Attributes
    ----------
    algorithms : tuple of str or None
        Those to be measured, in turn: all by default; none where only predictions are asked for.
    seconds : float
        How long all runs together should take.
    """

    kind: ClassVar[str] = "times"
    input_shape: Annotated[tuple[Annotated[int, Within(1, 1 << 24)], ...], Within(3, 5)]
    weight_shape: Annotated[tuple[Annotated[int, Within(1, 1 << 16)], ...], Within(3, 5)]
    stride: Steps = (1, 1)
    dilation: Steps = (1, 1)
    padding: PaddingName | Pads = "valid"
    border: BorderName = "constant"
    groups: Annotated[int, Within(1, 1 << 16)] = 1
    algorithms: Annotated[tuple[Name, ...], Within(0, 32)] | None = None
    seconds: Annotated[float, Within(0.01, 2)] = 2


@dataclass(frozen=True, kw_only=True)
class Download(Filter):
    """
    As `Filter`, at full size and depth, as the bytes of a file. Answered by `File`.

    Attributes
    ----------
    measure : {"kernel", "magnitude", "direction"}
        What is laid over the photograph: its kernel; or the edges' steepness, or their directions in colours.
    operator : {"sobel", "scharr", "prewitt"}
        What measures edges.
    format : {"png", "jpg", "tif", "webp"}
        Of the file.
    """

    kind: ClassVar[str] = "download"
    measure: Literal["kernel", "magnitude", "direction"] = "kernel"
    operator: Literal["sobel", "scharr", "prewitt"] = "sobel"
    format: Literal["png", "jpg", "tif", "webp"] = "png"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a session answers, under the id of the request."""

    kind: ClassVar[str]
    id: int


@dataclass(frozen=True)
class Sample:
    """A photograph that comes with the lab."""

    name: str
    title: str
    rows: int
    columns: int
    channels: int


@dataclass(frozen=True, kw_only=True)
class Welcome(Answer):
    """What there is: samples, and the limits of uploads."""

    kind: ClassVar[str] = "welcome"
    version: str
    samples: tuple[Sample, ...]
    upload_bytes: int
    upload_pixels: int


@dataclass(frozen=True, kw_only=True)
class Closed(Answer):
    """The photograph is gone."""

    kind: ClassVar[str] = "closed"
    photograph: str


@dataclass(frozen=True, kw_only=True)
class Picture(Answer):
    """
    Pixels, in the answer's one buffer: row by row, channels last.

    Attributes
    ----------
    rows, columns, channels : int
        Of the buffer; one or three channels.
    dtype : {"uint8", "float32"}
        Of the buffer.
    region : Region
        What it shows of the photograph.
    shrunk : int
        How many pixels of the photograph one of the picture is, along each side.
    low, high : float
        The sums that the ends of the scale, 0 and 255, stand for.
    seconds : float
        What the engine took for the whole region.
    """

    kind: ClassVar[str] = "picture"
    rows: int
    columns: int
    channels: int
    dtype: Literal["uint8", "float32"]
    region: Region
    shrunk: int
    low: Number
    high: Number
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Opened(Picture):
    """
    A photograph is open; the picture is what it looks like.

    Attributes
    ----------
    photograph : str
        What later requests call it.
    name : str
        What it is called.
    pixel_dtype : str
        The type of its own pixels.
    dropped : tuple of str
        Photographs that were closed to make room for it, the oldest first.
    """

    kind: ClassVar[str] = "opened"
    photograph: str
    name: str
    pixel_dtype: str
    dropped: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Responded(Answer):
    """Magnitudes of a frequency response, size × size float32, zero frequency at ``size // 2``."""

    kind: ClassVar[str] = "responded"
    size: int
    most: float


@dataclass(frozen=True)
class Timing:
    """
    One algorithm.

    Attributes
    ----------
    algorithm, summary : str
        Its name, and what it does.
    predicted : float
        What it is predicted to take.
    measured : float or None
        What it took; None where it was not measured.
    too_slow : bool
        Whether it is predicted to take too long to be measured.
    refusal : str or None
        Why it may not serve.
    chosen : bool
        Whether the planner takes it.
    """

    algorithm: str
    summary: str
    predicted: float
    measured: float | None
    too_slow: bool
    refusal: str | None
    chosen: bool


@dataclass(frozen=True, kw_only=True)
class Timed(Answer):
    """The algorithms, the fastest first, in seconds, and the convolution's size."""

    kind: ClassVar[str] = "timed"
    algorithms: tuple[Timing, ...]
    multiply_adds: int
    threads: int


@dataclass(frozen=True, kw_only=True)
class File(Answer):
    """A picture file, in the answer's one buffer."""

    kind: ClassVar[str] = "file"
    name: str
    media_type: str


@dataclass(frozen=True, kw_only=True)
class Replaced(Answer):
    """A newer request of the same key took this one's place before it was begun."""

    kind: ClassVar[str] = "replaced"
    by: int


Reason = Literal["refused", "too-many", "too-long", "died"]


@dataclass(frozen=True, kw_only=True)
class Failure(Answer):
    """
    A request could not be answered.

    Attributes
    ----------
    reason : {"refused", "too-many", "too-long", "died"}
        It asks for what cannot be had; it came too soon after others; it took too long; its process died.
    message : str
        One line for people.
    """

    kind: ClassVar[str] = "failure"
    reason: Reason
    message: str


REQUESTS: dict[str, type[Request]] = {
    request.kind: request for request in (Hello, Open, Close, Filter, Edges, Response, Times, Download)
}
ANSWERS: dict[str, type[Answer]] = {
    answer.kind: answer for answer in (Welcome, Opened, Closed, Picture, Responded, Timed, File, Replaced, Failure)
}


def read_request(found: Any) -> Request:
    """
    Read a request from what JSON holds.

    Raises
    ------
    SpecError, UnknownNameError
        If it is none; one line says what is wrong.

    Examples
    --------
    >>> read_request({"kind": "close", "id": 3, "key": "photograph", "photograph": "a1"})
    Close(id=3, key='photograph', photograph='a1')
    """
    return _read(REQUESTS, "request", found)


def read_answer(found: Any) -> Answer:
    """Read an answer, as `read_request` does a request."""
    return _read(ANSWERS, "answer", found)


def _read(known: dict[str, type[Message]], what: str, found: Any) -> Message:
    kind = found.get("kind") if isinstance(found, dict) else None
    if not isinstance(kind, str):
        raise SpecError(f"the {what} must be a JSON object with the field 'kind'")
    if kind not in known:
        raise unknown_name(what, kind[:LONGEST_NAME], known)
    return read_record(known[kind], {name: value for name, value in found.items() if name != "kind"}, what)


def to_json(message: Request | Answer) -> dict[str, Any]:
    """Return what JSON holds of a message."""
    return {"kind": message.kind, **plain(message)}
