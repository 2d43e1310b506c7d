"""A session answers what exhibits ask: the engine's numbers, as pixels for a screen."""

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import convolens as cl
from convolens.errors import ImageError, SpecError, UnknownNameError
from convolens.images import Image, luminance
from convolens.images.reading import decode_image
from convolens.lab.limits import Limits
from convolens.lab.messages import (
    Close,
    Download,
    Edges,
    Filter,
    Hello,
    Open,
    Region,
    Response,
    Times,
    read_answer,
    to_json,
)
from convolens.lab.session import Session
from convolens.lab.shelves import FolderShelf, MemoryShelf, Shelf
from convolens.lab.states import Numbers
from lab.uploads import picture_file

COLOURS = np.random.default_rng(1).integers(0, 256, (40, 50, 3)).astype(np.uint8)


@pytest.fixture(params=["memory", "folder"])
def session(request: pytest.FixtureRequest, tmp_path: Path) -> Session:
    """Return a session with either kind of shelf."""
    shelf: Shelf = MemoryShelf() if request.param == "memory" else FolderShelf(tmp_path)
    return Session(shelf)


def opened(session: Session, pixels: Any = COLOURS) -> str:
    """Open a picture, and return what it is called."""
    answer, _ = session.answer(Open(id=1, key="open", name="a.png"), [picture_file(pixels)])
    return answer.photograph  # type: ignore[attr-defined, no-any-return]


def shown(session: Session, request: Any) -> np.ndarray[Any, Any]:
    """Return the pixels of an answer."""
    answer, (buffer,) = session.answer(request)
    assert read_answer(json.loads(json.dumps(to_json(answer)))) == answer
    shape = (answer.rows, answer.columns, answer.channels)  # type: ignore[attr-defined]
    return np.squeeze(np.frombuffer(buffer, answer.dtype).reshape(shape))  # type: ignore[attr-defined]


def test_opened(session: Session) -> None:
    """A photograph comes back as a picture of itself, with its size and name."""
    answer, (buffer,) = session.answer(Open(id=7, key="k", name="../a.png"), [picture_file(COLOURS)])
    found = to_json(answer)
    assert (found["id"], found["name"], found["rows"], found["columns"]) == (7, "a.png", 40, 50)
    assert bytes(buffer) == COLOURS.tobytes()
    sample, _ = session.answer(Open(id=8, key="k", sample="rings", fit=100))
    assert to_json(sample)["shrunk"] == 6
    assert to_json(sample)["rows"] == 86


@pytest.mark.parametrize("display", ["clip", "signed", "absolute"])
@pytest.mark.parametrize("channels", ["each", "luminance"])
def test_filtered_as_the_engine_does(session: Session, display: Any, channels: Any) -> None:
    """A whole photograph under a kernel is `filter_image`."""
    kernel = Numbers.of([[-1, 0, 2], [-2, 0.5, 2], [-1, 0, 1]])
    request = Filter(
        id=2, key="f", photograph=opened(session), kernel=kernel, channels=channels, display=display, flip=True
    )
    source = luminance(Image(COLOURS)).pixels if channels == "luminance" else COLOURS
    expected = cl.filter_image(source, kernel.array(), response=display, flip=True)
    np.testing.assert_array_equal(shown(session, request), expected)


@pytest.mark.parametrize("border", ["constant", "edge", "reflect", "symmetric", "wrap"])
@pytest.mark.parametrize("corner", [(0, 0), (33, 41), (12, 13)])
@pytest.mark.parametrize("flip", [False, True])
def test_regions_are_parts_of_the_whole(
    session: Session, border: Any, corner: tuple[int, int], flip: bool
) -> None:
    """A region is computed by itself and is what the whole has there: at borders, under even kernels."""
    region = Region(*corner, 7, 9)
    kernel = Numbers.of(np.random.default_rng(2).integers(-3, 4, (4, 5)))
    options: dict[str, Any] = {"photograph": opened(session), "border": border, "kernel": kernel, "flip": flip}
    if border == "constant":
        options["border_value"] = 77
    whole = shown(session, Filter(id=1, key="f", display="absolute", **options))
    part = shown(session, Filter(id=1, key="f", display="absolute", region=region, **options))
    rows, columns = (slice(start, start + size) for start, size in zip(corner, (7, 9), strict=True))
    np.testing.assert_array_equal(part, whole[rows, columns])
    sums = shown(session, Filter(id=1, key="f", display="raw", region=region, **options))
    np.testing.assert_array_equal(np.abs(sums).clip(0, 255), part)


