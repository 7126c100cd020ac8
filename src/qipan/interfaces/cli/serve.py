"""Serve the console and the REST interface until Ctrl-C."""

from __future__ import annotations

import errno
import ipaddress
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from qipan.interfaces.cli import session
from qipan.interfaces.cli.print import say
from qipan.kernel.errors import BadInputError, ConflictError, NotAllowedError, QipanError, RuleBrokenError

if TYPE_CHECKING:
    from qipan.settings import Settings

GRACE_S = 5
"""How long open connections may go on after Ctrl-C, in seconds."""


def serve_until_stopped(host: str | None, port: int | None) -> None:
    """Serve at a host and port, or where the settings say; print the address when it answers.

    Raises
    ------
    BadInputError
        ``host_unknown``.
    ConflictError
        ``port_taken`` when another program listens there.
    NotAllowedError
        ``port_forbidden``.
    RuleBrokenError
        ``anonymous_role_unstated`` when others could read without signing in and nobody has said that they may.
    """
    with _environment(QIPAN_HOST=host, QIPAN_PORT=port):
        settings = session.settings()
        _refuse_unstated_readers(settings)
        import uvicorn

        with listening(settings.host, settings.port) as found:
            # Named, not imported: the doors do not know each other.
            config = uvicorn.Config(
                "qipan.interfaces.server:app",
                factory=True,
                log_level="warning",
                server_header=False,
                timeout_graceful_shutdown=GRACE_S,
            )
            config.load()
            say(f"Console: {address(found)}  (Ctrl-C stops it)", style="bold")
            # uvicorn passes the interrupt on, but not where whoever started us has it ignored.
            with suppress(KeyboardInterrupt):
                uvicorn.Server(config).run(sockets=[found])
            say("Stopped.")


@contextmanager
def _environment(**typed: object) -> Iterator[None]:
    """Put what was typed before what the environment says: the server reads its settings from there, too."""
    given = {name: str(value) for name, value in typed.items() if value is not None}
    before = {name: os.environ.get(name) for name in given}
    os.environ.update(given)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def listening(host: str, port: int) -> socket.socket:
    """Return a socket that listens at a host and port.

    Raises
    ------
    BadInputError
        ``host_unknown`` when this machine has no such address.
    ConflictError
        ``port_taken``.
    NotAllowedError
        ``port_forbidden``.
    """
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise _refused(error, host, port) from error


def address(found: socket.socket) -> str:
    """Return the address at which a browser on this machine reaches a listening socket."""
    host, port = found.getsockname()[:2]
    if host in {"0.0.0.0", "::"}:  # noqa: S104 - compared with, not listened at
        host = "127.0.0.1"
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def _refuse_unstated_readers(settings: Settings) -> None:
    """Refuse an address that other machines reach while visitors may read only because nobody has said otherwise."""
    if (
        settings.anonymous_role == "none"
        or "anonymous_role" in settings.model_fields_set
        or _is_loopback(settings.host)
    ):
        return
    raise RuleBrokenError(
        f"Who may read without signing in must be stated before other machines can reach {settings.host}, was not.",
        code="anonymous_role_unstated",
        hint="Set QIPAN_ANONYMOUS_ROLE to none, or to viewer if everybody may read.",
    )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _refused(error: OSError, host: str, port: int) -> QipanError:
    if error.errno == errno.EADDRINUSE:
        return ConflictError(
            f"The port must be free, was taken by another program: {port} at {host}.",
            code="port_taken",
            hint=f"Stop that program, or choose another port, for example --port {port + 1}.",
            field="port",
        )
    if error.errno == errno.EACCES:
        return NotAllowedError(
            f"The port must be one that this user may open, was not: {port}.",
            code="port_forbidden",
            hint="Choose a port from 1024 on.",
            field="port",
        )
    return BadInputError(
        f"The host must be an address of this machine, was not: {host}.",
        code="host_unknown",
        hint="Choose 127.0.0.1 for this machine alone, or 0.0.0.0 for every network it is in.",
        field="host",
    )
