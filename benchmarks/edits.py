"""
How soon an exhibit shows what somebody changes: ``python -m benchmarks.edits``.

Starts a lab in a process of its own and opens exhibits in Chromium, as they are first seen and at their largest.
Numbers are typed into cells, settings moved by keys, cells pointed at. Printed are milliseconds from the event
(the Enter that ends a number, the arrow key, the pointer's move) until the first frame in which the new value
stands was on the screen, as Chromium's element timing has it, rounded to 4 ms; and for how many of them the page's
thread ran scripts, and computed styles and layout. The first row is a page with nothing but one number: what
Chromium takes by itself.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import shutil
import statistics

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.changes import CHANGES, NOTHING, Change
from benchmarks.lab import started_lab

WARM_UP = 4
SPENT = ("ScriptDuration", "RecalcStyleDuration", "LayoutDuration")

Times = tuple[float, float, float]
"""Milliseconds until a change was seen, and of them those of scripts, and of styles and layout."""

PICTURES = """const put = CanvasRenderingContext2D.prototype.putImageData;
window.pictures = 0;
CanvasRenderingContext2D.prototype.putImageData = function (...given) {
    window.pictures += this.canvas === document.querySelector(".picture canvas");
    return put.apply(this, given);
};"""
"""Counts what is drawn where the gallery's result stands."""

WATCH = """() => {
    const value = () => %s;
    const before = value();
    window.found = new Promise((done, failed) => addEventListener("%s", ({ timeStamp }) => {
        const look = () => {
            const now = value();
            if (now === before || now == null) return requestAnimationFrame(look);
            const probe = document.createElement("i"); // painted with the new value for the first time
            probe.setAttribute("elementtiming", "probe");
            probe.style.cssText = "position: fixed; left: 0; top: 0; font-size: 9px; pointer-events: none";
            probe.textContent = ".";
            document.body.append(probe);
            new PerformanceObserver((list, observer) => {
                observer.disconnect();
                probe.remove();
                done(list.getEntries()[0].renderTime - timeStamp);
            }).observe({ type: "element" });
        };
        requestAnimationFrame(look);
        setTimeout(() => failed(new Error("no other value within 10 s")), 10_000);
    }, { capture: true, once: true }));
}"""
"""Waits for the next event, and for the frame in which an expression has another value."""


def opened(browser: Browser, port: int, cookie: str) -> Page:
    """Open a browser's page that the lab lets in."""
    address = f"http://127.0.0.1:{port}"
    name, _, secret = cookie.partition("=")
    context = browser.new_context(
        base_url=address, reduced_motion="reduce", viewport={"width": 1280, "height": 900}
    )
    context.add_cookies([{"name": name, "value": secret, "url": address}])
    page = context.new_page()
    page.add_init_script(PICTURES)
    return page


def timed(page: Page, change: Change, times: int) -> list[Times]:
    """Make a change so many times."""
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")

    def spent() -> dict[str, float]:
        return {one["name"]: 1e3 * one["value"] for one in session.send("Performance.getMetrics")["metrics"]}

    found = []
    for _, make in zip(range(WARM_UP + times), change.events(page), strict=False):
        page.evaluate(WATCH % (change.value, change.event))
        before = spent()
        make()
        seen = page.evaluate("window.found")
        scripts, styles, layout = (spent()[name] - before[name] for name in SPENT)
        found.append((seen, scripts, styles + layout))
        page.wait_for_timeout(30)
    return found[WARM_UP:]


def measure(page: Page, change: Change, times: int) -> list[Times]:
    """Open the exhibit and make the change."""
    page.goto("about:blank")
    if change.state is None:
        page.evaluate(NOTHING)
        return timed(page, change, times)
    packed = base64.urlsafe_b64encode(json.dumps(change.state.to_json()).encode()).decode().rstrip("=")
    page.goto(f"/{change.exhibit}#j={packed}")
    page.locator(".lab .toolbar").wait_for()
    page.wait_for_timeout(300)
    return timed(page, change, times)


def report(change: Change, found: list[Times]) -> None:
    """Print a row of the table."""
    seen, scripts, layout = map(sorted, zip(*found, strict=True))
    last = seen[int(0.95 * len(seen))]
    row = [change.exhibit, change.what, f"{statistics.median(seen):.0f}", f"{last:.0f}"]
    print(
        f"| {' | '.join(row)} | {statistics.median(scripts):.1f} | {statistics.median(layout):.1f} |", flush=True
    )


def main() -> None:
    """Read the command line, measure, and print the table."""
    summary = __doc__.strip().splitlines()[0]
    parser = argparse.ArgumentParser(prog="python -m benchmarks.edits", description=summary)
    parser.add_argument("exhibits", nargs="*", metavar="EXHIBIT", help="those to measure; else all")
    parser.add_argument("--times", type=int, default=25, help="how often each change is made")
    parser.add_argument("--only", default="", help="changes whose description has this in it")
    given = parser.parse_args()
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    print("| exhibit | what is changed | median | 95 % within | scripts | styles, layout |")
    print("|---|---|---|---|---|---|")
    with started_lab() as (port, cookie), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = opened(browser, port, cookie)
        for change in CHANGES:
            wanted = not given.exhibits or change.exhibit in given.exhibits
            if wanted and given.only in change.what:
                report(change, measure(page, change, given.times))
        browser.close()


if __name__ == "__main__":
    main()
