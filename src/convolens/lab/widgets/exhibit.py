"""What the widgets of all exhibits share: a state that the page and Python both see, and answers to requests."""

from __future__ import annotations

import contextlib
import html
import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, Generic, Self, TypeVar, cast, overload

import anywidget
import traitlets

from convolens.errors import ConvolensError, SpecError, unknown_name
from convolens.lab.messages import to_json
from convolens.lab.pages import module_text, static_page
from convolens.lab.records import field_types
from convolens.lab.session import MISTAKE, Session, failure
from convolens.lab.shelves import MemoryShelf
from convolens.lab.states import State
from convolens.lab.states.numbers import Numbers
from convolens.lab.states.presets import PRESETS
from convolens.lab.widgets.arguments import as_json, changes_of, control_names, example

StateType = TypeVar("StateType", bound=State)
MOST_CARRIED = 4 << 20  # bytes of a photograph or a sound that exported HTML holds

_SHARED = """\
preset, locked, hidden
    As for every exhibit.
"""
_SAID_OF_THEM = """\
preset : str, optional
    An example to begin with; whatever else is given changes it.
locked, hidden : sequence of str
    Controls that whoever looks at it cannot change, or does not see. Numbers that are computed with stay in sight:
    hidden, they are locked, and what sets them is left out.

Raises
------
ConvolensError
    If something does not fit: it says what was asked, and what was found. The widget stays as it was.

Notes
-----
Arrays may be of bool, integers and floats up to float64.
"""


class StateError(SpecError, traitlets.TraitError):
    """A state, or what belongs to one, that a widget cannot take; traitlets goes back to the one before."""


class _StateTrait(traitlets.Dict):
    """The state of an exhibit as JSON holds it, complete, and checked before anybody sees it."""

    def validate(self, obj: Any, value: Any) -> Any:
        try:
            return obj.state_class.from_json(value).to_json()
        except ConvolensError as error:
            raise StateError(str(error)) from None


class BytesTrait(traitlets.Bytes):
    """What travels to the page beside the state; its tags say how many bytes belong together, and to what."""

    def validate(self, obj: Any, value: Any) -> Any:
        """Refuse what is not whole."""
        if not isinstance(value, bytes) or len(value) % self.metadata["size"]:
            found = f"{len(value)} of them" if isinstance(value, bytes) else type(value).__name__
            raise StateError(f"{self.name} must be bytes, {self.metadata['content']}, found {found}")
        return value


class Held:
    """
    A field of the state, most often an array, by the name that the constructor has for it; it can be set.

    Parameters
    ----------
    field : str
        Of the state.
    doc : str
        What `help` says of it.
    take : callable, optional
        Makes the field of what is set, and of the state as it stands. By default any numbers are taken.
    read : callable, optional
        Makes what is read of the state. By default the field is an array.
    """

    def __init__(
        self,
        field: str,
        doc: str,
        take: Callable[[Any, Any], Any] | None = None,
        read: Callable[[Any], Any] | None = None,
    ) -> None:
        self.field = field
        self.take = take
        self.read = read
        self.__doc__ = doc

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, widget: None, owner: type) -> Self: ...
    @overload
    def __get__(self, widget: Exhibit[Any], owner: type) -> Any: ...

    def __get__(self, widget: Exhibit[Any] | None, owner: type) -> Any:
        if widget is None:
            return self
        state = widget._read()
        return getattr(state, self.field).array() if self.read is None else self.read(state)

    def __set__(self, widget: Exhibit[Any], value: Any) -> None:
        taken = Numbers.of(value, self.name) if self.take is None else self.take(value, widget._read())
        widget._change(**{self.field: taken})


