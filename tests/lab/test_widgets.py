"""Widgets: Python and the page see one state."""

import inspect
import io
import pydoc
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import traitlets

import convolens as cl
from convolens.errors import ConvolensError
from convolens.images.reading import decode_image
from convolens.lab.records import field_types
from convolens.lab.states import SlidingWindow as State

NAMES = [name for name in cl.widgets.__all__ if name != "Exhibit"]


@pytest.fixture
def widget() -> Any:
    """Return a widget."""
    return cl.widgets.SlidingWindow([[1, 2, 0], [0, 1, 2], [2, 0, 1]])


def test_two_ways(widget: Any) -> None:
    """What the page sets Python reads, and the other way round."""
    assert widget.output.tolist() == [[2]]
    edited = State.from_json(widget.state).to_json()
    edited["kernel"]["data"][8] = 10
    widget.set_state({"state": edited})  # as a message of the page does
    assert widget.kernel.tolist() == [[-1, 0, 1], [-2, 0, 2], [-1, 0, 10]]
    assert widget.output.tolist() == [[11]]
    widget.kernel = "box"
    np.testing.assert_allclose(widget.output, [[1]])
    widget.image = np.eye(4)
    assert widget.state["input"]["shape"] == [4, 4]
    assert widget.image.dtype == np.float64


def test_broken_states_are_refused(widget: Any) -> None:
    """A state that does not fit is refused, and the old one stays."""
    before = widget.state
    with pytest.raises(traitlets.TraitError, match=r"state.stride\[0\] must be a whole number"):
        widget.state = {**before, "stride": [0, 1]}
    assert widget.state == before


