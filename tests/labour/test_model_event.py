"""Rules of events: as they are written, on which scale, and what they refuse."""

from __future__ import annotations

import numpy as np
import pytest
from tests.labour.conftest import panel_of

from qipan.kernel.errors import BadInputError, RuleBrokenError
from qipan.labour.find_events import find_events
from qipan.labour.model.event import EventRule


@pytest.mark.parametrize(
    ("text", "value_before", "value_after"),
    [("rise 2.0", 5.0, 7.0), ("fall 3", 9.0, 6.0), ("fall 10%", 80.0, 72.0), ("rise >= 25 %", 8.0, 10.0)],
)
def test_a_move_of_the_size_is_an_event_and_a_smaller_one_is_none(text, value_before, value_after):
    rule = EventRule.read(text)
    for share, count in ((1.0001, 1), (0.9999, 0)):
        after = value_before + share * (value_after - value_before)
        losses = rule.losses(panel_of([[value_before, after]]))
        assert len(find_events(losses, rule.depth, allowance=0, horizon=24).events) == count


@pytest.mark.parametrize(
    "text", ["", "drop 3", "rise", "rise -1", "fall 0", "fall 100%", "rise 1e3", "rise 2.0 points"]
)
def test_a_rule_that_is_none_is_refused(text):
    with pytest.raises(BadInputError) as refused:
        EventRule.read(text)
    assert refused.value.code == "event_rule_bad"


def test_a_share_of_nothing_is_refused():
    with pytest.raises(RuleBrokenError) as refused:
        EventRule.read("fall 10%").losses(panel_of([[1.0, 0.0, np.nan]]))
    assert refused.value.code == "panel_not_positive"
    assert "r00" in refused.value.message