class Exhibit(anywidget.AnyWidget, Generic[StateType]):
    """
    What the widgets of all exhibits share.

    Attributes
    ----------
    state : dict
        The exhibit as it stands, as JSON holds it. The page and Python see each other's changes.

    Notes
    -----
    Each field of the state is an attribute, too, and takes what the constructor takes, but for photographs and
    long signals, which need a new widget. Attributes of your own begin with an underscore.
    """

    state_class: ClassVar[type[State]]
    _arguments: ClassVar[dict[str, str]]
    """What the constructor calls those fields of the state that have another name there."""
    state = _StateTrait().tag(sync=True)

    def __init_subclass__(cls, **options: Any) -> None:
        """Find the module of the exhibit, and complete what is said of the parameters that all exhibits have."""
        if "state_class" in vars(cls):  # else one of the classes that traitlets makes of it
            cls._esm = module_text(cls.state_class.exhibit)
            members = [member for kind in reversed(cls.__mro__) for member in vars(kind).values()]
            cls._arguments = {held.field: held.name for held in members if isinstance(held, Held)}
            cls.__doc__ = inspect.cleandoc(cls.__doc__ or "").replace(_SHARED, _SAID_OF_THEM)
        super().__init_subclass__(**options)

    def __init__(
        self,
        changes: Mapping[str, Any],
        *,
        preset: str | None = None,
        locked: Sequence[str] = (),
        hidden: Sequence[str] = (),
        **traits: bytes,
    ) -> None:
        names = {"locked": control_names(locked, "locked"), "hidden": control_names(hidden, "hidden")}
        fields = {**self._begun(preset).to_json(), **as_json(names), **as_json(changes)}
        with self._in_its_words():
            state = self.state_class.from_json(fields).to_json()
        super().__init__(state=state, **traits)
        self._session = Session(MemoryShelf())
        self.on_msg(self._on_message)

    @classmethod
    def _begun(cls, preset: str | None) -> StateType:
        """Return the state that arguments change: an example's, or the default one."""
        if preset is None:
            return cast(StateType, cls.state_class())
        return cast(StateType, example(PRESETS[cls.state_class.exhibit], preset))

    def __getattr__(self, name: str) -> Any:
        """Return a field of the state as it stands, arrays as such; called for what is no other attribute."""
        if hasattr(type(self), name):  # a property that failed for want of an attribute: of which, it says itself
            return object.__getattribute__(self, name)
        if name not in field_types(self.state_class):
            raise self._unknown(name)
        found = getattr(self._read(), name)
        return found.array() if isinstance(found, Numbers) else found

    def __setattr__(self, name: str, value: Any) -> None:
        """Set an attribute that there is, or a field of the state; others are of frameworks, and begin with _."""
        if name.startswith("_") or hasattr(type(self), name):
            super().__setattr__(name, value)
        elif name in field_types(self.state_class):
            self._change(**changes_of(self._read(), name, value))
        else:
            raise self._unknown(name)

    def __dir__(self) -> Iterable[str]:
        """List the fields of the state, too, for whoever presses Tab."""
        return [*super().__dir__(), *field_types(self.state_class)]

    def _unknown(self, name: str) -> AttributeError:
        own = [known for kind in type(self).__mro__ if issubclass(kind, Exhibit) for known in vars(kind)]
        names = sorted({known for known in own if known[0] != "_"} | set(field_types(self.state_class)))
        return AttributeError(str(unknown_name(f"attribute of {type(self).__name__}", name, names)))

    def _on_message(self, _: Any, content: Any, buffers: Sequence[Any]) -> None:
        try:
            answer, results = self._session.reply(content, [memoryview(buffer) for buffer in buffers])
        except Exception:  # a mistake of the program: it is seen here, and the page does not wait for ever
            self.send(to_json(failure(content, MISTAKE, "died")))
            raise
        self.send(answer, [bytes(result) for result in results])

    def _read(self) -> StateType:
        """Read the state as it stands, edited or not."""
        return cast(StateType, self.state_class.from_json(self.state))

    def _change(self, **values: Any) -> None:
        with self._in_its_words():
            self.state = {**self.state, **as_json(values)}

    @classmethod
    @contextlib.contextmanager
    def _in_its_words(cls) -> Iterator[None]:
        """Let errors name arguments and attributes, which the caller wrote, instead of fields of the state."""
        try:
            yield
        except ConvolensError as error:
            said = re.sub(r"\bstate\.(\w+)", lambda found: cls._arguments.get(found[1], found[1]), str(error))
            raise type(error)(said) from None

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        """
        Add a static page for viewers that run no widgets: exported HTML, and viewers of notebooks.

        Those that take frames out, as JupyterLab does of notebooks that are not trusted, leave the sentence in it.
        """
        found = super()._repr_mimebundle_(**kwargs)
        handed = {
            name: getattr(self, name) for name, trait in self.traits().items() if isinstance(trait, BytesTrait)
        }
        buffers = handed if sum(map(len, handed.values())) <= MOST_CARRIED else None
        page = html.escape(static_page(self.state_class.exhibit, self.state, buffers))
        frame = (
            f'<iframe title="{self.state_class.exhibit}" sandbox="allow-scripts allow-downloads" srcdoc="{page}" '
            'style="width: 100%; height: 40rem; border: 0">'
            f"The exhibit {self.state_class.exhibit} of Convolens: run this cell to see it.</iframe>"
        )
        data, metadata = found if isinstance(found, tuple) else (found or {}, {})
        return {**data, "text/html": frame}, metadata
