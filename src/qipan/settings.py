"""What the environment may say, read once."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Literal

from pydantic import SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from qipan.kernel.errors import NotFoundError


class Settings(BaseSettings):
    """Settings of one installation; each is ``QIPAN_`` and its name in capitals.

    Attributes
    ----------
    home
        Folder of the embedded stores.
    books
        Address of the books; empty for SQLite in the home folder.
    lake_engine
        ``sc://host:port`` of a Spark Connect endpoint that reads the lake; empty for DuckDB in this process.
    facts
        CSV file of facts that replace shipped ones.
    host, port
        Where the console listens.
    secret
        Key that signs cookies; empty for the one that ``qipan init`` made.
    log_origin
        Name of the verifiable log, as its checkpoints say it; a schema-less address of your own.
    anonymous_role
        What visitors without a sign-in may do.
    map_approval
        Map approval number (审图号) to print under the map.
    geometry
        TopoJSON file that replaces the shipped map.
    fonts
        Folder with fonts for PDF files, beside those of the machine.
    webhook_networks
        Networks that webhooks may lead to although they are not public, as ``10.20.0.0/16``, with commas between them.
    """

    model_config = SettingsConfigDict(env_prefix="QIPAN_", extra="forbid")

    home: Path = Path(".qipan")
    books: str = ""
    lake_engine: str = ""
    facts: Path | None = None
    host: str = "127.0.0.1"
    port: int = 8750
    secret: SecretStr = SecretStr("")
    log_origin: str = "qipan.local/log"
    anonymous_role: Literal["viewer", "none"] = "viewer"
    map_approval: str = ""
    geometry: Path | None = None
    fonts: Path | None = None
    webhook_networks: str = ""

    @field_validator("webhook_networks")
    @classmethod
    def _must_be_networks(cls, text: str) -> str:
        _networks(text)
        return text

    @property
    def networks_allowed(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """Networks that webhooks may lead to although they are not public."""
        return _networks(self.webhook_networks)

    @property
    def books_address(self) -> str:
        """Address of the books, the embedded default filled in."""
        return self.books or f"sqlite:///{(self.home / 'books.sqlite').resolve()}"

    @property
    def key_file(self) -> Path:
        """File of the key that ``qipan init`` made."""
        return self.home / "key"

    def require_home(self) -> None:
        """Refuse to go on without an initialised home.

        Raises
        ------
        NotFoundError
            ``not_initialised`` when the home was never created.
        """
        if not self.key_file.exists():
            raise NotFoundError(
                f"The home folder must be initialised, was not: {self.home.resolve()}.",
                code="not_initialised",
                hint="Run: qipan init, or name its folder by QIPAN_HOME.",
            )


def _networks(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())
