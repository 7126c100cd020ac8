from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.cli.conftest import GOOD, Qipan, csv

from qipan.interfaces.cli.exits import EXIT_CODES, EXIT_MEANINGS, EXIT_WORDS, exit_code
from qipan.kernel import errors
from qipan.kernel.errors import QipanError


def test_exit_codes_cover_every_class_of_error_once() -> None:
    classes = {
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, QipanError) and kind is not QipanError
    }
    assert set(EXIT_CODES) == classes
    assert sorted(EXIT_CODES.values()) == [3, 4, 5, 6, 7, 8]


@pytest.mark.parametrize("kind", list(EXIT_CODES))
def test_exit_code_of_a_class_is_told_in_words(kind: type[QipanError]) -> None:
    code = exit_code(kind("It must hold, was not.", code="broken", hint="Mend it."))
    assert code == EXIT_CODES[kind]
    assert f" {code} {EXIT_MEANINGS[code]}" in EXIT_WORDS


def test_error_speaks_the_language_that_the_command_asks_for(qipan: Qipan) -> None:
    told = qipan("dispatch", "call", "--mw", "1", "--from", "19:00", "--lang", "zh")
    assert "错误：指令须只指明一处" in told.stderr
    assert "代码：call_unclear" in told.stderr


def test_error_speaks_the_language_of_the_environment(qipan: Qipan) -> None:
    """Of a command that has a choice of language, and of one that has none."""
    for words in (("dispatch", "call", "--mw", "1", "--from", "19:00"), ("access", "scope", "nobody")):
        assert "错误：" in qipan(*words, QIPAN_LANG="zh", LANG="en_US.UTF-8").stderr
        assert "error: " in qipan(*words, QIPAN_LANG="en", LANG="zh_CN.UTF-8").stderr


def test_error_of_a_command_with_json_is_one_object_on_the_error_stream(
    qipan: Qipan, trace: Callable[..., Path]
) -> None:
    told = qipan(
        "jobs",
        "import",
        trace(csv(GOOD[0], GOOD[1].replace("7200", "soon"))),
        "--fleet",
        "national",
        "--strict",
        "--json",
    )
    assert (told.exit_code, told.stdout) == (3, "")
    error = json.loads(told.stderr)
    assert {name: error[name] for name in ("code", "exit_code", "file", "field")} == {
        "code": "rows_bad",
        "exit_code": 3,
        "file": "trace.csv",
        "field": "",
    }
    assert (error["detail"], error["hint"]) == (
        "Every row must be good in a strict import, was bad in 1 of 2 rows of trace.csv.",
        "Correct these rows, or leave out --strict to set them aside.",
    )
    (found,) = error["findings"]
    assert (found["row"], found["column"], found["value"]) == (3, "requested_s", "soon")
    missing = qipan("day", "show", "no-such-plan", "--json")
    assert (missing.exit_code, json.loads(missing.stderr)["code"]) == (4, "plan_unknown")


def test_mistyped_command_with_json_is_told_as_json(qipan: Qipan) -> None:
    for words in (("day", "shows"), ("day", "show", "--colour"), ("day", "run"), ("day", "jobs", "--page", "x")):
        told = qipan(*words, "--json")
        assert (told.exit_code, told.stdout) == (2, "")
        assert json.loads(told.stderr)["code"] == "command_mistyped"
        assert "file" not in json.loads(told.stderr)
        assert not qipan(*words).stderr.startswith("{")
