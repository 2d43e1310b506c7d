"""Where data to learn from are read: named sets, arrays, IDX files, CIFAR-10, folders of images."""

import os
from pathlib import Path

from convolens.errors import FileError, SpecError, unknown_name
from convolens.nn.data import Dataset
from convolens.nn.sources.arrays import read_digits, read_npz
from convolens.nn.sources.cifar import is_cifar_folder, read_cifar
from convolens.nn.sources.download import DOWNLOADS, fetch
from convolens.nn.sources.idx import is_idx_folder, read_idx_files, read_idx_folder
from convolens.nn.sources.image_folder import FITS, read_image_folder

NAMED = ("digits", *DOWNLOADS)
KINDS = (
    f"{', '.join(NAMED)}, an .npz file, IDX files, CIFAR-10's binary version, or a folder with a folder of images "
    "for each class"
)
_PICKLES = (".pkl", ".pickle", ".pt", ".pth", ".joblib")


def read_source(source: str | os.PathLike[str], size: tuple[int, int] | None, fit: str) -> Dataset:
    """Read what a name or a path stands for; :func:`convolens.nn.data.read_data` says more."""
    if fit not in FITS:
        raise unknown_name("way to fit images", fit, FITS)
    name, path = os.fspath(source), Path(source)
    if size is not None and not (name not in NAMED and path.is_dir() and _is_of_images(path)):
        raise SpecError(f"{name}: only folders of images are brought to a size")
    if name == "digits":
        return read_digits()
    if name in DOWNLOADS:
        place = fetch(name)
        return read_idx_folder(place, DOWNLOADS[name].classes) if place.is_dir() else read_cifar(place)
    if path.is_dir():
        if is_cifar_folder(path):
            return read_cifar(path)
        return read_idx_folder(path) if is_idx_folder(path) else read_image_folder(path, size, fit)
    return _read_file(path)


def _is_of_images(folder: Path) -> bool:
    return not is_cifar_folder(folder) and not is_idx_folder(folder)


def _read_file(path: Path) -> Dataset:
    lower = path.name.lower()
    if lower.endswith(_PICKLES):
        raise FileError(f"{path}: is a pickle by its name, and nothing is ever unpickled; save the arrays as .npz")
    if lower.endswith(".npz"):
        return read_npz(path)
    if lower.endswith((".tar.gz", ".tgz", ".tar")):
        return read_cifar(path)
    if "idx" in lower:
        return read_idx_files(path)
    if not path.exists():
        raise FileError(f"{path}: there is no such file or folder, and no data of that name; give {KINDS}")
    raise FileError(f"{path}: is neither {KINDS}")
