"""Arrays by name, and facts about them, in one safetensors file: written whole or not at all, and checked."""

import json
import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from convolens.errors import FileError
from convolens.images.files import atomic_output, open_input
from convolens.nn.typed import MALFORMED
from convolens.ops.arrays import Array

KEY = "convolens"
_PICKLES = b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05", b"PK\x03\x04"


def write_arrays(
    path: str | os.PathLike[str], arrays: Mapping[str, Array], facts: Mapping[str, Any], *, overwrite: bool = False
) -> None:
    """
    Write arrays, and facts that JSON can hold, which go into the header.

    Raises
    ------
    FileError
        If the file exists, without ``overwrite``, or cannot be written; an older one stays as it was.
    """
    from safetensors.numpy import save

    whole = {name: np.asarray(array, order="C") for name, array in arrays.items()}
    data = save(whole, {KEY: json.dumps(facts)})
    with atomic_output(path, overwrite=overwrite) as file:
        file.write(data)


def read_arrays(path: str | os.PathLike[str], kind: str) -> tuple[dict[str, Array], dict[str, Any]]:
    """
    Read what :func:`write_arrays` wrote.

    Parameters
    ----------
    path : path
        The file.
    kind : str
        What should be in it; ``facts["kind"]`` of what was written.

    Raises
    ------
    FileError
        If there is no such file, or it is damaged, or something else.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load

    data = _read(path, kind)
    try:
        arrays = load(data)
        length = int.from_bytes(data[:8], "little")
        facts = json.loads(json.loads(data[8 : 8 + length])["__metadata__"][KEY])
        found = facts["kind"]
    except (SafetensorError, *MALFORMED) as error:
        reason = "its header has nothing from Convolens" if isinstance(error, KeyError) else str(error)
        raise FileError(f"{path}: is not a {kind} of Convolens, or is damaged: {reason}") from None
    if found != kind:
        raise FileError(f"{path}: holds a {found}, not a {kind}")
    return arrays, facts


def read_plain_arrays(path: str | os.PathLike[str]) -> dict[str, Array]:
    """
    Read the arrays of any safetensors file.

    Raises
    ------
    FileError
        If there is no such file, or it is damaged, or something else.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load

    data = _read(path, "file of weights")
    try:
        arrays: dict[str, Array] = load(data)
    except (SafetensorError, *MALFORMED) as error:
        raise FileError(f"{path}: is not a safetensors file, is damaged, or holds other types: {error}") from None
    return arrays


def _read(path: str | os.PathLike[str], kind: str) -> bytes:
    """Read a file; refuse pickles."""
    with open_input(path) as file:
        data = file.read()
    if data.startswith(_PICKLES):
        raise FileError(
            f"{path}: is a pickle, or an archive that may hold one, as PyTorch writes them, and not a {kind}; "
            "nothing is ever unpickled. In PyTorch, write the weights as safetensors: "
            "safetensors.torch.save_file(torch.load(path, weights_only=True), 'weights.safetensors')"
        )
    return data
