"""Recipes: what is done where nobody says which network, and how."""

import shlex
from dataclasses import fields

import pytest

from convolens.nn import Network
from convolens.nn.recipes import RECIPES, USUAL, recipe_for
from convolens.nn.train import Settings


@pytest.mark.parametrize("name", RECIPES)
def test_options_are_the_settings(name: str) -> None:
    """The options that are told are those of the command line, and lead to the recipe's settings."""
    recipe, usual = RECIPES[name], Settings()
    words = shlex.split(recipe.options())
    given = {option[2:].replace("-", "_"): value for option, value in zip(words[::2], words[1::2], strict=True)}
    wanted = vars(recipe.settings)
    for field in fields(Settings):
        found = type(wanted[field.name])(given.pop(field.name, getattr(usual, field.name)))
        assert found == wanted[field.name]
    assert not given
    assert Network.from_text(recipe.text(10), (1, 8, 8)).output_shape == (10,)


def test_whose_recipe() -> None:
    """Data that have one are trained by it, unless a network is named; all others as usual."""
    assert recipe_for("digits") is RECIPES["digits"]
    assert recipe_for("digits", "flatten dense 10") is recipe_for("data.npz") is USUAL
    assert USUAL.options() == ""
