"""Long questions in a real browser: asked with a click, followed while they run, drawn when they are done."""

from __future__ import annotations

import os
from typing import Any

import pytest
from tests.console.test_browser import DESK, WAIT_MS, drawn, is_fit, speak

pytestmark = [pytest.mark.browser, pytest.mark.slow]
expect = pytest.importorskip("playwright.sync_api").expect


def sign_in(console: Any, base: str, path: str) -> None:
    speak(console, base, "en")
    console.set_viewport_size(DESK)
    console.goto(base + path)
    console.get_by_role("main").get_by_role("link", name="Sign in").click()
    console.get_by_label("Name").fill("li.wei")
    console.get_by_label("Password").fill("four unrelated words")
    console.get_by_role("button", name="Sign in").click()


def test_an_operator_plans_the_builds_of_the_example(console: Any, base: str, axe: str) -> None:
    sign_in(console, base, "/expansions")
    console.get_by_label("Take the example instead").check()
    console.get_by_role("button", name="Plan the builds").click()
    console.wait_for_selector("#map canvas", timeout=WAIT_MS)
    drawn(console, "map")
    expect(console.locator("#builds")).to_contain_text("wind plant")
    expect(console.locator("#costs")).to_contain_text("Following shadow prices")
    expect(console.locator("#progress")).to_have_count(0)
    speak(console, base, "zh")
    console.reload()
    drawn(console, "map")
    if folder := os.environ.get("QIPAN_PICTURES"):
        console.screenshot(path=f"{folder}/expansion.png", full_page=True)
    is_fit(console, axe)
    if folder:
        console.screenshot(path=f"{folder}/expansion-phone.png", full_page=True)


def test_an_operator_rolls_over_a_day(console: Any, base: str, axe: str, trace: bytes) -> None:
    sign_in(console, base, "/rolls")
    console.get_by_label("File of jobs").set_input_files({"name": "mine.csv", "mimeType": "text/csv", "buffer": trace})
    console.get_by_label("First day").fill("2026-06-01")
    console.get_by_label("Number of days").fill("1")
    console.get_by_label("Minutes between re-plans").fill("60")
    console.get_by_label("Error in prices").fill("0.2")
    console.get_by_role("button", name="Run the days").click()
    console.wait_for_selector("#regret canvas", timeout=WAIT_MS)
    drawn(console, "regret")
    expect(console.locator("#runs")).to_contain_text("Regret over the bound")
    for summary in console.locator("summary").all():
        summary.click()
    if folder := os.environ.get("QIPAN_PICTURES"):
        console.screenshot(path=f"{folder}/roll.png", full_page=True)
    is_fit(console, axe)
