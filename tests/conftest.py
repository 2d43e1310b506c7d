"""What holds for all tests."""

from collections.abc import Iterator

import pytest
from hypothesis import settings

settings.register_profile("convolens", deadline=None)  # machines are shared: time is no matter of a test
settings.load_profile("convolens")


@pytest.fixture(scope="session", autouse=True)
def equal_machines() -> Iterator[None]:
    """Plan by the kind of processor, not by how fast this one was when some test measured it beside other work."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("convolens.planning.circumstances.known_machine", lambda: None)
        yield
