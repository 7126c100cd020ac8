from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from tests.cli.conftest import Qipan, assert_refused

from qipan.interfaces.cli.serve import address, listening
from qipan.kernel.errors import BadInputError, ConflictError


def test_listening_on_a_free_port_gives_its_address() -> None:
    with listening("127.0.0.1", 0) as found:
        port = found.getsockname()[1]
        assert address(found) == f"http://127.0.0.1:{port}/"


def test_listening_on_every_network_prints_an_address_of_this_machine() -> None:
    with listening("0.0.0.0", 0) as found:
        assert address(found).startswith("http://127.0.0.1:")


def test_listening_on_a_taken_port_names_another() -> None:
    with listening("127.0.0.1", 0) as found:
        port = found.getsockname()[1]
        with pytest.raises(ConflictError) as refused:
            listening("127.0.0.1", port)
    assert refused.value.code == "port_taken"
    assert f"--port {port + 1}" in refused.value.hint


@pytest.mark.parametrize("host", ["no.such.host.invalid", "192.0.2.1"])
def test_listening_on_a_host_of_no_one_here_is_refused(host: str) -> None:
    with pytest.raises(BadInputError) as refused:
        listening(host, 0)
    assert refused.value.code == "host_unknown"


def test_serve_on_a_taken_port_is_refused_before_anything_is_printed(qipan: Qipan) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        result = qipan("serve", "--port", str(taken.getsockname()[1]))
    assert_refused(result, 6, "port_taken")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1"])
def test_serve_to_other_machines_needs_a_word_on_who_may_read(qipan: Qipan, host: str) -> None:
    assert_refused(qipan("serve", "--host", host), 5, "anonymous_role_unstated", "QIPAN_ANONYMOUS_ROLE")


def test_serve_to_other_machines_after_that_word_goes_on_to_listen(qipan: Qipan) -> None:
    result = qipan("serve", "--host", "192.0.2.1", QIPAN_ANONYMOUS_ROLE="viewer")
    assert_refused(result, 3, "host_unknown", "192.0.2.1")


def test_serve_before_init_says_how_to_begin(qipan: Qipan, tmp_path: Path) -> None:
    assert_refused(qipan("serve", at=tmp_path / "none"), 4, "not_initialised", "qipan init")


@pytest.mark.slow
def test_serve_answers_at_the_printed_address_and_stops_on_interrupt(home: Path) -> None:
    command = [sys.executable, "-c", "from qipan.interfaces.cli.app import main; main()", "serve", "--port", "0"]
    env = os.environ | {"QIPAN_HOME": str(home), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            line = server.stdout.readline()
            found = re.search(r"http://127\.0\.0\.1:\d+/", line)
            assert found, line or (server.stderr and server.stderr.read())
            with urllib.request.urlopen(f"{found.group()}healthz", timeout=10) as answer:
                assert answer.status == 200
        finally:
            server.send_signal(signal.SIGINT)
        out, err = server.communicate(timeout=20)
    assert server.returncode == 0
    assert "Stopped." in out
    assert "Traceback" not in err
