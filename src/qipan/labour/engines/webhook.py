"""Send to an address of somebody else's choice: only where the house allows, nowhere else by detours, and not for long.

Names are resolved once, every address found is held against what is allowed, and the connection goes to that address:
a name that says another thing the next moment leads nowhere. Redirects and proxies are not followed, answers not read.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

import httpx

from qipan.kernel.errors import RuleBrokenError
from qipan.labour.model.subscription import Answer

TIMEOUT_S: Final = 10.0
"""Of silence, until a receiver is given up."""
DEADLINE_S: Final = 30.0
"""Of one delivery in all, however the receiver spreads its answer; a name is resolved before."""
_NAT64 = ip_network("64:ff9b::/96")
_UNICAST = ip_network("2000::/3")
"""All that is given out of IPv6; what lies elsewhere leads inside, or to a wrapped address."""

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


class Webhook:
    """Sends bodies by POST.

    Parameters
    ----------
    networks
        Networks that may be sent to although they are not public.
    """

    def __init__(self, networks: Sequence[Network] = ()) -> None:
        self._networks = tuple(networks)

    def check(self, url: str) -> None:
        """Refuse an address that nothing may be sent to.

        Raises
        ------
        RuleBrokenError
            ``webhook_address_private``, ``webhook_unresolved``.
        """
        self._addresses(httpx.URL(url))

    def send(self, url: str, body: str, heads: dict[str, str]) -> Answer:
        """Send a body and return what came of it; it never fails."""
        try:
            asked = httpx.URL(url)
            addresses = self._addresses(asked)
            # In a thread of its own: whoever asks may stand in a loop that runs.
            with ThreadPoolExecutor(max_workers=1) as aside:
                return aside.submit(lambda: asyncio.run(_in_time(asked, addresses, body, heads))).result()
        except RuleBrokenError as error:
            return Answer(is_accepted=False, is_reached=False, said=error.message)
        except TimeoutError:
            return Answer(is_accepted=False, is_reached=False, said=f"no whole answer in {DEADLINE_S:g} s")
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            return Answer(is_accepted=False, is_reached=False, said=type(error).__name__)

    def _addresses(self, url: httpx.URL) -> list[Address]:
        host = url.host
        try:
            told = socket.getaddrinfo(host, url.port or (443 if url.scheme == "https" else 80), type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise RuleBrokenError(
                f"The host of a webhook must have an address, was without: {host}.",
                code="webhook_unresolved",
                hint="Correct the name, or try again when it is known.",
            ) from error
        found = list(dict.fromkeys(ip_address(str(one[4][0]).partition("%")[0]) for one in told))
        for one in found:
            if not is_public(one) and not any(one in network for network in self._networks):
                raise RuleBrokenError(
                    f"A webhook must lead to a public address or a network that is allowed, was {one} ({host}).",
                    code="webhook_address_private",
                    hint="Allow its network in QIPAN_WEBHOOK_NETWORKS, as 10.20.0.0/16, if it is meant.",
                )
        return found


def is_public(address: Address) -> bool:
    """Tell whether an address is one of the public internet, also where another is wrapped in it.

    Examples
    --------
    >>> [is_public(ip_address(text)) for text in ("8.8.8.8", "10.0.0.1", "169.254.169.254", "::ffff:127.0.0.1")]
    [True, False, False, False]
    >>> [is_public(ip_address(text)) for text in ("2606:4700::1", "fec0::1", "::10.0.0.1", "64:ff9b:1::a00:1")]
    [True, False, False, False]
    """
    if isinstance(address, IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if address in _NAT64:
            inner = IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
        if address.teredo is not None or address not in _UNICAST:
            return False
    return address.is_global and not address.is_multicast


async def _in_time(url: httpx.URL, addresses: Sequence[Address], body: str, heads: dict[str, str]) -> Answer:
    """Send within the deadline; raises `TimeoutError` after it."""
    async with (
        asyncio.timeout(DEADLINE_S),
        httpx.AsyncClient(
            timeout=TIMEOUT_S, follow_redirects=False, trust_env=False, verify=ssl.create_default_context()
        ) as client,
    ):
        return await _first(client, url, addresses, body, heads)


async def _first(
    client: httpx.AsyncClient, url: httpx.URL, addresses: Sequence[Address], body: str, heads: dict[str, str]
) -> Answer:
    """Send to the first address that can be connected to, under the name that was asked for."""
    name = url.raw_host.decode("ascii")
    named = {**heads, "Host": url.netloc.decode("ascii"), "User-Agent": "Qipan"}
    for at, address in enumerate(addresses, 1):
        try:
            asked = url.copy_with(host=str(address))
            async with client.stream(
                "POST", asked, content=body.encode(), headers=named, extensions={"sni_hostname": name}
            ) as answer:
                status = answer.status_code
                is_busy = status == httpx.codes.TOO_MANY_REQUESTS or status >= 500
                return Answer(answer.is_success, is_reached=not is_busy, said=_said(status))
        except (httpx.ConnectError, httpx.ConnectTimeout):
            if at == len(addresses):
                raise
    return Answer(is_accepted=False, is_reached=False, said="no address")


def _said(status: int) -> str:
    return f"HTTP {status}, redirects are not followed" if 300 <= status < 400 else f"HTTP {status}"
