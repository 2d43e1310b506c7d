"""docs/architecture.md is true: it names every folder of the package."""

from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_every_folder_is_named() -> None:
    """The tree in docs/architecture.md has a line for each folder of the package."""
    page = (ROOT / "docs" / "architecture.md").read_text()
    folders = [path.parent.name for path in (ROOT / "src" / "convolens").glob("*/__init__.py")]
    assert len(folders) > 5
    assert [name for name in folders if f"      {name}/" not in page] == []
