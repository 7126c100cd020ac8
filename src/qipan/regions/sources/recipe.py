"""Read the recipe of an index from TOML or JSON: steps in their order, each with its settings.

A table for each step, taken in the order in which they stand; or a list ``steps`` of tables with ``step``. Words of
COINr are understood too: ``Normalise``, ``n_minmax``, ``winmax``.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from qipan.kernel.errors import Finding
from qipan.regions.model.recipe import STEPS, Doubt, Recipe, Step

NAMES: Final = {
    "denominated": "denominate", "fill": "impute", "imputation": "impute", "weights": "weigh", "weight": "weigh",
    "weighting": "weigh", "normalize": "normalise", "normalisation": "normalise", "normalization": "normalise",
    "treatment": "treat", "qtreat": "treat", "qnormalise": "normalise", "aggregation": "aggregate",
    "screening": "screen", "denomination": "denominate", "outliers": "treat", "missing": "impute",
}  # fmt: skip
"""Steps by other names that they may have."""
SETTINGS: Final = {
    "denominate": {"scale"},
    "impute": {"method", "group", "most_years"},
    "screen": {"least", "by"},
    "treat": {"method", "skew", "kurtosis", "winsorise_most", "then", "power", "combine", "anchor"},
    "normalise": {
        "method", "range", "mean", "deviation", "reference", "target", "goalposts", "scale", "cap", "anchor",
    },
    "weigh": {"method", "weights", "pairs", "inconsistent"},
    "aggregate": {"method", "least", "bounds"},
    "uncertainty": {"choices", "weights_noise", "draws", "base", "seed"},
}  # fmt: skip
"""What may be set, by step."""
KEYS: Final = {
    "f_i": "method", "f_n": "method", "f_ag": "method", "f1": "method", "f2": "then", "use_group": "group",
    "max_time": "most_years", "dat_thresh": "least", "unit_screen": "by", "threshold": "least",
    "winmax": "winsorise_most", "skew_thresh": "skew", "kurt_thresh": "kurtosis", "lambda": "power",
    "combine_treat": "combine", "l_u": "range", "targ": "target", "gposts": "goalposts", "cap_max": "cap",
    "trunc2posts": "cap", "npara": "range", "scale_factor": "scale", "noise": "weights_noise", "n": "draws",
}  # fmt: skip
"""Settings by other names that they may have."""
METHODS: Final = {
    "minmax": "min_max", "zscore": "z_score", "z": "z_score", "prank": "percent_rank", "dist2max": "distance_to_max",
    "dist2ref": "distance_to_reference", "dist2targ": "distance_to_target", "target": "distance_to_target",
    "fracmax": "fraction_of_max", "goalpost": "goalposts", "amean": "arithmetic", "gmean": "geometric",
    "hmean": "harmonic", "mean_grp": "group_mean", "median_grp": "group_median", "meangroup": "group_mean",
    "log_ct": "log", "log_ct_orig": "log_shift", "log_ct_plus": "log_either_way", "boxcox": "box_cox",
    "byna": "missing", "byzeros": "zero", "bod": "benefit_of_doubt", "original": "framework", "expert": "framework",
    "outrank": "outranking", "impute_panel": "latest", "wins": "winsorise",
}  # fmt: skip
"""Methods by other names that they may have, without the first letter of COINr's."""
NESTED: Final = frozenset(
    {"global_specs", "f_n_para", "f_ag_para", "f_i_para", "f1_para", "f2_para", "f_pass_para", "para"}
)
WORDS: Final = frozenset({"method", "then", "by"})
"""Settings that name a method."""
ASIDE: Final = frozenset({"dset", "write_to", "write2", "out2"})
"""What COINr is told of its own objects; it says nothing of the index."""
TESTED: Final = "check_skewkurt"
"""The test of COINr's ``f_pass`` that is made here."""
PARAMETERS: Final = {"min_max": "range", "scaled": "range", "goalposts": "goalposts", "z_score": "m_sd"}
"""What the one parameter of a method sets."""
ASIDE_RULE: Final = "setting_aside"
INDIVIDUAL: Final = ("indicators", "indiv_specs")


