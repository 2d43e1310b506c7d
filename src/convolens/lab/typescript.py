"""
The front end's types, written from the dataclasses: ``python -m convolens.lab.typescript [FOLDER]``.

States, messages and the catalogue of kernels have one source each, in Python; web/src/generated/ is never edited.
"""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from convolens.kernels import kernels
from convolens.lab.messages import ANSWERS, REQUESTS, Answer, Request
from convolens.lab.records import Number, Within, field_types, plain
from convolens.lab.states import STATES, State
from convolens.lab.states.numbers import MOST_CELLS, MOST_SIDE
from convolens.lab.states.presets import PRESETS
from convolens.lab.states.sliding_window import BorderName, Operation, PaddingName

HEAD = "// Written by `python -m convolens.lab.typescript`; never by hand.\n"
WIDTH = 110
_ALIASES = {"PaddingName": PaddingName, "BorderName": BorderName, "Operation": Operation}
_PLAIN = {bool: "boolean", int: "number", float: "number", str: "string", NoneType: "null", None: "null"}


def type_of(hint: Any) -> str:
    """
    Write an annotation as a type of TypeScript.

    >>> type_of(tuple[int, ...] | None)
    'number[] | null'
    """
    for name, alias in _ALIASES.items():
        if hint == alias:
            return name
    if hint == Number:
        return "AnyNumber"
    kind, parts = get_origin(hint), get_args(hint)
    if kind is Annotated:
        return type_of(parts[0])
    if kind in (Union, UnionType):
        return " | ".join(dict.fromkeys(type_of(part) for part in parts))
    if kind is Literal:
        return " | ".join(json.dumps(part) for part in parts)
    if kind is tuple and parts[-1] is ...:
        item = type_of(parts[0])
        return f"({item})[]" if " " in item and not item.startswith("[") else f"{item}[]"
    if kind is tuple:
        return f"[{', '.join(type_of(part) for part in parts)}]"
    if dataclasses.is_dataclass(hint):
        return interface_name(hint)
    return _PLAIN[hint]


def interface_name(owner: Any) -> str:
    """Name an interface: its class, and which kind of thing it is, as browsers have a Response of their own."""
    ending = next((base.__name__ for base in (State, Request, Answer) if issubclass(owner, base)), "")
    return f"{owner.__name__}{ending}"


def interface(owner: Any) -> str:
    """Write a dataclass as an interface, under the first line of what is said about it."""
    optional = {
        entry.name
        for entry in dataclasses.fields(owner)
        if issubclass(owner, Request) and entry.default is not dataclasses.MISSING
    }
    fields = {name + "?" * (name in optional): type_of(hint) for name, hint in field_types(owner).items()}
    if issubclass(owner, State):
        fields = {"exhibit": json.dumps(owner.exhibit), "version": "number", **fields}
    elif hasattr(owner, "kind"):
        fields = {"kind": json.dumps(owner.kind), **fields}
    summary = next(line for line in owner.__doc__.strip().splitlines() if line).replace("`", "").strip()
    lines = [f"/** {summary} */", f"export interface {interface_name(owner)} {{"]
    return "\n".join([*lines, *(f"  {name}: {kind};" for name, kind in fields.items()), "}", ""])


def constant(name: str, value: Any, kind: str = "") -> str:
    """Write a constant, of type ``kind``."""
    return f"export const {name}{f': {kind}' if kind else ''} = {literal(value)};\n"


def literal(value: Any, indent: str = "") -> str:
    """Write a value as TypeScript, on one line where it fits on one."""
    flat = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, (dict, list)) or not value or len(flat) + len(indent) <= WIDTH - 30:
        return flat
    inner = indent + "  "
    if isinstance(value, list):
        if not any(isinstance(item, (dict, list, str)) for item in value):
            return f"[\n{_filled(value, inner)}\n{indent}]"
        items = [f"{inner}{literal(item, inner)},\n" for item in value]
        return f"[\n{''.join(items)}{indent}]"
    entries = [f"{inner}{json.dumps(key)}: {literal(item, inner)},\n" for key, item in value.items()]
    return f"{{\n{''.join(entries)}{indent}}}"


def _filled(values: list[Any], indent: str) -> str:
    """Write numbers in lines that are filled."""
    lines, line = [], indent
    for value in values:
        text = f"{json.dumps(value)}, "
        if len(line) + len(text) > WIDTH and line.strip():
            lines.append(line.rstrip())
            line = indent
        line += text
    return "\n".join([*lines, line.rstrip()])


def _alias(name: str, choices: Any) -> str:
    """Write a set of names as a list, and as the type of its members."""
    plural = f"{name[0].lower()}{name[1:]}s"
    return (
        f"export const {plural} = {json.dumps(get_args(choices))} as const;\n"
        f"export type {name} = (typeof {plural})[number];\n"
    )


def _nested(owners: Iterable[Any], known: list[Any]) -> list[Any]:
    """Find the records that others hold, those that are held first."""
    for owner in owners:
        held = [part for hint in field_types(owner).values() for part in _records_in(hint)]
        _nested([part for part in held if part not in known], known)
        if owner not in known:
            known.append(owner)
    return known


