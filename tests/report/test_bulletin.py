"""The bulletin tells a metered day: a page that needs nothing else, a long table, and silence where nobody told."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256

import pytest

from qipan.bootstrap.services import Services, build, initialise
from qipan.interfaces.report import contrast
from qipan.interfaces.report.atlas import source_table
from qipan.interfaces.report.bulletin import COLUMNS, Bulletin, gather, html, table_csv, tables
from qipan.interfaces.report.words import words
from qipan.ledger.model.figure import Group
from qipan.ledger.model.reading import Statement, Way
from qipan.ledger.seal import seal
from qipan.ledger.service.sharing import View, Withheld, withheld
from qipan.settings import Settings

DAY = date(2026, 5, 1)
HOUR = datetime(2026, 5, 1, tzinfo=UTC)
FLEET = """
fleet: metered
name_en: Metered
zone: Asia/Shanghai
sites:
  - site_id: told
    name_en: <b>Told</b>
    name_zh: 说了的
    adcode: 640000
    lon_deg: 105
    lat_deg: 37
    pue: 1.2
    pools: [{ pool_id: told/cards, kind: intelligent, quantity: 10, it_kw_per_unit: 1 }]
    meters:
      - { meter_id: told/used, measure: used_unit_s, pool_id: told/cards, source_id: metered }
      - { meter_id: told/grid, measure: grid_j, source_id: metered }
      - { meter_id: told/pdu, measure: pdu_j, source_id: metered }
  - site_id: silent
    name_en: Silent
    adcode: 310000
    lon_deg: 121
    lat_deg: 31
    pue: 1.3
    pools: [{ pool_id: silent/cards, kind: intelligent, quantity: 4, it_kw_per_unit: 1 }]
    meters:
      - { meter_id: silent/used, measure: used_unit_s, pool_id: silent/cards, source_id: metered }
sources:
  - { source_id: metered, name_en: Metered, cadence_s: 3600 }
"""

OTHER = """
fleet: other
name_en: Other
zone: Asia/Shanghai
sites:
  - site_id: other
    name_en: Other
    adcode: 640000
    lon_deg: 105
    lat_deg: 37
    pue: 1.2
    pools: [{ pool_id: other/cards, kind: intelligent, quantity: 1, it_kw_per_unit: 1 }]
