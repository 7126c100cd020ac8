"""``qipan market insure``, ``lease`` and ``bank``: policies and claims, instalments, idle hours for others."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qipan.interfaces.cli import session
from qipan.interfaces.cli.language import spoken
from qipan.interfaces.cli.options import AsJson, Lang, read_bytes, read_day
from qipan.interfaces.cli.print import counted, print_json, print_table, remark, table
from qipan.market.model.contract import Instrument
from qipan.market.model.insurance import Policy, Risk
from qipan.market.model.product import BankDeposit, BankDraw, Lease

if TYPE_CHECKING:
    from qipan.market.model.product import Claimed, Sold

app = typer.Typer()
insure_app = typer.Typer(name="insure", help="Insure deliveries and prices.", no_args_is_help=True)
lease_app = typer.Typer(name="lease", help="Lease cards in instalments.", no_args_is_help=True)
bank_app = typer.Typer(name="bank", help="Let others use idle hours; use theirs.", no_args_is_help=True)
for one in (insure_app, lease_app, bank_app):
    app.add_typer(one)

MemberId = Annotated[str, typer.Argument(metavar="MEMBER", show_default=False, help="Name of the member.")]
Ware = Annotated[
    str, typer.Argument(metavar="INSTRUMENT", show_default=False, help="Class, hub, window: h100@guizhou/2026-03-03.")
]
Hour = Annotated[
    str, typer.Argument(metavar="INSTRUMENT", show_default=False, help="Of an hour, as h100@guizhou/2026-03-03T05.")
]
NewId = Annotated[str, typer.Option("--id", help="Its id; the same again changes nothing.")]
LeaseId = Annotated[str, typer.Argument(metavar="LEASE", show_default=False, help="Id of the lease.")]
CardHours = Annotated[int, typer.Option("--card-hours", help="How many card-hours.")]


@insure_app.command("pool")
def bring_to_pool(
    *,
    source: Annotated[str, typer.Option("--from", metavar="ACCOUNT", help="Account that it comes from.")],
    fen: Annotated[int, typer.Option("--fen", help="How much, in fen.")],
    transfer_id: NewId,
    as_json: AsJson = False,
) -> None:
    """Bring money to the pool that claims are paid from, the account market/insurance."""
    services = session.services()
    with services.books.begin() as unit:
        is_new = services.insurance.bring(unit, source, fen, transfer_id, session.now())
    if as_json:
        print_json({"fen": fen, "is_new": is_new})
    else:
        remark(f"{fen:,} fen {'came to the pool' if is_new else 'had come to the pool before'}.")


@insure_app.command("sell")
def sell_policy(
    member_id: MemberId,
    ware: Ware,
    risk: Annotated[
        Risk, typer.Argument(metavar="RISK", show_default=False, help="failure, price_above, price_below.")
    ],
    *,
    card_h: CardHours,
    fen: Annotated[int, typer.Option("--fen", help="Sum for a card-hour that fails, or the strike.")],
    limit: Annotated[int, typer.Option("--limit", help="Most that it pays, in fen.")],
    past: Annotated[list[int], typer.Option("--past", help="What it would have paid in a past window, in fen.")],
    loading: Annotated[int, typer.Option("--loading", help="On top of the mean of them, in basis points.")] = 0,
    policy_id: NewId,
    as_json: AsJson = False,
) -> None:
    """Sell a policy; its premium goes from the member's margin to the pool."""
    services = session.services()
    policy = Policy(policy_id, member_id, risk, Instrument.named(ware), card_h, fen, limit)
    with services.books.begin() as unit:
        sold, is_new = services.insurance.sell(unit, policy, past, loading, session.now())
    if as_json:
        print_json({**_policy(sold, None), "is_new": is_new})
    else:
        again = "" if is_new else " Sold before; nothing has changed."
        remark(f"{policy_id}: a premium of {sold.premium_fen:,} fen.{again}")