def test_the_scale_of_signed_sums(session: Session) -> None:
    """The ends of the scale are the sums that black and white stand for."""
    request = Filter(id=1, key="f", photograph=opened(session), kernel="sobel-x", display="signed")
    for gain in (1, 4):
        answer, _ = session.answer(replace(request, gain=gain))
        found = to_json(answer)
        zero, step = 128, (found["high"] - found["low"]) / 255
        assert found["low"] + zero * step == pytest.approx(0, abs=1e-9)
        assert found["high"] == pytest.approx(4 * 255 / gain)


def test_shrunk_pictures_are_means(session: Session) -> None:
    """A picture that is larger than the screen has the mean of each square."""
    even = np.kron(COLOURS[:20, :25, 0], np.ones((2, 2), np.uint8))
    found = shown(session, Filter(id=1, key="f", photograph=opened(session, even), fit=25))
    np.testing.assert_array_equal(found, COLOURS[:20, :25, 0])


def test_edges(session: Session) -> None:
    """Magnitude and direction are those of the engine."""
    name = opened(session, COLOURS[..., 0])
    np.testing.assert_array_equal(
        shown(session, Edges(id=1, key="e", photograph=name, operator="scharr")),
        cl.edge_magnitude(COLOURS[..., 0], operator="scharr"),
    )
    region = Region(5, 6, 7, 8)
    found = shown(session, Edges(id=1, key="e", photograph=name, measure="direction", region=region))
    expected = cl.edge_direction(COLOURS[..., 0])[5:12, 6:14]
    np.testing.assert_allclose(found, expected, rtol=1e-6)


@pytest.mark.parametrize("dtype", ["u1", "u2", "f4", "i2", "i1"])
def test_deep_pictures_are_shown_in_eight_bits(session: Session, dtype: str, tmp_path: Path) -> None:
    """Black is 0 and white is 255, whatever the type; the scale says what they are."""
    limits = (0.0, 1.0) if dtype == "f4" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
    path = tmp_path / "deep.tif"
    cl.write_image(path, Image(np.array([limits] * 2, dtype)))
    name, data = opened_bytes(session, path.read_bytes())
    assert data.tolist() == [[0, 255]] * 2
    answer, _ = session.answer(Filter(id=1, key="f", photograph=name))
    assert (to_json(answer)["low"], to_json(answer)["high"]) == limits


def opened_bytes(session: Session, data: bytes) -> tuple[str, np.ndarray[Any, Any]]:
    """Open a file, and return its name and what it looks like."""
    answer, (buffer,) = session.answer(Open(id=1, key="open"), [data])
    found = to_json(answer)
    return found["photograph"], np.frombuffer(buffer, np.uint8).reshape(found["rows"], found["columns"])


def test_frequency_response() -> None:
    """Magnitudes come as the engine computes them."""
    answer, (buffer,) = Session(MemoryShelf()).answer(Response(id=1, key="r", kernel="box", size=32))
    expected = cl.frequency_response(cl.kernels["box"], size=32).magnitude
    np.testing.assert_allclose(np.frombuffer(buffer, np.float32).reshape(32, 32), expected, rtol=1e-6)
    assert to_json(answer)["most"] == pytest.approx(1)


def test_times() -> None:
    """Algorithms are measured, the fastest first, and those that may not serve say why."""
    session = Session(MemoryShelf())
    answer, _ = session.answer(Times(id=1, key="t", input_shape=(1, 2, 16, 16), weight_shape=(3, 2, 3, 3)))
    timings = to_json(answer)["algorithms"]
    measured = [timing["measured"] for timing in timings if timing["measured"]]
    assert measured == sorted(measured)
    assert len(measured) >= 2
    assert sum(timing["chosen"] for timing in timings) == 1
    assert {"reference", "im2col", "fft"} <= {timing["algorithm"] for timing in timings if timing["measured"]}
    assert timings[-1]["refusal"]
    assert to_json(answer)["multiply_adds"] == 14 * 14 * 9 * 2 * 3
    with pytest.raises(SpecError, match="are measured here"):
        session.answer(Times(id=1, key="t", input_shape=(1, 64, 4096, 4096), weight_shape=(64, 64, 3, 3)))


