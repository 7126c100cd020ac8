"""Serve the console and the REST interface until Ctrl-C."""

from __future__ import annotations

import errno
import os
import socket

from qipan.interfaces.cli import session
from qipan.interfaces.cli.print import say
from qipan.kernel.errors import BadInputError, ConflictError, NotAllowedError, QipanError


def serve_until_stopped(host: str | None, port: int | None) -> None:
    """Serve at a host and port, or where the settings say; print the address when it answers.

    Raises
    ------
    ConflictError
        ``port_taken`` when another program listens there.
    """
    # The server reads the same environment as every command; what was typed comes before it.
    os.environ |= {
        name: str(value) for name, value in (("QIPAN_HOST", host), ("QIPAN_PORT", port)) if value is not None
    }
    settings = session.settings()
    import uvicorn

    with listening(settings.host, settings.port) as found:
        # Named, not imported: the doors do not know each other.
        config = uvicorn.Config("qipan.interfaces.server:app", factory=True, log_level="warning", server_header=False)
        config.load()
        say(f"Console: {address(found)}  (Ctrl-C stops it)", style="bold")
        try:
            uvicorn.Server(config).run(sockets=[found])
        except KeyboardInterrupt:
            say("Stopped.")


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
