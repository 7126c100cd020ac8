"""What stands before every page: who may call this address, from which page, and what a browser may load."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONTENT_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""Content-Security-Policy of every page: nothing inline, nothing from elsewhere."""

HEADERS: Final = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}

LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
"""Names of this machine itself."""

_SAFE: Final = {"GET", "HEAD", "OPTIONS"}


class Guard:
    """Middleware that refuses foreign hosts and origins, and adds the security headers.

    Parameters
    ----------
    hosts
        Host names that may be asked for; empty for any. A console on this machine answers only to its own names, so
        that a foreign page cannot reach it under a name of its own (DNS rebinding).
    """

    def __init__(self, app: ASGIApp, *, hosts: Collection[str] = ()) -> None:
        self.app = app
        self.hosts = frozenset(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        headers = Headers(scope=scope)
        refused = self._refusal(scope["method"], headers)
        if refused is None:
            await self.app(scope, receive, with_headers)
        else:
            await refused(scope, receive, with_headers)

    def _refusal(self, method: str, headers: Headers) -> Response | None:
        if self.hosts and _host(headers.get("host", "")) not in self.hosts:
            return _problem(
                421,
                "host_unknown",
                f"The host must be one of {', '.join(sorted(self.hosts))}, was {headers.get('host', '')!r}.",
                "Open the address that qipan serve printed.",
            )
        if method not in _SAFE and not _is_own_page(headers):
            return _problem(
                403,
                "origin_foreign",
                f"A change must come from a page of this console, was {headers.get('origin', 'none')!r}.",
                "Open the console itself, or send a token instead of a cookie.",
            )
        return None


def _is_own_page(headers: Headers) -> bool:
    """Tell whether a change comes from a page of ours; a program with a token has no page.

    Browsers say with every change where it comes from; a cookie without that word is refused.
    """
    if "authorization" in headers:
        return True
    origin, site = headers.get("origin"), headers.get("sec-fetch-site")
    if origin is not None:
        return urlsplit(origin).netloc == headers.get("host") and origin != "null"
    if site is not None:
        return site in {"same-origin", "none"}
    return "cookie" not in headers


def _host(value: str) -> str:
    """Return the name in a Host header, without port and brackets."""
    return urlsplit(f"//{value}").hostname or ""


def _problem(status: int, code: str, message: str, hint: str) -> Response:
    body = {"type": f"urn:qipan:error:{code}", "title": "Refused", "status": status, "detail": message}
    content = json.dumps(body | {"code": code, "hint": hint, "field": "", "file": "", "findings": []})
    return Response(content, status_code=status, media_type="application/problem+json")
