"""How the catalogue makes a kernel: a builder of weights, and what is said about them."""

import inspect
from collections.abc import Callable
from typing import Any, Generic, ParamSpec, get_args

from convolens.errors import SpecError, UnknownNameError
from convolens.kernels.named import NamedKernel, Source, Weights

P = ParamSpec("P")


class Recipe(Generic[P]):
    """
    An entry of the catalogue: calling it with the builder's own parameters gives a `NamedKernel`.

    Its name is that of the class attribute which holds it, with dashes for underscores.
    """

    name: str

    def __init__(
        self,
        build: Callable[P, Weights],
        *,
        family: str,
        formula: str,
        responds_to: str,
        because: str,
        source: Source,
    ) -> None:
        self.build = build
        self.family = family
        self.formula = formula
        self.responds_to = responds_to
        self.because = because
        self.source = source
        self.__signature__ = inspect.signature(build, eval_str=True)
        self.__doc__ = build.__doc__ or f"{responds_to} {because}"

    def __set_name__(self, owner: type, name: str) -> None:
        self.__name__ = name
        self.name = name.replace("_", "-")

    def __repr__(self) -> str:
        return f"<kernel recipe {self.name}({', '.join(self._defaults())})>"

    @property
    def example(self) -> str:
        """A call that makes the default kernel, its first parameter said."""
        return f"{self.__name__}({', '.join(self._defaults()[:1])})"

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> NamedKernel:
        """Make the kernel."""
        bound = self.__signature__.bind(*args, **kwargs)
        bound.apply_defaults()
        weights = self.build(*args, **kwargs)
        default = {name: entry.default for name, entry in self.__signature__.parameters.items()}
        changed = [f"{name}={_plain(value)}" for name, value in bound.arguments.items() if value != default[name]]
        return NamedKernel(
            name=self.name,
            weights=weights,
            formula=self.formula,
            family=self.family,
            responds_to=self.responds_to,
            because=self.because,
            source=self.source,
            parameters=bound.arguments,
            label=f"{self.name}:{','.join(changed)}" if changed else self.name,
        )

    def from_options(self, options: str) -> NamedKernel:
        """
        Make the kernel from text: ``"sigma=2,size=9"``; empty text gives the default one.

        Raises
        ------
        UnknownNameError
            If a parameter does not exist.
        SpecError
            If a value is no number, is given twice, or does not fit.
        """
        values: dict[str, Any] = {}
        for option in filter(None, (part.strip() for part in options.split(","))):
            name, equals, text = (part.strip() for part in option.partition("="))
            if name not in self.__signature__.parameters:
                raise UnknownNameError(f"kernel {self.name} has no parameter {name!r}; {self._takes()}")
            if name in values:
                raise SpecError(f"kernel {self.name}: parameter {name} is given twice in {options!r}")
            values[name] = self._value(name, text if equals else "")
        return self(**values)  # type: ignore[call-arg]  # the names come from the signature

    def _value(self, name: str, text: str) -> float | int | None:
        kinds = {annotation := self.__signature__.parameters[name].annotation, *get_args(annotation)}
        if text.lower() == "none" and type(None) in kinds:
            return None
        try:
            return int(text) if int in kinds else float(text)
        except ValueError:
            wanted = "a whole number" if int in kinds else "a number"
            raise SpecError(
                f"kernel {self.name}: {name} must be {wanted}, found {text!r}; {self._takes()}"
            ) from None

    def _defaults(self) -> list[str]:
        entries = self.__signature__.parameters.values()
        return [f"{entry.name}={_plain(entry.default)}" for entry in entries]

    def _takes(self) -> str:
        defaults = self._defaults()
        return f"it takes {', '.join(defaults)}" if defaults else "it takes none"


def _plain(value: object) -> str:
    """The shortest text that reads back as the same number: 2 for 2.0."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
