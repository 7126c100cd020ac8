"""A day from file to report, on the default fleet and embedded stores."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from qipan.bootstrap.services import Services, build, initialise
from qipan.dispatch.store.plan import DAY_PLAN, SORT_KEYS
from qipan.kernel.errors import BadInputError, NotFoundError
from qipan.kernel.time import civil_day
from qipan.ledger.model.use import Grouping
from qipan.settings import Settings
from qipan.workflows.request import DayRequest

NOW = datetime(2024, 6, 11, 4, 0, tzinfo=UTC)
HEADER = "job_id,submit,kind,quantity,requested_s,origin,tier\n"
GOOD = HEADER + "".join(f"j{i},2024-06-10T{i:02d}:30:00+08:00,intelligent,1,3600,广东,batch\n" for i in range(20))


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    settings = Settings(home=tmp_path / "home")
    initialise(settings, NOW)
    opened = build(settings)
    yield opened
    opened.books.close()


def request(text: str, **options: object) -> DayRequest:
    return DayRequest(text.encode(), "jobs.csv", "generic", **options)  # type: ignore[arg-type]


def test_run_enters_the_ledger_what_the_report_says_was_used(services: Services) -> None:
    report = services.day.run(request(GOOD), NOW)
    whole = civil_day(date(2024, 6, 10))
    with services.books.read() as unit:
        fleet = services.ledger.fleet(unit, "national")
    found = services.ledger.utilisation(fleet, whole, NOW, by=Grouping.SITE)
    by_site = {one.group: one for one in found}
    for site in report.sites:
        assert by_site[site.site_id].used_unit_h == pytest.approx(sum(site.used_unit_h[:24]), abs=1e-4)
        assert by_site[site.site_id].energy_wh == pytest.approx(1000 * sum(site.energy_kwh[:24]), abs=24.0)
        assert by_site[site.site_id].capacity_unit_h == pytest.approx(sum(site.capacity_unit_h[:24]))


def test_run_again_gives_the_same_plan_under_a_new_name(services: Services) -> None:
    first = services.day.run(request(GOOD), NOW).document()
    second = services.day.run(request(GOOD), datetime(2024, 6, 11, 5, 0, tzinfo=UTC)).document()
    assert second.pop("plan_id") != first.pop("plan_id")
    assert second.pop("created") != first.pop("created")
    assert first == second


def test_run_tells_nothing_of_how_far_a_tier_went_of_which_no_job_has_a_place(services: Services) -> None:
    tiers = {one["tier"]: one for one in services.day.run(request(GOOD), NOW).document()["tiers"]}
    assert tiers["batch"]["round_trip_ms"] > 0
    assert tiers["batch"]["moved_share"] >= 0
    assert tiers["realtime"]["placed"] == 0
    assert (tiers["realtime"]["moved_share"], tiers["realtime"]["round_trip_ms"]) == (None, None)


def test_run_another_seed_draws_other_assumptions(services: Services) -> None:
    text = "\n".join(line.replace(",广东,batch", ",,") for line in GOOD.splitlines())
    flows = [services.day.run(request(text, seed=seed), NOW).flows for seed in (1, 2, 1)]
    assert flows[0] == flows[2] != flows[1]


def test_run_no_worse_than_any_rule_keeps_the_values_it_was_placed_by(services: Services) -> None:
    report = services.day.run(request(GOOD, no_worse_than="any"), NOW)
    assert report.upheld is not None
    assert (report.upheld.no_worse_than, report.upheld.is_kept, report.upheld.rounds) == ("any", True, 0)
    with services.books.read() as unit:
        _, terms = services.dispatch.instance(unit, report.plan_id)
    assert terms["worth_fen_per_unit_h"] == [tier.worth_fen_per_unit_h for tier in report.upheld.tiers]
    assert services.day.report(report.plan_id)["upheld"]["is_kept"]
    with pytest.raises(BadInputError) as caught:
        services.day.run(request(GOOD, no_worse_than="yesterday"), NOW)
    assert caught.value.code == "option_out_of_range"
    assert "home_first" in str(caught.value)


def test_run_keeps_good_rows_and_sets_bad_ones_aside(services: Services) -> None:
    text = GOOD + "bad,2024-06-10T08:00:00+08:00,intelligent,0,3600,广东,batch\n"
    report = services.day.run(request(text), NOW)
    assert (report.account.rows_read, report.account.rows_quarantined, report.account.jobs) == (21, 1, 20)
    with pytest.raises(BadInputError) as caught:
        services.day.run(request(text, strict=True), NOW)
    assert caught.value.code == "rows_bad"
    assert [finding.rule for finding in caught.value.findings] == ["quantity_not_positive"]


def test_run_unknown_origin_is_set_aside_by_row(services: Services) -> None:
    text = GOOD + "far,2024-06-10T08:00:00+08:00,intelligent,1,3600,Atlantis,batch\n"
    report = services.day.run(request(text), NOW)
    assert report.account.rows_quarantined == 1
    aside = services.day.findings(report.account.import_sequence)
    assert [(finding.row, finding.rule) for finding in aside] == [(22, "origin_unknown")]


def test_run_a_day_without_jobs_names_days_that_have_some(services: Services) -> None:
    with pytest.raises(BadInputError) as caught:
        services.day.run(request(GOOD, day=date(2024, 1, 1)), NOW)
    assert caught.value.code == "day_empty"
    assert "2024-06-10" in caught.value.hint


def test_run_of_a_file_with_bad_rows_alone_says_what_is_wrong_with_them(services: Services) -> None:
    text = HEADER + "naive,2024-06-10T08:00:00,intelligent,1,3600,广东,batch\n"
    for options in ({}, {"day": date(2024, 6, 10)}):
        with pytest.raises(BadInputError) as caught:
            services.day.run(request(text, **options), NOW)
        assert caught.value.code == "day_empty"
        assert [(finding.row, finding.rule) for finding in caught.value.findings] == [(2, "submit_naive")]


def test_run_at_another_load_is_not_entered_in_the_ledger(services: Services) -> None:
    services.day.run(request(GOOD, load=3.0), NOW)
    with services.books.read() as unit:
        fleet = services.ledger.fleet(unit, "national")
    assert services.ledger.utilisation(fleet, civil_day(date(2024, 6, 10)), NOW) == ()


def test_run_several_days_without_naming_one_is_refused(services: Services) -> None:
    with pytest.raises(BadInputError) as caught:
        services.day.run(request(GOOD + "x,2024-06-12T08:00:00+08:00,intelligent,1,60,广东,batch\n"), NOW)
    assert caught.value.code == "day_missing"


@pytest.mark.parametrize(
    "options",
    [{"load": 0.0}, {"load": float("nan")}, {"green_share": 1.5}, {"carbon_account": "both"}, {"outlook_h": -1}],
)
def test_run_options_out_of_range_are_named(services: Services, options: dict[str, object]) -> None:
    with pytest.raises(BadInputError) as caught:
        services.day.run(request(GOOD, **options), NOW)
    assert caught.value.code == "option_out_of_range"
    assert next(iter(options)).split("_")[0] in caught.value.message


def test_report_before_any_day_says_what_to_run(services: Services) -> None:
    with pytest.raises(NotFoundError) as caught:
        services.day.report()
    assert caught.value.code == "no_plan_yet"


def test_green_share_lowers_the_market_account_only(services: Services) -> None:
    low = services.day.run(request(GOOD, green_share=0.0), NOW)
    high = services.day.run(request(GOOD, green_share=0.8), NOW)
    assert high.ours.location_kg == pytest.approx(low.ours.location_kg)
    assert high.ours.market_kg == pytest.approx(0.2 * low.ours.market_kg)


def test_jobs_pages_never_overlap_and_hold_everything(services: Services) -> None:
    report = services.day.run(request(GOOD), NOW)
    for sort in SORT_KEYS:
        pages = [services.day.jobs(report.plan_id, sort=sort, page=number, size=7) for number in (1, 2, 3)]
        names = [row["job_id"] for page in pages for row in page.rows]
        assert len(names) == len(set(names)) == pages[0].total == 20
    backwards = services.day.jobs(report.plan_id, sort="job_id", descending=True, size=20).rows
    assert [row["job_id"] for row in backwards] == sorted((f"j{i}" for i in range(20)), reverse=True)


def test_jobs_filter_by_text_and_status(services: Services) -> None:
    report = services.day.run(request(GOOD), NOW)
    assert services.day.jobs(report.plan_id, text="J7").total == 1
    assert services.day.jobs(report.plan_id, text="广东").total == 20
    assert services.day.jobs(report.plan_id, text="guangdong").total == 20
    assert services.day.jobs(report.plan_id, text="Atlantis").total == 0
    assert services.day.jobs(report.plan_id, status="placed").total == report.account.placed
    with pytest.raises(BadInputError) as caught:
        services.day.jobs(report.plan_id, sort="colour")
    assert caught.value.code == "sort_unknown"


def test_every_plan_and_every_new_file_is_in_the_log(services: Services) -> None:
    services.day.run(request(GOOD), NOW)
    services.day.run(request(GOOD, seed=3), NOW)
    with services.books.read() as unit:
        kinds = [leaf.kind for leaf in services.log.leaves(unit)]
        assert services.log.check(unit) == ()
    assert kinds == ["fleet", "jobs", "plan", "plan"]


@pytest.mark.slow
def test_demo_is_labelled_as_made_and_balances(services: Services) -> None:
    report = services.day.demo(NOW)
    account = report.account
    assert report.is_generated
    assert account.jobs == account.placed + account.carried_over + account.refused == 30_000
    assert report.bound.gap >= 0
    assert max(report.bound.payments_error, report.bound.revenue_error, report.bound.slackness_error) < 1e-7


def test_plan_lost_from_the_lake_comes_back_with_the_next_run(services: Services) -> None:
    first = services.day.run(request(GOOD), NOW)
    lake = services.settings.home / "lake" / "placement"
    saved = {path: path.read_bytes() for path in lake.rglob("*.parquet")}
    assert saved
    for path in sorted(lake.rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    lake.rmdir()
    again = build(services.settings)
    again.dispatch.create()
    again.day.run(request(GOOD, seed=9), NOW)
    assert again.day.jobs(first.plan_id).total == 20


def test_plan_kept_before_volumes_and_terms_says_what_to_do(services: Services) -> None:
    plan_id = services.day.run(request(GOOD), NOW).plan_id
    with services.books.begin() as unit:
        document = services.dispatch.report(unit, plan_id)
        older = {name: value for name, value in document.items() if name not in ("volumes", "stand_alone", "terms")}
        unit.execute(sa.update(DAY_PLAN).values(document=json.dumps(older)))
    with services.books.read() as unit:
        with pytest.raises(NotFoundError) as caught:
            services.dispatch.volumes(unit)
        assert caught.value.code == "plan_too_old"
        with pytest.raises(NotFoundError) as caught:
            services.dispatch.stand_alone(unit)
        assert caught.value.code == "plan_too_old"
        with pytest.raises(NotFoundError) as caught:
            services.dispatch.explain_job(unit, plan_id, "j1")
        assert caught.value.code == "plan_too_old"
    assert services.day.jobs(plan_id).rows[0]["workload"] in {"training", "analytics", "rendering", "scientific"}
