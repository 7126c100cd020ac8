"""Batches are acknowledged whole and once; what is disputed is on record; the lake follows, also after a kill."""

from __future__ import annotations

import shutil
from base64 import b64encode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from deltalake import DeltaTable

from qipan.access.store import trail
from qipan.kernel.errors import QipanError
from qipan.kernel.time import Interval
from qipan.ledger.model.fleet import Fleet, Key, Meter, Source
from qipan.ledger.model.reading import Acknowledgement, Measure, Statement, Way
from qipan.ledger.seal import seal, sign
from qipan.ledger.service import projection
from qipan.ledger.service.metering import Metering
from qipan.ledger.service.register import Ledger
from qipan.ledger.sources import readings, sites_yaml
from qipan.ledger.store import reading as store
from qipan.log.service import Log
from qipan.observations.service import Observations
from qipan.storage.archive import Archive
from qipan.storage.books import Books
from qipan.storage.lake import FILES_MAX, Lake

START = datetime(2026, 1, 1, tzinfo=UTC)
NOW = START + timedelta(days=2)
SECRET = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


@dataclass
class House:
    """A ledger on books in memory."""

    folder: Path
    books: Books

    def __post_init__(self) -> None:
        self.lake = Lake(self.folder / "lake")
        self.observations = Observations(Archive(self.folder / "archive"), self.lake)
        self.log = Log()
        self.register = Ledger(self.observations, self.log, sites_yaml.read)
        forms = {"csv": readings.read_csv, "parquet": readings.read_parquet}
        self.metering = Metering(self.observations, self.lake, self.log, self.register, forms)
        self.metering.create()

    def receive(self, sealed: bytes, now: datetime = NOW) -> Acknowledgement:
        opened = self.metering.open(sealed)
        with self.books.begin() as unit:
            return self.metering.receive(unit, opened, now)

    def take(self, sealed: bytes) -> None:
        self.receive(sealed)
        self.project()

    def project(self) -> None:
        with self.books.read() as unit:
            self.metering.project(unit)

    def rows(self) -> list[dict[str, Any]]:
        found = self.lake.table("reading").to_pyarrow().to_pylist()
        return sorted(found, key=lambda row: (row["sequence"], row["meter_id"], row["period_start"]))


@pytest.fixture
def house(tmp_path: Path, books: Books, fleet: Fleet) -> House:
    made = House(tmp_path, books)
    public = b64encode(SECRET.public_key().public_bytes_raw()).decode()
    sources = (
        Source("alpha", "Alpha", "甲", 3600, 600, (Key("k", public, START - timedelta(days=1)),)),
        Source("beta", "Beta", "乙", 3600, 600),
    )
    alpha, beta = fleet.sites
    sites = (
        replace(alpha, meters=(Meter("used", Measure.USED, "alpha", "alpha/intelligent"),)),
        replace(beta, meters=(Meter("grid", Measure.GRID_ENERGY, "beta"),)),
    )
    with books.begin() as unit:
        made.register.register(unit, replace(fleet, sites=sites, sources=sources), START)
    return made


def signed(number: int, values: dict[int, int], *, released: datetime = NOW, extra: str = "") -> bytes:
    """Return a signed batch of the meter of alpha: hour to value."""
    data = "meter_id,start,end,value\n" + "".join(
        f"used,{(START + timedelta(hours=h)).isoformat()},{(START + timedelta(hours=h + 1)).isoformat()},{value}\n"
        for h, value in values.items()
    )
    content = (data + extra).encode()
    statement = Statement("alpha", Way.ATTESTED, number, released, "csv", sha256(content).hexdigest(), "k")
    return seal(statement, sign(statement, SECRET), content)


def collected(values: dict[int, int], *, released: datetime = NOW) -> bytes:
    content = signed(1, values).partition(b"\n")[2].replace(b"used,", b"grid,")
    statement = Statement("beta", Way.COLLECTED, 0, released, "csv", sha256(content).hexdigest())
    return seal(statement, b"", content)


