"""Subscriptions and bulletins on a real PostgreSQL: the same tests as on SQLite."""

import importlib.util
import inspect
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.engine

TESTS = Path(__file__).parent.parent


def again(file):
    """Return the tests and fixtures of a module that stand on books, without its own ``books``."""
    path = TESTS / file
    spec = importlib.util.spec_from_file_location(f"again_{path.parent.name}_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    found = {}
    for name, one in vars(module).items():
        if type(one).__name__ == "FixtureFunctionDefinition" and name != "books":
            found[name] = one
        if name.startswith("test_") and "books" in inspect.signature(one).parameters:
            found[f"test_{path.stem.removeprefix('test_')}_{name.removeprefix('test_')}"] = one
    return found


# Both look at outlooks of one panel; those of the latter, three of them, serve both.
for file in ("labour/service/test_subscriptions.py", "labour/test_look_back.py"):
    globals().update(again(file))
