"""Templates escape what is filled in, and speak one language."""

from __future__ import annotations

import pytest
from jinja2 import UndefinedError

from qipan.interfaces.report.render import environment


def test_environment_escapes_and_translates() -> None:
    made = environment("zh").from_string("{{ _('Cost') }} {{ name }}")
    assert made.render(name="<b>") == "费用 &lt;b&gt;"


def test_environment_refuses_a_name_that_is_not_given() -> None:
    with pytest.raises(UndefinedError):
        environment("en").from_string("{{ nothing }}").render()