def code_of(house: House, sealed: bytes, now: datetime = NOW) -> str:
    with pytest.raises(QipanError) as caught:
        house.receive(sealed, now)
    return caught.value.code


def test_batch_is_acknowledged_logged_and_projected(house: House) -> None:
    told = house.receive(signed(1, {0: 5, 1: 6}))
    assert (told.rows, told.accepted, told.quarantined, told.is_new) == (2, 2, 0, True)
    with house.books.read() as unit:
        (leaf,) = house.log.leaves(unit, kind="reading")
        assert (leaf.seq, leaf.digest) == (told.leaf, told.digest)
    house.project()
    assert [(row["value"], row["way"], row["quality"]) for row in house.rows()] == [
        (5, "attested", "measured"),
        (6, "attested", "measured"),
    ]
    assert {row["received"] for row in house.rows()} == {NOW}


def test_same_bytes_again_change_nothing(house: House) -> None:
    for sealed in (signed(1, {0: 5}), collected({0: 9})):
        first, again = house.receive(sealed), house.receive(sealed)
        assert again == replace(first, is_new=False)
    house.project()
    house.project()
    assert len(house.rows()) == 2


def test_same_reading_in_another_batch_is_repeated_or_disputed(house: House) -> None:
    house.receive(signed(1, {0: 5, 1: 6}))
    told = house.receive(signed(2, {0: 5, 1: 7, 2: 8}))
    assert (told.accepted, told.repeated, told.disputed) == (1, 1, 1)
    house.project()
    assert [row["value"] for row in house.rows()] == [5, 6, 8]
    with house.books.read() as unit:
        (dispute,) = house.metering.disputes(unit, open_only=True)
    assert (dispute.meter_id, dispute.held_value, dispute.refused_value, dispute.row) == ("used", 6, 7, 3)
    assert dispute.period == Interval(START + timedelta(hours=1), START + timedelta(hours=2))


def test_dispute_is_resolved_once(house: House) -> None:
    house.receive(signed(1, {0: 5}))
    house.receive(signed(2, {0: 6}))
    with house.books.begin() as unit:
        (dispute,) = house.metering.disputes(unit)
        done = house.metering.resolve(unit, dispute.dispute_id, resolution="upheld", note="letter 7", now=NOW)
        assert (done.resolution, done.note, done.resolved) == ("upheld", "letter 7", NOW)
        assert house.metering.disputes(unit, open_only=True) == ()
    for words, code in ((("upheld",), "dispute_resolved"), (("perhaps",), "resolution_unknown")):
        with pytest.raises(QipanError) as caught, house.books.begin() as unit:
            house.metering.resolve(unit, dispute.dispute_id, resolution=words[0], note="", now=NOW)
        assert caught.value.code == code


def test_each_batch_and_resolution_leaves_one_entry_on_the_trail(house: House) -> None:
    for sealed in (signed(1, {0: 5}), signed(1, {0: 5}), signed(2, {0: 6})):
        house.receive(sealed)
    with pytest.raises(QipanError):
        house.receive(signed(2, {0: 7}))
    with house.books.begin() as unit:
        house.metering.resolve(unit, 1, resolution="upheld", note="letter 7", now=NOW)
    with house.books.read() as unit:
        found = [one for one in trail(unit) if one.action != "fleet_registered"][::-1]
    assert [(one.action, one.detail) for one in found] == [
        ("batch_received", {"sequence": 1}),
        ("batch_received", {"sequence": 2}),
        ("dispute_resolved", {"resolution": "upheld"}),
    ]


def test_correction_is_a_later_release_and_both_stay(house: House) -> None:
    house.receive(signed(1, {0: 5}))
    told = house.receive(signed(2, {0: 6}, released=NOW + timedelta(minutes=1)))
    assert (told.accepted, told.disputed) == (1, 0)
    house.project()
    assert [row["value"] for row in house.rows()] == [5, 6]