@insure_app.command("claim")
def claim_policy(
    policy_id: Annotated[str, typer.Argument(metavar="POLICY", show_default=False, help="Id of the policy.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Pay what a policy owes for a settled delivery, or for the last mark; once."""
    services = session.services()
    with services.books.begin() as unit:
        found, is_new = services.insurance.claim(unit, policy_id, session.now())
    if as_json:
        print_json({**asdict(found), "is_new": is_new})
    else:
        again = "" if is_new else " Paid before; nothing has changed."
        remark(f"{policy_id}: {found.fen:,} fen.{again}")


@insure_app.command("show")
def show_policies(*, lang: Lang = None, as_json: AsJson = False) -> None:
    """Show the policies and what they paid."""
    services = session.services()
    with services.books.read() as unit:
        told = [_policy(sold, claimed) for sold, claimed in services.insurance.policies(unit)]
    if as_json:
        print_json(told)
        return
    to_say = spoken(lang).say
    columns = (
        to_say("policy", "保单"),
        to_say("insured", "被保险人"),
        to_say("risk", "风险"),
        to_say("instrument", "合约"),
        to_say("premium, fen", "保费，分"),
        to_say("limit, fen", "限额，分"),
        to_say("claim, fen", "赔付，分"),
    )
    rows = [
        (
            one["policy_id"],
            one["insured"],
            one["risk"],
            one["instrument"],
            f"{one['premium_fen']:,}",
            f"{one['limit_fen']:,}",
            "" if one["claim_fen"] is None else f"{one['claim_fen']:,}",
        )
        for one in told
    ]
    print_table(table(columns, rows, numbers=(4, 5, 6)))


@lease_app.command("agree")
def agree_lease(
    lease_id: LeaseId,
    *,
    lessor: Annotated[str, typer.Option("--lessor", help="Member whose cards they are.")],
    lessee: Annotated[str, typer.Option("--lessee", help="Member that pays.")],
    ware: Annotated[str, typer.Option("--cards", help="Which cards, in words.")],
    fen: Annotated[int, typer.Option("--fen", help="What they are worth, in fen.")],
    rate: Annotated[int, typer.Option("--rate", help="Interest of a month, in basis points.")],
    periods: Annotated[int, typer.Option("--months", help="How many instalments.")],
    grace: Annotated[int, typer.Option("--grace", help="Instalments that may be behind before default.")] = 1,
    first_due: Annotated[date, typer.Option("--first", parser=read_day, metavar="DATE", help="When the first is due.")],
    by: Annotated[str, typer.Option("--by", metavar="MEMBER", help="Whose word this is: lessor's or lessee's.")],
    sign_with: Annotated[
        Path | None, typer.Option("--sign-with", metavar="FILE", help="That side's private key, where it has one.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Agree to a lease in level monthly instalments; it runs once both sides did."""
    from qipan.log.note import sign, signer_of
    from qipan.market.record import signed_text
    from qipan.market.service.leasing import lease_record

    lease = Lease(lease_id, lessor, lessee, ware, fen, rate, periods, grace, first_due)
    signature = ""
    if sign_with is not None:
        signer = signer_of(read_bytes(sign_with).decode(errors="replace").strip())
        signature = str(sign(signed_text(lease_record(lease)), signer))
    services = session.services()
    with services.books.begin() as unit:
        is_new = services.leasing.agree(unit, lease, by, session.now(), signature=signature)
        is_agreed = services.leasing.is_agreed(unit, lease)
    if as_json:
        print_json({**asdict(lease), "is_agreed": is_agreed, "is_new": is_new})
    else:
        remark(f"{lease_id} is {'agreed by both' if is_agreed else 'proposed'}, {counted(periods, 'instalment')}.")


@lease_app.command("pay")
def pay_instalment(
    lease_id: LeaseId,
    number: Annotated[int, typer.Argument(metavar="NUMBER", show_default=False, help="Which instalment, from 1.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Pay an instalment out of the lessee's margin."""
    services = session.services()
    with services.books.begin() as unit:
        is_new = services.leasing.pay(unit, lease_id, number, session.now())
    if as_json:
        print_json({"lease_id": lease_id, "number": number, "is_new": is_new})
    else:
        remark(f"{lease_id}: instalment {number} is {'paid' if is_new else 'paid already'}.")


@lease_app.command("repossess")
def repossess_cards(
    lease_id: LeaseId,
    *,
    fen: Annotated[int, typer.Option("--fen", help="Price of resale, in fen.")],
    source: Annotated[str, typer.Option("--from", metavar="ACCOUNT", help="Account that it comes from.")],
    as_json: AsJson = False,
) -> None:
    """Settle the resale of cards whose lease is in default."""
    from qipan.market.lease import repossess

    services = session.services()
    with services.books.begin() as unit:
        done, is_new = services.leasing.repossess(unit, lease_id, fen, source, session.now())
    found = repossess(done.balance_fen, done.overdue_fen, done.resale_fen)
    if as_json:
        print_json({**asdict(done), **asdict(found), "is_new": is_new})
    else:
        remark(f"{lease_id}: the lessor gets {found.lessor_fen:,} fen, {found.owed_fen:,} fen are owed still.")


@lease_app.command("show")
def show_leases(*, lang: Lang = None, as_json: AsJson = False) -> None:
    """Show the leases and how they stand."""
    from qipan.market.lease import instalments

    services = session.services()
    with services.books.read() as unit:
        told = [
            {
                **asdict(lease),
                "instalment_fen": instalments(lease.asset_fen, lease.rate_bp, lease.periods)[0].due_fen,
                "paid": paid,
                "standing": services.leasing.standing(unit, lease.lease_id, session.now()),
                "is_repossessed": taken is not None,
            }
            for lease, paid, taken in services.leasing.leases(unit)
        ]
    if as_json:
        print_json(told)
        return
    to_say = spoken(lang).say
    columns = (
        to_say("lease", "租赁"),
        to_say("lessor", "出租人"),
        to_say("lessee", "承租人"),
        to_say("instalment, fen", "每期，分"),
        to_say("paid", "已付期数"),
        to_say("of", "总期数"),
        to_say("standing", "状态"),
    )
    rows = [
        (
            one["lease_id"],
            one["lessor"],
            one["lessee"],
            f"{one['instalment_fen']:,}",
            f"{one['paid']:,}",
            f"{one['periods']:,}",
            to_say("repossessed", "已收回") if one["is_repossessed"] else str(one["standing"]),
        )
        for one in told
    ]
    print_table(table(columns, rows, numbers=(3, 4, 5)))


@bank_app.command("join")
def join_bank(
    member_id: MemberId,
    *,
    limit: Annotated[int, typer.Option("--limit", help="How far below 0 its credit may fall, in fen.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Let a member deposit and draw."""
    services = session.services()
    with services.books.begin() as unit:
        is_new = services.bank.join(unit, member_id, limit, session.now())
    if as_json:
        print_json({"member": member_id, "limit_fen": limit, "is_new": is_new})
    else:
        remark(f"{member_id} {'has joined' if is_new else 'had joined'} the bank.")


@bank_app.command("deposit")
def deposit_hours(
    member_id: MemberId,
    ware: Hour,
    *,
    site_id: Annotated[str, typer.Option("--site", help="Site, by its id in the fleet.")],
    card_h: CardHours,
    deposit_id: NewId,
    as_json: AsJson = False,
) -> None:
    """Let others draw idle hours of a site."""
    services = session.services()
    made = BankDeposit(deposit_id, member_id, ware, site_id, card_h)
    with services.books.begin() as unit:
        is_new = services.bank.deposit(unit, made, session.now())
    if as_json:
        print_json({**asdict(made), "is_new": is_new})
    else:
        remark(f"{deposit_id}: {counted(card_h, 'card-hour')}{'' if is_new else ', deposited before'}.")


@bank_app.command("draw")
def draw_hours(
    member_id: MemberId,
    ware: Hour,
    *,
    card_h: CardHours,
    fen: Annotated[int, typer.Option("--fen", help="Price of the hour there, in fen a card-hour.")],
    draw_id: NewId,
    as_json: AsJson = False,
) -> None:
    """Draw hours that others deposited; those who gave them earn the credit."""
    services = session.services()
    asked = BankDraw(draw_id, member_id, ware, card_h, fen, {})
    with services.books.begin() as unit:
        made, is_new = services.bank.draw(unit, asked, session.now())
    if as_json:
        print_json({**asdict(made), "is_new": is_new})
    else:
        remark(_drawn(made, is_new=is_new))


@bank_app.command("credits")
def show_credits(*, lang: Lang = None, as_json: AsJson = False) -> None:
    """Show the credit of every member; it sums to zero."""
    services = session.services()
    with services.books.read() as unit:
        found = services.bank.credits(unit)
    if as_json:
        print_json(found)
        return
    to_say = spoken(lang).say
    columns = (to_say("member", "会员"), to_say("credit, fen", "信用，分"))
    print_table(table(columns, [(name, f"{fen:,}") for name, fen in found.items()], numbers=(1,)))


def _policy(sold: Sold, claimed: Claimed | None) -> dict[str, Any]:
    policy = sold.policy
    return {
        "policy_id": policy.policy_id,
        "insured": policy.insured,
        "risk": policy.risk.value,
        "instrument": policy.instrument.name,
        "card_h": policy.card_h,
        "fen_per_card_h": policy.fen_per_card_h,
        "limit_fen": policy.limit_fen,
        "premium_fen": sold.premium_fen,
        "claim_fen": None if claimed is None else claimed.fen,
    }


def _drawn(made: BankDraw, *, is_new: bool) -> str:
    parts = ", ".join(f"{card_h} of {name}" for name, card_h in made.taken_card_h.items())
    return f"{made.draw_id}: {parts}{'' if is_new else ', drawn before'}."