def test_times_of_some_algorithms(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that are named are measured, none where only predictions are wanted; what is unknown is refused."""
    session = Session(MemoryShelf())

    def ask(**fields: Any) -> dict[str, Any]:
        request = Times(id=1, key="t", input_shape=(1, 2, 16, 16), weight_shape=(3, 2, 3, 3), **fields)
        timings = to_json(session.answer(request)[0])["algorithms"]
        assert all(timing["predicted"] > 0 for timing in timings if timing["refusal"] is None)
        return {timing["algorithm"]: timing["measured"] for timing in timings if timing["measured"]}

    assert ask(algorithms=()) == {}
    assert ask(algorithms=("im2col", "winograd-4"), seconds=0.01).keys() == {"im2col"}  # the other refuses
    with pytest.raises(UnknownNameError, match="unknown algorithm 'im2row'; did you mean 'im2col'"):
        ask(algorithms=("im2row",))
    compared = Mock(return_value={})
    monkeypatch.setattr("convolens.lab.session.compare_conv", compared)
    ask()
    ask(seconds=0.25)
    assert [call.kwargs["seconds"] for call in compared.call_args_list] == [2, 0.25]


def test_what_is_too_slow_to_be_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told apart from what was not asked for."""
    monkeypatch.setattr("convolens.planning.tune.LONGEST_RUN", 1e-9)
    monkeypatch.setattr("convolens.lab.session.LONGEST_RUN", 1e-9)
    request = Times(id=1, key="t", input_shape=(1, 2, 16, 16), weight_shape=(3, 2, 3, 3))
    timings = to_json(Session(MemoryShelf()).answer(request)[0])["algorithms"]
    assert {(timing["measured"], timing["too_slow"]) for timing in timings if timing["refusal"] is None} == {
        (None, True)
    }


@pytest.mark.parametrize("format", ["png", "tif", "webp", "jpg"])
def test_downloads_hold_the_result_and_nothing_else(session: Session, format: Any) -> None:
    """The file has the filtered picture at full size; a script that came with the upload stays behind."""
    stowaway = b"<script>alert(1)</script>"
    upload = picture_file(COLOURS, "JPEG", comment=stowaway, quality=100, subsampling=0) + stowaway
    answer, (buffer,) = session.answer(Open(id=1, key="open"), [upload])
    name = to_json(answer)["photograph"]
    request = Download(
        id=2, key="d", photograph=name, kernel="gaussian", region=Region(3, 4, 20, 30), format=format
    )
    found, (file,) = session.answer(request)
    assert to_json(found)["name"] == f"picture.{format}"
    assert stowaway not in bytes(file)
    pixels = np.frombuffer(buffer, np.uint8).reshape(COLOURS.shape)
    expected = cl.filter_image(pixels, "gaussian")[3:23, 4:34]
    decoded = decode_image(io.BytesIO(file), "it").pixels
    assert np.abs(decoded.astype(int) - expected).max() <= (30 if format == "jpg" else 0)


def test_downloads_are_not_too_large() -> None:
    """A file beyond the limit is not sent."""
    session = Session(MemoryShelf(), Limits(download_bytes=1000))
    request = Download(id=2, key="d", photograph=opened(session))
    with pytest.raises(ImageError, match=r"picture.png: has .* bytes; the lab sends files of up to 1,000; ask"):
        session.answer(request)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_edges_are_downloaded_whole(session: Session, dtype: Any) -> None:
    """Steepness has the photograph's depth; directions are light upward, orange to the right."""
    rows, columns = np.mgrid[:600, :40]
    disc = np.hypot(rows - 300, 9 * (columns - 20)) * (np.iinfo(dtype).max / 400)
    photograph = np.clip(disc, 0, np.iinfo(dtype).max).astype(dtype)
    name = session.shelf.put(photograph)
    files = []
    for measure in ("magnitude", "direction"):
        request = Download(id=2, key="d", photograph=name, measure=measure, operator="scharr", border="edge")
        files.append(decode_image(io.BytesIO(session.answer(request)[1][0]), "it").pixels)
    magnitude = cl.edge_magnitude(photograph, operator="scharr", border="edge")
    np.testing.assert_array_equal(files[0], magnitude)
    light = np.minimum(1, 3 * magnitude / np.iinfo(dtype).max)
    angles = np.radians(cl.edge_direction(photograph, operator="scharr", border="edge"))
    for channel, warm in enumerate((90, 10, -90)):
        expected = np.rint(128 + light * (warm * np.cos(angles) + 88 * np.sin(angles)))
        np.testing.assert_array_equal(files[1][..., channel], expected)


def test_the_oldest_photographs_make_room(tmp_path: Path) -> None:
    """A client has as many open as it may, and what was dropped is told."""
    for shelf in (MemoryShelf(), FolderShelf(tmp_path)):
        session = Session(shelf, Limits(photographs=2))
        names = [opened(session, COLOURS[:, :, 0]) for _ in range(2)]
        answer, _ = session.answer(Open(id=1, key="open", sample="rings"))
        assert to_json(answer)["dropped"] == names[:1]
        assert shelf.names()[0] == names[1]
        with pytest.raises(ImageError, match="is not open"):
            session.answer(Filter(id=1, key="f", photograph=names[0]))
        session.answer(Close(id=1, key="c", photograph=names[1]))
        assert len(shelf.names()) == 1
        with pytest.raises(ImageError, match=r"a\.png: takes 6,000 bytes as uint8; the lab keeps up to 5,999"):
            opened(Session(shelf, Limits(photograph_bytes=5999)))
        little = Session(shelf, Limits(photograph_bytes=300_000))
        answer, _ = little.answer(Open(id=1, key="open", sample="rings"))
        assert len(shelf.names()) == 1


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "", "secret.npy", "x-grey"])
def test_names_are_no_paths(name: str, tmp_path: Path) -> None:
    """No request makes a shelf look outside of its folder, or at anything but photographs."""
    np.save(tmp_path / "secret.npy", np.ones(3))
    (tmp_path / "client").mkdir()
    shelf = FolderShelf(tmp_path / "client")
    with pytest.raises(ImageError, match="is not open"):
        shelf.get(name)
    with pytest.raises(ImageError, match="is not open"):
        shelf.drop(name)
    assert FolderShelf(tmp_path / "gone").names() == []


