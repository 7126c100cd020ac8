"""Open the services behind every command; the clock and the environment are read here."""

from __future__ import annotations

import os
import pwd
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from qipan.kernel.errors import BadInputError, Finding
from qipan.kernel.time import BOARD_ZONE

if TYPE_CHECKING:
    from qipan.bootstrap.services import Services
    from qipan.settings import Settings


def now() -> datetime:
    """Return the moment at which the door is opened."""
    return datetime.now(UTC)


def today() -> date:
    """Return the civil day of that moment in the board's zone."""
    return now().astimezone(ZoneInfo(BOARD_ZONE)).date()


def caller() -> str:
    """Return how the trail names who types: by the account that runs the command, whatever the environment says."""
    try:
        name = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        name = str(os.getuid())
    return f"shell:{name}"


def settings() -> Settings:
    """Return what the environment says.

    Raises
    ------
    BadInputError
        ``setting_invalid`` with one finding for each variable that is wrong.
    """
    from pydantic import ValidationError

    from qipan.settings import Settings

    try:
        return Settings()
    except ValidationError as error:
        findings = [
            Finding(0, f"QIPAN_{'_'.join(map(str, wrong['loc'])).upper()}", "setting_invalid", wrong["msg"])
            for wrong in error.errors(include_url=False)
        ]
        raise BadInputError(
            f"Every variable QIPAN_… of the environment must be valid, was not: {findings[0].column}.",
            code="setting_invalid",
            hint="Correct the variables named above, or unset them.",
            findings=findings,
        ) from error


def services() -> Services:
    """Open the services of this installation.

    Raises
    ------
    NotFoundError
        ``not_initialised`` before ``qipan init``.
    """
    known = settings()
    known.require_home()
    # Everything heavy stands behind this import; --help, mistyped commands and a missing home are answered without it.
    from qipan.bootstrap.services import build

    return build(known, caller=caller())
