"""The console in a real Chromium: drawn, filtered, translated, accessible, and asking nobody else."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from qipan.bootstrap.services import Services
from qipan.interfaces.report import assets
from qipan.interfaces.report.page import html

pytestmark = pytest.mark.browser

PAGES = ["/", "/plan", "/power", "/jobs", "/compare", "/ledger", "/facts", "/days", "/docs", "/sign-in", "/nothing"]
PAGES += ["/explain?plan=2026-06-01-1&job=made-00001", "/explain?site=zhongwei&slot=12"]
RULES = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]
WAIT_MS = 240_000
DESK, PHONE = {"width": 1280, "height": 900}, {"width": 400, "height": 800}
COLOUR_AT = """([lon, lat]) => {
  const map = document.getElementById("map");
  const [x, y] = echarts.getInstanceByDom(map).convertToPixel("geo", [lon, lat]);
  const canvas = map.querySelector("canvas");
  const scale = canvas.width / canvas.clientWidth;
  return [...canvas.getContext("2d").getImageData(x * scale - 3, y * scale - 3, 6, 6).data];
}"""


def drawn(page: Any, *keys: str) -> None:
    for key in keys:
        expect(page.locator(f"#{key}[data-ready]")).to_be_visible()


def speak(page: Any, base: str, lang: str) -> None:
    page.context.add_cookies([{"name": "qipan_lang", "value": lang, "url": base}])


def colours(page: Any, point: tuple[float, float]) -> set[tuple[int, ...]]:
    """Return the colours of a few pixels about a point of the map; nothing drawn is transparent."""
    bits = page.evaluate(COLOUR_AT, list(point))
    return {tuple(bits[at : at + 4]) for at in range(0, len(bits), 4)}


def test_board_draws_every_region_and_stands_beside_its_tables(console: Any, base: str, demo: Services) -> None:
    speak(console, base, "en")
    console.goto(base)
    drawn(console, "map")
    report = demo.day.report()
    expect(console.locator("#sites tbody tr")).to_have_count(len(report["sites"]))
    expect(console.locator("#origins tbody tr")).to_have_count(len(report["origins"]))
    expect(console.locator("#flows tbody tr")).to_have_count(len(report["flows"]))
    option = console.evaluate("echarts.getInstanceByDom(document.getElementById('map')).getOption()")
    assert len(option["geo"][0]["regions"]) == 34
    assert option["geo"][0]["map"] == "cn"
    # Xinjiang has work and is coloured; Taiwan has none and is hatched, not left out.
    for point in ((84.0, 41.0), (121.0, 23.8)):
        found = colours(console, point)
        assert all(alpha == 255 for *_, alpha in found), point
    assert len(colours(console, (121.0, 23.8))) > 1


def test_board_on_a_phone_folds_its_long_tables_and_opens_them(console: Any, base: str) -> None:
    speak(console, base, "en")
    console.set_viewport_size({"width": 390, "height": 844})
    console.goto(base)
    drawn(console, "map")
    expect(console.locator("#flows")).to_be_hidden()
    assert console.evaluate("document.documentElement.scrollHeight") < 4 * 844 + 400
    console.get_by_text("Work from origin to site", exact=True).first.click()
    expect(console.locator("#flows")).to_be_visible()
    console.set_viewport_size(DESK)
    console.goto(base)
    drawn(console, "map")
    expect(console.locator("#flows")).to_be_visible()
    expect(console.locator("details.fold > summary").first).to_be_hidden()


def test_tooltips_of_the_map_keep_the_content_policy(console: Any, base: str) -> None:
    console.goto(base)
    drawn(console, "map")
    box = console.locator("#map").bounding_box()
    for share in (0.2, 0.4, 0.5, 0.6, 0.8):
        console.mouse.move(box["x"] + box["width"] * share, box["y"] + box["height"] * 0.4)
        console.wait_for_timeout(60)


def test_hours_draw_use_and_prices_with_their_tables(console: Any, base: str, demo: Services) -> None:
    console.goto(f"{base}/plan")
    drawn(console, "use", "lmp", "electricity")
    report = demo.day.report()
    for key in ("use", "lmp", "electricity"):
        console.locator(f"section:has(#{key}) summary").click()
        expect(console.locator(f"#{key}-table tbody tr:not(.apart)")).to_have_count(len(report["slots"]))
        expect(console.locator(f"#{key}-table tbody tr.apart")).to_have_count(1)


def test_click_on_a_price_shows_what_made_it(console: Any, base: str) -> None:
    console.goto(f"{base}/plan")
    drawn(console, "lmp")
    console.locator("#lmp").scroll_into_view_if_needed()
    box = console.locator("#lmp").bounding_box()
    console.mouse.click(box["x"] + box["width"] * 0.6, box["y"] + box["height"] * 0.5)
    expect(console.locator("h1")).to_contain_text("Price: ")
    expect(console.locator("#explained-1 tbody tr").last).to_contain_text("LMP")


def test_charts_follow_light_and_dark(console: Any, base: str) -> None:
    console.emulate_media(color_scheme="light")
    console.goto(base)
    drawn(console, "map")
    light = colours(console, (84.0, 41.0))
    console.emulate_media(color_scheme="dark")
    console.wait_for_timeout(400)
    assert colours(console, (84.0, 41.0)) != light


def test_jobs_filter_as_one_types_and_keep_the_focus(console: Any, base: str, demo: Services) -> None:
    speak(console, base, "en")
    console.goto(f"{base}/jobs")
    expect(console.locator("#jobs tbody tr")).to_have_count(20)
    console.get_by_label("Search").fill("made-00007")
    expect(console.locator("#jobs tbody tr")).to_have_count(1)
    expect(console.get_by_label("Search")).to_be_focused()
    assert "text=made-00007" in console.url
    console.get_by_label("Search").fill("")
    console.get_by_label("Status").select_option("carried_over")
    expect(console.locator("#jobs tbody tr .status-carried_over")).to_have_count(20)
    whole = demo.day.report()["account"]["carried_over"]
    expect(console.locator("#jobs caption")).to_have_text(f"Jobs found: {whole:,}")


def test_jobs_sort_both_ways_and_turn_pages(console: Any, base: str) -> None:
    speak(console, base, "en")
    console.goto(f"{base}/jobs")
    head = console.locator("#jobs thead th", has_text="Units")
    head.get_by_role("link").click()
    expect(head).to_have_attribute("aria-sort", "ascending")
    head.get_by_role("link").click()
    expect(head).to_have_attribute("aria-sort", "descending")
    shown = [float(text) for text in console.locator("#jobs tbody tr td:nth-child(4)").all_inner_texts()]
    assert shown == sorted(shown, reverse=True)
    first = console.locator("#jobs tbody th").first.inner_text()
    console.get_by_role("link", name="Next").click()
    expect(console.locator(".pages")).to_contain_text("Page 2 of")
    assert console.locator("#jobs tbody th").first.inner_text() != first
    console.go_back()
    expect(console.locator(".pages")).to_contain_text("Page 1 of")


def test_facts_are_found_as_one_types(console: Any, base: str) -> None:
    speak(console, base, "zh")
    console.goto(f"{base}/facts")
    console.get_by_label("搜索").fill("中卫 上架率")
    expect(console.locator("#facts tbody tr")).to_have_count(1)
    expect(console.locator("#facts tbody")).to_contain_text("cluster/zhongwei/rack_up_target")


def test_language_switch_turns_the_whole_page(console: Any, base: str) -> None:
    speak(console, base, "en")
    console.goto(f"{base}/compare")
    expect(console.get_by_role("heading", level=1)).to_contain_text("Comparison")
    console.get_by_role("button", name="中文").click()
    expect(console.get_by_role("heading", level=1)).to_contain_text("对比")
    expect(console.locator("html")).to_have_attribute("lang", "zh-CN")
    assert console.url == f"{base}/compare"
    console.get_by_role("button", name="English").click()
    expect(console.locator("#policies tbody th").first).to_contain_text("Qipan's plan")


def test_an_operator_signs_in_runs_a_day_and_sees_its_board(console: Any, base: str, trace: bytes) -> None:
    speak(console, base, "en")
    console.goto(f"{base}/days")
    console.get_by_role("main").get_by_role("link", name="Sign in").click()
    console.get_by_label("Name").fill("li.wei")
    console.get_by_label("Password").fill("four unrelated words")
    console.get_by_role("button", name="Sign in").click()
    expect(console.get_by_text("li.wei · operator")).to_be_visible()
    console.get_by_label("File of jobs").set_input_files({"name": "mine.csv", "mimeType": "text/csv", "buffer": trace})
    console.get_by_label("Day", exact=True).fill("2026-06-01")
    console.get_by_role("button", name="Run the day").click()
    # The page follows the day, then shows its plan.
    expect(console.locator("#progress")).to_contain_text("mine.csv")
    console.wait_for_url(lambda address: "/?plan=" in address, timeout=WAIT_MS)
    drawn(console, "map")
    expect(console.locator(".particulars")).to_contain_text("mine.csv (generic)")
    console.get_by_role("navigation").get_by_role("link", name="Jobs", exact=True).click()
    expect(console.locator("#jobs")).to_contain_text("job-00")
    console.get_by_role("button", name="Sign out").click()
    expect(console.get_by_role("link", name="Sign in")).to_be_visible()


def test_pages_work_without_scripts(browser: Any, base: str) -> None:
    context = browser.new_context(java_script_enabled=False, locale="en")
    page = context.new_page()
    page.goto(f"{base}/jobs?plan=2026-06-01-1")
    page.get_by_label("Search").fill("made-00007")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("#jobs tbody tr")).to_have_count(1)
    expect(page.locator("#jobs tbody tr")).to_contain_text("made-00007")
    context.close()


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("path", PAGES)
def test_page_has_no_accessibility_violation(console: Any, base: str, axe: str, path: str, lang: str) -> None:
    speak(console, base, lang)
    console.set_viewport_size(DESK)
    console.goto(base + path)
    drawn(console, *[place.get_attribute("id") for place in console.locator("[data-chart]").all()])
    for summary in console.locator("summary:visible").all():
        summary.click()
    console.evaluate(axe)
    for size in (DESK, PHONE):
        console.set_viewport_size(size)
        for scheme in ("light", "dark"):
            console.emulate_media(color_scheme=scheme)
            found = console.evaluate(f"axe.run({{runOnly: {json.dumps(RULES)}}})")["violations"]
            assert [(one["id"], [node["html"][:120] for node in one["nodes"]]) for one in found] == [], (size, scheme)
        wide = console.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{path} is {wide} px wider than {size['width']} px"


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_report_draws_by_double_click_without_a_network(
    page: Any, axe: str, demo: Services, tmp_path: Path, lang: str
) -> None:
    file = tmp_path / "report.html"
    file.write_text(html(demo.day.report(), lang, assets.geometry(), assets.echarts()), encoding="utf-8")
    asked: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(file.as_uri())
    drawn(page, "map", "use", "lmp", "electricity")
    assert [url for url in asked if not url.startswith("data:")] == [file.as_uri()]
    assert complaints == []
    figures = page.locator(".card .figure").all_inner_texts()
    assert len(figures) == 3
    assert all(re.search(r"\d", figure) for figure in figures)
    page.evaluate(axe)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        found = page.evaluate(f"axe.run({{runOnly: {json.dumps(RULES)}}})")["violations"]
        assert [(one["id"], [node["html"][:120] for node in one["nodes"]]) for one in found] == []


def test_report_of_a_fleet_elsewhere_draws_a_plain_map(page: Any, demo: Services, tmp_path: Path) -> None:
    document = demo.day.report()
    for place in (*document["sites"], *document["origins"]):
        place["lon_deg"] -= 100.0
    file = tmp_path / "report.html"
    file.write_text(html(document, "en", assets.geometry(), assets.echarts()), encoding="utf-8")
    page.goto(file.as_uri())
    drawn(page, "map")
    option = page.evaluate("echarts.getInstanceByDom(document.getElementById('map')).getOption()")
    assert "geo" not in option
    assert [one["type"] for one in option["series"]] == ["lines", "scatter", "scatter"]


def is_fit(console: Any, axe: str) -> None:
    """Check that nobody is shut out and nothing scrolls sideways, at both widths, in light and dark."""
    console.evaluate(axe)
    for size in (DESK, PHONE):
        console.set_viewport_size(size)
        for scheme in ("light", "dark"):
            console.emulate_media(color_scheme=scheme)
            found = console.evaluate(f"axe.run({{runOnly: {json.dumps(RULES)}}})")["violations"]
            assert [(one["id"], [node["html"][:120] for node in one["nodes"]]) for one in found] == [], (size, scheme)
        assert console.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), size


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_atlas_draws_accessibly_in_light_and_dark_and_on_a_phone(
    console: Any, base: str, axe: str, metered_day: date, lang: str
) -> None:
    speak(console, base, lang)
    console.set_viewport_size(DESK)
    console.goto(f"{base}/atlas?day={metered_day}&modelled=yes")
    drawn(console, "atlas")
    is_fit(console, axe)


def test_atlas_slider_shows_another_hour(console: Any, base: str, metered_day: date) -> None:
    speak(console, base, "en")
    console.goto(f"{base}/atlas?day={metered_day}&modelled=yes")
    drawn(console, "atlas")
    uses = (
        "echarts.getInstanceByDom(document.getElementById('atlas')).getOption().series.at(-1).data.map(d => d.value[2])"
    )
    slider = console.get_by_label("Hour", exact=True)
    slider.press("Home")
    expect(console.locator("#hour-label")).to_have_text("00:00")
    first = console.evaluate(uses)
    slider.press("End")
    expect(console.locator("#hour-label")).to_have_text("23:00")
    expect(slider).to_have_attribute("aria-valuetext", "23:00")
    assert console.evaluate(uses) != first


def test_atlas_shades_regions_by_what_is_chosen(console: Any, base: str, metered_day: date) -> None:
    speak(console, base, "en")
    console.goto(f"{base}/atlas?day={metered_day}&modelled=yes")
    drawn(console, "atlas")
    seen = set()
    for choice, unit in (("Idle", "card-hours"), ("Use", "%"), ("PUE of the day", "1."), ("Green of the day", "%")):
        option = console.locator("#shade option", has_text=choice).first
        console.locator("#shade").select_option(value=option.get_attribute("value"))
        expect(console.locator('[data-legend="shade"]')).to_contain_text(choice)
        expect(console.locator('[data-legend="demand"]')).to_contain_text(unit)
        seen.add(console.locator('[data-legend="demand"]').inner_text())
    assert len(seen) == 4


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_site_draws_accessibly_in_light_and_dark_and_on_a_phone(
    console: Any, base: str, axe: str, metered_day: date, lang: str
) -> None:
    speak(console, base, lang)
    console.set_viewport_size(DESK)
    console.goto(f"{base}/atlas?day={metered_day}&modelled=yes")
    drawn(console, "atlas")
    console.locator("#supply-3 tbody th a").first.click()
    drawn(console, "use-intelligent", "energy")
    for summary in console.locator("summary:visible").all():
        summary.click()
    expect(console.locator("#energy-table tbody tr")).to_have_count(24)
    expect(console.locator("#use-intelligent-table tbody tr")).to_have_count(24)
    is_fit(console, axe)
