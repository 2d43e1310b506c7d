"""The options of a layer written as text: ``k3x5``, ``s2``, ``p0+1``, ``same``, ``nobias``."""

import re
from typing import Any

from convolens.errors import SpecError, unknown_name
from convolens.spec.borders import SYNONYMS

_NUMBERED = re.compile(r"(k|s|p|d|g|op)([^a-z].*|)")
SIZES = re.compile(r"\d{1,9}(?:x\d{1,9})*")
_PADS = re.compile(r"\d{1,9}(?:\+\d{1,9})?(?:x\d{1,9}(?:\+\d{1,9})?)*")
_KEYS = {"k": "kernel", "s": "stride", "p": "padding", "d": "dilation", "g": "groups", "op": "output_padding"}
_FLAGS: dict[str, tuple[str, Any]] = {
    **{name: ("padding", name) for name in ("valid", "same", "same-lower", "full")},
    **{name: ("border", mode) for name, mode in SYNONYMS.items()},
    "nobias": ("bias", False),
    "flip": ("flip", True),
    "ceil": ("ceil_mode", True),
}
_EXAMPLES = {"k": "k3 or k3x5", "s": "s2", "p": "p1, p1x2 or p0+1", "d": "d2", "g": "g4", "op": "op1"}


def read_options(words: list[str], *allowed: str) -> dict[str, Any]:
    """
    Read options such as ``k3x5``, ``s2``, ``p0+1``, ``same`` as arguments by name.

    Parameters
    ----------
    words : list of str
        The options; a first one without a letter is the layer's main number, ``"main"``.
    *allowed : str
        Names of the arguments that may come.

    Examples
    --------
    >>> read_options(["64", "k3x5", "p0+1x1", "nobias"], "main", "kernel", "padding", "bias")
    {'main': 64, 'kernel': (3, 5), 'padding': ((0, 1), (1, 1)), 'bias': False}
    """
    if words and not allowed:
        raise SpecError(f"it takes no options, but {','.join(words)!r} was given")
    options: dict[str, Any] = {}
    for index, word in enumerate(words):
        numbered = _NUMBERED.fullmatch(word)
        if index == 0 and SIZES.fullmatch(word):
            key, value = "main", _numbers(word)
        elif numbered:
            key, value = _KEYS[numbered[1]], _option_value(*numbered.groups())
        elif word in _FLAGS:
            key, value = _FLAGS[word]
        else:
            raise unknown_name("option", word, _option_names(allowed))
        if key not in allowed:
            raise SpecError(f"{word!r} means nothing here; options: {', '.join(_option_names(allowed))}")
        if key in options:
            raise SpecError(f"{word!r} says {key.replace('_', ' ')} a second time")
        options[key] = value
    return options


def _option_names(allowed: tuple[str, ...]) -> list[str]:
    letters = [letter for letter, key in _KEYS.items() if key in allowed]
    flags = [
        flag for flag, (key, value) in _FLAGS.items() if key in allowed and (key != "border" or flag == value)
    ]
    return (["a number"] if "main" in allowed else []) + letters + flags


def _option_value(letter: str, text: str) -> Any:
    if letter == "p" and "+" in text and _PADS.fullmatch(text):
        sides = [[int(n) for n in side.split("+")] for side in text.split("x")]
        return tuple((side[0], side[-1]) for side in sides)
    if not SIZES.fullmatch(text):
        raise SpecError(f"{letter + text!r} cannot be read; write {_EXAMPLES[letter]}")
    return _numbers(text)


def _numbers(text: str) -> int | tuple[int, ...]:
    numbers = tuple(int(n) for n in text.split("x"))
    return numbers if len(numbers) > 1 else numbers[0]
