"""Orders to render, and the schemas of Kubernetes and SkyPilot as their packages ship them."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import MagicMock

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from qipan.dispatch.model.submission import Attempt, Order, State

START = datetime(2026, 1, 2, 8, 0, tzinfo=UTC)


@pytest.fixture
def order_of() -> Callable[..., Order]:
    """Return what makes an order with a lease."""

    def make(job_id: str = "train / 1", command: str = "run 'a b'", **more: Any) -> Order:
        lease_ends = more.pop("lease_ends", START + timedelta(hours=2))
        attempt = Attempt("2026-01-02-7", job_id, 1, "north", START, State.OFFERED, lease_ends)
        filled = {"quantity": 7.5, "requested_s": 5400.0, "resource": "gres/gpu"} | more
        return Order(attempt, command, **filled)

    return make


@pytest.fixture
def schemas() -> Path:
    """Return the folder that `tools/setup.sh` installs the packages with the schemas in."""
    folder = Path(os.environ.get("QIPAN_SCHEMAS", Path(sys.prefix) / "share" / "schemas"))
    if not (folder / "kubernetes_validate").is_dir() or not (folder / "sky").is_dir():
        if os.environ.get("CI"):
            pytest.fail("The schemas must be installed on the build machine; run: make setup")
        pytest.skip("the schemas of Kubernetes and SkyPilot are not installed")
    return folder


@pytest.fixture
def kubernetes(schemas: Path) -> Draft202012Validator:
    """Return what checks a Job of `batch/v1`; a field that Kubernetes does not know is wrong."""
    folder = schemas / "kubernetes_validate/kubernetes-json-schema/v1.37.0-local-strict"

    def read(address: str) -> Resource[Any]:
        text = (folder / address.rpartition("/")[2]).read_text(encoding="utf-8")
        return Resource(json.loads(text), DRAFT202012)

    return Draft202012Validator(read("job-batch-v1.json").contents, registry=Registry(retrieve=read))  # type: ignore[call-arg]


@pytest.fixture
def skypilot(schemas: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """Return SkyPilot's own module of schemas, without the rest of SkyPilot."""
    before = set(sys.modules)
    for name in ("sky", "sky.utils", "sky.skylet", "sky.setup_files"):
        bare = ModuleType(name)
        bare.__path__ = [str(schemas / name.replace(".", "/"))]
        bare.__version__ = "0"  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, name, bare)
    # Two parts need the rest of SkyPilot, and no task of ours has them: autostop, and settings of the client itself.
    monkeypatch.setitem(sys.modules, "sky.skylet.autostop_lib", MagicMock())
    from sky.utils import schemas as module

    monkeypatch.setattr(module, "_task_config_schema", dict)
    yield module
    for name in set(sys.modules) - before:
        if name.startswith("sky."):
            del sys.modules[name]
