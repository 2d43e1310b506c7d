"""Files that are given to a page of the lab, chosen or dropped."""

from __future__ import annotations

from typing import Any

_DROP = """(node, [name, content]) => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File([new Uint8Array(content)], name));
    const dropped = new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true });
    return !node.dispatchEvent(dropped);
}"""


def choose(page: Any, button: str, file: Any) -> None:
    """Choose a file after a button was pressed."""
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name=button, exact=True).click()
    chooser.value.set_files(file)


def drop(page: Any, name: str, content: bytes) -> bool:
    """Drop a file on the exhibit; tell whether the page took or refused it: the browser leaves it otherwise."""
    taken: bool = page.locator(".exhibit").evaluate(_DROP, [name, list(content)])
    return taken
