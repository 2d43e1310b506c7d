"""What the widgets of all exhibits share: a state that the page and Python both see, and answers to requests."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Generic, TypeVar, cast

import anywidget
import numpy.typing as npt
import traitlets

from convolens.errors import ConvolensError, unknown_name
from convolens.kernels import NamedKernel, parse_kernel
from convolens.lab.messages import to_json
from convolens.lab.pages import static_page
from convolens.lab.session import MISTAKE, Session, failure
from convolens.lab.shelves import MemoryShelf
from convolens.lab.states import State
from convolens.lab.states.numbers import Numbers
from convolens.spec.padding import Padding, padding_name, resolve_padding

StateType = TypeVar("StateType", bound=State)


class Exhibit(anywidget.AnyWidget, Generic[StateType]):
    """
    What the widgets of all exhibits share.

    Attributes
    ----------
    state : dict
        The exhibit as it stands, as JSON holds it. The page and Python see each other's changes.
    """

    state_class: ClassVar[type[State]]
    state = traitlets.Dict().tag(sync=True)

    def __init__(self, state: State) -> None:
        super().__init__(state=state.to_json())
        self._session = Session(MemoryShelf())
        self.on_msg(self._on_message)

    @traitlets.validate("state")
    def _check_state(self, proposal: Any) -> Any:
        try:
            return self.state_class.from_json(proposal["value"]).to_json()
        except ConvolensError as error:
            raise traitlets.TraitError(str(error)) from None

    def _on_message(self, _: Any, content: Any, buffers: Sequence[Any]) -> None:
        try:
            answer, results = self._session.reply(content, [memoryview(buffer) for buffer in buffers])
        except (
            Exception
        ):  # a mistake of the program: it is seen where Python runs, and the page does not wait for ever
            self.send(to_json(failure(content, MISTAKE, "died")))
            raise
        self.send(answer, [bytes(result) for result in results])

    def _read(self) -> StateType:
        """Read the state as it stands, edited or not."""
        return cast(StateType, self.state_class.from_json(self.state))

    def _change(self, **values: Any) -> None:
        self.state = self._read().replace(**values).to_json()

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        """Add a static page for viewers that run no widgets: exported HTML, and viewers of notebooks."""
        found = super()._repr_mimebundle_(**kwargs)
        page = html.escape(static_page(self.state_class.exhibit, self.state))
        frame = (
            f'<iframe title="{self.state_class.exhibit}" sandbox="allow-scripts allow-downloads" srcdoc="{page}" '
            'style="width: 100%; height: 40rem; border: 0"></iframe>'
        )
        data, metadata = found if isinstance(found, tuple) else (found or {}, {})
        return {**data, "text/html": frame}, metadata


def example(examples: Mapping[str, StateType], name: str) -> StateType:
    """Look a preset up by its name."""
    if not isinstance(name, str) or name not in examples:
        raise unknown_name("preset", name, examples)
    return examples[name]


def kernel_numbers(kernel: npt.ArrayLike | NamedKernel | str, dims: int) -> Numbers:
    """Take a kernel in, or what names one, in as many dimensions."""
    if isinstance(kernel, (str, NamedKernel)):
        weights = parse_kernel(kernel).weights
        return Numbers.of(weights[0] if dims == 1 and len(weights) == 1 else weights, "kernel")
    return Numbers.of(kernel, "kernel")


def pad_choice(padding: Padding, dims: int) -> Any:
    """Write a padding as states have it: its name, or a pair for each dimension."""
    name = padding_name(padding)
    if name is not None:
        return "same" if name == "same-upper" else name
    pads = resolve_padding(padding, (1,) * dims, (1,) * dims, (1,) * dims)
    return [list(pair) for pair in pads]