def read(data: bytes) -> tuple[Recipe | None, tuple[Finding, ...]]:
    r"""Return a recipe and what of it is left aside, or what is wrong with it.

    Rules: ``file_unreadable``, ``step_unknown``, ``setting_unknown``, ``setting_unfit``, ``choice_unfit``; beside a
    recipe ``setting_aside``.

    Examples
    --------
    >>> found, _ = read(b'[Impute]\nf_i = "i_mean"\n[normalise]\nmethod = "minmax"\n[aggregate]\n')
    >>> [(one.name, one.settings) for one in found.steps]
    [('impute', {'method': 'mean'}), ('normalise', {'method': 'min_max'}), ('aggregate', {})]
    """
    try:
        text = data.decode("utf-8-sig")
        told = json.loads(text) if text.lstrip().startswith("{") or _is_json(text) else tomllib.loads(text)
    except (UnicodeDecodeError, json.JSONDecodeError, tomllib.TOMLDecodeError) as error:
        return None, (Finding(0, "", "file_unreadable", f"A recipe must be TOML or JSON in UTF-8, was not: {error}."),)
    wrong: list[Finding] = []
    steps: list[Step] = []
    doubt = None
    for number, (name, settings) in enumerate(_entries(told), start=1):
        known = NAMES.get(name.casefold(), name.casefold())
        if settings is False:
            continue
        if known not in {*STEPS, "uncertainty"} or not (settings is True or isinstance(settings, Mapping)):
            said = f"A step must be one of {', '.join(STEPS)}, uncertainty, with its settings, was {name}."
            wrong.append(Finding(number, name, "step_unknown", said, name))
            continue
        plain, single = _settings(known, {} if settings is True else settings, number, wrong)
        if known == "uncertainty":
            doubt = _doubt(plain, number, wrong)
        else:
            steps.append(Step(known, plain, single))
    is_wrong = any(one.rule != ASIDE_RULE for one in wrong)
    return (None if is_wrong else Recipe(tuple(steps), doubt)), tuple(wrong)


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _entries(told: Any) -> list[tuple[str, Any]]:
    """Return names and settings of steps, in order."""
    if isinstance(told, Mapping) and isinstance(told.get("steps"), Sequence | Mapping):
        rest = [(name, one) for name, one in told.items() if name != "steps"]
        return [*_entries(told["steps"]), *rest]
    if isinstance(told, Mapping):
        return list(told.items())
    if not isinstance(told, Sequence) or isinstance(told, str):
        return [(str(told), None)]
    found: list[tuple[str, Any]] = []
    for one in told:
        if isinstance(one, Mapping) and isinstance(one.get("step", one.get("name")), str):
            found.append(
                (one.get("step", one.get("name")), {key: of for key, of in one.items() if key not in {"step", "name"}})
            )
        elif isinstance(one, Mapping) and len(one) == 1:
            found.extend(one.items())
        else:
            found.append((one, True) if isinstance(one, str) else (str(one), None))
    return found


def _settings(
    step: str, told: Mapping[str, Any], number: int, wrong: list[Finding]
) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """Return settings by the names that they have here, and those of single indicators."""
    single: dict[str, dict[str, Any]] = {}
    plain: dict[str, Any] = {}
    for key, value in told.items():
        small = key.casefold()
        if small in INDIVIDUAL and isinstance(value, Mapping):
            single |= _of_indicators(step, key, value, number, wrong)
        elif small in NESTED and isinstance(value, Mapping):
            plain |= _settings(step, value, number, wrong)[0]
        elif small in ASIDE or (small == "f_pass" and str(value).casefold() == TESTED):
            said = f"A setting of {step} says nothing of the index and is left aside, was {key}."
            wrong.append(Finding(number, key, ASIDE_RULE, said, str(value)))
        elif KEYS.get(small, small) == "scale" and step == "denominate" and isinstance(value, Mapping):
            single |= {code: {"scale": by} for code, by in value.items()}
            wrong += [_unfit(number, key, step, by) for by in value.values() if not _is_number(by)]
        else:
            plain |= _one_setting(step, told, key, number, wrong)
    return plain, single


def _of_indicators(
    step: str, key: str, told: Mapping[str, Any], number: int, wrong: list[Finding]
) -> dict[str, dict[str, Any]]:
    single: dict[str, dict[str, Any]] = {}
    for code, some in told.items():
        said = {"method": some} if isinstance(some, str) else some
        if isinstance(said, Mapping):
            single[code] = _settings(step, said, number, wrong)[0]
        else:
            wrong.append(_unfit(number, f"{key}.{code}", step, some))
    return single


