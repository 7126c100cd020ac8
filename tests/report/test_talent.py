"""Tables of talent as CSV: numbers as they are, nothing that a spreadsheet takes for a formula."""

from __future__ import annotations

from qipan.interfaces.report.numbers import NOTHING
from qipan.interfaces.report.table import Cell, Head, Table, row
from qipan.interfaces.report.talent import MODES, OBSTACLES, table_csv
from qipan.talent.model.plan import Obstacle
from qipan.talent.model.terms import Mode


def test_every_mode_and_obstacle_has_its_words():
    assert set(MODES) == {one.value for one in Mode}
    assert set(OBSTACLES) == {one.value for one in Obstacle}


def test_csv_keeps_numbers_and_disarms_formulas():
    heads = (Head("Name", is_number=False), Head("Pays", "yuan"), Head("Share"))
    told = table_csv(Table("t", heads, (row("=1+1", Cell("-1,200", value=-1200.0), NOTHING), row("a,b", "@x", "1"))))
    assert told == 'Name,"Pays, yuan",Share\n\'=1+1,-1200.0,\n"a,b",\'@x,1\n'
