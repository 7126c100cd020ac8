"""The services of certificates are made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from qipan.bootstrap.criteria import criteria_of, quota_rules_of
from qipan.bootstrap.services import Maker
from qipan.certificates.service.certification import Certifications
from qipan.certificates.service.quota import Quotas
from qipan.certificates.service.registry import Registry

MAKERS: Final[Mapping[str, Maker]] = {
    "registry": lambda services: Registry(services.log, services.accounts, services.claims),
    "certifications": lambda services: Certifications(services.log, services.registry, criteria_of(services.catalog)),
    "quotas": lambda services: Quotas(
        services.log,
        services.accounts,
        services.claims,
        services.registry,
        services.certifications,
        quota_rules_of(services.catalog),
    ),
}
