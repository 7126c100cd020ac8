"""Crosswalks: carrying conserves, weights are learned, and what ships does on the reference as its page says."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qipan.bootstrap.crosswalks import choose, names_of, read_exposed
from qipan.kernel.errors import BadInputError, NotFoundError
from qipan.labour.cross.carry import carry
from qipan.labour.cross.learn_links import chances_of, describe, learn_links
from qipan.labour.cross.look_up import look_up
from qipan.labour.cross.turn import turn
from qipan.labour.model.crosswalk import Crosswalk, Exposed
from qipan.labour.sources import crosswalk as sources

ROOT = Path(__file__).resolve().parents[3]
CODES, TARGETS = "abcde", "vwxyz"


@st.composite
def crosswalks(draw: st.DrawFn, *, least: float = 1.0) -> Crosswalk:
    """Draw a crosswalk whose shares add up to one, or to some least and more."""
    links = {}
    for code in draw(st.sets(st.sampled_from(CODES), min_size=1)):
        to = sorted(draw(st.sets(st.sampled_from(TARGETS), min_size=1)))
        weights = [draw(st.integers(1, 100)) for _ in to]
        told = draw(st.floats(least, 1.0))
        links[code] = tuple((one, told * weight / sum(weights)) for one, weight in zip(to, weights, strict=True))
    return Crosswalk("here", "there", links)


def rows_of(crosswalk: Crosswalk) -> st.SearchStrategy[list[Exposed]]:
    shares, persons = st.floats(0.0, 1.0), st.floats(0.01, 1e6)
    return st.lists(
        st.builds(Exposed, st.sampled_from(sorted(crosswalk.links)), shares, persons),
        min_size=1,
        unique_by=lambda one: one.occupation,
    )


def totals(rows: list[Exposed] | tuple[Exposed, ...]) -> tuple[float, float]:
    return sum(one.persons for one in rows), sum(one.persons * one.exposure for one in rows)


@given(st.data())
def test_carry_there_and_back_keeps_people_and_exposed_people(data):
    crosswalk = data.draw(crosswalks(least=0.5))
    rows = data.draw(rows_of(crosswalk))
    there = carry(crosswalk, rows)
    back = carry(turn(crosswalk), there.rows)
    assert there.unlinked == back.unlinked == ()
    for carried in (there.rows, back.rows):
        assert totals(carried) == pytest.approx(totals(rows))
        assert all(0.0 <= one.exposure <= 1.0 + 1e-9 for one in carried)


@given(crosswalks())
def test_shares_there_and_back_add_up_to_one(crosswalk):
    for walk in (crosswalk, turn(crosswalk)):
        assert all(sum(share for _, share in shares) == pytest.approx(1.0) for shares in walk.links.values())


@given(crosswalks())
def test_a_crosswalk_that_was_written_reads_as_it_was(crosswalk):
    lines = [f"{code},{to},{share!r}" for code, shares in crosswalk.links.items() for to, share in shares]
    there, back, findings = sources.read("\n".join(["here,there,weight", *lines]).encode())
    assert findings == ()
    assert {code: dict(shares) for code, shares in there.links.items()} == {
        code: pytest.approx(dict(shares)) for code, shares in crosswalk.links.items()
    }
    assert back.links == turn(there).links


def test_weights_of_a_code_that_do_not_add_up_leave_it_out_with_a_finding():
    there, back, findings = sources.read(b"isco,soc,weight,back\n1,a,0.5,1\n1,b,0.4,0.5\n2,b,1,0.5\n3,c,x,1\n")
    assert there.links == {"2": (("b", 1.0),)}
    assert back.links == {"a": (("1", 1.0),), "b": (("1", 0.5), ("2", 0.5))}
    assert [(one.row, one.rule) for one in findings] == [(5, "number_unfit"), (2, "weights_unsummed")]


def test_pairs_of_weight_nothing_are_told_and_their_people_are_not_lost():
    data = b"isco,soc,weight\n1,a,0\n1,b,0\n2,b,0.5\n2,c,0\n"
    there, _, findings = sources.read(data, is_partial=True)
    assert there.links == {"2": (("b", 0.5),)}
    assert [(one.row, one.rule) for one in findings] == [(2, "weight_zero"), (3, "weight_zero"), (5, "weight_zero")]
    assert carry(there, [Exposed("1", 0.5, 8.0)]).unlinked == ("1",)
    assert carry(Crosswalk("isco", "soc", {"1": ()}), [Exposed("1", 0.5, 8.0)]).unlinked == ("1",)


def test_pairs_without_weights_count_alike():
    there, _, _ = sources.read(b"isco,soc\n1,a\n1,b\n")
    assert there.links == {"1": (("a", 0.5), ("b", 0.5))}


@pytest.mark.parametrize("data", [b"", b"weight,isco\n1,2\n", b"isco,soc,weight\n1,a,0.5\n"])
def test_a_crosswalk_without_a_code_is_refused_with_findings(data):
    with pytest.raises(BadInputError) as caught:
        choose("isco", "soc", data, "mine.csv")
    assert caught.value.code == "crosswalk_unreadable"
    assert caught.value.findings


def test_a_crosswalk_between_others_is_refused():
    with pytest.raises(BadInputError) as caught:
        choose("isco", "soc")
    assert caught.value.code == "systems_unknown"


def test_exposure_that_cannot_be_read_is_refused():
    with pytest.raises(BadInputError) as caught:
        read_exposed(b"occupation,exposure\n,1\n")
    assert (caught.value.code, caught.value.findings[0].rule) == ("exposed_unreadable", "cell_empty")


def test_what_ships_leads_from_occupations_of_china_to_groups_that_exist():
    there, _ = choose("csco", "isco")
    groups = {one for one in names_of("isco") if len(one) == 4}
    assert len(groups) == 436
    assert len(there.links) == 1631
    assert there.targets <= groups
    assert all(0.0 < sum(share for _, share in shares) <= 1.0005 for shares in there.links.values())
    assert look_up(there, "4-04-05-03")[0][0] == "4222"


def test_a_group_is_what_its_members_are_and_digits_take_codes_together():
    there, back = (choose(*pair)[0] for pair in (("csco", "isco"), ("isco", "csco")))
    group = dict(look_up(there, "2-05-01-00", digits=2))
    assert max(group, key=group.__getitem__) == "22"
    assert sum(share for _, share in look_up(back, "221")) == pytest.approx(1.0)
    with pytest.raises(NotFoundError) as caught:
        look_up(there, "9-99-99-99")
    assert caught.value.code == "code_unlinked"


def test_what_was_measured_is_that_of_the_crosswalk_that_ships():
    """Of the occupations that were coded before, the weights had no say: the table must do on them as it is told to."""
    there, _ = choose("csco", "isco")
    with (ROOT / "tests/labour/reference/csco_isco.csv").open(encoding="utf-8", newline="") as file:
        coded = [row for row in csv.DictReader(file) if row["drawn"] == "before"]
    measured = json.loads((ROOT / "benchmarks/results/bench_crosswalk.json").read_text(encoding="utf-8"))
    told = measured["ways"]["both"]["before"]
    assert told["occupations"] == len(coded) == 150
    for digits in (1, 2, 3, 4):
        hits: defaultdict[str, int] = defaultdict(int)
        for row in coded:
            likeliest = [one for one, _ in look_up(there, row["csco"], digits=digits, most=5)]
            hits["top_1"] += likeliest[0] == row["isco_08"][:digits]
            hits["top_5"] += row["isco_08"][:digits] in likeliest
        for name, count in hits.items():
            assert told[f"digits_{digits}"][name]["share"] == pytest.approx(count / 150, abs=0.015)


def test_weights_are_learned_from_coded_occupations_and_chances_hold():
    rng = np.random.default_rng(3)
    targets = [f"{first}{second}11" for first in "12345" for second in "12345"]
    groups = {"a": ["11", "1211"], "b": ["22"], "": ["5"]}
    codes = [f"{rng.choice(['a', 'b', 'c'])}{at}" for at in range(400)]
    described = describe(rng.normal(size=(400, 25)), codes, targets, groups)
    weights = np.array([1.5, 2.0, 1.0, 0.5])
    chances = chances_of(described, weights)
    right = np.array([rng.choice(25, p=row) for row in chances])
    found = learn_links(described, right)
    assert found[0] == pytest.approx(1.5, abs=0.3)
    told = chances_of(described, found)
    assert told.sum(axis=1) == pytest.approx(np.ones(400))
    assert told.max(axis=1).mean() == pytest.approx((told.argmax(axis=1) == right).mean(), abs=0.05)


def test_of_lists_that_fit_the_longest_counts_and_its_order_is_told():
    described = describe(
        np.zeros((1, 3)), ["4-04-05-03"], ["4222", "3512", "4110"], {"4": ["41"], "4-04": ["351", "4222"]}
    )
    assert described[0].tolist() == [[0.0, 1.0, 0.5, 1.0], [0.0, 1.0, 1.0, 1.0], [0.0, 0.0, 0.0, 0.0]]