def test_arguments() -> None:
    """Options are those of the library."""
    widget = cl.widgets.SlidingWindow(
        np.ones((6, 6)), "gaussian:sigma=1", stride=2, padding=1, border="replicate", operation="convolution",
        locked=["kernel"], hidden=["code"],
    )  # fmt: skip
    state = widget.state
    assert (state["stride"], state["padding"], state["border"]) == ([2, 2], [[1, 1], [1, 1]], "edge")
    assert (state["locked"], state["hidden"]) == (["kernel"], ["code"])
    signal = cl.widgets.SlidingWindow([1, 2, 3, 4, 5], padding="same-upper", border=7)
    assert signal.output.tolist() == [2 - 7, 2, 2, 2, 7 - 4]
    assert cl.widgets.SlidingWindow([1, 2, 3], [1, 0, -1]).output.tolist() == [-2]
    assert cl.widgets.SlidingWindow([1, 2, 3], "1 0 -1").output.tolist() == [-2]
    volume = cl.widgets.SlidingWindow(np.ones((3, 4, 5)), np.ones((2, 2, 2)), operation="transposed")
    assert volume.output.shape == (4, 5, 6)
    assert cl.widgets.SlidingWindow(preset="signal-convolution").output.tolist() == [2, 2, 2]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"image": np.ones((65, 65))}, "image must have 1 to 3 dimensions of 1 to 64 cells"),
        ({"image": [1, 2, 3], "kernel": "sobel-x"}, "kernel must have as many dimensions as the image, 1, found"),
        (
            {"image": np.zeros((10, 10, 3)), "kernel": "sobel-x"},
            "kernel must have as many dimensions as the image, 3, found shape (3, 3); an image with",
        ),
        ({"stride": 0}, "stride[0] must be a whole number from 1 to 64, found 0"),
        ({"operation": "corelation"}, "operation must be 'correlation' or"),
        ({"image": [[1, 2], [3]]}, "image is not a rectangular array"),
        ({"image": ["a"]}, "image has dtype <U1"),
        ({"preset": ["ramp"]}, "preset must be the name of one, found"),
        ({"preset": "rampp"}, "unknown preset 'rampp'; did you mean 'ramp'"),
        ({"locked": ["kernle"]}, "unknown control 'kernle'"),
        ({"stride": (1, 2, 3)}, "stride needs one number or 2"),
    ],
)
def test_what_does_not_fit(options: dict[str, Any], said: str) -> None:
    """Errors say what was wrong."""
    with pytest.raises(ConvolensError, match="^" + re.escape(said)):
        cl.widgets.SlidingWindow(**options)


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("Sizes", {"cell": 3}, r"^cell must be a list, .* found 3$"),
        ("Sizes", {"hidden": 3}, r"hidden must be a list of names of controls, such as \['code'\], found 3$"),
        ("Sizes", {"locked": "layers"}, 'locked must be a list of names of controls, .* found "layers"$'),
        ("Sizes", {"preset": 3}, "preset must be the name of one, found 3; known are lenet"),
        ("MatrixView", {"layer": 3}, "layer needs 6 numbers, channels, .* found 3$"),
        ("MatrixView", {"layer": "abcdef"}, 'layer needs 6 numbers, channels, .* found "abcdef"$'),
        ("MatrixView", {"weight": np.ones((1, 1, 0, 3))}, r"weight must be .* found shape \(1, 1, 0, 3\)$"),
        (
            "Channels",
            {"weight": np.ones((3, 2, 1, 1))},
            "sees 2 channels, but the input has 3 channels in 1 groups",
        ),
        ("Channels", {"bias": np.ones((3, 3))}, r"bias must have one dimension .* found shape \(3, 3\)"),
        (
            "Borders",
            {"image": np.ones((2, 2, 2))},
            r"image must have 1 or 2 dimensions .* found shape \(2, 2, 2\)",
        ),
        ("Borders", {"value": "much"}, "^value must be a number"),
        ("Pooling", {"kind": "maximum"}, "^kind must be 'max' or 'average'"),
        ("Channels", {"image": np.ones((3, 17, 3))}, r"^image has shape \(3, 17, 3\)"),
        ("Gallery", {"photograph": "rngs"}, "unknown sample 'rngs'; did you mean 'rings'"),
        ("Gallery", {"photograph": [[0, 1.5]]}, "of float64 must hold numbers from 0 to 1, found 0 to 1.5; give"),
        ("Gallery", {"photograph": np.full((2, 2), np.nan)}, "from 0 to 1, found nan to nan"),
        ("Gallery", {"photograph": [[0, 256]]}, "of int64 must hold numbers from 0 to 255, found 0 to 256; give"),
        ("Gallery", {"photograph": np.ones((2, 2, 4))}, r"or \(H, W, 3\), found shape \(2, 2, 4\)"),
        ("Gallery", {"kernel": np.ones((2, 2, 2))}, "kernel must have 1 or 2 dimensions"),
        ("Gallery", {"photograph": 3}, r"photograph must have shape \(H, W\) or \(H, W, 3\), found shape \(\)"),
        ("Pooling", {"window": {2, 3}}, r"^window\[0\] must be a whole number"),
        ("Pooling", {"border": [1]}, r"border must be a name or a number, found \[1\]"),
        ("Signals", {"signal": "pluk"}, "unknown sound 'pluk'; did you mean 'pluck'"),
    ],
)
def test_what_does_not_fit_elsewhere(name: str, options: dict[str, Any], said: str) -> None:
    """The errors of the other widgets do, too."""
    with pytest.raises(ConvolensError, match=said):
        getattr(cl.widgets, name)(**options)


@pytest.mark.parametrize("name", NAMES)
def test_fields_are_attributes(name: str) -> None:
    """Every field of the state can be read, set to what was read, and found by pressing Tab."""
    widget = getattr(cl.widgets, name)()
    before = widget.state
    for field in field_types(widget.state_class):
        value = widget.text if (name, field) == ("Sizes", "stack") else getattr(widget, field)
        setattr(widget, field, value)
        assert field in dir(widget)
    assert {field for field in before if widget.state[field] != before[field]} <= {
        "kernel"
    }  # by name, now weights
    widget.hidden = ["code"]
    assert widget.state["hidden"] == ["code"]
    with pytest.raises(AttributeError, match=f"unknown attribute of {name} 'hiden'; did you mean 'hidden'"):
        widget.hiden = ["code"]
    with pytest.raises(AttributeError, match=f"unknown attribute of {name} 'hiden'; did you mean 'hidden'"):
        _ = widget.hiden
    assert not hasattr(widget, "_anything")


