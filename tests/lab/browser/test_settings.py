"""Settings beside an exhibit: they take room where there are any."""

from typing import Any

import pytest

from convolens.lab.states import STATES

COLUMN = """() => {
    const aside = document.querySelector("aside");
    const main = aside?.previousElementSibling;
    return [
        aside?.textContent.trim() ? "settings" : "none",
        aside?.offsetWidth ? "seen" : "hidden",
        main && main.offsetWidth < aside.parentElement.offsetWidth ? "beside" : "alone",
    ];
}"""
"""Whether there are settings, whether one sees them, and whether they stand beside what is looked at."""


@pytest.mark.parametrize("exhibit", [name for name in STATES if name != "borders"])  # whose settings stand above
def test_settings_that_are_hidden(lab: Any, exhibit: str) -> None:
    """Any one setting stands beside what is looked at; where all are hidden, that takes their place."""
    controls = STATES[exhibit].controls
    lab.open(exhibit)
    found = []
    for only in (*controls, "none"):
        lab.show(exhibit, {"hidden": [name for name in controls if name != only]})
        lab.page.wait_for_selector(".columns")  # which the gallery's picture comes before
        found.append(tuple(lab.page.evaluate(COLUMN)))
    assert set(found) == {("settings", "seen", "beside"), ("none", "hidden", "alone")}
    assert found[-1] == ("none", "hidden", "alone")
