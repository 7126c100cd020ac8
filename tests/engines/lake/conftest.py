"""Spark Connect endpoints for the tests, started by the fixtures and ended with them."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

HERE = "127.0.0.1"


def free_port():
    """Return a port of the loopback that nobody listens on."""
    with socket.socket() as free:
        free.bind((HERE, 0))
        return free.getsockname()[1]


@contextlib.contextmanager
def running(command, log, port=None, **options):
    """Run a server of its own process group, ready when its port answers; end it whole."""
    with log.open("wb") as told:
        server = subprocess.Popen(command, stdout=told, stderr=told, start_new_session=True, **options)
        try:
            for _ in range(1200):
                if port is None:
                    break
                with socket.socket() as probe:
                    if probe.connect_ex((HERE, port)) == 0:
                        break
                assert server.poll() is None, log.read_text()
                time.sleep(0.1)
            else:
                pytest.fail(f"The server must listen within two minutes: {log.read_text()[-2000:]}")
            yield server
        finally:
            server.terminate()
            server.wait(timeout=60)


@pytest.fixture(scope="session")
def sail(tmp_path_factory):
    """Start a Sail server on a free port of the loopback; return its address."""
    program = shutil.which("sail", path=str(Path(sys.executable).parent))
    if program is None:
        pytest.fail("Sail must be installed for the tests.")
    port = free_port()
    command = [program, "spark", "server", "--ip", HERE, "--port", str(port)]
    with running(command, tmp_path_factory.mktemp("sail") / "log", port):
        yield f"sc://{HERE}:{port}"


@pytest.fixture(scope="session")
def spark(tmp_path_factory):
    """Start Apache Spark as a cluster, a master and two workers, and Spark Connect on it, as docs/scale.md tells."""
    if shutil.which("java") is None:
        pytest.fail("Java must be installed for the tests.")
    import pyspark

    home = Path(pyspark.__file__).parent
    folder = tmp_path_factory.mktemp("spark")
    options = {"cwd": folder, "env": os.environ | {"SPARK_HOME": str(home), "SPARK_LOCAL_IP": HERE}}
    master_port, port = free_port(), free_port()
    master = f"spark://{HERE}:{master_port}"
    run = [home / "bin" / "spark-class"]
    with contextlib.ExitStack() as cluster:
        words = [
            "org.apache.spark.deploy.master.Master",
            "--host",
            HERE,
            "--port",
            str(master_port),
            "--webui-port",
            "0",
        ]
        cluster.enter_context(running([*run, *words], folder / "master.log", master_port, **options))
        for number in ("1", "2"):
            worker = ["org.apache.spark.deploy.worker.Worker", "--host", HERE, "--cores", "1", "--memory", "2g"]
            worker += ["--webui-port", "0", "--work-dir", folder / number, master]
            cluster.enter_context(running([*run, *worker], folder / f"worker{number}.log", **options))
        settings = {
            "spark.connect.grpc.binding.address": HERE,
            "spark.connect.grpc.binding.port": port,
            "spark.executor.memory": "1500m",
            "spark.driver.memory": "2g",
            "spark.ui.enabled": "false",
        }
        connect = [home / "bin" / "spark-submit", "--master", master]
        connect += ["--class", "org.apache.spark.sql.connect.service.SparkConnectServer"]
        connect += [word for name, value in settings.items() for word in ("--conf", f"{name}={value}")]
        cluster.enter_context(running([*connect, "spark-internal"], folder / "connect.log", port, **options))
        yield f"sc://{HERE}:{port}"
        workers = [(folder / f"worker{number}.log").read_text() for number in ("1", "2")]
        assert all("Launch command" in told for told in workers), "Both workers must have had a part."