def test_kernels_are_no_files(session: Session, tmp_path: Path) -> None:
    """A kernel's text is a name of the catalogue, never a file's."""
    path = tmp_path / "k.csv"
    path.write_text("1 2")
    for text in (str(path), "k.csv", "1 2; 3 4"):
        answer, _ = session.reply(to_json(Filter(id=4, key="f", photograph=opened(session), kernel=text)))
        assert answer["kind"] == "failure"
        assert "unknown kernel" in answer["message"]
    answer, _ = session.reply(to_json(Response(id=4, key="f", kernel="gaussian:size=513")))
    assert "the lab takes 511 a side" in answer["message"]


def test_failures_bear_the_id(session: Session) -> None:
    """What cannot be answered comes back in one line under its id."""
    answer, _ = session.reply({"kind": "filter", "id": 9, "key": "f", "photograph": "nothing"})
    assert (answer["kind"], answer["id"], answer["reason"]) == ("failure", 9, "refused")
    for broken in (None, {"id": -1}, {"id": "x"}, {"id": 2**70}, []):
        answer, _ = session.reply(broken)
        assert (answer["kind"], answer["id"]) == ("failure", 0)
    region = {"row": 39, "column": 0, "rows": 2, "columns": 2}
    answer, _ = session.reply(
        {"kind": "filter", "id": 9, "key": "f", "photograph": opened(session), "region": region}
    )
    assert "reaches beyond the photograph, which is 40×50" in answer["message"]
    answer, _ = session.reply(to_json(Open(id=3, key="open")))
    assert "open either a sample, or a file" in answer["message"]


def test_what_there_is(session: Session) -> None:
    """A page learns samples and limits."""
    answer, _ = session.answer(Hello(id=1, key="hello"))
    assert to_json(answer)["upload_pixels"] == 100_000_000
    assert "rings" in [sample["name"] for sample in to_json(answer)["samples"]]


SHARED = Session(MemoryShelf())
NAME = SHARED.shelf.put(COLOURS)
VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(-2, 600), st.floats(), st.text("a1é\0", max_size=4),
    st.sampled_from(["wrap", "signed", "raw", "luminance", "gabor:angle=20", "box:size=0", "prewitt"]),
    st.fixed_dictionaries({"row": st.integers(0, 45), "column": st.integers(0, 45), "rows": st.integers(1, 9),
                           "columns": st.integers(1, 9)}),
    st.fixed_dictionaries({"shape": st.just([2, 2]), "data": st.lists(st.floats(), min_size=4, max_size=4)}),
)  # fmt: skip
FIELDS = [
    "kernel",
    "border",
    "border_value",
    "channels",
    "display",
    "flip",
    "region",
    "fit",
    "operator",
    "measure",
]


@given(
    st.sampled_from(["filter", "edges", "download"]), st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=4)
)
def test_fuzzed(kind: str, fields: dict[str, Any]) -> None:
    """Whatever is asked is answered, by a picture or by one line."""
    answer, _ = SHARED.reply({"kind": kind, "id": 5, "key": "f", "photograph": NAME, **fields})
    assert answer["id"] == 5
    assert answer["kind"] in ("picture", "file", "failure")
    json.dumps(answer, allow_nan=False)
