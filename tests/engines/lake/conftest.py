"""A Spark Connect endpoint for the tests: Sail, started by the fixture and ended with it."""

import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def sail(tmp_path_factory):
    """Start a Sail server on a free port of the loopback; return its address."""
    program = shutil.which("sail", path=str(Path(sys.executable).parent))
    if program is None:
        pytest.fail("Sail must be installed for the tests.")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = (tmp_path_factory.mktemp("sail") / "log").open("wb")
    server = subprocess.Popen(
        [program, "spark", "server", "--ip", "127.0.0.1", "--port", str(port)], stdout=log, stderr=log
    )
    for _ in range(300):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        assert server.poll() is None, "Sail must start."
        time.sleep(0.1)
    yield f"sc://127.0.0.1:{port}"
    server.terminate()
    server.wait(timeout=20)
    log.close()
