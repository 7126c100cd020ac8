"""Observations: acknowledged once, projected in order, corrected by later releases, asked as of any day.

Tests that ask for ``books`` also run on PostgreSQL, see tests/engines/test_postgresql.py.
"""

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from qipan.kernel.errors import BadInputError, ConflictError, EngineError, Finding
from qipan.kernel.time import Interval
from qipan.observations.model import Observation, Series
from qipan.observations.service import Observations
from qipan.storage.archive import Archive
from qipan.storage.books import Books, metadata
from qipan.storage.lake import Lake

NOW = datetime(2017, 10, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
PERIOD = Interval(NOW, NOW + HOUR)
LOAD = Series("load", "Load", "负荷", "MW", "grid")


@pytest.fixture
def books():
    in_memory = Books("sqlite://")
    with in_memory.begin() as unit:
        metadata.create_all(unit.connection)
    yield in_memory
    in_memory.close()


@pytest.fixture
def observations(tmp_path):
    made = Observations(Archive(tmp_path / "archive"), Lake(tmp_path / "lake"))
    made.create()
    return made


def receive(observations, books, data, *, source="grid", kind="csv", **more):
    with books.begin() as unit:
        return observations.receive(unit, source=source, kind=kind, data=data, now=NOW, **({"rows": 1} | more))


def record(observations, books, receipt, released_h, value):
    with books.begin() as unit:
        observations.define(unit, [LOAD])
    with books.read() as unit:
        return observations.record(unit, [Observation("load", PERIOD, NOW + released_h * HOUR, value)], receipt)


def values_as_of(observations, hours):
    return [[one.value for one in observations.as_of({"load"}, NOW + hour * HOUR)] for hour in hours]


def fail_after(books, write):
    """Write in a unit of work that then fails."""
    with books.begin() as unit:
        write(unit)
        raise ZeroDivisionError


def test_receive_new_bytes_acknowledges_them(observations, books):
    receipt = receive(observations, books, b"one", rows=7)
    assert receipt.is_new
    assert (receipt.previous, receipt.rows, receipt.quarantined, receipt.received) == (0, 7, 0, NOW)
    assert observations.data(receipt) == b"one"
    with books.read() as unit:
        (entered,) = observations.batches(unit)
    assert entered.sequence == receipt.sequence


def test_receive_same_bytes_again_gives_the_same_receipt(observations, books):
    first = receive(observations, books, b"one", rows=7)
    again = receive(observations, books, b"one", rows=9)
    assert not again.is_new
    assert (again.sequence, again.rows) == (first.sequence, 7)
    assert receive(observations, books, b"one", source="other").is_new


def test_receive_same_bytes_as_another_kind_is_refused(observations, books):
    receive(observations, books, b"one", kind="csv")
    with pytest.raises(ConflictError) as caught:
        receive(observations, books, b"one", kind="llm")
    assert caught.value.code == "batch_kind_differs"


def test_receive_undone_leaves_no_acknowledgement(observations, books):
    with pytest.raises(ZeroDivisionError):
        fail_after(
            books,
            lambda unit: observations.receive(unit, source="grid", kind="csv", data=b"one", now=NOW, rows=1),
        )
    with books.read() as unit:
        assert observations.batches(unit) == ()
    assert receive(observations, books, b"one").is_new


def test_receive_with_findings_keeps_all_of_them(observations, books):
    findings = [
        Finding(3, "duration_s", "negative", "A duration must not be negative, was -5.", "-5"),
        Finding(3, "kind", "unknown", "A kind must be known, was 魔法.", "魔法"),
        Finding(9, "submit", "naive", "A time must carry its zone.", "2017"),
        Finding(0, "", "no_cards", "Two rows without cards are out of scope."),
    ]
    receipt = receive(observations, books, b"one", rows=10, findings=findings)
    assert receipt.quarantined == 2
    with books.read() as unit:
        assert observations.quarantined(unit, receipt.sequence) == tuple(findings)
        assert observations.quarantined(unit, receipt.sequence, offset=1, limit=2) == tuple(findings[1:3])
        assert observations.quarantined(unit, receipt.sequence + 1) == ()


def test_receive_from_many_threads_keeps_one_chain(observations, books):
    def send(name):
        for i in range(5):
            receive(observations, books, f"{name}{i}".encode())

    threads = [threading.Thread(target=send, args=(name,)) for name in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with books.read() as unit:
        receipts = observations.batches(unit)
    assert len(receipts) == 15
    assert [receipt.previous for receipt in receipts] == [0, *(receipt.sequence for receipt in receipts[:-1])]


def test_as_of_a_day_before_the_correction_gives_what_was_known_then(observations, books):
    record(observations, books, receive(observations, books, b"first"), 1, 10.0)
    record(observations, books, receive(observations, books, b"correction"), 5, 11.0)
    assert values_as_of(observations, [0, 1, 4, 5, 99]) == [[], [10.0], [10.0], [11.0], [11.0]]


def test_as_of_with_an_older_release_arriving_late_keeps_the_newer_one(observations, books):
    record(observations, books, receive(observations, books, b"correction"), 5, 11.0)
    record(observations, books, receive(observations, books, b"first, late"), 1, 10.0)
    assert values_as_of(observations, [0, 1, 5]) == [[], [10.0], [11.0]]


def test_record_same_batch_again_changes_nothing(observations, books):
    receipt = receive(observations, books, b"first")
    assert record(observations, books, receipt, 1, 10.0)
    assert not record(observations, books, receive(observations, books, b"first"), 1, 10.0)
    assert observations.as_of_table({"load"}, NOW + HOUR).count().to_pyarrow().as_py() == 1


def test_record_bad_observations_is_refused_with_every_finding(observations, books):
    receipt = receive(observations, books, b"first")
    bad = [Observation(name, PERIOD, NOW, float("nan")) for name in ("a", "b")]
    with pytest.raises(BadInputError) as caught, books.read() as unit:
        observations.record(unit, bad, receipt)
    assert caught.value.code == "observations_unfit"
    assert len(caught.value.findings) == 4
    assert observations.as_of({"a", "b"}, NOW) == ()


def test_pending_after_a_kill_between_the_stores_names_what_the_lake_lacks(observations, books):
    receipts = [receive(observations, books, data) for data in (b"1", b"2", b"3")]
    record(observations, books, receipts[0], 1, 1.0)
    with pytest.raises(ConflictError) as caught:
        record(observations, books, receipts[2], 3, 3.0)
    assert caught.value.code == "lake_gap"
    with books.read() as unit:
        pending = observations.pending(unit, "observations", kind="csv")
    assert [receipt.sequence for receipt in pending] == [receipts[1].sequence, receipts[2].sequence]
    for receipt in pending:
        value = float(observations.data(receipt))
        assert record(observations, books, receipt, int(value), value)
    with books.read() as unit:
        assert observations.pending(unit, "observations", kind="csv") == ()
    assert values_as_of(observations, [1, 2, 3]) == [[1.0], [2.0], [3.0]]


def test_pending_with_restored_older_books_refuses_the_newer_lake(observations, books):
    first = receive(observations, books, b"1")
    ahead = replace(first, sequence=first.sequence + 1, previous=first.sequence)
    record(observations, books, first, 1, 1.0)
    record(observations, books, ahead, 2, 2.0)
    with pytest.raises(EngineError) as caught, books.read() as unit:
        observations.pending(unit, "observations", kind="csv")
    assert caught.value.code == "lake_ahead"


def test_rebuild_into_an_empty_lake_gives_the_same_answers(observations, books, tmp_path):
    for hour, source in enumerate(["grid", "other", "grid"], start=1):
        receipt = receive(observations, books, f"{hour}".encode(), source=source)
        record(observations, books, receipt, hour, float(hour))
    rebuilt = Observations(Archive(tmp_path / "archive"), Lake(tmp_path / "rebuilt"))
    rebuilt.create()
    with books.read() as unit:
        for receipt in rebuilt.batches(unit, kind="csv"):
            hour = int(rebuilt.data(receipt))
            rebuilt.record(unit, [Observation("load", PERIOD, NOW + hour * HOUR, float(hour))], receipt)
    assert values_as_of(rebuilt, range(5)) == values_as_of(observations, range(5))


def test_batches_of_a_kind_after_a_sequence_are_in_order(observations, books):
    receipts = [receive(observations, books, bytes([i]), kind=kind) for i, kind in enumerate(["a", "b", "a", "a"])]
    with books.read() as unit:
        found = observations.batches(unit, kind="a", after=receipts[0].sequence, limit=1)
    assert [receipt.sequence for receipt in found] == [receipts[2].sequence]
    assert receipts[2].previous == receipts[0].sequence


def test_define_same_series_again_changes_nothing(observations, books):
    price = Series("price", "Price", "电价", "fen/kWh", "market")
    with books.begin() as unit:
        observations.define(unit, [LOAD, LOAD])
        observations.define(unit, [LOAD, price])
        assert observations.series(unit) == (LOAD, price)
        assert observations.series(unit, ["price", "none"]) == (price,)
        assert observations.series(unit, [*map(str, range(2000)), "load"]) == (LOAD,)


def test_define_other_words_for_a_series_is_refused(observations, books):
    with books.begin() as unit:
        observations.define(unit, [LOAD])
    in_kilowatts = Series("load", "Load", "负荷", "kW", "grid")
    for series in ([in_kilowatts], [Series("new", "", "", "", ""), Series("new", "", "", "kW", "")]):
        with pytest.raises(ConflictError) as caught, books.begin() as unit:
            observations.define(unit, series)
        assert caught.value.code == "series_differs"
