"""Read a prospectus from a TOML file: the inputs, where each comes from, and the ``[bond]`` if one is issued."""

from __future__ import annotations

from typing import Any, Final

from qipan.agreements.model.prospectus import Electricity, Growth, Prospectus, Step, Timing
from qipan.agreements.model.waterfall import Structure, Tranche
from qipan.agreements.sources.form import Form, Table
from qipan.kernel.errors import Finding

KEYS: Final = (
    "name", "first_year", "years", "unit", "units_per_year", "fen_per_unit", "occupancy", "discount_rate",
)  # fmt: skip
WHOLE: Final = ("operating_fen_per_year", "capex_fen_per_year", "residual_fen", "offer_fen")
DECIMALS: Final = ("noi_margin", "operating_growth", "payout")
OPTIONAL: Final = (*WHOLE, *DECIMALS, "growth", "electricity", "capex_fen", "timing", "sources", "bond")
POWER_KEYS: Final = ("kwh_per_unit", "pue", "fen_per_kwh", "passed_through")


def read(data: bytes) -> tuple[Prospectus | None, Structure | None, tuple[Finding, ...]]:
    """Return a prospectus and the structure of its bond, if it has one; or all that is wrong with its file.

    Returns
    -------
    findings
        Rules: those of `Form`; ``timing_unknown``, ``not_a_flag``, ``not_a_year``, ``source_of_nothing``.
    """
    form = Form()
    root = form.root(data)
    if form.findings:
        return None, None, tuple(form.findings)
    form.keys(root, "", KEYS, OPTIONAL)
    told: dict[str, Any] = {key: form.text(root, "", key) for key in ("name", "unit")}
    told |= {key: form.whole(root, "", key) for key in ("first_year", "years", "units_per_year", "fen_per_unit")}
    told |= {key: form.whole(root, "", key) for key in WHOLE if key in root}
    told |= {key: form.decimal(root, "", key) for key in ("discount_rate", *DECIMALS) if key in root}
    told["occupancy"] = _occupancy(form, root, told["first_year"])
    told["growth"] = tuple(_growth(form, at, one) for at, one in form.tables(root, "", "growth"))
    told["capex_fen"] = _capex(form, root)
    told["electricity"] = _electricity(form, root)
    told["timing"] = _timing(form, root)
    told["sources"] = _sources(form, root)
    structure = _structure(form, root)
    return form.made("", 0, lambda: Prospectus(**told)), structure, tuple(form.findings)


def _occupancy(form: Form, root: Table, first_year: int) -> tuple[Step, ...]:
    """Return the steps, or the one share of all years."""
    if not isinstance(root.get("occupancy"), list):
        return (Step(first_year, form.decimal(root, "", "occupancy")),)
    found = []
    for at, one in form.tables(root, "", "occupancy"):
        form.keys(one, at, ("from", "share"))
        found.append(Step(form.whole(one, at, "from"), form.decimal(one, at, "share")))
    return tuple(found)


def _growth(form: Form, at: str, table: Table) -> Growth:
    form.keys(table, at, ("from", "rate"), ("every",))
    every = form.whole(table, at, "every") if "every" in table else 1
    return Growth(form.whole(table, at, "from"), form.decimal(table, at, "rate"), every)


def _capex(form: Form, root: Table) -> dict[int, int]:
    at, table = form.table(root, "", "capex_fen")
    found = {}
    for year in table:
        fen = form.whole(table, at, year)
        if year.isascii() and year.isdigit() and len(year) == 4:
            found[int(year)] = fen
        else:
            form.note(f"{at}.{year}", "not_a_year", f"Renewals must be named by their year, was {year!r}.", year)
    return found


def _electricity(form: Form, root: Table) -> Electricity | None:
    at, table = form.table(root, "", "electricity")
    if not table:
        return None
    form.keys(table, at, POWER_KEYS)
    passed = table.get("passed_through", False)
    if not isinstance(passed, bool):
        form.note(f"{at}.passed_through", "not_a_flag", f"A flag must be true or false, was {passed!r}.", passed)
    energy, pue, price = (form.decimal(table, at, key) for key in POWER_KEYS[:3])
    return Electricity(energy, pue, price, is_passed_through=bool(passed))


def _timing(form: Form, root: Table) -> Timing:
    told = form.text(root, "", "timing") or Timing.END
    if told not in set(Timing):
        form.note("timing", "timing_unknown", f"Timing must be one of {', '.join(Timing)}, was {told!r}.", told)
        return Timing.END
    return Timing(told)


def _sources(form: Form, root: Table) -> dict[str, str]:
    at, table = form.table(root, "", "sources")
    for key in table:
        if key not in root:
            form.note(f"{at}.{key}", "source_of_nothing", f"A source must be that of a key here, was {key!r}.", key)
    return {key: form.text(table, at, key) for key in table}


def _structure(form: Form, root: Table) -> Structure | None:
    if "bond" not in root:
        return None
    before = len(form.findings)
    at, table = form.table(root, "", "bond")
    form.keys(table, at, ("senior",), ("fees_fen", "junior", "reserve_fen", "reserve_target_fen"))
    senior, junior = (
        _tranche(form, *form.table(table, at, key), is_there=key in table) for key in ("senior", "junior")
    )
    fees, held, target = (form.whole(table, at, key) for key in ("fees_fen", "reserve_fen", "reserve_target_fen"))
    if senior is None or junior is None:
        return None
    return form.made(at, before, lambda: Structure(fees, senior, junior, held, target))


def _tranche(form: Form, at: str, table: Table, *, is_there: bool) -> Tranche | None:
    before = len(form.findings)
    if is_there:
        form.keys(table, at, ("principal_fen", "rate"), ("schedule_fen",))
    principal, rate = form.whole(table, at, "principal_fen"), form.decimal(table, at, "rate")
    told = table.get("schedule_fen", [])
    if not isinstance(told, list) or any(not isinstance(fen, int) or isinstance(fen, bool) for fen in told):
        form.note(f"{at}.schedule_fen", "not_whole", f"A schedule must be a list of whole fen, was {told!r}.")
        return None
    return form.made(at, before, lambda: Tranche(principal, rate, tuple(told)))
