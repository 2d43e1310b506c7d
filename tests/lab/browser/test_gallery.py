"""The gallery in a browser: its pixels are those of the library."""

import base64
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import convolens as cl
from convolens.lab.pages import static_page
from convolens.lab.photographs import open_sample
from lab.opening import choose, drop

KERNEL = np.random.default_rng(7).integers(-4, 5, (2, 5))
STATE = {
    "photograph": "shapes", "kernel": {"shape": [2, 5], "data": KERNEL.ravel().tolist()}, "channels": "each",
    "border": "wrap", "flip": True,
}  # fmt: skip


def _wait(lab: Any) -> None:
    lab.page.wait_for_selector('.picture canvas[role="img"]')
    lab.wait("document.querySelector('.picture canvas').width === 480")


def _pixels(lab: Any, which: int) -> Any:
    """Read the photograph (1), or the result (0), from its canvas."""
    address = lab.page.evaluate("which => document.querySelectorAll('.picture canvas')[which].toDataURL()", which)
    with Image.open(io.BytesIO(base64.b64decode(address.partition(",")[2]))) as picture:
        return np.asarray(picture.convert("RGB"))


def _contrast(png: bytes) -> float:
    """Tell how far the pixels of a thumbnail's middle spread."""
    with Image.open(io.BytesIO(png)) as picture:
        grey = np.asarray(picture.convert("L"), float)
    return float(grey[20:80, 20:-20].std())


def test_result_on_the_screen(lab: Any) -> None:
    """Every pixel is that of the engine, before and after the keyboard has changed a number of the kernel."""
    lab.open("gallery", {**STATE, "display": "signed", "gain": 3})
    _wait(lab)
    photograph = _pixels(lab, 1)
    options: dict[str, Any] = {"border": "wrap", "flip": True, "response": "signed", "gain": 3}
    np.testing.assert_array_equal(_pixels(lab, 0), cl.filter_image(photograph, KERNEL, **options))
    lab.cell("Kernel", 0, 0).focus()
    for key in ("ArrowRight", "-", "7", "Enter"):
        lab.page.keyboard.press(key)
    changed = KERNEL.copy()
    changed[0, 1] = -7
    assert lab.number("Kernel", 0, 1) == -7
    lab.page.wait_for_timeout(400)
    np.testing.assert_array_equal(_pixels(lab, 0), cl.filter_image(photograph, changed, **options))


def test_pixel_is_worked_out(lab: Any) -> None:
    """The loupe says the numbers of the picture, and arrow keys lead to the sum of the next pixel."""
    lab.open("gallery", {**STATE, "display": "clip", "pixel": [30, 200], "channel": 1})
    _wait(lab)
    photograph, result = _pixels(lab, 1), _pixels(lab, 0)
    assert lab.number("Before", 30, 200) == photograph[30, 200, 1]
    assert lab.number("After", 32, 203) == result[32, 203, 1]
    lab.cell("After", 30, 200).focus()
    lab.page.keyboard.press("ArrowLeft")
    total = cl.filter_image(photograph.astype(float), KERNEL, border="wrap", flip=True, response="raw")[30, 199, 1]
    assert lab.page.locator(".worked .title").inner_text() == (
        f"pixel [30, 199]: sum {total:.0f}, shown as {result[30, 199, 1]}".replace("sum -", "sum −")
    )


@pytest.mark.parametrize("measure", ["kernel", "magnitude", "direction"])
def test_programs_run_as_shown(lab: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, measure: str) -> None:
    """Each program reads the photograph and makes the result of the screen."""
    lab.open("gallery", {**STATE, "display": "absolute", "measure": measure})
    _wait(lab)
    monkeypatch.chdir(tmp_path)
    Image.fromarray(_pixels(lab, 1)).save("photograph.png")
    shown = _pixels(lab, 0)
    lab.page.get_by_role("button", name="Show the code").click()
    for style in ("NumPy", "im2col", "PyTorch", "SciPy", "Convolens") if measure == "kernel" else ("Convolens",):
        lab.page.get_by_role("radio", name=style, exact=True).check()
        exec(lab.page.locator("dialog[open] pre").inner_text(), {})
        found = np.asarray(Image.open("result.png"))
        np.testing.assert_allclose(found.astype(int), shown, atol=measure == "direction", err_msg=style)
    if measure != "kernel":
        lab.page.get_by_role("radio", name="NumPy, im2col, PyTorch, SciPy", exact=True).check()
        assert lab.page.locator("dialog[open] pre").inner_text().startswith("# These are for one kernel")


