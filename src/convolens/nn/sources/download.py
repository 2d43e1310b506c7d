"""Data sets that are fetched by name, once, and checked against their published checksums."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from convolens.errors import FileError
from convolens.nn.sources.cifar import CLASSES


@dataclass(frozen=True)
class Download:
    """
    A data set on a server.

    Attributes
    ----------
    address : str
        Of the folder that the files are in.
    files : mapping of str to str
        Their SHA-256.
    classes : tuple of str
        What the class numbers stand for.
    """

    address: str
    files: Mapping[str, str]
    classes: tuple[str, ...]


DOWNLOADS = {
    "mnist": Download(
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
        {
            "train-images-idx3-ubyte.gz": "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
            "train-labels-idx1-ubyte.gz": "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
            "t10k-images-idx3-ubyte.gz": "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
            "t10k-labels-idx1-ubyte.gz": "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
        },
        tuple("0123456789"),
    ),
    "fashion-mnist": Download(
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
        {
            "train-images-idx3-ubyte.gz": "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
            "train-labels-idx1-ubyte.gz": "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
            "t10k-images-idx3-ubyte.gz": "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
            "t10k-labels-idx1-ubyte.gz": "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
        },
        (
            "T-shirt/top", "trouser", "pullover", "dress", "coat",
            "sandal", "shirt", "sneaker", "bag", "ankle boot",
        ),
    ),
    "cifar-10": Download(
        "https://www.cs.toronto.edu/~kriz/",
        {"cifar-10-binary.tar.gz": "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"},
        CLASSES,
    ),
}  # fmt: skip


def fetch(name: str) -> Path:
    """
    Fetch what is not there yet, check it, and return the folder of the files, or the only file.

    Raises
    ------
    FileError
        If pooch is missing, the server cannot be reached, or a file is not the one that was published.
    """
    try:
        import pooch
    except ImportError:
        raise FileError(f"{name}: pooch, which fetches it, is missing; pip install 'convolens[data]'") from None
    wanted = DOWNLOADS[name]
    keeper = pooch.create(
        path=pooch.os_cache("convolens") / name, base_url=wanted.address, registry=dict(wanted.files)
    )
    found = []
    for file in wanted.files:
        try:
            found.append(Path(keeper.fetch(file)))
        except OSError as error:  # requests' errors are such
            place = f"{wanted.address}{file}"
            raise FileError(
                f"{name}: {place} cannot be fetched ({error}); fetch it by other means and give its path"
            ) from None
        except ValueError as error:
            raise FileError(
                f"{name}: {wanted.address}{file} is not the file that was published: {error}"
            ) from None
    return found[0].parent if len(found) > 1 else found[0]
