"""What Prometheus answers becomes readings; silence stays silence; a bad map is told line by line."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qipan.kernel.errors import BadInputError, EngineError
from qipan.kernel.time import Interval
from qipan.ledger.sources.prometheus import Map, closed, collect, read_map

T = datetime(2026, 1, 1, tzinfo=UTC)
START_S = int(T.timestamp())
EXAMPLE = Path(__file__).resolve().parents[3] / "docs/examples/prometheus.yaml"


def plan(kind: str, *, factor: float = 1.0, meter_id: str = "{site}/m") -> Map:
    text = f"""
period_s: 60
step_s: 10
entries: [{{ expression: x, kind: {kind}, factor: {factor}, meter_id: "{meter_id}" }}]
"""
    return read_map(text.encode())


def answer(*series: tuple[dict[str, str], Sequence[tuple[int, float]]]) -> httpx.Client:
    """Return a client of a Prometheus that holds samples at seconds since T, and answers what lies in the question."""

    def told(request: httpx.Request) -> httpx.Response:
        asked = parse_qs(request.content.decode())
        start, end = float(asked["start"][0]), float(asked["end"][0])
        result = [
            {
                "metric": labels,
                "values": [[START_S + at, str(v)] for at, v in values if start <= START_S + at <= end],
            }
            for labels, values in series
        ]
        return httpx.Response(200, json={"status": "success", "data": {"result": result}})

    return httpx.Client(transport=httpx.MockTransport(told))


def told(client: httpx.Client, plan: Map, *, periods: int = 2) -> list[tuple[str, int, int]]:
    interval = Interval(T, T + timedelta(minutes=periods))
    found = collect("http://prometheus", plan, interval, client=client)
    start = ((found.start_us // 1_000_000) - START_S).tolist()
    names = [found.meter_ids[place] for place in found.meter]
    return list(zip(names, start, found.value.tolist(), strict=True))


STEPS = range(0, 121, 10)


def test_counter_flows_by_its_difference_and_begins_anew_after_a_reset() -> None:
    values = [(at, 100.0 + at) if at <= 80 else (at, float(at - 85)) for at in STEPS]
    # 0 to 60: 60. Then 20 to the reset, 5 after it, and 30 more.
    assert told(answer(({"site": "a"}, values)), plan("counter")) == [("a/m", 0, 60), ("a/m", 60, 20 + 5 + 30)]


def test_gauge_is_its_mean_times_the_seconds() -> None:
    values = [(at, 50.0 if at < 60 else 100.0) for at in STEPS]
    assert told(answer(({"site": "a"}, values)), plan("gauge", factor=0.01)) == [("a/m", 0, 30), ("a/m", 60, 60)]


def test_series_of_one_meter_are_added_up() -> None:
    values = [(at, float(at)) for at in STEPS]
    client = answer(({"site": "a", "card": "0"}, values), ({"site": "a", "card": "1"}, values), ({"site": "b"}, values))
    assert told(client, plan("counter"), periods=1) == [("a/m", 0, 120), ("b/m", 0, 60)]


@pytest.mark.parametrize("kind", ["counter", "gauge"])
@pytest.mark.parametrize("lost", [(0,), (60,), (20, 30, 40)])
def test_missing_samples_are_silence(kind: str, lost: tuple[int, ...]) -> None:
    values = [(at, float(at)) for at in range(0, 61, 10) if at not in lost]
    found = told(answer(({"site": "a"}, values)), plan(kind), periods=1)
    # A counter has counted on while nobody looked; only its ends must be there.
    assert found == ([("a/m", 0, 60)] if kind == "counter" and lost == (20, 30, 40) else [])


def test_label_that_a_series_lacks_is_told() -> None:
    with pytest.raises(BadInputError) as caught:
        told(answer(({"host": "a"}, [(at, 1.0) for at in STEPS])), plan("gauge"))
    assert caught.value.code == "label_missing"


@pytest.mark.parametrize(
    ("response", "code"),
    [
        (httpx.Response(400, json={"status": "error", "error": "parse error"}), "prometheus_refused"),
        (httpx.Response(502, text="bad gateway"), "prometheus_unreachable"),
        (httpx.ConnectError("refused"), "prometheus_unreachable"),
    ],
)
def test_prometheus_that_fails_is_told(response: httpx.Response | Exception, code: str) -> None:
    def fail(_: httpx.Request) -> httpx.Response:
        if isinstance(response, Exception):
            raise response
        return response

    with pytest.raises(EngineError) as caught:
        told(httpx.Client(transport=httpx.MockTransport(fail)), plan("gauge"))
    assert caught.value.code == code


def test_example_map_is_good() -> None:
    found = read_map(EXAMPLE.read_bytes())
    assert (found.period_s, [entry.kind for entry in found.entries]) == (
        3600,
        ["counter", "gauge", "counter", "counter"],
    )


@pytest.mark.parametrize(
    ("text", "row", "rule"),
    [
        ("period_s: 60\nstep_s: 7\nentries: []", 2, "step_misfit"),
        ("period_s: 60\nstep_s: 10\nentries:\n  - {expression: x, kind: level, meter_id: m}", 4, "kind_unknown"),
        ("period_s: 60\nstep_s: 10\nentries:\n  - {expression: x, kind: gauge}", 4, "key_missing"),
        ("period_s: 60\nstep_s: 10\nentrys: []", 3, "key_unknown"),
        ("period_s: 1.5\nstep_s: 10\nentries: []", 1, "not_whole"),
    ],
)
def test_bad_map_is_told_with_its_line(text: str, row: int, rule: str) -> None:
    with pytest.raises(BadInputError) as caught:
        read_map(text.encode())
    assert (row, rule) in {(finding.row, finding.rule) for finding in caught.value.findings}


@given(st.binary(max_size=200))
def test_any_bytes_are_a_map_or_refused(data: bytes) -> None:
    try:
        read_map(data)
    except BadInputError as error:
        assert json.dumps([finding.message for finding in error.findings])  # noqa: PT017


@given(st.integers(0, 10**6), st.integers(0, 10**5), st.sampled_from([1, 60, 3600]))
def test_closed_periods_are_whole_and_over(since_s: int, lasts_s: int, period_s: int) -> None:
    since, until = T + timedelta(seconds=since_s), T + timedelta(seconds=since_s + lasts_s)
    found = closed(until, period_s, since=since, margin=timedelta(seconds=5))
    if found is None:
        assert lasts_s < 2 * period_s + 5
    else:
        assert since <= found.start <= found.end <= until - timedelta(seconds=5)
        assert found.start.timestamp() % period_s == found.end.timestamp() % period_s == 0