def test_own_photograph(lab: Any, tmp_path: Path) -> None:
    """A file is filtered in the browser, and its result comes back as a file; what is none is refused."""
    photograph = np.random.default_rng(3).integers(0, 256, (320, 480, 3), np.uint8)
    Image.fromarray(photograph).save(tmp_path / "own.png")
    (tmp_path / "none.png").write_bytes(b"<svg/>")
    lab.open("gallery", {**STATE, "display": "clip"})
    _wait(lab)
    choose(lab.page, "Open yours", tmp_path / "none.png")
    lab.page.get_by_text("cannot read this as a picture").first.wait_for()
    choose(lab.page, "Open yours", tmp_path / "own.png")
    lab.page.wait_for_timeout(800)
    np.testing.assert_array_equal(_pixels(lab, 1), photograph)
    with lab.page.expect_download() as download:
        lab.page.get_by_role("button", name="Download the result").click()
    download.value.save_as(tmp_path / "result.png")
    expected = cl.filter_image(photograph, KERNEL, border="wrap", flip=True)
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "result.png").convert("RGB")), expected)


CELLS = """async () => {
    const picture = await new OffscreenCanvas(60, 40).getContext("2d").canvas.convertToBlob();
    const cells = new Blob(["4\\t5"], { type: "text/plain" });
    await navigator.clipboard.write([new ClipboardItem({ "text/plain": cells, "image/png": picture })]);
}"""


def test_pasting(lab: Any) -> None:
    """A picture is pasted; cells of a spreadsheet go into the kernel without theirs; a locked one stays."""
    lab.open("gallery", STATE)
    _wait(lab)
    lab.page.evaluate(CELLS)
    lab.cell("Kernel", 0, 0).focus()
    lab.page.keyboard.press("Control+v")
    assert [lab.number("Kernel", 0, 0), lab.number("Kernel", 0, 1)] == [4, 5]
    photograph = lab.page.get_by_role("combobox", name="Photograph")
    lab.page.wait_for_timeout(300)
    assert photograph.input_value() == "shapes"
    lab.page.evaluate("document.activeElement.blur()")
    lab.page.keyboard.press("Control+v")
    lab.wait("document.querySelector('.picture canvas').width === 60")
    assert photograph.locator(":checked").inner_text() == "Pasted picture"
    lab.open("gallery", {**STATE, "locked": ["photograph"]})
    _wait(lab)
    lab.page.keyboard.press("Control+v")
    assert drop(lab.page, "own.png", b"")
    lab.page.wait_for_timeout(300)
    assert photograph.input_value() == "shapes"
    assert lab.page.get_by_text("own.png").count() == 0