def test_fields_take_what_constructors_take(widget: Any) -> None:
    """One number for all dimensions, one for each, another name of a border; what does not fit changes nothing."""
    widget.stride, widget.padding, widget.border = 2, 1, "replicate"
    assert widget.stride == (2, 2)
    assert widget.padding == ((1, 1), (1, 1))
    assert widget.border == "edge"
    assert widget.output.shape == (2, 2)
    widget.border = 0.5
    assert (widget.border, widget.border_value) == ("constant", 0.5)
    with pytest.raises(ConvolensError, match=r"^stride\[0\] must be a whole number from 1 to 64, found 0"):
        widget.stride = 0
    with pytest.raises(ConvolensError, match=r"^image is of 1 dimensions, \(3,\), but dims is 2"):
        widget.image = [1, 2, 3]
    with pytest.raises(ConvolensError, match=r"^padding must be .* found null"):
        widget.padding = None
    assert widget.stride == (2, 2)
    pooling = cl.widgets.Pooling(border=3, stride=1)
    pooling.stride = None
    pooling.border = "none"
    assert (pooling.state["stride"], pooling.state["border"]) == (None, "none")
    assert cl.widgets.Pooling(border="none").border == "none"
    signals = cl.widgets.Signals()
    signals.signal, signals.kernel = [1, 2, 3], "difference"
    assert signals.state["signal"] == [1, 2, 3]
    sizes = cl.widgets.Sizes()
    sizes.stack = "1x7x7 conv:1,k3"
    assert sizes.stack.output_shape == (1, 5, 5)


def test_attributes_of_the_frameworks_go_on_working(widget: Any) -> None:
    """What widgets have beside the state is set as before, and so is what traitlets sets for a while."""
    widget.layout = {"width": "50%"}
    assert widget.layout.width == "50%"
    with widget.hold_trait_notifications(), widget.hold_sync():
        widget.stride = 2
    widget.add_traits(note=traitlets.Unicode())
    widget.note = "mine"
    widget.close()
    assert (widget.note, widget.comm) == ("mine", None)


@pytest.mark.parametrize(
    ("photograph", "levels"),
    [
        (np.array([[0, 0.5, 1]]), [[0, 128, 255]]),
        (np.array([[0, 0.5, 1]], np.float16), [[0, 128, 255]]),
        (np.array([[False, True]]), [[0, 255]]),
        ([[0, 7, 255]], [[0, 7, 255]]),
        (np.array([[0, 127]], np.int8), [[0, 127]]),
        (np.array([[0, 65535]], ">u2"), [[0, 65535]]),
        (np.full((2, 1, 3), 0.2, np.float32), np.full((2, 1, 3), 51)),
        (np.ones((1, 2, 1), np.uint8), [[1, 1]]),
    ],
)
def test_photographs_of_all_kinds(photograph: Any, levels: Any) -> None:
    """Floats from 0 to 1, bool and whole numbers become the levels of a PNG file."""
    widget = cl.widgets.Gallery(photograph)
    assert widget.photograph == "own"
    np.testing.assert_array_equal(decode_image(io.BytesIO(widget.picture), "picture").pixels, levels)


def test_samples_by_name() -> None:
    """A sample is named at first and later; an array needs another widget."""
    widget = cl.widgets.Gallery("rings")
    assert (widget.state["photograph"], widget.picture) == ("rings", b"")
    widget.photograph = "shapes"
    assert widget.state["photograph"] == "shapes"
    with pytest.raises(ConvolensError, match="photograph can become a sample, by its name, found"):
        widget.photograph = np.ones((2, 2))


