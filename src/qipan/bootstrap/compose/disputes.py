"""The service of disputes is made, with what pillars know to stand behind transfers of their own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Final

from qipan.accounts.service.disputes import Disputes
from qipan.agreements.service.behind import behind as behind_agreements
from qipan.bootstrap.services import Maker
from qipan.certificates.service.behind import behind as behind_certificates
from qipan.certificates.service.correctable import correctable as correctable_certificates
from qipan.market.admit import HOUSE
from qipan.market.service.behind import behind as behind_market
from qipan.market.service.correctable import correctable as correctable_market

MAKERS: Final[Mapping[str, Maker]] = {
    "disputes": lambda services: Disputes(
        services.accounts,
        services.access,
        services.log,
        window=timedelta(days=services.catalog.number("dispute/window_days")),
        behind=(behind_market, behind_agreements, behind_certificates),
        correctable=(partial(correctable_market, services.accounts), correctable_certificates),
        house=HOUSE,
    ),
}
