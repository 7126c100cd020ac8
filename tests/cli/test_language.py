from __future__ import annotations

import pytest

from qipan.interfaces.cli.language import Language, spoken


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({"LANG": "zh_CN.UTF-8"}, Language.ZH),
        ({"LANG": "de_DE.UTF-8"}, Language.EN),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C.UTF-8"}, Language.EN),
        ({"LANG": "C", "LC_MESSAGES": "zh_TW"}, Language.ZH),
        ({"LANG": ""}, Language.EN),
        ({"LANG": "C", "LC_ALL": "C", "QIPAN_LANG": "zh"}, Language.ZH),
        ({"LANG": "zh_CN.UTF-8", "QIPAN_LANG": "en"}, Language.EN),
    ],
)
def test_spoken_without_a_choice_follows_the_environment(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], language: Language
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert spoken(None) is language


def test_spoken_with_a_choice_ignores_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    assert spoken(Language.EN) is Language.EN


def test_name_in_falls_back_to_english_where_there_is_no_chinese_name() -> None:
    assert Language.ZH.name_in({"name_en": "Porto", "name_zh": ""}) == "Porto"
