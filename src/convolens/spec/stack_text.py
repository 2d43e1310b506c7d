"""Stacks written as text: ``3x224x224 conv:64,k7,s2,p3 relu max:3,s2,p1``."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from convolens.errors import ConvolensError, SpecError
from convolens.spec.stack import Stack
from convolens.spec.stack_layers import add_layer
from convolens.spec.stack_options import SIZES

MOST_LAYERS = 1000
MOST_NESTED = 20

# A name ends with a letter; a blank may part it from options that begin with a number or a kernel's size.
_APART = r"[^\s()]*[A-Za-z]\s+(?:\d+(?:[x×]\d+)*|0?\.\d+|[Kk]\d+(?:[x×]\d+)*)(?![^\s(),])[^\s()]*"
_WORDS = re.compile(rf"(?P<repeat>\d+)\*|(?P<bracket>[()])|(?P<word>{_APART}|[^\s()]+)")


def parse_stack(text: str, *, dtype: npt.DTypeLike = np.float32) -> Stack:
    """
    Read a stack of layers from text.

    Parameters
    ----------
    text : str
        The input's shape and then the layers, separated by blanks. The shape is ``CxL``, ``CxHxW`` or
        ``CxDxHxW``, or one number of features. A layer is a name, a colon and options between commas:

        ======================  ==========================================================================
        ``conv:64,k3``          convolution with 64 kernels of 3×3; also ``k3x5``, ``s2`` stride, ``p1``
                                padding (``p1x2`` one a dimension, ``p0+1`` before and after, ``same``,
                                ``valid``, ``full``), ``d2`` dilation, ``g4`` groups, ``nobias``, ``flip``,
                                and a border's name
        ``dw:k3``               depthwise: one kernel for each channel; ``dw:2,k3`` two
        ``deconv:32,k4,s2,p1``  transposed convolution (``convt``); also ``op1`` output padding
        ``max:3,s2,p1``         pooling, also ``avg`` and ``lp``; ``ceil`` rounds up
        ``adaptive:7x7``        pooling to a wanted size; ``global`` (``gap``) to one cell
        ``dense:10``            fully connected; ``nobias``
        ``bn``                  batch normalisation
        ``relu`` …              activations, ``dropout``, ``lrn``, ``softmax``
        ``flatten``             the map as a vector
        ======================  ==========================================================================

        ``3*conv:64,k3`` and ``2*(conv:64,k3,same relu)`` repeat; a blank may stand for the colon: ``conv 64,k3``.
    dtype : dtype, default float32
        Data type of values and weights, for the bytes.

    Returns
    -------
    Stack

    Raises
    ------
    SpecError
        For anything that cannot be read or does not fit; the message names layer, position and shapes.
    UnknownNameError
        For an unknown layer or option; the nearest names are offered.

    Examples
    --------
    >>> stack = parse_stack("3x224x224 conv:64,k7,s2,p3 relu max:3,s2,p1")
    >>> [layer.output_shape for layer in stack.layers]
    [(64, 112, 112), (64, 112, 112), (64, 56, 56)]
    >>> parse_stack("3x8x8 conv:4,k9")
    Traceback (most recent call last):
    convolens.errors.SpecError: layer 1 'conv:4,k9' at character 7, on input 3×8×8: kernel larger than ...
    """
    words = words_of(text)
    first = next(words, None)
    if first is None or not SIZES.fullmatch(first.text.replace("×", "x")):
        found = "nothing" if first is None else f"{first.text!r}"
        raise SpecError(f"a stack begins with the shape of its input, such as 3x224x224, but {found} was given")
    stack = Stack([int(n) for n in first.text.replace("×", "x").split("x")], dtype)
    for number, word in enumerate(words, 1):
        place = f"layer {number} {word.text!r} at character {word.position}"
        if number > MOST_LAYERS:
            raise SpecError(f"{place}: a stack has at most {MOST_LAYERS} layers; repeat less")
        try:
            stack = add_layer(stack, word.text)
        except ConvolensError as error:
            shape = "×".join(map(str, stack.output_shape))
            raise type(error)(f"{place}, on input {shape}: {error}") from None
    return stack


@dataclass(frozen=True)
class Word:
    """A layer, and where it stands in the text; 1 is the first character."""

    text: str
    position: int


def words_of(text: str) -> Iterator[Word]:
    """Split at blanks and write the repetitions out, one after the other; ``conv 16`` is ``conv:16``."""
    tokens = list(_WORDS.finditer(text))
    yield from _sequence(tokens, _closing_brackets(tokens), 0, len(tokens))


def _closing_brackets(tokens: list[re.Match[str]]) -> dict[int, int]:
    """Find for each opening bracket the token that closes it."""
    closing: dict[int, int] = {}
    opened: list[int] = []
    for index, token in enumerate(tokens):
        if token["bracket"] == "(":
            opened.append(index)
            if len(opened) > MOST_NESTED:
                raise SpecError(f"'(' at character {token.start() + 1} is nested more than {MOST_NESTED} deep")
        elif token["bracket"] == ")":
            if not opened:
                raise SpecError(f"')' at character {token.start() + 1} closes no bracket")
            closing[opened.pop()] = index
            if tokens[index - 1]["bracket"] == "(":
                raise SpecError(f"the brackets at character {token.start()} have nothing in them")
    if opened:
        raise SpecError(f"'(' at character {tokens[opened[-1]].start() + 1} is never closed")
    return closing


def _sequence(tokens: list[re.Match[str]], closing: dict[int, int], start: int, stop: int) -> Iterator[Word]:
    """Give the words between two tokens; ``closing`` leads from an opening bracket to its end."""
    while start < stop:
        token, times = tokens[start], 1
        if token["repeat"]:
            times, start = int(token["repeat"][:9]), start + 1
            if start == stop or times < 1 or tokens[start]["repeat"] or tokens[start].start() != token.end():
                raise SpecError(
                    f"{token.group()!r} at character {token.start() + 1} must repeat something, at least once, "
                    "such as 3*conv:64,k3 or 2*(conv:64,k3,same relu)"
                )
            token = tokens[start]
        end = closing.get(start, start)
        for _ in range(times):
            if token["bracket"]:
                yield from _sequence(tokens, closing, start + 1, end)
            else:
                yield Word(":".join(token.group().split()), token.start() + 1)
        start = end + 1