CYCLE: list[Any] = []
CYCLE.append(CYCLE)
ODD = [
    3, -1.5, np.nan, 10**400, True, "nonsense", "", b"ab", [], [None], [[1, 2], [3]], {1: 2}, {3}, 1j, object(),
    len, CYCLE, [10**5000], np.array(3), np.float32(2), np.ones((1,) * 5), np.ones((0, 3)), np.ones((1, 1, 0, 3)),
    np.full((3, 3), np.nan), np.full((3, 3), 2**64 - 1, np.uint64), np.array([["a"]]), np.ones((3, 3), complex),
    np.broadcast_to(np.float32(1), (100_000, 10_000)),
]  # fmt: skip


def refusal(run: Callable[[], object]) -> str:
    """Run something, and return why it was refused; nothing if it was not."""
    try:
        run()
    except ConvolensError as error:
        return str(error)
    return ""


def is_settable(attribute: object) -> bool:
    """Tell properties that can be set from those that cannot, and from all else."""
    is_read_only = isinstance(attribute, property) and attribute.fset is None
    return inspect.isdatadescriptor(attribute) and not is_read_only


@pytest.mark.parametrize("name", NAMES)
def test_odd_values(name: str) -> None:
    """Whatever is given or set is taken, or refused in one line, and then the widget is as it was."""
    kind = getattr(cl.widgets, name)
    widget = kind()
    parameters = inspect.signature(kind).parameters
    others = widget.state if "options" in parameters else {}
    settable = [key for key in (*vars(kind), "state") if key[0] != "_" and is_settable(getattr(kind, key))]
    settable += [key for key in field_types(kind.state_class) if not hasattr(kind, key)]
    for value in ODD:
        for argument in {**parameters, **others}:
            assert len(refusal(lambda: kind(**{argument: value})).splitlines()) <= 1  # noqa: B023
        for key in settable:
            before = widget.state
            if said := refusal(lambda: setattr(widget, key, value)):  # noqa: B023
                assert len(said.splitlines()) == 1
                assert widget.state == before


@pytest.mark.parametrize("name", NAMES)
def test_help(name: str) -> None:
    """What all widgets take is said of each, with what they raise and an example."""
    text = pydoc.plain(pydoc.render_doc(getattr(cl.widgets, name)))
    for part in (
        "preset : str, optional",
        "locked, hidden : sequence of str",
        "ConvolensError",
        "float64",
        ">>> ",
    ):
        assert part in text
    assert "As for every exhibit" not in text


def test_arrays_can_be_set() -> None:
    """Each array that is shown can be set, and what does not fit leaves the old one."""
    backwards = cl.widgets.Backwards([1, 2, 3, 4], [1, 0])
    backwards.kernel, backwards.grad, backwards.image = "1 2", [1, 1, 0], [5, 6, 7, 8]
    assert backwards.gradients["kernel"].tolist() == [11, 13]
    matrix = cl.widgets.MatrixView()
    matrix.weight = np.ones((2, 1, 2, 2), int)
    assert matrix.output.shape == (2, 3, 3)
    gallery = cl.widgets.Gallery(preset="edges")
    gallery.kernel = "gaussian:sigma=1"
    with pytest.raises(ConvolensError, match="unknown kernel 'gausian'"):
        gallery.kernel = "gausian"
    assert gallery.state["kernel"] == "gaussian:sigma=1"
    assert cl.widgets.Borders(value=np.nan).state["border_value"] == "nan"
    assert cl.widgets.SlidingWindow(np.full((1, 1), 2**64 - 1, np.uint64)).image.tolist() == [[2.0**64]]


def test_numbers_that_are_not_finite() -> None:
    """NaN and infinity are taken from the start, as later."""
    signal = cl.widgets.SlidingWindow([1, np.nan, np.inf])
    assert signal.state["input"]["data"] == [1.0, "nan", "inf"]
    np.testing.assert_array_equal(signal.image, [1, np.nan, np.inf])