def test_transparent_photograph(lab: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is transparent lies over white, in the programs as on the screen."""
    monkeypatch.chdir(tmp_path)
    photograph = Image.fromarray(np.random.default_rng(3).integers(0, 256, (320, 480, 4), np.uint8))
    photograph.save("photograph.png")
    lab.open("gallery", {**STATE, "kernel": "box", "display": "clip"})
    _wait(lab)
    choose(lab.page, "Open yours", tmp_path / "photograph.png")
    lab.page.wait_for_timeout(800)
    white = Image.new("RGBA", photograph.size, "white")
    laid = np.asarray(Image.alpha_composite(white, photograph).convert("RGB")).astype(int)
    np.testing.assert_allclose(_pixels(lab, 1), laid, atol=1)
    lab.page.get_by_role("button", name="Show the code").click()
    for style in ("NumPy", "Convolens"):
        lab.page.get_by_role("radio", name=style, exact=True).check()
        exec(lab.page.locator("dialog[open] pre").inner_text(), {})
        found = np.asarray(Image.open("result.png")).astype(int)
        np.testing.assert_allclose(found, _pixels(lab, 0), atol=1, err_msg=style)


def test_tiff(lab: Any, tmp_path: Path) -> None:
    """Python reads what the browser cannot; where it is not there, the page says what to do."""
    photograph = np.random.default_rng(3).integers(0, 256, (40, 60, 3), np.uint8)
    Image.fromarray(photograph).save(tmp_path / "own.tif")
    lab.open("gallery", STATE)
    lab.wait("document.querySelector('option[value=coins]')")
    choose(lab.page, "Open yours", tmp_path / "own.tif")
    lab.wait("document.querySelector('.picture canvas').width === 60")
    np.testing.assert_array_equal(_pixels(lab, 1), photograph)
    (tmp_path / "own.tif").write_bytes(b"II*\0 and no more")
    choose(lab.page, "Open yours", tmp_path / "own.tif")
    lab.page.get_by_text("own.tif: holds 0 pictures").first.wait_for()
    (tmp_path / "gallery.html").write_text(static_page("gallery"))
    lab.page.goto((tmp_path / "gallery.html").as_uri())
    choose(lab.page, "Open yours", tmp_path / "own.tif")
    lab.page.get_by_text("own.tif: this browser cannot read TIFF. Make it a PNG").first.wait_for()


def test_camera(lab: Any) -> None:
    """What the camera sees is shown, and taken on a press; then the camera is let go. Without one it is said."""
    lab.open("gallery", STATE)
    _wait(lab)
    lab.page.get_by_role("button", name="Camera").click()
    lab.page.get_by_role("alert").get_by_text("No camera could be used").wait_for()
    lab.page.keyboard.press("Escape")
    lab.page.context.grant_permissions(["camera"])
    lab.page.get_by_role("button", name="Camera").click()
    lab.page.locator("video").evaluate("video => { window.stream = () => video.srcObject; }")
    lab.page.get_by_role("button", name="Take the picture").click()
    lab.wait("!document.querySelector('video')")
    lab.says(lab.page.get_by_label("Photograph").locator("option:checked"), "From the camera")
    lab.page.wait_for_timeout(800)
    assert lab.page.evaluate("stream().getTracks().map((track) => track.readyState)") == ["ended"]
    taken = _pixels(lab, 1)
    assert taken.shape[:2] == (480, 640)
    assert np.ptp(taken) > 100


def test_python_filters_what_is_large(lab: Any, tmp_path: Path) -> None:
    """Samples come from Python, and a photograph that is shown smaller is downloaded at its whole size."""
    lab.open("gallery", {"photograph": "coins", "kernel": "sharpen", "display": "clip"})
    lab.wait("document.querySelector('.picture canvas')?.width === 384")
    np.testing.assert_array_equal(_pixels(lab, 1)[..., 0], open_sample("coins"))
    large = np.tile(np.random.default_rng(3).integers(0, 256, (16, 24), np.uint8), (125, 105))
    Image.fromarray(large).save(tmp_path / "large.png")
    choose(lab.page, "Open yours", tmp_path / "large.png")
    button = lab.page.get_by_role("button", name="Download it at whole size")
    with lab.page.expect_download() as download:
        button.click()
    download.value.save_as(tmp_path / "result.png")
    with Image.open(tmp_path / "result.png") as picture:
        np.testing.assert_array_equal(np.asarray(picture), cl.filter_image(large, "sharpen", border="reflect"))
    lab.page.get_by_role("radio", name="Edges", exact=True).check()
    with lab.page.expect_download() as download:
        button.click()
    download.value.save_as(tmp_path / "edges.png")
    with Image.open(tmp_path / "edges.png") as picture:
        np.testing.assert_array_equal(np.asarray(picture), cl.edge_magnitude(large))


def test_all_kernels(lab: Any) -> None:
    """Every named kernel is there, answers are strengthened together, and one opens large."""
    lab.open("gallery", {"view": "all"})
    lab.wait(
        "[...document.querySelectorAll('li canvas')].filter(({ width }) => width === 220).length === "
        f"{len(cl.kernels)}"
    )
    line = lab.page.get_by_role("button", name="line-0", exact=True)
    before = line.screenshot()
    strengthened = lab.page.get_by_role("slider", name="Strengthened")
    strengthened.press("End")
    lab.page.get_by_text("answers are 16 times as far from it").wait_for()
    lab.page.wait_for_timeout(800)
    assert _contrast(line.screenshot()) > 2 * _contrast(before)
    lab.page.get_by_role("button", name="laplacian-8", exact=True).click()
    assert strengthened.input_value() == "16"
    assert lab.number("Kernel", 1, 1) == cl.kernels["laplacian-8"].weights[1, 1]


def test_accessible(phone: Any) -> None:
    """axe-core finds nothing to complain of, and 320 pixels are wide enough."""
    phone.open("gallery")
    phone.page.wait_for_selector(".loupe")
    phone.page.wait_for_timeout(400)
    assert phone.page.evaluate("document.documentElement.scrollWidth") <= 320
    phone.check_accessible()
