"""How a network is trained where nobody says which and how: for data that have a name, and for others."""

import shlex
from dataclasses import dataclass, fields
from typing import Any

from convolens.nn.train import Settings


@dataclass(frozen=True)
class Recipe:
    """
    A network, and how it is trained.

    Attributes
    ----------
    network : str
        As text, up to its last layer, which is as large as there are classes.
    settings : Settings
        How.
    """

    network: str
    settings: Settings

    def text(self, classes: int) -> str:
        """Write the whole network."""
        return f"{self.network} dense {classes}"

    def options(self) -> str:
        """Write the settings that are not as usual, as they stand on the command line."""
        usual, words = Settings(), list[str]()
        for field in fields(Settings):
            value: Any = getattr(self.settings, field.name)
            if value != getattr(usual, field.name):
                words += [f"--{field.name.replace('_', '-')}", str(value)]
        return shlex.join(words)


USUAL = Recipe("conv 32,k3,same relu conv 64,k3,same relu max 2 flatten dropout:0.4", Settings())
# Chosen by what digits that were not learned from were taken for, with other seeds than benchmarks.digits has.
RECIPES = {
    "digits": Recipe(
        "conv 16,k3,same relu conv 32,k3,same relu max 2 conv 64,k3,same relu flatten dropout:0.3",
        Settings(epochs=28, rate=0.008, augmentation="rotate:12 zoom:0.1 move:0.5"),
    ),
}


def recipe_for(data: str, network: str | None = None) -> Recipe:
    """Give the recipe for data by their name, where no network is named; else the usual one."""
    return USUAL if network is not None else RECIPES.get(data, USUAL)