def test_bad_rows_are_in_quarantine_and_the_others_kept(house: House) -> None:
    told = house.receive(signed(1, {0: 5, 1: -1}, extra="used,now,then,3\n"))
    assert (told.rows, told.accepted, told.quarantined) == (3, 1, 2)
    with house.books.read() as unit:
        findings = house.metering.findings(unit, told.sequence)
    assert [(f.row, f.column, f.rule) for f in findings] == [
        (3, "value", "value_out_of_range"),
        (4, "end", "time_unreadable"),
        (4, "start", "time_unreadable"),
    ]


def test_what_cannot_be_trusted_is_refused_and_leaves_nothing(house: House) -> None:
    assert code_of(house, signed(1, {0: -5})) == "batch_empty"
    assert code_of(house, signed(1, {0: 5}, released=NOW + timedelta(hours=1))) == "released_ahead"
    assert code_of(house, signed(1, {0: 5}).replace(b'"alpha"', b'"gamma"')) == "source_unknown"
    forged = bytearray(signed(1, {0: 5}))
    assert code_of(house, bytes(forged).replace(b'"number":1', b'"number":2')) == "signature_wrong"
    house.receive(signed(1, {0: 5}))
    assert code_of(house, signed(1, {0: 6})) == "batch_number_taken"
    house.project()
    assert len(house.rows()) == 1


def test_another_sources_meter_is_refused(house: House) -> None:
    content = signed(1, {0: 5}).partition(b"\n")[2]
    statement = Statement("beta", Way.COLLECTED, 0, NOW, "csv", sha256(content).hexdigest())
    assert code_of(house, seal(statement, b"", content)) == "batch_empty"


@pytest.mark.slow
def test_lake_of_many_small_batches_compacts_itself(house: House) -> None:
    numbers = range(1, FILES_MAX + 4)
    for number in numbers:
        house.take(signed(number, {0: number}, released=NOW - timedelta(seconds=FILES_MAX + 4 - number)))
    assert sorted(row["value"] for row in house.rows()) == list(numbers)
    # What one file replaced is deleted a week later.
    standing = DeltaTable(house.folder / "lake" / "reading").file_uris()
    assert len(standing) <= 3