def test_another_signal_is_seen_whole() -> None:
    """What was looked at of the one before is forgotten; one that travels beside the state needs a new widget."""
    widget = cl.widgets.Signals(np.arange(500.0), [1, 2])
    widget.state |= {"step": 499, "span": [400, 500]}
    widget.signal = [1, 2, 3]
    assert (widget.step, widget.span, widget.output.tolist()) == (None, None, [1, 4, 7, 6])
    with pytest.raises(
        ConvolensError, match="signal can become up to 512 numbers, found 1000; make a new Signals"
    ):
        widget.signal = np.zeros(1000)
    assert widget.signal.tolist() == [1, 2, 3]


def test_widgets_of_ones_own() -> None:
    """Errors name what is missing, even in a property, and arguments by the names that they are inherited with."""

    class Own(cl.widgets.SlidingWindow):
        state_class = State

        @property
        def broken(self) -> Any:
            return self.output.nothing

    widget = Own(np.eye(3), "sobel-x")
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = widget.broken
    assert Own._arguments == cl.widgets.SlidingWindow._arguments
    with pytest.raises(AttributeError, match="did you mean 'stride'"):
        widget.strid = 2


def test_messages(widget: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests of the page are answered under their ids, with buffers; mistakes too."""
    sent: list[Any] = []
    monkeypatch.setattr(widget, "send", lambda content, buffers=None: sent.append((content, buffers)))
    request = {"kind": "open", "id": 3, "key": "open", "sample": "rings", "fit": 64}
    widget._handle_custom_msg(request, [])
    widget._handle_custom_msg({"kind": "nothing", "id": 4}, [])
    (opened, (buffer,)), (failed, nothing) = sent
    assert (opened["kind"], opened["id"], len(buffer)) == ("opened", 3, 64 * 64)
    assert (failed["kind"], failed["id"], nothing) == ("failure", 4, [])


def test_mistakes_are_answered(widget: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What fails unexpectedly is raised where Python runs, and the page is told, so that it does not wait."""
    sent: list[Any] = []
    monkeypatch.setattr(widget, "send", lambda content, buffers=None: sent.append(content))
    monkeypatch.setattr(widget._session, "reply", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        widget._on_message(widget, {"kind": "hello", "id": 7}, [])
    assert [(answer["kind"], answer["id"]) for answer in sent] == [("failure", 7)]


def test_exported_html_has_a_static_page(widget: Any) -> None:
    """Where no widget runs, an iframe shows the exhibit in the state that it had."""
    data, _ = widget._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in data
    assert data["text/html"].startswith(
        '<iframe title="sliding-window" sandbox="allow-scripts allow-downloads" srcdoc="&lt;!doctype'
    )
    assert "&amp;quot;input&amp;quot;" in data["text/html"]
    assert data["text/html"].endswith(
        ">The exhibit sliding-window of Convolens: run this cell to see it.</iframe>"
    )


def test_it_is_loaded_where_it_is_asked_for() -> None:
    """The package has widgets, and no attributes that it has not."""
    assert cl.widgets.SlidingWindow.__doc__
    with pytest.raises(AttributeError, match="has no attribute 'widgts'"):
        _ = cl.widgts


def test_channels() -> None:
    """Kernels of four dimensions go in and come out, and the engine's maps with them."""
    widget = cl.widgets.Channels(np.arange(8).reshape(2, 2, 2), np.ones((4, 1, 2, 2), int), [0, 1, 2, 3], groups=2)
    assert widget.weight.shape == (4, 1, 2, 2)
    assert widget.output.ravel().tolist() == [6, 7, 24, 25]
    widget.weight = 2 * widget.weight
    assert widget.output.ravel().tolist() == [12, 13, 46, 47]
    assert cl.widgets.Channels(preset="red-edge", padding="same").output.shape == (1, 5, 6)
    with pytest.raises(ConvolensError, match=r"weight must be \(kernels, channels / groups, rows, columns\)"):
        widget.weight = [[1]]
