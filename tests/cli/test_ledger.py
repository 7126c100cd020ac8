from __future__ import annotations

from pathlib import Path

import pytest
from tests.cli.conftest import Qipan, assert_refused, shown

FLEET = """
fleet: nordsee
name_en: North Sea
name_zh: 北海
zone: Europe/Oslo
sites:
  - site_id: porto
    name_en: Porto
    lon_deg: -8.61
    lat_deg: 41.15
    pue: 1.25
    price_yuan_per_kwh: 0.55
    location_kg_per_kwh: 0.12
    pools:
      - { kind: intelligent, quantity: 600, it_kw_per_unit: 0.7 }
      - { kind: general, quantity: 8000, it_kw_per_unit: 0.008 }
"""


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    path = tmp_path / "fleet.yaml"
    path.write_text(FLEET, encoding="utf-8")
    return path


def test_import_sites_registers_a_fleet_that_fleets_then_lists(qipan: Qipan, fleet: Path, tmp_path: Path) -> None:
    at = tmp_path / "home"
    assert qipan("init", at=at).exit_code == 0
    imported = qipan("ledger", "import", "sites", fleet, at=at)
    assert imported.exit_code == 0
    assert "600 cards, 8,000 cores" in imported.stdout
    known = shown(qipan("ledger", "fleets", "--json", at=at))
    assert [one["fleet_id"] for one in known] == ["national", "nordsee"]
    assert known[1]["sites"][0]["power_cap_kw"] is None
    listed = qipan("ledger", "fleets", "--lang", "zh", at=at).stdout
    assert "北海 (nordsee), Europe/Oslo" in listed
    assert "宁夏" in listed


def test_import_sites_of_a_broken_file_reports_every_finding(qipan: Qipan, tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text(FLEET.replace("pue: 1.25", "pue: 0.5").replace("quantity: 600", "quantity: -6"), encoding="utf-8")
    assert_refused(qipan("ledger", "import", "sites", broken), 3, "fleet_invalid", "pue", "quantity")


def test_import_sites_of_no_file_is_not_found(qipan: Qipan, tmp_path: Path) -> None:
    assert_refused(qipan("ledger", "import", "sites", tmp_path / "none.yaml"), 4, "file_not_found", "none.yaml")


def test_use_of_the_day_that_was_run_tells_used_and_idle(qipan: Qipan) -> None:
    used = shown(qipan("ledger", "use", "--day", "2025-01-06", "--fleet", "national", "--json"))["national"]
    work_card_h = sum((1 + number % 4) * 2 for number in range(12))
    assert len(used) == 10
    assert 0 < sum(site["used_unit_h"] for site in used) <= work_card_h
    table = qipan("ledger", "use", "--lang", "zh")
    assert "中卫" in table.stdout
    assert table.exit_code == 0


def test_use_of_a_day_without_entries_says_so(qipan: Qipan) -> None:
    result = qipan("ledger", "use", "--day", "2001-01-01")
    assert result.exit_code == 0
    assert "No use is entered" in result.stdout


def test_use_of_an_unknown_fleet_is_not_found(qipan: Qipan) -> None:
    assert_refused(qipan("ledger", "use", "--fleet", "nowhere"), 4, "fleet_unknown", "national")
