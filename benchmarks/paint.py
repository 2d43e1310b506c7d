"""
How fast the lab's pages stand in the browser: ``python -m benchmarks.paint``.

Starts a lab in a process of its own and opens its list and every exhibit in Chromium, each time with nothing kept
from the time before. Printed are medians of the milliseconds from asking for the page to its first paint, and to
the exhibit itself drawn.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics

from playwright.sync_api import Browser, sync_playwright

from benchmarks.lab import started_lab
from convolens.lab.states import STATES

PAINTED = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
WATCH = """new MutationObserver((_, observer) => {
    if (!document.querySelector(".lab .toolbar, .lab li")) return;
    observer.disconnect();
    requestAnimationFrame(() => setTimeout(() => { window.drawnAt = performance.now(); }));
}).observe(document, { childList: true, subtree: true });"""


def opened(browser: Browser, port: int, cookie: str, exhibit: str) -> tuple[float, float]:
    """Open a page in a fresh context, and return when it was first painted and when it was drawn."""
    address = f"http://127.0.0.1:{port}"
    with browser.new_context(base_url=address, reduced_motion="reduce") as context:
        name, _, secret = cookie.partition("=")
        context.add_cookies([{"name": name, "value": secret, "url": address}])
        page = context.new_page()
        page.add_init_script(WATCH)
        page.goto(f"/{exhibit}")
        while not (times := page.evaluate(f"[{PAINTED}, window.drawnAt]")) or None in times:
            page.wait_for_timeout(20)
        return times[0], times[1]


def main() -> None:
    """Read the command line, measure, and print the table."""
    summary = __doc__.strip().splitlines()[0]
    parser = argparse.ArgumentParser(prog="python -m benchmarks.paint", description=summary)
    parser.add_argument("--times", type=int, default=7, help="how often each page is opened")
    times = parser.parse_args().times
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    with started_lab() as (port, cookie), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        opened(browser, port, cookie, "")
        print(f"{'page':<16}{'first paint ms':>16}{'drawn ms':>10}")
        for exhibit in ("", *STATES):
            found = [opened(browser, port, cookie, exhibit) for _ in range(times)]
            painted, drawn = (statistics.median(column) for column in zip(*found, strict=True))
            print(f"{exhibit or 'list':<16}{painted:>16.0f}{drawn:>10.0f}")
        browser.close()


if __name__ == "__main__":
    main()
