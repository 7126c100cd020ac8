"""Take the picture of the board that the README shows: `python tools/take_picture.py ADDRESS FILE`.

The console must be serving at the address; Debian's Chromium draws it.
"""

from __future__ import annotations

import sys

from playwright.sync_api import sync_playwright

SIZE = {"width": 1280, "height": 1370}


def take(address: str, file: str) -> None:
    """Save what the board shows once its map is drawn."""
    with sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-background-networking"]
        )
        page = browser.new_page(viewport=SIZE, locale="en")  # type: ignore[arg-type]
        page.goto(address)
        page.locator("#map[data-ready]").wait_for()
        page.wait_for_timeout(1500)
        page.screenshot(path=file)
        browser.close()


if __name__ == "__main__":
    take(*sys.argv[1:3])
