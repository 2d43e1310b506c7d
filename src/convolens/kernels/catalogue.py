"""The catalogue of named kernels: look one up by name or by text, or call it with parameters."""

from collections.abc import Iterator, Mapping
from typing import Any

from convolens.errors import UnknownNameError, unknown_name
from convolens.kernels.gallery import Gallery
from convolens.kernels.named import NamedKernel
from convolens.kernels.recipe import Recipe


class Catalogue(Gallery, Mapping[str, NamedKernel]):
    """
    Kernels by name, as a mapping in gallery order, and as functions.

    ``kernels["gaussian:sigma=2,size=9"]`` and ``kernels.gaussian(sigma=2, size=9)`` are the same kernel. In names,
    case does not matter, and spaces and underscores are dashes.

    Raises
    ------
    UnknownNameError
        For a name or a parameter that does not exist; a LookupError that offers the nearest names.
    SpecError
        For a parameter that does not fit.

    Examples
    --------
    >>> kernels["sobel-x"].weights.tolist()
    [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]
    >>> kernels["gaussian:sigma=2"] == kernels.gaussian(sigma=2)
    True
    >>> "Sobel_Y" in kernels, "sobel" in kernels
    (True, False)
    >>> kernels["soble-x"]  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    convolens.errors.UnknownNameError: unknown kernel 'soble-x'; did you mean 'sobel-x' or 'sobel-y' or ...
    """

    # The package's attribute `convolens.kernels` is this object, not the module of the same name. Carrying the
    # module's name lets `import convolens.kernels.design as design` find its way past it.
    __name__ = "convolens.kernels"

    def __init__(self) -> None:
        entries = vars(Gallery).values()
        self._recipes: dict[str, Recipe[Any]] = {
            entry.name: entry for entry in entries if isinstance(entry, Recipe)
        }

    def __getitem__(self, text: str) -> NamedKernel:
        name, _, options = str(text).partition(":")
        recipe = self._recipes.get(name.strip().lower().replace("_", "-").replace(" ", "-"))
        if recipe is None:
            raise unknown_name("kernel", name, self._recipes)
        return recipe.from_options(options)

    def __iter__(self) -> Iterator[str]:
        return iter(self._recipes)

    def __len__(self) -> int:
        return len(self._recipes)

    def __contains__(self, text: object) -> bool:
        try:
            return isinstance(text, str) and self[text] is not None
        except (UnknownNameError, ValueError):
            return False

    def get(self, text: str, default: Any = None) -> Any:
        """Return the kernel of that name, or ``default`` where there is none."""
        return self[text] if text in self else default  # noqa: SIM401 (it would call itself)

    def __repr__(self) -> str:
        return f"<{len(self)} kernels: {', '.join(self)}>"

    def __reduce__(self) -> str:
        return "kernels"  # there is one catalogue, and this is its name in this module

    def _ipython_key_completions_(self) -> list[str]:
        return list(self)


kernels = Catalogue()
"""The catalogue itself."""