def _records_in(hint: Any) -> list[Any]:
    if dataclasses.is_dataclass(hint):
        return [hint]
    return [record for part in get_args(hint) if not isinstance(part, Within) for record in _records_in(part)]


def states_file() -> str:
    """Write states, with their defaults, controls and worked examples."""
    owners = _nested(STATES.values(), [])
    parts = [
        HEAD,
        "/** Numbers that JSON has no signs for travel as texts. */\n"
        'export type AnyNumber = number | "nan" | "inf" | "-inf";\n',
        constant("MOST_SIDE", MOST_SIDE),
        constant("MOST_CELLS", MOST_CELLS),
        *(_alias(name, choices) for name, choices in _ALIASES.items()),
        *(interface(owner) for owner in owners),
    ]
    for owner in STATES.values():
        name = owner.__name__[0].lower() + owner.__name__[1:]
        kind = interface_name(owner)
        found = PRESETS[owner.exhibit]
        parts += [
            constant(f"{name}Controls", list(owner.controls), "string[]"),
            constant(f"{name}Defaults", owner().to_json(), kind),
            constant(
                f"{name}Presets",
                {title: _differing(preset, owner()) for title, preset in found.items()},
                f"Record<string, Partial<{kind}>>",
            ),
        ]
    return "\n".join(parts)


def _differing(state: State, default: State) -> dict[str, Any]:
    usual = plain(default)
    return {name: value for name, value in plain(state).items() if value != usual[name]}


def messages_file() -> str:
    """Write requests and answers."""
    in_states = _nested(STATES.values(), [])
    owners = [owner for owner in _nested([*REQUESTS.values(), *ANSWERS.values()], []) if owner not in in_states]
    text = "\n".join(interface(owner) for owner in owners)
    shared = ["AnyNumber", "BorderName", "Numbers", "PaddingName"]
    used = [name for name in shared if name in text]
    unions = [_union("LabRequest", REQUESTS.values()), _union("LabAnswer", ANSWERS.values())]
    return "\n".join([HEAD, f'import type {{ {", ".join(used)} }} from "./states.ts";\n', text, *unions])


def _union(name: str, owners: Iterable[Any]) -> str:
    return "\n  | ".join([f"export type {name} =", *map(interface_name, owners)]) + ";\n"


def kernels_file() -> str:
    """Write what is said about the named kernels."""
    entries = [
        {
            "name": kernel.name,
            "family": kernel.family,
            "formula": kernel.formula,
            "responds_to": kernel.responds_to,
            "because": kernel.because,
            "signed": kernel.signed,
            "parameters": dict(kernel.parameters),
        }
        for kernel in kernels.values()
    ]
    kind = (
        "/** A kernel of the catalogue, as it is without parameters. */\n"
        "export interface NamedKernel {\n"
        "  name: string;\n  family: string;\n  formula: string;\n  responds_to: string;\n  because: string;\n"
        "  signed: boolean;\n"
        "  parameters: Record<string, number | null>;\n}\n"
    )
    return "\n".join([HEAD, kind, constant("namedKernels", entries, "NamedKernel[]")])


def weights_file() -> str:
    """Write the weights of the named kernels, as they are by default."""
    weights = {
        kernel.name: {
            "shape": list(kernel.shape),
            "data": [_rounded(cell) for cell in kernel.weights.ravel().tolist()],
        }
        for kernel in kernels.values()
    }
    fixed = {name: found for name, found in weights.items() if not kernels[name].parameters}
    return "\n".join(
        [
            HEAD,
            'import type { Numbers } from "./states.ts";\n',
            constant("kernelWeights", weights, "Record<string, Numbers>"),
            "/** Those of kernels without parameters; the others can be computed. */\n"
            + constant("fixedWeights", fixed, "Record<string, Numbers>"),
        ]
    )


def _rounded(value: float) -> float:
    """Leave out the digits in which exponentials and sines differ from one machine to the next."""
    rounded = float(f"{value:.12g}")
    return int(rounded) if rounded.is_integer() else rounded


def defaults_file() -> str:
    """List the states that the exhibits begin with, by the exhibit's name."""
    names = {
        exhibit: f"{owner.__name__[0].lower()}{owner.__name__[1:]}Defaults" for exhibit, owner in STATES.items()
    }
    entries = "".join(f"  {json.dumps(exhibit)}: {name},\n" for exhibit, name in names.items())
    return "\n".join(
        [
            HEAD,
            f'import {{ {", ".join(names.values())} }} from "./states.ts";\n',
            f"export const defaultStates: Record<string, object> = {{\n{entries}}};\n",
        ]
    )


def files() -> dict[str, str]:
    """Return what is in web/src/generated, by file name."""
    return {
        "states.ts": states_file(),
        "defaults.ts": defaults_file(),
        "messages.ts": messages_file(),
        "kernels.ts": kernels_file(),
        "kernel-weights.ts": weights_file(),
    }


def main(folder: str = "web/src/generated") -> None:
    """Write the files into a folder of a checkout."""
    for name, text in files().items():
        path = Path(folder, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:2])
