"""Take the pictures of the lab: its pages, as they are written for any web host, in Chromium."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from convolens.lab.export import export_site

HERE = Path(__file__).parent
SHOTS = {  # picture: page, height and colours
    "lab-list": ("index", 1370, "light"),
    "lab-sliding-window": ("sliding-window", 1080, "light"),
    "lab-dark": ("sliding-window", 1080, "dark"),
    "lab-gallery": ("gallery", 1080, "light"),
    "lab-channels": ("channels", 1080, "light"),
    "lab-sizes": ("sizes", 1080, "light"),
    "lab-pooling": ("pooling", 1330, "light"),
    "lab-borders": ("borders", 1080, "light"),
    "lab-matrix-view": ("matrix-view", 1080, "light"),
    "lab-backwards": ("backwards", 1080, "light"),
    "lab-signals": ("signals", 1080, "light"),
}


def main() -> None:
    """Write every picture beside this file."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        raise SystemExit("Chromium is needed: apt-get install chromium, or set CHROMIUM to its path")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        site = Path(folder) / "site"
        export_site(site)
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for name, (exhibit, height, colours) in SHOTS.items():
            page = browser.new_page(
                viewport={"width": 1280, "height": height}, color_scheme=colours, reduced_motion="reduce"
            )
            page.goto((site / f"{exhibit}.html").as_uri())
            page.locator(".lab h1" if exhibit == "index" else ".lab .lab").wait_for()
            if exhibit == "sliding-window":
                for _ in range(4):
                    page.get_by_role("button", name="Step", exact=True).click()
            if exhibit == "pooling":
                page.get_by_label("Example").select_option("digit")
            page.wait_for_timeout(1000)  # until photographs are filtered
            page.screenshot(path=HERE / f"{name}.png")
            page.close()
        browser.close()


if __name__ == "__main__":
    main()
