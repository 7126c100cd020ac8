from __future__ import annotations

import pytest
from tests.cli.conftest import Qipan

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