"""


def sealed(used: int) -> bytes:
    rows = {"told/used": used, "told/grid": 12_000_000, "told/pdu": 10_000_000}
    period = f"{HOUR.isoformat()},{(HOUR + timedelta(hours=1)).isoformat()}"
    data = "\n".join(["meter_id,start,end,value", *(f"{meter},{period},{rows[meter]}" for meter in rows)]).encode()
    released = HOUR + timedelta(hours=2)
    return seal(Statement("metered", Way.COLLECTED, 0, released, "csv", sha256(data).hexdigest()), b"", data)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Services:
    settings, now = Settings(home=tmp_path_factory.mktemp("bulletin")), datetime.now(UTC)
    initialise(settings, now)
    services = build(settings)
    with services.books.begin() as unit:
        services.ledger.import_sites(unit, FLEET.encode(), now)
    for used in (18_000, 19_000):
        opened = services.metering.open(sealed(used))
        with services.books.begin() as unit:
            services.metering.receive(unit, opened, datetime.now(UTC))
    with services.books.read() as unit:
        services.metering.project(unit)
    return services


@pytest.fixture(scope="module")
def told(filled: Services) -> Bulletin:
    return gather(filled, DAY, datetime.now(UTC), words("en"), fleet_ids=["metered"])


@pytest.fixture(scope="module")
def figures(told: Bulletin) -> Mapping[tuple[str, str, str], tuple[str, str]]:
    rows = list(csv.DictReader(io.StringIO(table_csv(told))))
    assert tuple(rows[0]) == COLUMNS
    assert {row["day"] for row in rows} == {"2026-05-01"}
    found = {(row["group_by"], row["group"], row["figure"]): (row["value"], row["status"]) for row in rows}
    assert len(found) == len(rows)
    return found


def test_table_tells_what_was_metered(figures) -> None:
    assert figures["site", "told", "used_unit_h"] == ("5.0", "metered")
    assert figures["site", "told", "idle_unit_h"] == ("5.0", "metered")
    assert figures["site", "told", "pue"] == ("1.2", "metered")
    assert figures["macro3", "west", "used_share"] == ("0.5", "metered")
    assert figures["region", "640000", "used_unit_h"] == ("5.0", "metered")


def test_silence_is_no_zero(figures) -> None:
    assert figures["site", "silent", "used_unit_h"] == ("", "silent")
    assert figures["site", "silent", "idle_unit_h"] == ("", "silent")
    assert figures["site", "silent", "certified_unit_h"][0] == "96.0"


def test_page_counts_silent_meters_and_names_disputes_and_needs_nothing_else(told: Bulletin) -> None:
    page = html(told, "en")
    assert "silent/used" not in page
    (silent,) = [row for row in _silences(told) if row[0] == "Silent"]
    assert silent == ("Silent", "metered", "1", "1", "0", "0.0 %")
    assert "18,000" in page
    assert "19,000" in page
    assert "&lt;b&gt;Told" in page
    assert "<b>Told" not in page
    assert not any(word in page for word in ("<script", 'src="http', 'href="http', "@import"))


def _silences(told: Bulletin) -> list[tuple[str, ...]]:
    (table,) = [one for _, some in tables(told, words("en")) for one in some if one.caption == "Silent meters"]
    return [tuple(cell.text for cell in row.cells) for row in table.rows]


def test_table_names_every_meter(figures) -> None:
    assert figures["meter", "silent/used", "told_share"] == ("", "silent")
    assert figures["meter", "told/grid", "told_share"] == (repr(1 / 24), "metered")


def test_site_that_no_rehearsal_told_of_is_not_counted(filled: Services) -> None:
    found = gather(filled, DAY, datetime.now(UTC), words("en"), with_modelled=True)
    assert set(found.fleets) == {"metered"}
    assert {one.site_id for one in found.complete} == {"told", "silent"}
    assert [one.source_id for one in found.fresh] == ["metered"]


def test_three_numbers_leave_sites_abroad_out(filled: Services) -> None:
    view = gather(filled, DAY, datetime.now(UTC), words("en"), fleet_ids=["metered"]).view
    abroad = replace(view.metered, regions={})
    assert [one.figure for one in contrast.told(View(view.metered), filled.catalog, words("en"))][1] == "50.0 %"
    assert [one.figure for one in contrast.told(View(abroad), filled.catalog, words("en"))] == ["–"] * 3
    hidden = View(view.metered, withheld(view.metered))
    assert [one.basis for one in contrast.told(hidden, filled.catalog, words("en"))] == ["", "withheld", "withheld"]


def test_withheld_group_shows_nothing_of_what_it_burnt(told: Bulletin) -> None:
    hidden = Withheld(frozenset(), frozenset({(Group.MACRO3, "west")}))
    (seen,) = (one for one in View(told.view.metered).burn(by=Group.MACRO3) if one.group == "west")
    (emptied,) = (one for one in View(told.view.metered, hidden).burn(by=Group.MACRO3) if one.group == "west")
    assert seen.grid_wh is not None
    left = {name: value for name, value in asdict(emptied).items() if value is not None}
    assert left == {"group": "west", "period": asdict(seen)["period"], "is_modelled": False}


@pytest.mark.parametrize(
    ("lang", "head", "cell"), [("en", "Batches missing", "3, first 2"), ("zh", "缺失批次", "3，最早 2")]
)
def test_batches_that_never_came_are_told_with_the_first(told: Bulletin, lang: str, head: str, cell: str) -> None:
    some = (told.fresh[0], replace(told.fresh[0], source_id="z", missing=3, missing_number=2))
    table = source_table(some, {}, words(lang))
    column = [one.title for one in table.heads].index(head)
    assert [row.cells[column].text for row in table.rows] == ["0", cell]


def test_page_speaks_chinese(filled: Services) -> None:
    found = gather(filled, DAY, datetime.now(UTC), words("zh"), fleet_ids=["metered"])
    page = html(found, "zh")
    assert "2026-05-01 算力日报" in page
    assert "说了的" in page


def test_day_before_the_first_reading_is_silent(filled: Services) -> None:
    before = gather(filled, date(2026, 4, 29), datetime.now(UTC), words("en"), fleet_ids=["metered"])
    rows = list(csv.DictReader(io.StringIO(table_csv(before))))
    assert {row["value"] for row in rows if row["figure"] == "used_unit_h"} <= {""}
    said = {one.caption: one.empty for _, some in tables(before, words("en")) for one in some if not one.rows}
    assert said["What cannot be true"] == "Nothing was metered."


def test_sources_and_disputes_of_another_fleet_are_not_told(filled: Services, told: Bulletin) -> None:
    now = datetime.now(UTC)
    with filled.books.begin() as unit:
        filled.ledger.import_sites(unit, OTHER.encode(), now)
    other = gather(filled, DAY, now, words("en"), fleet_ids=["other"])
    assert (other.disputes, other.fresh, other.complete) == ((), (), ())
    assert [len(told.disputes), [one.source_id for one in told.fresh]] == [1, ["metered"]]
