"""Names of groups tell them apart."""

from __future__ import annotations

from dataclasses import replace

from qipan.facts.catalog import Catalog
from qipan.interfaces.report.figures import group_names
from qipan.interfaces.report.words import words
from qipan.ledger.model.figure import Group
from qipan.workflows.fleet import national_fleet


def test_sites_that_share_a_name_say_which_one_they_are() -> None:
    catalog = Catalog.load()
    one = national_fleet(catalog)
    twin = replace(one, fleet_id="twin", sites=(replace(one.sites[0], site_id="twin-site"),))
    names = group_names(Group.SITE, (one, twin), catalog, words("en"))
    first = one.sites[0]
    assert names[first.site_id] == f"{first.name_en} ({first.site_id})"
    assert names["twin-site"] == f"{first.name_en} (twin-site)"
    assert names[one.sites[1].site_id] == one.sites[1].name_en
