"""Nothing is sent to where the house does not allow: not by name, by number, by redirect, nor by a slow answer."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address, ip_network
from typing import Any

import pytest

from qipan.kernel.errors import RuleBrokenError
from qipan.labour.engines import webhook
from qipan.labour.engines.webhook import Webhook, is_public

LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))


class Receiver(BaseHTTPRequestHandler):
    """Keeps what it is sent, and answers as its path says."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((self.path, dict(self.headers), body))
        status = int(self.path.strip("/") or 204)
        self.send_response(status)
        if status in {302, 307}:
            self.send_header("Location", "/200")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def receiver() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    server.got = []
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def send(receiver, path="/204", host="127.0.0.1", networks=LOOPBACK):
    return Webhook(networks).send(f"http://{host}:{receiver.server_port}{path}", '{"a":"广"}', {"webhook-id": "x"})


def test_a_body_arrives_under_the_name_that_was_asked_for(receiver):
    answer = send(receiver, host="localhost")
    assert (answer.is_accepted, answer.said) == (True, "HTTP 204")
    ((_, heads, body),) = receiver.got
    assert body == '{"a":"广"}'.encode()
    assert heads["webhook-id"] == "x"
    assert heads["Host"] == f"localhost:{receiver.server_port}"


def test_a_body_arrives_from_within_a_loop_that_runs(receiver):
    async def within():
        return send(receiver)

    assert asyncio.run(within()).is_accepted


@pytest.mark.parametrize(("status", "is_reached"), [(400, True), (410, True), (429, False), (500, False), (503, False)])
def test_other_answers_are_failures(receiver, status, is_reached):
    answer = send(receiver, f"/{status}")
    assert (answer.is_accepted, answer.is_reached, answer.said) == (False, is_reached, f"HTTP {status}")


@pytest.mark.parametrize("status", [302, 307])
def test_redirects_are_not_followed(receiver, status):
    answer = send(receiver, f"/{status}")
    assert not answer.is_accepted
    assert "redirects are not followed" in answer.said
    assert [path for path, _, _ in receiver.got] == [f"/{status}"]


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "0.0.0.0", "127.1", "2130706433", "[::ffff:7f00:1]"]
)
def test_the_machine_itself_is_refused_unless_it_is_allowed(receiver, host):
    answer = send(receiver, host=host, networks=())
    assert not answer.is_accepted
    assert "public address" in answer.said or "have an address" in answer.said
    assert receiver.got == []


@pytest.mark.parametrize(
    "text",
    [
        "10.1.2.3",
        "172.16.0.1",
        "192.168.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "::1",
        "fc00::1",
        "fe80::1",
        "::ffff:10.0.0.1",
        "2002:7f00:1::",
        "64:ff9b::a00:1",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    ],
)
def test_addresses_that_are_not_public_are_known(text):
    assert not is_public(ip_address(text))


def test_public_addresses_are_known():
    assert all(is_public(ip_address(text)) for text in ("8.8.8.8", "2606:4700::1111", "64:ff9b::808:808"))


def test_a_name_with_one_private_address_is_refused(monkeypatch):
    told = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443)) for address in ("8.8.8.8", "10.0.0.1")]
    monkeypatch.setattr(webhook.socket, "getaddrinfo", lambda *_, **__: told)
    with pytest.raises(RuleBrokenError, match=r"10\.0\.0\.1 \(a\.example\)") as error:
        Webhook().check("https://a.example/")
    assert error.value.code == "webhook_address_private"
    Webhook([ip_network("10.0.0.0/8")]).check("https://a.example/")


def test_a_name_is_resolved_once_so_that_it_cannot_change_its_mind(receiver, monkeypatch):
    asked = []
    known = socket.getaddrinfo

    def answer(host, *rest, **named):
        if host == "a.example":
            asked.append(host)
            return known("127.0.0.1", *rest, **named)
        return known(host, *rest, **named)

    monkeypatch.setattr(webhook.socket, "getaddrinfo", answer)
    assert send(receiver, host="a.example").is_accepted
    assert asked == ["a.example"]


def test_a_name_without_address_and_a_closed_door_are_failures():
    with pytest.raises(RuleBrokenError) as error:
        Webhook().check("https://nowhere.invalid/")
    assert error.value.code == "webhook_unresolved"
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        answer = Webhook(LOOPBACK).send(f"http://127.0.0.1:{closed.getsockname()[1]}/", "{}", {})
    assert (answer.is_accepted, answer.is_reached, answer.said) == (False, False, "ConnectError")


def test_who_answers_a_sign_at_a_time_is_left_at_the_deadline(monkeypatch):
    monkeypatch.setattr(webhook, "DEADLINE_S", 0.5)

    def drip(server):
        with server.accept()[0] as taken:
            for sign in b"HTTP/1.1 204 No Content\r\n" + b"X: " + b"y" * 40:
                try:
                    taken.send(bytes([sign]))
                except OSError:
                    return
                time.sleep(0.1)

    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        thread = threading.Thread(target=drip, args=(server,), daemon=True)
        thread.start()
        begun = time.monotonic()
        answer = Webhook(LOOPBACK).send(f"http://127.0.0.1:{server.getsockname()[1]}/", "{}", {})
        assert time.monotonic() - begun < 3.0
        thread.join(5.0)
    assert (answer.is_accepted, answer.is_reached, answer.said) == (False, False, "no whole answer in 0.5 s")


def test_who_does_not_answer_in_time_is_left(monkeypatch):
    monkeypatch.setattr(webhook, "TIMEOUT_S", 0.2)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        answer = Webhook(LOOPBACK).send(f"http://127.0.0.1:{silent.getsockname()[1]}/", "{}", {})
    assert (answer.is_accepted, answer.said) == (False, "ReadTimeout")
