"""The ``qipan`` command begins here: Ctrl-C ends it without a traceback, also while it is still loading."""

from __future__ import annotations

STOPPED = 130
"""Exit code of what was stopped by Ctrl-C, as shells count."""


def main() -> None:
    """Run the command that was typed."""
    try:
        # Loading is what takes the time before anything is shown.
        from qipan.interfaces.cli.app import main as run

        run()
    except KeyboardInterrupt:
        raise SystemExit(STOPPED) from None
