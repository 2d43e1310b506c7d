"""Pages that hold all they need, written whole; and what the server's pages load."""

import base64
import hashlib
import html
import json
import re
from pathlib import Path

import pytest

from convolens.errors import FileError, UnknownNameError
from convolens.lab import pages
from convolens.lab.export import export_site
from convolens.lab.pages import BuiltFile, missing_page, served_page, sign_in_page, static_page
from convolens.lab.states import STATES, SlidingWindow

TRICKY = 'const a = "</script><!--<script>é"; export default { render() {} };'


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand a small front end in, with everything in it that ends a script too early."""
    names = ["page", *STATES]
    files = {f"{name}.js": BuiltFile(f"{TRICKY}//{name}".encode(), "text/javascript", '"x"') for name in names}
    monkeypatch.setattr(pages, "built_files", lambda: files)


@pytest.mark.usefixtures("built")
def test_static_pages_hold_all_they_need() -> None:
    """Nothing is loaded, no script ends early, and the policy allows the page's own script alone."""
    page = static_page("sliding-window", SlidingWindow(border="wrap").to_json())
    assert not re.search(r"\b(src|href)=(?!\"data:)", page)
    assert page.count("</script") == 2
    assert "<!--" not in page
    module, script = re.findall(r"<script[^>]*>(.*?)</script>", page)
    assert (
        module
        == """const a = "\\x3C/script>\\x3C!--\\x3Cscript>é"; export default { render() {} };//sliding-window"""
    )
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}' 'wasm-unsafe-eval' blob:" in page
    state = re.search(r'data-state="(.*?)"', page)
    assert state is not None
    assert SlidingWindow.from_json(html.unescape(state[1])).border == "wrap"
    assert page.count("<script") == 2
    assert static_page().count("<script") == 1


@pytest.mark.usefixtures("built")
def test_site(tmp_path: Path) -> None:
    """Every exhibit is a page, a list is before them, and nothing is overwritten unasked."""
    folder = tmp_path / "new" / "site"
    names = [path.name for path in export_site(folder)]
    assert names == ["index.html", *(f"{name}.html" for name in STATES)]
    assert sorted(names) == sorted(path.name for path in folder.iterdir())
    assert 'data-exhibit="sliding-window"' in (folder / "sliding-window.html").read_text()
    with pytest.raises(FileError, match="there is something in it already"):
        export_site(folder)
    (folder / "index.html").write_text("old")
    export_site(folder, overwrite=True)
    assert (folder / "index.html").read_text().startswith("<!doctype html>")
    with pytest.raises(FileError, match="standard output is not written to"):
        export_site(Path("-"))
    (tmp_path / "file").touch()
    with pytest.raises(FileError, match="file: is a file, and a folder is wanted; choose another name"):
        export_site(tmp_path / "file", overwrite=True)
    with pytest.raises(FileError, match="site: part of this path is a file"):
        export_site(tmp_path / "file" / "site")


def test_not_built(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the built files one line says how they come to be."""
    monkeypatch.setattr(pages, "built_files", dict)
    with pytest.raises(FileError, match="the front end is not built"):
        static_page()
    with pytest.raises(UnknownNameError, match="unknown exhibit 'sliding'; did you mean 'sliding-window'"):
        static_page("sliding")


def test_served_pages() -> None:
    """The server's pages have no script of their own, and tell which exhibits there are."""
    page = served_page("sliding-window")
    assert re.findall(r"<script[^>]*>(.*?)</script>", page) == [""]
    assert 'src="static/page.js"' in page
    names = re.search(r'data-exhibits="(.*?)"', page)
    assert names is not None
    assert json.loads(html.unescape(names[1])) == list(STATES)
    assert "role=alert" in sign_in_page(wrong=True)
    assert "role=alert" not in sign_in_page()
    assert '<a href="/">' in missing_page()
