"""Lake: a batch is in a table whole and once, and an empty table is a table."""

import errno
import threading
from datetime import UTC, date, datetime

import ibis
import pyarrow as pa
import pytest

from qipan.kernel.errors import BadInputError, ConflictError, EngineError
from qipan.storage import lake as lake_module
from qipan.storage.lake import Lake

SCHEMA = pa.schema(
    [
        pa.field("site", pa.string(), nullable=False),
        pa.field("at", pa.timestamp("us", tz="UTC"), nullable=False),
        pa.field("energy_wh", pa.int64()),
        pa.field("share", pa.float64()),
    ]
)
NOON = datetime(2017, 10, 9, 12, tzinfo=UTC)


def batch(*energies_wh):
    count = len(energies_wh)
    columns = {"site": ["中卫"] * count, "at": [NOON] * count, "energy_wh": energies_wh, "share": [0.5] * count}
    return pa.table(columns, schema=SCHEMA)


@pytest.fixture
def lake(tmp_path):
    # A folder with everything in its name that a path may hold.
    made = Lake(tmp_path / "the lake 湖 100% o'clock")
    made.create("reading", SCHEMA)
    return made


def energies_wh(lake):
    return sorted(lake.table("reading").energy_wh.to_pyarrow().to_pylist())


def test_table_without_rows_has_its_columns(lake):
    table = lake.table("reading")
    assert table.schema() == ibis.Schema.from_pyarrow(SCHEMA)
    assert table.to_pyarrow().num_rows == 0
    assert table.filter(table.energy_wh > 0).count().to_pyarrow().as_py() == 0


def test_append_then_read_gives_rows_in_utc(lake):
    assert lake.append("reading", batch(40, 2), source="meter", sequence=1)
    rows = lake.table("reading").to_pyarrow()
    assert rows.schema.equals(SCHEMA.empty_table().cast(rows.schema).schema)
    assert rows.to_pylist()[0] == {"site": "中卫", "at": NOON, "energy_wh": 40, "share": 0.5}


def test_append_same_sequence_changes_nothing(lake):
    assert lake.append("reading", batch(1), source="meter", sequence=3)
    assert not lake.append("reading", batch(1), source="meter", sequence=3)
    assert not lake.append("reading", batch(9), source="meter", sequence=2)
    assert energies_wh(lake) == [1]
    assert lake.last_sequence("reading", source="meter") == 3


def test_append_of_two_sources_counts_each_alone(lake):
    assert lake.append("reading", batch(1), source="a", sequence=5)
    assert lake.append("reading", batch(2), source="b", sequence=1)
    assert energies_wh(lake) == [1, 2]


def test_append_empty_batch_moves_the_sequence(lake):
    assert lake.append("reading", batch(), source="meter", sequence=1)
    assert lake.last_sequence("reading", source="meter") == 1
    assert lake.last_sequence("reading", source="other") == 0


def test_append_over_a_gap_is_refused(lake):
    with pytest.raises(ConflictError) as caught:
        lake.append("reading", batch(1), source="meter", sequence=2, after=1)
    assert caught.value.code == "lake_gap"
    assert lake.append("reading", batch(1), source="meter", sequence=1, after=0)
    assert lake.append("reading", batch(2), source="meter", sequence=2, after=1)


@pytest.mark.parametrize(
    "misfit",
    [
        pa.table({"site": ["a"]}),
        pa.table({"site": [None], "at": [NOON], "energy_wh": [1], "share": [1.0]}),
        pa.table({"site": ["a"], "at": [NOON], "energy_wh": ["many"], "share": [1.0]}),
        pa.table({"site": ["a"], "at": [NOON], "energy_wh": [1.5], "share": [1.0]}),
    ],
)
def test_append_misfit_is_refused_and_leaves_nothing(lake, misfit):
    with pytest.raises(BadInputError) as caught:
        lake.append("reading", misfit, source="meter", sequence=1)
    assert caught.value.code == "lake_batch_misfit"
    assert lake.last_sequence("reading", source="meter") == 0


