"""Where a session keeps the photographs that are open: in memory, or in a folder that processes share."""

from __future__ import annotations

import os
import secrets
from collections import OrderedDict
from pathlib import Path
from typing import ClassVar, Protocol

import numpy as np

from convolens.errors import ImageError
from convolens.images.files import file_error
from convolens.lab.photographs import Pixels, luminance_of

_MAPPED = 8  # files of photographs that a process holds mapped


class Shelf(Protocol):
    """Photographs by the names that they were given."""

    def put(self, pixels: Pixels) -> str:
        """Keep a photograph, and return its name."""

    def get(self, name: str, *, grey: bool = False) -> Pixels:
        """Return a photograph, or its luminance; neither may be written to."""

    def drop(self, name: str) -> None:
        """Let a photograph go."""

    def names(self) -> list[str]:
        """List what is kept, the oldest first."""


def _unknown(name: str) -> ImageError:
    return ImageError(f"photograph {name!r} is not open; open it again")


class MemoryShelf:
    """Photographs of one process."""

    def __init__(self) -> None:
        self._pixels: dict[str, Pixels] = {}
        self._grey: dict[str, Pixels] = {}

    def put(self, pixels: Pixels) -> str:
        """Keep a photograph, and return its name."""
        name = secrets.token_hex(8)
        self._pixels[name] = pixels
        return name

    def get(self, name: str, *, grey: bool = False) -> Pixels:
        """Return a photograph, or its luminance."""
        if name not in self._pixels:
            raise _unknown(name)
        if not grey:
            return self._pixels[name]
        if name not in self._grey:
            self._grey[name] = luminance_of(self._pixels[name])
        return self._grey[name]

    def drop(self, name: str) -> None:
        """Let a photograph go."""
        if self._pixels.pop(name, None) is None:
            raise _unknown(name)
        self._grey.pop(name, None)

    def names(self) -> list[str]:
        """List what is kept, the oldest first."""
        return list(self._pixels)


class FolderShelf:
    """
    Photographs in a private folder: any process of the server finds what another decoded.

    A file is only ever one of those that listing the folder finds; no path is made of what a request says.
    """

    _maps: ClassVar[OrderedDict[Path, Pixels]] = OrderedDict()  # shared by all shelves of a process

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, pixels: Pixels) -> str:
        """Keep a photograph, and return its name."""
        name = secrets.token_hex(8)
        self._write(self.folder / f"{name}.npy", pixels)
        return name

    def get(self, name: str, *, grey: bool = False) -> Pixels:
        """Return a photograph, or its luminance, which is kept too once it was asked for."""
        files = self._files()
        if name not in files:
            raise _unknown(name)
        pixels = self._mapped(files[name])
        if not grey or pixels.ndim == 2:
            return pixels
        if f"{name}-grey" not in files:
            files[f"{name}-grey"] = self.folder / f"{files[name].stem}-grey.npy"
            self._write(files[f"{name}-grey"], luminance_of(pixels))
        return self._mapped(files[f"{name}-grey"])

    def drop(self, name: str) -> None:
        """Let a photograph go."""
        files = self._files()
        if name not in files:
            raise _unknown(name)
        for key in (name, f"{name}-grey"):
            if key in files:
                files[key].unlink(missing_ok=True)

    def names(self) -> list[str]:
        """List what is kept, the oldest first."""
        files = {name: path for name, path in self._files().items() if not name.endswith("-grey")}
        return sorted(files, key=lambda name: files[name].stat().st_mtime_ns)

    def _files(self) -> dict[str, Path]:
        try:
            return {path.stem: path for path in self.folder.iterdir() if path.suffix == ".npy"}
        except FileNotFoundError:  # its client has gone
            return {}

    def _write(self, path: Path, pixels: Pixels) -> None:
        partial = path.with_suffix(f".{secrets.token_hex(4)}")
        try:
            with open(partial, "xb") as file:
                np.save(file, pixels, allow_pickle=False)
            os.replace(partial, path)
        except OSError as error:
            partial.unlink(missing_ok=True)
            raise file_error("photograph", error) from error

    def _mapped(self, path: Path) -> Pixels:
        maps = FolderShelf._maps
        for gone in [known for known in maps if not known.exists()]:
            del maps[gone]
        if path not in maps:
            try:
                maps[path] = np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))
            except OSError as error:
                raise file_error("photograph", error) from error
        maps.move_to_end(path)
        while len(maps) > _MAPPED:
            maps.popitem(last=False)
        return maps[path]
