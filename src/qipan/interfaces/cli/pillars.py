"""The groups of commands that stand first on the line; each is loaded when it is called."""

from __future__ import annotations

from collections import UserDict
from importlib import import_module
from typing import Any, Final

import typer

from qipan.interfaces.cli.exits import DoorGroup

GROUPS: Final = (
    "facts",
    "jobs",
    "ledger",
    "day",
    "dispatch",
    "accounts",
    "market",
    "certificates",
    "agreements",
    "labour",
    "talent",
    "regions",
    "policy",
    "access",
)
"""Names of the groups, which are those of their modules beside this one, in the order of the help."""


class Commands(UserDict[str, Any]):
    """Commands by name; those of a group are loaded when it is taken out."""

    def __getitem__(self, name: str) -> Any:
        if self.data[name] is None:
            self.data[name] = typer.main.get_group(import_module(f"qipan.interfaces.cli.{name}").app)
        return self.data[name]


class HouseGroup(DoorGroup):
    """The outermost group: what is called by its name loads its own group alone, and the help loads all."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands = Commands({**self.commands, **dict.fromkeys(GROUPS)})

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of all commands, without loading them."""
        del ctx  # What there is does not depend on the words before.
        return list(self.commands)
