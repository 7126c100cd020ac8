"""The reference page of all facts."""

from __future__ import annotations

from qipan.facts.catalog import Catalog
from qipan.facts.page import facts_page


def test_page_names_every_fact_or_shows_it_in_a_table_of_places(catalog: Catalog) -> None:
    page = facts_page(catalog)
    for fact in catalog.facts:
        subject, key, *_ = fact.fact_id.split("/")
        assert f"`{fact.fact_id}`" in page or (f"## {subject}" in page and f"| `{key}` |" in page)


def test_page_of_the_same_catalogue_is_the_same(catalog: Catalog) -> None:
    assert facts_page(catalog) == facts_page(Catalog.load())


def test_page_rows_of_a_table_have_equal_width(catalog: Catalog) -> None:
    for block in facts_page(catalog).split("\n\n"):
        if block.startswith("|"):
            assert len({line.replace("\\|", "").count("|") for line in block.splitlines()}) == 1


def test_page_marks_what_is_assumed(catalog: Catalog) -> None:
    page = facts_page(catalog)
    assert "| `zhangjiakou` | 张家口集群 | Zhangjiakou | jingjinji | 130000 | 115.518 * | 40.415 * | 1.25 * |" in page
    assert "| > 0.95 | `share` |" in page
