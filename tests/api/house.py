"""A house of its own where obligations are entered into, and a caller for each duty."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher
from fastapi.testclient import TestClient
from httpx import Response

from qipan.access.model import Duty, Role
from qipan.access.service import Access
from qipan.bootstrap.services import Services, build, initialise
from qipan.interfaces.server import create_app
from qipan.settings import Settings

HOST = "http://127.0.0.1:8750"
PASSWORD = "four unrelated words"
DUTIES = {
    "clearing": (Duty.CLEARING, ""),
    "registry": (Duty.REGISTRY, ""),
    "auditor": (Duty.AUDITOR, ""),
    "east": (Duty.TRADER, "east"),
    "west": (Duty.SITE, "west"),
    "shanghai": (Duty.TRADER, "310000"),
    "ningxia": (Duty.TRADER, "640000"),
    "trustee": (Duty.TRADER, "trustee"),
}
"""Users with one duty each; ``nobody`` has none, though the role of an operator."""


@dataclass(frozen=True)
class House:
    """A client, and the headers of each user."""

    services: Services
    client: TestClient
    headers: dict[str, dict[str, str]]

    def get(self, who: str, path: str, **values: Any) -> Any:
        """Return what is told; it must be told."""
        answer = self.client.get(f"/api/v1/{path}", params=values, headers=self.headers[who])
        assert answer.status_code == 200, answer.text
        return answer.json()

    def send(self, who: str, path: str, **body: Any) -> Response:
        """Return the answer to a body."""
        return self.client.post(f"/api/v1/{path}", json=body, headers=self.headers[who])

    def new(self, who: str, path: str, **body: Any) -> Any:
        """Return what is told of something new, and make sure that the same again is told as that."""
        first, again = self.send(who, path, **body), self.send(who, path, **body)
        assert (first.status_code, again.status_code) == (201, 200), first.text + again.text
        return first.json()

    def refusals(self, method: str, path: str, *names: str, **values: Any) -> set[tuple[int, str]]:
        """Return status and code of what some users are told."""
        asked = {"params": values} if method == "GET" else {"json": values}
        answers = [self.client.request(method, f"/api/v1/{path}", headers=self.headers[who], **asked) for who in names]
        return {(answer.status_code, answer.json()["code"]) for answer in answers}

    def leaves(self) -> int:
        """Return how long the log is: what was refused leaves nothing there."""
        with self.services.books.read() as unit:
            return len(list(self.services.log.leaves(unit)))


FORBIDDEN = {(403, "duty_missing")}


def code(answer: Response) -> tuple[int, str]:
    """Return status and code of a refusal."""
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


def made_house(folder: Path) -> House:
    """Make the house, its users, and a bank from which money comes."""
    settings = Settings(home=folder / "home")
    now = datetime.now(UTC)
    initialise(settings, now)
    quick = Access(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    services = replace(build(settings), access=quick)
    headers: dict[str, dict[str, str]] = {"visitor": {}}
    with services.books.begin() as unit:
        for name in ("nobody", *DUTIES):
            role = Role.OPERATOR if name == "nobody" else Role.VIEWER
            user = quick.create_user(unit, name, password=PASSWORD, role=role, now=now)
            if name in DUTIES:
                duty, party = DUTIES[name]
                quick.grant(unit, name, duty, now, party=party)
            key, _ = quick.issue_token(unit, user, name="tests", now=now)
            headers[name] = {"Authorization": f"Bearer {key}"}
    return House(services, TestClient(create_app(services), base_url=HOST), headers)


WEEK = "h100-80g@ningxia/2090-W10"
LOT_FEN = 100 * 8 * 168
"""Initial margin of a lot."""


def open_market(house: House) -> None:
    """Admit east and west with margin for ten lots each, open a book, and let west bring five lots to it."""
    for member in ("east", "west"):
        house.new("clearing", "market/members", member_id=member)
    house.new("clearing", "accounts", account_id="bank", owner="bank", asset_id="fen", purpose="issued", floor=None)
    for member in ("east", "west"):
        money = {"member": member, "source": "bank", "fen": 10 * LOT_FEN, "transfer_id": f"in-{member}"}
        house.new("clearing", "market/margin/bring", **money)
    house.new("clearing", "market/books", instrument=WEEK, margin_fen_per_card_h=100)
    certified = {"card_class": "h100-80g", "hub_id": "ningxia", "start": "2090-01-01T00:00:00+08:00", "cards": 80}
    made = house.send("clearing", "market/certifications", member="west", certificate="NC-1", **certified)
    assert made.status_code == 201, made.text
    house.new("west", "market/requests", requests=[asked("cover", "c-1", "west", lots=5)])


def asked(kind: str, name: str, member: str, **more: Any) -> dict[str, Any]:
    """Return a request of the book."""
    return {"kind": kind, "request_id": name, "member": member, "instrument": WEEK, **more}


def order(name: str, member: str, side: str, lots: int, fen: int, **more: Any) -> dict[str, Any]:
    """Return an order in the book."""
    return asked("order", name, member, side=side, lots=lots, fen_per_card_h=fen, **more)
