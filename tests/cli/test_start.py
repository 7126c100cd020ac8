"""Ctrl-C ends the command without a traceback, also while it is loading."""

from __future__ import annotations

import sys

import pytest

from qipan.interfaces.cli import start


class Stopped:
    """Stands for a module that is interrupted while it is loaded, or run."""

    def __init__(self, *, while_loading: bool) -> None:
        self._while_loading = while_loading

    def __getattr__(self, name: str) -> object:
        if self._while_loading and name == "main":
            raise KeyboardInterrupt
        return self._run

    def _run(self) -> None:
        raise KeyboardInterrupt


@pytest.mark.parametrize("while_loading", [True, False])
def test_main_interrupted_ends_with_130(monkeypatch: pytest.MonkeyPatch, *, while_loading: bool) -> None:
    monkeypatch.setitem(sys.modules, "qipan.interfaces.cli.app", Stopped(while_loading=while_loading))
    with pytest.raises(SystemExit) as ended:
        start.main()
    assert ended.value.code == start.STOPPED
