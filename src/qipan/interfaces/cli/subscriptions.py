"""``qipan labour subscribe`` and what follows it: every step of a warning is told to addresses that asked for it."""

from __future__ import annotations

from typing import Annotated

import typer

from qipan.interfaces.cli import session
from qipan.interfaces.cli.language import spoken
from qipan.interfaces.cli.options import AsJson, Lang
from qipan.interfaces.cli.print import print_json, print_table, remark, say, table
from qipan.interfaces.report.labour import GRADES, told_backlog, told_subscription
from qipan.interfaces.report.numbers import NOTHING

app = typer.Typer()


@app.command()
def subscribe(
    url: Annotated[str, typer.Argument(metavar="URL", show_default=False, help="Where to send: http or https.")],
    *,
    regions: Annotated[
        list[str] | None, typer.Option("--region", metavar="CODE", help="May be given again; else all regions.")
    ] = None,
    grade: Annotated[
        str, typer.Option("--grade", metavar="GRADE", help="blue, yellow, orange or red: this one and worse.")
    ] = "blue",
    lang: Lang = None,
    as_json: AsJson = False,
) -> None:
    """Tell every step of warnings to an address from now on, signed; its secret is printed once."""
    from qipan.labour.model.subscription import read_grade

    services, language, least = session.services(), spoken(lang), read_grade(grade)
    with services.books.begin() as unit:
        made, secret = services.subscriptions.subscribe(unit, url, session.now(), regions=regions or (), grade=least)
    if as_json:
        print_json({**told_subscription(made), "secret": secret})
        return
    say(
        language.say(
            f"{made.subscription_id} is told by POST; what is sent is signed with this secret, which is not shown "
            f"again:\n{secret}",
            f"{made.subscription_id} 将以 POST 告知；所发内容以下列密钥签名，密钥不再显示：\n{secret}",
        )
    )


@app.command()
def subscriptions(*, lang: Lang = None, as_json: AsJson = False) -> None:
    """List subscriptions: what arrived, what waits, and what a receiver says that does not take it."""
    services, language = session.services(), spoken(lang)
    with services.books.read() as unit:
        found = [told_backlog(one) for one in services.subscriptions.backlogs(unit)]
    if as_json:
        print_json(found)
        return
    heads = (
        ("subscription", "订阅"),
        ("address", "地址"),
        ("regions", "地区"),
        ("from grade", "起始等级"),
        ("arrived", "已送达"),
        ("waiting", "待发送"),
        ("failing", "未能送达"),
        ("said", "对方答复"),
        ("ended", "终止"),
    )
    rows = [
        (
            one["subscription"],
            one["url"],
            ", ".join(one["regions"]) or language.say("all", "全部"),
            language.say(*GRADES[one["grade"]]),
            str(one["delivered"]),
            str(one["waiting"]),
            str(one["failing"]),
            one["said"] or NOTHING,
            f"{one['ended']:%Y-%m-%d}" if one["ended"] else NOTHING,
        )
        for one in found
    ]
    print_table(table([language.say(*head) for head in heads], rows, numbers=(4, 5, 6)))


@app.command()
def unsubscribe(
    subscription_id: Annotated[str, typer.Argument(metavar="SUBSCRIPTION", show_default=False, help="Its id.")],
    *,
    as_json: AsJson = False,
) -> None:
    """End a subscription; what waits for it is not sent."""
    services = session.services()
    with services.books.begin() as unit:
        found = services.subscriptions.unsubscribe(unit, subscription_id, session.now())
    if as_json:
        print_json(told_subscription(found))
        return
    remark(f"{subscription_id} is over.")


@app.command()
def deliver(*, lang: Lang = None, as_json: AsJson = False) -> None:
    """Send what waits; run it every minute. What does not arrive is sent again, later each time, a day at most."""
    services, language = session.services(), spoken(lang)
    sent = services.notifying.deliver(session.now)
    if as_json:
        print_json({"delivered": sent.delivered, "failed": sent.failed})
        return
    say(
        language.say(
            f"{sent.delivered} arrived, {sent.failed} are sent again later.",
            f"{sent.delivered} 条已送达，{sent.failed} 条稍后重发。",
        )
    )
