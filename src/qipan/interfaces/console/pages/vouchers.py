"""``/market/vouchers``: what vouchers promise and can still pay; programmes are issued and closed by the desk."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse
from starlette.responses import Response

from qipan.access.model import Duty, Role
from qipan.interfaces.console import forms
from qipan.interfaces.console.acting import SEES, seen_by
from qipan.interfaces.console.page import render, words_of
from qipan.interfaces.entry import Caller, caller_of, require_user, services_of, status_of
from qipan.interfaces.report import spot
from qipan.kernel.errors import QipanError
from qipan.market.model.voucher import Programme

router = APIRouter(dependencies=[Depends(require_user(Role.VIEWER))])

Asker = Annotated[Caller, Depends(caller_of)]
Text = Annotated[str, Form(max_length=120)]
Lines = Annotated[str, Form(max_length=20_000)]


@router.get("/market/vouchers")
def vouchers(request: Request) -> Response:
    """Show the vouchers of the members whom the caller sees."""
    return _page(request)


@router.post("/market/vouchers/issue")
def issue(
    request: Request,
    caller: Asker,
    programme: Text = "",
    fund: Text = "",
    percent: Text = "",
    cap_yuan: Text = "",
    holders: Lines = "",
    suppliers: Lines = "",
    starts: Text = "",
    ends: Text = "",
) -> Response:
    """Issue a programme; the fund puts all of it up now, and the very same again changes nothing."""
    services, now = services_of(request), datetime.now(UTC)
    given = {"programme": programme, "fund": fund, "percent": percent, "cap_yuan": cap_yuan, "holders": holders,
             "suppliers": suppliers, "starts": starts, "ends": ends}  # fmt: skip
    try:
        caller.require_duty(Duty.CLEARING)
        hint = "Write one a line, such as east-1=1000.00."
        pairs = [forms.read_field(line, _pair, "holders", hint) for line in holders.split()]
        over = forms.moment(ends or "-", "ends")
        assert over is not None, "an empty field was read as a slip"
        with services.books.begin(caller=str(caller)) as unit:
            stands = services.vouchers.programmes(unit).get(programme)
            made = Programme(
                programme,
                fund,
                # A hundredth of a percent is a basis point, as a fen is of a yuan.
                forms.fen(percent, "percent"),
                forms.fen(cap_yuan, "cap_yuan"),
                frozenset(suppliers.replace(",", " ").split()),
                forms.moment(starts, "starts") or (now if stands is None else stands.starts),
                over,
                {name: forms.fen(yuan, "holders") for name, yuan in pairs},
            )
            services.vouchers.issue(unit, made, now)
    except QipanError as error:
        return _page(request, error=error, given=given)
    return RedirectResponse("/market/vouchers", status_code=303)


@router.post("/market/vouchers/close")
def close(request: Request, caller: Asker, programme: Text) -> Response:
    """Give what is left of a programme that is over back to its fund; closed, it stays so."""
    services = services_of(request)
    try:
        caller.require_duty(Duty.CLEARING)
        with services.books.begin(caller=str(caller)) as unit:
            services.vouchers.close(unit, programme, datetime.now(UTC))
    except QipanError as error:
        return _page(request, error=error)
    return RedirectResponse("/market/vouchers", status_code=303)


def _pair(line: str) -> tuple[str, str]:
    name, is_pair, yuan = line.rpartition("=")
    if not is_pair or not name:
        raise ValueError(line)
    return name, yuan


def _page(request: Request, *, error: QipanError | None = None, given: Mapping[str, str] | None = None) -> Response:
    services, said, now, caller = services_of(request), words_of(request), datetime.now(UTC), caller_of(request)
    reads_all = caller.has_duty(Duty.CLEARING, reads=True)
    with services.books.read() as unit:
        programmes, left = services.vouchers.programmes(unit), services.vouchers.left(unit)
        closed = services.vouchers.closings(unit)
        seen = seen_by(caller, services.trading.members(unit))
    if not seen and not reads_all and error is None:
        caller.require_duty(*SEES, reads=True)
    return render(
        request,
        "vouchers.html",
        status=200 if error is None else status_of(error),
        vouchers=spot.vouchers(programmes.values(), left, closed, None if reads_all else seen, said),
        may_clear=caller.has_duty(Duty.CLEARING),
        over=[name for name, one in programmes.items() if name not in closed and one.ends <= now],
        error=error,
        given=dict.fromkeys(("programme", "fund", "percent", "cap_yuan", "holders", "suppliers", "starts", "ends"), "")
        | dict(given or {}),
    )