def test_append_by_many_threads_puts_each_batch_in_once(lake):
    answers = []

    def send(source):
        answers.extend(lake.append("reading", batch(i), source=source, sequence=i) for i in range(1, 4))

    threads = [threading.Thread(target=send, args=(name,)) for name in ("a", "a", "a", "b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 12
    assert sum(answers) == len(energies_wh(lake))
    assert [lake.last_sequence("reading", source=name) for name in ("a", "b")] == [3, 3]
    assert lake.table("reading").filter(ibis._.energy_wh == 3).count().to_pyarrow().as_py() == 2


def test_append_to_a_full_disk_can_be_repeated(lake, monkeypatch):
    def refuse(*_args, **_kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(lake_module, "write_deltalake", refuse)
        with pytest.raises(EngineError) as caught:
            lake.append("reading", batch(1), source="meter", sequence=1)
    assert caught.value.code == "lake_failed"
    assert lake.append("reading", batch(1), source="meter", sequence=1)


def test_compactions_at_once_leave_every_row_once(lake, monkeypatch):
    for i in range(1, 6):
        lake.append("reading", batch(i), source="meter", sequence=i)
    begun = lake_module._parts
    others = []

    def meanwhile(*of_table):
        found = begun(*of_table)
        with monkeypatch.context() as patch:
            patch.setattr(lake_module, "_parts", begun)
            others.append(Lake(lake.root).compact("reading", files_max=1))
            lake.append("reading", batch(6), source="meter", sequence=6)
        return found

    with monkeypatch.context() as patch:
        patch.setattr(lake_module, "_parts", meanwhile)
        assert lake.compact("reading", files_max=1) == 1
    assert others == [0]
    assert energies_wh(lake) == [1, 2, 3, 4, 5, 6]
    assert lake.compact("reading", files_max=1) == 1


def test_compact_merges_what_stands_apart_too_much_and_keeps_rows_and_sequences(lake):
    for i in range(1, 6):
        lake.append("reading", batch(i), source="meter", sequence=i)
    before = lake.table("reading")
    assert lake.compact("reading", files_max=5) == 0
    assert lake.compact("reading", files_max=4) == 1
    assert lake.compact("reading", files_max=1) == 0
    assert energies_wh(lake) == [1, 2, 3, 4, 5]
    assert before.count().to_pyarrow().as_py() == 5
    assert not lake.append("reading", batch(5), source="meter", sequence=5)
    assert lake.append("reading", batch(6), source="meter", sequence=6, after=5)


def test_compact_merges_each_day_alone(tmp_path):
    lake = Lake(tmp_path)
    schema = pa.schema([pa.field("day", pa.date32()), pa.field("energy_wh", pa.int64())])
    lake.create("reading", schema, by="day")
    days = [date(2026, 1, 1), date(2026, 1, 2)]
    for i in range(1, 5):
        of_days = days[: 1 + i % 2]
        rows = pa.table({"day": of_days, "energy_wh": [i] * len(of_days)}, schema=schema)
        lake.append("reading", rows, source="meter", sequence=i)
    assert lake.compact("reading", files_max=2) == 1
    assert energies_wh(lake) == [1, 1, 2, 3, 3, 4]
    assert lake.table("reading", least=days[1], most=days[1]).count().to_pyarrow().as_py() == 2


def test_batch_given_part_by_part_goes_in_whole(lake):
    parts = (batch(i) for i in range(3))
    assert lake.append("reading", parts, source="meter", sequence=1, after=0)
    assert energies_wh(lake) == [0, 1, 2]
    assert not lake.append("reading", (batch(9) for _ in range(1)), source="meter", sequence=1, after=0)


def test_create_adds_columns_that_may_be_empty_at_the_end(lake):
    lake.append("reading", batch(1), source="meter", sequence=1)
    wider = pa.schema([*SCHEMA, pa.field("note", pa.string()), pa.field("seen", pa.timestamp("us", tz="UTC"))])
    lake.create("reading", wider)
    assert lake.schema("reading") == wider
    assert lake.table("reading").note.to_pyarrow().to_pylist() == [None]
    later = (
        batch(2)
        .append_column("note", pa.array(["new"]))
        .append_column("seen", pa.array([None], wider.field("seen").type))
    )
    lake.append("reading", later, source="meter", sequence=2)
    assert sorted(map(str, lake.table("reading").note.to_pyarrow().to_pylist())) == ["None", "new"]
    with pytest.raises(ConflictError):
        lake.create("reading", pa.schema([*wider, pa.field("must", pa.string(), nullable=False)]))


def test_create_twice_changes_nothing_and_other_columns_are_refused(lake):
    lake.append("reading", batch(1), source="meter", sequence=1)
    lake.create("reading", SCHEMA)
    assert energies_wh(lake) == [1]
    assert lake.tables() == ("reading",)
    with pytest.raises(ConflictError) as caught:
        lake.create("reading", pa.schema([("site", pa.string())]))
    assert caught.value.code == "lake_schema_differs"


def test_table_that_is_missing_says_what_to_run(tmp_path):
    lake = Lake(tmp_path / "none")
    assert lake.tables() == ()
    with pytest.raises(EngineError) as caught:
        lake.table("reading")
    assert caught.value.code == "lake_table_missing"
    assert caught.value.hint == "Run: qipan init"


@pytest.mark.parametrize("name", ["", "../escape", "a b", "Reading", 'a"b'])
def test_create_with_a_malformed_name_is_refused(tmp_path, name):
    with pytest.raises(BadInputError) as caught:
        Lake(tmp_path).create(name, SCHEMA)
    assert caught.value.code == "lake_name_malformed"


def test_tables_of_one_thread_can_be_joined(lake):
    lake.create("site", pa.schema([("site", pa.string()), ("adcode", pa.string())]))
    lake.append("site", pa.table({"site": ["中卫"], "adcode": ["640000"]}), source="facts", sequence=1)
    lake.append("reading", batch(40, 2), source="meter", sequence=1)
    joined = lake.table("reading").join(lake.table("site"), "site").group_by("adcode").agg(wh=ibis._.energy_wh.sum())
    assert joined.to_pyarrow().to_pylist() == [{"adcode": "640000", "wh": 42}]


def test_table_in_another_thread_reads_too(lake):
    lake.append("reading", batch(40, 2), source="meter", sequence=1)
    found = []
    lake.table("reading")
    thread = threading.Thread(target=lambda: found.extend(energies_wh(lake)))
    thread.start()
    thread.join()
    assert found == [2, 40]
