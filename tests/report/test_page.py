"""The report is one file that needs nothing else."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from typing import Any

import pytest

from qipan.interfaces.report import assets
from qipan.interfaces.report.page import html

SCRIPT = re.compile(r"<script(?P<attributes>[^>]*)>(?P<content>.*?)</script>", re.DOTALL)


@pytest.fixture(params=["en", "zh"])
def written(request: pytest.FixtureRequest, document: dict[str, Any]) -> str:
    return html(document, request.param, assets.geometry(), assets.echarts(), map_approval="GS(2026)1")


def test_page_refers_to_no_other_file(written: str) -> None:
    outside_scripts = SCRIPT.sub("", re.sub(r"<style>.*?</style>", "", written, flags=re.DOTALL))
    assert re.findall(r"""\b(?:src|href|srcset|action)\s*=""", outside_scripts) == []


def test_page_escapes_names_and_scripts_stay_whole(written: str, document: dict[str, Any]) -> None:
    assert "<b>Lab</b>" not in written
    assert "<jobs>" not in written
    blocks = list(SCRIPT.finditer(written))
    assert [block["attributes"] for block in blocks] == [
        ' type="application/json" id="charts"',
        ' type="application/json" id="geometry"',
        "",
        ' type="module"',
    ]
    assert json.loads(blocks[0]["content"])["use"]["planned"]["values"] == [8.0, 16.0, 4.0]
    assert json.loads(blocks[1]["content"]) == json.loads(assets.geometry())


def test_page_allows_its_own_scripts_and_style_alone(written: str) -> None:
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', written)
    assert policy is not None
    allowed = policy[1].replace("&#39;", "'")
    assert allowed.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in allowed
    style = re.search(r"<style>(.*?)</style>", written, re.DOTALL)
    assert style is not None
    for content in (style[1], *(block["content"] for block in list(SCRIPT.finditer(written))[2:])):
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in allowed


def test_page_prints_both_carbon_accounts_and_the_map_approval(written: str) -> None:
    assert "GS(2026)1" in written
    is_zh = 'lang="zh-CN"' in written[:300]
    for words in (
        ("碳排放（按地点）", "碳排放（按市场）") if is_zh else ("Carbon, location-based", "Carbon, market-based")
    ):
        assert f"<h2>{words}</h2>" in written


def test_page_is_the_same_for_the_same_day(document: dict[str, Any]) -> None:
    first, second = (html(document, "en", assets.geometry(), assets.echarts()) for _ in range(2))
    assert first == second
