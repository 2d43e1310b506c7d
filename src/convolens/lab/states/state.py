"""What the states of all exhibits share: a JSON object that describes an exhibit wholly."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Self

from convolens.errors import SpecError, unknown_name
from convolens.lab.records import Within, field_types, parse_json, plain, read_record, shown

Names = Annotated[tuple[str, ...], Within(0, 64)]


@dataclass(frozen=True, kw_only=True)
class State:
    """
    An exhibit as it stands: the trait of its widget, the hash of its link, a file, the set-up of an exercise.

    Attributes
    ----------
    locked, hidden : tuple of str
        Names of controls that a teacher locked or hid.
    """

    exhibit: ClassVar[str]
    version: ClassVar[int] = 1
    controls: ClassVar[tuple[str, ...]]
    """What can be locked and hidden."""

    locked: Names = ()
    hidden: Names = ()

    def __post_init__(self) -> None:
        for name in (*self.locked, *self.hidden):
            if name not in self.controls:
                raise unknown_name("control", name, self.controls)
        object.__setattr__(self, "locked", tuple(dict.fromkeys(self.locked)))
        object.__setattr__(self, "hidden", tuple(dict.fromkeys(self.hidden)))

    @classmethod
    def from_json(cls, found: object) -> Self:
        """
        Read a state from what JSON holds.

        Parameters
        ----------
        found : mapping, str or bytes
            An object, or its text. Fields left out have their defaults; ``exhibit`` and ``version`` may be, too.

        Raises
        ------
        SpecError
            If it is none, belongs to another exhibit, or was made by a later version.
        UnknownNameError
            If a control that is locked or hidden does not exist.
        """
        fields = _object(found)
        exhibit, version = fields.pop("exhibit", cls.exhibit), fields.pop("version", cls.version)
        if not isinstance(exhibit, str) or exhibit != cls.exhibit:
            named = repr(exhibit) if isinstance(exhibit, str) else shown(exhibit)
            raise SpecError(f"the state is one of exhibit {named}, not of {cls.exhibit!r}")
        if isinstance(version, bool) or not isinstance(version, (int, float)) or not 1 <= version <= cls.version:
            raise SpecError(
                f"the state is of version {shown(version)}; {cls.exhibit} is read up to version {cls.version}: "
                "a newer Convolens made it"
            )
        return read_record(cls, fields, "state")

    def to_json(self) -> dict[str, Any]:
        """Return what JSON holds of the state."""
        return {"exhibit": self.exhibit, "version": self.version, **plain(self)}

    def replace(self, **changes: Any) -> Self:
        """
        Return the same state with other values.

        Raises
        ------
        SpecError
            As for `from_json`.
        """
        unknown = next((name for name in changes if name not in field_types(type(self))), None)
        if unknown is not None:
            raise unknown_name("field", unknown, field_types(type(self)))
        return dataclasses.replace(self, **changes)


def check_dimensions(dims: int, lists: Mapping[str, Sequence[Any]]) -> None:
    """Raise SpecError where a field that has an entry for each dimension has more or fewer."""
    for name, found in lists.items():
        if len(found) != dims:
            raise SpecError(
                f"state.{name} is of {len(found)} dimensions, {found}, but state.dims is {dims}; "
                "all must have as many"
            )


def _object(found: object) -> dict[str, Any]:
    if isinstance(found, (str, bytes)):
        found = parse_json(found, "the state")
    if not isinstance(found, Mapping):
        raise SpecError(f"the state must be a JSON object, found {type(found).__name__}")
    return dict(found)