def _one_setting(step: str, told: Mapping[str, Any], key: str, number: int, wrong: list[Finding]) -> dict[str, Any]:
    name, value = KEYS.get(key.casefold(), key.casefold()), told[key]
    if name == "f_n_para" and _is_list(value) and len(value) == 1:
        # COINr lists what its method takes: one thing, named by the method.
        name, value = PARAMETERS.get(str(_method(told.get("f_n", told.get("method", "min_max")))), ""), value[0]
    if name == "m_sd" and _is_pair(value):
        return {"mean": value[0], "deviation": value[1]}
    if name not in SETTINGS[step] and name:
        said = f"A setting of {step} must be one of {', '.join(sorted(SETTINGS[step]))}, was {key}."
        wrong.append(Finding(number, key, "setting_unknown", said, str(value)))
        return {}
    found = _method(value) if name in WORDS else value
    if not name or not _is_fit(step, name, found):
        wrong.append(_unfit(number, key, step, value))
    return {name: found}


def _method(value: Any) -> Any:
    """Return a method, or each of several, by the name that it has here."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_method(one) for one in value]
    name = str(value).casefold()
    if name == "a_copeland":  # COINr adds up the outranking matrix and does not count who beats whom.
        return "outranking"
    short = name[2:] if name[:2] in {"n_", "a_", "i_"} else name
    return METHODS.get(short, short)


def _is_fit(step: str, name: str, value: Any) -> bool:
    """Say whether a value is of the kind that a setting has."""
    if step == "aggregate" and name == "method" and _is_list(value):
        return all(isinstance(one, str) for one in value)
    return KINDS.get(name, _is_number)(value)


LARGEST: Final = 1e300


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= LARGEST


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _is_word(value: Any) -> bool:
    return isinstance(value, str)


def _is_pair(value: Any) -> bool:
    return _is_list(value) and len(value) == 2 and all(map(_is_number, value))


def _is_count(value: Any) -> bool:
    return _is_number(value) and isinstance(value, int) and value >= 1


def _is_share(value: Any) -> bool:
    return _is_number(value) and 0.0 <= value <= 1.0


KINDS: Final[Mapping[str, Callable[[Any], bool]]] = {
    **dict.fromkeys((*WORDS, "group", "reference"), _is_word),
    **dict.fromkeys(("range", "bounds"), _is_pair),
    **dict.fromkeys(("draws", "base"), _is_count),
    **dict.fromkeys(("combine", "cap"), lambda value: isinstance(value, bool)),
    "least": _is_share,
    "weights_noise": lambda value: _is_share(value) and value < 1.0,
    "goalposts": lambda value: _is_pair(value) or (_is_list(value) and len(value) == 3 and all(map(_is_number, value))),
    "seed": lambda value: value == 0 or _is_count(value),
    "weights": lambda value: isinstance(value, Mapping) and all(map(_is_number, value.values())),
    "pairs": lambda value: isinstance(value, Mapping) and all(isinstance(one, Mapping) for one in value.values()),
    "choices": lambda value: isinstance(value, Mapping) and all(map(_is_list, value.values())),
    "anchor": lambda value: (
        value in ("all", "each") or _is_count(value) or (_is_list(value) and all(map(_is_count, value)))
    ),
}
"""What kind of value a setting has; a number where nothing is said."""


def _unfit(number: int, key: str, step: str, value: Any) -> Finding:
    said = f"The setting {key} of {step} must be of another kind, as docs/indices.md has it, was {value!r}."
    return Finding(number, key, "setting_unfit", said, str(value))


def _doubt(plain: Mapping[str, Any], number: int, wrong: list[Finding]) -> Doubt | None:
    choices: dict[str, tuple[Any, ...]] = {}
    told = plain.get("choices", {})
    for path, options in told.items() if isinstance(told, Mapping) else ():
        step, _, setting = path.partition(".")
        known = NAMES.get(step.casefold(), step.casefold())
        name = KEYS.get(setting.casefold(), setting.casefold())
        if known not in STEPS or name not in SETTINGS[known] or not isinstance(options, Sequence):
            said = f"A choice must be a step and a setting, with a list of options, was {path}."
            wrong.append(Finding(number, path, "choice_unfit", said, str(options)))
            continue
        made = tuple(_method(one) if name in WORDS else one for one in options)
        wrong += [_unfit(number, path, known, one) for one in made if not _is_fit(known, name, one)]
        choices[f"{known}.{name}"] = made
    rest = {name: value for name, value in plain.items() if name != "choices"}
    return None if any(one.rule != ASIDE_RULE for one in wrong) else Doubt(choices, **rest)