@pytest.mark.parametrize("step", ["archive", "books", "lake"])
def test_a_kill_at_any_step_leaves_the_lake_of_a_ledger_never_killed(
    house: House, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    batches = [signed(1, {0: 5, 1: 6}), signed(2, {1: 7, 2: 8}), collected({0: 9})]
    house.receive(batches[0])
    house.project()

    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        if step == "archive":  # the bytes are archived, the books know nothing of them
            patched.setattr(store, "insert_batch", die)
        elif step == "books":  # acknowledged, the lake knows nothing
            patched.setattr(Metering, "project", die)
        else:  # in the middle of the projection
            patched.setattr(Lake, "append", die)
        with pytest.raises(KeyboardInterrupt):
            house.take(batches[1])
    for sealed in batches:
        house.take(sealed)
    assert [row["value"] for row in house.rows()] == [5, 6, 8, 9]

    before = house.rows()
    shutil.rmtree(house.folder / "lake" / "reading")
    house.metering.create()
    house.project()
    assert house.rows() == before
    with house.books.read() as unit:
        assert house.log.check(unit) == ()


def at_once(work: Callable[[int], None], count: int) -> None:
    """Do something in some threads at once; what one of them raises is raised here."""
    with ThreadPoolExecutor(count) as pool:
        for done in [pool.submit(work, place) for place in range(count)]:
            done.result()


def hour_by_hour(place: int, batches: int) -> list[bytes]:
    """Return batches of one reading each, with a release of their own."""
    told = [(place * batches + i, NOW - timedelta(seconds=place * batches + i + 1)) for i in range(batches)]
    return [collected({0: value}, released=released) for value, released in told]


@pytest.mark.slow
@pytest.mark.parametrize("services", [1, 4])
def test_batches_received_at_once_are_all_acknowledged_and_in_the_lake_once(
    house: House, tmp_path: Path, fleet: Fleet, services: int
) -> None:
    books = Books(f"sqlite:///{tmp_path}/books.sqlite")
    books.migrate()
    with house.books.read() as unit:
        known = house.register.fleet(unit, fleet.fleet_id)
    # Each of them stands for a process of its own.
    houses = [House(tmp_path, books) for _ in range(services)]
    with books.begin() as unit:
        houses[0].register.register(unit, known, START)

    def work(place: int) -> None:
        for sealed in hour_by_hour(place, 8):
            houses[place % services].take(sealed)

    at_once(work, 8)
    assert sorted(row["value"] for row in houses[0].rows()) == list(range(64))
    with books.read() as unit:
        accounts = houses[0].metering.batches(unit)
    assert [row["sequence"] for row in houses[0].rows()] == [account.sequence for account in accounts]
    books.close()


def test_projection_goes_on_where_another_has_moved_the_lake(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    for sealed in hour_by_hour(0, 4):
        house.receive(sealed)
    monkeypatch.setattr(projection, "PROJECTED_ROWS", 1)
    append, others = Lake.append, iter((2, 3))

    def after_another(lake: Lake, table: str, batch: Any, **words: Any) -> bool:
        for newest in others:
            rows = pa.Table.from_batches([], schema=store.READINGS_SCHEMA)
            assert append(lake, table, rows, source="reading", sequence=newest)
            break
        return append(lake, table, batch, **words)

    monkeypatch.setattr(Lake, "append", after_another)
    house.project()
    # What another has brought there is not brought again.
    assert [row["sequence"] for row in house.rows()] == [4]


def test_lake_ahead_of_restored_books_is_told_and_takes_nothing(house: House, tmp_path: Path, fleet: Fleet) -> None:
    for number in (1, 2):
        house.take(signed(number, {number: number}))
    before = house.rows()
    restored = Books("sqlite://")
    restored.migrate()
    older = House(tmp_path, restored)
    with house.books.read() as unit:
        known = house.register.fleet(unit, fleet.fleet_id)
    with restored.begin() as unit:
        older.register.register(unit, known, START)
    assert code_of(older, signed(3, {3: 3})) == "lake_ahead"
    for look in (older.metering.project, older.metering.lacking):
        with restored.read() as unit, pytest.raises(QipanError) as caught:
            look(unit)
        assert caught.value.code == "lake_ahead"
    assert house.rows() == before

    # Made again from the archive, it takes them.
    shutil.rmtree(tmp_path / "lake" / "reading")
    older.metering.create()
    older.receive(signed(3, {3: 3}))
    with restored.read() as unit:
        assert older.metering.lacking(unit) == 1
    older.project()
    assert [row["value"] for row in older.rows()] == [3]
    restored.close()


def test_attested_batches_are_numbered_from_one_and_what_never_came_is_told(house: House) -> None:
    for number in (0, -3):
        assert code_of(house, signed(number, {0: 5})) == "batch_number_unfit"
    content = signed(1, {0: 5}).partition(b"\n")[2].replace(b"used,", b"grid,")
    statement = Statement("beta", Way.COLLECTED, 4, NOW, "csv", sha256(content).hexdigest())
    assert code_of(house, seal(statement, b"", content)) == "batch_number_unfit"
    house.receive(collected({0: 5}))
    told = {1: (0, None), 2: (0, None), 4: (1, 3), 9: (5, 3), 3: (4, 5)}
    for place, (number, missing) in enumerate(told.items()):
        house.receive(signed(number, {place: 5}))
        with house.books.read() as unit:
            heard = store.heard(unit)
        assert (heard["alpha"].missing, heard["alpha"].missing_number) == missing
        assert (heard["beta"].missing, heard["beta"].missing_number) == (0, None)


def test_first_batch_that_never_came_is_told(house: House) -> None:
    house.receive(signed(2, {0: 5}))
    with house.books.read() as unit:
        heard = store.heard(unit)["alpha"]
    assert (heard.missing, heard.missing_number) == (1, 1)
