"""Recipes from TOML and JSON, in our words and in those of COINr; what is not known is told."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qipan.bootstrap.regions import RECIPE
from qipan.regions.sources.recipe import read

COINR = {
    "Denominate": True,
    "Impute": {"f_i": "i_mean_grp", "use_group": "Group_GDP"},
    "Screen": {"dat_thresh": 0.9, "unit_screen": "byNA"},
    "Treat": {
        "global_specs": {"f1_para": {"winmax": 5, "skew_thresh": 2}, "f2": "log_CT"},
        "indiv_specs": {"a": "none"},
    },
    "Normalise": {"f_n": "n_minmax", "f_n_para": {"l_u": [0, 100]}},
    "Aggregate": {"f_ag": ["a_amean", "a_gmean"]},
}
OURS = """
[denominate]
[impute]
method = "group_mean"
group = "Group_GDP"
[screen]
least = 0.9
by = "missing"
[treat]
winsorise_most = 5
skew = 2
then = "log"
[treat.indicators.a]
method = "none"
[normalise]
method = "min_max"
range = [0, 100]
[aggregate]
method = ["arithmetic", "geometric"]
"""


def test_words_of_coinr_are_understood() -> None:
    ours, _ = read(OURS.encode())
    theirs, wrong = read(json.dumps(COINR).encode())
    assert wrong == ()
    assert ours == theirs


def test_a_list_of_steps_is_the_same_as_tables() -> None:
    steps = {"steps": [{"step": "impute", "method": "mean"}, {"normalise": {"method": "z"}}, "aggregate"]}
    found, wrong = read(json.dumps(steps).encode())
    assert wrong == ()
    assert [(one.name, dict(one.settings)) for one in found.steps] == [
        ("impute", {"method": "mean"}), ("normalise", {"method": "z_score"}), ("aggregate", {}),
    ]  # fmt: skip
    assert read(b'[[steps]]\nstep = "aggregate"\n')[0].steps[0].name == "aggregate"


def test_a_step_that_is_false_is_not_taken() -> None:
    assert [one.name for one in read(b"treat = false\n[aggregate]\n")[0].steps] == ["aggregate"]


def test_the_usual_recipe_is_read_with_its_doubt() -> None:
    found, wrong = read(RECIPE.encode())
    assert wrong == ()
    assert (found.doubt.seed, found.doubt.weights_noise) == (1, 0.25)
    found, _ = read(b'[aggregate]\n[uncertainty.choices]\n"Normalise.f_n" = ["n_minmax", "n_zscore"]\n')
    assert found.doubt.choices == {"normalise.method": ("min_max", "z_score")}


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("[bake]\n", "step_unknown"),
        ("normalise = 3\n", "step_unknown"),
        ("[normalise]\ncolour = 1\n", "setting_unknown"),
        ("[normalise]\nrange = 5\n", "setting_unfit"),
        ("[normalise]\nmethod = ['a', 'b']\n", "setting_unfit"),
        ("[treat]\nskew = 'much'\n", "setting_unfit"),
        ("[uncertainty]\ndraws = 0\n", "setting_unfit"),
        ("[uncertainty.choices]\n'bake.colour' = [1, 2]\n", "choice_unfit"),
        ("[uncertainty.choices]\n'treat.skew' = ['a', 'b']\n", "setting_unfit"),
        ("[uncertainty]\nchoices = ['a']\n", "setting_unfit"),
        ("[normalise.indicators]\nx = 5\n", "setting_unfit"),
        ("[treat]\nskew = nan\n", "setting_unfit"),
        ("[treat]\nkurtosis = inf\n", "setting_unfit"),
        ("[screen]\nleast = 90\n", "setting_unfit"),
        ("[aggregate]\nleast = -0.1\n", "setting_unfit"),
        ("[uncertainty]\nweights_noise = 3\n", "setting_unfit"),
        ("[uncertainty]\nweights_noise = 1.0\n", "setting_unfit"),
        ("[treat]\nf_pass = 'own_test'\n", "setting_unknown"),
        ("[normalise]\nf_n = 'n_rank'\nf_n_para = [[1, 100]]\n", "setting_unfit"),
        ("[normalise\n", "file_unreadable"),
        ("{", "file_unreadable"),
    ],
)
def test_what_is_not_known_is_told(text, rule) -> None:
    found, wrong = read(text.encode())
    assert found is None
    assert rule in {one.rule for one in wrong}


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_a_recipe_or_told(data) -> None:
    found, wrong = read(data)
    assert found is not None or all(one.message for one in wrong)


def test_copeland_of_coinr_is_the_sum_of_its_outranking_matrix() -> None:
    assert read(b'[Aggregate]\nf_ag = "a_copeland"\n')[0].steps[0].settings == {"method": "outranking"}
    assert read(b'[aggregate]\nmethod = "copeland"\n')[0].steps[0].settings == {"method": "copeland"}


def test_what_coinr_writes_of_its_own_objects_is_left_aside_and_told() -> None:
    told = {
        "Treat": {"dset": "Raw", "f1": "winsorise", "f_pass": "check_SkewKurt"},
        "Normalise": {"dset": "Treated", "f_n": "n_minmax", "f_n_para": [[1, 100]]},
        "Aggregate": {"f_ag": "a_amean", "write_to": "Aggregated", "out2": "coin"},
    }
    found, aside = read(json.dumps(told).encode())
    assert [(one.name, dict(one.settings)) for one in found.steps] == [
        ("treat", {"method": "winsorise"}), ("normalise", {"method": "min_max", "range": [1, 100]}),
        ("aggregate", {"method": "arithmetic"}),
    ]  # fmt: skip
    assert {one.rule for one in aside} == {"setting_aside"}
    assert [one.column for one in aside] == ["dset", "f_pass", "dset", "write_to", "out2"]
    told["Normalise"] = {"f_n": "n_zscore", "f_n_para": [[10, 2]]}
    assert dict(read(json.dumps(told).encode())[0].steps[1].settings) == {
        "method": "z_score", "mean": 10, "deviation": 2,
    }  # fmt: skip
